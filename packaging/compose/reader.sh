#!/bin/sh
# Makes the user with which Grafana reads the tables: it can read all of them, those of later versions
# too, and change none. `docker compose up` runs this each time with the profile with-monitoring.
#
# psql finds the database by PGHOST, PGPORT, PGDATABASE, PGUSER. That user makes the other one, so
# on a server of your own it needs CREATEROLE.
set -eu
directory="${PASSWORDS_DIRECTORY:-/passwords}"
: "${READER:=hoymiles_reader}"

if [ -z "${PGPASSWORD:-}" ]; then
    PGPASSWORD="$(cat "$directory/db_password")"
    export PGPASSWORD
fi
READER_PASSWORD="$(cat "$directory/reader_password")"
export READER READER_PASSWORD

# The password comes from the environment, not from an argument that `ps` would show.
exec psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 <<'SQL'
\set reader `printenv READER`
\set password `printenv READER_PASSWORD`

SELECT format('CREATE ROLE %I', :'reader')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'reader') \gexec

ALTER ROLE :"reader" LOGIN PASSWORD :'password' CONNECTION LIMIT 20;
ALTER ROLE :"reader" SET default_transaction_read_only = on;
-- A question that was asked too widely must not keep the bridge waiting.
ALTER ROLE :"reader" SET statement_timeout = '30s';

SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'reader') \gexec
GRANT USAGE ON SCHEMA public TO :"reader";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"reader";
-- Those that the bridge will make: it is the user that runs this.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO :"reader";
SQL
