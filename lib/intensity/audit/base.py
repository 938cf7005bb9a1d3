"""What all edits share: the rows of their registry, what they take and what they return.

An edit takes some cases and returns their images with one thing changed, in the declared range and
before preprocessing. Doses come from the data: the object gets the level of an object of another
class; surround and whole image move by the same step; scanners by shares of a standard deviation of
levels. Padding is never touched, but by the edit that is named so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from intensity.audit.cases import SURROUND, Cases
from intensity.values import Registered

MOST_CLIPPED = 0.01
"""Share of changed pixels that may leave the declared range; a dose above it is halved."""
HALVINGS = 5
"""How often a dose is halved before the edit is given up for an image."""
SEED = {name: key for key, name in enumerate(("donors", "residuals", "holes", "field", "sham"), 1)}
"""What random numbers are for -> the key they are made from."""


@dataclass(frozen=True)
class Edit(Registered):
    """A row of `EDITS` or `CONTROLS`; its function takes `Shown` and its options.

    Args:
        group: edits that change the same kind of thing.
        quick: whether it belongs to a quick audit.
    """

    group: str = ""
    quick: bool = False


class Edited(NamedTuple):
    """m images with one thing changed.

    pixels: (m, h, w, c) float32, in the user's unit.
    applies: (m,) bool, whether the edit can be made of the image.
    label: (m,) class that goes with what was changed, -1 for none.
    unusual: (m,) bool, whether the image is unlike the data.
    clipped: (m,) share of the changed pixels that the range has cut.
    dose: (m,) in the user's unit, or as a factor; NaN where there is none.
    """

    pixels: np.ndarray
    applies: np.ndarray
    label: np.ndarray
    unusual: np.ndarray
    clipped: np.ndarray
    dose: np.ndarray


@dataclass(frozen=True, eq=False)
class Shown:
    """Some of the cases, as edits take them.

    Args:
        cases: all of them.
        rows: (m,) which.
        donors: (n, 2) for every case another one of another class, and of its own; -1 for none.
    """

    cases: Cases
    rows: np.ndarray
    donors: np.ndarray

    @cached_property
    def pixels(self) -> np.ndarray:
        """(m, h, w, c) float32, the images as they are."""
        return self.cases.images[self.rows].astype(np.float32)

    @cached_property
    def mask(self) -> np.ndarray:
        """(m, h, w) bool, the objects."""
        return self.cases.masks[self.rows]

    @cached_property
    def valid(self) -> np.ndarray:
        """(m, h, w) bool, no padding."""
        return self.cases.valid(self.rows)

    def of(self, name: str) -> np.ndarray:
        """(m,) a number of the cases' spread."""
        found: np.ndarray = getattr(self.cases.spread, name)[self.rows]
        return found

    @property
    def outside(self) -> np.ndarray:
        """(m, h, w) bool, all but object and padding."""
        return self.valid & ~self.mask

    @property
    def step(self) -> np.ndarray:
        """(m,) level of an object of another class minus that of the own; 0 without a donor."""
        donor = self.donors[self.rows, 0]
        return np.where(donor >= 0, self.cases.spread.level[donor] - self.of("level"), 0)

    @cached_property
    def common_step(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """One step for object, surround and both, so that their effects can be compared.

        It is the step, halved until all three stay in the declared range, or the object and one of
        the others where the surround lies at an end of the range; and among the levels of the data,
        where some half of the step allows that.

        Returns:
            (m,) steps; by part (m,) bool, whether it can move by the step.
        """
        usual = self.cases.spread.usual
        best, chosen = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        can = {part: np.zeros(len(self.rows), bool) for part in self.parts}
        for step in self.step / 2.0 ** np.arange(HALVINGS + 1)[:, None]:
            fits = {
                part: (cut_share(self, where, sign * step) < MOST_CLIPPED) & (step != 0)
                for part, (where, sign) in self.parts.items()
            }
            around = [usual("around", self.of("around") + sign * step) for sign in (1, -1)]
            inside = around[0] & around[1] & usual("level", self.of("level") + step)
            both = fits["surround"] & fits["both"]
            rank = fits["object"] * (fits["surround"] | fits["both"]) * (1 + both * (1 + inside))
            better = (rank > best) & (self.of("room") >= SURROUND)
            best, chosen = np.where(better, rank, best), np.where(better, step, chosen)
            can = {part: np.where(better, fits[part], can[part]) for part in can}
        return chosen, can

    @cached_property
    def parts(self) -> dict[str, tuple[np.ndarray, int]]:
        """What moves by one step, (m, h, w) bool, and which way."""
        return {"object": (self.mask, 1), "surround": (self.outside, -1), "both": (self.valid, 1)}

    def donor_label(self, column: int) -> np.ndarray:
        """(m,) classes of donors, -1 where there is none."""
        donor = self.donors[self.rows, column]
        return np.where(donor >= 0, self.cases.label[donor], -1)

    def rng(self, use: str, i: int) -> np.random.Generator:
        """Random numbers for the i-th of the images, by its place among all."""
        key = np.array([SEED[use], self.rows[i]], np.uint64)
        return np.random.Generator(np.random.Philox(key=key))

    def edited(self, pixels: np.ndarray, where: np.ndarray | None = None, **told: Any) -> Edited:
        """Pixels cut to the declared range, with what is told of them; else it applies to all.

        Args:
            pixels: (m, h, w, c).
            where: (m, h, w) bool, what was changed; by default all that is no padding.
            told: other fields of `Edited`.
        """
        where = self.valid if where is None else where
        plain = {
            "applies": np.ones(len(pixels), bool), "label": np.full(len(pixels), -1),
            "unusual": np.zeros(len(pixels), bool), "dose": np.full(len(pixels), np.nan),
            "clipped": self.outside_range(pixels, where),
        }  # fmt: skip
        return Edited(pixels=self.with_changes(pixels, where), **{**plain, **told})

    def outside_range(self, pixels: np.ndarray, where: np.ndarray) -> np.ndarray:
        """(m,) share of the values somewhere, (m, h, w) bool, that leave the declared range."""
        low, high = self.cases.values
        out = where[..., None] & ((pixels < low) | (pixels > high))
        return out.mean(axis=-1).sum(axis=(1, 2)) / np.maximum(where.sum(axis=(1, 2)), 1)

    def with_changes(self, pixels: np.ndarray, where: np.ndarray) -> np.ndarray:
        """The images with other pixels somewhere, in the channels that are changed; cut, float32.

        Args:
            pixels: (m, h, w, c).
            where: (m, h, w) bool.
        """
        changed = where[..., None]
        if self.cases.channel is not None:
            changed = changed & (np.arange(pixels.shape[-1]) == self.cases.channel)
        cut = np.clip(pixels, *self.cases.values)
        return np.where(changed, cut, self.pixels).astype(np.float32)


def choose_donors(cases: Cases) -> np.ndarray:
    """For every case a random one of another class, and one of its own class, of other groups.

    That of its own class is the one whose level is as far from its own as the first one's is, or
    most nearly so. Cases without classes have a donor of the first kind alone. A patient's own
    images are no donors, for they are alike in all else, too, unless there is one group only.

    Returns:
        (n, 2) rows, -1 for none.
    """
    draws = np.random.Generator(np.random.Philox(key=SEED["donors"])).random(len(cases))
    level, found = cases.spread.level, np.full((len(cases), 2), -1)
    kind = cases.group if cases.groups > 1 else np.arange(len(cases))
    for i, draw in enumerate(draws):
        others = kind != kind[i]
        same = others & (cases.label == cases.label[i]) & bool(cases.classes)
        if len(apart := np.flatnonzero(others & ~same)):
            found[i, 0] = apart[int(draw * len(apart))]
        if len(alike := np.flatnonzero(same)):
            far = np.abs(level[found[i, 0]] - level[i])
            found[i, 1] = alike[np.abs(np.abs(level[alike] - level[i]) - far).argmin()]
    return found


def cut_share(shown: Shown, where: np.ndarray, step: np.ndarray) -> np.ndarray:
    """(m,) share of values in a region that would leave the declared range by (m,) steps."""
    moved = shown.pixels + step[:, None, None, None].astype(np.float32)
    return shown.outside_range(moved, where > 0)


def shifted(shown: Shown, where: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images with a step added somewhere, halved where too many values would leave the range.

    Args:
        where: (m, h, w) bool, or weights 0..1.
        step: (m,) in the user's unit.

    Returns:
        (m, h, w, c) pixels, not yet cut; (m,) steps, 0 where none is small enough.
    """
    step = step.astype(float)
    for _ in range(HALVINGS):
        fits = cut_share(shown, where, step) < MOST_CLIPPED
        step = np.where(fits, step, step / 2)
    step = np.where(cut_share(shown, where, step) < MOST_CLIPPED, step, 0)
    weight = where[..., None].astype(np.float32)
    return shown.pixels + weight * step[:, None, None, None].astype(np.float32), step
