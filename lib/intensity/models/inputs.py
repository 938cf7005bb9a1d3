"""What measurements on a network accept, checked in one place, and batches that bound memory.

A model is a built Keras model of one grey image and one row of logits. Images are grey levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def image_shape(model: keras.Model) -> tuple[int | None, int | None]:
    """Height and width that a model takes, None where it takes any.

    Raises:
        InvalidInput: the model is not built, or takes or returns something else.
    """
    taken, returned = (getattr(model, name, None) for name in ("input_shape", "output_shape"))
    match taken, returned:
        case (_, height, width, 1), (_, int()):
            return height, width
    raise InvalidInput(
        f"model: input {taken}, output {returned} is not allowed: "
        "a built model from (n, height, width, 1) grey levels to (n, classes) logits"
    )


def image_spec(model: keras.Model) -> tf.TensorSpec:
    """Any number of images that a model takes."""
    import tensorflow as tf

    return tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)


def as_images(images: np.ndarray, model: keras.Model) -> np.ndarray:
    """Images that a model of grey levels takes, as (n, h, w) and in their own type.

    Args:
        images: (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        model: from (n, h, w, 1) grey levels to (n, classes) logits.

    Raises:
        InvalidInput: the model is another, or as for `as_pixels`.
    """
    image_shape(model)
    return as_pixels(images, model)[..., 0]


def as_pixels(images: np.ndarray, model: keras.Model) -> np.ndarray:
    """Images that a model takes, as (n, h, w, c) and in their own type.

    Args:
        images: (n, h, w) or (n, h, w, c), integers or floats.
        model: of one input, (n, h, w, c).

    Raises:
        InvalidInput: wrong shape, wrong size for the model, no image, not numbers, or not finite.
    """
    given, (*size, channels) = np.asarray(images), model.input_shape[1:]
    pixels = given[..., None] if given.ndim == 3 else given
    if pixels.ndim != 4 or 0 in pixels.shape or pixels.shape[-1] != channels:
        allowed = "(n, height, width)" if channels == 1 else f"(n, height, width, {channels})"
        raise InvalidInput(f"images: shape {given.shape} is not allowed: {allowed} with n >= 1")
    if any(taken not in (None, side) for side, taken in zip(pixels.shape[1:3], size, strict=True)):
        raise InvalidInput(
            f"images: {pixels.shape[1]} x {pixels.shape[2]} pixels is not allowed: "
            "the model takes {} x {}".format(*size)
        )
    if pixels.dtype.kind not in "uif" or not np.isfinite(pixels).all():
        raise InvalidInput(
            f"images: {pixels.dtype} with NaN, infinity or no numbers is not allowed: "
            "finite numbers"
        )
    return pixels


def check_scenes(model: keras.Model, scenes: Scenes) -> None:
    """Refuse scenes that a model cannot be shown, before work starts.

    Raises:
        InvalidInput: there is no scene, or images do not fit the model.
    """
    if not len(scenes):
        raise InvalidInput("scenes: 0 scenes are not allowed: at least one")
    as_images(render(scenes[:1]), model)


def check_count(name: str, value: int, most: int | None = None) -> None:
    """Refuse what is not a whole number 1..most.

    Raises:
        InvalidInput: naming the argument.
    """
    if not isinstance(value, Integral) or value < 1 or (most is not None and value > most):
        allowed = "1 or more" if most is None else f"1..{most}"
        raise InvalidInput(f"{name}: {value!r} is not allowed: a whole number, {allowed}")


def batches(count: int, batch: int) -> Iterator[slice]:
    """Slices of at most `batch` rows that cover 0..count - 1 in order.

    Raises:
        InvalidInput: batch is not a positive whole number.
    """
    check_count("batch", batch)
    for start in range(0, count, batch):
        yield slice(start, min(start + batch, count))


def to_network(pixels: np.ndarray) -> np.ndarray:
    """(n, h, w) grey levels of any type -> (n, h, w, 1) float32, as networks take them."""
    return pixels[..., None].astype(np.float32)
