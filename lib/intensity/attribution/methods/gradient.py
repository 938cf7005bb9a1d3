"""Gradient saliency: how steeply a score rises with the grey level of every pixel.

The maps are signed. Figures in the paper's manner show their magnitude.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import Channels, Output, compiled_gradients, prepare, summed

if TYPE_CHECKING:
    import keras


def gradient(
    model: keras.Model,
    images: np.ndarray,
    *,
    channels: Channels = "sum",
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Derivative of the score of a class with respect to every pixel.

    map[i, y, x] = d score[c_i](image_i) / d image_i[y, x], per grey level: positive where a
    brighter pixel speaks for the class. Summed over the visible object it is the derivative of
    the score in the object's intensity.

    Returns:
        (n, h, w) float32, score per grey level.

    Reference: Simonyan, Vedaldi, Zisserman (2013), Deep inside convolutional networks, section 3.
    Departs from the paper: the sign is kept and the map is not scaled; both are for figures.
    """
    target = prepare(model, images, classes, output, batch)
    return summed(target.apply(compiled_gradients(target.model, output)), channels)


def gradient_x_input(
    model: keras.Model,
    images: np.ndarray,
    *,
    channels: Channels = "sum",
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Gradient times grey level: what the score would lose if it were linear and pixels went black.

    map[i, y, x] = image_i[y, x] * d score[c_i](image_i) / d image_i[y, x]: positive where the
    pixel, as bright as it is, speaks for the class; always 0 on black.

    Returns:
        (n, h, w) float32, score.

    Reference: Shrikumar et al. (2016), Not just a black box, section 2.
    """
    target = prepare(model, images, classes, output, batch)
    gradients = target.apply(compiled_gradients(target.model, output))
    return summed(gradients * target.pixels.astype(np.float32), channels)
