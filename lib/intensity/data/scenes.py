"""Random scenes: what is in an image before it is painted.

A scene is a row of numbers: the object's shape, area, place and intensity, the background, a second
object, noise. Scenes are numbered; scene number i of a split depends on (task, options, split, i)
alone, because every block of numbers has random generators of its own, one for each variable,
keyed by (split, variable, block). Changing one option therefore leaves the other variables as
they are: the same scenes with and without noise, say, differ in the noise only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated, Any, Literal, Self, get_args

import numpy as np
from pydantic import (
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from intensity.data.shapes import REACH, SHAPES, inner_area, pixel_order
from intensity.data.tasks import MINIMUM_CONTRAST, Level, Shape, Task
from intensity.values import InvalidInput, Value

Split = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
BLOCK = 1024
"""Scenes that share a random generator."""
FIXED_PERMUTATIONS = 30
"""Number of pixel permutations of the variant "fixed", as the paper's authors had."""

Positive = Annotated[int, Field(ge=1)]


def _level_or_random(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Say in one sentence what a background may be."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError("give a grey level 0..255 or 'random'") from None


Background = Annotated[Level | Literal["random"], WrapValidator(_level_or_random)]


class GaussianNoise(Value):
    """Additive Gaussian noise: a sum of fields, one for each spatial scale.

    Args:
        sigmas: standard deviation of every field, in units of the full range (255 levels).
        scales: side of the squares, in pixels, within which a field is constant.
    """

    kind: Literal["gaussian"] = "gaussian"
    sigmas: tuple[Annotated[float, Field(ge=0, le=4)], ...] = (0.1, 0.2, 0.4)
    scales: tuple[Positive, ...] = (1, 1, 1)

    @model_validator(mode="after")
    def _pairs_up(self) -> Self:
        """Every field has one sigma and one scale."""
        if len(self.sigmas) != len(self.scales) or not self.sigmas:
            raise InvalidInput(
                f"scales: {len(self.scales)} scales for {len(self.sigmas)} sigmas; give as many"
            )
        return self


class SquareNoise(Value):
    """Opaque squares painted over everything, with intensities drawn like the object's.

    Args:
        count: fewest and most squares in a scene.
        sides: smallest and largest side, pixels.
    """

    kind: Literal["squares"] = "squares"
    count: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = (50, 69)
    sides: tuple[Positive, Positive] = (1, 4)

    @model_validator(mode="after")
    def _are_ranges(self) -> Self:
        """Both ranges go upwards."""
        for name in ("count", "sides"):
            low, high = getattr(self, name)
            if low > high:
                raise InvalidInput(f"{name}: {(low, high)} is empty; give (smallest, largest)")
        return self


class SceneOptions(Value):
    """What scenes may look like.

    Args:
        size: height and width of the image, pixels.
        shapes: the object's shape is drawn from these.
        areas: the object's number of pixels is drawn from these.
        placement: "inside" keeps objects off the border, "anywhere" lets the border cut them.
        background: a grey level, or "random" for a new one in every scene.
        noise: Gaussian noise, opaque squares, or none.
        distractor: shape of a second object with another class and the same area, or none.
        hollow: only the object's rim, one pixel wide, is painted.
        permutation: none; "fixed", one of 30 permutations of all pixels; "fresh", a new
            permutation for every scene. Both keep the histogram and destroy shape.

    Raises:
        InvalidInput: an object does not fit into the image.
    """

    size: Annotated[int, Field(ge=8, le=2 * REACH)] = 64
    shapes: tuple[Shape, ...] = ("disc",)
    areas: tuple[Positive, ...] = (197,)
    placement: Literal["inside", "anywhere"] = "inside"
    background: Background = 0
    noise: Annotated[GaussianNoise | SquareNoise, Field(discriminator="kind")] | None = None
    distractor: Shape | None = None
    hollow: bool = False
    permutation: Literal["fixed", "fresh"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Objects, a pair of objects and noise squares fit into the image."""
        if not self.shapes or not self.areas:
            raise InvalidInput("shapes, areas: () is empty; give at least one of each")
        for shape in self.object_shapes:
            if max(self.areas) >= len(pixel_order(shape).offsets):
                raise InvalidInput(f"areas: a {shape} of {max(self.areas)} pixels is too large")
        up, down, left, right = self.reach
        span = max(up + down, left + right) + 1
        if span > self.size:
            raise InvalidInput(
                f"areas: an object of {max(self.areas)} pixels spans {span} pixels, "
                f"more than the image's {self.size}"
            )
        room = max(last - first for first, last in self.center_range)
        if self.distractor and room < self.separation:
            raise InvalidInput(f"distractor: two objects do not fit side by side in {self.size} px")
        if isinstance(self.noise, SquareNoise) and self.noise.sides[1] > self.size:
            raise InvalidInput(f"noise.sides: {self.noise.sides[1]} exceeds size {self.size}")
        return self

    @property
    def object_shapes(self) -> tuple[str, ...]:
        """Shapes of all objects that can occur."""
        return (*self.shapes, self.distractor) if self.distractor else self.shapes

    @property
    def reach(self) -> tuple[int, int, int, int]:
        """Pixels that the largest object reaches up, down, left and right of its center."""
        sides = [pixel_order(shape).reach[max(self.areas) - 1] for shape in self.object_shapes]
        up, down, left, right = np.max(sides, axis=0).tolist()
        return up, down, left, right

    @property
    def center_range(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """First and last row, first and last column that a center may lie on.

        All shapes and areas share one range, so that the place says nothing about the shape.
        """
        if self.placement == "anywhere":
            return (0, self.size - 1), (0, self.size - 1)
        up, down, left, right = self.reach
        return (up, self.size - 1 - down), (left, self.size - 1 - right)

    @property
    def separation(self) -> int:
        """Rows or columns between two centers at which bounding boxes are a pixel apart."""
        return 2 * max(self.reach) + 2


@dataclass(frozen=True, eq=False)
class Scenes:
    """n scenes as columns.

    Args:
        task: which class an intensity belongs to.
        options: what the scenes were drawn with.
        intensity: (n,) uint8, the object's grey level.
        shape: (n,) uint8, position of the object's shape in `SHAPES`.
        area: (n,) int32, the object's pixels, before the border cuts it and noise covers it.
        center: (n, 2) int16, row and column.
        core_area: (n,) int32, how many of the object's inner pixels have `core_intensity`.
        core_intensity: (n,) uint8.
        background: (n,) uint8.
        distractor_intensity: (n,) uint8.
        distractor_area: (n,) int32, 0 where there is none.
        distractor_center: (n, 2) int16.
        noise_squares: (n, k, 4) int16: top row, left column, side (0: absent), grey level.
        noise_seed: (n,) uint64, from which rendering makes Gaussian noise.
        permutation_seed: (n,) uint64, 0 where pixels stay in their places.
    """

    task: Task
    options: SceneOptions
    intensity: np.ndarray
    shape: np.ndarray
    area: np.ndarray
    center: np.ndarray
    core_area: np.ndarray
    core_intensity: np.ndarray
    background: np.ndarray
    distractor_intensity: np.ndarray
    distractor_area: np.ndarray
    distractor_center: np.ndarray
    noise_squares: np.ndarray
    noise_seed: np.ndarray
    permutation_seed: np.ndarray

    @property
    def label(self) -> np.ndarray:
        """(n,) int64, class of the object; -1 where it has none."""
        return self.label_at(self.intensity)

    def label_at(self, intensity: np.ndarray) -> np.ndarray:
        """Class that each scene's object would have with other intensities.

        Args:
            intensity: (n, ...) integers 0..255.

        Returns:
            (n, ...) int64; -1 where there is no class.
        """
        place = (len(self), *[1] * (np.ndim(intensity) - 1))
        background, shape = self.background.reshape(place), self.shape.reshape(place)
        return self.task.classify(intensity, background, shape)

    def __len__(self) -> int:
        """Number of scenes."""
        return len(self.intensity)

    def __getitem__(self, rows: slice | np.ndarray) -> Self:
        """Some of the scenes, in the order asked for."""
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in COLUMNS}
        return replace(self, **columns)

    def replace(self, **changes: object) -> Self:
        """The same scenes with some columns changed; a single value counts for all scenes.

        Args:
            changes: columns by name; `shape` also by the shape's name.

        Raises:
            InvalidInput: there is no such column, or a value does not fit its type or number.
        """
        shape = changes.get("shape")
        if isinstance(shape, str):
            if shape not in SHAPES:
                raise InvalidInput(f"shape: {shape!r} is unknown; allowed: {', '.join(SHAPES)}")
            changes["shape"] = SHAPES.index(shape)
        columns: dict[str, Any] = {
            name: self._column(name, value) for name, value in changes.items()
        }
        changed = replace(self, **columns)
        if {"shape", "area", "distractor_area"} & set(columns):
            changed._check_areas()
        return changed

    def _check_areas(self) -> None:
        """Refuse areas that no object of the shape can have."""
        shapes = [(self.shape, self.area)]
        if self.options.distractor:
            second = np.full(len(self), SHAPES.index(self.options.distractor))
            shapes.append((second, self.distractor_area))
        most = np.array([len(pixel_order(shape).offsets) for shape in SHAPES])
        for shape, area in shapes:
            if len(area) and ((area < 0) | (area > most[shape])).any():
                found = f"{area.min()}..{area.max()}"
                raise InvalidInput(f"area: {found} is not allowed: 0..{most.min()} pixels")

    def _column(self, name: str, value: object) -> np.ndarray:
        """A new column in the old one's type and size."""
        if name not in COLUMNS:
            raise InvalidInput(f"{name}: is no column of scenes; allowed: {', '.join(COLUMNS)}")
        old, new = getattr(self, name), np.asarray(value)
        with np.errstate(invalid="ignore"):
            cast = new.astype(old.dtype)
        if not np.array_equal(cast, new):
            raise InvalidInput(f"{name}: {new.min()}..{new.max()} does not fit {old.dtype}")
        try:
            return np.broadcast_to(cast, old.shape)
        except ValueError:
            raise InvalidInput(f"{name}: shape {new.shape} does not fit {old.shape}") from None

    def without_noise(self) -> Self:
        """The same scenes without noise of either kind."""
        options = self.options.model_copy(update={"noise": None})
        return replace(self, options=options, noise_squares=self.noise_squares[:, :0])

    def without_distractor(self) -> Self:
        """The same scenes without the second object."""
        return self.replace(distractor_area=0)

    def only_edge(self) -> Self:
        """The same scenes with the object hollow: inside its rim lies background."""
        inner = [inner_area(SHAPES[s], a) for s, a in zip(self.shape, self.area, strict=True)]
        return self.replace(core_area=inner, core_intensity=self.background)


COLUMNS = tuple(f.name for f in fields(Scenes) if f.name not in ("task", "options"))


def concatenate(parts: list[Scenes]) -> Scenes:
    """Scenes of several tables, one after the other; task and options are those of the first."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS
    }
    return replace(parts[0], **columns)


def first_of_each_class(scenes: Scenes, count: int = 1) -> np.ndarray:
    """Which scenes to show: the first `count` of each class, in their order.

    Returns:
        (classes, count) row numbers.

    Raises:
        InvalidInput: a class has fewer scenes.
    """
    rows = [np.flatnonzero(scenes.label == c)[:count] for c in range(scenes.task.classes)]
    if min(len(row) for row in rows) < count:
        raise InvalidInput(f"count: {count} scenes of every class are not among {len(scenes)}")
    return np.stack(rows)


def draw_scenes(task: Task, options: SceneOptions, split: str, start: int, count: int) -> Scenes:
    """Scenes number start .. start + count - 1 of a split.

    Args:
        task: which intensities occur and their classes.
        options: what the scenes look like.
        split: "train", "validation" or "test"; splits never share a scene.
        start: number of the first scene, from 0 without end.
        count: how many.

    Raises:
        InvalidInput: unknown split, negative start, no scene asked for, or options that do not
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
    if task.balanced == "both" and options.background != "random":
        found, allowed = f"background: {options.background}", "'random'"
    elif task.shapes and sorted(options.shapes) != sorted(task.shapes):
        found, allowed = f"shapes: {options.shapes}", str(task.shapes)
    elif options.distractor and (task.shapes or task.balanced == "both"):
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
    names = _choose([SHAPES.index(shape) for shape in options.shapes], stream("shape"))
    scenes = Scenes(
        task=task,
        options=options,
        intensity=objects[:, 0],
        shape=names.astype(np.uint8),
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
    *("background", "squares", "noise", "permutation"),
)


def _stream(split: str, block: int, variable: str) -> np.random.Generator:
    """The random generator of one variable in one block of one split."""
    key = (SPLITS.index(split) << 32) + VARIABLES.index(variable)
    return np.random.Generator(np.random.Philox(key=np.array([key, block], np.uint64)))


def _integers(uniform: np.ndarray, low: np.ndarray | int, high: np.ndarray | int) -> np.ndarray:
    """Integers low..high (inclusive) for numbers in [0, 1)."""
    return low + np.floor(uniform * (np.asarray(high) - low + 1)).astype(np.int64)


def _choose(options: tuple[int, ...] | list[int], stream: np.random.Generator) -> np.ndarray:
    """(BLOCK,) one of the options for every scene."""
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
        accept: proposals and the numbers of their scenes -> (m,) bool.
        width: random numbers a proposal needs.
    """
    result = propose(stream.random((BLOCK, width)))
    for pending in _pending(result, accept):
        result[pending] = propose(stream.random((len(pending), width)))
    return result


def _pending(
    result: np.ndarray, accept: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> Iterator[np.ndarray]:
    """The numbers of the scenes whose proposal is not accepted yet, until there is none."""
    pending = np.arange(BLOCK)
    while (pending := pending[~accept(result[pending], pending)]).size:
        yield pending


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
    """(BLOCK, k) uint8 intensities of the k objects, and (BLOCK,) uint8 backgrounds."""
    if task.balanced == "both":
        pairs = task.draw_pairs(stream("intensity").random(BLOCK))
        return pairs[:, :1], pairs[:, 1]
    objects = _draw_intensities(task, options, stream("intensity"))
    return objects, _draw_background(options, objects, stream("background"))


def _draw_intensities(task: Task, options: SceneOptions, stream: np.random.Generator) -> np.ndarray:
    """(BLOCK, k) uint8, the intensities of the k objects, of different classes.

    Pairs are drawn and discarded as pairs, so either object may play either role.
    """
    objects = 2 if options.distractor else 1

    def differ(levels: np.ndarray, _: np.ndarray) -> np.ndarray:
        """Whether the classes of first and last object differ, or there is only one object."""
        return (task.label(levels[:, 0]) != task.label(levels[:, -1])) | (objects == 1)

    return _until(stream, task.draw, differ, objects)


def _draw_background(
    options: SceneOptions, objects: np.ndarray, stream: np.random.Generator
) -> np.ndarray:
    """(BLOCK,) uint8; a random one differs from all objects' intensities, (BLOCK, k)."""
    if options.background != "random":
        return np.full(BLOCK, options.background, np.uint8)

    def contrasts(levels: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Whether a background can be told from the objects."""
        distance = np.abs(objects[rows].astype(int) - levels[:, None])
        return distance.min(axis=1) >= MINIMUM_CONTRAST

    drawn = _until(stream, lambda u: _integers(u[:, 0], 0, 255), contrasts, 1)
    return drawn.astype(np.uint8)


def _draw_squares(task: Task, options: SceneOptions, stream: np.random.Generator) -> np.ndarray:
    """(BLOCK, k, 4) int16 noise squares that lie wholly inside; side 0 beyond a scene's count."""
    noise = options.noise
    if not isinstance(noise, SquareNoise):
        return np.zeros((BLOCK, 0, 4), np.int16)
    most = noise.count[1]
    count = _integers(stream.random(BLOCK), *noise.count)
    uniform = stream.random((4, BLOCK, most))
    side = _integers(uniform[2], *noise.sides)
    places = _integers(uniform[:2], 0, options.size - side)
    side[np.arange(most) >= count[:, None]] = 0
    return np.stack([*places, side, task.draw(uniform[3])], axis=-1).astype(np.int16)


def _draw_permutations(options: SceneOptions, stream: np.random.Generator) -> np.ndarray:
    """(BLOCK,) uint64 seeds of pixel permutations, 0 for none."""
    if options.permutation is None:
        return np.zeros(BLOCK, np.uint64)
    if options.permutation == "fixed":
        return 1 + stream.integers(0, FIXED_PERMUTATIONS, BLOCK, np.uint64)
    return stream.integers(FIXED_PERMUTATIONS + 1, 2**64, BLOCK, np.uint64)
