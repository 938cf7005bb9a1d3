"""Incremental inference: of every map, compute only what a painted window changes.

A window of 8 x 8 pixels changes 12 x 12 places of the second feature map, not all 64 x 64. So maps
of the unmodified image are computed once and kept, and what changes is carried through the network
as a difference: patches that grow from layer to layer as receptive fields do, one for every window.
A linear layer needs the difference alone. An activation or a maximum needs the unmodified values,
which are gathered from the kept maps. Outside of a map a difference is 0. When patches
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

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from intensity.attribution.incremental.carrier import Carrier, Extents, Kept
from intensity.attribution.incremental.stages import Stage, stages_of, strides
from intensity.models.inputs import batches

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

CACHED_BYTES = 2**23
"""Bytes of the patches of one map that are computed at once: what a processor's caches hold."""
FEWEST_PATCHES = 64
"""Patches that are worth a call, also where they are larger than that."""
OUTSIDE = -1e30
"""Stands around kept maps. ReLU makes 0 of it, whatever is added, and no largest value lies there,
so nothing changes outside of a map."""


def incremental_changes(
    model: keras.Model,
    pixels: np.ndarray,
    corners: np.ndarray,
    side: int,
    levels: np.ndarray,
    batch: int,
) -> tuple[np.ndarray, np.ndarray]:
    """What painting a window adds to the logits.

    Args:
        model: one whose stages are known.
        pixels: (m, h, w, c), of which all channels are painted.
        corners: (windows, 2) first row and column of windows, each of which is painted by itself.
        side: of every window, pixels; the border of the image cuts what reaches over it.
        levels: (draws, m, windows) float32, the grey level painted.
        batch: whole images that would pass through the model at once.

    Returns:
        (m, classes) logits of the images, and (draws, m, windows, classes) what is added to them;
        float32.
    """
    stages = stages_of(model) or ()
    *kept, values = compiled_kept(model)(pixels.astype(np.float32))
    before = values.numpy()
    change = np.empty((*levels.shape, before.shape[1]), np.float32)
    for numbers in _going_together(stages, corners):
        extents = follow(stages, corners[numbers], side, pixels.shape[1:3])
        carry = compiled_carry(model, _whole(stages, extents))
        room = _room(batch, stages, extents, kept)
        image, window = (i.ravel() for i in np.indices((len(pixels), len(numbers))))
        for draws, part in _portions(levels.shape[0], len(image), room):
            shown, place = image[part], window[part]
            painted = levels[draws, shown, numbers[place]]
            found = carry(
                kept, shown.astype(np.int32), painted,
                np.ascontiguousarray(extents.starts[:, place]), *extents[1:],
            )  # fmt: skip
            change[draws, shown, numbers[place]] = found.numpy().reshape(*painted.shape, -1)
    return before, change


def _going_together(stages: Sequence[Stage], corners: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of windows whose corners are a multiple of the network's stride apart."""
    phase = corners % np.max(strides(stages), axis=0)
    _, group = np.unique(phase, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(group))[:-1])


def _portions(draws: int, patches: int, room: int) -> Iterator[tuple[slice, slice]]:
    for some in batches(draws, room):
        for part in batches(patches, max(1, room // (some.stop - some.start))):
            yield some, part


def _room(batch: int, stages: Sequence[Stage], extents: Extents, kept: Sequence[Any]) -> int:
    """How many patches take no more memory than a batch of whole images, and stay near."""
    limits = []
    for (register, _), values in zip(kept_registers(stages), kept, strict=True):
        size = int(extents.sizes[register].prod())
        if size:
            side = min(int(extents.sides[register].prod()), size)
            limits.append(batch * size // side)
            limits.append(max(CACHED_BYTES // (4 * side * values.shape[-1]), FEWEST_PATCHES))
    return min(limits)


def follow(
    stages: Sequence[Stage], corners: np.ndarray, side: int, shape: tuple[int, ...]
) -> Extents:
    """What windows that go together change in every register.

    A stage whose window has side k, stride s and `lead` places before the map reads, for its
    place o, places o s - lead .. o s - lead + k - 1. So places a .. b change places
    ceil((a + lead - k + 1) / s) .. floor((b + lead) / s).

    Args:
        stages: of a network.
        corners: (n, 2) first row and column of those that go together.
        side: of every window, pixels.
        shape: height and width of the image.
    """
    starts, sides = [corners], [np.full(2, side)]
    sizes, leads = [np.array(shape)], [np.zeros(2, int)]
    for stage in stages:
        read, lead = list(stage.inputs), np.zeros(2, int)
        first = np.min([starts[i] for i in read], axis=0)
        last = np.max([starts[i] + sides[i] - 1 for i in read], axis=0)
        size = sizes[read[0]]
        if stage.axes:
            reach, step = np.array([(axis.side, axis.stride) for axis in stage.axes]).T
            both = list(zip(stage.axes, size.tolist(), strict=True))
            lead = np.array([axis.lead(before) for axis, before in both])
            size = np.array([axis.size(before) for axis, before in both])
            first, last = -((reach - 1 - first - lead) // step), (last + lead) // step
        elif stage.kind in ("average", "flatten"):
            size = np.zeros(2, int)
        starts.append(first)
        sides.append(np.maximum(last[0] - first[0] + 1, 1))
        sizes.append(size)
        leads.append(lead)
    return Extents(*(np.array(part, np.int32) for part in (starts, sides, sizes, leads)))


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
    kept, before_relu = {Kept(0)}, _before_relu(stages)
    for register, stage in enumerate(stages, start=1):
        if stage.kind == "relu":
            kept.add(Kept(stage.inputs[0], negative=True))
        if stage.kind == "pool":
            kept |= {Kept(stage.inputs[0]), Kept(register, register in before_relu)}
    return sorted(kept)


def _before_relu(stages: Sequence[Stage]) -> frozenset[int]:
    read = {i for stage in stages for i in stage.inputs}
    others = {i for stage in stages if stage.kind != "relu" for i in stage.inputs}
    return frozenset(read - others)


@lru_cache(maxsize=16)
def compiled_kept(model: keras.Model) -> Any:
    """(n, h, w, c) float32 images -> kept registers, maps with their border, and logits."""
    import tensorflow as tf

    stages = stages_of(model) or ()

    def forward(images: tf.Tensor) -> list[tf.Tensor]:
        """All stages, one after the other."""
        registers = [images]
        for stage in stages:
            registers.append(stage.forward(*(registers[i] for i in stage.inputs)))
        kept = [_bordered(registers[i], negative) for i, negative in kept_registers(stages)]
        return [*kept, registers[-1]]

    images = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    return tf.function(forward, input_signature=[images], autograph=False)


def _bordered(values: tf.Tensor, negative: bool) -> tf.Tensor:
    """A map with a border of `OUTSIDE`, a row without; with the other sign where asked."""
    import tensorflow as tf

    if len(values.shape) == 4:
        values = tf.pad(values, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=OUTSIDE)
    return -values if negative else values


@lru_cache(maxsize=32)
def compiled_carry(model: keras.Model, whole: frozenset[int]) -> Callable[..., Any]:
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
        carrier = Carrier(around, image, Extents(*extents), whole, _before_relu(stages))
        return carrier.through(stages, levels)

    shapes = [(None, None, 2), (None, 2), (None, 2), (None, 2)]
    signature = [
        maps,
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((None, None), tf.float32),
        *(tf.TensorSpec(shape, tf.int32) for shape in shapes),
    ]
    return tf.function(carry, input_signature=signature, autograph=False)
