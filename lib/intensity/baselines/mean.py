"""Baselines of the mean grey level."""

import numpy as np

from intensity.baselines.base import Decision, most_probable
from intensity.baselines.histogram import painted
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS


def mean_intensity(training: Scenes) -> Decision:
    """The class of the mean grey level of all that is not background, noise squares included."""

    def decide(images: np.ndarray) -> np.ndarray:
        """Predicted classes of images."""
        counts = painted(images)
        mean = counts @ np.arange(LEVELS) / np.maximum(counts.sum(axis=1), 1)
        return training.task.label(np.rint(mean).astype(int))

    return decide


def mean_posterior(training: Scenes) -> Decision:
    """The most probable class given the mean grey level of the image: the bound of all means."""
    return most_probable(training, lambda images: images.mean(axis=(1, 2)))
