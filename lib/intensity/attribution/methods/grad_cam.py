"""Grad-CAM: feature maps weighed by how much the score hangs on each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np

from intensity.attribution.base import (
    KEPT,
    Output,
    Pass,
    apply,
    ask,
    compile_for_classes,
    explained,
)
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
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        layer: by name, one with feature maps; the last convolution where None.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, score per place of the layer.

    Raises:
        InvalidInput: an argument is wrong, or the score does not hang on such a layer.

    Reference: Selvaraju et al. (2017), Grad-CAM, section 3.
    """
    question = ask(model, images, classes, output, batch)
    name = _last_convolution(model) if layer is None else _with_maps(model, layer)
    return apply(compiled_grad_cam(model, output, name), question)


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """All layers, those of models inside of the model too, in their order."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _last_convolution(model: keras.Model) -> str:
    """The name of the last convolution.

    Raises:
        InvalidInput: there is none.
    """
    import keras

    names = [layer.name for layer in _layers(model) if isinstance(layer, keras.layers.Conv2D)]
    if not names:
        raise InvalidInput("layer: the model has no convolution; name a layer with feature maps")
    return names[-1]


def _with_maps(model: keras.Model, layer: str) -> str:
    """The name of a layer that has feature maps.

    Raises:
        InvalidInput: there is none of that name.
    """
    names = [one.name for one in _layers(model) if len(one.output.shape) == 4]
    if layer not in names:
        raise InvalidInput(f"layer: {layer!r} is not allowed: {', '.join(names)}")
    return layer


@lru_cache(maxsize=KEPT)
def compiled_grad_cam(model: keras.Model, output: Output, layer: str) -> Pass:
    """(n, h, w, 1) float32 images, (n,) int32 classes -> (n, h, w)."""
    import tensorflow as tf

    looked_at = next(one for one in _layers(model) if one.name == layer)

    def weighed(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Feature maps and the slopes of the score in them, from one pass forward and back."""
        with _remembering(looked_at) as seen:
            values = model(images, training=False)
        features = seen[0]
        slopes = tf.gradients(tf.reduce_sum(explained(values, classes, output)), features)[0]
        if slopes is None:
            raise InvalidInput(f"layer: the score has no gradient in {layer!r}")
        weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
        small = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))
        return tf.image.resize(small, tf.shape(images)[1:3])[..., 0]

    return compile_for_classes(weighed, model)


@contextmanager
def _remembering(layer: keras.Layer) -> Iterator[list[tf.Tensor]]:
    """What a layer returns while the block runs: it may stand inside of another model."""
    seen, call = [], layer.call

    def remembered(*inputs: tf.Tensor, **options: bool) -> tf.Tensor:
        """The layer's own answer, kept."""
        seen.append(call(*inputs, **options))
        return seen[-1]

    with patch.object(layer, "call", remembered):
        yield seen
