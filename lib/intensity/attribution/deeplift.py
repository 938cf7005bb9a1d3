"""DeepLIFT: what a pixel's difference from a baseline adds to the score, unit by unit."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.backgrounds import Baseline, baseline_images
from intensity.attribution.inputs import to_network
from intensity.attribution.passes import (
    KEPT,
    Output,
    Pass,
    ask,
    explained,
    image_spec,
    only_channel,
)
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SLOPES: dict[str, Callable[..., tf.Tensor]] = {
    "Relu": lambda tf, op, g: tf.raw_ops.ReluGrad(gradients=g, features=op.outputs[0]),
    "Relu6": lambda tf, op, g: tf.raw_ops.Relu6Grad(gradients=g, features=op.outputs[0]),
    "Elu": lambda tf, op, g: tf.raw_ops.EluGrad(gradients=g, outputs=op.outputs[0]),
    "Selu": lambda tf, op, g: tf.raw_ops.SeluGrad(gradients=g, outputs=op.outputs[0]),
    "Tanh": lambda tf, op, g: tf.raw_ops.TanhGrad(y=op.outputs[0], dy=g),
    "Sigmoid": lambda tf, op, g: tf.raw_ops.SigmoidGrad(y=op.outputs[0], dy=g),
    "Softplus": lambda tf, op, g: tf.raw_ops.SoftplusGrad(gradients=g, features=op.inputs[0]),
}
"""TensorFlow's own way back through functions of single numbers, where nothing differs."""
RULE = {kind: f"IntensityRescale{kind}" for kind in (*SLOPES, "MaxPool")}
"""Under which names TensorFlow knows the rule."""
SAME = 1e-6
"""Differences of inputs below this are none: the slope is taken instead."""


def deeplift(
    model: keras.Model,
    images: np.ndarray,
    *,
    baseline: Baseline,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Contributions of differences from a baseline, by the Rescale rule.

    map[i] = (image_i - b_i) * m_i, with m made like a gradient, but for every nonlinear unit the
    quotient (y - y0) / (x - x0) of its differences in place of its slope. Of a largest value, what
    lies above the other image's is handed to the place where it is found. The map sums to
    f(image) - f(baseline): positive where the difference speaks for the class. Functions other
    than those in `SLOPES`, and largest values, keep their slopes, and the sum is off by that.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        baseline: images of the same shape, for example the scenes rendered again; a grey level;
            "black"; "mean", of each image; or "background", most frequent along its border.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class; the rule ends there.
        batch: images that pass through the model at once, with as many baselines.

    Returns:
        (n, h, w) float32, score.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Shrikumar, Greenside, Kundaje (2017), Learning important features through propagating
        activation differences, section 3.5.1; largest values as in captum.
    """
    question = ask(model, images, classes, output, batch)
    if output != "logit":
        raise InvalidInput(f"output: {output!r} is not allowed: 'logit'; the rule ends there")
    starts = np.broadcast_to(baseline_images(baseline, question.pixels), question.pixels.shape)
    contributions, parts, done = compiled_contributions(model), [], 0
    for part in question.parts():
        start = starts[done : done + len(part)]
        found = contributions(to_network(part.pixels), to_network(start), part.classes)
        parts.append(found.numpy())
        done += len(part)
    return np.concatenate(parts)


@lru_cache(maxsize=KEPT)
def compiled_contributions(model: keras.Model) -> Pass:
    """(n, h, w, 1) float32 images and baselines, (n,) int32 classes -> (n, h, w)."""
    import tensorflow as tf

    _register()

    def contributions(images: tf.Tensor, starts: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Images and baselines pass together; the way back is that of the images alone."""
        both = tf.concat([images, starts], axis=0)
        graph = tf.compat.v1.get_default_graph()
        with graph.gradient_override_map(RULE):
            values = model(both, training=False)
        total = tf.reduce_sum(explained(values[: tf.shape(images)[0]], classes, "logit"))
        slopes = only_channel(tf.gradients(total, both)[0])
        return slopes[: tf.shape(images)[0]] * (images - starts)[..., 0]

    signature = [image_spec(model), image_spec(model), tf.TensorSpec((None,), tf.int32)]
    compiled: Pass = tf.function(contributions, input_signature=signature, autograph=False)
    return compiled


@lru_cache(maxsize=1)
def _register() -> None:
    """Tell TensorFlow the rules, once."""
    import tensorflow as tf

    for kind, slope in SLOPES.items():
        tf.RegisterGradient(RULE[kind])(partial(_rescaled, slope))
    tf.RegisterGradient(RULE["MaxPool"])(_routed)


def _rescaled(slope: Pass, operation: tf.Operation, back: tf.Tensor) -> tf.Tensor:
    """The quotient of differences, or the slope where the inputs are the same."""
    import tensorflow as tf

    change, result = (_difference(t) for t in (operation.inputs[0], operation.outputs[0]))
    first, other = tf.split(slope(tf, operation, back), 2)
    same = tf.abs(change) < SAME
    quotient = result / tf.where(same, 1.0, change)
    ours = tf.where(same, first, tf.split(back, 2)[0] * quotient)
    return tf.concat([ours, tf.zeros_like(other)], axis=0)


def _routed(operation: tf.Operation, back: tf.Tensor) -> tf.Tensor:
    """What a largest value gains goes where it is, what it lacks where the baseline's was."""
    import tensorflow as tf

    maps, largest = operation.inputs[0], operation.outputs[0]
    here, there = tf.split(largest, 2)
    most, back = tf.maximum(here, there), tf.split(back, 2)[0]
    weights = tf.concat([back * (most - there), back * (here - most), back], axis=0)
    ours, theirs = tf.split(maps, 2)
    options = {name: operation.get_attr(name) for name in ("ksize", "strides", "padding")}
    found = tf.raw_ops.MaxPoolGrad(
        orig_input=tf.concat([maps, ours], axis=0),
        orig_output=tf.concat([largest, here], axis=0),
        grad=weights,
        **options,
    )
    gained, lacked, slope = tf.split(found, 3)
    change = ours - theirs
    same = tf.abs(change) < SAME
    handed = tf.where(same, slope, (gained + lacked) / tf.where(same, 1.0, change))
    return tf.concat([handed, tf.zeros_like(handed)], axis=0)


def _difference(values: tf.Tensor) -> tf.Tensor:
    """Of images from baselines, that follow them in a batch."""
    import tensorflow as tf

    images, starts = tf.split(values, 2)
    return images - starts
