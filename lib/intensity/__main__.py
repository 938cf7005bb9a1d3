"""The one command line: python -m intensity run | publish."""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from intensity.values import InvalidInput

WRONG_USE = 2
"""Exit code for input that is refused."""


class _Parser(argparse.ArgumentParser):
    """A parser that refuses wrong use in one line."""

    def error(self, message: str) -> NoReturn:
        """End with that line."""
        self.exit(WRONG_USE, f"intensity: {message}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        words: the command line without the program; by default the real one.

    Returns:
        The exit code: 0 done, 1 a notebook failed, 2 wrong use, 130 interrupted.
    """
    arguments = vars(_parser().parse_args(words))
    command = arguments.pop("command")
    try:
        return _run(arguments) if command == "run" else _publish()
    except InvalidInput as error:
        print(f"intensity: {error}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("intensity: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = _Parser(prog="python -m intensity", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="run | publish")
    run = commands.add_parser(
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
    run.add_argument("--fresh", action="store_true", help="train anew what the store has")
    commands.add_parser(
        "publish",
        help="write README's table and expected/ from a complete standard run",
        allow_abbrev=False,
    )
    return parser


def _run(arguments: dict[str, Any]) -> int:
    """Run a profile; a request to end is taken like Ctrl-C, so that kernels are stopped."""
    from intensity.reproduce import Reproduction, Request
    from intensity.settings import Layout

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    given = {name: value for name, value in arguments.items() if value is not None}
    return Reproduction(Request(**given), Layout()).execute()


def _publish() -> int:
    """Publish the standard run."""
    from intensity.publishing import publish
    from intensity.settings import Layout

    publish(Layout())
    return 0


if __name__ == "__main__":
    sys.exit(main())
