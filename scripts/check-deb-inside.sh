#!/usr/bin/env bash
# The part of check-deb.sh that runs inside the container, as its first and only service.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin

settings=/etc/hoymiles-smiles/bridge.env
data=/var/lib/hoymiles-smiles
unit=hoymiles-smiles.service

step() { printf '%s\n' "- $*"; }
fail() {
    printf 'FAILED: %s\n' "$*"
    journalctl --no-pager --lines 30 --unit "$unit" || true
    exit 1
}

eventually() {
    local what="$1"
    shift
    for _ in $(seq 60); do
        if "$@" >/dev/null 2>&1; then
            return
        fi
        sleep 1
    done
    fail "never seen: $what"
}

install_package() { dpkg --install --force-confold "$1" || fail "dpkg --install $1"; }

step "installed: user, settings that only root and the bridge may read, a service that is enabled"
install_package /check/old.deb
getent passwd hoymiles-smiles | grep -q nologin || fail "no user, or one that may log in"
[ "$(stat --format '%U:%G %a' "$settings")" = 'root:hoymiles-smiles 640' ] || fail "$(stat "$settings")"
[ "$(stat --format '%U:%G %a' "$data")" = 'hoymiles-smiles:hoymiles-smiles 750' ] || fail "$(stat "$data")"
systemctl is-enabled --quiet "$unit" || fail "the service is not enabled"

step "the unit: no complaint, and little that it may do"
complaints="$(systemd-analyze verify --man=no "$unit" 2>&1)" || fail "$complaints"
[ -z "$complaints" ] || fail "$complaints"
systemd-analyze security --no-pager --threshold=20 "$unit" | tail -n 1 || fail "the unit may do too much"

step "configured: it reads a DTU and keeps what it read"
systemd-run --quiet --unit dtu --setenv HOME=/root hoymiles-smiles simulate --listen 127.0.0.1:1502 --ports 8
printf 'DTU_HOST=127.0.0.1\nDTU_PORT=1502\nQUERY_PERIOD=5\nTIMEZONE=Europe/Berlin\n' >>"$settings"
systemctl restart "$unit"
eventually "a healthy bridge" hoymiles-smiles healthcheck
eventually "the database" test -s "$data/hoymiles-smiles.sqlite"
pid="$(systemctl show --property MainPID --value "$unit")"
[ "$(stat --format %U "/proc/$pid")" = hoymiles-smiles ] || fail "it runs as $(stat --format %U "/proc/$pid")"

step "commands of the same user, with the same settings, while it runs"
systemd-run --quiet --pipe --wait --property User=hoymiles-smiles --property "EnvironmentFile=$settings" \
    --property StateDirectory=hoymiles-smiles hoymiles-smiles check | grep -q "127.0.0.1  \[environment\]" ||
    fail "hoymiles-smiles check does not see the settings"

step "upgraded: settings and readings stay, the new program runs"
inode="$(stat --format %i "$data/hoymiles-smiles.sqlite")"
install_package /check/new.deb
grep -qx DTU_PORT=1502 "$settings" || fail "the settings are not those of before"
[ "$(stat --format %i "$data/hoymiles-smiles.sqlite")" = "$inode" ] || fail "the database is another one"
systemctl is-active --quiet "$unit" || fail "it does not run after the upgrade"
[ "$(systemctl show --property MainPID --value "$unit")" != "$pid" ] || fail "the old program goes on"
eventually "a healthy bridge after the upgrade" hoymiles-smiles healthcheck

step "stopped: at once, and without an error"
systemctl stop "$unit"
[ "$(systemctl show --property Result --value "$unit")" = success ] || fail "it did not end well"
systemctl start "$unit"

step "removed: the service is gone, settings and readings are not"
dpkg --remove hoymiles-smiles || fail "dpkg --remove"
! systemctl is-active --quiet "$unit" || fail "it still runs"
[ -s "$settings" ] || fail "the settings are gone"
[ -s "$data/hoymiles-smiles.sqlite" ] || fail "the readings are gone"

step "purged: settings go, readings stay unless somebody says otherwise"
dpkg --purge hoymiles-smiles 2>&1 | tee /check/purge || fail "dpkg --purge"
grep -q "the readings stay in $data" /check/purge || fail "it does not say where they are"
[ ! -e "$settings" ] || fail "$settings is still there"
[ -s "$data/hoymiles-smiles.sqlite" ] || fail "the readings are gone"
install_package /check/new.deb
echo 'hoymiles-smiles hoymiles-smiles/remove-data boolean true' | debconf-set-selections
dpkg --purge hoymiles-smiles || fail "dpkg --purge"
[ ! -e "$data" ] || fail "the readings are still there"

echo "All is well."
