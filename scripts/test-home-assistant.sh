#!/usr/bin/env bash
# The tests of the Home Assistant integration against a fake bridge, and how much of each module they
# reach. `make test` calls this; arguments are pytest's. The test with the real bridge and a real
# Home Assistant is one of the end-to-end tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment="$(scripts/setup-home-assistant.sh)"
eval "$environment"

# Compiled once and kept, but not in the checkout.
export PYTHONPYCACHEPREFIX="$HOME_ASSISTANT/../pycache"
if [ $# -gt 0 ]; then
    exec "$HOME_ASSISTANT/bin/python" -m pytest "$@"
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export COVERAGE_FILE="$work/coverage"
"$HOME_ASSISTANT/bin/python" -m pytest --cov --cov-report="json:$work/coverage.json" --cov-report=

"$HOME_ASSISTANT/bin/python" - "$work/coverage.json" <<'PYTHON'
import json, pathlib, sys

LEAST = 95.0
# A flow that was never walked is a flow that somebody gets stuck in.
WHOLE = ("config_flow.py",)
files = json.loads(pathlib.Path(sys.argv[1]).read_text())["files"]
too_little = [
    f"{name}: {covered:.1f} % of the lines are tested, lines {file['missing_lines']} are not"
    for name, file in files.items()
    if (covered := file["summary"]["percent_covered"])
    < (100.0 if name.endswith(WHOLE) else LEAST)
]
print("\n".join(too_little) or f"Each of {len(files)} modules is tested to {LEAST:.0f} % at least.")
sys.exit(bool(too_little) or not files)
PYTHON
