"""A scene's own noise squares moved onto a region."""

import numpy as np
from numba import njit
from scipy.ndimage import maximum_filter

from intensity.data.rendering import masks
from intensity.data.scenes import Scenes
from intensity.interventions.base import SCENE_REGIONS, Changed, rendered, uniform, visible_regions


def covered(scenes: Scenes, region: str, pixels: int, key: int) -> Changed:
    """Some of a scene's own noise squares are moved into a region, wholly and side by side.

    They are squares of at most 2 x 2 pixels that cover no pixel of the object, together so many
    pixels; all single pixels that fit into this number, then 2 x 2. The same squares move to core,
    edge or outside, with their levels, and only in scenes where all three have room.
    """
    moving = _moving(scenes, pixels)
    regions = visible_regions(scenes)
    regions["outside"] &= ~maximum_filter(_whole(scenes), (1, 3, 3))
    order = np.argsort(uniform(len(scenes), scenes.options.size**2, key), axis=1)
    possible, squares = moving.any(axis=1), {}
    for name in SCENE_REGIONS:
        squares[name] = scenes.noise_squares.copy()
        possible &= _place(squares[name], moving, regions[name], order)
    rows = np.flatnonzero(possible)
    return rendered(rows, scenes[rows].replace(noise_squares=squares[region][rows]))


def _whole(scenes: Scenes) -> np.ndarray:
    return masks(scenes.without_noise()).object


def _moving(scenes: Scenes, pixels: int) -> np.ndarray:
    """(n, k) bool, which squares move; none in scenes that lack squares."""
    top, left, side = np.moveaxis(scenes.noise_squares[..., :3], -1, 0)
    lines = np.clip([top, top + side - 1, left, left + side - 1], 0, scenes.options.size - 1)
    scene, whole = np.arange(len(scenes))[:, None], _whole(scenes)
    corners = [whole[scene, lines[i], lines[j]] for i in (0, 1) for j in (2, 3)]
    single, double = (~np.any(corners, axis=0) & (side == s) for s in (1, 2))
    doubles = np.maximum(-(-(pixels - single.sum(axis=1)) // 4), 0)
    singles = pixels - 4 * doubles
    moving = single & (np.cumsum(single, axis=1) <= singles[:, None])
    moving |= double & (np.cumsum(double, axis=1) <= doubles[:, None])
    return moving & (double.sum(axis=1) >= doubles)[:, None]


@njit(cache=True, nogil=True)
def _place(
    squares: np.ndarray, moving: np.ndarray, free: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """Move squares (row, column, side, unused) to where all pixels are free; say who had room.

    Larger squares come first. Each takes the first place, in the scene's order of pixels, that has
    room. `squares` and `free` are changed.
    """
    room = np.ones(len(squares), np.bool_)
    width = free.shape[2]
    for i in range(len(squares)):
        for side in (2, 1):
            for k in range(squares.shape[1]):
                if not moving[i, k] or squares[i, k, 2] != side:
                    continue
                placed = False
                for pixel in order[i]:
                    row, column = pixel // width, pixel % width
                    place = free[i, row : row + side, column : column + side]
                    if place.size == side * side and place.all():
                        squares[i, k, :2] = row, column
                        place[:] = False
                        placed = True
                        break
                room[i] &= placed
    return room
