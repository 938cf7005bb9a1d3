"""What the command line accepts. It needs nothing but Python itself.

So run_all.sh can run this file before there is an environment: help is given, and wrong use
refused, within a second and not after everything has been installed.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

WRONG_USE = 2
"""Exit code for input that is refused."""

HELPED = 64
"""Exit code of this file where help was asked for and nothing is left to do."""


SCHEDULER = r"(tcp|tls|ws|wss)://.+:\d+"
"""The addresses that a Dask scheduler can have."""

ELSEWHERE = """\
elsewhere:
  ./run_all.sh           the same as run, in an environment that it makes if there is none
  ./run_tests.sh         the tests (tests/), with pytest's options
  jupyter lab notebooks  the notebooks, each by itself with small defaults
  benchmarks/README.md   what is timed beside other libraries, and how
  docs/                  all results, running, extending, clusters"""
"""What can be run beside the commands."""


class _Parser(argparse.ArgumentParser):
    """A parser that refuses wrong use in one line."""

    def error(self, message: str) -> NoReturn:
        """End with that line."""
        self.exit(WRONG_USE, f"intensity: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    commands = _Parser(
        prog="python -m intensity",
        description="Reproduce the paper, explore its networks, publish, list the store.",
        epilog=ELSEWHERE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command = commands.add_subparsers(
        dest="command", required=True, metavar="run | explore | publish | store"
    )
    _add_run_options(
        command.add_parser("run", help="run the notebooks and build the report", allow_abbrev=False)
    )
    explore = command.add_parser(
        "explore", help="play with a network, in the browser", allow_abbrev=False
    )
    explore.add_argument(
        "--port", type=_port, default=8866, metavar="N", help="where it is served (8866)"
    )
    explore.add_argument(
        "--no-browser", dest="browser", action="store_false", help="only say where it is"
    )
    command.add_parser(
        "publish",
        help="write the tables of results, expected/ and pretrained/ from a complete standard run",
        allow_abbrev=False,
    )
    command.add_parser("store", help="list finished runs", allow_abbrev=False)
    return commands


def _add_run_options(run: argparse.ArgumentParser) -> None:
    """What a run may be asked for."""
    run.add_argument("--profile", default="standard", help="a file in params/ (standard)")
    part = run.add_mutually_exclusive_group()
    part.add_argument("--only", metavar="NN", help="run this notebook, keep the others' results")
    part.add_argument("--from", dest="start", metavar="NN", help="run from this notebook on")
    run.add_argument(
        "--workers", type=_count, metavar="N", help="trainings side by side (one for each core)"
    )
    run.add_argument(
        "--scheduler", type=_address, metavar="ADDRESS", help="train on this Dask cluster"
    )
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


def _count(text: str) -> int:
    """A whole number from 1 on."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not allowed: a whole number from 1 on")


def _port(text: str) -> int:
    """A port that needs no special rights."""
    if text.isdecimal() and 1024 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not allowed: a port, 1024..65535")


def _address(text: str) -> str:
    """The address of a Dask scheduler."""
    if re.fullmatch(SCHEDULER, text):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not allowed: as tcp://host:8786, tls://host:8786"
    )


def _check(words: "list[str]") -> int:
    """Help and refusals for a command line that is run later; the exit code.

    Profiles and notebooks are looked up by name alone, so that a slip needs no environment.
    """
    try:
        asked = parser().parse_args(words)
    except SystemExit as end:
        return int(end.code or HELPED)
    profiles = sorted(path.stem for path in Path("params").glob("*.yaml"))
    numbers = sorted(path.name[:2] for path in Path("notebooks").glob("[0-9][0-9]_*.ipynb"))
    for name, value, allowed in (
        ("profile", asked.profile, profiles),
        ("--only", asked.only, numbers),
        ("--from", asked.start, numbers),
    ):
        if value is not None and not {value, value.zfill(2)} & {*allowed}:
            there = ", ".join(allowed)
            sys.stderr.write(f"intensity: {name}: {value!r} is not allowed: {there}\n")
            return WRONG_USE
    return 0


if __name__ == "__main__":
    sys.exit(_check(["run", *sys.argv[1:]]))
