"""What an intensity sweep changes: images, probabilities, saliency and occlusion maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from intensity.analysis.response_curves import class_response_curves
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.occlusion import occlusion
from intensity.data.levels import as_levels
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inputs import check_scenes

if TYPE_CHECKING:
    import keras

WINDOW = 8
"""Side of occluding windows, pixels; they lie side by side."""


def swept_probabilities(
    model: keras.Model, scenes: Scenes, levels: np.ndarray
) -> dict[str, np.ndarray]:
    """Class probabilities of scenes rendered again at every level, all else unchanged.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        levels: (k,) integers 0..255, increasing: the object's intensities.

    Returns:
        `probabilities` (n, k, classes) float32.

    Raises:
        InvalidInput: levels are wrong, or scenes do not fit the model.
    """
    logits = class_response_curves(model, scenes, levels)["logits"]
    return {"probabilities": softmax(logits, axis=-1)}


def swept_maps(model: keras.Model, scenes: Scenes, levels: np.ndarray) -> dict[str, np.ndarray]:
    """Images and maps of the predicted class at every level, small enough to be put on a page.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        levels: (k,) integers 0..255, increasing: the object's intensities.

    Returns:
        `images` (n, k, h, w) uint8, grey levels; `saliency` (n, k, h, w) uint8, |d logit / d grey
        level| of the class predicted at that level as shares of the map's largest, in 255ths;
        `steepest` (n, k) float32, that largest; `occlusion` (n, k, rows, columns) float32, -1..1,
        the probability of that class that is lost under each window of 8 x 8 pixels set to 0.

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
    slopes = np.abs(gradient(model, images))
    steepest = slopes.max(axis=(1, 2))
    scale = 255 / np.where(steepest > 0, steepest, 1)
    lost = occlusion(model, images, fill=0, window=WINDOW, stride=WINDOW, output="probability")
    return {
        "images": images,
        "saliency": np.rint(slopes * scale[:, None, None]).astype(np.uint8),
        "steepest": steepest,
        "occlusion": lost[:, ::WINDOW, ::WINDOW],
    }
