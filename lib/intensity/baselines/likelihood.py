"""The most probable class given the histogram, or the object's pixels: bounds under known noise."""

import math
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from intensity.baselines.base import Decision, over_blocks
from intensity.data.rendering import histograms, masks, render
from intensity.data.scenes import GaussianNoise, Scenes
from intensity.data.tasks import LEVELS, Task
from intensity.values import InvalidInput

AREAS = 32
"""Visible areas that `histogram_likelihood` sums over, equally likely; more change nothing."""
ROUNDING = 1 / 12
"""Variance of rounding to grey levels, squared grey levels."""


def histogram_likelihood(training: Scenes) -> Decision:
    """The most probable class given the histogram: the best that can be done without layout.

    With noise that is independent from pixel to pixel, an image without its layout is a sample of
    p(g) = a p(g | intensity) + (1 - a) p(g | background), where a is the visible share of the
    object. Intensities and shares are summed over, each with its probability.

    Raises:
        InvalidInput: noise is not Gaussian of scale 1, or background, a second object or hollow
            objects add unknowns.
    """
    noise, task = _known_noise(training), training.task
    if set(noise.scales) != {1}:
        raise InvalidInput(
            f"noise: {noise!r} does not suit histogram_likelihood; allowed: Gaussian of scale 1"
        )
    seen = _seen(np.append(task.levels, training.options.background), _pixel_sigma(noise))
    shares = _visible_shares(training)[:, None]
    mixtures = shares * seen[:-1, None] + (1 - shares) * seen[-1]
    logarithms = _logarithms(mixtures.reshape(-1, LEVELS)).T

    def decide(images: np.ndarray) -> np.ndarray:
        """Predicted classes of images."""
        return _best_class(task, histograms(images).astype(float) @ logarithms)

    return decide


def place_likelihood(scenes: Scenes) -> np.ndarray:
    """The most probable class given the object's pixels, when it is known which these are.

    Where noise is independent from pixel to pixel, clipping to 0..255 included, this is the best
    possible. Noise of larger scales is taken with its covariance, as if never clipped; there the
    background beside the object, which is left out, would add information on shared noise.

    Args:
        scenes: n scenes.

    Returns:
        (n,) int64, classes.

    Raises:
        InvalidInput: noise is not Gaussian of scales that divide each other, or background, a
            second object or hollow objects add unknowns.
    """
    noise, task = _known_noise(scenes), scenes.task
    scenes = scenes.replace(permutation_seed=0)
    images, visible = render(scenes), masks(scenes).object
    if set(noise.scales) == {1}:
        logarithms = _logarithms(_seen(task.levels, _pixel_sigma(noise))).T
        return _best_class(task, _counted(images, visible).astype(float) @ logarithms)
    precision, weighted = pooled(images, visible, noise)
    unclipped = weighted[:, None] * task.levels - precision[:, None] * task.levels**2 / 2
    return _best_class(task, unclipped)


def _counted(images: np.ndarray, visible: np.ndarray) -> np.ndarray:
    scene, row, column = np.nonzero(visible)
    places = scene * LEVELS + images[scene, row, column]
    return np.bincount(places, minlength=len(images) * LEVELS).reshape(-1, LEVELS)


def pooled(
    images: np.ndarray, visible: np.ndarray, noise: GaussianNoise
) -> tuple[np.ndarray, np.ndarray]:
    """Sufficient statistics of the intensity I of pixels y under noise of covariance C.

    The log-likelihood is b I - a I^2 / 2 and a constant, where a = 1' C^-1 1, b = 1' C^-1 y, and C
    includes rounding. From the finest scale to the coarsest, a and b are summed over cells; then
    both are divided by 1 + s^2 a, where s^2 is the variance of the field constant in a cell.

    Args:
        images: (n, height, width) grey levels.
        visible: (n, height, width) bool, pixels that show the object.
        noise: of scales that divide each other.

    Returns:
        (n,) a, in 1 / squared grey levels, and (n,) b, in 1 / grey levels.
    """
    precision = visible / ROUNDING
    weighted, before = precision * images, 1
    for scale, sigma in sorted(zip(noise.scales, noise.sigmas, strict=True)):
        precision, weighted = (_cell_sums(of, scale // before) for of in (precision, weighted))
        shared = 1 + ((LEVELS - 1) * sigma) ** 2 * precision
        precision, weighted, before = precision / shared, weighted / shared, scale
    return precision.sum(axis=(1, 2)), weighted.sum(axis=(1, 2))


def _cell_sums(values: np.ndarray, side: int) -> np.ndarray:
    rows, columns = (np.arange(0, length, side) for length in values.shape[1:])
    return np.add.reduceat(np.add.reduceat(values, rows, axis=1), columns, axis=2)


def _known_noise(scenes: Scenes) -> GaussianNoise:
    """The noise of scenes whose images depend on intensity, visible pixels and noise alone."""
    noise, options = scenes.options.noise, scenes.options
    if (
        not isinstance(noise, GaussianNoise)
        or not any(noise.sigmas)
        or any(large % small for small, large in pairwise(sorted(noise.scales)))
    ):
        raise InvalidInput(
            f"noise: {noise!r} does not suit a likelihood; allowed: Gaussian, of scales that "
            "divide each other"
        )
    if options.background == "random" or options.distractor or options.hollow:
        raise InvalidInput(
            f"background, distractor, hollow: {options.background}, {options.distractor}, "
            f"{options.hollow} do not suit a likelihood; allowed: a grey level, none, False"
        )
    return noise


def _pixel_sigma(noise: GaussianNoise) -> float:
    return (LEVELS - 1) * math.hypot(*noise.sigmas)


def _best_class(task: Task, likelihoods: np.ndarray) -> np.ndarray:
    """(n,) most probable classes for logarithms of likelihoods, (n, levels * k), overwritten.

    Every level that the task draws has k columns side by side, equally likely among themselves.
    """
    levels = np.repeat(task.levels, likelihoods.shape[1] // len(task.levels))
    members = task.weights[levels][:, None] * np.eye(task.classes)[task.label(levels)]
    likelihoods -= likelihoods.max(axis=1, keepdims=True)
    return (np.exp(likelihoods, out=likelihoods) @ members).argmax(axis=1)


def _logarithms(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, np.finfo(float).tiny))


def _seen(levels: np.ndarray, sigma: float) -> np.ndarray:
    limits = np.array([-np.inf, *(np.arange(LEVELS - 1) + 0.5), np.inf])
    return np.diff(ndtr((limits - levels[:, None]) / sigma), axis=1)


def _visible_shares(training: Scenes) -> np.ndarray:
    shares = over_blocks(training, lambda block: masks(block).object.mean(axis=(1, 2)))
    return np.array([part.mean() for part in np.array_split(np.sort(shares), AREAS)])
