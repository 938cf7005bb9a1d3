"""The maps of the paper's four-panel figure, of one network for some scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.analysis.activations import activations
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.occlusion import occlusion
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inference import predicted_classes

if TYPE_CHECKING:
    import keras


def four_panel_maps(model: keras.Model, scenes: Scenes, layer: str) -> dict[str, np.ndarray]:
    """What the figure shows beside the images.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        layer: whose feature maps are shown.

    Returns:
        `predicted` (n,) classes; `saliency` (n, h, w) d logit / d grey level of the predicted
        class; `occlusion` (n, h, w) its probability lost under windows of 8 x 8 pixels, stride 8,
        filled with 0; `features` (n, h', w', channels) activations of the layer.

    Raises:
        InvalidInput: scenes do not fit the model, or it has no such layer.
    """
    images = render(scenes)
    return {
        **predicted_classes(model, scenes),
        "saliency": gradient(model, images),
        "occlusion": occlusion(model, images, fill=0, window=8, stride=8, output="probability"),
        "features": activations(model, images, [layer])[layer],
    }
