"""What the command line accepts. It needs nothing but Python itself.

So run_all.sh can run this file before there is an environment: help is given, and wrong use
refused, within a second and not after everything has been installed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: 1 a notebook failed or a number is outside, 2 for input that is refused."""

HELPED = 64
"""Exit code of this file where help was asked for and nothing is left to do."""

STANDARD = "standard"
"""The profile that is run by default."""

PUBLISHED = (STANDARD, "paper")
"""The profiles whose figures, results and networks are kept in git."""

SCHEDULER = r"(tcp|tls|ws|wss)://.+:\d+"
"""The addresses that a Dask scheduler can have."""

OUTPUTS = ("auto", "logits", "probability", "sigmoid", "multilabel", "score")
"""What a network may return that is audited."""

NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)"
"""Numbers as the command line takes them."""

ELSEWHERE = """\
elsewhere:
  ./run_all.sh           the same as run, in an environment that it makes if there is none
  ./run_tests.sh         the tests (tests/), with pytest's options
  jupyter lab notebooks  the notebooks, each by itself with small defaults
  benchmarks/README.md   what is timed beside other libraries, and how
  docs/                  all results, running, extending, clusters"""
"""What can be run beside the commands."""


class _Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and refuses wrong use in one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """End with that line."""
        self.exit(WRONG_USE, f"intensity: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    commands = _Parser(
        prog="python -m intensity",
        description="Reproduce the paper, explore its networks, audit your own, publish, list the "
        "store.",
        epilog=ELSEWHERE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command = commands.add_subparsers(
        dest="command", required=True, metavar="run | explore | audit | publish | store"
    )
    _add_run_options(command.add_parser("run", help="run the notebooks and build the report"))
    explore = command.add_parser("explore", help="play with a network, in the browser")
    port = _allowed(lambda n: n.isdecimal() and 1024 <= int(n) <= 65535, "a port, 1024..65535", int)
    explore.add_argument(
        "--port", type=port, default=8866, metavar="N", help="where it is served (8866)"
    )
    explore.add_argument(
        "--no-browser", dest="browser", action="store_false", help="only say where it is"
    )
    _add_audit_options(command.add_parser("audit", help="say what your network's answers rest on"))
    publish = command.add_parser(
        "publish",
        help="write tables of results, expected/ and pretrained/ from a complete run",
    )
    published = _allowed(lambda name: name in PUBLISHED, ", ".join(PUBLISHED))
    publish.add_argument(
        "--profile", type=published, default=STANDARD, help=f"{' or '.join(PUBLISHED)} ({STANDARD})"
    )
    command.add_parser("store", help="list finished runs")
    return commands


def _add_run_options(run: argparse.ArgumentParser) -> None:
    profiles = sorted(path.stem for path in (ROOT / "params").glob("*.yaml"))
    numbers = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    profile = _allowed(lambda name: name in profiles, ", ".join(profiles))
    number = _allowed(lambda n: n.zfill(2) in numbers, ", ".join(numbers), lambda n: n.zfill(2))
    count = _allowed(lambda n: n.isdecimal() and int(n) > 0, "a whole number from 1 on", int)
    address = _allowed(
        lambda text: bool(re.fullmatch(SCHEDULER, text)), "as tcp://host:8786, tls://host:8786"
    )
    run.add_argument(
        "--profile", type=profile, default=STANDARD, help=f"a file in params/ ({STANDARD})"
    )
    part = run.add_mutually_exclusive_group()
    part.add_argument(
        "--only", type=number, metavar="NN", help="run this notebook, keep the others' results"
    )
    part.add_argument(
        "--from", type=number, dest="start", metavar="NN", help="run from this notebook on"
    )
    run.add_argument(
        "--workers", type=count, metavar="N", help="trainings side by side (one for each core)"
    )
    run.add_argument(
        "--scheduler", type=address, metavar="ADDRESS", help="train on this Dask cluster"
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


def _add_audit_options(audit: argparse.ArgumentParser) -> None:
    count = _allowed(lambda n: n.isdecimal() and int(n) > 1, "a whole number from 2 on", int)
    number = _allowed(lambda n: bool(re.fullmatch(NUMBER, n)), "a number", float)
    whole = _allowed(str.isdecimal, "a whole number", int)
    span = _allowed(
        lambda text: bool(re.fullmatch(rf"{NUMBER}\.\.{NUMBER}", text)),
        "LOW..HIGH, as 0..255 or -1024..3071",
        lambda text: tuple(map(float, text.split(".."))),
    )
    audit._negative_number_matcher = re.compile(r"-[\d.]")  # -1024..3071 is no option
    audit.add_argument(
        "given", nargs="*", metavar="MODEL CASES",
        help="a .keras file or module:function, or several; then a table (image,mask,label), an "
        ".npz or a folder. Without them, an example: tissue in patches of brain",
    )  # fmt: skip
    audit.add_argument(
        "--values", type=span, default=(0.0, 255.0), metavar="LOW..HIGH",
        help="the range that images can have (0..255)",
    )  # fmt: skip
    audit.add_argument(
        "--unit", default="grey levels", metavar="U", help="of the values (grey levels)"
    )
    audit.add_argument(
        "--preprocess", default="none", metavar="P",
        help="before the network: none, unit, zscore, minmax, percentile:1,99, window:40,400 or "
        "module:function",
    )  # fmt: skip
    audit.add_argument(
        "--output", default="auto", choices=OUTPUTS, help="what the network returns (auto)"
    )
    audit.add_argument(
        "--threshold", type=number, default=0.5, metavar="T", help="of two classes (0.5)"
    )
    audit.add_argument("--of", type=whole, metavar="N", help="number of the label, of several")
    audit.add_argument(
        "--padding", type=number, metavar="V", help="value of pixels that show nothing"
    )
    audit.add_argument("--channel", type=whole, metavar="N", help="change this one alone")
    audit.add_argument(
        "--mask-label", type=whole, metavar="N", help="the object's number, in masks of several"
    )
    audit.add_argument(
        "--images", type=count, default=300, metavar="N", help="audit at most so many (300)"
    )
    audit.add_argument("--quick", action="store_true", help="60 images, the main edits")
    audit.add_argument(
        "--report", type=Path, default=Path("audit"), metavar="FOLDER", help="to write (audit/)"
    )


def _allowed(
    holds: Callable[[str], bool], allowed: str, convert: Callable[[str], Any] = str
) -> Callable[[str], Any]:
    """The type of an option whose text has to pass a test; `allowed` says what passes."""

    def checked(text: str) -> Any:
        """The converted text, refused where it is not allowed."""
        if not holds(text):
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed: {allowed}")
        return convert(text)

    return checked


if __name__ == "__main__":
    try:
        parser().parse_args(["run", *sys.argv[1:]])
    except SystemExit as end:
        sys.exit(end.code or HELPED)
