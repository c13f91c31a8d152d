#!/usr/bin/env bash
# Makes in `dist` what a release consists of, for the architecture of this machine: an archive with
# the program, the Debian package, lists of what both are made of (SBOM), and checksums.
#
#     scripts/dist.sh          all of it
#     scripts/dist.sh deb      the Debian package alone
#
# PROFILE=release builds sooner than the default, dist, and PROFILE=dev soonest. `make dist` and `make deb` call this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

what="${1:-all}"
profile="${PROFILE:-dist}"
# The oldest C library that it runs with: Debian 10, Ubuntu 20.04, RHEL 8 and all that came later.
glibc=2.28

say() { printf '%s\n' "$*" >&2; }

case "$(uname -m)" in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) say "There is no release for $(uname -m): build it with 'make build'."; exit 1 ;;
esac
triple="$(uname -m)-unknown-linux-gnu"
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
name="hoymiles-smiles-$version-linux-$architecture"
# Cargo has one name for the profile, dev, and another one for its directory.
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")/$triple/${profile/#dev/debug}"
dist="$PWD/dist"
# Archives of one commit are the same, whenever they are made.
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
export SOURCE_DATE_EPOCH

# What only the newest systems have must not have crept in.
check_program() {
    local needed newest
    needed="$(readelf --dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -vE '^(libc|libm|libdl|libpthread|librt|libutil)\.so\.[0-9]+$|^ld-linux' || true)"
    if [ -n "$needed" ]; then
        say "$1 needs libraries that not every system has: $needed"
        return 1
    fi
    newest="$(readelf --version-info "$1" | grep -oE 'GLIBC_[0-9.]+' | cut -d_ -f2 | sort -uV | tail -n 1)"
    if [ "$(printf '%s\n%s\n' "$newest" "$glibc" | sort -V | tail -n 1)" != "$glibc" ]; then
        say "$1 needs glibc $newest; $glibc is allowed."
        return 1
    fi
    say "$1 runs with glibc $newest and later."
}

build_program() {
    scripts/build-web.sh
    cargo zigbuild --locked --profile "$profile" --target "$triple.$glibc" \
        -p hoymiles-smiles --features parquet
    check_program "$target/hoymiles-smiles"
}

build_archive() {
    local work="$target/$name"
    rm -rf "$work"
    install -D -m 755 "$target/hoymiles-smiles" "$work/hoymiles-smiles"
    install -m 644 LICENSE README.md CHANGELOG.md packaging/hoymiles-smiles.service "$work/"
    install -m 640 packaging/bridge.env "$work/"
    tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --directory "$target" "$name" | gzip --no-name --best >"$dist/$name.tar.gz"
}

build_deb() {
    cargo deb --quiet --no-build --no-strip --profile "$profile" --target "$triple" \
        -p hoymiles-smiles --output "$dist/" ${DEB_REVISION:+--deb-revision "$DEB_REVISION"}
}

# Crates of the program, and packages of the page that it holds.
list_parts() {
    cargo cyclonedx --quiet --manifest-path crates/bridge/Cargo.toml --features parquet --format json \
        --spec-version 1.5 --target "$triple" --override-filename sbom
    # Where the sources lay on this machine says nothing to anybody.
    sed "s#$PWD#.#g" crates/bridge/sbom.json >"$dist/$name.cdx.json"
    # The tool leaves a list beside every crate of the workspace.
    find crates tests benches -maxdepth 2 -name sbom.json -delete
    npm sbom --prefix web --package-lock-only --omit dev --sbom-format cyclonedx \
        >"$dist/$name-dashboard.cdx.json"
}

mkdir -p "$dist"
eval "$(scripts/setup-tools.sh zig cargo-deb cargo-cyclonedx)"
build_program
case "$what" in
    deb) build_deb ;;
    all)
        build_archive
        build_deb
        list_parts
        (cd "$dist" && sha256sum -- *"$architecture"* >"SHA256SUMS-$architecture")
        ;;
    *) say "usage: $0 [deb]"; exit 2 ;;
esac
ls -l "$dist" >&2
