"""Integrated gradients: how a score is made up on the way from a baseline to the image.

The map sums to f(image) - f(baseline), where the way is cut finely enough; how far it misses is
returned with it. The baseline is part of the question. Black is an intensity with a class of its
own, so claims start from the same scene rendered again: between two renderings that differ
in the object's intensity only, every point of the way is a scene that could have been drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.attribution.averages import summed_slopes
from intensity.attribution.backgrounds import Baseline, baseline_images
from intensity.attribution.base import Output, Question, ask, scores
from intensity.data.rendering import render
from intensity.data.scenes import GaussianNoise, Scenes
from intensity.models.inference import logits
from intensity.models.inputs import check_count

if TYPE_CHECKING:
    import keras

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(m,) rows of images and (m,) times in 0..1 -> (m, h, w) float32: baselines at 0, images at 1."""
FIRST_STEPS, MOST_STEPS = 25, 1600
TOLERANCE = 1e-3
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
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> Integrated:
    """Gradients summed along the straight line from a baseline to the image.

    map[i] = (image_i - b_i) * mean over t of d score[c_i](b_i + t (image_i - b_i)) / d image_i, at
    the middles of equal steps: positive where the change from the baseline speaks for the class.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        baseline: images of the same shape, for example the scenes rendered again; a grey level;
            "black"; "mean", of each image; or "background", most frequent along its border.
        steps: how many; doubled from 25 until the error is 1e-3 or steps are 1 600 where None.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        Maps with their completeness errors and steps.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Sundararajan, Taly, Yan (2017), Axiomatic attribution for deep networks, section 3.
    """
    question = ask(model, images, classes, output, batch).settled()
    return _integrated(
        question, _straight(question, baseline_images(baseline, question.pixels)), steps
    )


def recolor_integrated_gradients(
    model: keras.Model,
    scenes: Scenes,
    *,
    intensity: int | np.ndarray,
    steps: int | None = None,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> Integrated:
    """Integrated gradients between two renderings that differ only in the object's intensity.

    The way is the object's recoloring from `intensity` to its own level: every point is the scene
    at that level, between whole levels a mixture of two neighbors. With square noise or none
    the way is straight; Gaussian noise is clipped to 0..255 at every level anew. The map is 0
    outside the visible object and sums to f(scene) - f(recolored scene): positive where having
    its own level instead of the other speaks for the class.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        intensity: the object's other grey level, one for all or (n,).
        steps: how many; doubled from 25 until the error is 1e-3 or steps are 1 600 where None.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        Maps with their completeness errors and steps.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Sundararajan, Taly, Yan (2017), section 4 (path methods).
    """
    question = ask(model, render(scenes), classes, output, batch).settled()
    if not isinstance(scenes.options.noise, GaussianNoise):
        return _integrated(question, _straight(question, _at(scenes, intensity)), steps)
    first = scenes.replace(intensity=intensity).intensity.astype(np.float64)

    def recolored(rows: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Scenes at levels between the two."""
        level = first[rows] + times * (scenes.intensity[rows] - first[rows])
        low = np.floor(level)
        below, above = (_at(scenes[rows], whole) for whole in (low, np.ceil(level)))
        return below + (level - low)[:, None, None].astype(np.float32) * (above - below)

    return _integrated(question, recolored, steps)


def _straight(question: Question, starts: np.ndarray) -> Way:
    """The way from starts, (n, h, w) or (n, 1, 1) float32, on which every pixel changes evenly."""

    def straight(rows: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Points between starts and images."""
        start = starts[rows]
        return start + times[:, None, None].astype(np.float32) * (question.pixels[rows] - start)

    return straight


def _at(scenes: Scenes, intensity: int | np.ndarray) -> np.ndarray:
    """Scenes rendered with other intensities, float32."""
    return render(scenes.replace(intensity=intensity)).astype(np.float32)


def _integrated(question: Question, way: Way, steps: int | None) -> Integrated:
    """Steps as many as given, or doubled for those images whose error is too large."""
    if steps is not None:
        check_count("steps", steps)
    difference, scale = _difference(question, way)
    maps, error = np.empty(question.pixels.shape), np.empty(len(question))
    used = np.zeros(len(question), np.int64)
    rows, count = np.arange(len(question)), steps or FIRST_STEPS
    while rows.size:
        maps[rows] = _along(question, way, rows, count)
        error[rows] = np.abs(maps[rows].sum(axis=(1, 2)) - difference[rows]) / scale[rows]
        used[rows] = count
        done = steps is not None or count >= MOST_STEPS
        rows, count = rows[:0] if done else rows[error[rows] > TOLERANCE], 2 * count
    return Integrated(maps.astype(np.float32), error, used)


def _difference(question: Question, way: Way) -> tuple[np.ndarray, np.ndarray]:
    """f(image) - f(baseline), and what errors are relative to; each (n,) float64."""
    ends = []
    for time in (1.0, 0.0):
        rows = np.arange(len(question))
        parts = [
            logits(question.model, way(some, np.full(len(some), time)), question.batch)
            for some in np.split(rows, np.arange(question.batch, len(rows), question.batch))
        ]
        values = np.concatenate(parts).astype(np.float64)
        ends.append(scores(values, question.classes, question.output))
    difference = ends[0] - ends[1]
    resolved = float(np.finfo(np.float32).eps) * (np.abs(ends[0]) + np.abs(ends[1]))
    return difference, np.maximum(np.abs(difference), np.maximum(resolved, 1e-30))


def _along(question: Question, way: Way, rows: np.ndarray, steps: int) -> np.ndarray:
    """(rows, h, w) float64: gradients at the middles of steps times what changes in each step."""
    some = replace(question, pixels=question.pixels[rows], classes=question.classes[rows])

    def middle(picked: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Images half-way through steps."""
        return way(rows[picked], (numbers + 0.5) / steps)

    def change(picked: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """What steps add to images."""
        return way(rows[picked], (numbers + 1) / steps) - way(rows[picked], numbers / steps)

    return summed_slopes(some, steps, middle, change)
