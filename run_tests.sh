#!/usr/bin/env bash
# Run the tests: make the environment if there is none, then pytest with the given arguments (-n 0: in one process).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./bootstrap.sh
find_environment dev
# A file at a time on each core: some files have fixtures that take a minute.
exec "$python" -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
