"""Baselines of the mean grey level."""

import numpy as np

from intensity.baselines.base import Decision, level_classes, most_probable
from intensity.baselines.histogram import painted
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS


def mean_intensity(training: Scenes) -> Decision:
    """The class of the mean grey level of all that is not background.

    Leaving the background out corrects for the area that is painted; object and noise squares
    stay mixed. `mean_posterior` says what more an image's mean holds.
    """
    classes = level_classes("mean_intensity", training.task)

    def decide(images: np.ndarray) -> np.ndarray:
        """Classes of images."""
        counts = painted(images)
        mean = counts @ np.arange(LEVELS) / np.maximum(counts.sum(axis=1), 1)
        return classes[np.rint(mean).astype(int)]

    return decide


def mean_posterior(training: Scenes) -> Decision:
    """The most probable class given the mean grey level of the image.

    No decision on the mean alone is better, as far as the training scenes tell.
    """
    return most_probable(training, lambda images: images.mean(axis=(1, 2)))
