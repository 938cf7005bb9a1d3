"""The command `audit`: files in, a page out, and a line of time left in between."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from intensity.audit.answer import audit
from intensity.audit.reading import read_cases
from intensity.audit.report import check_folder
from intensity.audit.tissue import example
from intensity.audit.words import headline
from intensity.environment import FAST, QUIET, set_variables, stderr_to, tell
from intensity.values import InvalidInput

READING = ("values", "unit", "padding", "channel", "mask_label")
"""Options that say what images are; the others are of the audit."""
WANTED = "a table (image,mask,label), an .npz or a folder; without MODEL and CASES, an example"
"""What CASES may be."""
EXAMPLE = "tissue in patches of brain"
"""What is audited without MODEL and CASES."""


def run_audit(given: Sequence[str], images: int, report: Path, **options: Any) -> None:
    """Audit a network, or several of one kind, and say where the page is.

    Args:
        given: .keras files or "module:function", then a table, an npz or a folder; or nothing, for
            the example.
        images: at most so many cases.
        report: the folder to write.
        options: of `read_cases` and `audit`.

    Raises:
        InvalidInput: anything cannot be used; nothing is written then.
    """
    if len(given) == 1:
        raise InvalidInput(f"CASES: nothing after {given[0]} is not allowed: {WANTED}")
    set_variables({**QUIET, **FAST})
    check_folder(report)
    reading = {name: options.pop(name) for name in READING}
    network: Any
    if given:
        *network, title = given
        found = read_cases(title, most=images, **reading)
        _start_tensorflow()
    else:
        _start_tensorflow()
        tell(f"{EXAMPLE}; its training takes about 15 s, once")
        title, (network, found) = EXAMPLE, example()
    bars: list[tqdm[Any]] = []

    def announce(line: str, count: int) -> None:
        """Say how much there is to do, and show from now on how far it is."""
        tell(line)
        bars.append(tqdm(total=count, unit=" images", leave=False, disable=None))

    answer = audit(
        network, found, images=images, title=Path(title).stem, name="" if given else "example",
        tell=announce, tick=lambda count: bars[0].update(count), **options,
    )  # fmt: skip
    bars[0].close()
    page = answer.save(report)
    tell(headline(answer))
    tell(f"{page}")


def _start_tensorflow() -> None:
    """Import it and look for its devices, without its notes on those that are not there."""
    with stderr_to(os.devnull):
        import tensorflow as tf

        tf.config.list_physical_devices()
