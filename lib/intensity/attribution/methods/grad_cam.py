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
        layer: by name, one with feature maps; where None the last that has a kernel, of whatever
            kind of convolution, and returns more than one place. Layers of one name in several
            inner models have paths, "left.conv". Of several calls of a layer the last counts.

    Returns:
        (n, h, w) float32, score per place of the layer.

    Raises:
        InvalidInput: an argument is wrong, or the score does not depend on such a layer.

    Reference: Selvaraju et al. (2017), Grad-CAM, section 3.
    """
    target = prepare(model, images, classes, output, batch)
    return target.apply(compiled_grad_cam(target.model, output, layer))


def _name(model: keras.Model, layer: str | None) -> str:
    """The name of a layer that has feature maps; the last with a kernel where None.

    Raises:
        InvalidInput: there is none.
    """
    maps = [call for call in layer_calls(model)[1] if len(call.output.shape) == 4]
    if layer is None:
        names = [call.layer.name for call in maps if _convolves(call)]
        if not names:
            raise InvalidInput(
                "layer: the model has no convolution of several places; "
                "name a layer with feature maps"
            )
        return names[-1]
    names = [call.layer.name for call in maps]
    if layer not in names:
        raise InvalidInput(f"layer: {layer!r} is not allowed: {', '.join(names)}")
    return layer


def _convolves(call: Call) -> bool:
    """Whether a layer has a kernel and returns feature maps of more than one place."""
    kernels = (weight for weight in getattr(call.layer, "weights", ()) if len(weight.shape) == 4)
    return any(True for _ in kernels) and call.output.shape[1:3] != (1, 1)


@lru_cache(maxsize=MOST_COMPILED)
def compiled_grad_cam(model: keras.Model, output: Output, layer: str | None) -> Compiled:
    """(n, h, w, c) float32 images, (n,) int32 classes -> (n, h, w)."""
    import keras
    import tensorflow as tf

    name = _name(model, layer)
    opened, calls = layer_calls(model)
    maps = [call.output for call in calls if call.layer.name == name][-1]
    both = keras.Model(opened.inputs, [maps, *opened.outputs])

    def weighted(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Feature maps weighted by their mean gradients."""
        features, values = both(images, training=False)
        (found,) = tf.gradients(tf.reduce_sum(score_tensor(values, classes, output)), features)
        if found is None:
            raise InvalidInput(f"layer: the score has no gradient in {name!r}")
        weights = tf.reduce_mean(found, axis=(1, 2), keepdims=True)
        small = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))
        return tf.image.resize(small, tf.shape(images)[1:3])[..., 0]

    return compile_for_classes(weighted, model)
