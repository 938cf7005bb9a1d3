"""Finite differences: what the score does when one pixel is set to other grey levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.attribution.base import Output, check_grey_levels, prepare
from intensity.attribution.changes import score_changes
from intensity.attribution.windows import place_windows
from intensity.models.inputs import check_count
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


class Differences(NamedTuple):
    """What the strongest of all settings of a pixel does; each with its sign.

    largest: (n, h, w) float32, score: the largest change.
    steepest: (n, h, w) float32, score per grey level: the largest change per grey level.
    """

    largest: np.ndarray
    steepest: np.ndarray


def finite_differences(
    model: keras.Model,
    images: np.ndarray,
    *,
    levels: int = 20,
    span: tuple[float, float] | None = None,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> Differences:
    """Set every pixel by itself to several grey levels; keep the steepest and the largest effect.

    With f_v the score after pixel p is set to level v: steepest = (f_v - f) / (v - p) of largest
    magnitude, positive where a brighter pixel speaks for the class, like the gradient;
    largest = f_v - f of largest magnitude, positive where another level would speak for it. The
    steepest change favors the smallest step, therefore both. Of equal magnitudes the first counts.
    All channels of a pixel are set; of several the step is the root mean square of their steps,
    with the sign of their mean.

    Args:
        levels: how many, evenly over the span; at most 256.
        span: lowest and highest level; may be None for integers in 0..255, which is then the span.

    Returns:
        Two maps.

    Raises:
        InvalidInput: an argument is wrong, or images that are no integers in 0..255 have no span.

    Reference: the code of Kaunismaa, Guerzhoy (2023): 20 levels, steepest change.
    Departs from the paper: keeps the sign, and reports the largest change beside the steepest.
    """
    target = prepare(model, images, classes, output, batch)
    check_count("levels", levels, most=256)
    values = np.linspace(*_span(span, target.pixels), levels, dtype=np.float32)[:, None, None]
    windows = place_windows(target.pixels.shape[1:3], 1, 1)
    pixels = target.pixels.astype(np.float32).reshape(len(target), len(windows), -1)
    steepest, largest = np.empty((2, *pixels.shape[:2]), np.float32)
    done = 0
    for change in score_changes(target, windows, values):
        rows = slice(done, done + change.shape[1])
        step = _steps(values[..., None] - pixels[rows])
        steep = np.divide(change, step, out=np.zeros_like(change), where=step != 0)
        steepest[rows], largest[rows] = _strongest(steep), _strongest(change)
        done = rows.stop
    shape = target.pixels.shape[:3]
    return Differences(largest.reshape(shape), steepest.reshape(shape))


def _span(span: tuple[float, float] | None, pixels: np.ndarray) -> tuple[float, float]:
    if span is None:
        check_grey_levels("span", pixels)
        return 0.0, 255.0
    if len(span) != 2 or not -np.inf < span[0] < span[1] < np.inf:
        raise InvalidInput(f"span: {span!r} is not allowed: two levels, the lower one first")
    return span


def _steps(each: np.ndarray) -> np.ndarray:
    """Steps of pixels from those of their channels, the last axis; 0 only where all are."""
    return np.copysign(np.sqrt((each**2).mean(axis=-1)), each.mean(axis=-1))


def _strongest(values: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, np.abs(values).argmax(axis=0)[None], axis=0)[0]
