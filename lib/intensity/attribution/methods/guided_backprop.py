"""Guided backprop: a gradient that follows positive evidence only."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import (
    KEPT,
    Output,
    Pass,
    apply,
    ask,
    compile_for_classes,
    explained,
    only_channel,
)
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

GUIDED = {"Relu": "IntensityGuidedRelu", "Relu6": "IntensityGuidedRelu6"}
"""Under which names TensorFlow knows the rule for its rectifiers."""


def guided_backprop(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Gradient in which every ReLU hands back what is positive, where it was active.

    A ReLU y = max(x, 0) hands back max(dy, 0) * [x > 0] in place of dy * [x > 0], wherever it
    stands in the model: as a layer, as the activation of one, or as an operation; likewise ReLU6.
    Other activations keep their gradients. Positive where a brighter pixel excites units that,
    all the way up, excite the class.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits, with ReLUs.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, score per grey level along excitatory paths.

    Raises:
        InvalidInput: an argument is wrong, or the model has no ReLU or no gradient.

    Reference: Springenberg et al. (2015), Striving for simplicity, section 3.4.
    """
    question = ask(model, images, classes, output, batch)
    return apply(compiled_guided(model, output), question)


@lru_cache(maxsize=KEPT)
def compiled_guided(model: keras.Model, output: Output) -> Pass:
    """(n, h, w, 1) float32 images, (n,) int32 classes -> (n, h, w)."""
    import tensorflow as tf

    _register()

    def slopes(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """The model is traced under the other rule; its weights are its own."""
        graph = tf.compat.v1.get_default_graph()
        with graph.gradient_override_map(GUIDED):
            values = model(images, training=False)
        if not any(operation.type in GUIDED for operation in graph.get_operations()):
            raise InvalidInput("model: has no ReLU; guided backprop changes nothing else")
        total = tf.reduce_sum(explained(values, classes, output))
        return only_channel(tf.gradients(total, images)[0])

    return compile_for_classes(slopes, model)


@lru_cache(maxsize=1)
def _register() -> None:
    """Tell TensorFlow the rule, once: what is positive takes the rectifier's own way back."""
    import tensorflow as tf

    ways_back = {"Relu": tf.raw_ops.ReluGrad, "Relu6": tf.raw_ops.Relu6Grad}
    for kind, way_back in ways_back.items():

        def guided(
            operation: tf.Operation, slope: tf.Tensor, way_back: Pass = way_back
        ) -> tf.Tensor:
            """What a guided rectifier hands back."""
            return way_back(gradients=tf.nn.relu(slope), features=operation.outputs[0])

        tf.RegisterGradient(GUIDED[kind])(guided)
