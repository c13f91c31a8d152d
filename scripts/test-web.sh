#!/usr/bin/env bash
# The tests of the dashboard: its logic; with --browser also each screen in a browser before the real
# program, which has to be built. `make test` calls this with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build-web.sh
target="${CARGO_TARGET_DIR:-$PWD/target}"
cd web
npm run --silent check
npm test --silent
if [ "${1:-}" = --browser ]; then
    HOYMILES_SMILES="${HOYMILES_SMILES:-$target/debug/hoymiles-smiles}" npm run --silent test:browser
fi
