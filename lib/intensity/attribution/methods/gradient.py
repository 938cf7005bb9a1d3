"""Gradient saliency: how steeply a score rises with the grey level of every pixel.

The maps are signed. Figures in the paper's manner show their magnitude.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import Output, apply, ask, compiled_slopes

if TYPE_CHECKING:
    import keras


def gradient(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Derivative of the score of a class with respect to every pixel.

    map[i, y, x] = d score[c_i](image_i) / d image_i[y, x], per grey level: positive where a
    brighter pixel speaks for the class. Summed over the visible object it is the slope of
    the score in the object's intensity.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, score per grey level.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Simonyan, Vedaldi, Zisserman (2013), Deep inside convolutional networks, section 3.
    Departs from the paper: the sign is kept and the map is not scaled; both are for figures.
    """
    question = ask(model, images, classes, output, batch)
    return apply(compiled_slopes(model, output), question)


def gradient_x_input(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Gradient times grey level: what the score would lose if it were linear and pixels went black.

    map[i, y, x] = image_i[y, x] * d score[c_i](image_i) / d image_i[y, x]: positive where the
    pixel, as bright as it is, speaks for the class; always 0 on black.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, score.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Shrikumar et al. (2016), Not just a black box, section 2.
    """
    question = ask(model, images, classes, output, batch)
    slopes = apply(compiled_slopes(model, output), question)
    return slopes * question.pixels.astype(np.float32)
