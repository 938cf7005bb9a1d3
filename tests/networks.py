"""Small networks with weights that no initializer draws, and images for them."""

import keras
import numpy as np

from intensity.models.architectures import Block, Convolution, Flatten, Layer, Network


def images_of(count: int, size: int) -> np.ndarray:
    """(count, size, size, 1) uint8, any grey levels."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 1), np.uint8)


def network(*layers: Layer) -> Network:
    """An architecture of some layers."""
    return Network(name="some", layers=layers)


TINY = network(Convolution(channels=3), Block(channels=4, stride=2), Flatten())
"""What has every kind of layer that attribution looks at, and is compiled in a moment."""


def randomize(model: keras.Model, seed: int = 0) -> None:
    """Give every weight a value that no initializer would, statistics of batch norm included."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        positive = "variance" in weight.path
        value = rng.normal(0, 0.3, weight.shape)
        weight.assign(np.abs(value) + 0.5 if positive else value)
