"""One builder that turns an architecture into a Keras model.

A network takes grey levels (n, height, width, 1), rescales them itself and returns logits
(n, classes). In the built model every stage is a layer of its own, numbered by kind from the input
on: rescale, conv1, norm1, relu1, pool1, ..., dense1, logits.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import layers

from intensity.models.architectures import (
    SCALINGS,
    Average,
    Block,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Network,
    Norm,
    Pool,
    feature_sizes,
)
from intensity.models.batchnorm import fused
from intensity.models.histogram import by_histogram


@contextmanager
def keras_defaults() -> Iterator[None]:
    """Keras' own defaults while the block runs, whatever a file or a session of the user says."""
    config = keras.config
    kept = config.floatx(), config.epsilon(), config.image_data_format(), config.dtype_policy()
    _configure("float32", 1e-7, "channels_last", "float32")
    try:
        yield
    finally:
        _configure(*kept)


def _configure(floatx: str, epsilon: float, image_format: str, policy: object) -> None:
    keras.config.set_floatx(floatx)
    keras.config.set_epsilon(epsilon)
    keras.config.set_image_data_format(image_format)
    keras.config.set_dtype_policy(policy)


class _Builder:
    """Applies layers one after the other and numbers them by kind."""

    def __init__(self, weight_decay: float, seed: int, bias: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.bias = bias
        self.decay = weight_decay
        self.seeds = np.random.Generator(np.random.Philox(key=seed))

    def name(self, kind: str) -> str:
        """The next name of a kind: conv1, conv2, ..."""
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def seed(self) -> int:
        """The next seed; not from a global generator, which other threads of a worker draw from."""
        return int(self.seeds.integers(2**31))

    def kernel(self) -> dict[str, object]:
        """Initializer of kernels, and an L2 term of gradient weight_decay times the kernel."""
        decay = keras.regularizers.L2(self.decay / 2) if self.decay else None
        initializer = keras.initializers.GlorotUniform(self.seed())
        return {"kernel_initializer": initializer, "kernel_regularizer": decay}

    def convolve(self, x: keras.KerasTensor, channels: int, **options: object) -> keras.KerasTensor:
        """A convolution without activation."""
        return layers.Conv2D(channels, name=self.name("conv"), **self.kernel(), **options)(x)

    def relu(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """The positive part of each value."""
        return layers.ReLU(name=self.name("relu"))(x)

    def norm(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Batch norm with the constants of the paper's authors."""
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=self.name("norm"))(x)

    def block(self, x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
        """Conv, norm, ReLU, conv, norm, ReLU, maybe the skip."""
        options = {"kernel_size": 3, "use_bias": block.bias}
        strided = {"strides": block.stride, "padding": block.padding}
        y = self.convolve(x, block.channels, **options, **strided)
        y = self.relu(self.norm(y))
        y = self.relu(self.norm(self.convolve(y, block.channels, **options, padding="same")))
        if block.stride == 1 and x.shape[-1] == block.channels and block.padding == "same":
            y = layers.Add(name=self.name("skip"))([x, y])
        return y

    def apply(self, x: keras.KerasTensor, layer: Layer) -> keras.KerasTensor:
        """One layer of an architecture."""
        match layer:
            case Convolution():
                spread = keras.initializers.RandomUniform(-layer.spread, layer.spread, self.seed())
                options = {"kernel_size": layer.kernel, "padding": "same", "use_bias": self.bias}
                x = self.convolve(x, layer.channels, bias_initializer=spread, **options)
                return self.relu(x)
            case Block():
                return self.block(x, layer)
            case Pool():
                return layers.MaxPooling2D(2, name=self.name("pool"))(x)
            case Flatten():
                return layers.Flatten(name="flatten")(x)
            case Average():
                return layers.GlobalAveragePooling2D(name="average")(x)
            case Norm():
                return self.norm(x)
            case Dense():
                options = {"use_bias": self.bias, **self.kernel()}
                dense = layers.Dense(layer.units, name=self.name("dense"), **options)
                return self.relu(dense(x))
            case Dropout():
                return layers.Dropout(layer.rate, seed=self.seed(), name=self.name("dropout"))(x)


@keras_defaults()
def build(
    network: Network, size: int, classes: int, seed: int, weight_decay: float = 0.0
) -> keras.Model:
    """A Keras model with fresh weights.

    Args:
        network: the architecture.
        size: height and width of the images, pixels.
        classes: number of logits.
        seed: of the initial weights and of dropout.
        weight_decay: L2 coefficient of all kernels: their gradient grows by weight_decay * kernel.

    Returns:
        A model from (n, size, size, 1) grey levels 0..255 to (n, classes) logits.

    Raises:
        InvalidInput: the image is too small for the network.
    """
    feature_sizes(network, size)
    builder = _Builder(weight_decay, seed, network.bias)
    images = keras.Input((size, size, 1), name="grey_levels")
    scale, offset = SCALINGS[network.scaling]
    x = layers.Rescaling(scale, offset, name="rescale")(images)
    if network.standardized:
        axes = {"axis": [1, 2, 3], "center": False, "scale": False}
        x = layers.LayerNormalization(**axes, epsilon=1e-6, name="standardize")(x)
    for layer in network.layers:
        x = builder.apply(x, layer)
    head = layers.Dense(classes, use_bias=network.bias, name="logits", **builder.kernel())
    return keras.Model(images, head(x), name=network.name)


def learning_copy(model: keras.Model) -> keras.Model:
    """The model that learns in a network's place, faster, with the same weights in the same order.

    It reads histograms where only they matter, and its batch norm is one kernel and can be frozen.
    """
    copy = fused(model)
    return by_histogram(copy) or copy
