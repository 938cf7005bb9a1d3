"""Observers that need no network: how far simple statistics of an image go.

A reader is a function: it sees training scenes and returns a decision, images -> classes. What
each may look at is the point of it: a mean sees no single level, a histogram sees no layout, edges
see no surface. Their accuracies are the floors and ceilings between which networks are judged.
Readers that are told where the object is, as no network is, stand apart: `KNOWING_THE_PLACE`.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from scipy.linalg import solve
from scipy.ndimage import uniform_filter, uniform_filter1d
from scipy.special import ndtr

from intensity.data.rendering import histograms, masks, render
from intensity.data.scenes import BLOCK, GaussianNoise, SceneOptions, Scenes, draw_scenes
from intensity.data.tasks import LEVELS, Task
from intensity.values import InvalidInput

Decision = Callable[[np.ndarray], np.ndarray]
"""Images (n, height, width) uint8 -> classes (n,) int64, -1 for none of them."""
Reader = Callable[[Scenes], Decision]
"""Training scenes -> a decision."""
PlaceReader = Callable[[Scenes], np.ndarray]
"""Scenes -> classes (n,) int64; it may use all of a scene but the object's intensity and class."""

NEIGHBORS = 0.02
"""Share of the training scenes that vote on one image."""
ALIKE = 9
"""Neighboring backgrounds whose training scenes vote together in `background_level`."""
PATCH = 11
"""Side of the patches of `patch_mean`, pixels; about the smallest visible object."""
AREAS = 32
"""Visible areas that `histogram_likelihood` sums over, equally likely; more change nothing."""
ROUNDING = 1 / 12
"""Variance of rounding to grey levels, squared grey levels."""


def scenes_read_right(
    reader: str, task: Task, options: SceneOptions, scenes: int, training_scenes: int = 20_000
) -> dict[str, np.ndarray]:
    """Which of the first test scenes a reader gets right.

    Args:
        reader: a name from `READERS` or `KNOWING_THE_PLACE`.
        task: which intensities occur and their classes.
        options: what the scenes look like.
        scenes: number of test scenes.
        training_scenes: number of scenes of the split "train" that the reader learns from.

    Returns:
        `right`: (scenes,) bool.

    Raises:
        InvalidInput: the reader is unknown or does not apply to such scenes.
    """
    _check_name(reader, [*READERS, *KNOWING_THE_PLACE])
    if reader in KNOWING_THE_PLACE:
        test = draw_scenes(task, options, "test", 0, scenes)
        return {"right": _over_blocks(test, KNOWING_THE_PLACE[reader]) == test.label}
    decide = decision(reader, task, options, training_scenes)
    test = draw_scenes(task, options, "test", 0, scenes)
    return {"right": over_images(test, decide) == test.label}


def decision(reader: str, task: Task, options: SceneOptions, training_scenes: int) -> Decision:
    """What a reader has learned from scenes of the split "train".

    Args:
        reader: a name from `READERS`.
        task: which intensities occur and their classes.
        options: what the scenes look like.
        training_scenes: number of scenes that the reader learns from.

    Raises:
        InvalidInput: the reader is unknown or does not apply to such scenes.
    """
    _check_name(reader, list(READERS))
    return READERS[reader](draw_scenes(task, options, "train", 0, training_scenes))


def _check_name(reader: str, allowed: list[str]) -> None:
    """Refuse a name that stands for no reader."""
    if reader not in allowed:
        raise InvalidInput(f"reader: {reader!r} is unknown; allowed: {', '.join(allowed)}")


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


def _level_classes(reader: str, task: Task) -> np.ndarray:
    """(256,) class that a reader names for each level, -1 for none.

    Raises:
        InvalidInput: a level alone has no class.
    """
    if task.shapes:
        raise InvalidInput(
            f"reader: {reader} names the class of a grey level; the classes of task {task.name} "
            "depend on shape"
        )
    return task.label(np.arange(LEVELS))


def mean_intensity(training: Scenes) -> Decision:
    """The class of the mean grey level of all that is not background.

    Leaving the background out corrects for the area that is painted; object and noise squares
    stay mixed. `mean_posterior` says what more an image's mean holds.
    """
    classes = _level_classes("mean_intensity", training.task)

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        counts = _painted(images)
        mean = counts @ np.arange(LEVELS) / np.maximum(counts.sum(axis=1), 1)
        return classes[np.rint(mean).astype(int)]

    return decide


def mean_posterior(training: Scenes) -> Decision:
    """The most probable class given the mean grey level of the image.

    No reader of the mean alone does better, as far as the training scenes tell.
    """
    return _most_probable(training, lambda images: images.mean(axis=(1, 2)))


def background_level(training: Scenes) -> Decision:
    """The most probable class given the background, an image's most frequent level.

    It sees nothing of the object: this is what a random background gives away by itself. On middle
    grey, say, no contrast is large. Training scenes vote whose background is at most 4 levels off.
    """
    counts = np.zeros((LEVELS, training.task.classes))
    np.add.at(counts, (over_images(training, _background), training.label), 1)
    table = uniform_filter1d(counts, ALIKE, axis=0, mode="constant").argmax(axis=1)
    return lambda images: table[_background(images)]


def _background(images: np.ndarray) -> np.ndarray:
    """(n,) most frequent level of each image."""
    return histograms(images).argmax(axis=1)


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
    """The class of the most frequent grey level that is not background.

    The background's level does not matter to it, so where classes are of contrast it is a floor.
    """
    classes = _level_classes("most_frequent_level", training.task)
    return lambda images: classes[_painted(images).argmax(axis=1)]


def most_frequent_contrast(training: Scenes) -> Decision:
    """The class of the difference between the two most frequent levels, one the background."""
    classes = _level_classes("most_frequent_contrast", training.task)

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        background, level = _background(images), _painted(images).argmax(axis=1)
        return classes[np.abs(level - background)]

    return decide


def most_frequent_class(training: Scenes) -> Decision:
    """The class with most pixels that are not background."""
    classes = _level_classes("most_frequent_class", training.task)
    members = classes[:, None] == np.arange(training.task.classes)
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
    classes = _level_classes("edge_amplitude", training.task)

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        below = _steps(images[:, 1:], images[:, :-1])
        beside = _steps(images[:, :, 1:], images[:, :, :-1])
        return classes[(below + beside).argmax(axis=1)]

    return decide


def _steps(images: np.ndarray, neighbors: np.ndarray) -> np.ndarray:
    """(n, 256) how often pixels differ from their neighbors by each amount but 0."""
    counts = histograms(np.maximum(images, neighbors) - np.minimum(images, neighbors))
    counts[:, 0] = 0
    return counts


def flat_patch(training: Scenes) -> Decision:
    """The class of the largest square of one level that is not background.

    It sees surfaces, and counts nothing but the background, the most frequent level. No side is
    set: noise squares are at most 4 pixels wide (8 in larger images), less than what they leave
    free of most objects. Of equally large squares the first by row and column is taken; where there
    is none, the background.
    """
    classes = _level_classes("flat_patch", training.task)
    return lambda images: classes[_largest_flat(images)]


def _largest_flat(images: np.ndarray) -> np.ndarray:
    """(n,) level of each image's largest square of one level that is not background."""
    level = _background(images)
    flat = images != level[:, None, None]
    even = np.logical_and.reduce([part == images[:, :-1, :-1] for part in _quarters(images)])
    while flat.any():
        places = flat.reshape(len(images), -1)
        row, column = np.divmod(places.argmax(axis=1), flat.shape[2])
        level = np.where(places.any(axis=1), images[np.arange(len(images)), row, column], level)
        # A square of side s + 1 is four of side s, which overlap from side 2 on.
        larger = np.logical_and.reduce(_quarters(flat))
        flat = larger & even[:, : larger.shape[1], : larger.shape[2]]
    return level


def _quarters(values: np.ndarray) -> list[np.ndarray]:
    """What is at each place, right of it, below it, and below right; last lines have no right."""
    first, last = slice(None, -1), slice(1, None)
    return [values[:, rows, columns] for rows in (first, last) for columns in (first, last)]


def histogram_likelihood(training: Scenes) -> Decision:
    """The most probable class given the histogram: the best that can be done without layout.

    With noise that is independent from pixel to pixel, an image without its layout is a sample of
    p(g) = a p(g | intensity) + (1 - a) p(g | background), where a is the visible share of the
    object. Intensities and shares are summed over, each with its probability.

    Raises:
        InvalidInput: noise is not Gaussian of scale 1, classes depend on shape, or background,
            a second object or hollow objects add unknowns.
    """
    noise, task = _known_noise("histogram_likelihood", training), training.task
    if set(noise.scales) != {1}:
        raise InvalidInput(
            f"noise: {noise!r} does not suit histogram_likelihood; allowed: Gaussian of scale 1"
        )
    seen = _seen(np.append(task.levels, training.options.background), _pixel_sigma(noise))
    shares = _visible_shares(training)[:, None]
    mixtures = shares * seen[:-1, None] + (1 - shares) * seen[-1]
    logarithms = _logarithms(mixtures.reshape(-1, LEVELS)).T

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        return _best_class(task, histograms(images).astype(float) @ logarithms)

    return decide


def place_likelihood(scenes: Scenes) -> np.ndarray:
    """The most probable class given the object's pixels, for who knows which pixels they are.

    Where noise is independent from pixel to pixel, clipping to 0..255 included, no other pixel says
    more: it is the best that can be done with the place known. Noise of larger scales is taken with
    the covariance that it has, as if it were never clipped. There it is no ceiling: background in
    a cell of noise that the object shares would say more, and is not looked at.

    Args:
        scenes: n scenes.

    Returns:
        (n,) int64, classes.

    Raises:
        InvalidInput: noise is not Gaussian of scales that divide each other, classes depend on
            shape, or background, a second object or hollow objects add unknowns.
    """
    noise, task = _known_noise("place_likelihood", scenes), scenes.task
    scenes = scenes.replace(permutation_seed=0)
    images, visible = render(scenes), masks(scenes).object
    if set(noise.scales) == {1}:
        logarithms = _logarithms(_seen(task.levels, _pixel_sigma(noise))).T
        return _best_class(task, _counted(images, visible).astype(float) @ logarithms)
    precision, weighted = pooled(images, visible, noise)
    unclipped = weighted[:, None] * task.levels - precision[:, None] * task.levels**2 / 2
    return _best_class(task, unclipped)


def _counted(images: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """(n, 256) histograms of some pixels of each image."""
    scene, row, column = np.nonzero(visible)
    places = scene * LEVELS + images[scene, row, column]
    return np.bincount(places, minlength=len(images) * LEVELS).reshape(-1, LEVELS)


def pooled(
    images: np.ndarray, visible: np.ndarray, noise: GaussianNoise
) -> tuple[np.ndarray, np.ndarray]:
    """What pixels y of one intensity I say of it under noise of covariance C, rounding included.

    The logarithm of its likelihood is b I - a I^2 / 2 and a constant, where a = 1' C^-1 1 and
    b = 1' C^-1 y. From the finest scale to the coarsest, a and b are summed over cells; then both
    are divided by 1 + s^2 a, where s^2 is the variance of the field that is constant in a cell.

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
    """Sums of (n, height, width) over cells; the lower and right border may cut them."""
    rows, columns = (np.arange(0, length, side) for length in values.shape[1:])
    return np.add.reduceat(np.add.reduceat(values, rows, axis=1), columns, axis=2)


def _known_noise(reader: str, scenes: Scenes) -> GaussianNoise:
    """The noise of scenes whose likelihood can be computed.

    Raises:
        InvalidInput: images depend on more than intensity, visible pixels and such noise.
    """
    noise, options = scenes.options.noise, scenes.options
    _level_classes(reader, scenes.task)
    if not isinstance(noise, GaussianNoise) or not any(noise.sigmas) or not _nested(noise.scales):
        raise InvalidInput(
            f"noise: {noise!r} does not suit {reader}; allowed: Gaussian, of scales that divide "
            "each other"
        )
    if options.background == "random" or options.distractor or options.hollow:
        raise InvalidInput(
            f"background, distractor, hollow: {options.background}, {options.distractor}, "
            f"{options.hollow} do not suit {reader}; allowed: a constant background, none, False"
        )
    return noise


def _nested(scales: tuple[int, ...]) -> bool:
    """Whether each scale divides the next larger one."""
    ordered = sorted(scales)
    return all(b % a == 0 for a, b in pairwise(ordered))


def _pixel_sigma(noise: GaussianNoise) -> float:
    """Standard deviation of all fields together, grey levels."""
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
    """Logarithms; that of the smallest positive number where a probability is 0."""
    return np.log(np.maximum(probabilities, np.finfo(float).tiny))


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
        background_level,
        most_frequent_level,
        most_frequent_contrast,
        most_frequent_class,
        linear_histogram,
        edge_amplitude,
        flat_patch,
        patch_mean,
        histogram_likelihood,
    )
}
"""All readers of images by name."""
KNOWING_THE_PLACE: dict[str, PlaceReader] = {place_likelihood.__name__: place_likelihood}
"""Readers that are told where the object is, by name."""
