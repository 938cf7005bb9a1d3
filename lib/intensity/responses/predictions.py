"""Predictions: what a network answers about scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.inputs import to_network
from intensity.rendering import render
from intensity.responses.levels import check_scenes
from intensity.scenes import Scenes

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
    from intensity.networks import predict_logits

    check_scenes(model, scenes)
    return {"predicted": predict_logits(model, to_network(render(scenes))).argmax(axis=1)}
