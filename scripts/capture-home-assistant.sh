#!/usr/bin/env bash
# Writes the answers that the tests of the Home Assistant integration use anew, from the real bridge:
# tests/home_assistant/captured. Run it when the bridge's answers have changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment="$(scripts/setup-test.sh)"
eval "$environment"
environment="$(scripts/setup-home-assistant.sh)"
eval "$environment"

cargo build --locked -p hoymiles-smiles
CAPTURE="$PWD/tests/home_assistant/captured" \
    cargo test --locked -p e2e --test home_assistant -- --nocapture
