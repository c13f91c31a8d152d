#!/usr/bin/env bash
# Format, lints, licences, shell scripts. `make lint` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup-build.sh

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings

if cargo deny --version >/dev/null 2>&1; then
    # Advisories need the network, and a new one must not fail a build that was fine yesterday.
    cargo deny --offline check bans licenses sources
else
    echo "cargo-deny is not installed: licences and sources of the dependencies are not checked."
fi

environment="$(scripts/setup-home-assistant.sh)"
eval "$environment"
"$HOME_ASSISTANT/bin/ruff" format --quiet --check
"$HOME_ASSISTANT/bin/ruff" check --quiet --no-cache
"$HOME_ASSISTANT/bin/mypy" --cache-dir "$HOME_ASSISTANT/../mypy"

if command -v shellcheck >/dev/null; then
    shellcheck scripts/*.sh .ci/run
fi
