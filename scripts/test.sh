#!/usr/bin/env bash
# Every test there is, with what they need set up before. `make test` calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Whether a doc comment holds an example that Rust would run. Blocks marked otherwise
# (```text, ```sql, …) are not examples.
has_doc_tests() {
    # shellcheck disable=SC2016 # these are awk's own
    find crates -path '*/src/*' -name '*.rs' -print0 | xargs -0 awk '
        FNR == 1 { inside = 0 }
        /^[ \t]*\/\/[\/!][ \t]*```/ {
            if (inside) { inside = 0; next }
            inside = 1
            tag = $0
            sub(/^[^`]*```/, "", tag)
            if (tag ~ /^[ \t]*$/ || tag ~ /rust|should_panic|no_run|compile_fail/) found = 1
        }
        END { exit !found }'
}

environment="$(scripts/setup-test.sh)"
eval "$environment"
environment="$(scripts/setup-home-assistant.sh)"
eval "$environment"

# A failure there must not hide one here.
status=0
scripts/test-home-assistant.sh || status=$?

# The end-to-end tests start the program itself, those in the browser with its dashboard.
scripts/build-web.sh
features=hoymiles-smiles/parquet
cargo build --locked -p hoymiles-smiles --features "$features"

scripts/schemathesis.sh || status=$?
scripts/test-web.sh --browser || status=$?

if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --features "$features" || status=$?
    if has_doc_tests; then
        cargo test --locked --workspace --features "$features" --doc || status=$?
    fi
else
    cargo test --locked --workspace --features "$features" --no-fail-fast || status=$?
fi
exit "$status"
