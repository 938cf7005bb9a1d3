"""What every method asks of a model: scores and slopes, each compiled once and kept.

A question is a model, images, the class that is explained and what of it: its logit or its softmax
probability. Compiled passes take any number of images without a new trace and read the weights
when they are called, so they stay right while a model trains. Those of the models used last
are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from intensity.attribution.inputs import PREDICTED, as_classes
from intensity.models.inference import logits
from intensity.models.inputs import as_images, batches, check_count, image_shape, to_network
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Output = Literal["logit", "probability"]
Pass = Callable[..., Any]
"""A compiled function of tensors, or one that is to be compiled."""
KEPT = 16
"""Compiled passes of each kind that are kept."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be explained.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        pixels: (n, h, w), grey levels in the caller's type.
        classes: (n,) int32, `PREDICTED` for the predicted class.
        output: the logit of the class or its softmax probability.
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

    def __getitem__(self, rows: slice) -> Question:
        """The same about some of the images."""
        return replace(self, pixels=self.pixels[rows], classes=self.classes[rows])

    def parts(self) -> Iterator[Question]:
        """The same about a batch of images at a time."""
        for rows in batches(len(self), self.batch):
            yield self[rows]

    def settled(self) -> Question:
        """The same with the predicted class as a number; a pass forward where it is needed."""
        if (self.classes != PREDICTED).all():
            return self
        return replace(
            self, classes=chosen(self.classes, logits(self.model, self.pixels, self.batch))
        )


def ask(
    model: keras.Model,
    images: np.ndarray,
    classes: int | np.ndarray | None,
    output: Output,
    batch: int,
) -> Question:
    """A question with all that methods have in common checked.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: "logit" or "probability".
        batch: images that pass through the model at once.

    Raises:
        InvalidInput: an argument is wrong.
    """
    stacked = np.asarray(images)[None] if np.ndim(images) == 2 else images
    pixels = as_images(stacked, model)
    check_count("batch", batch)
    if output not in get_args(Output):
        raise InvalidInput(f"output: {output!r} is not allowed: {' or '.join(get_args(Output))}")
    return Question(model, pixels, as_classes(classes, model, len(pixels)), output, batch)


def chosen(classes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n,) int32 classes, the predicted one where none was given, from (n, classes) logits."""
    return np.where(classes == PREDICTED, values.argmax(axis=1), classes).astype(np.int32)


def scores(values: np.ndarray, classes: np.ndarray, output: Output) -> np.ndarray:
    """Logit or softmax probability of a class.

    Args:
        values: (..., classes) logits.
        classes: (...) integers, broadcast against the leading axes of `values`.
        output: which of the two.

    Returns:
        (...) numbers.
    """
    if output == "probability":
        values = np.exp(values - values.max(axis=-1, keepdims=True))
        values = values / values.sum(axis=-1, keepdims=True)
    place = np.broadcast_to(classes, values.shape[:-1])[..., None]
    return np.take_along_axis(values, place, axis=-1)[..., 0]


def image_spec(model: keras.Model) -> tf.TensorSpec:
    """Any number of images that a model takes."""
    import tensorflow as tf

    return tf.TensorSpec((None, *image_shape(model), 1), tf.float32)


def explained(values: tf.Tensor, classes: tf.Tensor, output: Output) -> tf.Tensor:
    """(n,) what is explained, from (n, classes) logits; negative classes mean the predicted one."""
    import tensorflow as tf

    predicted = tf.argmax(values, axis=1, output_type=tf.int32)
    told = tf.nn.softmax(values) if output == "probability" else values
    return tf.gather(told, tf.where(classes < 0, predicted, classes), batch_dims=1)


@lru_cache(maxsize=KEPT)
def compiled_slopes(model: keras.Model, output: Output) -> Pass:
    """(n, h, w, 1) float32 images, (n,) int32 classes -> (n, h, w) slopes of what is explained."""
    import tensorflow as tf

    def slopes(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        """Images do not mix in a trained network: one pass back serves the whole batch."""
        with tf.GradientTape() as tape:
            tape.watch(images)
            told = explained(model(images, training=False), classes, output)
            total = tf.reduce_sum(told)
        return only_channel(tape.gradient(total, images))

    return compile_for_classes(slopes, model)


def compile_for_classes(function: Pass, model: keras.Model) -> Pass:
    """A function of images and classes as a graph that is traced once."""
    import tensorflow as tf

    signature = [image_spec(model), tf.TensorSpec((None,), tf.int32)]
    compiled: Pass = tf.function(function, input_signature=signature, autograph=False)
    return compiled


def only_channel(slopes: tf.Tensor | None) -> tf.Tensor:
    """(n, h, w, 1) slopes as (n, h, w).

    Raises:
        InvalidInput: there are none.
    """
    if slopes is None:
        raise InvalidInput("model: has no gradient; its logits must be smooth in its pixels")
    return slopes[..., 0]


def apply(compiled: Pass, question: Question) -> np.ndarray:
    """A compiled function of images and classes over all images of a question, batch by batch."""
    parts = [compiled(to_network(q.pixels), q.classes).numpy() for q in question.parts()]
    return np.concatenate(parts)
