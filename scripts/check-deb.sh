#!/usr/bin/env bash
# Installs the Debian package in a clean Debian 12 that runs its own systemd, and goes through its
# life there: installed, configured, upgraded, removed, purged.
#
#     scripts/check-deb.sh [FILE.deb]      without one, that of `make deb`
#
# Needs root. `make check-packages` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

missing=()
command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
command -v dpkg-deb >/dev/null || missing+=(dpkg)
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

deb="${1:-}"
if [ -z "$deb" ]; then
    scripts/dist.sh deb
    deb="$(find dist -name '*.deb' -newer scripts/dist.sh -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)"
fi
[ -f "$deb" ] || { say "There is no package '$deb'."; exit 1; }

work="$(mktemp -d)"
trap 'rm -rf --one-file-system "$work"' EXIT
root="$work/root"
cp -a "$(scripts/debian-root.sh adduser dbus systemd)" "$root"

mkdir "$root/check"
cp "$deb" "$root/check/old.deb"
# The same package as a version to come.
dpkg-deb --raw-extract "$deb" "$work/new"
sed -i 's/^Version: .*/&+next/' "$work/new/DEBIAN/control"
dpkg-deb --build --root-owner-group "$work/new" "$root/check/new.deb" >/dev/null
cp scripts/check-deb-inside.sh "$root/check/inside.sh"

# The container does this one thing when it has started, and ends.
cat >"$root/etc/systemd/system/check.service" <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/bash /check/inside.sh
StandardOutput=append:/check/log
StandardError=inherit
ExecStopPost=/bin/systemctl --no-block poweroff
TimeoutStartSec=300
UNIT
ln -s /etc/systemd/system/check.service "$root/etc/systemd/system/multi-user.target.wants/check.service"

# A network of its own, with nothing in it: what is looked for is inside.
timeout 360 systemd-nspawn --quiet --directory "$root" --register=no --keep-unit --private-network \
    --boot >"$work/console" 2>&1 </dev/null || true
cat "$root/check/log" >&2 || { tail -n 30 "$work/console" >&2; say "The container did not start."; exit 1; }
if ! grep -qx 'All is well.' "$root/check/log"; then
    exit 1
fi
