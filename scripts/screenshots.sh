#!/usr/bin/env bash
# Makes docs/images/*.webp anew, from the demo at a fixed time. `make screenshots` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment="$(scripts/setup-test.sh)"
eval "$environment"
scripts/build-web.sh
cargo build --locked -p hoymiles-smiles
cd web
HOYMILES_SMILES="${CARGO_TARGET_DIR:-$PWD/../target}/debug/hoymiles-smiles" npm run --silent screenshots
