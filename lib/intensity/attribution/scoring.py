"""How much of a map lies on the object: one number beside the pictures, with what it is to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import sobel

from intensity.architectures import Network
from intensity.attribution.gradient import gradient
from intensity.rendering import masks, render
from intensity.scenes import Scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def share_on(maps: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Share of a map's magnitude that falls on some pixels.

    Args:
        maps: (n, h, w) numbers of any sign.
        where: (n, h, w) bool.

    Returns:
        (n,) float64, 0..1; for a map that is 0 everywhere the share of the pixels, as for any other
        map that says nothing.

    Raises:
        InvalidInput: the shapes differ.
    """
    if maps.shape != where.shape:
        raise InvalidInput(f"where: shape {where.shape} is not allowed: that of maps, {maps.shape}")
    weights = np.abs(maps).astype(np.float64)
    weights[weights.sum(axis=(1, 2)) == 0] = 1
    shares: np.ndarray = (weights * where).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    return shares


def saliency_share(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """Share of the gradient saliency of the predicted class on the visible object.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.

    Returns:
        `share` (n,).
    """
    return {"share": share_on(gradient(model, render(scenes)), masks(scenes).object)}


def untrained_saliency_share(network: Network, seed: int, scenes: Scenes) -> dict[str, np.ndarray]:
    """The same for fresh weights: what the architecture by itself would show.

    Args:
        network: the architecture.
        seed: of the weights.
        scenes: n scenes.

    Returns:
        `share` (n,).

    Reference: Adebayo et al. (2018), Sanity checks for saliency maps.
    """
    from intensity.networks import build

    model = build(network, scenes.options.size, scenes.task.classes, seed)
    return saliency_share(model, scenes)


def baseline_shares(scenes: Scenes) -> dict[str, np.ndarray]:
    """The same for maps that need no network.

    Args:
        scenes: n scenes.

    Returns:
        (n,) each: `uniform` (the object's share of the image), `image` (grey levels as a map) and
        `sobel` (magnitude of the image's slope).
    """
    images, visible = render(scenes).astype(np.float64), masks(scenes).object
    slope = np.hypot(sobel(images, axis=1), sobel(images, axis=2))
    return {
        "uniform": visible.mean(axis=(1, 2)),
        "image": share_on(images, visible),
        "sobel": share_on(slope, visible),
    }
