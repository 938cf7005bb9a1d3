"""Integrated gradients: the score's change from a baseline to the image, pixel by pixel.

The map sums to f(image) - f(baseline), where the line is cut finely enough; how far it misses is
returned with it. Black is an intensity with a class of its own, so claims start from the same scene
rendered again, without its objects or with its object in another level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.attribution.backgrounds import Baseline, baseline_images
from intensity.attribution.base import (
    Channels,
    Output,
    Target,
    prepare,
    scores,
    summed,
    summed_gradients,
)
from intensity.models.inference import logits
from intensity.models.inputs import check_count

if TYPE_CHECKING:
    import keras

FIRST_STEPS, MOST_STEPS = 25, 1600
COMPLETE = 1e-3
"""Relative completeness error at which steps are no longer doubled."""


class Integrated(NamedTuple):
    """Maps and how far they can be trusted.

    maps: (n, h, w) float32, score.
    error: (n,) float64, completeness: |sum of the map - (f(image) - f(baseline))|, relative to that
        difference or to what float32 resolves of the two scores, whichever is larger.
    steps: (n,) int64, gradients that were averaged.
    """

    maps: np.ndarray
    error: np.ndarray
    steps: np.ndarray


def integrated_gradients(
    model: keras.Model,
    images: np.ndarray,
    *,
    baseline: Baseline,
    steps: int | None = None,
    channels: Channels = "sum",
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> Integrated:
    """Gradients summed along the straight line from a baseline to the image.

    map[i] = (image_i - b_i) * mean over t of d score[c_i](b_i + t (image_i - b_i)) / d image_i, at
    the middles of equal steps: positive where the change from the baseline speaks for the class.

    Args:
        baseline: as in `backgrounds.baseline_images`.
        steps: how many; doubled from 25 until the error is 1e-3 or steps are 1 600 where None.

    Returns:
        Maps with their completeness errors and steps.

    Reference: Sundararajan, Taly, Yan (2017), Axiomatic attribution for deep networks, section 3.
    """
    target = prepare(model, images, classes, output, batch).with_known_classes()
    starts = baseline_images(baseline, target.pixels)
    if steps is not None:
        check_count("steps", steps)
    difference, scale = _difference(target, starts)
    maps, error = np.empty(target.pixels.shape), np.empty(len(target))
    used = np.zeros(len(target), np.int64)
    rows, count = np.arange(len(target)), steps or FIRST_STEPS
    while rows.size:
        maps[rows] = _along(target[rows], starts[rows], count)
        error[rows] = np.abs(maps[rows].sum(axis=(1, 2, 3)) - difference[rows]) / scale[rows]
        used[rows] = count
        done = steps is not None or count >= MOST_STEPS
        rows, count = rows[:0] if done else rows[error[rows] > COMPLETE], 2 * count
    return Integrated(summed(maps, channels).astype(np.float32), error, used)


def _difference(target: Target, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f(image) - f(baseline), and what errors are relative to; each (n,) float64."""
    whole = np.broadcast_to(starts, target.pixels.shape)
    both = (pixels.astype(np.float32) for pixels in (target.pixels, whole))
    values = (logits(target.model, pixels, target.batch) for pixels in both)
    after, before = (scores(v.astype(np.float64), target.classes, target.output) for v in values)
    resolved = float(np.finfo(np.float32).eps) * (np.abs(after) + np.abs(before))
    difference = after - before
    return difference, np.maximum(np.abs(difference), np.maximum(resolved, 1e-30))


def _along(target: Target, starts: np.ndarray, steps: int) -> np.ndarray:
    """(n, h, w, c) float64: gradients at the middles of steps times what changes in each step."""

    def point(rows: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Images a share of the way from baseline to image."""
        start = starts[rows]
        return start + times[:, None, None, None].astype(np.float32) * (target.pixels[rows] - start)

    def middle(rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Images in the middle of numbered steps."""
        return point(rows, (numbers + 0.5) / steps)

    def change(rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """What numbered steps add to each pixel."""
        return point(rows, (numbers + 1) / steps) - point(rows, numbers / steps)

    return summed_gradients(target, steps, middle, change)
