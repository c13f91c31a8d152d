#!/bin/sh
# Makes the passwords that .env does not give, and puts all of them where the other services read
# them: one file each, readable by those who need it and nobody else. `docker compose up` runs this
# each time, before anything else; what is there already stays.
set -eu
umask 077
directory="${PASSWORDS_DIRECTORY:-/passwords}"
database="${DATABASE_DIRECTORY:-/var/lib/postgresql/data}"

# The users inside the images.
postgres=70 bridge=10001 grafana=472 prometheus=65534

say() { printf '%s\n' "$*"; }

made_up() { LC_ALL=C tr -dc a-z0-9 </dev/urandom | head -c 32; }

kept() { cat "$directory/$1" 2>/dev/null || true; }

# keep NAME OWNER:GROUP MODE PASSWORD
keep() {
    printf '%s' "$4" >"$directory/$1.new"
    chown "$2" "$directory/$1.new"
    chmod "$3" "$directory/$1.new"
    mv -f "$directory/$1.new" "$directory/$1"
}

# Of the user that owns the tables. PostgreSQL takes it at its first start and keeps it from then on.
password="${POSTGRES_PASSWORD:-${DB_PASSWORD:-$(kept db_password)}}"
if [ -z "$password" ]; then
    if [ -e "$database/PG_VERSION" ]; then
        # There is a database, and nobody has said its password: version 2 gave all the same one.
        password=hoymiles_password
        say "The database is older than its password: taking the one of version 2."
    else
        password="$(made_up)"
        say "Made a password for the database."
    fi
fi
keep db_password "$postgres:$bridge" 0440 "$password"

# Of the user with which Grafana reads the tables.
password="$(kept reader_password)"
keep reader_password "$grafana:$postgres" 0440 "${password:-$(made_up)}"

# Of the user admin of Grafana, who takes it at its first start.
password="${GRAFANA_PASSWORD:-$(kept grafana_password)}"
keep grafana_password "$grafana:0" 0400 "${password:-$(made_up)}"

# What Prometheus shows the bridge; without API_TOKEN the bridge does not look at it.
keep api_token "$prometheus:0" 0400 "${API_TOKEN:-none}"
