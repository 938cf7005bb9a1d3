"""Which class a map explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

PREDICTED = -1
"""Stands in place of a class where the predicted one is asked for."""


def as_classes(classes: int | np.ndarray | None, model: keras.Model, count: int) -> np.ndarray:
    """The class to explain in every image.

    Args:
        classes: one class for all images, (n,) one for each, or None for the predicted class.
        model: whose classes they are.
        count: n, the number of images.

    Returns:
        (n,) int32; `PREDICTED` everywhere where classes is None.

    Raises:
        InvalidInput: not integers, not as many as images, or a class that the model has not.
    """
    if classes is None:
        return np.full(count, PREDICTED, np.int32)
    chosen, last = np.asarray(classes), model.output_shape[-1] - 1
    if chosen.dtype.kind not in "ui" or chosen.shape not in ((), (count,)):
        raise InvalidInput(
            f"classes: {chosen.dtype} of shape {chosen.shape} is not allowed: "
            f"an integer, or {count} of them, one for each image"
        )
    if chosen.min() < 0 or chosen.max() > last:
        wrong = chosen.min() if chosen.min() < 0 else chosen.max()
        raise InvalidInput(f"classes: {wrong} is not allowed: the model has classes 0..{last}")
    return np.broadcast_to(chosen, count).astype(np.int32)
