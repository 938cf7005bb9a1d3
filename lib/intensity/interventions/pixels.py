"""Some pixels of a region get a level of another class."""

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.interventions.base import Changed, choose, other_class, visible_regions


def pixels_changed(scenes: Scenes, count: int, region: str, key: int, level_key: int) -> Changed:
    """Some visible pixels of a region get a level that would give the object another class.

    That class is the label. A scene has one level for all counts and regions, and more pixels
    include fewer.
    """
    allowed, n = other_class(scenes), len(scenes)
    free = visible_regions(scenes)[region].reshape(n, -1)
    level = choose(allowed, 1, level_key)[:, 0]
    # Every pixel at that level, so that what is taken from there has the scene's own noise on it.
    flat = render(scenes.replace(intensity=level, core_intensity=level, background=level))
    places, images = choose(free, count, key), render(scenes).reshape(n, -1)
    np.put_along_axis(images, places, np.take_along_axis(flat.reshape(n, -1), places, 1), axis=1)
    rows = np.flatnonzero(allowed.any(axis=1) & (free.sum(axis=1) >= count))
    return Changed(rows, images.reshape(flat.shape)[rows], scenes.label_at(level)[rows])
