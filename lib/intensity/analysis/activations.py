"""Activations: what layers of a network hold when it sees images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inputs import as_images, batches, to_network
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

IMAGES_AT_ONCE = 64
"""Images whose activations are in memory at once."""


def activations(
    model: keras.Model, images: np.ndarray, layers: Sequence[str]
) -> dict[str, np.ndarray]:
    """Activations of layers, for feature maps.

    Args:
        images: (n, h, w) or (n, h, w, 1), grey levels.
        layers: names of layers.

    Returns:
        For every layer (n, height, width, channels) or (n, units) float32.

    Raises:
        InvalidInput: images do not fit, or the model has no layer of a name.
    """
    pixels = as_images(images, model)
    read = layer_outputs(model, layers)
    parts = [read(pixels[rows]) for rows in batches(len(pixels), IMAGES_AT_ONCE)]
    return {name: np.concatenate([part[name] for part in parts]) for name in layers}


def layer_outputs(
    model: keras.Model, layers: Sequence[str]
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """A function from (n, h, w) grey levels to the activations of layers, in one pass.

    Raises:
        InvalidInput: no layer is named, or the model has none of that name.
    """
    from intensity.models.folding import tapped

    names = [layer.name for layer in model.layers]
    unknown = [name for name in layers if name not in names]
    if unknown or not layers or isinstance(layers, str):
        raise InvalidInput(
            f"layers: {unknown or layers} is not allowed: a list of {', '.join(names)}"
        )
    network = tapped(model, layers)

    def read(pixels: np.ndarray) -> dict[str, np.ndarray]:
        """Activations by name, in the order of `layers`, which Keras does not promise."""
        values = network.predict_on_batch(to_network(pixels))
        return {name: values[name] for name in layers}

    return read


def feature_maps(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """Activations of all rectified layers that have space, from the input to the output.

    Returns:
        For every layer (n, height, width, channels) float32.
    """
    ranks = {layer.name: len(layer.output.shape) for layer in model.layers}
    spatial = [name for name in rectified_layers(model) if ranks[name] == 4]
    return activations(model, render(scenes), spatial)


def rectified_layers(model: keras.Model) -> list[str]:
    """Where profiles are taken: every layer named relu..., then the logits.

    Raises:
        InvalidInput: the model's layers have other names.
    """
    names = [layer.name for layer in model.layers]
    chosen = [name for name in names if name.startswith("relu") or name == "logits"]
    if not chosen:
        raise InvalidInput(f"layers: none is named relu... or logits; name some of {names}")
    return chosen
