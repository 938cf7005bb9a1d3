"""Gradient saliency: how steeply a logit rises with the grey level of every pixel.

The map is signed. Figures in the paper's manner show its magnitude.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.inputs import as_classes, as_images, batches, image_shape, to_network
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Compiled = Callable[[np.ndarray, np.ndarray], "tf.Tensor"]


def gradient(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: int | np.ndarray | None = None,
    batch: int = 64,
) -> np.ndarray:
    """Derivative of the logit of a class with respect to every pixel.

    map[i, y, x] = d logit[c_i](image_i) / d image_i[y, x], per grey level: positive where a
    brighter pixel speaks for the class. Summed over the visible object it is the slope of
    the logit in the object's intensity.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        classes: class to explain, one for all or (n,); the predicted class where None.
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, logits per grey level.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Simonyan, Vedaldi, Zisserman (2013), Deep inside convolutional networks, section 3.
    Departs from the paper: the sign is kept and the map is not scaled; both are for figures.
    """
    pixels = as_images(images, model)
    chosen = as_classes(classes, model, len(pixels))
    slope = compiled_gradient(model)
    parts = [
        slope(to_network(pixels[rows]), chosen[rows]).numpy()
        for rows in batches(len(pixels), batch)
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=8)
def compiled_gradient(model: keras.Model) -> Compiled:
    """One TensorFlow graph for a model's gradient, which takes any number of images.

    It is traced once and kept for the models used last. It reads the weights when it
    is called, so it stays right while a model trains.

    Returns:
        (n, h, w, 1) float32 images and (n,) int32 classes (negative: predicted) -> (n, h, w).
    """
    import tensorflow as tf

    taken = tf.TensorSpec((None, *image_shape(model), 1), tf.float32)

    def slope(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Images do not mix in a trained network: one pass back serves the whole batch."""
        with tf.GradientTape() as tape:
            tape.watch(images)
            scores = model(images, training=False)
            predicted = tf.argmax(scores, axis=1, output_type=tf.int32)
            chosen = tf.where(classes < 0, predicted, classes)
            total = tf.reduce_sum(tf.gather(scores, chosen, batch_dims=1))
        slopes = tape.gradient(total, images)
        if slopes is None:
            raise InvalidInput("model: has no gradient; its logits must be smooth in its pixels")
        return slopes[..., 0]

    signature = [taken, tf.TensorSpec((None,), tf.int32)]
    compiled: Compiled = tf.function(slope, input_signature=signature, autograph=False)
    return compiled
