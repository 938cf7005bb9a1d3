"""Scenes: what is in an image before it is painted, as a table.

A scene is a row of numbers: the object's shape, area, place and intensity, the background, a second
object, noise.
"""

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from intensity.data.shapes import REACH, SHAPES, inner_area, pixel_order
from intensity.data.tasks import Level, Shape, Task
from intensity.values import InvalidInput, Preset, Value

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
        margin: rows and columns at each border in which no square begins; all lie inside.
    """

    kind: Literal["squares"] = "squares"
    count: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = (50, 69)
    sides: tuple[Positive, Positive] = (1, 4)
    margin: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _are_ranges(self) -> Self:
        """Both ranges go upwards."""
        for name in ("count", "sides"):
            low, high = getattr(self, name)
            if low > high:
                raise InvalidInput(f"{name}: {(low, high)} is empty; give (smallest, largest)")
        return self


class SceneOptions(Preset):
    """What scenes may look like.

    Args:
        size: height and width of the image, pixels.
        shapes: the object's shape is drawn from these.
        areas: the object's number of pixels is drawn from these.
        placement: "inside" keeps objects off the border, "anywhere" lets the border cut them.
        background: a grey level, or "random" for a new one in every scene.
        varied: share of scenes whose background is random where backgrounds are; the others' is 0.
        inverted: every pixel is shown as 255 minus its level, as on a negative.
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
    varied: Annotated[float, Field(ge=0, le=1)] = 1.0
    inverted: bool = False
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
        if isinstance(self.noise, SquareNoise):
            most = min(self.size, self.size - 2 * self.noise.margin)
            if self.noise.sides[1] > most:
                raise InvalidInput(f"noise.sides: {self.noise.sides[1]} is not allowed: 1..{most}")
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
        """Some of the scenes, in the order of the rows."""
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
        most = np.array([len(pixel_order(shape).offsets) for shape in SHAPES])
        objects = [(self.area, most[self.shape])]
        if self.options.distractor:
            objects.append((self.distractor_area, most[SHAPES.index(self.options.distractor)]))
        for area, largest in objects:
            if ((area < 0) | (area > largest)).any():
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
