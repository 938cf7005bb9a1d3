#!/usr/bin/env bash
# Run the tests: make the environment if there is none, then pytest with the given arguments.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./bootstrap.sh
find_environment dev
exec "$python" -m pytest "$@"
