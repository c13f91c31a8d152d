#!/usr/bin/env bash
# The Docker image of a release:
#
#     scripts/image.sh            builds that of this machine's architecture
#     scripts/image.sh push       and hands it to the registry
#     scripts/image.sh index      joins those that were handed over into one image for all
#
# IMAGE is its name without a tag. `make image` calls this; only a release pushes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image="${IMAGE:-ghcr.io/hoymiles-smiles/hoymiles-smiles}"
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
architectures=(amd64 arm64)

build() {
    local architecture
    case "$(uname -m)" in
        x86_64) architecture=amd64 ;;
        aarch64) architecture=arm64 ;;
        *) echo "There is no image for $(uname -m)." >&2; exit 1 ;;
    esac
    docker buildx build --build-arg PROFILE="${PROFILE:-dist}" "$@" \
        --label "org.opencontainers.image.version=$version" \
        --tag "$image:$version-$architecture" .
}

case "${1:-}" in
    '') build --load ;;
    push) build --push ;;
    index)
        tags=(--tag "$image:$version")
        # 3.1.0-rc.1 is not what somebody means by 3, 3.1 or latest.
        if [[ "$version" != *-* ]]; then
            tags+=(--tag "$image:${version%.*}" --tag "$image:${version%%.*}" --tag "$image:latest")
        fi
        docker buildx imagetools create "${tags[@]}" "${architectures[@]/#/$image:$version-}"
        ;;
    *) echo "usage: $0 [push | index]" >&2; exit 2 ;;
esac
