"""PCA-direction maps: the score's derivative along the pattern that windows vary in most.

The derivative along a direction v is the inner product of the gradient with v. So a map costs one
pass back and a correlation of the gradient with v, not one pass for every window.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import correlate
from scipy.sparse.linalg import eigsh

from intensity.attribution.base import Output, compiled_gradients, prepare
from intensity.models.inputs import check_count
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

WINDOW_SIDES = (3, 5, 7, 9, 11, 13, 15)
"""Windows as the paper's authors had them, 3 to 15 pixels; odd, so that they have a middle."""
BALANCED = 1e-3
"""What rounding may make of 0 in a component of length 1: far more than it does."""
MOST_KEPT = 256
"""Channels of images whose components are kept."""
_KEPT: dict[tuple[bytes, tuple[int, ...], tuple[int, ...]], list[np.ndarray]] = {}


def pca_direction(
    model: keras.Model,
    images: np.ndarray,
    *,
    sides: tuple[int, ...] = WINDOW_SIDES,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Derivative of the score along the leading principal component of the image's windows.

    map[i, y, x] = sum over d of v[d] * d score[c_i](image_i) / d image_i[(y, x) + d], with v the
    first principal component of all windows of one side in image i, of length 1 and
    aligned so that its sum is positive; of all sides that of largest magnitude. Positive where
    more of the pattern, which is brighter on the whole, speaks for the class. A pattern that is as
    bright as it is dark is aligned by its first pixel. What of a window lies outside of the image
    counts 0. Channels have components of their own; of their sum the largest counts.

    Args:
        sides: of windows, pixels; odd.

    Returns:
        (n, h, w) float32, score per grey level along a direction of length 1.

    Reference: the code of Kaunismaa, Guerzhoy (2023).
    Departs from the paper: the sign of a component is arbitrary and is aligned here; the
    derivative is computed from one gradient (equal to 2e-7 of theirs).
    """
    target = prepare(model, images, classes, output, batch)
    for side in sides:
        check_count("sides", side, most=min(target.pixels.shape[1:3]))
    if not sides or any(side % 2 == 0 for side in sides):
        raise InvalidInput(f"sides: {sides} is not allowed: odd numbers of pixels, at least one")
    gradients = target.apply(compiled_gradients(target.model, output))
    pairs = zip(target.pixels.astype(np.float32), gradients, strict=True)
    return np.stack([_strongest(image, gradient, sides) for image, gradient in pairs])


def leading_component(image: np.ndarray, side: int) -> np.ndarray:
    """First principal component of all windows of an image.

    Args:
        image: (h, w) float32.
        side: of the windows, pixels.

    Returns:
        (side, side) float32 of length 1 and positive sum, or of sum 0 and positive from its first
        pixel on; even where all windows are alike.
    """
    windows = sliding_window_view(image, (side, side)).reshape(-1, side * side)
    centered = windows - windows.mean(axis=0)
    scatter = (centered.T @ centered).astype(np.float64)
    if side == 1 or not scatter.any():
        return np.full((side, side), 1 / side, np.float32)
    start = scatter[np.diag(scatter).argmax()]  # same image, same component: no start at random
    _, vectors = eigsh(scatter, k=1, v0=start)
    return _aligned(vectors[:, 0]).reshape(side, side).astype(np.float32)


def _aligned(vector: np.ndarray) -> np.ndarray:
    """A vector of length 1 or its opposite: the one whose sum, or else whose start, is positive."""
    telling = vector.sum()
    if abs(telling) < BALANCED:
        telling = vector[np.abs(vector) > BALANCED][0]
    return vector * np.copysign(1.0, telling)


def _components(image: np.ndarray, sides: tuple[int, ...]) -> list[np.ndarray]:
    """`leading_component` of each side: of the image alone, and so the same for every network.

    Of the last images they are kept, by digests: images may be large.
    """
    key = hashlib.sha256(image.tobytes()).digest(), image.shape, sides
    found = _KEPT.get(key) or [leading_component(image, side) for side in sides]
    for component in found:
        component.setflags(write=False)
    while len(_KEPT) >= MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    return _KEPT.setdefault(key, found)


def _along(image: np.ndarray, gradient: np.ndarray, sides: tuple[int, ...]) -> np.ndarray:
    """(sides, h, w) derivatives along the components of one channel."""
    components = _components(image, sides)
    return np.stack([correlate(gradient, one, mode="same") for one in components])


def _strongest(image: np.ndarray, gradient: np.ndarray, sides: tuple[int, ...]) -> np.ndarray:
    channels = range(image.shape[-1])
    found = sum(_along(image[..., c], gradient[..., c], tuple(sides)) for c in channels)
    return np.take_along_axis(found, np.abs(found).argmax(axis=0)[None], axis=0)[0]
