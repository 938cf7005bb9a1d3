"""What an audit rests on: images with the masks of their objects, labels and groups.

Images stay as the user's files have them, in the user's units: what comes between them and the
network is part of what is audited. Everything is checked here, before any work.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from intensity.audit.labels import group_numbers, numbered
from intensity.audit.masks import as_masks, at_border
from intensity.models.inputs import batches
from intensity.values import InvalidInput

GREY = (0.0, 255.0)
"""The range of 8-bit images, which is meant where none is declared."""
FEWEST_GROUPS = 10
"""Groups that an interval needs: over fewer, a bootstrap says what it happens to say."""
SURROUND = 50
"""Pixels around an object from which a contrast can be told."""
CONSTANT = 0.25
"""Share of pixels at the border that have one and the same value in images with a frame."""
BATCH, PIXELS = 64, 2**22
"""Images that are worked on at once, and their pixels, at most."""


class Spread(NamedTuple):
    """What cases have, one number an image, in the unit of the images.

    level: (n,) mean of the object.
    around: (n,) mean of all else but padding; NaN where there is none.
    area: (n,) pixels of the object.
    room: (n,) pixels of all else but padding.
    texture: (n,) standard deviation inside of the object.
    mean, deviation: (n,) of all but padding, object included.
    low, high: (n,) its 1 % and 99 % quantiles.
    step: one standard deviation of the levels.
    """

    level: np.ndarray
    around: np.ndarray
    area: np.ndarray
    room: np.ndarray
    texture: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    low: np.ndarray
    high: np.ndarray
    step: float

    @property
    def contrast(self) -> np.ndarray:
        """(n,) level minus that around."""
        return self.level - self.around

    def usual(self, name: str, value: np.ndarray, slack: float = 0.0) -> np.ndarray:
        """Whether values lie between the 1 % and 99 % quantiles of those that occur, or so near."""
        found = getattr(self, name)
        found = found[np.isfinite(found)]
        if not len(found):
            return np.zeros(np.shape(value), bool)
        low, high = np.quantile(found, (0.01, 0.99))
        slack = max(slack, 1e-5 * max(abs(low), abs(high), 1))
        return (value >= low - slack) & (value <= high + slack)


@dataclass(frozen=True, eq=False)
class Cases:
    """n checked cases, as `make_cases` gives them.

    Args:
        images: (n, h, w, c) in their own type, in `unit`.
        masks: (n, h, w) bool, the object.
        label: (n,) int64, numbers of classes.
        group: (n,) int64, numbers of patients or the like, from 0 on.
        names: (n,) texts.
        classes: their names, in the order of their numbers; none where nothing is classified.
        values: the lowest and the highest value that an image can have.
        unit: of values.
        padding: value of pixels at the border that show nothing; None where all show something.
        channel: the one that edits change; None for all.
        grouped: whether groups were given; else every image is one.
        total: how many there are where these are a sample; 0 for all.
        site: (n,) texts, where images come from; none where that is not said.
        notes: what a reader of results has to know, a sentence each.
    """

    images: np.ndarray
    masks: np.ndarray
    label: np.ndarray
    group: np.ndarray
    names: np.ndarray
    classes: tuple[str, ...]
    values: tuple[float, float] = GREY
    unit: str = "grey levels"
    padding: float | None = None
    channel: int | None = None
    grouped: bool = False
    total: int = 0
    site: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        """Number of cases."""
        return len(self.images)

    def __getitem__(self, rows: slice | np.ndarray) -> Self:
        """Some of the cases, in the order of the rows."""
        columns = ("images", "masks", "label", "group", "names", "site")
        given = {name: getattr(self, name) for name in columns}
        found: dict[str, Any] = {k: v[rows] for k, v in given.items() if v is not None}
        found["group"] = np.unique(found["group"], return_inverse=True)[1]
        return replace(self, **found)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(np.unique(self.group))

    @property
    def batch(self) -> int:
        """How many images are worked on at once: fewer where they are large."""
        return max(1, min(BATCH, PIXELS // self.images[0].size))

    def valid(self, rows: slice | np.ndarray) -> np.ndarray:
        """Pixels that are no padding: that do not have its value, or are not tied to the border.

        Returns:
            (m, h, w) bool.
        """
        images = self.images[rows]
        if self.padding is None:
            return np.ones(images.shape[:3], bool)
        return ~np.stack([at_border((image == self.padding).all(axis=-1)) for image in images])

    def grey(self, rows: slice | np.ndarray) -> np.ndarray:
        """(m, h, w) float64: the channel that edits change, or the mean of all."""
        images = self.images[rows].astype(float)
        return images.mean(axis=-1) if self.channel is None else images[..., self.channel]

    @cached_property
    def spread(self) -> Spread:
        """What the cases have; images are read a batch at a time."""
        parts = [self._spread(rows) for rows in batches(len(self), self.batch)]
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        step = float(columns[0].std(ddof=1)) if len(self) > 1 else 0.0
        low, high = self.values
        named: dict[str, Any] = dict(zip(Spread._fields, columns, strict=False))
        return Spread(**named, step=step or 0.05 * (high - low))

    def _spread(self, rows: slice) -> tuple[np.ndarray, ...]:
        pixels, mask = self.grey(rows), self.masks[rows]
        valid = self.valid(rows)
        outside = valid & ~mask
        area, room = mask.sum(axis=(1, 2)), outside.sum(axis=(1, 2))
        level = (pixels * mask).sum(axis=(1, 2)) / area
        around = (pixels * outside).sum(axis=(1, 2)) / np.where(room, room, np.nan)
        off = (pixels - level[:, None, None]) * mask
        texture = np.sqrt((off**2).sum(axis=(1, 2)) / area)
        seen = [image[shown] for image, shown in zip(pixels, valid | mask, strict=True)]
        whole = [(one.mean(), one.std(), *np.quantile(one, (0.01, 0.99))) for one in seen]
        return level, around, area, room, texture, *np.array(whole).T


def make_cases(
    images: ArrayLike,
    masks: ArrayLike,
    label: ArrayLike | None = None,
    group: Sequence[Hashable] | np.ndarray | None = None,
    *,
    values: tuple[float, float] = GREY,
    unit: str = "grey levels",
    padding: float | None = None,
    channel: int | None = None,
    names: Sequence[str] | None = None,
    site: Sequence[str] | np.ndarray | None = None,
    classes: Sequence[str] | None = None,
    mask_label: int | None = None,
) -> Cases:
    """Cases from arrays.

    Args:
        images: (n, h, w) or (n, h, w, c), integers or floats, in `unit`.
        masks: (n, h, w) bool, 0 and 1, 0 and 255, or 0..1, of which .5 and more is the object.
        label: (n,) numbers of classes from 0 on, or their names, numbered in alphabetical order;
            none where the network gives no class but a score.
        group: (n,) what tells patients, slides or the like apart; every image is one where None.
        values: the lowest and the highest value that an image can have.
        unit: of the values, for example "HU".
        padding: value of pixels that show nothing, at the border; they are never touched.
        channel: the one that edits change; all where None.
        names: (n,) of the images, for messages and tables.
        site: (n,) where they come from, for the table of cases.
        classes: names in the order of the network's outputs, where labels are names.
        mask_label: the number that means the object, in masks of several.

    Raises:
        InvalidInput: something is wrong with them; what, and in which image.
    """
    pixels = np.asarray(images)
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    if pixels.ndim != 4 or 0 in pixels.shape or pixels.dtype.kind not in "uif":
        raise InvalidInput(
            f"images: {pixels.dtype} of shape {np.shape(images)} is not allowed: "
            "numbers, (n, height, width) or (n, height, width, channels), n >= 1"
        )
    named = np.array(names if names is not None else [f"image {i}" for i in range(len(pixels))])
    _check_columns(len(pixels), names=named, label=label, group=group, site=site)
    _check_values(pixels, named, values, unit)
    if channel is not None and not 0 <= channel < pixels.shape[-1]:
        raise InvalidInput(f"channel: {channel} is not allowed: 0..{pixels.shape[-1] - 1}")
    hard, notes = as_masks(np.asarray(masks), pixels, named, mask_label)
    numbers, known = numbered(label, len(pixels), classes)
    low, high = map(float, values)
    cases = Cases(
        pixels, hard, numbers, group_numbers(group, len(pixels)), named, known,
        (low, high), unit, padding, channel, group is not None, 0,
        None if site is None else np.asarray(site, str), tuple(notes),
    )  # fmt: skip
    return replace(cases, notes=(*cases.notes, *_remarks(cases)))


def _check_columns(count: int, **columns: Any) -> None:
    for name, column in columns.items():
        if column is not None and np.shape(column) != (count,):
            raise InvalidInput(f"{name}: shape {np.shape(column)} is not allowed: ({count},)")


def _check_values(
    images: np.ndarray, names: np.ndarray, values: tuple[float, float], unit: str
) -> None:
    """Refuse numbers that are none, or that cannot be what was declared."""
    low, high = values
    if not (np.isfinite([low, high]).all() and low < high):
        raise InvalidInput(f"values: {low:g}..{high:g} is not allowed: the lowest value first")
    least, most = (
        np.array([of(image) for image in images], float) for of in (np.min, np.max)
    )  # an image at a time: the whole set may be a file that is larger than memory
    bad = ~np.isfinite(least + most)
    if bad.any():
        raise InvalidInput(f"images: {names[bad.argmax()]} holds NaN or infinity")
    outside = (least < low) | (most > high)
    found = f"{least.min():g}..{most.max():g}"
    if outside.any():
        first = names[outside.argmax()]
        raise InvalidInput(
            f"images: {found} is not allowed, first in {first}: {low:g}..{high:g} {unit} were "
            "declared; give the range that images can have as values"
        )
    if least.min() >= 0 and most.max() <= 1 and high - low > 2:
        raise InvalidInput(
            f"images: {found} is not allowed as {low:g}..{high:g} {unit}: they are scaled to 0..1 "
            "already; give images in their unit, or values 0..1"
        )
    if least.min() >= 0 and low < 0:
        raise InvalidInput(
            f"images: {found} is not allowed as {low:g}..{high:g} {unit}: nothing is below 0; "
            "were slope and intercept lost?"
        )


def _remarks(cases: Cases) -> list[str]:
    """What a reader has to know about groups and borders."""
    said = []
    if not cases.grouped:
        said.append("No groups were given: every image counts as independent of the others.")
    if cases.padding is None and (frame := _frame(cases)):
        said.append(
            f"{100 * frame[1]:.0f} % of pixels at the border are exactly {frame[0]:g}: if nothing "
            f"was recorded there, give padding {frame[0]:g}; it now counts as the surround."
        )
    return said


def _frame(cases: Cases) -> tuple[float, float] | None:
    """The commonest value at the borders of images and its share, if that is large."""
    images = cases.images
    sides = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    found, counts = np.unique(np.concatenate([s.ravel() for s in sides]), return_counts=True)
    share = counts.max() / counts.sum()
    return (float(found[counts.argmax()]), float(share)) if share >= CONSTANT else None


def sample(label: np.ndarray, group: np.ndarray, most: int) -> np.ndarray:
    """Rows of at most so many cases: classes in turn, and in each class groups in turn.

    Args:
        label: (n,) numbers of classes.
        group: (n,) numbers of groups.
        most: how many.

    Returns:
        (m,) increasing row numbers; the same at every call.
    """
    shuffled = np.random.Generator(np.random.Philox(key=0)).permutation(len(label))
    turn_in_group = _turn(label[shuffled] * (group.max() + 1) + group[shuffled])
    order = shuffled[np.argsort(turn_in_group, kind="stable")]
    turn_in_class = _turn(label[order])
    return np.sort(order[np.argsort(turn_in_class, kind="stable")][:most])


def _turn(kind: np.ndarray) -> np.ndarray:
    """(n,) how many of the same kind come before each."""
    order = np.argsort(kind, kind="stable")
    _, first, inverse = np.unique(kind[order], return_index=True, return_inverse=True)
    turn = np.empty(len(kind), np.int64)
    turn[order] = np.arange(len(kind)) - first[inverse]
    return turn
