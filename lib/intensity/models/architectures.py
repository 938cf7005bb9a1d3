"""Every architecture as data: a list of layers from the input to the logits.

This module knows sizes and costs; `build` turns the data into Keras models.
"""

from itertools import takewhile
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from intensity.values import InvalidInput, Preset, Value

Positive = Annotated[int, Field(ge=1)]


class Convolution(Value):
    """Convolution and ReLU.

    Args:
        channels: of the output.
        kernel: side, pixels.
        spread: initial biases are uniform in +-spread. Units that read a single number need it:
            without it all their thresholds start at the same grey level.
    """

    kind: Literal["convolution"] = "convolution"
    channels: Positive
    kernel: Positive = 3
    spread: Annotated[float, Field(ge=0)] = 0.0


class Block(Value):
    """Twice convolution 3 x 3, batch norm, ReLU; the first convolution has the stride.

    Where neither size nor channels change, the input is added after the last ReLU.

    Args:
        channels: of both convolutions.
        stride: of the first convolution.
        padding: of the first convolution; the second keeps the size.
        bias: whether convolutions have one (batch norm makes it redundant).
        spread: whether units begin with thresholds at different grey levels, evenly spread, as
            `batchnorm.spread_thresholds` makes them. Else, as is usual, all units of a first block
            begin at one, and a function with many boundaries needs thresholds in many places.
    """

    kind: Literal["block"] = "block"
    channels: Positive
    stride: Positive = 1
    padding: Literal["same", "valid"] = "same"
    bias: bool = True
    spread: bool = False


class Pool(Value):
    """Largest of each 2 x 2 pixels."""

    kind: Literal["pool"] = "pool"


class Flatten(Value):
    """All pixels of all channels in one row."""

    kind: Literal["flatten"] = "flatten"


class Average(Value):
    """Global average pooling (GAP): the mean of every channel."""

    kind: Literal["average"] = "average"


class Norm(Value):
    """Batch norm by itself, for example of pooled features."""

    kind: Literal["norm"] = "norm"


class Dense(Value):
    """Fully connected hidden layer and ReLU."""

    kind: Literal["dense"] = "dense"
    units: Positive


class Dropout(Value):
    """Dropout while training."""

    kind: Literal["dropout"] = "dropout"
    rate: Annotated[float, Field(ge=0, lt=1)]


Layer = Annotated[
    Convolution | Block | Pool | Flatten | Average | Norm | Dense | Dropout,
    Field(discriminator="kind"),
]
Scaling = Literal["raw", "unit", "centered"]
SCALINGS: dict[str, tuple[float, float]] = {
    "raw": (1.0, 0.0),
    "unit": (1 / 255, 0.0),
    "centered": (1 / 64, -2.0),
}
"""Factor and offset for grey levels: 0..255 as they are, 0..1, about -2..2."""


class Network(Preset):
    """An architecture: layers from the input to the logits, which are added by the builder.

    Args:
        name: how results and figures call it.
        layers: in order.
        scaling: what happens to grey levels first. What pads a map is 0, which is black but in
            "centered", where it is grey level 128.
        standardized: whether each image is then brought to mean 0 and variance 1.
        bias: whether convolutions, dense layers and logits have one; blocks say it themselves.
            Without biases, norms and offset, a network's answer cannot depend on gain.
        color: of its curves; no part of it, as title and group.

    Raises:
        InvalidInput: the layers do not lead from maps of features to one row of them.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    layers: tuple[Layer, ...]
    scaling: Scaling = "unit"
    standardized: bool = False
    bias: bool = True
    color: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _leads_to_a_row(self) -> Self:
        """Maps become a row once; layers that read maps stand before, those of rows after."""
        kinds = [layer.kind for layer in self.layers]
        ends = [i for i, kind in enumerate(kinds) if kind in ("flatten", "average")]
        if len(ends) != 1:
            raise InvalidInput(f"layers: {len(ends)} of kind flatten or average; allowed: one")
        if "dense" in kinds[: ends[0]] or {"convolution", "block", "pool"} & {*kinds[ends[0] :]}:
            raise InvalidInput(
                f"layers: {', '.join(kinds)} is no order; allowed: convolution, block, pool before "
                "flatten or average, dense after it"
            )
        return self


def spread_norms(network: Network) -> list[str]:
    """The names, in a built model, of the norms in blocks whose thresholds are spread."""
    spread = list[bool]()
    for layer in network.layers:
        if isinstance(layer, Block):
            spread += [layer.spread] * 2
        elif isinstance(layer, Norm):
            spread.append(False)
    return [f"norm{number}" for number, is_spread in enumerate(spread, start=1) if is_spread]


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
            lost = 2 if layer.padding == "valid" else 0
            now = -(-(now - lost) // layer.stride)
        elif isinstance(layer, Pool):
            now //= 2
        elif isinstance(layer, Flatten | Average):
            now = min(now, 1)
        if now < 1:
            raise InvalidInput(f"size: {size} is too small for network {network.name}; use more")
        sizes.append(now)
    return sizes


def multiplications(network: Network, size: int) -> int:
    """Multiplications of one forward pass, from which the time of a training is estimated.

    Where every pixel is classified alone and averaged, only the histogram is evaluated; counting
    that takes about a step a pixel.

    Args:
        network: the architecture.
        size: height and width of the image, pixels.
    """
    body = takewhile(lambda layer: not isinstance(layer, Average), network.layers)
    if all(isinstance(layer, Convolution) and layer.kernel == 1 for layer in body):
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
