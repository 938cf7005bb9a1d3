"""Carries changes in windows through the stages of a network, while a graph is traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.attribution.base import Compiled
from intensity.attribution.incremental.stages import (
    Activate,
    Add,
    AverageStage,
    Convolve,
    DenseStage,
    FlattenStage,
    PoolStage,
    Scale,
    Stage,
)

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
        rectified: registers that only ReLUs read.
    """

    kept: dict[Kept, tf.Tensor]
    image: tf.Tensor
    extents: Extents
    whole: frozenset[int]
    rectified: frozenset[int]

    def through(self, stages: Sequence[Stage], levels: tf.Tensor) -> tf.Tensor:
        """From (draws, n) levels painted to what is added to the logits."""
        import tensorflow as tf

        pixels = self.before(Kept(0))
        painted = tf.where(self.on_map(0), levels[..., None, None, None] - pixels, 0.0)
        flat = tf.reshape(painted, tf.concat([[-1], tf.shape(pixels)[1:]], 0))
        changes = [_Change(_shaped(flat, 1), True)]
        for register, stage in enumerate(stages, start=1):
            changes.append(self.after(stage, register, [changes[i] for i in stage.inputs]))
        return changes[-1].values

    def after(self, stage: Stage, register: int, changes: list[_Change]) -> _Change:
        """What a stage makes of the changes that it reads."""
        first = changes[0]
        match stage:
            case Scale():
                return _Change(first.values * stage.factor(), first.inside)
            case DenseStage():
                return _Change(first.values @ stage.kernel(), True)
            case Activate():
                return _Change(self.activated(stage, register, first.values), True)
            case Convolve():
                return self.convolved(stage, register, self.clean(first, stage.inputs[0]))
            case PoolStage(largest=True):
                return self.largest(stage, register, first.values)
            case PoolStage():
                clean = self.clean(first, stage.inputs[0])
                return _Change(self.averaged(stage, register, clean), True)
            case Add():
                return self.added(stage, register, changes)
            case AverageStage():
                clean = self.clean(first, stage.inputs[0])
                return _Change(self.summed(clean, stage.inputs[0]), True)
            case FlattenStage():
                clean = self.clean(first, stage.inputs[0])
                return _Change(stage.forward(self.placed(clean, stage.inputs[0])), True)
        raise NotImplementedError(type(stage).__name__)

    def activated(self, stage: Activate, register: int, change: tf.Tensor) -> tf.Tensor:
        """f(x + d) - f(x); for ReLU max(d, -x) - max(-x, 0), which is the same."""
        import tensorflow as tf

        before = self.before(Kept(stage.inputs[0], stage.relu))
        if stage.relu:
            return _with_each(
                tf.subtract, _with_each(tf.maximum, change, before), tf.nn.relu(before)
            )
        after = stage.function(_with_each(tf.add, change, before))
        added = _with_each(tf.subtract, after, stage.function(before))
        return self.masked(added, register)

    def convolved(self, stage: Convolve, register: int, change: tf.Tensor) -> _Change:
        """The convolution of the change, without bias."""
        import tensorflow as tf

        steps, kernel = [axis.stride for axis in stage.axes], stage.kernel()
        padding: object = "VALID"
        if register in self.whole:
            change = self.placed(change, stage.inputs[0])
            padding = stage.axes[0].padding.upper()
        elif steps == [1, 1]:  # whatever a kernel can reach: the convolution pads by itself
            padding = [[0, 0], *([axis.side - 1] * 2 for axis in stage.axes), [0, 0]]
        else:
            change = self.fitted(change, stage.inputs[0], *self.region(stage, register))
        found = tf.nn.conv2d(change, kernel, steps, padding)
        return _Change(found, register in self.whole)

    def largest(self, stage: PoolStage, register: int, change: tf.Tensor) -> _Change:
        """Largest values less those before."""
        import tensorflow as tf

        read = stage.inputs[0]
        if register in self.whole:
            shown = _with_each(tf.add, self.placed(change, read), self.whole_before(Kept(read)))
            after = stage.pooled(shown, stage.axes[0].padding.upper())
            return _Change(self.less_before(after, register), True)
        place = self.region(stage, register)
        shown = _with_each(
            tf.add, self.fitted(change, read, *place), self.gathered(Kept(read), *place)
        )
        added = self.less_before(stage.pooled(shown, "VALID"), register)
        if register in self.rectified:
            return _Change(added, False)
        return _Change(self.masked(added, register), True)

    def less_before(self, after: tf.Tensor, register: int) -> tf.Tensor:
        """Values of a register less those without a change, which ReLU reads as -x too."""
        import tensorflow as tf

        if register in self.rectified:
            return _with_each(tf.add, after, self.before(Kept(register, negative=True)))
        return _with_each(tf.subtract, after, self.before(Kept(register)))

    def averaged(self, stage: PoolStage, register: int, change: tf.Tensor) -> tf.Tensor:
        """Means of the change."""
        import tensorflow as tf

        read = stage.inputs[0]
        if register in self.whole:
            return stage.pooled(self.placed(change, read), stage.axes[0].padding.upper())
        change = self.fitted(change, read, *self.region(stage, register))
        factor = self.mean_factor(stage, register)
        return _with_each(tf.multiply, stage.pooled(change, "VALID"), factor)

    def added(self, stage: Add, register: int, changes: list[_Change]) -> _Change:
        """The sum of changes, each laid in the middle of the largest."""
        if register in self.whole:
            parts = [
                self.placed(self.clean(change, i), i)
                for change, i in zip(changes, stage.inputs, strict=True)
            ]
            return _Change(stage.forward(*parts), True)
        place = self.extents.starts[register], self.extents.sides[register]
        parts = [
            self.fitted(change.values, i, *place)
            for change, i in zip(changes, stage.inputs, strict=True)
        ]
        return _Change(stage.forward(*parts), all(change.inside for change in changes))

    def summed(self, change: tf.Tensor, read: int) -> tf.Tensor:
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

    def region(self, stage: Convolve | PoolStage, register: int) -> tuple[tf.Tensor, tf.Tensor]:
        """(n, 2) first place and (2,) side of what a stage reads for the patches of a register."""
        sides, steps = ([getattr(a, name) for a in stage.axes] for name in ("side", "stride"))
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
            self._wrapped(
                tf.range(size[axis]) - self.extents.starts[register][:, axis, None], side[axis]
            )
            for axis in (0, 1)
        )
        within = rows[:, :, None] * (side[1] + 1) + columns[:, None, :]
        draws = count // tf.shape(within)[0]
        each = tf.range(count) * tf.reduce_prod(side + 1)
        index = tf.tile(within, [draws, 1, 1]) + each[:, None, None]
        return tf.gather(tf.reshape(padded, [-1, channels]), index)

    def _wrapped(self, index: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
        """Indices into a patch; what lies outside of it points to the zeros after its end."""
        import tensorflow as tf

        return tf.where((index >= 0) & (index < side), index, side)

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
        """Patches of kept maps, (n, height, width, channels); `FAR` outside of the map."""
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
        rows, columns = (
            (place >= 0) & (place < self.extents.sizes[register, axis])
            for axis, place in enumerate(self.lines(register))
        )
        return (rows[:, :, None] & columns[:, None, :])[..., None]

    def lines(self, register: int) -> list[tf.Tensor]:
        """(n, height) rows and (n, width) columns of patches."""
        import tensorflow as tf

        first, side = self.extents.starts[register], self.extents.sides[register]
        return [first[:, axis, None] + tf.range(side[axis]) for axis in (0, 1)]

    def mean_factor(self, stage: PoolStage, register: int) -> tf.Tensor:
        """(n, height, width, 1): places of a window over those of them on the map; 0 outside."""
        import tensorflow as tf

        parts = []
        for axis, place in enumerate(self.lines(register)):
            side, size = stage.axes[axis].side, self.extents.sizes[stage.inputs[0], axis]
            first = place * stage.axes[axis].stride - self.extents.leads[register, axis]
            counted = tf.minimum(first + side, size) - tf.maximum(first, 0)
            factor = side / tf.cast(tf.maximum(counted, 1), tf.float32)
            on = (place >= 0) & (place < self.extents.sizes[register, axis])
            parts.append(tf.where(on, tf.cast(factor, tf.float32), 0.0))
        return (parts[0][:, :, None] * parts[1][:, None, :])[..., None]


def _with_each(function: Compiled, change: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """A function of (draws * n, ...) changes and (n, ...) numbers that all draws share."""
    import tensorflow as tf

    shape = tf.shape(other)
    apart = tf.reshape(change, tf.concat([[-1, shape[0]], tf.shape(change)[1:]], 0))
    return _shaped(tf.reshape(function(apart, other), tf.shape(change)), change.shape[-1])


def _shaped(values: tf.Tensor, last: int) -> tf.Tensor:
    """The same, with the number of channels or units set in the graph."""
    values.set_shape([None] * (len(values.shape) - 1) + [last])
    return values
