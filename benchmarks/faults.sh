#!/usr/bin/env bash
# Kill a small run 20 times at random moments and see that it ends as if nothing had happened.
# ./benchmarks/faults.sh [KILLS]
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." >/dev/null
source ./bootstrap.sh
find_environment dev
exec "$python" benchmarks/faults.py "$@"
