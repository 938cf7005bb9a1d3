"""One builder that turns an architecture into a Keras model.

A network takes grey levels (n, height, width, 1), rescales them itself and returns logits
(n, classes). In the built model every stage is a layer of its own, numbered by kind from the input
on: rescale, conv1, norm1, relu1, pool1, ..., dense1, logits.
"""

from collections import Counter
from collections.abc import Iterable

import keras
import numpy as np
from keras import layers, ops

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


class _Builder:
    """Applies layers one after the other and numbers them by kind."""

    def __init__(self, weight_decay: float, seed: int) -> None:
        """Start counting."""
        self.counts: Counter[str] = Counter()
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
        """How kernels start and what holds them back."""
        initializer = keras.initializers.GlorotUniform(self.seed())
        return {"kernel_initializer": initializer, "kernel_regularizer": self.regularizer()}

    def regularizer(self) -> keras.Regularizer | None:
        """L2 term whose gradient is weight_decay times the weight."""
        return keras.regularizers.L2(self.decay / 2) if self.decay else None

    def convolve(self, x: keras.KerasTensor, channels: int, **options: object) -> keras.KerasTensor:
        """A linear convolution."""
        return layers.Conv2D(channels, name=self.name("conv"), **self.kernel(), **options)(x)

    def dense(self, x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
        """A linear fully connected layer."""
        return layers.Dense(units, name=name, **self.kernel())(x)

    def relu(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """The positive part."""
        return layers.ReLU(name=self.name("relu"))(x)

    def norm(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Batch norm with the constants of the paper's authors."""
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=self.name("norm"))(x)

    def block(self, x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
        """Conv, norm, ReLU, conv, norm, maybe the skip, ReLU."""
        options = {"kernel_size": 3, "use_bias": block.bias}
        strided = {"strides": block.stride, "padding": block.padding}
        y = self.convolve(x, block.channels, **options, **strided)
        y = self.relu(self.norm(y))
        y = self.norm(self.convolve(y, block.channels, **options, padding="same"))
        if block.stride == 1 and x.shape[-1] == block.channels and block.padding == "same":
            y = layers.Add(name=self.name("skip"))([x, y])
        return self.relu(y)

    def apply(self, x: keras.KerasTensor, layer: Layer) -> keras.KerasTensor:
        """One layer of an architecture."""
        match layer:
            case Convolution():
                spread = keras.initializers.RandomUniform(-layer.spread, layer.spread, self.seed())
                options = {"kernel_size": layer.kernel, "padding": "same"}
                return self.relu(
                    self.convolve(x, layer.channels, bias_initializer=spread, **options)
                )
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
                return self.relu(self.dense(x, layer.units, self.name("dense")))
            case Dropout():
                return layers.Dropout(layer.rate, seed=self.seed(), name=self.name("dropout"))(x)


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
    builder = _Builder(weight_decay, seed)
    images = keras.Input((size, size, 1), name="grey_levels")
    scale, offset = SCALINGS[network.scaling]
    x = layers.Rescaling(scale, offset, name="rescale")(images)
    for layer in network.layers:
        x = builder.apply(x, layer)
    return keras.Model(images, builder.dense(x, classes, "logits"), name=network.name)


def sees_no_shape(model: keras.Model) -> bool:
    """Whether a built model reads every pixel alone and averages: only the histogram can matter."""
    names = [stage.name for stage in model.layers]
    if "average" not in names:
        return False
    first, body = model.layers[0], model.layers[1 : names.index("average")]
    return isinstance(first, layers.InputLayer) and all(map(_reads_pixels_alone, body))


def _reads_pixels_alone(stage: keras.Layer) -> bool:
    """Whether a layer maps every pixel, and no other one, to a pixel."""
    if isinstance(stage, layers.Conv2D):
        return bool(stage.kernel_size == stage.strides == (1, 1))
    return isinstance(stage, layers.ReLU | layers.Rescaling)


class OnHistograms(keras.Model):
    """A network that sees no shape, rewritten to read histograms; it shares the weights.

    The mean over pixels of f(level) is the sum over levels of share * f(level), so 256 evaluations
    of f stand for those of all pixels.

    Args:
        model: one for which `sees_no_shape` holds.
    """

    def __init__(self, model: keras.Model) -> None:
        """Take the model apart."""
        super().__init__()
        names = [stage.name for stage in model.layers]
        pooling = names.index("average")
        self.body, self.head = model.layers[1:pooling], model.layers[pooling + 1 :]

    def call(self, shares: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Logits (n, classes) of histograms (n, 256) given as shares of all pixels."""
        x = ops.reshape(ops.arange(256, dtype="float32"), (1, 1, 256, 1))
        for stage in self.body:
            x = stage(x)
        x = ops.matmul(shares, x[0, 0])
        for stage in self.head:
            x = stage(x, training=training) if "norm" in stage.name else stage(x)
        return x


def batch_norms(stages: Iterable[keras.Layer]) -> list[keras.layers.BatchNormalization]:
    """Those of some layers that are batch norm."""
    return [stage for stage in stages if isinstance(stage, layers.BatchNormalization)]


def settle(
    model: keras.Model, norms: list[keras.layers.BatchNormalization], batches: Iterable[np.ndarray]
) -> None:
    """Set batch norm's averages to the mean over many batches.

    The running averages that training leaves rest on the last hundred or two of images. That is too
    few for units with sharp thresholds: single networks lose up to 2 % of accuracy by it. In a
    network that was never trained they are 0 and 1, whatever the inputs are.

    Args:
        model: it is changed in place.
        norms: its layers of batch norm.
        batches: inputs of the model, as many in each.

    Reference: Wu, Johnson (2021), Rethinking "batch" in batchnorm, section 3.
    """
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    for before, inputs in enumerate(batches):
        for norm in norms:
            norm.momentum = before / (before + 1)  # so each batch counts the same
        model(inputs, training=True)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def predict_logits(model: keras.Model, images: np.ndarray, batch: int = 256) -> np.ndarray:
    """Logits of many images, in memory bounded by the batch.

    Args:
        model: takes what `images` holds.
        images: (n, ...), for example (n, height, width, 1) uint8.
        batch: images a pass.

    Returns:
        (n, classes) float32.
    """
    parts = [images[i : i + batch] for i in range(0, len(images), batch)]
    return np.concatenate([np.asarray(model.predict_on_batch(part)) for part in parts])
