#!/usr/bin/env bash
# Makes this machine able to run the tests, and prints as `export NAME='value'` what they must know:
#
#     eval "$(scripts/setup-test.sh)"
#
# Each thing the tests need is one function below, called at the end. A function does nothing when
# its thing is there already, tells its progress on stderr, and puts on stdout only exports.
#
# `scripts/setup-test.sh stop` stops the PostgreSQL server that an earlier run started.
set -euo pipefail

cache="${XDG_CACHE_HOME:-$HOME/.cache}/hoymiles-smiles"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

say() { printf '%s\n' "$*" >&2; }

export_setting() { printf 'export %s=%q\n' "$1" "$2"; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "This step needs root and there is no sudo: $*"
        return 1
    fi
}

apt_install() {
    if ! command -v apt-get >/dev/null; then
        say "Please install this with your system's package tool: $*"
        return 1
    fi
    say "Installing: $*"
    as_root apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >&2
}

# --- PostgreSQL ---------------------------------------------------------------------------------
# The tests make a database each, so they want a role that may create databases. A server that is
# there and lets them in is used as it is. Otherwise a server of our own runs beside whatever the
# machine has: on its own port, for this machine only, in a directory of its own.

default_database_url="postgres://postgres@127.0.0.1:5432/postgres"

postgres_bin() {
    local dir newest=""
    for dir in /usr/lib/postgresql/*/bin; do
        # The highest version wins: 9 sorts after 16 as text, so compare as versions.
        if [ -x "$dir/initdb" ]; then
            newest="$(printf '%s\n%s\n' "$newest" "$dir" | sort -V | tail -n 1)"
        fi
    done
    if [ -z "$newest" ] && command -v initdb >/dev/null; then
        newest="$(dirname "$(command -v initdb)")"
    fi
    printf '%s' "$newest"
}

psql_bin() {
    local bin
    bin="$(postgres_bin)"
    if [ -x "$bin/psql" ]; then
        printf '%s' "$bin/psql"
    else
        command -v psql || true
    fi
}

# Whether a server answers at this URL and suits the tests.
postgres_suits() {
    local psql answer
    psql="$(psql_bin)"
    [ -n "$psql" ] || return 1
    answer="$(PGCONNECT_TIMEOUT=3 "$psql" --no-psqlrc --no-password -At "$1" -c "
        SELECT current_setting('server_version_num')::int >= 120000 AND (rolsuper OR rolcreatedb)
        FROM pg_roles WHERE rolname = current_user" 2>/dev/null </dev/null)" || return 1
    [ "$answer" = t ]
}

# Debian's package starts a server on port 5432 as soon as it is installed. That server would let
# nobody in here, and would stand in the way of the one in docker-compose.yml: tell it not to.
install_postgres() {
    local quiet=/etc/postgresql-common/createcluster.d/hoymiles-smiles-tests.conf
    apt_install postgresql-common
    as_root mkdir -p "$(dirname "$quiet")"
    echo 'create_main_cluster = false' | as_root tee "$quiet" >/dev/null
    apt_install postgresql || { as_root rm -f "$quiet"; return 1; }
    as_root rm -f "$quiet"
}

# The server refuses to run as root.
postgres_owner() {
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

as_owner() {
    local owner
    owner="$(postgres_owner)"
    # A directory that the owner may enter, or each command complains about the current one.
    if [ "$owner" = "$(id -un)" ]; then
        (cd / && "$@")
    else
        (cd / && runuser -u "$owner" -- "$@")
    fi
}

# Root's own cache directory is closed to the owner of the server; then its home is taken.
cluster_directory() {
    local owner home
    owner="$(postgres_owner)"
    if [ "$owner" = "$(id -un)" ]; then
        printf '%s' "$cache/postgres"
    else
        home="$(getent passwd "$owner" | cut -d: -f6)"
        [ -d "$home" ] || home=/var/tmp
        printf '%s' "$home/hoymiles-smiles-tests"
    fi
}

cluster_running() { as_owner "$(postgres_bin)/pg_ctl" -D "$1" status >/dev/null 2>&1; }

# Fourth line of the lock file, by PostgreSQL's own documentation of it.
cluster_port() { as_owner sed -n 4p "$1/postmaster.pid"; }

free_port() {
    local port
    for port in $(seq 54329 54399); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s' "$port"
            return
        fi
    done
    say "No free port between 54329 and 54399 for a PostgreSQL server."
    return 1
}

make_cluster() {
    local dir="$1" bin="$2" parent
    parent="$(dirname "$dir")"
    [ -d "$parent" ] || mkdir -p "$parent"
    if [ "$(postgres_owner)" = "$(id -un)" ]; then
        mkdir -p "$dir"
    else
        install -d -m 700 -o "$(postgres_owner)" "$dir"
    fi
    as_owner "$bin/initdb" -D "$dir" -U postgres --auth=trust --encoding=UTF8 --locale=C \
        --no-sync >/dev/null
    # Nothing in a test database outlives its test, so the disk need not be waited for.
    as_owner sh -c "cat >> '$dir/postgresql.conf'" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
max_connections = 300
fsync = off
full_page_writes = off
CONF
}

start_cluster() {
    local dir="$1" bin="$2" port
    port="$(free_port)"
    as_owner "$bin/pg_ctl" -D "$dir" -l "$dir/server.log" -o "-p $port" -w -t 60 start \
        </dev/null >/dev/null 2>&1
}

own_postgres() {
    local dir bin
    bin="$(postgres_bin)"
    dir="$(cluster_directory)/$("$bin/pg_ctl" --version | grep -oE '[0-9]+' | head -n 1)"
    if ! cluster_running "$dir"; then
        as_owner test -e "$dir/PG_VERSION" 2>/dev/null || make_cluster "$dir" "$bin"
        if ! start_cluster "$dir" "$bin"; then
            # Without fsync a crash of the machine may have spoiled it. It holds nothing of worth.
            say "The test server in $dir does not start: making it anew."
            as_owner find "$dir" -mindepth 1 -delete
            make_cluster "$dir" "$bin"
            if ! start_cluster "$dir" "$bin"; then
                say "The test server does not start. Its log:"
                as_owner tail -n 20 "$dir/server.log" >&2 || true
                return 1
            fi
        fi
    fi
    printf 'postgres://postgres@127.0.0.1:%s/postgres' "$(cluster_port "$dir")"
}

need_postgres() {
    local url="${TEST_DATABASE_URL:-$default_database_url}"
    if postgres_suits "$url"; then
        export_setting TEST_DATABASE_URL "$url"
        return
    fi
    if [ -n "${TEST_DATABASE_URL:-}" ] && [ -n "$(psql_bin)" ]; then
        say "TEST_DATABASE_URL leads to no PostgreSQL 12 or later that may create databases: using one of our own."
    fi
    [ -n "$(postgres_bin)" ] || install_postgres
    if ! postgres_suits "$url"; then
        url="$(own_postgres)"
        if ! postgres_suits "$url"; then
            say "The test server runs but does not answer at $url."
            return 1
        fi
    fi
    say "PostgreSQL for the tests: $url"
    export_setting TEST_DATABASE_URL "$url"
}

stop_postgres() {
    local dir bin
    bin="$(postgres_bin)"
    [ -n "$bin" ] || return 0
    for dir in "$(cluster_directory)"/*; do
        if cluster_running "$dir"; then
            as_owner "$bin/pg_ctl" -D "$dir" -m fast stop >&2
        fi
    done
}

# --- libfaketime --------------------------------------------------------------------------------
# Gives one process a clock of its own, for the fault suite's jumps of the system clock.

faketime_library() {
    local library
    for library in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib*/faketime/libfaketime.so.1; do
        if [ -f "$library" ]; then
            printf '%s' "$library"
            return
        fi
    done
}

need_faketime() {
    [ -n "$(faketime_library)" ] || apt_install libfaketime
    export_setting TEST_FAKETIME_LIBRARY "$(faketime_library)"
}

# --- browser ------------------------------------------------------------------------------------
# The screens of the dashboard are looked at in the distribution's own Chromium, before the program
# at a time of day of the test's choice, which libfaketime shows it.

need_browser() {
    local missing=()
    command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || missing+=(chromium)
    command -v faketime >/dev/null || missing+=(faketime)
    if [ "${#missing[@]}" -gt 0 ]; then
        apt_install "${missing[@]}"
    fi
    export_setting CHROMIUM "${CHROMIUM:-$(command -v chromium)}"
}

# --- Prometheus ---------------------------------------------------------------------------------
# Asks the bridge what the alerts and dashboards ask. One that is there is used. Otherwise Debian's
# package is unpacked in the cache rather than installed, because that would start a service.

need_prometheus() {
    local program directory="$cache/prometheus" parts
    if ! command -v promtool >/dev/null && ! [ -x "$directory/usr/bin/promtool" ]; then
        if ! command -v apt-get >/dev/null; then
            say "Please install this with your system's package tool: prometheus"
            return 1
        fi
        say "Unpacking Prometheus."
        parts="$(mktemp -d)"
        # As the one who calls, not as apt's own user, who may not write there.
        local download=(apt-get download -qq -o "APT::Sandbox::User=$(id -un)" prometheus)
        (cd "$parts" && { "${download[@]}" || { as_root apt-get update -qq && "${download[@]}"; }; }) >&2
        rm -rf "$directory"
        dpkg-deb -x "$parts"/prometheus_*.deb "$directory.new"
        mv "$directory.new" "$directory"
        rm -rf "$parts"
    fi
    for program in prometheus promtool; do
        export_setting "TEST_${program^^}" "$(PATH="$PATH:$directory/usr/bin" command -v "$program")"
    done
}

# --- schemathesis -------------------------------------------------------------------------------
# Python's package tool brings it, into a directory of its own outside of the checkout.

schemathesis_version=4.32.5

need_schemathesis() {
    local venv="$cache/schemathesis-$schemathesis_version"
    if ! [ -x "$venv/bin/schemathesis" ]; then
        # Debian has the module without what it needs to make an environment.
        if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
            apt_install python3-venv
        fi
        say "Installing schemathesis $schemathesis_version."
        rm -rf "$venv"
        python3 -m venv "$venv" >&2
        if ! "$venv/bin/pip" install --quiet "schemathesis==$schemathesis_version" >&2; then
            rm -rf "$venv"
            return 1
        fi
    fi
    export_setting SCHEMATHESIS "$venv/bin/schemathesis"
}

# ------------------------------------------------------------------------------------------------

mkdir -p "$cache"
# Two runs at once must not both install or both start a server.
if command -v flock >/dev/null && [ -z "${HOYMILES_SETUP_LOCKED:-}" ]; then
    # -o: the server that is started here must not hold the lock for as long as it runs.
    exec env HOYMILES_SETUP_LOCKED=1 flock -o "$cache/setup.lock" "${BASH_SOURCE[0]}" "$@"
fi

case "${1:-}" in
    '')
        "$here/setup-build.sh"
        need_postgres
        need_browser
        need_faketime
        need_prometheus
        need_schemathesis
        ;;
    stop)
        stop_postgres
        ;;
    *)
        say "usage: $0 [stop]"
        exit 2
        ;;
esac
