"""The one way from images to logits, by any backend of Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inputs import batches, check_scenes

if TYPE_CHECKING:
    import keras


def logits(model: keras.Model, images: np.ndarray, batch: int = 256) -> np.ndarray:
    """Logits of many images; a network of which only the histogram matters reads that.

    Args:
        model: from (n, height, width, 1) grey levels to (n, classes) logits.
        images: (n, height, width) or (n, height, width, 1), grey levels.
        batch: images that pass through the model at once.

    Returns:
        (n, classes) float32.
    """
    from intensity.models.histogram import by_histogram

    exact = images.dtype == np.uint8
    pixels = images if images.ndim == 4 else images[..., None]
    predict = ((by_histogram(model) if exact else None) or model).predict_on_batch
    parts = (pixels[rows] for rows in batches(len(pixels), batch))
    return np.concatenate([np.asarray(predict(p if exact else np.float32(p))) for p in parts])


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
