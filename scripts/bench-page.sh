#!/usr/bin/env bash
# How soon the dashboard shows something, with the panels of the demo. `make bench-page` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment="$(scripts/setup-test.sh)"
eval "$environment"
scripts/build-web.sh
cargo build --locked --release -p hoymiles-smiles
cd web
HOYMILES_SMILES="${CARGO_TARGET_DIR:-$PWD/../target}/release/hoymiles-smiles" \
    npx vitest run --config vitest.browser.config.ts --mode bench
