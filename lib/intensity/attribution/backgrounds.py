"""What images are compared with: the background's grey level, and baselines."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.stats import mode

from intensity.values import InvalidInput

Named = Literal["black", "mean", "background"]
Baseline = np.ndarray | float | Named
"""Images of the same shape, a grey level, or the name of one."""


def background_levels(images: np.ndarray) -> np.ndarray:
    """The most frequent grey level along the border of every image, the lowest of several.

    Args:
        images: (n, h, w) grey levels.

    Returns:
        (n,) float32, grey levels.
    """
    sides = images[:, [0, -1]].reshape(len(images), -1), images[:, :, [0, -1]]
    borders = np.concatenate([sides[0], sides[1].reshape(len(images), -1)], axis=1)
    return mode(borders, axis=1).mode.astype(np.float32)


def baseline_images(baseline: Baseline, pixels: np.ndarray) -> np.ndarray:
    """A baseline for every image.

    Args:
        baseline: images of the same shape; a grey level; "black"; "mean", of each image; or
            "background", most frequent along its border.
        pixels: (n, h, w), grey levels.

    Returns:
        (n, h, w) float32, or (n, 1, 1) where every pixel is alike.

    Raises:
        InvalidInput: there is no such baseline, or it does not fit the images.
    """
    count = len(pixels)
    if isinstance(baseline, str):
        if baseline not in get_args(Named):
            allowed = ", ".join(get_args(Named))
            raise InvalidInput(f"baseline: {baseline!r} is not allowed: images, a level, {allowed}")
        if baseline == "black":
            return np.zeros((count, 1, 1), np.float32)
        levels = pixels.mean(axis=(1, 2)) if baseline == "mean" else background_levels(pixels)
        return levels.astype(np.float32)[:, None, None]
    given = np.asarray(baseline, np.float32)
    given = given[..., 0] if given.ndim == 4 and given.shape[-1] == 1 else given
    if given.shape not in ((), pixels.shape[1:], pixels.shape) or not np.isfinite(given).all():
        raise InvalidInput(
            f"baseline: {given.shape} numbers are not allowed: as many as images, "
            f"{pixels.shape}, and finite"
        )
    return np.broadcast_to(given, (count, *(given.shape[-2:] or (1, 1))))
