#!/usr/bin/env bash
# Attribution beside its peers: make the peers' environment if there is none, then run the comparison.
# Needs a machine that does nothing else. Arguments go to attribution.py, for example --only gradient.
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
exec "$python" benchmarks/attribution.py --peers "$peers/bin/python" "$@"
