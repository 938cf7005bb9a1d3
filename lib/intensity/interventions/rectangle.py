"""A flat rectangle beside the object: which of two flat regions is answered."""

from dataclasses import replace

import numpy as np

from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.data.shapes import SHAPES, pixel_order
from intensity.interventions.base import Changed, choose, other_class

LARGEST = 4
"""Scenes have room for a rectangle so many times as large as the object."""
_HIDDEN = 1.25
"""Pixels that may have to be painted so that one is visible, noise squares covering the others."""


def rectangle_added(scenes: Scenes, ratio: float, key: int, level_key: int) -> Changed:
    """A flat, nearly square rectangle away from the object, behind the noise squares.

    Its level would give the object another class, which is the label; its visible area is `ratio`
    times the object's. Place and level are the same for all ratios, and so are the scenes: those
    without a second object that have room for a ratio of `LARGEST`.
    """
    allowed, seen = other_class(scenes), masks(scenes)
    half = np.ceil(np.sqrt(_HIDDEN * LARGEST * scenes.area) / 2).astype(int)
    places = _places(scenes, half)
    center = _grid(scenes)[choose(places, 1, key)[:, 0]]
    visible = seen.object.sum(axis=(1, 2))
    area = np.array(
        [
            _area(~seen.noise[i], center[i], half[i], visible[i], ratio) if places[i].any() else 0
            for i in range(len(scenes))
        ]
    )
    rows = np.flatnonzero(allowed.any(axis=1) & (area > 0) & (scenes.options.distractor is None))
    level = choose(allowed, 1, level_key)[rows, 0]
    some = scenes[rows]
    options = scenes.options.model_copy(update={"distractor": "square"})
    beside = replace(some, options=options).replace(
        distractor_area=area[rows], distractor_center=center[rows], distractor_intensity=level
    )
    return Changed(rows, render(beside), some.label_at(level))


def _grid(scenes: Scenes) -> np.ndarray:
    """(size * size, 2) rows and columns of all pixels."""
    return np.indices((scenes.options.size,) * 2).reshape(2, -1).T


def _places(scenes: Scenes, half: np.ndarray) -> np.ndarray:
    """(n, size * size) bool, where the center of a square of side 2 half can be.

    It lies wholly inside the image, and a pixel or more from the object's bounding box.
    """
    pairs = zip(scenes.shape, scenes.area, strict=True)
    reach = [pixel_order(SHAPES[shape]).reach[max(area, 1) - 1].max() for shape, area in pairs]
    grid, size, half = _grid(scenes), scenes.options.size, half[:, None]
    apart = np.abs(grid - scenes.center[:, None].astype(int)).max(axis=2)
    inside = (grid.min(axis=1) >= half) & (grid.max(axis=1) <= size - half)
    return inside & (apart >= half + np.array(reach)[:, None] + 2)


def _area(free: np.ndarray, center: np.ndarray, half: int, object_area: int, ratio: float) -> int:
    """Pixels of a square that show `ratio` times the object's; 0 if so many `LARGEST` never are."""
    rows, columns = (pixel_order("square").offsets[: 4 * half**2] + center).T
    shown, target = np.cumsum(free[rows, columns]), round(ratio * int(object_area))
    room = target > 0 and shown[-1] >= LARGEST * object_area
    return int(np.searchsorted(shown, target)) + 1 if room else 0
