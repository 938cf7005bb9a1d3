"""Small models to explain: linear ones, one with everything, one wired by hand, one that logs."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

HEIGHT, WIDTH = 7, 10


def linear(seed: int = 0) -> tuple[keras.Model, np.ndarray]:
    """A linear model with small logits, and its weights as (classes, height, width)."""
    images = keras.Input((HEIGHT, WIDTH, 1))
    model = keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(images)))
    weights = np.random.default_rng(seed).normal(size=(HEIGHT * WIDTH, 3)).astype(np.float32)
    model.set_weights([weights / 1000, np.array([0, 0, 0.1], np.float32)])
    return model, weights.T.reshape(3, HEIGHT, WIDTH) / 1000


def images_of(count: int, seed: int = 1) -> np.ndarray:
    """(count, HEIGHT, WIDTH) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (count, HEIGHT, WIDTH), np.uint8)


def deep(seed: int = 3, height: int | None = HEIGHT, width: int | None = WIDTH) -> keras.Model:
    """A smooth model with what behaves differently in training: batch norm and dropout."""
    keras.utils.set_random_seed(seed)
    images = x = keras.Input((height, width, 1))
    for layer in (
        keras.layers.Rescaling(1 / 64, -2),
        keras.layers.Conv2D(4, 3, strides=2, padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("tanh"),
        keras.layers.Dropout(0.5),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3),
    ):
        x = layer(x)
    return keras.Model(images, x)


def rectified(seed: int = 3) -> keras.Model:
    """A model with ReLUs as layers and as activations."""
    keras.utils.set_random_seed(seed)
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.Rescaling(1 / 64, -2)(images)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(x)
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.ReLU()(keras.layers.Conv2D(5, 3, padding="same", name="second")(x))
    x = keras.layers.Activation("relu")(keras.layers.Dense(8)(keras.layers.Flatten()(x)))
    return keras.Model(images, keras.layers.Dense(3)(x))


def steps_up_or_down() -> keras.Model:
    """max(x[right] - x[left], 0) and max(x[left] - x[right], 0), each summed over the image.

    Logit 0 is the sum of both, that is of all absolute steps to the right; logit 1 the first
    less the second, that is the last column less the first.
    """
    images = keras.Input((HEIGHT, WIDTH, 1))
    steps = keras.layers.Conv2D(2, (1, 2), use_bias=False, activation="relu", name="steps")
    total = keras.layers.Dense(2, use_bias=False, name="total")
    model = keras.Model(images, total(keras.layers.GlobalAveragePooling2D()(steps(images))))
    steps.set_weights([np.array([[-1, 1], [1, -1]], np.float32).reshape(1, 2, 1, 2)])
    places = HEIGHT * (WIDTH - 1)
    total.set_weights([places * np.array([[1, 1], [1, -1]], np.float32)])
    return model


class Log(keras.layers.Layer):
    """Hands images on and remembers them, and how often it was traced."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.shown: list[np.ndarray] = []
        self.calls: list[Any] = []  # a number that changes would make it another layer

    def call(self, images: Any) -> Any:
        """Log on the way."""
        self.calls.append(images)
        seen = tf.numpy_function(self.remember, [images], tf.float32)
        return tf.ensure_shape(seen, images.shape)

    @property
    def traces(self) -> int:
        """How often it was traced."""
        return len(self.calls)

    def remember(self, images: np.ndarray) -> np.ndarray:
        """Keep a copy."""
        self.shown.append(images[..., 0].copy())
        return images


def logging() -> tuple[keras.Model, Log]:
    """A model that logs what it is shown."""
    images, log = keras.Input((HEIGHT, WIDTH, 1)), Log()
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(log(images)))), log


def in_double(model: keras.Model) -> keras.Model:
    """The same network in float64: what other results are compared with."""

    def copy(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config({**layer.get_config(), "dtype": "float64"})

    double = keras.models.clone_model(model, clone_function=copy)
    double.set_weights(model.get_weights())
    return double
