"""Carries changes in windows through the stages of a network, while a graph is traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from intensity.attribution.incremental.stages import Stage, factor

if TYPE_CHECKING:
    import tensorflow as tf


class Kept(NamedTuple):
    """What is needed of a register without a change.

    negative: with the other sign, which saves ReLU an operation on every patch.
    """

    register: int
    negative: bool = False


class Extents(NamedTuple):
    """Where the patches of every register are, for windows that go together.

    starts: (registers, windows, 2) int32, first row and column; may lie outside of the map.
    sides: (registers, 2) int32, height and width of the patches.
    sizes: (registers, 2) int32, of the whole maps; 0 for rows of numbers.
    leads: (registers, 2) int32, places outside that the first window of the stage covers.
    """

    starts: np.ndarray
    sides: np.ndarray
    sizes: np.ndarray
    leads: np.ndarray


class _Change(NamedTuple):
    """What is added to a register.

    values: (draws * n, height, width, channels) of patches or of whole maps, or (draws * n, units).
    inside: whether it is 0 outside of the map.
    """

    values: tf.Tensor
    inside: bool


@dataclass(frozen=True)
class Carrier:
    """Carries changes through stages, while a graph is traced.

    Args:
        kept: registers without a change.
        image: (n,) of which image each patch is.
        extents: where the patches are.
        whole: registers whose changes are whole maps.
        before_relu: registers that only ReLUs read.
    """

    kept: dict[Kept, tf.Tensor]
    image: tf.Tensor
    extents: Extents
    whole: frozenset[int]
    before_relu: frozenset[int]

    def through(self, stages: Sequence[Stage], levels: tf.Tensor) -> tf.Tensor:
        """From (draws, n) levels painted to what is added to the logits."""
        import tensorflow as tf

        pixels = self.before(Kept(0))
        painted = tf.where(self.on_map(0), levels[..., None, None, None] - pixels, 0.0)
        flat = tf.reshape(painted, tf.concat([[-1], tf.shape(pixels)[1:]], 0))
        changes = [_Change(_shaped(flat, pixels.shape[-1]), True)]
        for register, stage in enumerate(stages, start=1):
            changes.append(self.after(stage, register, [changes[i] for i in stage.inputs]))
        return changes[-1].values

    def after(self, stage: Stage, register: int, changes: list[_Change]) -> _Change:
        """What a stage makes of the changes that it reads."""
        first, read = changes[0], stage.inputs[0]
        match stage.kind:
            case "scale":
                return _Change(first.values * factor(stage.layer), first.inside)
            case "dense":
                return _Change(first.values @ stage.kernel(), True)
            case "relu":
                return _Change(self.rectified(read, first.values), True)
            case "convolve":
                return self.convolved(stage, register, self.clean(first, read))
            case "pool":
                return self.largest(stage, register, first.values)
            case "add":
                return self.added(stage, register, changes)
            case "average":
                return _Change(self.averaged(self.clean(first, read), read), True)
            case "flatten":
                return _Change(stage.forward(self.placed(self.clean(first, read), read)), True)

    def rectified(self, read: int, change: tf.Tensor) -> tf.Tensor:
        """ReLU(x + d) - ReLU(x), as max(d, -x) - max(-x, 0), which is the same."""
        import tensorflow as tf

        before = self.before(Kept(read, negative=True))
        return _with_each(tf.subtract, _with_each(tf.maximum, change, before), tf.nn.relu(before))

    def convolved(self, stage: Stage, register: int, change: tf.Tensor) -> _Change:
        """The convolution of the change, without bias."""
        import tensorflow as tf

        steps, whole = stage.layer.strides, register in self.whole
        padding: object = stage.layer.padding.upper() if whole else "VALID"
        if whole:
            change = self.placed(change, stage.inputs[0])
        elif steps == (1, 1):  # whatever a kernel can reach: the convolution pads by itself
            padding = [[0, 0], *([axis.side - 1] * 2 for axis in stage.axes), [0, 0]]
        else:
            change = self.fitted(change, stage.inputs[0], *self.region(stage, register))
        return _Change(tf.nn.conv2d(change, stage.kernel(), steps, padding), whole)

    def largest(self, stage: Stage, register: int, change: tf.Tensor) -> _Change:
        """Largest values less those before; ReLU makes 0 of what lies outside of the map."""
        import tensorflow as tf

        read, only_relu = stage.inputs[0], register in self.before_relu
        if register in self.whole:
            padding, before = stage.layer.padding.upper(), self.whole_before(Kept(read))
            shown = _with_each(tf.add, self.placed(change, read), before)
        else:
            padding, place = "VALID", self.region(stage, register)
            before = self.gathered(Kept(read), *place)
            shown = _with_each(tf.add, self.fitted(change, read, *place), before)
        less = tf.add if only_relu else tf.subtract
        kept = self.before(Kept(register, negative=only_relu))
        added = _with_each(less, stage.pooled(shown, padding), kept)
        if only_relu:
            return _Change(added, register in self.whole)
        return _Change(self.masked(added, register), True)

    def added(self, stage: Stage, register: int, changes: list[_Change]) -> _Change:
        """The sum of changes, each laid in the middle of the largest."""
        pairs = list(zip(changes, stage.inputs, strict=True))
        if register in self.whole:
            parts = [self.placed(self.clean(change, i), i) for change, i in pairs]
            return _Change(stage.forward(*parts), True)
        place = self.extents.starts[register], self.extents.sides[register]
        parts = [self.fitted(change.values, i, *place) for change, i in pairs]
        return _Change(stage.forward(*parts), all(change.inside for change in changes))

    def averaged(self, change: tf.Tensor, read: int) -> tf.Tensor:
        """What is added to the mean over the map."""
        import tensorflow as tf

        places = tf.cast(tf.reduce_prod(self.extents.sizes[read]), tf.float32)
        return tf.reduce_sum(change, axis=(1, 2)) / places

    def clean(self, change: _Change, register: int) -> tf.Tensor:
        """The change with 0 outside of the map."""
        return change.values if change.inside else self.masked(change.values, register)

    def masked(self, change: tf.Tensor, register: int) -> tf.Tensor:
        """0 where patches reach over the border of the map."""
        import tensorflow as tf

        if register in self.whole or len(change.shape) == 2:
            return change
        return _with_each(lambda value, on: tf.where(on, value, 0.0), change, self.on_map(register))

    def region(self, stage: Stage, register: int) -> tuple[tf.Tensor, tf.Tensor]:
        """(n, 2) first place and (2,) side of what a stage reads for the patches of a register."""
        sides, steps = [axis.side for axis in stage.axes], [axis.stride for axis in stage.axes]
        first = self.extents.starts[register] * steps - self.extents.leads[register]
        return first, (self.extents.sides[register] - 1) * steps + sides

    def fitted(
        self, change: tf.Tensor, register: int, first: tf.Tensor, side: tf.Tensor
    ) -> tf.Tensor:
        """Patches of a register laid into larger or smaller ones; 0 around them."""
        import tensorflow as tf

        before = self.extents.starts[register][0] - first[0]
        after = side - before - self.extents.sides[register]
        border = tf.stack([before, after], axis=1)
        padded = tf.pad(change, tf.pad(tf.maximum(border, 0), [[1, 1], [0, 0]]))
        skip = tf.maximum(-before, 0)
        cut = padded[:, skip[0] : skip[0] + side[0], skip[1] : skip[1] + side[1]]
        return _shaped(cut, change.shape[-1])

    def placed(self, change: tf.Tensor, register: int) -> tf.Tensor:
        """Patches of a register as whole maps, 0 elsewhere."""
        import tensorflow as tf

        if register in self.whole:
            return change
        side, size = self.extents.sides[register], self.extents.sizes[register]
        count, channels = tf.shape(change)[0], change.shape[-1]
        padded = tf.pad(change, [[0, 0], [0, 1], [0, 1], [0, 0]])  # the last row and column are 0
        rows, columns = (
            tf.range(size[axis]) - self.extents.starts[register][:, axis, None] for axis in (0, 1)
        )
        rows, columns = (
            tf.where((index >= 0) & (index < length), index, length)
            for index, length in ((rows, side[0]), (columns, side[1]))
        )
        within = rows[:, :, None] * (side[1] + 1) + columns[:, None, :]
        draws = count // tf.shape(within)[0]
        each = tf.range(count) * tf.reduce_prod(side + 1)
        index = tf.tile(within, [draws, 1, 1]) + each[:, None, None]
        return tf.gather(tf.reshape(padded, [-1, channels]), index)

    def before(self, kept: Kept) -> tf.Tensor:
        """What stands where a register changes: patches, whole maps or rows, (n, ...)."""
        import tensorflow as tf

        register = kept.register
        if len(self.kept[kept].shape) == 2:
            return tf.gather(self.kept[kept], self.image)
        if register in self.whole:
            return self.whole_before(kept)
        return self.gathered(kept, self.extents.starts[register], self.extents.sides[register])

    def whole_before(self, kept: Kept) -> tf.Tensor:
        """Kept maps, (n, height, width, channels)."""
        import tensorflow as tf

        return tf.gather(self.kept[kept][:, 1:-1, 1:-1], self.image)

    def gathered(self, kept: Kept, first: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
        """Patches of kept maps, (n, height, width, channels); `OUTSIDE` outside of the map."""
        import tensorflow as tf

        maps = self.kept[kept]
        height, width = tf.unstack(tf.shape(maps)[1:3])
        rows, columns = (
            tf.clip_by_value(first[:, axis, None] + tf.range(side[axis]) + 1, 0, most - 1)
            for axis, most in enumerate((height, width))
        )
        lines = self.image[:, None] * height + rows
        index = lines[:, :, None] * width + columns[:, None, :]
        return tf.gather(tf.reshape(maps, [-1, maps.shape[-1]]), index)

    def on_map(self, register: int) -> tf.Tensor:
        """(n, height, width, 1) bool, which places of patches lie on the map."""
        import tensorflow as tf

        lines = []
        for axis in (0, 1):
            first, side = self.extents.starts[register][:, axis], self.extents.sides[register, axis]
            place = first[:, None] + tf.range(side)
            lines.append((place >= 0) & (place < self.extents.sizes[register, axis]))
        return (lines[0][:, :, None] & lines[1][:, None, :])[..., None]


def _with_each(function: Callable[..., Any], change: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """A function of (draws * n, ...) changes and (n, ...) numbers that all draws share."""
    import tensorflow as tf

    shape = tf.shape(other)
    apart = tf.reshape(change, tf.concat([[-1, shape[0]], tf.shape(change)[1:]], 0))
    return _shaped(tf.reshape(function(apart, other), tf.shape(change)), change.shape[-1])


def _shaped(values: tf.Tensor, last: int) -> tf.Tensor:
    values.set_shape([None] * (len(values.shape) - 1) + [last])
    return values
