"""The one command line: python -m intensity run | explore | audit | publish | store."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from intensity.cli import DONE, FAILED, INTERRUPTED, WRONG_USE, parser
from intensity.environment import drop_foreign, give_home
from intensity.values import ROOT, InvalidInput

HOW_TO_GO_ON = "what is finished is kept: make room or mend it, then call again"
"""The end of the line about what the system refuses."""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        words: the command line without the program; by default the real one.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may not know every letter of a path
            stream.reconfigure(errors="backslashreplace")
    arguments = vars(parser().parse_args(words))
    give_home(ROOT)
    command = arguments.pop("command")
    try:
        code = COMMANDS[command](arguments)
        sys.stdout.flush()
        return code
    except InvalidInput as error:
        print(f"intensity: {error}", file=sys.stderr)
        return WRONG_USE
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a full disk, a folder that went away
        where = f"{error.filename}: " if error.filename else ""
        print(f"intensity: {where}{error.strerror or error}; {HOW_TO_GO_ON}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        left = "nothing is written" if command == "audit" else "what is finished is kept"
        print(f"intensity: interrupted; {left}: call again to go on", file=sys.stderr)
        return INTERRUPTED


def open_streams() -> None:
    """Open what the caller has closed, or other files would take its place; nobody reads these."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def _run(arguments: dict[str, Any]) -> int:
    # jsonschema loads a grammar of IRIs for two seconds, and does without where it is missing: so
    # this name is marked as one that cannot be imported.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    for number in (signal.SIGTERM, signal.SIGHUP):  # taken like Ctrl-C, so that kernels are stopped
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, signal.default_int_handler)
    from intensity.environment import Layout
    from intensity.runner.run import Request, reproduce

    given = {name: value for name, value in arguments.items() if value is not None}
    return reproduce(Request(**given), Layout())


def _explore(arguments: dict[str, Any]) -> int:
    from intensity.environment import Layout
    from intensity.explorer.serve import serve

    serve(Layout(), **arguments)
    return DONE


def _audit(arguments: dict[str, Any]) -> int:
    from intensity.audit.command import run_audit

    run_audit(**arguments)
    return DONE


def _publish(options: dict[str, Any]) -> int:
    from intensity.environment import Layout
    from intensity.runner.publish import publish

    publish(Layout(), **options)
    return DONE


def _store(_: dict[str, Any]) -> int:
    from intensity.runner.stored import stored_runs

    for line in stored_runs():
        print(line)
    return DONE


COMMANDS = {
    "run": _run, "explore": _explore, "audit": _audit, "publish": _publish, "store": _store,
}  # fmt: skip
"""What each command does with its options; the exit code comes of it."""


if __name__ == "__main__":
    open_streams()
    drop_foreign()
    sys.exit(main())
