#!/usr/bin/env bash
# Prints a directory with a clean Debian 12 in it, with these packages beside the least that there
# is. It is made once and kept in the cache: copy it, do not change it.
#
#     root="$(scripts/debian-root.sh ca-certificates gcc)"
#
# Needs root. Installs debootstrap if that is missing.
set -euo pipefail

if [ "$(id -u)" -ne 0 ]; then
    echo "A Debian to test in can be made by root only." >&2
    exit 1
fi
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hoymiles-smiles"
packages="$(IFS=,; echo "$*")"
root="$cache/bookworm${packages:+-$(sha256sum <<<"$packages" | cut -c1-12)}"
mkdir -p "$cache"
exec 9>"$cache/bookworm.lock"
flock 9
if ! [ -d "$root" ]; then
    if ! command -v debootstrap >/dev/null || ! [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            debootstrap debian-archive-keyring >&2
    fi
    # The mirror that this machine uses itself, if it is a Debian.
    mirror="$({ cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true; } |
        grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ')"
    echo "Making a Debian 12 in $root." >&2
    rm -rf "$root.new"
    debootstrap --variant=minbase ${packages:+--include="$packages"} bookworm "$root.new" \
        ${mirror:+"$mirror"} >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; exit 1; }
    mv "$root.new" "$root"
fi
printf '%s\n' "$root"
