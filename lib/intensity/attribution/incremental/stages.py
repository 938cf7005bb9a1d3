"""A network as a list of stages that know what becomes of a change in a few pixels.

Linear stages (convolution, batch norm, means, sums) hand a change on without knowing the maps that
it changes. Nonlinear ones (activations, largest values) need the unchanged map where the change is.
`stages_of` reads a Keras model; it answers None where a layer is not known.

A register is a map or a row of numbers on the way through the network; register 0 is the image,
register i + 1 is what stage i returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from intensity.models.layers import layer_calls

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

KEPT = 16
"""Models whose stages are kept."""
ELEMENTWISE = (
    *("celu", "elu", "gelu", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "linear"),
    *("log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign"),
    *("squareplus", "tanh", "tanh_shrink"),
)
"""Activations of Keras that take every number by itself."""


@dataclass(frozen=True, eq=False)
class Axis:
    """How a stage moves a window over one axis of a map.

    Args:
        side: of the window.
        stride: distance of neighboring windows.
        padding: "same" or "valid".
    """

    side: int
    stride: int
    padding: Literal["same", "valid"]

    def size(self, before: int) -> int:
        """Places after the stage."""
        if self.padding == "same":
            return -(-before // self.stride)
        return (before - self.side) // self.stride + 1

    def lead(self, before: int) -> int:
        """Places outside of the map that the first window covers."""
        if self.padding == "valid":
            return 0
        total = max((self.size(before) - 1) * self.stride + self.side - before, 0)
        return total // 2


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of a network.

    Args:
        inputs: registers that it reads.
    """

    inputs: tuple[int, ...]

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """What it returns for whole maps."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Scale(Stage):
    """Rescaling or batch norm: every channel times a factor, plus an offset."""

    layer: Any

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """As the layer does it."""
        return self.layer(maps[0])

    def factor(self) -> tf.Tensor:
        """What a change is multiplied with."""
        import tensorflow as tf

        if hasattr(self.layer, "moving_variance"):
            scale = tf.math.rsqrt(
                tf.convert_to_tensor(self.layer.moving_variance) + self.layer.epsilon
            )
            return scale * tf.convert_to_tensor(self.layer.gamma) if self.layer.scale else scale
        return tf.constant(self.layer.scale, tf.float32)


@dataclass(frozen=True, eq=False)
class Convolve(Stage):
    """Convolution without its activation, and batch norm that follows it, as one."""

    layer: Any
    axes: tuple[Axis, Axis]
    norm: Scale | None = None

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """With bias and norm."""
        import tensorflow as tf

        padding, kernel = self.layer.padding.upper(), tf.convert_to_tensor(self.layer.kernel)
        found = tf.nn.conv2d(maps[0], kernel, self.layer.strides, padding)
        if self.layer.use_bias:
            found = found + tf.convert_to_tensor(self.layer.bias)
        return found if self.norm is None else self.norm.forward(found)

    def kernel(self) -> tf.Tensor:
        """(height, width, in, out), batch norm's factor included."""
        import tensorflow as tf

        kernel = tf.convert_to_tensor(self.layer.kernel)
        return kernel if self.norm is None else kernel * self.norm.factor()


@dataclass(frozen=True, eq=False)
class PoolStage(Stage):
    """Largest value or mean of every window."""

    axes: tuple[Axis, Axis]
    largest: bool

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """Of whole maps; places outside do not count."""
        return self.pooled(maps[0], self.axes[0].padding.upper())

    def pooled(self, maps: tf.Tensor, padding: str) -> tf.Tensor:
        """Of maps with any padding."""
        import tensorflow as tf

        pool = tf.nn.max_pool2d if self.largest else tf.nn.avg_pool2d
        sides, strides = zip(*((axis.side, axis.stride) for axis in self.axes), strict=True)
        return pool(maps, sides, strides, padding)


@dataclass(frozen=True, eq=False)
class Activate(Stage):
    """A function of every number by itself; after the maps have ended, any function of a row."""

    function: Callable[[Any], Any]
    relu: bool = False

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """The function."""
        return self.function(maps[0])


@dataclass(frozen=True, eq=False)
class Add(Stage):
    """Sum of maps of one shape: the end of a skip."""

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """The sum."""
        return sum(maps[1:], start=maps[0])


@dataclass(frozen=True, eq=False)
class AverageStage(Stage):
    """Global average pooling: maps become a row of means."""

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """The means."""
        import tensorflow as tf

        return tf.reduce_mean(maps[0], axis=(1, 2))


@dataclass(frozen=True, eq=False)
class FlattenStage(Stage):
    """All places and channels in one row."""

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """The row."""
        import tensorflow as tf

        return tf.reshape(maps[0], [tf.shape(maps[0])[0], -1])


@dataclass(frozen=True, eq=False)
class DenseStage(Stage):
    """Fully connected layer without its activation."""

    layer: Any

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """With bias."""
        import tensorflow as tf

        found = maps[0] @ self.kernel()
        return found + tf.convert_to_tensor(self.layer.bias) if self.layer.use_bias else found

    def kernel(self) -> tf.Tensor:
        """(in, out)."""
        import tensorflow as tf

        return tf.convert_to_tensor(self.layer.kernel)


@lru_cache(maxsize=KEPT)
def stages_of(model: keras.Model) -> tuple[Stage, ...] | None:
    """The stages of a model, None where one of its layers is not known.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        return None
    stages = _read(model)
    if stages is None:
        return None
    ends = [stage for stage in stages if isinstance(stage, AverageStage | FlattenStage)]
    return _simplified(stages) if len(ends) == 1 and _one_scale(stages) else None


CHAIN = -1
"""Stands for the register that the stage before has made."""


def _read(model: keras.Model) -> list[Stage] | None:
    """The stages of a model in order; None where a layer is not known or is used twice."""
    opened, calls = layer_calls(model)
    if len({id(call.layer) for call in calls}) < len(calls):
        return None
    stages: list[Stage] = []
    made = {id(opened.inputs[0]): 0}
    for layer, inputs, output in calls:
        read = tuple(made[id(tensor)] for tensor in inputs)
        result = _append_layer(stages, layer, read, len(output.shape))
        if result is None:
            return None
        made[id(output)] = result
    return stages if made.get(id(opened.outputs[0])) == len(stages) else None


def _append_layer(stages: list[Stage], layer: Any, read: tuple[int, ...], rank: int) -> int | None:
    """Add the stages of a layer; the register with its result, None if it is not known."""
    found = _translate(layer, read, rank) if read else None
    if found is None:
        return None
    for stage in found:
        chained = stage.inputs == (CHAIN,)
        stages.append(replace(stage, inputs=(len(stages),)) if chained else stage)
    return len(stages) if found else read[0]


def _translate(layer: Any, read: tuple[int, ...], rank: int) -> list[Stage] | None:
    """Stages of a layer, none for one that does nothing at test time, None if it is not known.

    Args:
        layer: a Keras layer or operation.
        read: registers that it reads.
        rank: of what it returns: 4 for maps, 2 for rows.
    """
    from keras import layers

    kind, row = type(layer), rank == 2
    if isinstance(layer, layers.Layer) and layer.compute_dtype != "float32":
        return None
    if kind in (layers.Dropout, layers.SpatialDropout2D):
        return []
    if kind is layers.Rescaling or _is_channel_norm(layer, rank):
        return [Scale(read, layer)]
    if kind is layers.Conv2D and _is_plain(layer):
        return [
            Convolve(read, layer, _axes(layer, layer.kernel_size)),
            *_activation(layer, (CHAIN,)),
        ]
    if kind in (layers.MaxPooling2D, layers.AveragePooling2D) and _is_plain(layer):
        return [PoolStage(read, _axes(layer, layer.pool_size), kind is layers.MaxPooling2D)]
    if kind is layers.Dense and row:
        return [DenseStage(read, layer), *_activation(layer, (CHAIN,))]
    if kind is layers.Add:
        return [Add(read)]
    if kind is layers.GlobalAveragePooling2D and not layer.keepdims and _is_plain(layer):
        return [AverageStage(read)]
    if kind is layers.Flatten and _is_plain(layer):
        return [FlattenStage(read)]
    if kind is layers.Activation and _is_known(layer.activation, row):
        return _activation(layer, read)
    if kind is layers.ReLU:
        plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
        return [Activate(read, layer, plain)]
    if kind in (layers.LeakyReLU, layers.ELU) or (kind is layers.Softmax and row):
        return [Activate(read, layer)]
    return None


def _activation(layer: Any, read: tuple[int, ...]) -> list[Stage]:
    """The activation of a layer, none for a linear one."""
    from keras.activations import linear, relu

    function = layer.activation
    return [] if function is linear else [Activate(read, function, function is relu)]


def _is_known(function: Any, row: bool) -> bool:
    """Whether an activation takes every number by itself, or a row, where it may be any."""
    from keras import activations

    return row or any(function is getattr(activations, name) for name in ELEMENTWISE)


def _is_channel_norm(layer: Any, rank: int) -> bool:
    """Whether a layer is batch norm over channels."""
    from keras import layers

    return type(layer) is layers.BatchNormalization and layer.axis in (-1, rank - 1)


def _is_plain(layer: Any) -> bool:
    """Whether a layer is an ordinary one with channels last.

    A convolution with strides (1, s) is none: on maps as narrow as patches with one channel,
    TensorFlow 2.21 computes it wrongly on processors (seen from 2 to 7 pixels).
    """
    if hasattr(layer, "kernel_size") and len(set(layer.strides)) > 1:
        return False
    return (
        layer.data_format == "channels_last"
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "dilation_rate", (1, 1)) == (1, 1)
        and (not hasattr(layer, "activation") or _is_known(layer.activation, row=False))
    )


def _axes(layer: Any, sides: Sequence[int]) -> tuple[Axis, Axis]:
    """How a layer moves along height and width."""
    first, second = (
        Axis(side, stride, layer.padding) for side, stride in zip(sides, layer.strides, strict=True)
    )
    return first, second


def strides(stages: Sequence[Stage]) -> list[tuple[int, int]]:
    """Pixels between neighboring places of every register, vertically and horizontally."""
    found = [(1, 1)]
    for stage in stages:
        down, right = found[stage.inputs[0]]
        if isinstance(stage, Convolve | PoolStage):
            down, right = down * stage.axes[0].stride, right * stage.axes[1].stride
        found.append((down, right))
    return found


def _one_scale(stages: Sequence[Stage]) -> bool:
    """Whether all maps that are added have as many pixels between places."""
    found = strides(stages)
    return all(len({found[i] for i in stage.inputs}) == 1 for stage in stages)


def _simplified(stages: list[Stage]) -> tuple[Stage, ...]:
    """The same with norms inside of convolutions, and largest values taken before ReLU.

    The order of the last two does not matter to the result, and ReLU has less to do after it.
    """
    readers = Counter(i for stage in stages for i in stage.inputs)
    found: list[Stage] = []
    place = {0: 0}  # registers before -> after
    for register, before in enumerate(stages, start=1):
        stage = replace(before, inputs=tuple(place[i] for i in before.inputs))
        last = found[-1] if found and stage.inputs == (len(found),) else None
        alone = readers[before.inputs[0]] == 1
        if isinstance(stage, Scale) and isinstance(last, Convolve) and alone and not last.norm:
            found[-1] = replace(last, norm=stage)
        elif isinstance(stage, PoolStage) and stage.largest and last and _is_relu(last) and alone:
            found[-1:] = [replace(stage, inputs=last.inputs), replace(last, inputs=(len(found),))]
        else:
            found.append(stage)
        place[register] = len(found)
    return tuple(found)


def _is_relu(stage: Stage) -> bool:
    """Whether a stage is max(x, 0)."""
    return isinstance(stage, Activate) and stage.relu
