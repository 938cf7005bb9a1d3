"""Another shape, place, size; the edge alone."""

import numpy as np

from intensity.data.scenes import Scenes
from intensity.data.shapes import SHAPES, pixel_order
from intensity.interventions.base import Changed, choose, hollow_again, rendered


def shape_swapped(scenes: Scenes, key: int) -> Changed:
    """Another shape of equal area.

    Where shape counts it is another one of the task's. Where a second object has the other shape,
    the two objects change places, so that each place gets the other shape and keeps its level's.
    Elsewhere objects become squares, and squares discs; an object that the border would now cut is
    moved by as little as it takes, unless the border may cut objects anyway.
    """
    if scenes.options.distractor:
        return _exchanged(scenes)
    square, disc = SHAPES.index("square"), SHAPES.index("disc")
    new = np.where(scenes.shape == square, disc, square)
    if scenes.task.shapes:
        names = np.array([SHAPES.index(name) for name in scenes.task.shapes])
        new = names[choose(names != scenes.shape[:, None], 1, key)[:, 0]]
    return rendered(np.arange(len(scenes)), hollow_again(_kept_inside(scenes.replace(shape=new))))


def _exchanged(scenes: Scenes) -> Changed:
    """Object and distractor of different shapes change shapes, each where it is."""
    shape = SHAPES.index(scenes.options.distractor or "")
    rows = np.flatnonzero((scenes.distractor_area > 0) & (scenes.shape != shape))
    some = scenes[rows]
    exchanged = some.replace(
        intensity=some.distractor_intensity,
        distractor_intensity=some.intensity,
        area=some.distractor_area,
        distractor_area=some.area,
        center=some.distractor_center,
        distractor_center=some.center,
    )
    return rendered(rows, hollow_again(exchanged))


def _kept_inside(scenes: Scenes) -> Scenes:
    """Objects moved by as little as keeps them off the border, where scenes keep them off it."""
    if scenes.options.placement == "anywhere":
        return scenes
    pairs = zip(scenes.shape, scenes.area, strict=True)
    reach = [pixel_order(SHAPES[shape]).reach[max(area, 1) - 1] for shape, area in pairs]
    up, down, left, right = np.array(reach, np.int16).reshape(-1, 4).T
    last = scenes.options.size - 1
    low, high = np.stack([up, left], axis=1), np.stack([last - down, last - right], axis=1)
    return scenes.replace(center=np.clip(scenes.center, low, high))


def moved(scenes: Scenes, key: int) -> Changed:
    """The object at another place that it could have been drawn at."""
    rows, columns = (np.arange(a, b + 1) for a, b in scenes.options.center_range)
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    beside = np.abs(places - scenes.distractor_center[:, None]).max(axis=2)
    allowed = (scenes.distractor_area == 0)[:, None] | (beside >= scenes.options.separation)
    allowed &= (places != scenes.center[:, None]).any(axis=2)
    rows = np.flatnonzero(allowed.any(axis=1))
    return rendered(rows, scenes[rows].replace(center=places[choose(allowed, 1, key)[rows, 0]]))


def resized(scenes: Scenes, factor: float, key: int) -> Changed:
    """The object at another area that it could have been drawn with, so much larger or smaller."""
    areas, own = np.array(scenes.options.areas), scenes.area[:, None]
    allowed = np.maximum(areas, own) >= factor * np.minimum(areas, own)
    rows = np.flatnonzero(allowed.any(axis=1))
    chosen = areas[choose(allowed, 1, key)[rows, 0]]
    return rendered(rows, hollow_again(scenes[rows].replace(area=chosen)))


def edge_only(scenes: Scenes) -> Changed:
    """Objects hollow, where they were not and have anything inside."""
    hollow = scenes.only_edge()
    rows = np.flatnonzero((scenes.core_area == 0) & (hollow.core_area > 0))
    return rendered(rows, hollow[rows])
