#!/usr/bin/env bash
# Reproduce the paper: make the environment if there is none, run the notebooks, write runs/ and the report.
# ./run_all.sh --help says which options there are.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" >/dev/null
source ./bootstrap.sh
# Help and refusals need no environment.
early=0
if command -v python3 >/dev/null; then
    python3 lib/intensity/cli.py "$@" || early=$?
fi
case $early in
    2) exit 2 ;;
    64) exit 0 ;; # help was given
esac
# shellcheck disable=SC2119 # it wants no group
find_environment
exec "$python" -m intensity run "$@"
