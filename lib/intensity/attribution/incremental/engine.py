"""Incremental inference: of every map, compute only what a painted window changes.

A window of 8 x 8 pixels changes 12 x 12 places of the second feature map, not all 64 x 64. So maps
of the unmodified image are computed once and kept, and what changes is carried through the network
as a difference: patches that grow from layer to layer as receptive fields do, one for every window.
A linear layer needs the difference alone. An activation or a largest value needs what stood there
before, which is gathered from the kept maps. Outside of a map a difference is 0. When patches
are as large as the map, whole maps of differences go on.

Differences lose nothing: where a single pixel moves a logit of 5 by 0.001, full passes have
that change to 3 digits in float32, this to 6.

Windows whose corners are a multiple of the network's stride apart have patches of one size in the
same place relative to the window; they are computed together, many images and fills at a time.

Reference: Nakandala, Kumar, Papakonstantinou (2019), Incremental and approximate inference for
faster occlusion-based deep CNN explanations, section 4. Theirs carries changed maps; differences
are what makes the closing sums cheap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from intensity.attribution.base import KEPT, Compiled, Target, image_spec
from intensity.attribution.incremental.stages import (
    Activate,
    Add,
    Average,
    Axis,
    Convolve,
    Dense,
    Flatten,
    Pool,
    Scale,
    Stage,
    stages_of,
    strides,
)
from intensity.attribution.windows import Windows
from intensity.models.inputs import batches, to_network

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

NEAR = 2**23
"""Bytes of the patches of one map that are computed at once: what a processor's caches hold."""
FEW = 64
"""Patches that are worth a call, also where they are larger than that."""
FAR = -1e30
"""Stands around kept maps. ReLU makes 0 of it, whatever is added, and no largest value lies there,
so nothing changes outside of a map."""


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


def incremental_changes(
    target: Target, stages: tuple[Stage, ...], windows: Windows, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What painting a window adds to the logits.

    Args:
        target: about m images.
        stages: of its model.
        windows: where is painted; each window by itself.
        levels: (draws, m, windows) float32, the grey level painted.

    Returns:
        (m, classes) logits of the images, and (draws, m, windows, classes) what is added to them;
        float32.
    """
    *kept, values = compiled_kept(target.model)(to_network(target.pixels))
    before = values.numpy()
    change = np.empty((*levels.shape, before.shape[1]), np.float32)
    for numbers in _going_together(stages, windows):
        extents = follow(stages, windows, numbers)
        carry = compiled_carry(target.model, _whole(stages, extents))
        room = _room(target, stages, extents, kept)
        image, window = (i.ravel() for i in np.indices((len(target), len(numbers))))
        for draws, part in _portions(levels.shape[0], len(image), room):
            shown, place = image[part], window[part]
            painted = levels[draws, shown, numbers[place]]
            found = carry(
                kept, shown.astype(np.int32), painted,
                np.ascontiguousarray(extents.starts[:, place]), *extents[1:],
            )  # fmt: skip
            change[draws, shown, numbers[place]] = found.numpy().reshape(*painted.shape, -1)
    return before, change


def _going_together(stages: Sequence[Stage], windows: Windows) -> Iterator[np.ndarray]:
    """Numbers of windows whose corners are a multiple of the network's stride apart."""
    corners = windows.corners
    phase = corners % np.max(strides(stages), axis=0)
    _, group = np.unique(phase, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(group))[:-1])


def _portions(draws: int, patches: int, room: int) -> Iterator[tuple[slice, slice]]:
    """Slices of draws and of patches, so that no more than `room` of both go at once."""
    for some in batches(draws, room):
        for part in batches(patches, max(1, room // (some.stop - some.start))):
            yield some, part


def _room(target: Target, stages: Sequence[Stage], extents: Extents, kept: Sequence[Any]) -> int:
    """How many patches take no more memory than a batch of whole images, and stay near."""
    limits = []
    for (register, _), values in zip(kept_registers(stages), kept, strict=True):
        size = int(extents.sizes[register].prod())
        if size:
            side = min(int(extents.sides[register].prod()), size)
            limits.append(target.batch * size // side)
            limits.append(max(NEAR // (4 * side * values.shape[-1]), FEW))
    return min(limits)


def follow(stages: Sequence[Stage], windows: Windows, numbers: np.ndarray) -> Extents:
    """What windows that go together change in every register.

    A stage whose window has side k, stride s and `lead` places before the map reads, for its
    place o, places o s - lead .. o s - lead + k - 1. So places a .. b change places
    ceil((a + lead - k + 1) / s) .. floor((b + lead) / s).

    Args:
        stages: of a network.
        windows: of an image.
        numbers: (n,) those that go together.
    """
    starts, sides = [windows.corners[numbers]], [np.full(2, windows.side)]
    sizes, leads = [np.array(windows.shape)], [np.zeros(2, int)]
    for stage in stages:
        read, lead = list(stage.inputs), np.zeros(2, int)
        first = np.min([starts[i] for i in read], axis=0)
        last = np.max([starts[i] + sides[i] - 1 for i in read], axis=0)
        size = sizes[read[0]]
        if isinstance(stage, Convolve | Pool):
            lead, side, step = _steps(stage.axes, size)
            first, last = -((side - 1 - first - lead) // step), (last + lead) // step
            size = np.array([a.size(s) for a, s in zip(stage.axes, size, strict=True)])
        elif isinstance(stage, Average | Flatten):
            size = np.zeros(2, int)
        starts.append(first)
        sides.append(np.maximum(last[0] - first[0] + 1, 1))
        sizes.append(size)
        leads.append(lead)
    return Extents(*(np.array(part, np.int32) for part in (starts, sides, sizes, leads)))


def _steps(axes: tuple[Axis, Axis], size: np.ndarray) -> tuple[np.ndarray, ...]:
    """Lead, side and stride of both axes."""
    leads = [axis.lead(before) for axis, before in zip(axes, size.tolist(), strict=True)]
    return (
        np.array(leads),
        np.array([axis.side for axis in axes]),
        np.array([axis.stride for axis in axes]),
    )


def _whole(stages: Sequence[Stage], extents: Extents) -> frozenset[int]:
    """Registers of which whole maps are computed: patches are as large, or come from whole maps."""
    found: set[int] = set()
    for register, stage in enumerate(stages, start=1):
        if not extents.sizes[register].all():
            break
        large = extents.sides[register].prod() >= extents.sizes[register].prod()
        if large or found & set(stage.inputs):
            found.add(register)
    return frozenset(found)


def kept_registers(stages: Sequence[Stage]) -> list[Kept]:
    """Registers that are needed as they are without a change: what nonlinear stages read."""
    kept, rectified = {Kept(0)}, _rectified(stages)
    for register, stage in enumerate(stages, start=1):
        if isinstance(stage, Activate):
            kept.add(Kept(stage.inputs[0], stage.relu))
        if isinstance(stage, Pool) and stage.largest:
            kept |= {Kept(stage.inputs[0]), Kept(register, register in rectified)}
    return sorted(kept)


def _rectified(stages: Sequence[Stage]) -> frozenset[int]:
    """Registers that only ReLUs read: these make 0 of what patches have outside of the map."""
    readers: dict[int, list[bool]] = {}
    for stage in stages:
        for register in stage.inputs:
            readers.setdefault(register, []).append(isinstance(stage, Activate) and stage.relu)
    return frozenset(register for register, relus in readers.items() if all(relus))


@lru_cache(maxsize=KEPT)
def compiled_kept(model: keras.Model) -> Any:
    """(n, h, w, 1) float32 images -> kept registers, maps bordered with `FAR`, and the logits."""
    import tensorflow as tf

    stages = stages_of(model) or ()

    def forward(images: tf.Tensor) -> list[tf.Tensor]:
        """Stage by stage."""
        registers = [images]
        for stage in stages:
            registers.append(stage.forward(*(registers[i] for i in stage.inputs)))
        kept = [_bordered(registers[i], negative) for i, negative in kept_registers(stages)]
        return [*kept, registers[-1]]

    return tf.function(forward, input_signature=[image_spec(model)], autograph=False)


def _bordered(values: tf.Tensor, negative: bool) -> tf.Tensor:
    """A map with a border of `FAR`, a row without; with the other sign where asked."""
    import tensorflow as tf

    if len(values.shape) == 4:
        values = tf.pad(values, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=FAR)
    return -values if negative else values


@lru_cache(maxsize=2 * KEPT)
def compiled_carry(model: keras.Model, whole: frozenset[int]) -> Compiled:
    """A change in windows -> the change of the logits.

    The graph is traced once for a model and once more where patches become whole maps elsewhere.

    Returns:
        Kept registers, (n,) images, (draws, n) levels and the arrays of `Extents` for n patches
        -> (draws * n, classes).
    """
    import tensorflow as tf

    stages = stages_of(model) or ()
    registers = kept_registers(stages)
    *found, _ = compiled_kept(model).get_concrete_function().structured_outputs
    maps = [tf.TensorSpec([None] * (len(f.shape) - 1) + [f.shape[-1]], tf.float32) for f in found]

    def carry(
        kept: list[tf.Tensor], image: tf.Tensor, levels: tf.Tensor, *extents: tf.Tensor
    ) -> tf.Tensor:
        """All stages in order."""
        around = dict(zip(registers, kept, strict=True))
        carrier = _Carrier(around, image, Extents(*extents), whole, _rectified(stages))
        return carrier.through(stages, levels)

    shapes = [(None, None, 2), (None, 2), (None, 2), (None, 2)]
    signature = [
        maps,
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((None, None), tf.float32),
        *(tf.TensorSpec(shape, tf.int32) for shape in shapes),
    ]
    compiled: Compiled = tf.function(carry, input_signature=signature, autograph=False)
    return compiled


class _Change(NamedTuple):
    """What is added to a register.

    values: (draws * n, height, width, channels) of patches or of whole maps, or (draws * n, units).
    inside: whether it is 0 outside of the map.
    """

    values: tf.Tensor
    inside: bool


@dataclass(frozen=True)
class _Carrier:
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
            case Dense():
                return _Change(first.values @ stage.kernel(), True)
            case Activate():
                return _Change(self.activated(stage, register, first.values), True)
            case Convolve():
                return self.convolved(stage, register, self.clean(first, stage.inputs[0]))
            case Pool(largest=True):
                return self.largest(stage, register, first.values)
            case Pool():
                clean = self.clean(first, stage.inputs[0])
                return _Change(self.averaged(stage, register, clean), True)
            case Add():
                return self.added(stage, register, changes)
            case Average():
                clean = self.clean(first, stage.inputs[0])
                return _Change(self.summed(clean, stage.inputs[0]), True)
            case Flatten():
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

    def largest(self, stage: Pool, register: int, change: tf.Tensor) -> _Change:
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

    def averaged(self, stage: Pool, register: int, change: tf.Tensor) -> tf.Tensor:
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

    def region(self, stage: Convolve | Pool, register: int) -> tuple[tf.Tensor, tf.Tensor]:
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

    def mean_factor(self, stage: Pool, register: int) -> tf.Tensor:
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
    """The same, with the number of channels or units told to the graph."""
    values.set_shape([None] * (len(values.shape) - 1) + [last])
    return values
