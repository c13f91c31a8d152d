#!/usr/bin/env bash
# Holds the real program against its own description: schemathesis makes up requests from
# /api/openapi.json and looks whether the answers are among those that it describes.
#
# SCHEMATHESIS names the program; scripts/setup-test.sh installs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${SCHEMATHESIS:?run eval \"\$(scripts/setup-test.sh)\" first}"
program="$(realpath "${CARGO_TARGET_DIR:-target}/debug/hoymiles-smiles")"
token=schemathesis-asks-here
work="$(mktemp -d)"
simulator="" bridge=""
end() {
    [ -z "$bridge" ] || kill "$bridge" 2>/dev/null || true
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap end EXIT

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

dtu_port="$(free_port)"
"$program" simulate --listen "127.0.0.1:$dtu_port" --ports 8 >"$work/simulator.log" 2>&1 &
simulator=$!
web_port="$(free_port)"
env -i PATH="$PATH" DTU_HOST=127.0.0.1 DTU_PORT="$dtu_port" QUERY_PERIOD=5 DATA_DIR="$work" \
    TIMEZONE=Europe/Berlin HEALTH_HOST=127.0.0.1 HEALTH_PORT="$web_port" API_TOKEN="$token" \
    "$program" run >"$work/bridge.log" 2>&1 &
bridge=$!

url="http://127.0.0.1:$web_port"
# Before the plant is known there is nothing to ask about.
serial=""
for _ in $(seq 300); do
    serial="$(curl --silent --header "Authorization: Bearer $token" "$url/api/inverters" |
        grep -o '"serial_number":"[0-9a-f]*"' | head -n 1 | cut -d '"' -f 4)" || true
    [ -z "$serial" ] || break
    sleep 0.2
done
# A serial number that was made up would bring 404 and nothing else.
printf '[parameters]\n"path.serial" = "%s"\n"path.port" = 1\n' "$serial" >"$work/schemathesis.toml"

# Left out, each with its reason:
# * /api/stream has no end: a client that waits for the whole answer waits for ever.
# * positive_data_acceptance takes a refusal of what fits the schema for a defect. That `from` is
#   before `to`, and that two roofs have two names, is said in words: a schema cannot.
# It keeps what it has learned below the current directory.
cd "$work"
"$SCHEMATHESIS" --config-file "$work/schemathesis.toml" run "$url/api/openapi.json" \
    --header "Authorization: Bearer $token" \
    --exclude-path /api/stream \
    --exclude-checks positive_data_acceptance \
    --phases examples,coverage,fuzzing \
    --max-examples 25 --seed 1 --workers 2 --request-timeout 20 \
    --generation-database none \
    || { tail -n 20 "$work/bridge.log"; exit 1; }
