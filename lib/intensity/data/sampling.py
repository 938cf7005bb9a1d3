"""Random scenes.

Scenes are numbered; scene number i of a split depends on (task, options, split, i) alone, because
every block of numbers has random generators of its own, one for each variable, keyed by (split,
variable, block). Changing one option therefore leaves the other variables as they are: the same
scenes with and without noise, say, differ in the noise only.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import numpy as np

from intensity.data.scenes import SceneOptions, Scenes, SquareNoise, concatenate
from intensity.data.shapes import SHAPES
from intensity.data.tasks import MINIMUM_CONTRAST, Task
from intensity.values import InvalidInput

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
BLOCK = 1024
"""Scenes that share a random generator."""
FIXED_PERMUTATIONS = 30
"""Number of pixel permutations of the variant "fixed", as the paper's authors had."""


def draw_scenes(task: Task, options: SceneOptions, split: str, start: int, count: int) -> Scenes:
    """Scenes number start .. start + count - 1 of a split.

    Args:
        task: of the scenes.
        options: of the scenes.
        split: "train", "validation" or "test"; splits never share a scene.
        start: number of the first scene, from 0 without end.
        count: how many.

    Raises:
        InvalidInput: unknown split, negative start, fewer than one scene, or options that do not
            suit the task.
    """
    if split not in SPLITS:
        raise InvalidInput(f"split: {split!r} is unknown; allowed: {', '.join(SPLITS)}")
    if start < 0 or count < 1:
        raise InvalidInput(f"start, count: {start}, {count}; allowed: start >= 0, count >= 1")
    check_drawable(task, options)
    first, last = start // BLOCK, (start + count - 1) // BLOCK
    blocks = [_draw_block(task, options, split, block) for block in range(first, last + 1)]
    scenes = blocks[0] if len(blocks) == 1 else concatenate(blocks)
    return scenes[start - first * BLOCK : start - first * BLOCK + count]


def check_drawable(task: Task, options: SceneOptions) -> None:
    """Refuse a task whose classes such scenes do not have.

    Raises:
        InvalidInput: an option contradicts what the class depends on.
    """
    if task.draws_backgrounds and options.background != "random":
        found, allowed = f"background: {options.background}", "'random'"
    elif task.shapes and sorted(options.shapes) != sorted(task.shapes):
        found, allowed = f"shapes: {options.shapes}", str(task.shapes)
    elif options.distractor and (task.shapes or task.draws_backgrounds):
        found, allowed = f"distractor: {options.distractor}", "none"
    elif options.distractor in options.shapes:
        found, allowed = f"distractor: {options.distractor}", "a shape that the object never has"
    else:
        return
    raise InvalidInput(f"{found} is not allowed in scenes of task {task.name}; allowed: {allowed}")


def class_shares(task: Task, options: SceneOptions) -> np.ndarray:
    """(classes,) how often each class occurs; the maximum is the accuracy of guessing.

    A distractor of another class makes frequent classes rarer: pairs of one class are not drawn.
    """
    shares = task.priors
    if options.distractor:
        shares = shares * (1 - shares)
    return shares / shares.sum()


def _draw_block(task: Task, options: SceneOptions, split: str, block: int) -> Scenes:
    """All scenes of a block."""
    stream = partial(_stream, split, block)
    objects, background = _draw_levels(task, options, stream)
    area = _choose(options.areas, stream("area")).astype(np.int32)
    centers = _draw_centers(options, stream("center"))
    shapes = [SHAPES.index(shape) for shape in options.shapes]
    scenes = Scenes(
        task=task,
        options=options,
        intensity=objects[:, 0],
        shape=_choose(shapes, stream("shape")).astype(np.uint8),
        area=area,
        center=centers[:, :2],
        core_area=np.zeros_like(area),
        core_intensity=objects[:, 0],
        background=background,
        distractor_intensity=objects[:, -1],
        distractor_area=area if options.distractor else np.zeros_like(area),
        distractor_center=centers[:, -2:],
        noise_squares=_draw_squares(task, options, stream("squares")),
        noise_seed=stream("noise").integers(0, 2**64, BLOCK, np.uint64),
        permutation_seed=_draw_permutations(options, stream("permutation")),
    )
    return scenes.only_edge() if options.hollow else scenes


VARIABLES = (
    *("intensity", "shape", "area", "center"),
    *("background", "squares", "noise", "permutation", "varied"),
)
"""What a block draws; the position of a name is part of the key of its generator."""


def _stream(split: str, block: int, variable: str) -> np.random.Generator:
    key = (SPLITS.index(split) << 32) + VARIABLES.index(variable)
    return np.random.Generator(np.random.Philox(key=np.array([key, block], np.uint64)))


def _integers(uniform: np.ndarray, low: np.ndarray | int, high: np.ndarray | int) -> np.ndarray:
    return low + np.floor(uniform * (np.asarray(high) - low + 1)).astype(np.int64)


def _choose(options: tuple[int, ...] | list[int], stream: np.random.Generator) -> np.ndarray:
    return np.asarray(options)[_integers(stream.random(BLOCK), 0, len(options) - 1)]


def _until(
    stream: np.random.Generator,
    propose: Callable[[np.ndarray], np.ndarray],
    accept: Callable[[np.ndarray, np.ndarray], np.ndarray],
    width: int,
) -> np.ndarray:
    """Proposals drawn anew, scene by scene, until each is accepted.

    Args:
        stream: random numbers.
        propose: (m, width) numbers in [0, 1) -> m proposals.
        accept: m proposals and the numbers of their scenes -> (m,) bool.
        width: random numbers a proposal needs.
    """
    result, pending = propose(stream.random((BLOCK, width))), np.arange(BLOCK)
    while (pending := pending[~accept(result[pending], pending)]).size:
        result[pending] = propose(stream.random((len(pending), width)))
    return result


def _draw_centers(options: SceneOptions, stream: np.random.Generator) -> np.ndarray:
    """(BLOCK, 2) int16 row and column; with a distractor (BLOCK, 4), both drawn alike and apart."""
    (top, bottom), (left, right) = options.center_range
    pairs = 2 if options.distractor else 1
    low, high = np.tile([top, left], pairs), np.tile([bottom, right], pairs)

    def apart(centers: np.ndarray, _: np.ndarray) -> np.ndarray:
        """Whether the bounding boxes of the two objects do not touch."""
        distance = np.abs(centers[:, :2] - centers[:, -2:]).max(axis=1)
        return (distance >= options.separation) | (pairs == 1)

    return _until(stream, lambda u: _integers(u, low, high), apart, 2 * pairs).astype(np.int16)


def _draw_levels(
    task: Task, options: SceneOptions, stream: Callable[[str], np.random.Generator]
) -> tuple[np.ndarray, np.ndarray]:
    """(BLOCK, k) uint8 intensities of the k objects, and (BLOCK,) uint8 backgrounds.

    Two objects are drawn and discarded as pairs, so either may play either role.
    """
    if task.draws_backgrounds:
        pairs = task.draw_pairs(stream("intensity").random(BLOCK))
        return pairs[:, :1], pairs[:, 1]
    count = 2 if options.distractor else 1

    def differ(levels: np.ndarray, _: np.ndarray) -> np.ndarray:
        """Whether the classes of first and last object differ, or there is only one object."""
        return (task.label(levels[:, 0]) != task.label(levels[:, -1])) | (count == 1)

    objects = _until(stream("intensity"), task.draw, differ, count)
    if options.background != "random":
        return objects, np.full(BLOCK, options.background, np.uint8)

    def contrast(levels: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Whether backgrounds differ enough from all objects."""
        distance = np.abs(objects[rows].astype(int) - levels[:, None])
        return distance.min(axis=1) >= MINIMUM_CONTRAST

    drawn = _until(stream("background"), lambda u: _integers(u[:, 0], 0, 255), contrast, 1)
    is_varied = stream("varied").random(BLOCK) < options.varied
    return objects, np.where(is_varied, drawn, 0).astype(np.uint8)


def _draw_squares(task: Task, options: SceneOptions, stream: np.random.Generator) -> np.ndarray:
    """(BLOCK, k, 4) int16 noise squares that lie wholly inside; side 0 beyond a scene's count."""
    noise = options.noise
    if not isinstance(noise, SquareNoise):
        return np.zeros((BLOCK, 0, 4), np.int16)
    most = noise.count[1]
    count = _integers(stream.random(BLOCK), *noise.count)
    uniform = stream.random((4, BLOCK, most))
    side = _integers(uniform[2], *noise.sides)
    margin = noise.margin
    last = np.minimum(options.size - 1 - margin, options.size - side)
    places = _integers(uniform[:2], margin, last)
    side[np.arange(most) >= count[:, None]] = 0
    return np.stack([*places, side, task.draw(uniform[3])], axis=-1).astype(np.int16)


def _draw_permutations(options: SceneOptions, stream: np.random.Generator) -> np.ndarray:
    """(BLOCK,) uint64 seeds of pixel permutations, 0 for none."""
    if options.permutation is None:
        return np.zeros(BLOCK, np.uint64)
    if options.permutation == "fixed":
        return 1 + stream.integers(0, FIXED_PERMUTATIONS, BLOCK, np.uint64)
    return stream.integers(FIXED_PERMUTATIONS + 1, 2**64, BLOCK, np.uint64)
