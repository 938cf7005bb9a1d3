#!/usr/bin/env bash
# Reproduce the paper: make the environment if there is none, run the notebooks, write runs/ and the report.
# ./run_all.sh --help says which options there are.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./bootstrap.sh
# shellcheck disable=SC2119 # it wants no group
find_environment
exec "$python" -m intensity run "$@"
