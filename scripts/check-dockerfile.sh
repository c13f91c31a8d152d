#!/usr/bin/env bash
# Builds the Dockerfile without Docker, and runs what comes out: buildah carries out its steps one by
# one in a chroot, on images that are made here from Debian packages, this machine's Rust and its
# Node.js. They stand in for those of the same names.
#
# Needs root. `make check-packages` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "FAILED: $*"; exit 1; }

if ! command -v buildah >/dev/null; then
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah >&2
fi
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hoymiles-smiles/buildah"
mkdir -p "$cache"
export TMPDIR="$cache" BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$cache/store" --runroot "$cache/run" --storage-driver overlay "$@"; }

work="$(mktemp -d)"
dtu="" bridge=""
end() {
    [ -z "$bridge" ] || kill "$bridge" 2>/dev/null || true
    [ -z "$dtu" ] || kill "$dtu" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap end EXIT

# stand_in NAME DIRECTORY: an image of this name with what is in the directory.
stand_in() {
    local container
    container="$(buildah from scratch)"
    buildah add --quiet "$container" "$2" / >/dev/null
    # Behind a proxy this machine may trust a certificate of its own.
    if [ -x "$2/usr/sbin/update-ca-certificates" ]; then
        buildah copy --quiet "$container" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ >/dev/null
        buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
            --env CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt "$container"
    fi
    buildah config --env CARGO_HOME=/usr/local/cargo \
        --env "PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$container"
    buildah commit --quiet --rm "$container" "$1" >/dev/null
}

# The names are those of the Dockerfile: another version there is another name here.
base="$(sed -n 's/^FROM \(debian:[^ ]*\).*/\1/p' Dockerfile)"
rust="$(sed -n 's/^FROM \(rust:[^ ]*\).*/\1/p' Dockerfile)"
node="$(sed -n 's/^FROM .*\(node:[^ ]*\).*/\1/p' Dockerfile)"
for image in "$base" "$rust" "$node"; do
    [ -n "$image" ] || fail "the Dockerfile builds on other images than it did"
done
toolchain="$(rustc --print sysroot)"
case "$rust" in
    rust:"$(rustc --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)"-*) ;;
    *) fail "the Dockerfile builds with $rust, rust-toolchain.toml with $(rustc --version)" ;;
esac

have() { buildah images --quiet "docker.io/library/$1" >/dev/null 2>&1; }
if ! have "$base"; then
    stand_in "docker.io/library/$base" "$(scripts/debian-root.sh)"
fi
if ! have "$rust"; then
    cp -a "$(scripts/debian-root.sh ca-certificates gcc libc6-dev)" "$work/rust"
    mkdir -p "$work/rust/usr/local/cargo/bin"
    cp -a "$toolchain/bin/." "$work/rust/usr/local/cargo/bin/"
    cp -a "$toolchain/lib" "$work/rust/usr/local/cargo/"
    stand_in "docker.io/library/$rust" "$work/rust"
fi
if ! have "$node"; then
    cp -a "$(scripts/debian-root.sh ca-certificates libatomic1 libstdc++6)" "$work/node"
    prefix="$(node --print 'require("path").resolve(process.execPath, "../..")')"
    cp -a "$prefix/bin/node" "$work/node/usr/local/bin/"
    mkdir -p "$work/node/usr/local/lib/node_modules"
    cp -a "$(npm root --global)/npm" "$work/node/usr/local/lib/node_modules/"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/node/usr/local/bin/npm"
    stand_in "docker.io/library/$node" "$work/node"
fi

say "Building the image."
buildah bud --pull-never --network host --layers --tag hoymiles-smiles-check \
    --build-arg "TARGETARCH=$(dpkg --print-architecture)" . >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; fail "the Dockerfile does not build"; }

say "Running it."
container="$(buildah from --pull-never hoymiles-smiles-check)"
root="$(buildah mount "$container")"
user="$(buildah inspect --format '{{.OCIv1.Config.User}}' "$container")"
[ "$user" = 10001:10001 ] || fail "it runs as '$user'"
[ "$(stat --format %u:%g "$root/data")" = 10001:10001 ] || fail "/data belongs to somebody else"
[ "$(buildah inspect --format '{{.OCIv1.Config.Entrypoint}}' "$container")" = '[hoymiles-smiles]' ] ||
    fail "it does not begin with the program"

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
inside() { buildah run --network host --user "$user" "$@"; }
dtu_port="$(free_port)" web_port="$(free_port)"
# What runs in the chroot does not hear when this script ends: it ends by itself.
inside "$container" -- timeout 180 hoymiles-smiles simulate --listen "127.0.0.1:$dtu_port" --ports 8 >"$work/dtu.log" 2>&1 &
dtu=$!
inside --env DTU_HOST=127.0.0.1 --env "DTU_PORT=$dtu_port" --env HEALTH_HOST=127.0.0.1 \
    --env "HEALTH_PORT=$web_port" --env QUERY_PERIOD=5 --env TIMEZONE=Europe/Berlin \
    "$container" -- timeout 180 hoymiles-smiles run >"$work/bridge.log" 2>&1 &
bridge=$!
# What the HEALTHCHECK of the image does.
healthy=""
for _ in $(seq 60); do
    if inside --env "HEALTH_PORT=$web_port" "$container" -- hoymiles-smiles healthcheck >/dev/null 2>&1; then
        healthy=yes
        break
    fi
    sleep 1
done
[ -n "$healthy" ] || { tail -n 20 "$work/bridge.log" >&2; fail "the bridge in the image is not healthy"; }
curl --silent --fail "http://127.0.0.1:$web_port/" | grep -q '<script' || fail "the image has no dashboard"
# Asked inside, because /data is a volume.
inside "$container" -- test -s /data/hoymiles-smiles.sqlite || fail "there is no database in /data"
buildah rm "$container" >/dev/null
say "The Dockerfile builds, and its image works."
