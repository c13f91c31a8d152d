#!/usr/bin/env bash
# Runs a command with a Cargo target directory that outlives the checkout, so that a fresh clone
# does not compile every dependency again:
#
#     scripts/with-target-cache.sh COMMAND [ARGUMENT…]
#
# Only with CI=true, and never over a CARGO_TARGET_DIR that is set already.
#
# Why this is safe:
# * One run owns a directory from build to last test (flock). Cargo's own lock covers a build only:
#   another clone could replace the programs under a test that runs. A second run at the same time
#   takes the next directory; when all are taken, the command uses the checkout's own `target`.
# * Cargo tells changed sources by their time stamps. A clone made before another clone was built
#   would look unchanged and get the other one's programs. So all sources are stamped anew: the
#   project's own crates are compiled each time, the dependencies are not.
# * The compiler's version is part of the name, and a directory that has grown too large is dropped.
set -euo pipefail

limit_mb=15000
taken=75 # exit status by which flock says that somebody else has the directory

if [ "${1:-}" = --inside ]; then
    shift
    mkdir -p "$CARGO_TARGET_DIR"
    size_mb="$(du -sm "$CARGO_TARGET_DIR" | cut -f1)"
    if [ "$size_mb" -gt "$limit_mb" ]; then
        rm -rf "$CARGO_TARGET_DIR"
    fi
    find Cargo.toml Cargo.lock crates tests benches -type f -exec touch -c {} +
    exec "$@"
fi

if [ "${CI:-}" != true ] || [ -n "${CARGO_TARGET_DIR:-}" ] || ! command -v flock >/dev/null; then
    exec "$@"
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/hoymiles-smiles"
compiler="$(rustc --version | cut -d' ' -f2)"
mkdir -p "$cache"
for slot in 1 2 3; do
    target="$cache/target-$compiler-$slot"
    status=0
    # -o: what the command starts and leaves running must not keep the directory taken.
    CARGO_TARGET_DIR="$target" \
        flock -n -o -E "$taken" "$target.lock" "${BASH_SOURCE[0]}" --inside "$@" || status=$?
    [ "$status" -eq "$taken" ] || exit "$status"
done
exec "$@"
