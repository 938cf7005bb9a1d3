"""The level plane: what is answered at every level of object and surround, and its slope.

Object and surround are moved separately, in hard masks that add up to the whole image (padding left
aside): a feather reaches pixels that it should not. The slope

    sum(g_o g_s) / sum(g_o^2),   g = change of the margin between first and second class,

g_o with the object moved by d, g_s with the surround moved by -d, is 0 for a network that reads the
object's level alone and exactly 1 for one that reads its contrast to the surround.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from intensity.audit.base import MOST_CLIPPED, Shown, cut_share
from intensity.audit.cases import SURROUND, Cases
from intensity.audit.effects import Tick, answers
from intensity.audit.intervals import ratio_interval
from intensity.audit.prediction import Prediction
from intensity.models.inputs import batches
from intensity.statistics.intervals import Interval

SHARES = (-0.25, -0.1, 0.1, 0.25)
"""Steps of the slope, in standard deviations of levels."""
PER_CASE = 2 * len(SHARES)
"""Images that it needs of each case."""
GRID, QUICK_GRID = 13, 7
"""Levels on each axis of the plane."""
MOST = 24
"""Cases that the plane is made of."""


class Slope(NamedTuple):
    """The slope of the level plane.

    groups: its value and interval over groups, of the mean over networks.
    seeds: its value of each network.
    cases: how many it rests on.
    """

    groups: Interval
    seeds: list[float]
    cases: int


class Plane(NamedTuple):
    """The level plane of some cases.

    levels: (k,) of object and surround.
    share: (k, k, classes) of answers, by surround, object and class; of scores their mean.
    seen: (k, k) bool, whether levels of both lie among those of the data.
    cases: how many it is of.
    """

    levels: np.ndarray
    share: np.ndarray
    seen: np.ndarray
    cases: int


def level_slope(
    networks: Sequence[Prediction],
    cases: Cases,
    before: np.ndarray,
    donors: np.ndarray,
    tick: Tick = lambda _: None,
) -> Slope | None:
    """The slope, of all cases with a surround.

    Args:
        networks, cases, before, donors, tick: as for `run_edits`.

    Returns:
        None where there are fewer than two, or where steps of the object change no margin at all.
    """
    products, squares, rows = [], [], []
    for batch in batches(len(cases), cases.batch):
        shown = Shown(cases, np.arange(batch.start, batch.stop), donors)
        for share in SHARES:
            step = share * cases.spread.step
            both, kept = _moved_apart(shown, step)
            if len(kept):
                was = before[:, batch][:, kept]
                g_o, g_s = (_margin_change(networks, images, was) for images in both)
                products.append(g_o * g_s)
                squares.append(g_o**2)
                rows.append(shown.rows[kept])
            tick(2 * len(networks) * len(shown.rows))
    row = np.concatenate([[], *rows]).astype(int)
    if len(np.unique(row)) < 2:
        return None
    above, below = (np.concatenate(part, axis=1) for part in (products, squares))
    total = below.sum(axis=1, keepdims=True)
    if not total.all():
        return None
    above, below = above / total, below / total
    over = ratio_interval(above.mean(axis=0), below.mean(axis=0), cases.group[row], share=False)
    return Slope(over, above.sum(axis=1).tolist(), len(np.unique(row)))


def _moved_apart(shown: Shown, step: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Images with the object moved by a step, and with all else moved back; which have both."""
    fits, both = shown.of("room") >= SURROUND, []
    for where, by in ((shown.mask, step), (shown.outside, -step)):
        fits &= cut_share(shown, where, np.full(len(fits), by)) < MOST_CLIPPED
        both.append(shown.with_changes(shown.pixels + np.float32(by), where))
    kept = np.flatnonzero(fits)
    return [images[kept] for images in both], kept


def _margin_change(
    networks: Sequence[Prediction], images: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """(s, m) change of the margin between the two classes that were first; or of the score."""
    after = np.stack([network(images) for network in networks])
    if after.shape[-1] == 1:
        return (after - before)[..., 0]
    first, second = np.moveaxis(np.argsort(before, axis=-1)[..., :-3:-1], -1, 0)
    change = after - before
    picked = [np.take_along_axis(change, c[..., None], axis=-1)[..., 0] for c in (first, second)]
    return picked[0] - picked[1]


def level_plane(
    network: Prediction, cases: Cases, donors: np.ndarray, grid: int, tick: Tick = lambda _: None
) -> Plane | None:
    """The level plane of some cases with a surround; None where there are fewer than two.

    Args:
        network, cases, donors, tick: as for `run_edits`.
        grid: levels on each axis; both go from the 1 % to the 99 % quantile of all levels.
    """
    spread = cases.spread
    usable = np.flatnonzero(spread.room >= SURROUND)
    if len(usable) < 2:
        return None
    rows = usable[np.linspace(0, len(usable) - 1, min(MOST, len(usable))).astype(int)]
    low, high = np.quantile([*spread.level, *spread.around[usable]], (0.01, 0.99))
    levels = np.linspace(low, high, grid)
    share: Any = 0
    for batch in batches(len(rows), cases.batch):
        shown = Shown(cases, rows[batch], donors)
        share += np.stack([
            [_answers_at(network, shown, level, around, tick) for level in levels]
            for around in levels
        ])  # fmt: skip
    seen = [spread.usual(name, levels) for name in ("around", "level")]
    return Plane(levels, share / len(rows), seen[0][:, None] & seen[1], len(rows))


def _answers_at(
    network: Prediction, shown: Shown, level: float, around: float, tick: Tick
) -> np.ndarray:
    """(classes,) counts of answers with object and surround at these levels."""
    steps = (level - shown.of("level"), around - shown.of("around"))
    step, back = (one[:, None, None, None] for one in steps)
    moved = shown.pixels + np.where(shown.mask[..., None], step, back)
    values = network(shown.with_changes(moved, shown.valid))
    tick(len(values))
    counted = values if network.scores else np.eye(values.shape[1])[answers(values)]
    return counted.sum(axis=0)
