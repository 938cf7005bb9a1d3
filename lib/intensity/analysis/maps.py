"""Maps of scenes for pictures: saliency, occlusion and features, as they are and on a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from intensity.analysis.activations import activations
from intensity.attribution.base import Output
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.occlusion import occlusion
from intensity.data.levels import as_levels
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inference import logits, predicted_classes
from intensity.models.inputs import check_scenes

if TYPE_CHECKING:
    import keras

WINDOW = 8
"""Side of occluding windows, pixels; they lie side by side."""


def four_panel_maps(model: keras.Model, scenes: Scenes, layer: str) -> dict[str, np.ndarray]:
    """What the paper's four-panel figure shows beside the images.

    Args:
        layer: whose feature maps are shown.

    Returns:
        `predicted` (n,) classes; `saliency` (n, h, w) d logit / d grey level of the predicted
        class; `occlusion` (n, h, w) how much of its margin over the next class is lost under each
        window set to 0; `probability` (n, h, w) what its probability is then; `features`
        (n, h', w', channels) activations of the layer.

    Raises:
        InvalidInput: scenes do not fit the model, or it has no such layer.
    """
    images = render(scenes)
    whole = softmax(logits(model, images).astype(float), axis=1).max(axis=1)[:, None, None]
    return {
        **predicted_classes(model, scenes),
        "saliency": gradient(model, images),
        "occlusion": _lost(model, images, "margin"),
        "probability": (whole - _lost(model, images, "probability")).clip(0, 1),
        "features": activations(model, images, [layer])[layer],
    }


def swept_maps(model: keras.Model, scenes: Scenes, levels: np.ndarray) -> dict[str, np.ndarray]:
    """Images and maps of the predicted class at every level, small enough to be put on a page.

    Returns:
        `images` (n, k, h, w) uint8, grey levels; `saliency` (n, k, h, w) uint8, |d logit / d grey
        level| of the class predicted at that level as shares of the map's largest, in 255ths;
        `steepest` (n, k) float32, that largest; `occlusion` (n, k, rows, columns) float32, how much
        of that class's margin over the next one is lost under each window set to 0.

    Raises:
        InvalidInput: levels are wrong, or scenes do not fit the model.
    """
    swept = as_levels(levels)
    check_scenes(model, scenes)
    parts = [_scene_maps(model, scenes[np.full(len(swept), i)], swept) for i in range(len(scenes))]
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def _scene_maps(model: keras.Model, scenes: Scenes, levels: np.ndarray) -> dict[str, np.ndarray]:
    """What `swept_maps` returns of one scene, repeated for every level."""
    images = render(scenes.replace(intensity=levels))
    gradients = np.abs(gradient(model, images))
    steepest = gradients.max(axis=(1, 2))
    scale = 255 / np.where(steepest > 0, steepest, 1)
    return {
        "images": images,
        "saliency": np.rint(gradients * scale[:, None, None]).astype(np.uint8),
        "steepest": steepest,
        "occlusion": _lost(model, images, "margin")[:, ::WINDOW, ::WINDOW],
    }


def _lost(model: keras.Model, images: np.ndarray, output: Output) -> np.ndarray:
    return occlusion(model, images, fill=0, window=WINDOW, stride=WINDOW, output=output)
