"""Baselines of the histogram: its most frequent levels, and a linear function of it."""

import numpy as np
from scipy.linalg import solve
from scipy.ndimage import uniform_filter1d

from intensity.baselines.base import Decision, over_images
from intensity.data.rendering import histograms
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS

ALIKE = 9
"""Neighboring backgrounds whose training scenes vote together in `background_level`."""


def most_frequent_level(training: Scenes) -> Decision:
    """The class of the most frequent grey level that is not background."""
    return lambda images: training.task.label(painted(images).argmax(axis=1))


def most_frequent_contrast(training: Scenes) -> Decision:
    """The class of the difference between the two most frequent levels, one the background."""

    def decide(images: np.ndarray) -> np.ndarray:
        """Predicted classes of images."""
        background, level = most_common(images), painted(images).argmax(axis=1)
        return training.task.label(np.abs(level - background))

    return decide


def most_frequent_class(training: Scenes) -> Decision:
    """The class with most pixels that are not background."""
    classes = training.task.label(np.arange(LEVELS))
    members = classes[:, None] == np.arange(training.task.classes)
    return lambda images: (painted(images) @ members).argmax(axis=1)


def background_level(training: Scenes) -> Decision:
    """The most probable class given the background, an image's most frequent level.

    The object is not seen: on middle grey, say, no contrast is large. Training scenes vote whose
    background is at most 4 levels off.
    """
    counts = np.zeros((LEVELS, training.task.classes))
    np.add.at(counts, (over_images(training, most_common), training.label), 1)
    table = uniform_filter1d(counts, ALIKE, axis=0, mode="constant").argmax(axis=1)
    return lambda images: table[most_common(images)]


def linear_histogram(training: Scenes) -> Decision:
    """The largest of one linear function of the histogram a class, by least squares.

    A ridge of one pixel keeps levels that never occur out of it.
    """

    def features(images: np.ndarray) -> np.ndarray:
        """(n, 257) float, histograms and a constant."""
        return np.pad(histograms(images), ((0, 0), (0, 1)), constant_values=1).astype(float)

    counts, targets = over_images(training, features), np.eye(training.task.classes)[training.label]
    ridge = np.eye(counts.shape[1])
    weights = solve(counts.T @ counts + ridge, counts.T @ targets, assume_a="pos")
    return lambda images: (features(images) @ weights).argmax(axis=1)


def most_common(images: np.ndarray) -> np.ndarray:
    """(n,) most frequent level of each image."""
    return histograms(images).argmax(axis=1)


def painted(images: np.ndarray) -> np.ndarray:
    """(n, 256) histograms without the background, an image's most frequent level."""
    counts = histograms(images)
    counts[np.arange(len(counts)), counts.argmax(axis=1)] = 0
    return counts
