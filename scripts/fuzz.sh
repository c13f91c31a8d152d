#!/usr/bin/env bash
# Ten million mutated inputs (RUNS) for each decoder, or for those named: scripts/fuzz.sh readings
# Needs a nightly toolchain and a C++ compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v cargo-fuzz >/dev/null || cargo +nightly install cargo-fuzz --locked
(cd fuzz && cargo +nightly run --quiet --example seeds)
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
for target in "${targets[@]}"; do
    # There is no unsafe code in what is fuzzed: the address sanitizer would only cost time. Overflow
    # is checked, as in a debug build.
    nice cargo +nightly fuzz run --sanitizer none "$target" -- \
        -runs="${RUNS:-10000000}" -max_len=2048 -verbosity=0 -print_final_stats=1
done
