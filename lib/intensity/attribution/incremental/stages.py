"""A network as a list of stages that know what becomes of a change in a few pixels.

Linear stages (convolution, batch norm, means, sums) hand a change on without knowing the maps that
it changes. ReLU and largest values need the unchanged map where the change is. `stages_of` reads a
Keras model made of the layers that `models.build` uses; it answers None for any other.

A register is a map or a row of numbers on the way through the network; register 0 is the image,
register i + 1 is what stage i returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from intensity.models.layers import layer_calls

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Kind = Literal["scale", "convolve", "pool", "relu", "add", "average", "flatten", "dense"]
KINDS: dict[str, Kind] = {
    "Rescaling": "scale",
    "BatchNormalization": "scale",
    "Conv2D": "convolve",
    "MaxPooling2D": "pool",
    "ReLU": "relu",
    "Add": "add",
    "GlobalAveragePooling2D": "average",
    "Flatten": "flatten",
    "Dense": "dense",
}
"""Layers of Keras, and which stage each is; dropout is none."""
PLAIN = {
    "compute_dtype": "float32",
    "data_format": "channels_last",
    "dilation_rate": (1, 1),
    "groups": 1,
    "keepdims": False,
    "max_value": None,
    "negative_slope": 0,
    "quantization_mode": None,
    "threshold": 0,
}
"""Options of layers that would make another stage of them."""


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
        kind: which.
        inputs: registers that it reads.
        layer: what computes it.
        norm: batch norm that follows a convolution at once.
    """

    kind: Kind
    inputs: tuple[int, ...]
    layer: Any
    norm: Any = None

    @property
    def axes(self) -> tuple[Axis, ...]:
        """How a convolution or pool moves along height and width; none for other stages."""
        sides = getattr(self.layer, "kernel_size", getattr(self.layer, "pool_size", ()))
        strides = self.layer.strides if sides else ()
        return tuple(Axis(*pair, self.layer.padding) for pair in zip(sides, strides, strict=True))

    def forward(self, *maps: tf.Tensor) -> tf.Tensor:
        """What it returns for whole maps."""
        found = self.layer(maps[0] if len(maps) == 1 else list(maps))
        return found if self.norm is None else self.norm(found)

    def pooled(self, maps: tf.Tensor, padding: str) -> tf.Tensor:
        """Largest values of maps with any padding."""
        import tensorflow as tf

        return tf.nn.max_pool2d(maps, self.layer.pool_size, self.layer.strides, padding)

    def kernel(self) -> tf.Tensor:
        """(..., in, out) weights of a convolution or dense layer, batch norm's factor included."""
        import tensorflow as tf

        kernel = tf.cast(self.layer.kernel, tf.float32)
        return kernel if self.norm is None else kernel * factor(self.norm)


def factor(layer: Any) -> tf.Tensor:
    """What rescaling or batch norm multiplies a change with."""
    import tensorflow as tf

    if not hasattr(layer, "moving_variance"):
        return tf.constant(layer.scale, tf.float32)
    scale = tf.math.rsqrt(tf.cast(layer.moving_variance, tf.float32) + layer.epsilon)
    return scale * tf.cast(layer.gamma, tf.float32) if layer.scale else scale


@lru_cache(maxsize=16)
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
    ends = [stage for stage in stages if stage.kind in ("average", "flatten")]
    return _simplified(stages) if len(ends) == 1 and _one_scale(stages) else None


def _read(model: keras.Model) -> list[Stage] | None:
    """The stages of a model in order; None where a layer is not known or is used twice."""
    import keras

    opened, calls = layer_calls(model)
    if len({id(call.layer) for call in calls}) < len(calls):
        return None
    stages: list[Stage] = []
    made = {id(opened.inputs[0]): 0}
    for layer, inputs, output in calls:
        read = tuple(made[id(tensor)] for tensor in inputs)
        if type(layer) is keras.layers.Dropout:
            made[id(output)] = read[0]
            continue
        if not read or not _is_known(layer, len(output.shape)):
            return None
        stages.append(Stage(KINDS[type(layer).__name__], read, layer))
        made[id(output)] = len(stages)
    return stages if made.get(id(opened.outputs[0])) == len(stages) else None


def _is_known(layer: Any, rank: int) -> bool:
    """Whether a layer that returns maps (rank 4) or rows (rank 2) is a stage.

    A convolution with strides (1, s) is none: on maps as narrow as patches with one channel,
    TensorFlow 2.21 computes it wrongly on processors (seen from 2 to 7 pixels).
    """
    import keras

    name, linear = type(layer).__name__, keras.activations.linear
    return (
        name in KINDS
        and type(layer) is getattr(keras.layers, name)
        and all(getattr(layer, option, usual) == usual for option, usual in PLAIN.items())
        and getattr(layer, "activation", linear) is linear
        and getattr(layer, "axis", -1) in (-1, rank - 1)
        and (name != "Dense" or rank == 2)
        and (name != "Conv2D" or len(set(layer.strides)) == 1)
    )


def strides(stages: Sequence[Stage]) -> list[tuple[int, int]]:
    """Pixels between neighboring places of every register, vertically and horizontally."""
    found = [(1, 1)]
    for stage in stages:
        down, right = found[stage.inputs[0]]
        if stage.axes:
            down, right = down * stage.axes[0].stride, right * stage.axes[1].stride
        found.append((down, right))
    return found


def _one_scale(stages: Sequence[Stage]) -> bool:
    found = strides(stages)
    return all(len({found[i] for i in stage.inputs}) == 1 for stage in stages)


def _simplified(stages: list[Stage]) -> tuple[Stage, ...]:
    """The same with norms inside of convolutions, and largest values taken before ReLU.

    The order of the last two does not matter to the result, and ReLU has less to do after it.
    """
    uses = Counter(i for stage in stages for i in stage.inputs)
    found: list[Stage] = []
    place = {0: 0}  # registers before -> after
    for register, before in enumerate(stages, start=1):
        stage = replace(before, inputs=tuple(place[i] for i in before.inputs))
        last = found[-1] if found and stage.inputs == (len(found),) else None
        pair = (last.kind, stage.kind) if last and uses[before.inputs[0]] == 1 else ()
        if last and pair == ("convolve", "scale") and not last.norm:
            found[-1] = replace(last, norm=stage.layer)
        elif last and pair == ("relu", "pool"):
            found[-1:] = [replace(stage, inputs=last.inputs), replace(last, inputs=(len(found),))]
        else:
            found.append(stage)
        place[register] = len(found)
    return tuple(found)
