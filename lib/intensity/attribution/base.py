"""What all methods share: arguments, the score that is score_tensor, and compiled gradients.

    method(model, images, *, <its own>, classes=None, output="logit", batch=64) -> maps

    model    a built Keras model from (n, h, w, c) images to (n, classes) logits, see `explained`
    images   (h, w), (n, h, w) or (n, h, w, c), integers or floats of any range
    classes  class to explain, one for all or (n,); the predicted class where None
    output   the score is the "logit" of the class, its softmax "probability", or the "margin", its
             logit less the largest other one, which does not saturate
    channels of maps that have some: their "sum", or "each", (n, h, w, c)
    batch    images that pass through the model at once
    maps     (n, h, w) float32; of several, in a named tuple, the first

All refuse wrong arguments with `InvalidInput`. Compiled functions take any number of images without
a new trace and read the weights when they are called, so they stay right while a model trains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from intensity.attribution.explained import check_logits, explained, quantized_layer
from intensity.models.inference import logits
from intensity.models.inputs import as_pixels, batches, check_count, image_spec
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Output = Literal["logit", "probability", "margin"]
Channels = Literal["sum", "each"]
Compiled = Callable[..., Any]
"""A function of tensors."""
Variation = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(m,) rows of images and (m,) numbers of variations -> (m, h, w, c) float32."""
MOST_COMPILED = 16
"""Compiled functions of each kind that are kept."""
PREDICTED = -1
"""Stands for the predicted class."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is explained: checked arguments.

    Args:
        model: the network, of `explained`.
        pixels: (n, h, w, c), in the caller's type.
        classes: (n,) int32, `PREDICTED` for the predicted class.
        output: what of the class is the score.
        batch: images that pass through the model at once.
    """

    model: keras.Model
    pixels: np.ndarray
    classes: np.ndarray
    output: Output
    batch: int

    def __len__(self) -> int:
        """Number of images."""
        return len(self.pixels)

    def __getitem__(self, rows: slice | np.ndarray) -> Target:
        """The same for some of the images."""
        return replace(self, pixels=self.pixels[rows], classes=self.classes[rows])

    def apply(self, compiled: Compiled) -> np.ndarray:
        """A function of images and classes over all images, batch by batch."""
        parts = (self[rows] for rows in batches(len(self), self.batch))
        found = [compiled(p.pixels.astype(np.float32), p.classes).numpy() for p in parts]
        return np.concatenate(found)

    def with_known_classes(self) -> Target:
        """The same with the predicted class as a number; a pass forward where it is needed."""
        if (self.classes != PREDICTED).all():
            return self
        values = logits(self.model, self.pixels, self.batch)
        return replace(self, classes=chosen(self.classes, values))


def prepare(
    model: keras.Model,
    images: np.ndarray,
    classes: int | np.ndarray | None,
    output: Output,
    batch: int,
) -> Target:
    """The shared arguments, checked.

    Raises:
        InvalidInput: an argument is wrong.
    """
    found = explained(model, np.shape(images))
    network = found.network
    pixels = as_pixels(np.asarray(images)[None] if np.ndim(images) == 2 else images, network)
    check_count("batch", batch)
    if output not in get_args(Output):
        raise InvalidInput(f"output: {output!r} is not allowed: {', '.join(get_args(Output))}")
    if output == "probability" and found.end == "sigmoid" and found.classes > 1:
        raise InvalidInput("output: 'probability' of several sigmoids is not allowed: logit")
    if found.end == "unknown":
        values = logits(network, pixels.astype(np.float32), batch)
        check_logits(found, values, several=output == "probability")
    return Target(network, pixels, as_classes(classes, network, len(pixels)), output, batch)


def check_grey_levels(name: str, pixels: np.ndarray) -> None:
    """Refuse to take the default of an argument, which is for 0..255, for other images.

    Raises:
        InvalidInput: naming the argument; images are no integers, or beyond 0..255.
    """
    if pixels.dtype.kind not in "ui" or pixels.min() < 0 or pixels.max() > 255:
        raise InvalidInput(
            f"{name}: None is not allowed for {pixels.dtype} images of "
            f"{pixels.min():g}..{pixels.max():g}: give it, or integers in 0..255"
        )


def summed(maps: np.ndarray, channels: Channels) -> np.ndarray:
    """(n, h, w) sums over the channels of (n, h, w, c) maps, or these as they are.

    Raises:
        InvalidInput: channels is neither.
    """
    if channels not in get_args(Channels):
        allowed = " or ".join(get_args(Channels))
        raise InvalidInput(f"channels: {channels!r} is not allowed: {allowed}")
    if channels == "each":
        return maps
    return maps[..., 0] if maps.shape[-1] == 1 else maps.sum(axis=-1)


def as_classes(classes: int | np.ndarray | None, model: keras.Model, count: int) -> np.ndarray:
    """The class to explain in every one of `count` images: (n,) int32, `PREDICTED` where None.

    Raises:
        InvalidInput: not integers, not as many as images, or a class that the model has not.
    """
    if classes is None:
        return np.full(count, PREDICTED, np.int32)
    given, last = np.asarray(classes), model.output_shape[-1] - 1
    if given.dtype.kind not in "ui" or given.shape not in ((), (count,)):
        raise InvalidInput(
            f"classes: {given.dtype} of shape {given.shape} is not allowed: "
            f"an integer, or {count} of them, one for each image"
        )
    if given.min() < 0 or given.max() > last:
        wrong = given.min() if given.min() < 0 else given.max()
        raise InvalidInput(f"classes: {wrong} is not allowed: the model has classes 0..{last}")
    return np.broadcast_to(given, count).astype(np.int32)


def chosen(classes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n,) int32 classes, the predicted one where none was given, from (n, classes) logits."""
    return np.where(classes == PREDICTED, values.argmax(axis=1), classes).astype(np.int32)


def scores(values: np.ndarray, classes: np.ndarray, output: Output) -> np.ndarray:
    """Logit, softmax probability or margin of a class.

    Args:
        values: (..., classes) logits.
        classes: (...) integers, broadcast against the leading axes of `values`.
        output: which of them.

    Returns:
        (...) numbers.
    """
    if output == "probability":
        values = np.exp(values - values.max(axis=-1, keepdims=True))
        values = values / values.sum(axis=-1, keepdims=True)
    place = np.broadcast_to(classes, values.shape[:-1])[..., None]
    own = np.take_along_axis(values, place, axis=-1)[..., 0]
    if output != "margin":
        return own
    own_class = np.arange(values.shape[-1]) == place
    others: np.ndarray = np.where(own_class, -np.inf, values).max(axis=-1)
    return own - others


def score_tensor(values: tf.Tensor, classes: tf.Tensor, output: Output) -> tf.Tensor:
    """(n,) scores of (n, classes) logits; negative classes mean the predicted one."""
    import tensorflow as tf

    values = tf.cast(values, tf.float32)
    predicted = tf.argmax(values, axis=1, output_type=tf.int32)
    chosen = tf.where(classes < 0, predicted, classes)
    outputs = tf.nn.softmax(values) if output == "probability" else values
    own = tf.gather(outputs, chosen, batch_dims=1)
    if output != "margin":
        return own
    is_own = tf.one_hot(chosen, tf.shape(values)[1], on_value=True, off_value=False)
    return own - tf.reduce_max(tf.where(is_own, -np.inf, values), axis=1)


def compile_for_classes(function: Compiled, model: keras.Model) -> Compiled:
    """A function of images (n, h, w, c) and classes (n,) as a graph that is traced once."""
    import tensorflow as tf

    check_differentiable(model)
    signature = [image_spec(model), tf.TensorSpec((None,), tf.int32)]
    compiled: Compiled = tf.function(function, input_signature=signature, autograph=False)
    return compiled


def check_differentiable(model: keras.Model) -> None:
    """Refuse networks with weights in whole numbers, whose gradients are no derivatives.

    Raises:
        InvalidInput: a layer is quantized.
    """
    layer = quantized_layer(model)
    if layer is not None:
        raise InvalidInput(f"model: {layer} is quantized, which has no gradient; try occlusion")


@lru_cache(maxsize=MOST_COMPILED)
def compiled_gradients(model: keras.Model, output: Output) -> Compiled:
    """(n, h, w, c) float32 images, (n,) int32 classes -> (n, h, w, c) gradients of the score."""
    from intensity.models.folding import folded

    quick = folded(model)

    def gradients(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Gradients of the scores of given classes in the images."""
        values = quick(images, training=False)
        return gradients_of(score_tensor(values, classes, output), images)

    return compile_for_classes(gradients, model)


def gradients_of(found: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """(n, h, w, c) gradients of (n,) scores; images do not mix, so one backward pass serves all.

    Raises:
        InvalidInput: there are none.
    """
    import tensorflow as tf

    (gradients,) = tf.gradients(tf.reduce_sum(found), images)
    if gradients is None:
        raise InvalidInput("model: has no gradient; its logits must be smooth in its pixels")
    return gradients


def summed_gradients(
    target: Target, count: int, vary: Variation, weight: Variation | None = None
) -> np.ndarray:
    """Sum over variations of an image of the gradient at each.

    Args:
        target: with known classes, so that all variations explain the same class.
        count: variations of every image.
        vary: which images they are.
        weight: what each gradient is multiplied with, pixel by pixel; 1 where None.

    Returns:
        (n, h, w, c) float64.
    """
    gradients = compiled_gradients(target.model, target.output)
    total = np.zeros(target.pixels.shape)
    for part in batches(len(target) * count, target.batch):
        rows, numbers = np.divmod(np.arange(part.start, part.stop), count)
        found = gradients(vary(rows, numbers).astype(np.float32), target.classes[rows]).numpy()
        weighted = found if weight is None else found * weight(rows, numbers)
        firsts = np.flatnonzero(np.diff(rows, prepend=-1))
        total[rows[firsts]] += np.add.reduceat(weighted, firsts, axis=0, dtype=np.float64)
    return total
