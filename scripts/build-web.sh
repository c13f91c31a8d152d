#!/usr/bin/env bash
# Builds the dashboard into web/dist, from where the program takes it:
#
#     scripts/build-web.sh              ends with an error where it cannot
#     scripts/build-web.sh --if-possible   says so, and lets the program be built without it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../web"

say() { printf '%s\n' "$*" >&2; }

# Vite 8 wants it.
node_suits() {
    command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number)
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
}

if ! node_suits; then
    say "The dashboard needs Node.js 20.19 or 22.12, or later, with npm."
    if [ "${1:-}" = --if-possible ]; then
        say "Going on without it: everything else works, and / says how to build it."
        exit 0
    fi
    exit 1
fi

# What is installed is what the lock file says, as long as that has not changed.
lock="$(sha256sum package-lock.json | cut -d' ' -f1)"
if [ "$(cat node_modules/.lock-of-this 2>/dev/null)" != "$lock" ]; then
    npm ci --prefer-offline --no-audit --no-fund --loglevel=error >&2
    printf '%s' "$lock" > node_modules/.lock-of-this
fi

# The page, its shapes and what they are made from: nothing changed, nothing to build.
sources="$(find ../docs/openapi.json index.html package.json vite.config.ts tsconfig.json src public scripts \
    -type f ! -path src/api/schema.ts -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)"
if [ "$(cat dist/.built-from 2>/dev/null)" = "$lock $sources" ]; then
    exit 0
fi
npm run --silent build >&2
printf '%s' "$lock $sources" > dist/.built-from
