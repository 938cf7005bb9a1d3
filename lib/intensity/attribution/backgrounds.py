"""What an image would be without its object, as far as pixels alone can tell."""

import numpy as np


def background_levels(images: np.ndarray) -> np.ndarray:
    """The most frequent grey level along the border of every image, the lowest of several.

    Args:
        images: (n, h, w) grey levels.

    Returns:
        (n,) float32, grey levels.
    """
    sides = images[:, [0, -1]].reshape(len(images), -1), images[:, :, [0, -1]]
    borders = np.concatenate([sides[0], sides[1].reshape(len(images), -1)], axis=1)
    return np.array([_most_frequent(border) for border in borders], np.float32)


def _most_frequent(numbers: np.ndarray) -> float:
    """The number that occurs most often, the lowest of several."""
    found, times = np.unique(numbers, return_counts=True)
    return float(found[times.argmax()])
