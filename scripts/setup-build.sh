#!/usr/bin/env bash
# What a build needs beside Rust: a C compiler and linker (SQLite and the TLS library hold C).
# Installs them on Debian and its relatives when they are missing; otherwise does nothing.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

if ! command -v cargo >/dev/null; then
    say "Rust is missing: install it with rustup (https://rustup.rs), then run this again."
    exit 1
fi

if command -v cc >/dev/null; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    say "A C compiler is missing ('cc'): install gcc or clang with your system's package tool."
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        say "A C compiler is missing ('cc'): run 'apt-get install build-essential' as root."
        exit 1
    fi
    as_root=(sudo)
fi
say "Installing build-essential: no C compiler was found."
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends build-essential >&2
