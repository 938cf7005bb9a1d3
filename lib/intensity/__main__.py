"""The one command line: python -m intensity run | publish."""

import signal
import sys
from collections.abc import Sequence
from typing import Any

from intensity.options import WRONG_USE, parser
from intensity.values import InvalidInput


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        words: the command line without the program; by default the real one.

    Returns:
        The exit code: 0 done, 1 a notebook failed, 2 wrong use, 130 interrupted.
    """
    arguments = vars(parser().parse_args(words))
    command = arguments.pop("command")
    try:
        return _run(arguments) if command == "run" else _publish()
    except InvalidInput as error:
        print(f"intensity: {error}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("intensity: interrupted", file=sys.stderr)
        return 130


def _run(arguments: dict[str, Any]) -> int:
    """Run a profile; a request to end is taken like Ctrl-C, so that kernels are stopped."""
    # jsonschema loads a grammar of IRIs for three seconds, and does without where there is none.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
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
