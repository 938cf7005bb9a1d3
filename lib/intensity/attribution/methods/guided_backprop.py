"""Guided backprop: a gradient that follows positive evidence only."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import (
    KEPT,
    Compiled,
    Output,
    compile_for_classes,
    gradients_of,
    prepare,
    score_tensor,
)
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

GUIDED = {"Relu": "IntensityGuidedRelu", "Relu6": "IntensityGuidedRelu6"}
"""Rectifiers, and the names of their guided gradients; they are found wherever a model has them."""


def guided_backprop(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Gradient in which every ReLU passes back what is positive, where it was active.

    A ReLU y = max(x, 0) passes back max(dy, 0) * [x > 0] in place of dy * [x > 0], wherever it
    stands in the model: as a layer, as the activation of one, or as an operation; likewise ReLU6.
    Other activations keep their gradients. Positive where a brighter pixel excites units that,
    all the way up, excite the class.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits, with ReLUs.

    Returns:
        (n, h, w) float32, score per grey level along excitatory paths.

    Raises:
        InvalidInput: an argument is wrong, or the model has no ReLU or no gradient.

    Reference: Springenberg et al. (2015), Striving for simplicity, section 3.4.
    """
    target = prepare(model, images, classes, output, batch)
    return target.apply(compiled_guided(model, output))


@lru_cache(maxsize=KEPT)
def compiled_guided(model: keras.Model, output: Output) -> Compiled:
    """(n, h, w, 1) float32 images, (n,) int32 classes -> (n, h, w)."""
    _register()

    def gradients(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        with images.graph.gradient_override_map(GUIDED):
            values = model(images, training=False)
        if not any(operation.type in GUIDED for operation in images.graph.get_operations()):
            raise InvalidInput("model: has no ReLU; guided backprop changes nothing else")
        return gradients_of(score_tensor(values, classes, output), images)

    return compile_for_classes(gradients, model)


@lru_cache(maxsize=1)
def _register() -> None:
    """Register the guided gradient: pass back what is positive, where the unit is active."""
    import tensorflow as tf

    originals = {"Relu": tf.raw_ops.ReluGrad, "Relu6": tf.raw_ops.Relu6Grad}
    for kind, original in originals.items():

        def guided(
            operation: tf.Operation, back: tf.Tensor, original: Compiled = original
        ) -> tf.Tensor:
            return original(gradients=tf.nn.relu(back), features=operation.outputs[0])

        tf.RegisterGradient(GUIDED[kind])(guided)
