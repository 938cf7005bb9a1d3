"""Baselines of patches: the largest one of a single level, and the brightest one."""

import numpy as np
from scipy.ndimage import uniform_filter

from intensity.baselines.base import Decision, most_probable
from intensity.baselines.histogram import most_common
from intensity.data.scenes import Scenes

PATCH = 11
"""Side of the patches of `patch_mean`, pixels; about the smallest visible object."""


def patch_mean(training: Scenes) -> Decision:
    """The most probable class given the largest mean of a patch of 11 x 11 pixels.

    Outside of the image counts as black.
    """

    def largest(images: np.ndarray) -> np.ndarray:
        """(n,) float32, the brightest patch, grey levels."""
        means = uniform_filter(images.astype(np.float32), (0, PATCH, PATCH), mode="constant")
        return means.max(axis=(1, 2))

    return most_probable(training, largest)


def flat_patch(training: Scenes) -> Decision:
    """The class of the largest square of one level that is not background.

    Background is the most frequent level. Of equally large squares the first by row and column is
    taken; where there is none, the background.
    """
    return lambda images: training.task.label(_largest_flat(images))


def _largest_flat(images: np.ndarray) -> np.ndarray:
    """(n,) level of each image's largest square of one level that is not background."""
    level = most_common(images)
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
    first, last = slice(None, -1), slice(1, None)
    return [values[:, rows, columns] for rows in (first, last) for columns in (first, last)]
