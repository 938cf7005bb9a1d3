#!/usr/bin/env bash
# All benchmarks: make the peers' environment if there is none, then run them one after the other.
# Needs a machine that does nothing else for half an hour. Writes results.json and README.md's table.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
source ./bootstrap.sh
find_environment
peers=benchmarks/.venv
if [[ ! -e $peers/complete ]]; then
  echo "making $peers: once, several GB"
  rm -rf "$peers"
  "$python" -m venv "$peers"
  "$peers/bin/python" -m pip install --quiet --requirement benchmarks/requirements.txt
  touch "$peers/complete"
fi
"$python" benchmarks/attribution.py --peers "$peers/bin/python"
"$python" benchmarks/training.py --torch "$peers/bin/python"
"$python" benchmarks/learning.py
"$python" benchmarks/generation.py
"$python" benchmarks/explorer.py
"$python" benchmarks/reproduction.py "$@"
