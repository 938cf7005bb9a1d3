"""Maps against the model truth: what this network's score does when a small cell is repainted.

Cells are repainted by the scene generator itself, one more noise square at a time, so every
image that the network is shown could have been drawn. What the network relies on may lie on noise;
whether it should is a target for the data truth, in `localization`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.attribution.base import prepare
from intensity.attribution.changes import score_changes
from intensity.attribution.windows import Repaint, place_windows
from intensity.evaluation.localization import Part, part_of
from intensity.statistics.correlation import rank_correlation

if TYPE_CHECKING:
    import keras

CELL = 4
"""Side of a cell, pixels."""


class Effects(NamedTuple):
    """What repainting a cell does, mean over draws.

    signed: (n, k, l) float32, f(image) - f(repainted): positive where cells speak for the class.
    absolute: (n, k, l) float32, mean of its magnitude.
    """

    signed: np.ndarray
    absolute: np.ndarray


def repaint_effects(
    model: keras.Model,
    images: np.ndarray,
    *,
    repaint: Repaint,
    classes: int | np.ndarray | None = None,
    batch: int = 64,
) -> Effects:
    """The model truth on a grid of cells.

    Args:
        repaint: how cells are repainted; at least 8 draws for claims.

    Returns:
        Signed and absolute effects of k x l cells; the border cuts those that reach over it.
    """
    target = prepare(model, images, classes, "logit", batch)
    cells = place_windows(target.pixels.shape[1:3], CELL, CELL)
    levels = repaint.levels(len(cells))[:, None, :]
    parts = [
        (-change.mean(axis=0), np.abs(change).mean(axis=0))
        for change in score_changes(target, cells, levels)
    ]
    shape = (len(target), len(cells.tops), len(cells.lefts))
    signed, absolute = (np.concatenate(part).reshape(shape) for part in zip(*parts, strict=True))
    return Effects(signed, absolute)


def cell_means(maps: np.ndarray) -> np.ndarray:
    """(n, k, l) float64 means of maps in every cell of the grid; cells at the border are cut."""
    cells = place_windows(maps.shape[1:], CELL, CELL)
    rows, columns = (side / side.sum(axis=1, keepdims=True) for side in (cells.rows, cells.columns))
    means: np.ndarray = rows @ maps.astype(np.float64) @ columns.T
    return means


def truth_agreement(maps: np.ndarray, effects: Effects, part: Part) -> np.ndarray:
    """Rank agreement of maps with the model truth.

    Args:
        effects: of the same images.
        part: of the maps, pixel by pixel; "absolute" is compared with absolute effects, the others
            with signed ones.

    Returns:
        (n,) float64, Spearman's correlation over cells; NaN where one of the two is constant.
    """
    truth = effects.absolute if part == "absolute" else effects.signed
    return rank_correlation(cell_means(part_of(maps, part)), truth)
