#!/usr/bin/env bash
# The tests of the dashboard: its logic, and each screen in a browser before the real program.
# `make test` calls this after the program was built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build-web.sh
target="${CARGO_TARGET_DIR:-$PWD/target}"
cd web
npm run --silent check
npm test --silent
HOYMILES_SMILES="${HOYMILES_SMILES:-$target/debug/hoymiles-smiles}" npm run --silent test:browser
