"""Every architecture as data, and one builder that turns the data into a Keras model.

A network takes grey levels (n, height, width, 1), rescales them itself and returns logits
(n, classes). In the built model every stage is a layer of its own, numbered by kind from the input
on: rescale, conv1, norm1, relu1, pool1, ..., dense1, logits.
"""

from collections import Counter
from typing import Annotated, Literal

import keras
import numpy as np
from keras import layers, ops
from pydantic import Field

from intensity.values import InvalidInput, Value

Positive = Annotated[int, Field(ge=1)]


class Convolution(Value):
    """Convolution and ReLU."""

    kind: Literal["convolution"] = "convolution"
    channels: Positive
    kernel: Positive = 3


class Block(Value):
    """Twice convolution 3 x 3, batch norm, ReLU; the first convolution has the stride.

    Where neither size nor channels change, the input is added before the last ReLU.

    Args:
        channels: of both convolutions.
        stride: of the first convolution.
        padding: of the first convolution; the second keeps the size.
        bias: whether convolutions have one (batch norm makes it redundant).
    """

    kind: Literal["block"] = "block"
    channels: Positive
    stride: Positive = 1
    padding: Literal["same", "valid"] = "same"
    bias: bool = True


class Pool(Value):
    """Largest of each 2 x 2 pixels."""

    kind: Literal["pool"] = "pool"


class Flatten(Value):
    """All pixels of all channels in one row."""

    kind: Literal["flatten"] = "flatten"


class Average(Value):
    """Global average pooling (GAP): the mean of every channel."""

    kind: Literal["average"] = "average"


class Dense(Value):
    """Fully connected hidden layer and ReLU."""

    kind: Literal["dense"] = "dense"
    units: Positive


class Dropout(Value):
    """Dropout while training."""

    kind: Literal["dropout"] = "dropout"
    rate: Annotated[float, Field(ge=0, lt=1)]


Layer = Annotated[
    Convolution | Block | Pool | Flatten | Average | Dense | Dropout, Field(discriminator="kind")
]
Scaling = Literal["raw", "unit", "centered"]
SCALINGS: dict[str, tuple[float, float]] = {
    "raw": (1.0, 0.0),
    "unit": (1 / 255, 0.0),
    "centered": (1 / 64, -2.0),
}
"""Factor and offset for grey levels: 0..255 as they are, 0..1, about -2..2."""


class Network(Value):
    """An architecture: layers from the input to the logits, which are added by the builder.

    Args:
        name: how results and figures call it.
        layers: in order.
        scaling: what happens to grey levels first.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    layers: tuple[Layer, ...]
    scaling: Scaling = "centered"

    @property
    def sees_no_shape(self) -> bool:
        """Whether every pixel is read alone and averaged: only the histogram can matter."""
        *body, last = self.layers
        alone = [isinstance(layer, Convolution) and layer.kernel == 1 for layer in body]
        return all(alone) and isinstance(last, Average)


def _stack(channels: tuple[int, ...]) -> tuple[Layer, ...]:
    """Pairs of convolutions of equal width, each pair followed by pooling."""
    pairs = [(Convolution(channels=c), Convolution(channels=c), Pool()) for c in channels]
    return tuple(layer for pair in pairs for layer in pair)


def _blocks(*shapes: tuple[int, int]) -> tuple[Layer, ...]:
    """Blocks of (channels, stride) as the paper's authors built them: strided ones unpadded."""
    padding: dict[bool, Literal["same", "valid"]] = {True: "valid", False: "same"}
    return tuple(
        Block(channels=channels, stride=stride, padding=padding[stride > 1])
        for channels, stride in shapes
    )


_HEAD = (Flatten(), Dense(units=128), Dropout(rate=0.5))
_LARGE = ((16, 1), (32, 2), (32, 2), (64, 2))
_COMPACT = (
    Block(channels=8, bias=False),
    Block(channels=16, stride=2, bias=False),
    Block(channels=32, stride=2, bias=False),
)

NETWORKS = {
    network.name: network
    for network in (
        Network(
            name="small",
            layers=(Convolution(channels=16), Pool(), *_HEAD),
            scaling="unit",
        ),
        Network(name="large", layers=(*_stack((16, 32, 64)), *_HEAD), scaling="unit"),
        Network(name="bn_tiny", layers=(*_blocks((2, 4), (6, 4)), Flatten())),
        Network(name="bn_medium", layers=(*_blocks((16, 1), (32, 1)), Average())),
        Network(name="bn_large", layers=(*_blocks(*_LARGE), Average())),
        Network(name="bn_large_flat", layers=(*_blocks(*_LARGE), Flatten())),
        Network(name="bn_huge", layers=(*_blocks(*_LARGE, (64, 1), (128, 1)), Average())),
        Network(name="bn_compact", layers=(*_COMPACT, Average())),
        Network(
            name="pixels",
            layers=(Convolution(channels=64, kernel=1), Convolution(channels=64, kernel=1), Average()),
        ),
    )
}
"""`small` and `large` from the published summary, `bn_tiny` .. `bn_huge` from the authors' code,
`bn_compact` that learns their task in minutes on a laptop, `pixels` that sees no shape."""


def find_network(network: str | dict[str, object] | Network) -> Network:
    """A network by its name, from a table of its fields, or as it is.

    Raises:
        InvalidInput: the name is unknown or the table is not a network.
    """
    if isinstance(network, Network):
        return network
    if isinstance(network, dict):
        return Network(**network)
    if network not in NETWORKS:
        raise InvalidInput(f"network: {network!r} is unknown; allowed: {', '.join(NETWORKS)}")
    return NETWORKS[network]


def feature_sizes(network: Network, size: int) -> list[int]:
    """Height (= width) of the feature maps after every layer, in pixels; 1 after the head begins.

    Args:
        network: the architecture.
        size: height and width of the image.

    Raises:
        InvalidInput: nothing would be left of an image of this size.
    """
    sizes, now = [], size
    for layer in network.layers:
        if isinstance(layer, Block):
            now = (now - 3) // layer.stride + 1 if layer.padding == "valid" else -(-now // layer.stride)
        elif isinstance(layer, Pool):
            now //= 2
        elif isinstance(layer, Flatten | Average):
            now = min(now, 1)
        if now < 1:
            raise InvalidInput(f"size: {size} is too small for network {network.name}; use more")
        sizes.append(now)
    return sizes


def multiplications(network: Network, size: int) -> int:
    """Multiplications of one forward pass, for telling how long a training will take.

    Args:
        network: the architecture.
        size: height and width of the image, pixels.
    """
    if network.sees_no_shape:
        return size * size
    total, before, channels = 0, size, 1
    for layer, after in zip(network.layers, feature_sizes(network, size), strict=True):
        if isinstance(layer, Convolution):
            total += after**2 * layer.kernel**2 * channels * layer.channels
            channels = layer.channels
        elif isinstance(layer, Block):
            total += after**2 * 9 * layer.channels * (channels + layer.channels)
            channels = layer.channels
        elif isinstance(layer, Flatten):
            channels *= before**2
        elif isinstance(layer, Dense):
            total += channels * layer.units
            channels = layer.units
        before = after
    return total


class _Builder:
    """Applies layers one after the other and numbers them by kind."""

    def __init__(self, weight_decay: float) -> None:
        """Start counting."""
        self.counts: Counter[str] = Counter()
        self.decay = weight_decay

    def name(self, kind: str) -> str:
        """The next name of a kind: conv1, conv2, ..."""
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def regularizer(self) -> keras.Regularizer | None:
        """L2 term whose gradient is weight_decay times the weight."""
        return keras.regularizers.L2(self.decay / 2) if self.decay else None

    def convolve(self, x: keras.KerasTensor, channels: int, **options: object) -> keras.KerasTensor:
        """A linear convolution."""
        return layers.Conv2D(
            channels, name=self.name("conv"), kernel_regularizer=self.regularizer(), **options
        )(x)

    def dense(self, x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
        """A linear fully connected layer."""
        return layers.Dense(units, name=name, kernel_regularizer=self.regularizer())(x)

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
                kernel = {"kernel_size": layer.kernel, "padding": "same"}
                return self.relu(self.convolve(x, layer.channels, **kernel))
            case Block():
                return self.block(x, layer)
            case Pool():
                return layers.MaxPooling2D(2, name=self.name("pool"))(x)
            case Flatten():
                return layers.Flatten(name="flatten")(x)
            case Average():
                return layers.GlobalAveragePooling2D(name="average")(x)
            case Dense():
                return self.relu(self.dense(x, layer.units, self.name("dense")))
            case Dropout():
                return layers.Dropout(layer.rate, name=self.name("dropout"))(x)


def build(
    network: Network, size: int, classes: int, seed: int, weight_decay: float = 0.0
) -> keras.Model:
    """A Keras model with fresh weights.

    Args:
        network: the architecture.
        size: height and width of the images, pixels.
        classes: number of logits.
        seed: of the initial weights and of dropout; also seeds Python, NumPy and the backend.
        weight_decay: L2 coefficient of all kernels: their gradient grows by weight_decay * kernel.

    Returns:
        A model from (n, size, size, 1) grey levels 0..255 to (n, classes) logits.

    Raises:
        InvalidInput: the image is too small for the network.
    """
    feature_sizes(network, size)
    keras.utils.set_random_seed(seed)
    builder = _Builder(weight_decay)
    images = keras.Input((size, size, 1), name="grey_levels")
    scale, offset = SCALINGS[network.scaling]
    x = layers.Rescaling(scale, offset, name="rescale")(images)
    for layer in network.layers:
        x = builder.apply(x, layer)
    return keras.Model(images, builder.dense(x, classes, "logits"), name=network.name)


class OnHistograms(keras.Model):
    """A network that sees no shape, rewritten to read histograms; it shares the weights.

    The mean over pixels of f(level) is the sum over levels of share * f(level), so 256 evaluations
    of f stand for those of all pixels.

    Args:
        model: built from a network for which `sees_no_shape` holds.
    """

    def __init__(self, model: keras.Model) -> None:
        """Take the model apart."""
        super().__init__()
        self.stages = [stage for stage in model.layers[1:] if stage.name not in ("average", "logits")]
        self.head = model.get_layer("logits")

    def call(self, shares: keras.KerasTensor) -> keras.KerasTensor:
        """Logits (n, classes) of histograms (n, 256) given as shares of all pixels."""
        x = ops.reshape(ops.arange(256, dtype="float32"), (1, 1, 256, 1))
        for stage in self.stages:
            x = stage(x)
        return self.head(ops.matmul(shares, x[0, 0]))


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
