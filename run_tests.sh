#!/usr/bin/env bash
# Run pytest with the given arguments; without any, all tests in as many processes as there are cores.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" >/dev/null
source ./bootstrap.sh
find_environment dev
if [ $# -eq 0 ]; then set -- --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder; fi
exec "$python" -m pytest "$@"
