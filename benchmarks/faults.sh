#!/usr/bin/env bash
# Kill a small run 20 times at random moments and see that it ends as if nothing had happened.
# ./benchmarks/faults.sh [KILLS]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
source ./bootstrap.sh
# shellcheck disable=SC2119 # it wants no group
find_environment
exec "$python" benchmarks/faults.py "$@"
