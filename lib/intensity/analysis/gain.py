"""What a gain of the whole image does to answers, exactly: levels are not rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inference import logits
from intensity.models.inputs import check_scenes

if TYPE_CHECKING:
    import keras


def gain_changes(model: keras.Model, scenes: Scenes, gain: float) -> dict[str, np.ndarray]:
    """Which answers change when all grey levels are multiplied by one number.

    A network of convolutions, ReLUs, maxima and averages without biases and norms has logits that
    grow with the gain, f(g x) = g f(x) for g > 0, so that no answer changes.

    Args:
        model: from (n, height, width, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        gain: above 0.

    Returns:
        `changed`: (n,) bool.

    Reference: Mohan et al. (2020), Robust and interpretable blind image denoising via bias-free
        convolutional neural networks, section 4.
    """
    check_scenes(model, scenes)
    images = render(scenes).astype(np.float32)
    before, after = (logits(model, shown).argmax(axis=1) for shown in (images, gain * images))
    return {"changed": before != after}
