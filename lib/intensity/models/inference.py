"""Predictions: what a network answers about scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.analysis.levels import check_scenes
from intensity.attribution.inputs import to_network
from intensity.data.rendering import histograms, render
from intensity.data.scenes import Scenes

if TYPE_CHECKING:
    import keras


def predicted_classes(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """The class with the largest logit.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.

    Returns:
        `predicted`: (n,) int64.

    Raises:
        InvalidInput: there is no scene, or images do not fit the model.
    """
    check_scenes(model, scenes)
    return {"predicted": image_logits(model, render(scenes)).argmax(axis=1)}


def image_logits(model: keras.Model, images: np.ndarray, *, batch: int = 256) -> np.ndarray:
    """Logits of images; a network that sees no shape is given their histograms, which is faster.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (n, h, w) grey levels.
        batch: images that pass through the model at once.

    Returns:
        (n, classes) float32.
    """
    from intensity.models.build import OnHistograms, predict_logits, sees_no_shape

    if images.dtype != np.uint8 or not sees_no_shape(model):
        return predict_logits(model, to_network(images), batch)
    shares = histograms(images).astype(np.float32) / images[0].size
    return predict_logits(OnHistograms(model), shares, batch)
