"""Grad-CAM: feature maps weighed by how much the score depends on each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import (
    MOST_COMPILED,
    Compiled,
    Output,
    compile_for_classes,
    prepare,
    score_tensor,
)
from intensity.models.layers import Call, layer_calls
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    *,
    layer: str | None = None,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Where the channels of a layer that speak for the class are active.

    map = max(0, sum over channels of a_k A_k), with A_k the feature maps of the layer and a_k the
    mean over its places of d score / d A_k; enlarged to the image, bilinearly. Never negative:
    evidence against the class is not shown.

    Args:
        layer: by name, one with feature maps of more than one place; where None the last that has a
            kernel, of whatever kind of convolution. Layers of one name in several inner models have
            paths, "left.conv". Of several calls of a layer the last with such maps counts.

    Returns:
        (n, h, w) float32, score per place of the layer.

    Raises:
        InvalidInput: an argument is wrong, the score does not depend on such a layer, or its maps
            turn out to have one place.

    Reference: Selvaraju et al. (2017), Grad-CAM, section 3.
    """
    import tensorflow as tf

    target = prepare(model, images, classes, output, batch)
    maps = target.apply(compiled_grad_cam(target.model, output, layer))
    size = target.pixels.shape[1:3]
    if maps.shape[1:3] == (1, 1):
        found = "the last convolution" if layer is None else repr(layer)
        raise InvalidInput(
            f"layer: {found} is not allowed: of {size[0]} x {size[1]} pixels it makes one place"
        )
    enlarged: np.ndarray = tf.image.resize(maps, size).numpy()[..., 0]
    return enlarged


def _call(calls: list[Call], layer: str | None) -> Call:
    """The last call that returns feature maps; of a layer, or of any with a kernel where None.

    Raises:
        InvalidInput: there is none.
    """
    maps = [call for call in calls if _returns_maps(call)]
    found = [c for c in maps if (_convolves(c) if layer is None else c.layer.name == layer)]
    if found:
        return found[-1]
    if layer is None:
        raise InvalidInput(
            "layer: the model has no convolution of several places; name a layer with feature maps"
        )
    allowed = ", ".join(dict.fromkeys(call.layer.name for call in maps))
    raise InvalidInput(f"layer: {layer!r} is not allowed: {allowed}")


def _returns_maps(call: Call) -> bool:
    """Whether it returns one tensor, of feature maps that may have more than one place."""
    shape = getattr(call.output, "shape", ())  # several outputs are a list
    return len(shape) == 4 and shape[1:3] != (1, 1)


def _convolves(call: Call) -> bool:
    return any(len(weight.shape) == 4 for weight in getattr(call.layer, "weights", ()))


@lru_cache(maxsize=MOST_COMPILED)
def compiled_grad_cam(model: keras.Model, output: Output, layer: str | None) -> Compiled:
    """(n, h, w, c) float32 images, (n,) int32 classes -> maps as small as those of the layer."""
    import keras
    import tensorflow as tf

    opened, calls = layer_calls(model)
    explained = _call(calls, layer)
    both = keras.Model(opened.inputs, [explained.output, *opened.outputs])

    def weighted(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Feature maps weighted by their mean gradients."""
        features, values = both(images, training=False)
        (found,) = tf.gradients(tf.reduce_sum(score_tensor(values, classes, output)), features)
        if found is None:
            raise InvalidInput(f"layer: the score has no gradient in {explained.layer.name!r}")
        weights = tf.reduce_mean(found, axis=(1, 2), keepdims=True)
        return tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))

    return compile_for_classes(weighted, model)
