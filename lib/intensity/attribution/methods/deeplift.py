"""DeepLIFT: what a pixel's difference from a baseline adds to the score, unit by unit."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from intensity.attribution.backgrounds import Baseline, baseline_images
from intensity.attribution.base import (
    MOST_COMPILED,
    Channels,
    Compiled,
    Output,
    check_differentiable,
    gradients_of,
    prepare,
    score_tensor,
    summed,
)
from intensity.attribution.rules import activation_of, as_layer, before_activation, with_rule
from intensity.models.inputs import batches, image_spec
from intensity.models.layers import layer_calls
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

EXACT = ("ReLU", "relu", "relu6")
"""Activations whose quotients are exact, however close the numbers are."""
BENT = ("ELU", "LeakyReLU", "elu", "leaky_relu", "selu")
"""Those whose differences drown in rounding where numbers are close, smooth but for a bend at 0."""
SMOOTH = ("sigmoid", "softplus", "tanh")
"""The same without a bend."""
CLOSE = 1e-2
"""Up to this difference the mean of both gradients is closer than float32 differences are."""
LINEAR = (
    *("Activation", "Add", "Average", "AveragePooling2D", "BatchNormalization", "Concatenate"),
    *("Conv2D", "Conv2DTranspose", "Cropping2D", "Dense", "DepthwiseConv2D", "Dropout", "Flatten"),
    *("GetItem", "GlobalAveragePooling2D", "Identity", "Mean", "Negative", "Permute", "Rescaling"),
    *("Reshape", "SeparableConv2D", "SpatialDropout2D", "Subtract", "Sum", "UpSampling2D"),
    "ZeroPadding2D",
)
"""Keras' layers and operations that are linear but for their activation: differences pass them as
gradients do."""
KEEPING = {"build", "compute_output_shape", "from_config", "get_config"}
"""What a class of one's own may do otherwise than Keras' class without computing otherwise."""


def deeplift(
    model: keras.Model,
    images: np.ndarray,
    *,
    baseline: Baseline,
    channels: Channels = "sum",
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
        model: of linear operations, max pooling and the functions in `EXACT`, `BENT` and `SMOOTH`;
            layers of one's own kinds only where these leave all that computes to a layer of Keras.
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
    if output == "margin":
        raise InvalidInput("output: 'margin' is not allowed: logit or probability")
    starts = np.broadcast_to(baseline_images(baseline, target.pixels), target.pixels.shape)
    contributions, parts = compiled_contributions(target.model, output), []
    for rows in batches(len(target), batch):
        both = target.pixels[rows].astype(np.float32), starts[rows].astype(np.float32)
        parts.append(contributions(*both, target.classes[rows]).numpy())
    return summed(np.concatenate(parts), channels)


@lru_cache(maxsize=MOST_COMPILED)
def compiled_contributions(model: keras.Model, output: Output) -> Compiled:
    """(n, h, w, c) float32 images and baselines, (n,) int32 classes -> (n, h, w, c)."""
    import tensorflow as tf

    check_differentiable(model)
    rescaled = layer_calls(model, _with_rule)[0]

    def contributions(images: tf.Tensor, starts: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Both pass together, baselines after the images."""
        both = tf.concat([images, starts], axis=0)
        found = gradients_of(_scores(rescaled(both, training=False), classes, output), both)
        return tf.split(found, 2)[0] * (images - starts)

    signature = [image_spec(model), image_spec(model), tf.TensorSpec((None,), tf.int32)]
    compiled: Compiled = tf.function(contributions, input_signature=signature, autograph=False)
    return compiled


def _with_rule(layer: Any, *arguments: Any, **options: Any) -> Any:
    """The output of a layer or operation that passes back multipliers.

    Raises:
        InvalidInput: it is neither linear nor has a rule.
    """
    import keras

    kind, function = _kind(layer), activation_of(layer)
    name = _kind(function) if isinstance(function, keras.layers.Layer) else _name(function)
    varies = [isinstance(value, keras.KerasTensor) for value in arguments]
    scales = kind == "Multiply" or (kind == "TrueDivide" and varies[0])
    linear = kind in LINEAR or (scales and sum(varies) == 1)
    if linear and function is None:
        return layer(*arguments, **options)
    if kind == "MaxPooling2D":
        return as_layer(with_rule(layer, _routed))(*arguments)
    jumps = getattr(function, "threshold", 0)
    if name in (*EXACT, *BENT, *SMOOTH) and (linear or function is layer) and not jumps:
        rule = partial(_rescaled, close=0.0 if name in EXACT else CLOSE, bent=name in BENT)
        return as_layer(with_rule(function, rule))(before_activation(layer, *arguments))
    allowed = ", ".join(("linear operations", "max pooling", *EXACT, *BENT, *SMOOTH))
    raise InvalidInput(f"model: {layer.name} is not allowed: {allowed}")


def _kind(layer: Any) -> str:
    """The name of Keras' class that computes what a layer does; none where one's own class does."""
    kinds = type(layer).__mro__
    first = next(k for k, kind in enumerate(kinds) if kind.__module__.startswith("keras."))
    own = {name for kind in kinds[:first] for name in vars(kind) if name in dir(kinds[first])}
    computes = {name for name in own - KEEPING if name == "__call__" or not name.startswith("_")}
    return "" if computes else kinds[first].__name__


def _name(function: Any) -> str:
    """The name of a function of Keras or TensorFlow; none of others."""
    known = getattr(function, "__module__", "").startswith(("keras.", "tensorflow."))
    return getattr(function, "__name__", "") if known else ""


def _scores(values: tf.Tensor, classes: tf.Tensor, output: Output) -> tf.Tensor:
    """(2n,) scores of (2n, classes) logits, of the class that is predicted for the image."""
    import tensorflow as tf

    predicted = tf.argmax(tf.split(values, 2)[0], axis=1, output_type=tf.int32)
    chosen = tf.tile(tf.where(classes < 0, predicted, classes), [2])
    own = score_tensor(values, chosen, "logit")
    if output == "logit":
        return own
    rule = partial(_rescaled, close=1e-6)  # in float64, of which exp(700) is no infinity yet
    grown = with_rule(lambda x: tf.exp(tf.minimum(x, 700.0)), rule)
    others = tf.cast(values, tf.float64) - tf.cast(own, tf.float64)[:, None]
    one = tf.one_hot(chosen, tf.shape(values)[1], dtype=tf.float64)  # the class itself, exactly
    return with_rule(tf.math.reciprocal, rule)(1 + tf.reduce_sum((1 - one) * grown(others), axis=1))


def _rescaled(
    x: tf.Tensor, y: tf.Tensor, back: tf.Tensor, *, close: float, bent: bool = False
) -> tf.Tensor:
    """Quotients of an activation, or the mean of both gradients where inputs are `close`.

    With a bend at 0 only where both lie on one side of it.
    """
    import tensorflow as tf

    own, far = tf.gradients(y, x)[0], bent & (tf.sign(x) != tf.sign(_swapped(x)))
    limit = tf.where(far, tf.zeros_like(x), close)
    return back * _quotient(_change(y), _change(x), (own + _swapped(own)) / 2, limit)


def _routed(x: tf.Tensor, y: tf.Tensor, back: tf.Tensor) -> tf.Tensor:
    """What a largest value gains goes where it is, what it lacks where the baseline's was."""
    import tensorflow as tf

    most = tf.maximum(y, _swapped(y))
    (gained,) = tf.gradients(y, x, back * (most - _swapped(y)))
    (lacked,) = tf.gradients(y, x, _swapped(back * (y - most)))
    return _quotient(gained + _swapped(lacked), _change(x), tf.gradients(y, x, back)[0], 0.0)


def _quotient(
    result: tf.Tensor, change: tf.Tensor, limit: tf.Tensor, close: float | tf.Tensor
) -> tf.Tensor:
    """Change of the result over that of the input, or the `limit` where that is at most `close`."""
    import tensorflow as tf

    same = tf.abs(change) <= close
    return tf.where(same, limit, result / tf.where(same, tf.ones_like(change), change))


def _change(values: tf.Tensor) -> tf.Tensor:
    return values - _swapped(values)


def _swapped(values: tf.Tensor) -> tf.Tensor:
    """The values of baselines in place of those of images, and the reverse."""
    import tensorflow as tf

    return tf.concat(tf.split(values, 2)[::-1], axis=0)
