"""The one line on the terminal that says how far the trainings of a sweep are.

Under `run_all` the terminal belongs to another process, which shows what is written to the file
that INTENSITY_TERMINAL names; elsewhere the line goes to standard error.
"""

import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from intensity.environment import settings
from intensity.storage.locks import Lock
from intensity.training.configuration import Configuration
from intensity.training.runs import Run


def title(configuration: Configuration) -> str:
    """A training in few words."""
    return f"{configuration.network.name} on {configuration.task.name}, seed {configuration.seed}"


class Progress:
    """How much of a sweep is done, how long the rest will take, and what came of the last training.

    Args:
        wanted: the trainings, by the names of their runs.
    """

    def __init__(self, wanted: Mapping[str, Configuration]) -> None:
        self.wanted = wanted
        self.lock = threading.Lock()
        self.done = dict.fromkeys(wanted, 0.0)
        self.finished = 0
        self.last = ""

    def __enter__(self) -> "Progress":
        path = settings().terminal
        self.file: TextIO | _SharedLine = _SharedLine(path) if path else sys.stderr
        self.bar = tqdm(
            total=sum(c.cost for c in self.wanted.values()),
            file=self.file,
            bar_format="{percentage:3.0f} % of training |{bar:20}| {elapsed}<{remaining} {desc}",
            ncols=100,
            mininterval=1.0,
            smoothing=0,  # networks are tested between messages, which takes minutes
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()
        if isinstance(self.file, _SharedLine):
            self.file.close()

    def on_event(self, name: str, event: tuple[float, int]) -> None:
        """Take a worker's message: when, and how many images it has shown to a network."""
        self._advance(name, event[1] / self.wanted[name].recipe.images)

    def finish(self, name: str, run: Run | None = None) -> None:
        """Count a training as done, and show what came of it."""
        self.finished += 1
        accuracy = f"{run.metrics['accuracy']:.1%}" if run else "failed"
        self.last = f"{title(self.wanted[name])}: {accuracy}"
        self._advance(name, 1.0)

    def _advance(self, name: str, share: float) -> None:
        """Move the line on; late messages never move it back."""
        with self.lock:  # messages come in another thread
            step = max(0.0, min(share, 1.0) - self.done[name])
            if not self.done[name]:  # of a training that goes on, all before took no time here
                self.bar.initial += step * self.wanted[name].cost
            self.done[name] += step
            shown = self.last or title(self.wanted[name])
            self.bar.set_description_str(
                f"{self.finished}/{len(self.wanted)} networks; {shown}", refresh=False
            )
            self.bar.update(step * self.wanted[name].cost)


class _SharedLine:
    """The one line of the terminal: who writes first has it to the end, and others are not seen."""

    encoding = "utf-8"

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, Lock(path.with_suffix(".lock"))

    def write(self, text: str) -> None:
        """Write, unless another process has the line; on a full disk nothing is shown."""
        with suppress(OSError):
            if self.lock.is_locked or self.lock.take():
                with self.path.open("a", encoding="utf-8", newline="") as file:
                    file.write(text)

    def close(self) -> None:
        """Give the line to others."""
        self.lock.release()
