"""Observers that need no network: how far simple statistics of an image go.

A reader is a function: it sees training scenes and returns a decision, images -> classes. What
each may look at is the point of it: a mean sees no single level, a histogram sees no layout, edges
see no surface. Their accuracies are the floors and ceilings between which networks are judged.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.linalg import solve
from scipy.ndimage import uniform_filter
from scipy.special import ndtr

from intensity.rendering import histograms, masks, render
from intensity.scenes import BLOCK, GaussianNoise, SceneOptions, Scenes, draw_scenes
from intensity.tasks import LEVELS, Task
from intensity.values import InvalidInput

Decision = Callable[[np.ndarray], np.ndarray]
"""Images (n, height, width) uint8 -> classes (n,) int64, -1 for none of them."""
Reader = Callable[[Scenes], Decision]
"""Training scenes -> a decision."""

NEIGHBORS = 0.02
"""Share of the training scenes that vote on one image."""
PATCH = 11
"""Side of the patches of `patch_mean`, pixels; about the smallest visible object."""
AREAS = 32
"""Visible areas that `histogram_likelihood` sums over, equally likely; more change nothing."""


def scenes_read_right(
    reader: str, task: Task, options: SceneOptions, scenes: int, training_scenes: int = 20_000
) -> dict[str, np.ndarray]:
    """Which of the first test scenes a reader gets right.

    Args:
        reader: a name from `READERS`.
        task: which intensities occur and their classes.
        options: what the scenes look like.
        scenes: number of test scenes.
        training_scenes: number of scenes of the split "train" that the reader learns from.

    Returns:
        `right`: (scenes,) bool.

    Raises:
        InvalidInput: the reader is unknown or does not apply to such scenes.
    """
    if reader not in READERS:
        raise InvalidInput(f"reader: {reader!r} is unknown; allowed: {', '.join(READERS)}")
    decide = READERS[reader](draw_scenes(task, options, "train", 0, training_scenes))
    test = draw_scenes(task, options, "test", 0, scenes)
    return {"right": over_images(test, decide) == test.label}


def over_images(scenes: Scenes, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What a function says of the images of scenes, block by block on all cores.

    Args:
        scenes: n scenes.
        function: images (m, height, width) uint8 -> (m, ...).

    Returns:
        (n, ...), in the order of the scenes.
    """
    return _over_blocks(scenes, lambda block: function(render(block)))


def _over_blocks(scenes: Scenes, function: Callable[[Scenes], np.ndarray]) -> np.ndarray:
    """What a function says of scenes, a block at a time."""
    blocks = [scenes[start : start + BLOCK] for start in range(0, len(scenes), BLOCK)]
    with ThreadPoolExecutor() as threads:
        return np.concatenate(list(threads.map(function, blocks)))


def mean_intensity(training: Scenes) -> Decision:
    """The class of the mean grey level of all that is not background.

    Leaving the background out corrects for the area that is painted; object and noise squares
    stay mixed. `mean_posterior` says what more an image's mean holds.
    """

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        counts = _painted(images)
        mean = counts @ np.arange(LEVELS) / np.maximum(counts.sum(axis=1), 1)
        return training.task.label(np.rint(mean).astype(int))

    return decide


def mean_posterior(training: Scenes) -> Decision:
    """The most probable class given the mean grey level of the image.

    No reader of the mean alone does better, as far as the training scenes tell.
    """
    return _most_probable(training, lambda images: images.mean(axis=(1, 2)))


def patch_mean(training: Scenes) -> Decision:
    """The most probable class given the largest mean of a patch of 11 x 11 pixels.

    Outside of the image counts as black.
    """

    def largest(images: np.ndarray) -> np.ndarray:
        """(n,) float32, the brightest patch, grey levels."""
        means = uniform_filter(images.astype(np.float32), (0, PATCH, PATCH), mode="constant")
        return means.max(axis=(1, 2))

    return _most_probable(training, largest)


def _most_probable(training: Scenes, measure: Decision) -> Decision:
    """The commonest class of the training scenes whose value of one number is nearest.

    Args:
        training: n scenes.
        measure: images (m, height, width) -> (m,) numbers.

    Reference: Fix, Hodges (1951), Discriminatory analysis: consistency properties.
    """
    values = over_images(training, measure)
    order = np.argsort(values)
    votes = math.ceil(NEIGHBORS * len(training))
    classes = np.eye(training.task.classes)[training.label[order]]
    before = np.concatenate([np.zeros_like(classes[:1]), np.cumsum(classes, axis=0)])

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        place = np.searchsorted(values[order], measure(images)) - votes // 2
        first = np.clip(place, 0, len(training) - votes)
        return (before[first + votes] - before[first]).argmax(axis=1)

    return decide


def most_frequent_level(training: Scenes) -> Decision:
    """The class of the most frequent grey level that is not background."""
    return lambda images: training.task.label(_painted(images).argmax(axis=1))


def most_frequent_class(training: Scenes) -> Decision:
    """The class with most pixels that are not background."""
    task = training.task
    members = task.label(np.arange(LEVELS))[:, None] == np.arange(task.classes)
    return lambda images: (_painted(images) @ members).argmax(axis=1)


def _painted(images: np.ndarray) -> np.ndarray:
    """(n, 256) histograms without the background, an image's most frequent level."""
    counts = histograms(images)
    counts[np.arange(len(counts)), counts.argmax(axis=1)] = 0
    return counts


def linear_histogram(training: Scenes) -> Decision:
    """The largest of one linear function of the histogram a class, by least squares.

    It is a mean over pixels of a code for each grey level. A ridge of one pixel keeps levels that
    never occur out of it.
    """
    counts = over_images(training, _histograms_and_one)
    targets = np.eye(training.task.classes)[training.label]
    ridge = np.eye(counts.shape[1])
    weights = solve(counts.T @ counts + ridge, counts.T @ targets, assume_a="pos")
    return lambda images: (_histograms_and_one(images) @ weights).argmax(axis=1)


def _histograms_and_one(images: np.ndarray) -> np.ndarray:
    """(n, 257) float, histograms and a constant."""
    return np.pad(histograms(images), ((0, 0), (0, 1)), constant_values=1).astype(float)


def edge_amplitude(training: Scenes) -> Decision:
    """The class of the most frequent difference of neighboring pixels, equal pixels left out.

    On a black background that is the step at the object's edge, which equals its intensity.
    """

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        below = _steps(images[:, 1:], images[:, :-1])
        beside = _steps(images[:, :, 1:], images[:, :, :-1])
        return training.task.label((below + beside).argmax(axis=1))

    return decide


def _steps(images: np.ndarray, neighbors: np.ndarray) -> np.ndarray:
    """(n, 256) how often pixels differ from their neighbors by each amount but 0."""
    counts = histograms(np.maximum(images, neighbors) - np.minimum(images, neighbors))
    counts[:, 0] = 0
    return counts


def histogram_likelihood(training: Scenes) -> Decision:
    """The most probable class given the histogram: the best that can be done without layout.

    With noise that is independent from pixel to pixel, an image without its layout is a sample of
    p(g) = a p(g | intensity) + (1 - a) p(g | background), where a is the visible share of the
    object. Intensities and shares are summed over, each with its probability.

    Raises:
        InvalidInput: noise is not Gaussian of scale 1, or the background or a second object
            adds unknowns.
    """
    sigma = _pixel_noise(training.options)
    task, levels = training.task, training.task.levels
    seen = _seen(np.append(levels, training.options.background), sigma)
    shares = _visible_shares(training)[:, None]
    mixtures = shares * seen[:-1, None] + (1 - shares) * seen[-1]
    logarithms = np.log(np.maximum(mixtures.reshape(-1, LEVELS), np.finfo(float).tiny)).T
    priors = np.repeat(task.weights[levels], AREAS)
    members = priors[:, None] * np.eye(task.classes)[np.repeat(task.label(levels), AREAS)]

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        likelihoods = histograms(images).astype(float) @ logarithms
        likelihoods -= likelihoods.max(axis=1, keepdims=True)
        return (np.exp(likelihoods, out=likelihoods) @ members).argmax(axis=1)

    return decide


def _pixel_noise(options: SceneOptions) -> float:
    """Sigma in grey levels of noise that is independent from pixel to pixel.

    Raises:
        InvalidInput: pixels depend on more than intensity, visible area and such noise.
    """
    noise = options.noise
    if not isinstance(noise, GaussianNoise) or set(noise.scales) != {1} or not any(noise.sigmas):
        raise InvalidInput(
            f"noise: {noise!r} does not suit histogram_likelihood; allowed: Gaussian of scale 1"
        )
    if options.background == "random" or options.distractor:
        raise InvalidInput(
            f"background, distractor: {options.background}, {options.distractor} do not suit "
            "histogram_likelihood; allowed: a constant background and no distractor"
        )
    return (LEVELS - 1) * math.hypot(*noise.sigmas)


def _seen(levels: np.ndarray, sigma: float) -> np.ndarray:
    """(k, 256) probability of every grey level where k levels were painted, clipping included."""
    limits = np.array([-np.inf, *(np.arange(LEVELS - 1) + 0.5), np.inf])
    return np.diff(ndtr((limits - levels[:, None]) / sigma), axis=1)


def _visible_shares(training: Scenes) -> np.ndarray:
    """(AREAS,) equally likely shares of an image's pixels that show the object."""
    shares = _over_blocks(training, lambda block: masks(block).object.mean(axis=(1, 2)))
    return np.array([part.mean() for part in np.array_split(np.sort(shares), AREAS)])


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        mean_intensity,
        mean_posterior,
        most_frequent_level,
        most_frequent_class,
        linear_histogram,
        edge_amplitude,
        patch_mean,
        histogram_likelihood,
    )
}
"""All readers by name."""
