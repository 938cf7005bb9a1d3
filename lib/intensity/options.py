"""What the command line accepts. It needs nothing but Python itself.

So run_all.sh can run this file before there is an environment: help is given, and wrong use
refused, within a second and not after everything has been installed.
"""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

WRONG_USE = 2
"""Exit code for input that is refused."""

HELPED = 64
"""Exit code of this file where help was asked for and nothing is left to do."""


class _Parser(argparse.ArgumentParser):
    """A parser that refuses wrong use in one line."""

    def error(self, message: str) -> NoReturn:
        """End with that line."""
        self.exit(WRONG_USE, f"intensity: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    commands = _Parser(
        prog="python -m intensity",
        description="Reproduce the paper, publish what came of it, and look after the store.",
        allow_abbrev=False,
    )
    command = commands.add_subparsers(
        dest="command", required=True, metavar="run | publish | store"
    )
    run = command.add_parser(
        "run", help="run the notebooks and build the report", allow_abbrev=False
    )
    run.add_argument("--profile", default="standard", help="a file in params/ (standard)")
    part = run.add_mutually_exclusive_group()
    part.add_argument("--only", metavar="NN", help="run this notebook, keep the others' results")
    part.add_argument("--from", dest="start", metavar="NN", help="run from this notebook on")
    run.add_argument(
        "--workers", type=int, metavar="N", help="trainings side by side (one for each core)"
    )
    run.add_argument("--scheduler", metavar="ADDRESS", help="train on this Dask cluster")
    source = run.add_mutually_exclusive_group()
    source.add_argument("--fresh", action="store_true", help="train anew what the store has")
    source.add_argument(
        "--pretrained",
        action="store_true",
        help="take networks from pretrained/ where code is equal",
    )
    run.add_argument(
        "--verify", action="store_true", help="then compare all numbers with those in expected/"
    )
    command.add_parser(
        "publish",
        help="write README's table, expected/ and pretrained/ from a complete standard run",
        allow_abbrev=False,
    )
    store = command.add_parser("store", help="list finished runs", allow_abbrev=False)
    store.add_argument(
        "--prune", action="store_true", help="remove what no profile needs, and what is damaged"
    )
    return commands


def _check(words: "list[str]") -> int:
    """Help and refusals for a command line that is run later; the exit code."""
    try:
        profile = parser().parse_args(words).profile
    except SystemExit as end:
        return int(end.code or HELPED)
    allowed = sorted(path.stem for path in Path("params").glob("*.yaml"))
    if profile in allowed:
        return 0
    sys.stderr.write(f"intensity: profile: {profile!r} is not allowed: {', '.join(allowed)}\n")
    return WRONG_USE


if __name__ == "__main__":
    sys.exit(_check(["run", *sys.argv[1:]]))
