"""Checks that a map has to pass before it is believed: weights, polarity, class.

A map that stays as it is when the weights are shuffled does not show what was learned. One that
changes when the same network reads negatives shows the code of the image. One that is the same
for two classes explains neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from intensity.attribution.base import KEPT
from intensity.evaluation.localization import Part, part_of
from intensity.models.inference import logits
from intensity.models.inputs import image_shape
from intensity.statistics.correlation import correlation, rank_correlation
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Method = Callable[["keras.Model", np.ndarray], np.ndarray]
"""A model and (n, h, w) images -> (n, h, w) maps, all else settled."""
ClassMethod = Callable[["keras.Model", np.ndarray, np.ndarray], np.ndarray]
"""The same with the (n,) classes to explain."""


def weight_randomization(
    method: Method,
    model: keras.Model,
    images: np.ndarray,
    *,
    order: Literal["cascading", "independent"],
    part: Part,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """How alike maps stay when kernels are shuffled, from the logits down or one at a time.

    A kernel's numbers are put in random order. Biases and norms stay, so that activations keep
    their scale and a map does not go blank for that reason. `method` must explain classes of
    its own choice (a fixed one, or that predicted by the trained model): shuffled weights predict
    another.

    Args:
        method: gives the maps.
        model: it is left as it is; a copy is changed.
        images: (n, h, w) grey levels.
        order: "cascading" keeps shuffled what is above; "independent" restores it.
        part: of the maps that is compared.
        seed: of the shuffling.

    Returns:
        (n,) Spearman's correlation with the maps of the model, by layer from the logits down; NaN
        where a map is the same everywhere.

    Raises:
        InvalidInput: there is no such order.

    Reference: Adebayo et al. (2018), Sanity checks for saliency maps, section 3.
    Departs from the paper: kernels are shuffled, not drawn from their initial distribution.
    """
    if order not in ("cascading", "independent"):
        raise InvalidInput(f"order: {order!r} is not allowed: cascading or independent")
    copy = twin(model)
    copy.set_weights(model.get_weights())
    stream = np.random.Generator(np.random.Philox(key=seed))
    before, found = part_of(method(copy, images), part), {}
    for layer in reversed([layer for layer in copy.layers if hasattr(layer, "kernel")]):
        kernel = np.array(layer.get_weights()[0])
        layer.kernel.assign(stream.permutation(kernel.ravel()).reshape(kernel.shape))
        found[layer.name] = rank_correlation(before, part_of(method(copy, images), part))
        if order == "independent":
            layer.kernel.assign(kernel)
    return found


def twin(model: keras.Model) -> keras.Model:
    """A model of the same layers, whose weights may be set at will.

    All models of one architecture share it, so that passes of it are compiled once for all.

    Args:
        model: any.
    """
    return _twin(_Architecture(_description(model), model))


def _description(model: keras.Model) -> str:
    """Layers and how they hang together, without the seeds of initial weights."""

    def unseeded(pairs: dict[str, object]) -> dict[str, object]:
        """A part of the description."""
        return {key: value for key, value in pairs.items() if key != "seed"}

    parts = json.loads(model.to_json(), object_hook=unseeded)
    return json.dumps(parts["config"] | {"name": ""})


@dataclass(frozen=True)
class _Architecture:
    """Layers of a model.

    Args:
        description: two models with the same one are equal but for their weights.
        model: one of them.
    """

    description: str
    model: keras.Model = field(compare=False)


@lru_cache(maxsize=KEPT)
def _twin(architecture: _Architecture) -> keras.Model:
    """A model of these layers."""
    import keras

    return keras.models.clone_model(architecture.model)


@lru_cache(maxsize=KEPT)
def reads_negatives(model: keras.Model) -> keras.Model:
    """The same network with an exact first layer 255 - x: what it reads are negatives.

    The weights are shared. For whole grey levels 255 - (255 - x) is x to the last bit.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
    """
    import keras

    images = keras.Input((*image_shape(model), 1))
    return keras.Model(images, model(keras.layers.Rescaling(-1.0, 255.0)(images)))


def polarity_agreement(
    method: Method, method_on_negatives: Method, model: keras.Model, images: np.ndarray, part: Part
) -> np.ndarray:
    """How alike maps are when the same network reads the same scenes as negatives.

    Args:
        method: gives the maps.
        method_on_negatives: the same with all its grey levels (fill, baseline) as negatives.
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (n, h, w) uint8, grey levels.
        part: of the maps that is compared.

    Returns:
        (n,) Spearman's correlation; NaN where a map is the same everywhere.

    Reference: Kindermans et al. (2019), The (un)reliability of saliency methods.
    """
    plain = method(model, images)
    negative = method_on_negatives(reads_negatives(model), 255 - images)
    return rank_correlation(part_of(plain, part), part_of(negative, part))


def class_agreement(
    method: ClassMethod, model: keras.Model, images: np.ndarray, *, batch: int = 64
) -> dict[str, np.ndarray]:
    """How alike the maps for the predicted class and for the one that comes second are.

    Args:
        method: gives the maps for classes.
        model: from (n, h, w, 1) grey levels to (n, classes) logits, two classes or more.
        images: (n, h, w) grey levels.
        batch: images that pass through the model at once.

    Returns:
        `correlation` (n,), Pearson's, NaN where a map is the same everywhere; `blank` (n, 2) bool,
        whether the map of the first and of the second class is 0 everywhere.
    """
    ranked = np.argsort(-logits(model, images, batch), axis=1, kind="stable")
    maps = [method(model, images, ranked[:, place].astype(np.int32)) for place in (0, 1)]
    blank = np.stack([~found.any(axis=(1, 2)) for found in maps], axis=1)
    return {"correlation": correlation(*maps), "blank": blank}
