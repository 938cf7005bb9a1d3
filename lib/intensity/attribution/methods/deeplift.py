"""DeepLIFT: what a pixel's difference from a baseline adds to the score, unit by unit."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.backgrounds import Baseline, baseline_images
from intensity.attribution.base import KEPT, Compiled, Output, prepare
from intensity.models.inputs import batches, image_spec, to_network
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

BENT = ("Elu", "LeakyRelu", "Relu", "Relu6", "Selu")
"""Functions of single numbers whose quotients are exact, however close the numbers are."""
SMOOTH = ("Sigmoid", "Softplus", "Tanh")
"""Those whose differences drown in rounding where numbers are close."""
NEAR = 1e-2
"""Below this difference the mean of both gradients is closer than float32 differences are."""
RULE = {kind: f"IntensityRescale{kind}" for kind in (*BENT, *SMOOTH, "MaxPool")}
"""Under which names TensorFlow knows the rule."""
SUMS = (
    *("AddN", "AddV2", "AvgPool", "BatchToSpaceND", "BiasAdd", "Cast", "ConcatV2", "ExpandDims"),
    *("Identity", "Mean", "Neg", "Pack", "Pad", "PadV2", "Reshape", "ResizeBilinear"),
    *("ResizeNearestNeighbor", "Slice", "SpaceToBatchND", "Split", "SplitV", "Squeeze"),
    *("StridedSlice", "Sub", "Sum", "Tile", "Transpose", "Unpack"),
)
"""Operations that are linear in all that they read: differences pass them as gradients do."""
PRODUCTS = (
    *("BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "DepthwiseConv2dNative", "Einsum"),
    *("MatMul", "Mul"),
)
"""Operations that are linear in one thing that they read while the others stay as they are."""
SIZES = ("OnesLike", "Rank", "Shape", "ShapeN", "Size", "ZerosLike")
"""Operations that read no pixel."""


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
    quotient (y - y0) / (x - x0) of its differences in place of its gradient, which is taken only
    where x and x0 are equal. The map sums to f(image) - f(baseline): positive where the difference
    speaks for the class.

    Max pooling: what the largest value of a window lies above that of the baseline is credited to
    its place; what it lies below is debited to the place of the baseline's. That place itself
    changes at least as much, so quotients stay in 0..1 for every window and nothing is lost.
    Probability: 1 / sum over j of exp(z_j - z_c), where exp and 1 / x are such units.

    Args:
        model: of linear operations, max pooling and the functions in `BENT` and `SMOOTH`.
        baseline: as in `backgrounds.baseline_images`.
        batch: images that pass through the model at once, with as many baselines.

    Returns:
        (n, h, w) float32, score.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient or other operations.

    Reference: Shrikumar, Greenside, Kundaje (2017), Learning important features through propagating
        activation differences, section 3.5.1; max pooling as in captum.
    """
    target = prepare(model, images, classes, output, batch)
    starts = np.broadcast_to(baseline_images(baseline, target.pixels), target.pixels.shape)
    contributions = compiled_contributions(model, output)
    parts = [
        contributions(
            to_network(target.pixels[rows]), to_network(starts[rows]), target.classes[rows]
        ).numpy()
        for rows in batches(len(target), batch)
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=KEPT)
def compiled_contributions(model: keras.Model, output: Output) -> Compiled:
    """(n, h, w, 1) float32 images and baselines, (n,) int32 classes -> (n, h, w)."""
    import tensorflow as tf

    _register()

    def contributions(images: tf.Tensor, starts: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Both pass together; only the image half receives gradients in the backward pass."""
        both = tf.concat([images, starts], axis=0)
        with both.graph.gradient_override_map(RULE):
            values = model(both, training=False)
        _check_operations(both.graph, both)
        multipliers = _with_none(_of_score(values, classes, output))
        (found,) = tf.gradients(values, both, multipliers)
        if found is None:
            raise InvalidInput("model: has no gradient; its logits must be smooth in its pixels")
        return (tf.split(found, 2)[0] * (images - starts))[..., 0]

    signature = [image_spec(model), image_spec(model), tf.TensorSpec((None,), tf.int32)]
    compiled: Compiled = tf.function(contributions, input_signature=signature, autograph=False)
    return compiled


def _check_operations(graph: tf.Graph, images: tf.Tensor) -> None:
    """Refuse what is neither linear in the images nor has a rule.

    Raises:
        InvalidInput: naming the operation.
    """
    varying = {images.ref()}
    for operation in graph.get_operations():
        read = [tensor.ref() in varying for tensor in operation.inputs]
        if not any(read) or operation.type in SIZES:
            continue
        if not _is_linear(operation.type, read) and operation.type not in RULE:
            raise InvalidInput(
                f"model: {operation.name} is not allowed: linear operations, max pooling, "
                + ", ".join((*BENT, *SMOOTH))
            )
        varying.update(tensor.ref() for tensor in operation.outputs)


def _is_linear(kind: str, read: list[bool]) -> bool:
    if kind == "RealDiv":
        return not read[1]
    return kind in SUMS or (kind in PRODUCTS and sum(read) == 1)


def _of_score(values: tf.Tensor, classes: tf.Tensor, output: Output) -> tf.Tensor:
    """(n, classes) multipliers of logits, from (2n, classes) logits."""
    import tensorflow as tf

    here = tf.split(values, 2)[0]
    predicted = tf.argmax(here, axis=1, output_type=tf.int32)
    chosen = tf.one_hot(tf.where(classes < 0, predicted, classes), tf.shape(here)[1])
    return chosen if output == "logit" else _of_probability(values, chosen)


def _of_probability(values: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """(n, classes) multipliers of logits where the score is 1 / sum over j of exp(z_j - z_c).

    The quotient of 1 / x is -1 / (x x0) = -p_c p0_c, and p_c exp(z_j - z_c) is p_j: so
    z_j - z_c is multiplied with -(p_j p0_c - p_c p0_j) over its difference.
    """
    import tensorflow as tf

    ours, theirs = tf.split(tf.nn.softmax(values), 2)
    change = _difference(values)
    own, own_theirs, own_change = (
        tf.reduce_sum(row * chosen, axis=1, keepdims=True) for row in (ours, theirs, change)
    )
    after, before = ours * own_theirs, theirs * own
    against = _quotient(after - before, change - own_change, (after + before) / 2, NEAR)
    against *= 1 - chosen  # cancels below, but not its rounding where p_c is nearly 1
    return chosen * tf.reduce_sum(against, axis=1, keepdims=True) - against


@lru_cache(maxsize=1)
def _register() -> None:
    """Register the rules with TensorFlow, once."""
    import tensorflow as tf

    for kind in (*BENT, *SMOOTH):
        tf.RegisterGradient(RULE[kind])(_rescaled)
    tf.RegisterGradient(RULE["MaxPool"])(_routed)


def _rescaled(operation: tf.Operation, back: tf.Tensor) -> tf.Tensor:
    """The quotient of differences, or the mean of both gradients where inputs are the same."""
    import tensorflow as tf

    change, result = (_difference(t) for t in (operation.inputs[0], operation.outputs[0]))
    own = tf.split(_gradients(operation, tf.ones_like(back)), 2)
    near = NEAR if operation.type in SMOOTH else 0.0
    quotient = _quotient(result, change, (own[0] + own[1]) / 2, near)
    return _with_none(tf.split(back, 2)[0] * quotient)


def _gradients(operation: tf.Operation, back: tf.Tensor) -> tf.Tensor:
    """TensorFlow's own gradient of a function of single numbers."""
    import tensorflow as tf

    raw, x, y = tf.raw_ops, operation.inputs[0], operation.outputs[0]
    match operation.type:
        case "Elu":
            return raw.EluGrad(gradients=back, outputs=y)
        case "LeakyRelu":
            alpha = operation.get_attr("alpha")
            return raw.LeakyReluGrad(gradients=back, features=x, alpha=alpha)
        case "Relu":
            return raw.ReluGrad(gradients=back, features=x)
        case "Relu6":
            return raw.Relu6Grad(gradients=back, features=x)
        case "Selu":
            return raw.SeluGrad(gradients=back, outputs=y)
        case "Sigmoid":
            return raw.SigmoidGrad(y=y, dy=back)
        case "Softplus":
            return raw.SoftplusGrad(gradients=back, features=x)
        case _:
            return raw.TanhGrad(y=y, dy=back)


def _routed(operation: tf.Operation, back: tf.Tensor) -> tf.Tensor:
    """What a largest value gains goes where it is, what it lacks where the baseline's was."""
    import tensorflow as tf

    maps, largest = operation.inputs[0], operation.outputs[0]
    here, there = tf.split(largest, 2)
    most, back = tf.maximum(here, there), tf.split(back, 2)[0]
    names = ("ksize", "strides", "padding", "explicit_paddings", "data_format")
    found = tf.raw_ops.MaxPoolGrad(
        orig_input=tf.concat([maps, tf.split(maps, 2)[0]], axis=0),
        orig_output=tf.concat([largest, here], axis=0),
        grad=tf.concat([back * (most - there), back * (here - most), back], axis=0),
        **{name: operation.get_attr(name) for name in names},
    )
    gained, lacked, own = tf.split(found, 3)
    return _with_none(_quotient(gained + lacked, _difference(maps), own, near=0.0))


def _quotient(result: tf.Tensor, change: tf.Tensor, limit: tf.Tensor, near: float) -> tf.Tensor:
    """Change of the result over that of the input, or the `limit` where that is at most `near`."""
    import tensorflow as tf

    same = tf.abs(change) <= near
    return tf.where(same, limit, result / tf.where(same, 1.0, change))


def _difference(values: tf.Tensor) -> tf.Tensor:
    """Of images from baselines, that follow them in a batch."""
    import tensorflow as tf

    images, starts = tf.split(values, 2)
    return images - starts


def _with_none(multipliers: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    return tf.concat([multipliers, tf.zeros_like(multipliers)], axis=0)
