"""Response profiles: what every unit of a network does while an object's intensity changes.

A unit is a channel of a convolution or an output of a dense layer. Its response to an image is the
mean of its activation over space, as in the paper, and also over the visible object alone, since
most of space is background. A profile is the response on an exact sweep: the same noise-free scenes
at every level. A scatter is the response to ordinary scenes, each with its own intensity.

Both are arrays by name with one row a unit: `layer` (u,), `unit` (u,), `space` and `object` (u, k).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.analysis.activations import IMAGES_AT_ONCE, layer_outputs, rectified_layers
from intensity.data.levels import as_levels
from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.models.inputs import batches, check_scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Weights = Callable[[int, int], np.ndarray]
BIN = 5
"""Grey levels in a bin of a scatter; bins begin at 0."""


def response_profiles(
    model: keras.Model,
    scenes: Scenes,
    levels: np.ndarray,
    layers: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Responses of all units on the exact sweep, averaged over scenes.

    Args:
        scenes: n scenes; their noise is left out.

    Returns:
        `levels` (k,); `layer`, `unit` (u,); `space` and `object` (u, k) float64, mean activation
        over space and over the visible object. Units without space have the same in both.

    Raises:
        InvalidInput: levels or layers are wrong, scenes do not fit, or an object is invisible.
    """
    check_scenes(model, scenes)
    swept, layers = as_levels(levels), rectified_layers(model) if layers is None else layers
    read, still = layer_outputs(model, layers), scenes.without_noise()
    names = _unit_names(model, layers)
    total = np.zeros((2, len(names["unit"]), len(swept)))
    for rows in batches(len(still), IMAGES_AT_ONCE):
        count = rows.stop - rows.start
        each = IMAGES_AT_ONCE // count  # levels that are shown at once
        part = still[np.tile(np.arange(rows.start, rows.stop), each)]
        weights = _weights_of(part)
        for some in batches(len(swept), each):
            level = np.repeat(swept[some], count)
            images = render(part[: len(level)].replace(intensity=level))
            found = _responses(read(images), weights)
            total[:, :, some] += found.reshape(2, len(total[0]), -1, count).sum(axis=3)
    space, inside = total / len(scenes)
    return {"levels": swept, **names, "space": space, "object": inside}


def response_scatter(
    model: keras.Model, scenes: Scenes, layers: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Responses of all units to scenes as they are, noise included.

    Returns:
        `intensity` (n,) of the objects; `layer`, `unit` (u,); `space` and `object` (u, n) float64.

    Raises:
        InvalidInput: layers are wrong, scenes do not fit, or an object is invisible.
    """
    check_scenes(model, scenes)
    layers = rectified_layers(model) if layers is None else layers
    read = layer_outputs(model, layers)
    parts = [
        _responses(read(render(scenes[rows])), _weights_of(scenes[rows]))
        for rows in batches(len(scenes), IMAGES_AT_ONCE)
    ]
    space, inside = np.concatenate(parts, axis=2)
    names = _unit_names(model, layers)
    return {"intensity": scenes.intensity, **names, "space": space, "object": inside}


def binned_means(scatter: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The mean curve through a scatter: responses averaged over bins of intensity.

    Args:
        scatter: from `response_scatter`.

    Returns:
        As `response_profiles`: `levels` (k,) float64 are the middles of the bins that hold a scene,
        `count` (k,) their numbers of scenes.
    """
    bins, place, count = np.unique(
        scatter["intensity"].astype(int) // BIN, return_inverse=True, return_counts=True
    )
    member = np.eye(len(bins))[place] / count
    means = {name: scatter[name] @ member for name in ("space", "object")}
    names = {name: scatter[name] for name in ("layer", "unit")}
    return {"levels": bins * BIN + (BIN - 1) / 2, "count": count, **names, **means}


def object_weights(visible: np.ndarray, height: int, width: int) -> np.ndarray:
    """How much of the object lies under each cell of a coarser grid.

    A cell covers an equal share of the image; where sizes do not divide, border pixels are shared
    between cells by area. Padding that a network leaves out is not taken into account.

    Args:
        visible: (n, h, w) bool, visible pixels of the object.
        height: rows of the grid.
        width: columns of the grid.

    Returns:
        (n, height, width) float32; each image's weights sum to 1.

    Raises:
        InvalidInput: an object has no visible pixel.
    """
    if not visible.any(axis=(1, 2)).all():
        raise InvalidInput("scenes: an object that is wholly covered is not allowed")
    rows, columns = _shares(visible.shape[1], height), _shares(visible.shape[2], width)
    weights: np.ndarray = rows @ visible.astype(np.float32) @ columns.T
    weights /= weights.sum(axis=(1, 2), keepdims=True)
    return weights


def _shares(pixels: int, cells: int) -> np.ndarray:
    bounds = np.arange(cells + 1)[:, None] * pixels / cells
    left = np.clip(bounds - np.arange(pixels), 0, 1)
    return np.diff(left, axis=0).astype(np.float32)


def _weights_of(scenes: Scenes) -> Weights:
    """For maps of a size (n, 2, places): equal weights, and those of the object."""
    visible = masks(scenes).object

    def weights(height: int, width: int) -> np.ndarray:
        """Both rows of weights of every image; each sums to 1."""
        inside = object_weights(visible, height, width)
        return np.stack([np.full_like(inside, 1 / inside[0].size), inside], axis=1).reshape(
            len(inside), 2, -1
        )

    return cache(weights)


def _unit_names(model: keras.Model, layers: Sequence[str]) -> dict[str, np.ndarray]:
    counts = [model.get_layer(name).output.shape[-1] for name in layers]
    units = np.concatenate([np.arange(count) for count in counts])
    return {"layer": np.repeat(np.asarray(layers), counts), "unit": units}


def _responses(maps: dict[str, np.ndarray], weights: Weights) -> np.ndarray:
    """(2, u, n) float64: mean over space and over the object, of all units in all images."""
    found = []
    for values in maps.values():
        if values.ndim == 2:
            found.append(np.stack([values, values], axis=1))
        else:
            count, height, width, channels = values.shape
            rows = weights(height, width)[:count]
            found.append(rows @ values.reshape(count, height * width, channels))
    return np.concatenate(found, axis=2).astype(np.float64).transpose(1, 2, 0)
