"""Which class an intensity belongs to: tables of boundaries and labels, and the paper's presets.

A `Task` cuts the grey levels 0..255 into bands and gives each band a class, or none. It also says
which levels an object may have and how often, so that "chance" is a number that can be computed.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from intensity.values import InvalidInput, Value

LEVELS = 256
"""Number of grey levels in an image."""

Level = Annotated[int, Field(ge=0, le=LEVELS - 1)]


class Band(NamedTuple):
    """Grey levels low..high (inclusive) of one class; label None where no object may lie."""

    low: int
    high: int
    label: int | None


class Task(Value):
    """An intensity function: grey level -> class.

    Args:
        name: how results and figures call it.
        boundaries: last grey level of every band but the final one, increasing.
        labels: class of each band (one more than boundaries); None for a band that is never drawn.
        drawn: lowest and highest intensity that an object may have.
        balanced: draw a class first and a level of that class then; otherwise draw all levels
            of `drawn` equally often.

    Raises:
        InvalidInput: boundaries do not increase, the numbers of bands and labels differ, classes
            are not 0, 1, ..., or a level that can be drawn has no class.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    boundaries: tuple[Level, ...]
    labels: tuple[Annotated[int, Field(ge=0)] | None, ...]
    drawn: tuple[Level, Level] = (5, 254)
    balanced: bool = False

    @model_validator(mode="after")
    def _is_a_function(self) -> Self:
        """Check that every level that can be drawn has exactly one class."""
        if any(b <= a for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)):
            raise InvalidInput(f"boundaries: {self.boundaries} do not increase")
        if len(self.labels) != len(self.boundaries) + 1:
            raise InvalidInput(
                f"labels: {len(self.labels)} labels for {len(self.boundaries) + 1} bands; "
                "give one label a band, one band more than boundaries"
            )
        if self.drawn[0] >= self.drawn[1]:
            raise InvalidInput(f"drawn: {self.drawn} is empty; give (lowest, highest) level")
        present = sorted({label for label in self.labels if label is not None})
        if len(present) < 2 or present != list(range(len(present))):
            raise InvalidInput(f"labels: classes are {present}; use 0, 1, ... and at least two")
        self._check_drawn_levels()
        return self

    def _check_drawn_levels(self) -> None:
        """Refuse a level that can be drawn but has no class, or a class that is never drawn."""
        low, high = self.drawn
        labels = self.label(np.arange(low, high + 1))
        if not self.balanced and (labels < 0).any():
            level = low + int(np.argmax(labels < 0))
            raise InvalidInput(
                f"labels: level {level} can be drawn but has no class; label it, "
                "narrow `drawn`, or set `balanced` to draw labeled levels only"
            )
        missing = set(range(self.classes)) - set(labels.tolist())
        if missing:
            raise InvalidInput(f"drawn: {self.drawn} holds no level of class {min(missing)}")

    @property
    def classes(self) -> int:
        """Number of classes."""
        return 1 + max(label for label in self.labels if label is not None)

    @property
    def bands(self) -> list[Band]:
        """The bands over 0..255, in order."""
        lows = (0, *(last + 1 for last in self.boundaries))
        highs = (*self.boundaries, LEVELS - 1)
        return [Band(*band) for band in zip(lows, highs, self.labels, strict=True)]

    @cached_property
    def _table(self) -> np.ndarray:
        """(256,) int64, class of every level, -1 where there is none."""
        last = np.asarray(self.boundaries)
        band = np.searchsorted(last, np.arange(LEVELS), side="left")
        return np.array([-1 if label is None else label for label in self.labels])[band]

    def label(self, levels: np.ndarray) -> np.ndarray:
        """Class of each grey level.

        Args:
            levels: any shape, integers 0..255.

        Returns:
            Same shape, int64; -1 where a level has no class.
        """
        return self._table[np.asarray(levels)]

    @property
    def levels(self) -> np.ndarray:
        """Every intensity that can be drawn, increasing."""
        return np.flatnonzero(self.weights)

    @cached_property
    def weights(self) -> np.ndarray:
        """(256,) probability of every intensity."""
        levels = np.arange(LEVELS)
        can = (levels >= self.drawn[0]) & (levels <= self.drawn[1]) & (self._table >= 0)
        weights = can.astype(float)
        if self.balanced:
            counts = np.bincount(self._table[can], minlength=self.classes)
            weights[can] /= counts[self._table[can]]
        return weights / weights.sum()

    @property
    def priors(self) -> np.ndarray:
        """(classes,) probability of every class; its maximum is the accuracy of guessing."""
        drawn = self.levels
        return np.bincount(self._table[drawn], self.weights[drawn], minlength=self.classes)

    @property
    def edges(self) -> np.ndarray:
        """Where the class changes between neighboring drawable levels, in grey levels.

        For bands that touch the edge lies half-way, for example 30.5; between two bands with
        undrawn levels in between it lies in the middle of the gap.
        """
        levels = self.levels
        changes = np.flatnonzero(np.diff(self._table[levels]))
        return (levels[changes] + levels[changes + 1]) / 2

    def draw(self, uniform: np.ndarray) -> np.ndarray:
        """Intensities for given uniform numbers, each with its weight.

        Args:
            uniform: any shape, in [0, 1). The whole part of the number times the number of groups
                picks a group of equally likely levels, what is left picks a level in it.

        Returns:
            Same shape, uint8 grey levels.
        """
        levels, starts, sizes = self._groups
        scaled = np.asarray(uniform) * len(sizes)
        group = scaled.astype(np.intp)
        return levels[starts[group] + ((scaled - group) * sizes[group]).astype(np.intp)]

    @cached_property
    def _groups(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Drawable levels group by group, where each group starts, and its size.

        Groups are the classes of a balanced task; otherwise there is one.
        """
        group = self._table[self.levels] if self.balanced else np.zeros_like(self.levels)
        sizes = np.bincount(group)
        levels = self.levels[np.argsort(group, kind="stable")].astype(np.uint8)
        return levels, np.cumsum(sizes) - sizes, sizes


TASKS = {
    task.name: task
    for task in (
        Task(
            name="three_bands",
            boundaries=(30, 119, 150, 209, 240),
            labels=(0, None, 1, None, 2, None),
            drawn=(0, 240),
            balanced=True,
        ),
        Task(name="easy", boundaries=(149,), labels=(0, 1)),
        Task(name="medium", boundaries=(100, 150, 200), labels=(0, 1, 2, 1)),
        Task(
            name="hard",
            boundaries=(30, 60, 90, 120, 150, 180, 210, 240),
            labels=(0, 1, 2, 1, 0, 1, 2, 0, 2),
        ),
        Task(name="monotone", boundaries=(87, 171), labels=(0, 1, 2)),
    )
}
"""The paper's tasks by name; `monotone` is a control with three classes in order."""


def find_task(task: str | Mapping[str, Any] | Task) -> Task:
    """A task by its name, from a table of its fields, or as it is.

    Raises:
        InvalidInput: the name is unknown or the table is not a task.
    """
    if isinstance(task, Task):
        return task
    if isinstance(task, Mapping):
        return Task(**task)
    if task not in TASKS:
        raise InvalidInput(f"task: {task!r} is unknown; allowed: {', '.join(TASKS)}, or a table")
    return TASKS[task]
