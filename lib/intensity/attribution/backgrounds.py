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
        images: (n, h, w) grey levels, or (n, h, w, c).

    Returns:
        (n,) float32, grey levels, or (n, c).
    """
    if images.ndim == 4:
        return np.stack([background_levels(one) for one in np.moveaxis(images, -1, 0)], axis=-1)
    sides = images[:, [0, -1]].reshape(len(images), -1), images[:, :, [0, -1]]
    borders = np.concatenate([sides[0], sides[1].reshape(len(images), -1)], axis=1)
    return mode(borders, axis=1).mode.astype(np.float32)


def baseline_images(baseline: Baseline, pixels: np.ndarray) -> np.ndarray:
    """A baseline for every image.

    Args:
        baseline: images of the same shape, with channels or without; a level; "black", 0; "mean",
            of each image and channel; or "background", most frequent along its border.
        pixels: (n, h, w, c).

    Returns:
        (n, h or 1, w or 1, c or 1) float32.

    Raises:
        InvalidInput: there is no such baseline, or it does not fit the images.
    """
    count = len(pixels)
    if isinstance(baseline, str):
        if baseline not in get_args(Named):
            allowed = ", ".join(get_args(Named))
            raise InvalidInput(f"baseline: {baseline!r} is not allowed: images, a level, {allowed}")
        if baseline == "black":
            return np.zeros((count, 1, 1, 1), np.float32)
        levels = pixels.mean(axis=(1, 2)) if baseline == "mean" else background_levels(pixels)
        return levels.astype(np.float32)[:, None, None, :]
    given = np.asarray(baseline, np.float32)
    if given.shape in (pixels.shape[1:3], pixels.shape[:3]):
        given = given[..., None]
    one = (*pixels.shape[:3], 1)
    if given.shape not in ((), one[1:], one, pixels.shape[1:], pixels.shape) or not (
        np.isfinite(given).all()
    ):
        raise InvalidInput(
            f"baseline: {given.shape} numbers are not allowed: as many as images, "
            f"{pixels.shape}, and finite"
        )
    return np.broadcast_to(given, (count, *(given.shape[-3:] or (1, 1, 1))))
