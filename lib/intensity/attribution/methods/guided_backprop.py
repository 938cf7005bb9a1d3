"""Guided backprop: a gradient that follows positive evidence only."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from intensity.attribution.base import (
    MOST_COMPILED,
    Channels,
    Compiled,
    Output,
    compile_for_classes,
    gradients_of,
    prepare,
    score_tensor,
    summed,
)
from intensity.attribution.rules import activation_of, as_layer, before_activation, with_rule
from intensity.models.layers import layer_calls
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def guided_backprop(
    model: keras.Model,
    images: np.ndarray,
    *,
    channels: Channels = "sum",
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Gradient in which every ReLU passes back what is positive, where it was active.

    A ReLU y = max(x, 0) passes back max(dy, 0) * [x > 0] in place of dy * [x > 0]; likewise ReLU6.
    Other activations keep their gradients. Positive where a brighter pixel excites units that,
    all the way up, excite the class.

    Returns:
        (n, h, w) float32, score per grey level along excitatory paths.

    Raises:
        InvalidInput: an argument is wrong, the model has no gradient, no ReLU, or one that is
            neither a layer nor the activation of one.

    Reference: Springenberg et al. (2015), Striving for simplicity, section 3.4.
    """
    target = prepare(model, images, classes, output, batch)
    return summed(target.apply(compiled_guided(target.model, output)), channels)


@lru_cache(maxsize=MOST_COMPILED)
def compiled_guided(model: keras.Model, output: Output) -> Compiled:
    """(n, h, w, c) float32 images, (n,) int32 classes -> (n, h, w, c)."""
    guided, reached = _with_guided_relus(model)

    def gradients(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Guided gradients of the scores in the images."""
        values = guided(images, training=False)
        _check_all_reached([op.type for op in images.graph.get_operations()], reached)
        return gradients_of(score_tensor(values, classes, output), images)

    return compile_for_classes(gradients, model)


def _check_all_reached(operations: list[str], reached: int) -> None:
    """Refuse models of which not every ReLU is guided.

    Raises:
        InvalidInput: there is none, or there are others.
    """
    found = sum(kind in ("Relu", "Relu6") for kind in operations)
    if not found:
        raise InvalidInput("model: has no ReLU; guided backprop changes nothing else")
    if found > reached:
        raise InvalidInput(
            f"model: {found - reached} of {found} ReLUs are not allowed: "
            "each must be a layer or the activation of one"
        )


def _with_guided_relus(model: keras.Model) -> tuple[keras.Model, int]:
    """The same network, weights shared, with guided ReLUs, and how many they are."""
    reached = []

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The layer's output, by the guided rule where it rectifies."""
        function = activation_of(layer)
        if not _rectifies(function):
            return layer(*arguments, **options)
        reached.append(layer)
        guided = with_rule(function, _guided)
        return as_layer(guided)(before_activation(layer, *arguments))

    return layer_calls(model, called)[0], len(reached)


def _rectifies(function: Any) -> bool:
    import keras

    if isinstance(function, keras.layers.ReLU):
        return not function.negative_slope and not function.threshold
    return function in (keras.activations.relu, keras.activations.relu6)


def _guided(x: tf.Tensor, y: tf.Tensor, back: tf.Tensor) -> tf.Tensor:
    """What a ReLU passes back of what is positive."""
    import tensorflow as tf

    return tf.gradients(y, x, tf.nn.relu(back))[0]
