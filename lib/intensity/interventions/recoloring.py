"""Another level: of the whole object, of its core, of the ring around it, of a second object."""

import numpy as np

from intensity.data.levels import contrasting, drawable
from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.data.shapes import SHAPES, pixel_order
from intensity.data.tasks import LEVELS
from intensity.interventions.base import Changed, choose, level_classes, other_class, rendered
from intensity.values import InvalidInput


def recolored(scenes: Scenes, levels: np.ndarray) -> Scenes:
    """The same scenes with objects of other intensities.

    Args:
        scenes: n scenes.
        levels: (n,) grey levels.

    Raises:
        InvalidInput: an object already has its level.
    """
    same = scenes.intensity == levels
    if same.any():
        level = scenes.intensity[same.argmax()]
        raise InvalidInput(f"levels: {level} is not allowed: the object has it; give another level")
    return scenes.replace(intensity=levels)


def recolored_at_random(scenes: Scenes, repeats: int, key: int) -> Changed:
    """Recolored to different levels at random, whatever their class."""
    allowed = drawable(scenes, np.arange(LEVELS))
    allowed &= np.arange(LEVELS) != scenes.intensity[:, None]
    levels = choose(allowed, repeats, key)
    rows, repeat = np.nonzero(np.arange(repeats) < allowed.sum(axis=1)[:, None])
    return rendered(rows, recolored(scenes[rows], levels[rows, repeat]))


def recolored_in_pairs(scenes: Scenes, same_class: bool, pairs: int, margin: int = 0) -> Changed:
    """Recolored to one level of each matched pair: that of another class or that of the same."""
    rows, other, same = matched_pairs(scenes, pairs, margin)
    return rendered(rows, recolored(scenes[rows], same if same_class else other))


def matched_pairs(
    scenes: Scenes, most: int, margin: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of levels equally far from an object's own, one of its class and one of another.

    A step s makes a pair where I - s and I + s can both be drawn and exactly one of them has the
    class of I.

    Args:
        scenes: n scenes.
        most: steps that are taken of a scene, spread evenly from first to last.
        margin: how far own level, I - s and I + s are from every class boundary at least.

    Returns:
        (m,) rows of scenes, increasing, (m,) levels of another class and (m,) of the same class.
    """
    own, steps = scenes.intensity.astype(int)[:, None], np.arange(1, LEVELS)
    inside = (own - steps >= 0) & (own + steps < LEVELS)
    below, above = np.maximum(own - steps, 0), np.minimum(own + steps, LEVELS - 1)
    drawn = drawable(scenes, np.arange(LEVELS))
    same = level_classes(scenes) == scenes.label[:, None]
    seen, alike = (
        [np.take_along_axis(of, at, axis=1) for at in (below, above)] for of in (drawn, same)
    )
    if margin:
        edges = scenes.task.edges
        near = (np.abs(np.arange(LEVELS)[:, None] - edges) < margin).any(axis=1)
        inside &= ~(near[own] | near[below] | near[above])
    rows, step = _spread(inside & seen[0] & seen[1] & (alike[0] != alike[1]), most)
    levels = np.stack([below[rows, step], above[rows, step]])
    first = alike[0][rows, step]
    return rows, np.where(first, levels[1], levels[0]), np.where(first, levels[0], levels[1])


def _spread(pairs: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of at most so many true values a row, spread evenly over all of them."""
    count = pairs.sum(axis=1)
    taken = np.minimum(count, most)
    places = np.arange(most) * ((count - 1) / np.maximum(taken - 1, 1))[:, None]
    row, place = np.nonzero(np.arange(most) < taken[:, None])
    columns = np.argsort(~pairs, axis=1, kind="stable")
    return row, columns[row, np.rint(places[row, place]).astype(int)]


def distractor_recolored(scenes: Scenes, key: int) -> Changed:
    """The second object gets another level of any class but the object's."""
    levels = np.arange(LEVELS)
    allowed = np.isin(levels, scenes.task.levels) & (levels != scenes.distractor_intensity[:, None])
    allowed &= scenes.task.label(levels) != scenes.label[:, None]
    if scenes.options.background == "random":
        allowed &= contrasting(scenes.background)
    rows = np.flatnonzero(allowed.any(axis=1) & (scenes.distractor_area > 0))
    chosen = choose(allowed, 1, key)[rows, 0]
    return rendered(rows, scenes[rows].replace(distractor_intensity=chosen))


def with_core(scenes: Scenes, area: np.ndarray, core: np.ndarray, ring: np.ndarray) -> Scenes:
    """The same scenes with objects in two levels.

    Args:
        scenes: n scenes.
        area: (n,) pixels of the core, hidden ones included.
        core: (n,) grey levels.
        ring: (n,) grey levels around the core.

    Raises:
        InvalidInput: a core is empty, or leaves nothing of its object for the ring.
    """
    wrong = (np.asarray(area) < 1) | (area >= scenes.area)
    if wrong.any():
        first = wrong.argmax()
        raise InvalidInput(
            f"area: a core of {area[first]} pixels is not allowed: 1..{scenes.area[first] - 1}, "
            "neither core nor ring may be wider than the object"
        )
    return scenes.replace(core_area=area, core_intensity=core, intensity=ring)


def part_recolored(scenes: Scenes, part: str, key: int) -> Changed:
    """Core or ring of equal visible area gets a level of another class, which is the label."""
    allowed, area = other_class(scenes), _half_visible(scenes)
    rows = np.flatnonzero(allowed.any(axis=1) & (area > 0) & (scenes.core_area == 0))
    some, area = scenes[rows], area[rows]
    new = choose(allowed, 1, key)[rows, 0]
    core, ring = (new, some.intensity) if part == "core" else (some.intensity, new)
    return Changed(rows, render(with_core(some, area, core, ring)), some.label_at(new))


def _half_visible(scenes: Scenes) -> np.ndarray:
    """(n,) area of the core that shows half of the object's visible pixels; 0 for less than two."""
    visible = masks(scenes).object
    return np.array(
        [
            _half(visible[i], pixel_order(SHAPES[scenes.shape[i]]).offsets[:area] + center)
            for i, (area, center) in enumerate(zip(scenes.area, scenes.center, strict=True))
        ],
        np.int64,
    )


def _half(visible: np.ndarray, pixels: np.ndarray) -> int:
    """How many of an object's pixels (k, 2), in their order, it takes to see half of them."""
    inside = ((pixels >= 0) & (pixels < visible.shape)).all(axis=1)
    seen = np.zeros(len(pixels), int)
    seen[inside] = visible[tuple(pixels[inside].T)]
    half = seen.sum() // 2
    return int(np.searchsorted(np.cumsum(seen), half)) + 1 if half else 0
