"""The one way from images to logits, by any backend of Keras."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inputs import batches, check_scenes, image_spec

if TYPE_CHECKING:
    import keras


def logits(model: keras.Model, images: np.ndarray, batch: int = 256) -> np.ndarray:
    """Logits of many images; a network of which only the histogram matters reads that.

    Args:
        model: from (n, height, width, channels) images to (n, classes) logits.
        images: (n, height, width, channels), or (n, height, width) of one.
        batch: images that pass through the model at once.

    Returns:
        (n, classes) float32.
    """
    from intensity.models.histogram import by_histogram

    exact = images.dtype == np.uint8
    pixels = images if images.ndim == 4 else images[..., None]
    on_histograms = by_histogram(model) if exact and pixels.shape[-1] == 1 else None
    predict = on_histograms.predict_on_batch if on_histograms else _prediction(model)
    parts = (pixels[rows] for rows in batches(len(pixels), batch))
    parts = (part if exact else part.astype(np.float32) for part in parts)
    return np.concatenate([np.asarray(predict(part), np.float32) for part in parts])


@lru_cache(maxsize=16)
def _prediction(model: Any) -> Callable[[np.ndarray], Any]:
    """Images of any number -> logits; by TensorFlow traced once, where Keras traces each number."""
    import keras

    if keras.config.backend() != "tensorflow" or not isinstance(model, keras.Model):
        return model.predict_on_batch
    import tensorflow as tf

    from intensity.models.folding import folded

    quick = folded(model)
    traced = tf.function(
        lambda images: quick(images, training=False),
        input_signature=[image_spec(model)],
        autograph=False,
        jit_compile=model.jit_compile,
    )
    return lambda images: traced(images.astype(np.float32))


def predicted_classes(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """The class with the largest logit.

    Args:
        model: from (n, height, width, 1) grey levels to (n, classes) logits.
        scenes: n scenes.

    Returns:
        `predicted`: (n,) int64.

    Raises:
        InvalidInput: there is no scene, or images do not fit the model.
    """
    check_scenes(model, scenes)
    return {"predicted": logits(model, render(scenes)).argmax(axis=1)}
