"""How much of the gradient saliency lies on the object, beside maps that learned nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.edge_filters import sobel_edges
from intensity.attribution.methods.gradient import gradient
from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.evaluation.localization import relevance_mass
from intensity.models.architectures import Network

if TYPE_CHECKING:
    import keras


def saliency_share(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """`share` (n,): of the |gradient| of the predicted class, what lies on the visible object."""
    maps, visible = gradient(model, render(scenes)), masks(scenes).object
    return {"share": relevance_mass(maps, visible, "absolute")}


def untrained_saliency_share(network: Network, seed: int, scenes: Scenes) -> dict[str, np.ndarray]:
    """The same for fresh weights: what the architecture by itself would show.

    Args:
        network: the architecture.
        seed: of the weights.
    """
    from intensity.models.build import build

    model = build(network, scenes.options.size, scenes.task.classes, seed)
    return saliency_share(model, scenes)


def baseline_shares(scenes: Scenes) -> dict[str, np.ndarray]:
    """The same for maps that need no network.

    Returns:
        (n,) each: `uniform` (the object's share of the image), `image` (grey levels as a map) and
        `sobel` (magnitude of the image's gradient).
    """
    images, visible = render(scenes).astype(np.float64), masks(scenes).object
    return {
        "uniform": visible.mean(axis=(1, 2)),
        "image": relevance_mass(images, visible, "absolute"),
        "sobel": relevance_mass(sobel_edges(images), visible, "absolute"),
    }
