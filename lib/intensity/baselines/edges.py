"""The baseline of edges: differences of neighboring pixels."""

import numpy as np

from intensity.baselines.base import Decision
from intensity.data.rendering import histograms
from intensity.data.scenes import Scenes


def edge_amplitude(training: Scenes) -> Decision:
    """The class of the most frequent difference of neighboring pixels, equal pixels left out.

    On a black background that is the step at the object's edge, which equals its intensity.
    """

    def decide(images: np.ndarray) -> np.ndarray:
        """Predicted classes of images."""
        below = _steps(images[:, 1:], images[:, :-1])
        beside = _steps(images[:, :, 1:], images[:, :, :-1])
        return training.task.label((below + beside).argmax(axis=1))

    return decide


def _steps(images: np.ndarray, neighbors: np.ndarray) -> np.ndarray:
    counts = histograms(np.maximum(images, neighbors) - np.minimum(images, neighbors))
    counts[:, 0] = 0
    return counts
