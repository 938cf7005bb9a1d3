"""Which class an object belongs to: a table of boundaries and labels.

A `Task` cuts the grey levels 0..255 into bands and gives each band a class, or none. It also fixes
the probability of every level, hence the accuracy of guessing. In the paper's tasks the level is
the object's intensity; by its `cue` a task applies the same table to the contrast, or classifies
shape, alone or with intensity.
"""

from functools import cached_property
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from intensity.data.shapes import SHAPES
from intensity.values import InvalidInput, Preset

LEVELS = 256
"""Number of grey levels in an image."""
MINIMUM_CONTRAST = 5
"""A random background differs from every object on it by at least this many grey levels."""

Level = Annotated[int, Field(ge=0, le=LEVELS - 1)]
Shape = Literal["disc", "square", "triangle"]
Cue = Literal["intensity", "contrast", "shape", "conjunction"]


class Band(NamedTuple):
    """Grey levels low..high (inclusive) of one class; label None where no object may lie."""

    low: int
    high: int
    label: int | None


class Task(Preset):
    """A function from what an object looks like to its class.

    Args:
        name: how results and figures call it.
        boundaries: last grey level of every band but the final one, increasing.
        labels: class of each band (one more than boundaries); None for a band that is never drawn.
        drawn: lowest and highest intensity that an object may have.
        balanced: what is equally likely: levels of `drawn` (False); classes of the intensity
            (True); or pairs of a class of the intensity and a class of the contrast ("both"),
            for which intensity and background are drawn together.
        cue: what the table classifies: the object's intensity I; its contrast |I - B| to the
            background B; nothing, where the class is the shape; or the intensity within each
            shape, so that the class is a conjunction of both.
        shapes: where shape counts, the shapes in the order of their classes.
        setting: name of the scenes that it is meant for; no part of it, as title and group.

    Raises:
        InvalidInput: boundaries do not increase, the numbers of bands and labels differ, classes
            are not 0, 1, ..., a level that can be drawn has no class, or the cue does not fit.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    boundaries: tuple[Level, ...]
    labels: tuple[Annotated[int, Field(ge=0)] | None, ...]
    drawn: tuple[Level, Level] = (5, 254)
    balanced: bool | Literal["both"] = False
    cue: Cue = "intensity"
    shapes: tuple[Shape, ...] = ()
    setting: str = Field(default="discs", exclude=True)

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
        self._check_cue()
        present = sorted({label for label in self.labels if label is not None})
        if present != list(range(len(present))) or self.classes < 2:
            raise InvalidInput(f"labels: classes are {present}; use 0, 1, ... and at least two")
        self._check_drawn_levels()
        return self

    def _check_cue(self) -> None:
        """Refuse a cue that does not fit the other fields."""
        by_shape = self.cue in ("shape", "conjunction")
        fit = len(self.shapes) == len(set(self.shapes)) > 1 if by_shape else not self.shapes
        if not fit:
            raise InvalidInput(
                f"shapes: {self.shapes} is not allowed with cue {self.cue}; "
                "give two or more different ones where shape counts and none elsewhere"
            )
        if self.cue == "shape" and len(self.labels) > 1:
            raise InvalidInput(f"labels: {self.labels} is not allowed with cue shape; give (0,)")
        if self.cue == "contrast" and not self.draws_backgrounds:
            raise InvalidInput(
                f"balanced: {self.balanced} is not allowed with cue contrast; give 'both'"
            )

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
        missing = set(range(self._bands_classes)) - set(labels.tolist())
        if missing:
            raise InvalidInput(f"drawn: {self.drawn} holds no level of class {min(missing)}")
        if self.draws_backgrounds and len(self._groups[2]) < self._bands_classes**2:
            raise InvalidInput(
                f"boundaries: {self.boundaries} leave a class of intensity without a class of "
                "contrast; change them or `drawn`"
            )

    @property
    def draws_backgrounds(self) -> bool:
        """Whether intensity and background are drawn together."""
        return self.balanced == "both"

    @property
    def _bands_classes(self) -> int:
        return 1 + max((label for label in self.labels if label is not None), default=-1)

    @property
    def classes(self) -> int:
        """Number of classes, over all shapes that count."""
        return self._bands_classes * max(1, len(self.shapes))

    @property
    def class_names(self) -> list[str]:
        """What the classes are called: the shapes where the class is the shape."""
        by_shape = self.cue == "shape"
        return list(self.shapes) if by_shape else [f"class {c}" for c in range(self.classes)]

    @property
    def bands(self) -> list[Band]:
        """The bands over 0..255, in order."""
        lows = (0, *(last + 1 for last in self.boundaries))
        highs = (*self.boundaries, LEVELS - 1)
        return [Band(*band) for band in zip(lows, highs, self.labels, strict=True)]

    @cached_property
    def _table(self) -> np.ndarray:
        labels = [-1 if label is None else label for label in self.labels]
        return np.array(labels)[np.searchsorted(self.boundaries, np.arange(LEVELS))]

    def label(self, levels: np.ndarray) -> np.ndarray:
        """Class of each grey level by the table: of an intensity, or of a contrast.

        Args:
            levels: any shape, integers 0..255.

        Returns:
            Same shape, int64; -1 where a level has no class.
        """
        return self._table[np.asarray(levels)]

    def classify(
        self, intensity: np.ndarray, background: np.ndarray, shape: np.ndarray
    ) -> np.ndarray:
        """Class of each object.

        Args:
            intensity: any shape, integers 0..255.
            background: likewise, broadcast against `intensity`.
            shape: likewise, positions in `SHAPES`.

        Returns:
            int64 of the common shape; -1 where there is no class.
        """
        level, background, shape = np.broadcast_arrays(intensity, background, shape)
        if self.cue == "contrast":
            level = np.abs(level.astype(int) - background)
        label = self.label(level)
        if not self.shapes:
            return label
        number = np.full(len(SHAPES), -1)
        number[[SHAPES.index(name) for name in self.shapes]] = np.arange(len(self.shapes))
        known = (label >= 0) & (number[shape] >= 0)
        return np.where(known, label + self._bands_classes * number[shape], -1)

    @property
    def levels(self) -> np.ndarray:
        """Every intensity that can be drawn, increasing."""
        return np.flatnonzero(self.weights)

    @cached_property
    def weights(self) -> np.ndarray:
        """(256,) probability of every intensity."""
        objects, _, sizes = self._groups
        share = np.repeat(1 / (len(sizes) * sizes), sizes)
        return np.bincount(objects[:, 0], share, minlength=LEVELS)

    @property
    def priors(self) -> np.ndarray:
        """(classes,) probability of every class; its maximum is the accuracy of guessing."""
        if self.draws_backgrounds:
            return np.full(self.classes, 1 / self.classes)
        drawn = self.levels
        bands = np.bincount(self._table[drawn], self.weights[drawn], minlength=self._bands_classes)
        return np.tile(bands, max(1, len(self.shapes))) / max(1, len(self.shapes))

    @property
    def edges(self) -> np.ndarray:
        """Half-way between neighboring drawn levels of different classes, for example 30.5."""
        levels = self.levels
        changes = np.flatnonzero(np.diff(self._table[levels]))
        return (levels[changes] + levels[changes + 1]) / 2

    def draw(self, uniform: np.ndarray) -> np.ndarray:
        """Intensities for given uniform numbers, each with its weight.

        Args:
            uniform: any shape, in [0, 1). Times the number of groups, its whole part is the number
                of a group of equally likely levels, and the rest the place in it.

        Returns:
            Same shape, uint8 grey levels.
        """
        return self.draw_pairs(uniform)[..., 0]

    def draw_pairs(self, uniform: np.ndarray) -> np.ndarray:
        """Intensities as `draw` gives them, each with its background where both are balanced.

        Args:
            uniform: any shape, in [0, 1).

        Returns:
            (..., 1) uint8 intensities, or (..., 2) uint8 intensities and backgrounds.
        """
        objects, starts, sizes = self._groups
        scaled = np.asarray(uniform) * len(sizes)
        group = scaled.astype(np.intp)
        return objects[starts[group] + ((scaled - group) * sizes[group]).astype(np.intp)]

    @cached_property
    def _groups(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What can be drawn, by group: (k, 1) uint8 intensities, or (k, 2) with backgrounds.

        With them, where each group starts, and its size. Groups are equally likely, and so are the
        members of one: the classes of a balanced task, pairs of classes, or all levels together.
        """
        levels, (low, high) = np.arange(LEVELS), self.drawn
        group = np.where((levels >= low) & (levels <= high), self._table, -1)
        if self.draws_backgrounds:
            contrast = np.abs(levels[:, None] - levels)
            second = np.where(contrast >= MINIMUM_CONTRAST, self._table[contrast], -1)
            pair = self._bands_classes * group[:, None] + second
            group = np.where((group[:, None] >= 0) & (second >= 0), pair, -1)
        elif not self.balanced:
            group = np.minimum(group, 0)
        objects, group = np.argwhere(group >= 0), group[group >= 0]
        _, starts, sizes = np.unique(np.sort(group), return_index=True, return_counts=True)
        return objects[np.argsort(group, kind="stable")].astype(np.uint8), starts, sizes
