#!/usr/bin/env bash
# The long run of the fault suite, with what it needs set up before. `make faults` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment="$(scripts/setup-test.sh)"
eval "$environment"

# The suite starts the program itself.
cargo build --locked -p hoymiles-smiles
cargo test --locked -p e2e --test faults -- --nocapture
