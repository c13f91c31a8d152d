#!/usr/bin/env bash
# Format, lints, licences, shell scripts. `make lint` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup-build.sh

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
# And as it is built from source: without Parquet.
cargo clippy --locked -p hoymiles-smiles -- -D warnings

tools="$(scripts/setup-tools.sh find cargo-deny)"
eval "$tools"
if cargo deny --version >/dev/null 2>&1; then
    # Advisories need the network, and a new one must not fail a build that was fine yesterday.
    cargo deny --locked --all-features --log-level error check bans licenses sources
else
    echo "cargo-deny is not installed: licences and sources of the dependencies are not checked."
    echo "This installs it: scripts/setup-tools.sh cargo-deny"
fi

tools="$(scripts/setup-tools.sh python)"
eval "$tools"
hadolint Dockerfile
actionlint
# As an owner begins: with the example for a .env.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp docker-compose.yml "$work/"
cp .env.example "$work/.env"
docker-compose --project-directory "$work" --file "$work/docker-compose.yml" \
    --profile with-ha --profile with-monitoring config --quiet

environment="$(scripts/setup-home-assistant.sh)"
eval "$environment"
"$HOME_ASSISTANT/bin/ruff" format --quiet --check
"$HOME_ASSISTANT/bin/ruff" check --quiet --no-cache
"$HOME_ASSISTANT/bin/mypy" --cache-dir "$HOME_ASSISTANT/../mypy"

if command -v shellcheck >/dev/null; then
    shellcheck scripts/*.sh packaging/compose/*.sh .ci/run
    shellcheck --shell sh --exclude SC1091 packaging/deb/p*
fi
