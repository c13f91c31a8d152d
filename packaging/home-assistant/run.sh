#!/bin/sh
# Starts the bridge inside of the app. The Supervisor owns the data directory as root, and writes the
# options for root alone; the bridge runs as a user that may do nothing else.
set -eu
chown -R 10001:10001 "$DATA_DIR"
exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs hoymiles-smiles "$@"
