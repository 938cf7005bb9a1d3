"""Interventions: the same scenes rendered again with one thing changed.

Each takes scenes and returns images to be compared with those of the scenes as they are. Noise,
occluders and all else stay, unless they are what is changed. Scenes that an intervention cannot be
applied to are left out; `Changed.rows` tells which are there. Where the answer to two interventions
is to be compared (core and edge covered, say), both have the same scenes.

Random choices depend on a scene's place in the set alone, and repeat after `PERIOD` scenes, so that
parts of a set can be changed apart. In scenes whose pixels are permuted, everything is done before
that. No network is seen here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.ndimage import gaussian_filter, maximum_filter

from intensity.data.levels import drawable
from intensity.data.rendering import masks, permuted, render
from intensity.data.scenes import GaussianNoise, Scenes
from intensity.data.shapes import SHAPES, pixel_order
from intensity.data.tasks import LEVELS, MINIMUM_CONTRAST
from intensity.values import InvalidInput

PAIRS = 8
"""Most matched pairs of recolorings of a scene."""
REPEATS = 2
"""Recolorings of a scene to a level at random."""
COVERED = 20
"""Pixels that a scene's own noise squares newly cover."""
RIM = 2
"""Width of the rim that counts as edge, pixels."""
PIECES = (8, 4, 2, 1)
"""Sides of the grids that cut objects into pieces, pixels."""
PIXELS = (1, 10, 40)
"""How many pixels get another level."""
REGIONS = ("core", "edge", "outside")
"""The object without its rim, its rim, and background."""
OFFSET = 20
"""Grey levels added to the whole image."""
GAIN = 0.8
"""Factor of all grey levels."""
BLUR = 1.0
"""Standard deviation of the Gaussian that blurs, pixels."""
VARIED = 1.5
"""Areas differ in size where one is at least so many times the other."""
PERIOD = 512
"""Scenes after which random choices repeat."""

_DRAWS = (
    *("recolor", "second level", "square", "piece", "shape", "center", "area", "background"),
    *("distractor", "pixel", "pixel level"),
)
"""What is drawn at random; the place of a name here is the key of its random numbers."""


class Changed(NamedTuple):
    """Images of scenes with one thing changed.

    rows: (m,) int64, numbers of the scenes; some may be missing, some may come several times.
    images: (m, height, width) uint8, grey levels.
    label: (m,) int64, class that an observer names who reads what was changed; -1 for none.
    """

    rows: np.ndarray
    images: np.ndarray
    label: np.ndarray


Intervention = Callable[[Scenes], Changed]
"""Scenes -> images of those that it applies to.

Raises:
    InvalidInput: it applies to none of the scenes; the message says what they lack.
"""


def is_unusual(name: str, scenes: Scenes) -> bool:
    """Whether an intervention leaves what networks trained on such scenes have seen.

    Unusual are: blur; objects in two levels, in pieces or gone; noise gone; hollow objects unless
    the scenes' are; another shape unless several are drawn; another background, offset and gain
    unless the background is random; another size unless sizes are varied.

    Args:
        name: a key of `INTERVENTIONS`.
        scenes: any, for their options.

    Raises:
        InvalidInput: the name is unknown.
    """
    check_name(name)
    options = scenes.options
    usual = {
        "edge_only": options.hollow,
        "shape_swapped": len(options.shapes) > 1 or options.distractor is not None,
        "resized": max(options.areas) >= VARIED * min(options.areas),
    }
    usual |= dict.fromkeys(("random_background", "offset", "gain"), options.background == "random")
    usual |= dict.fromkeys(("core_recolored", "ring_recolored"), False)
    usual |= dict.fromkeys(("object_removed", "noise_removed", "blurred"), False)
    usual |= dict.fromkeys([f"pieces_{side}" for side in PIECES], False)
    return not usual.get(name, True)


def check_name(name: str) -> None:
    """Refuse what is no intervention.

    Raises:
        InvalidInput: the name is unknown.
    """
    if name not in INTERVENTIONS:
        raise InvalidInput(
            f"intervention: {name!r} is unknown; allowed: {', '.join(INTERVENTIONS)}"
        )


def check_any(scenes: Scenes) -> None:
    """Refuse no scenes.

    Raises:
        InvalidInput: there is none.
    """
    if not len(scenes):
        raise InvalidInput("scenes: 0 scenes are not allowed: at least one")


# Chance


def _uniform(drawn: str, count: int, width: int) -> np.ndarray:
    """(count, width) random numbers in [0, 1), a row for each place in the set of scenes."""
    # The second word of the key is no number of a block, so no scene was drawn with these.
    key = np.array([_DRAWS.index(drawn), 2**64 - 1], np.uint64)
    stream = np.random.Generator(np.random.Philox(key=key))
    return stream.random((min(count, PERIOD), width))[np.arange(count) % PERIOD]


def _choose(allowed: np.ndarray, count: int, drawn: str) -> np.ndarray:
    """(n, count) different columns of (n, k) allowed ones, at random and in random order.

    The first few of many are the same as when few are chosen. Where a row allows fewer, what comes
    after them means nothing.
    """
    keys = np.where(allowed, _uniform(drawn, *allowed.shape), 2.0)
    chosen = np.argpartition(keys, count - 1, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(keys, chosen, axis=1), axis=1)
    return np.take_along_axis(chosen, order, axis=1)


# Levels


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


def _shown(rows: np.ndarray, scenes: Scenes) -> Changed:
    """Images and classes of the scenes that stand for these rows."""
    return Changed(rows, render(scenes), scenes.label)


def _classes(scenes: Scenes) -> np.ndarray:
    """(n, 256) class that each scene's object would have at each level."""
    return scenes.label_at(np.tile(np.arange(LEVELS), (len(scenes), 1)))


def _other_class(scenes: Scenes) -> np.ndarray:
    """(n, 256) bool, levels that can be drawn and give the object another class."""
    other = _classes(scenes) != scenes.label[:, None]
    return other & drawable(scenes, np.arange(LEVELS))


def matched_pairs(scenes: Scenes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of levels equally far from an object's own, one of its class and one of another.

    A step s makes a pair where I - s and I + s can both be drawn and exactly one of them has the
    class of I. Of a scene's steps at most `PAIRS` are taken, spread evenly from first to last.

    Args:
        scenes: n scenes.

    Returns:
        (m,) rows of scenes, increasing, (m,) levels of another class and (m,) of the same class.
    """
    own, steps = scenes.intensity.astype(int)[:, None], np.arange(1, LEVELS)
    inside = (own - steps >= 0) & (own + steps < LEVELS)
    below, above = np.maximum(own - steps, 0), np.minimum(own + steps, LEVELS - 1)
    drawn = drawable(scenes, np.arange(LEVELS))
    same = _classes(scenes) == scenes.label[:, None]
    seen, alike = (
        [np.take_along_axis(of, at, axis=1) for at in (below, above)] for of in (drawn, same)
    )
    rows, step = _spread(inside & seen[0] & seen[1] & (alike[0] != alike[1]))
    levels = np.stack([below[rows, step], above[rows, step]])
    first = alike[0][rows, step]
    return rows, np.where(first, levels[1], levels[0]), np.where(first, levels[0], levels[1])


def _spread(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of at most `PAIRS` true values a row, spread evenly over all of them."""
    count = pairs.sum(axis=1)
    taken = np.minimum(count, PAIRS)
    places = np.arange(PAIRS) * ((count - 1) / np.maximum(taken - 1, 1))[:, None]
    row, place = np.nonzero(np.arange(PAIRS) < taken[:, None])
    columns = np.argsort(~pairs, axis=1, kind="stable")
    return row, columns[row, np.rint(places[row, place]).astype(int)]


def _recolored_in_pairs(member: int, scenes: Scenes) -> Changed:
    """Recolored to one member of each matched pair: 0 of another class, 1 of the same."""
    rows, *levels = matched_pairs(scenes)
    return _shown(rows, recolored(scenes[rows], levels[member]))


def _recolored(scenes: Scenes) -> Changed:
    """Recolored to different levels at random, whatever their class."""
    allowed = drawable(scenes, np.arange(LEVELS))
    allowed &= np.arange(LEVELS) != scenes.intensity[:, None]
    levels = _choose(allowed, REPEATS, "recolor")
    rows, repeat = np.nonzero(np.arange(REPEATS) < allowed.sum(axis=1)[:, None])
    return _shown(rows, recolored(scenes[rows], levels[rows, repeat]))


def _distractor_recolored(scenes: Scenes) -> Changed:
    """The second object gets another level of any class but the object's."""
    levels = np.arange(LEVELS)
    allowed = np.isin(levels, scenes.task.levels) & (levels != scenes.distractor_intensity[:, None])
    allowed &= scenes.task.label(levels) != scenes.label[:, None]
    if scenes.options.background == "random":
        allowed &= _contrasting(scenes.background)
    rows = np.flatnonzero(allowed.any(axis=1) & (scenes.distractor_area > 0))
    chosen = _choose(allowed, 1, "distractor")[rows, 0]
    return _shown(rows, scenes[rows].replace(distractor_intensity=chosen))


def _contrasting(levels: np.ndarray) -> np.ndarray:
    """(n, 256) bool, levels that can be told from (n,) others."""
    distance = np.abs(levels.astype(int)[:, None] - np.arange(LEVELS))
    return distance >= MINIMUM_CONTRAST


# Core against ring


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


def _two_levels(part: str, scenes: Scenes) -> Changed:
    """Core or ring of equal visible area gets a level of another class, which is the label."""
    allowed, area = _other_class(scenes), _half_visible(scenes)
    rows = np.flatnonzero(allowed.any(axis=1) & (area > 0) & (scenes.core_area == 0))
    some, area = scenes[rows], area[rows]
    new = _choose(allowed, 1, "second level")[rows, 0]
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


# Noise squares that move


def _covered(region: str, scenes: Scenes) -> Changed:
    """Some of a scene's own noise squares are moved into a region, wholly and side by side.

    They are squares of at most 2 x 2 pixels that cover no pixel of the object, together `COVERED`
    pixels; all single pixels that fit into this number, then 2 x 2. The same squares move to core,
    edge or outside, with their levels, and only in scenes where all three have room.
    """
    moving = _moving(scenes)
    regions = _regions(scenes)
    regions["outside"] &= ~maximum_filter(_whole(scenes), (1, 3, 3))
    order = np.argsort(_uniform("square", len(scenes), scenes.options.size**2), axis=1)
    possible, squares = moving.any(axis=1), {}
    for name in REGIONS:
        squares[name] = scenes.noise_squares.copy()
        possible &= _place(squares[name], moving, regions[name], order)
    rows = np.flatnonzero(possible)
    return _shown(rows, scenes[rows].replace(noise_squares=squares[region][rows]))


def _regions(scenes: Scenes) -> dict[str, np.ndarray]:
    """By name of `REGIONS` (n, height, width) bool, visible pixels."""
    seen = masks(scenes, RIM)
    outside = ~(seen.object | seen.noise | seen.distractor)
    return {"core": seen.object & ~seen.edge, "edge": seen.edge, "outside": outside}


def _whole(scenes: Scenes) -> np.ndarray:
    """(n, height, width) bool, pixels of the object, those under noise included."""
    return masks(scenes.without_noise()).object


def _moving(scenes: Scenes) -> np.ndarray:
    """(n, k) bool, which squares move; none in scenes that lack squares."""
    top, left, side = np.moveaxis(scenes.noise_squares[..., :3], -1, 0)
    lines = np.clip([top, top + side - 1, left, left + side - 1], 0, scenes.options.size - 1)
    scene, whole = np.arange(len(scenes))[:, None], _whole(scenes)
    corners = [whole[scene, lines[i], lines[j]] for i in (0, 1) for j in (2, 3)]
    single, double = (~np.any(corners, axis=0) & (side == s) for s in (1, 2))
    doubles = np.maximum(-(-(COVERED - single.sum(axis=1)) // 4), 0)
    singles = COVERED - 4 * doubles
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


# Pieces


def in_pieces(scenes: Scenes, side: int) -> np.ndarray:
    """Images with objects cut by a grid and scattered; histograms are kept exactly.

    The visible object pixels of every block of the grid change places with the pixels at the same
    places of another block, which shows no object and is used once.

    Args:
        scenes: n scenes.
        side: of the grid's blocks, pixels.

    Returns:
        (n, height, width) uint8, grey levels.

    Raises:
        InvalidInput: an image has too few blocks without an object.
    """
    piece, free = _blocks(scenes, side)
    pieces, room = piece.any(axis=2).sum(axis=1), free.sum(axis=1)
    if (pieces > room).any():
        first = (pieces > room).argmax()
        raise InvalidInput(
            f"side: {side} is not allowed: {pieces[first]} pieces do not fit into "
            f"{room[first]} other blocks of scene {first}; give another side or smaller objects"
        )
    images = _cut(render(scenes), side)
    most = max(1, int(pieces.max(initial=0)))
    source = np.argsort(~piece.any(axis=2), axis=1, kind="stable")
    scene, number = np.nonzero(np.arange(most) < pieces[:, None])
    here = scene, source[scene, number]
    there = scene, _choose(free, most, "piece")[scene, number]
    moved, old, new = piece[here], images[here], images[there]
    images[here], images[there] = np.where(moved, new, old), np.where(moved, old, new)
    return _joined(images, side, scenes.options.size)


def _blocks(scenes: Scenes, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Visible object pixels by block, (n, blocks, side * side), and blocks that pieces can go to.

    Blocks that the border of the image cuts may hold pieces but not get any.
    """
    seen = masks(scenes)
    inside = _cut(np.ones_like(seen.object), side)
    free: np.ndarray = (inside & ~_cut(seen.object | seen.distractor, side)).all(axis=2)
    return _cut(seen.object, side), free


def _cut(images: np.ndarray, side: int) -> np.ndarray:
    """(n, size, size) -> (n, blocks, side * side), padded with 0 at the lower and right border."""
    n, size, _ = images.shape
    lines = -(-size // side)
    border = (0, lines * side - size)
    grid = np.pad(images, ((0, 0), border, border)).reshape(n, lines, side, lines, side)
    return grid.swapaxes(2, 3).reshape(n, lines**2, side**2)


def _joined(blocks: np.ndarray, side: int, size: int) -> np.ndarray:
    """The inverse of `_cut`."""
    lines = -(-size // side)
    grid = blocks.reshape(-1, lines, lines, side, side).swapaxes(2, 3)
    return grid.reshape(-1, lines * side, lines * side)[:, :size, :size]


def _scattered(side: int, scenes: Scenes) -> Changed:
    """Objects in pieces, of scenes where pieces of all sides fit."""
    fits = np.ones(len(scenes), bool)
    for other in PIECES:
        piece, free = _blocks(scenes, other)
        pieces = piece.any(axis=2).sum(axis=1)
        fits &= (pieces > 0) & (pieces <= free.sum(axis=1))
    # Scenes that are left out keep their place, and with it the random numbers of the others.
    gone = scenes.replace(area=np.where(fits, scenes.area, 0))
    rows = np.flatnonzero(fits)
    return Changed(rows, in_pieces(gone, side)[rows], scenes.label[rows])


# Shape, place, size


def _shape_swapped(scenes: Scenes) -> Changed:
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
        others = names != scenes.shape[:, None]
        new = names[_choose(others, 1, "shape")[:, 0]]
    return _shown(np.arange(len(scenes)), _hollow_again(_kept_inside(scenes.replace(shape=new))))


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
    return _shown(rows, _hollow_again(exchanged))


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


def _hollow_again(scenes: Scenes) -> Scenes:
    """Scenes whose objects are hollow, where options say so."""
    return scenes.only_edge() if scenes.options.hollow else scenes


def _moved(scenes: Scenes) -> Changed:
    """The object at another place that it could have been drawn at."""
    rows, columns = (np.arange(a, b + 1) for a, b in scenes.options.center_range)
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    beside = np.abs(places - scenes.distractor_center[:, None]).max(axis=2)
    allowed = (scenes.distractor_area == 0)[:, None] | (beside >= scenes.options.separation)
    allowed &= (places != scenes.center[:, None]).any(axis=2)
    rows = np.flatnonzero(allowed.any(axis=1))
    return _shown(rows, scenes[rows].replace(center=places[_choose(allowed, 1, "center")[rows, 0]]))


def _resized(scenes: Scenes) -> Changed:
    """The object at another area that it could have been drawn with, much larger or smaller."""
    areas, own = np.array(scenes.options.areas), scenes.area[:, None]
    allowed = np.maximum(areas, own) >= VARIED * np.minimum(areas, own)
    rows = np.flatnonzero(allowed.any(axis=1))
    chosen = areas[_choose(allowed, 1, "area")[rows, 0]]
    return _shown(rows, _hollow_again(scenes[rows].replace(area=chosen)))


def _only_edge(scenes: Scenes) -> Changed:
    """Objects hollow, where they were not and have anything inside."""
    hollow = scenes.only_edge()
    rows = np.flatnonzero((scenes.core_area == 0) & (hollow.core_area > 0))
    return _shown(rows, hollow[rows])


# What is missing, what is around


def _object_removed(scenes: Scenes) -> Changed:
    """No object, so no class."""
    images = render(scenes.replace(area=0))
    return Changed(np.arange(len(scenes)), images, np.full(len(scenes), -1))


def _noise_removed(scenes: Scenes) -> Changed:
    """No noise, where there was any."""
    noisy = (scenes.noise_squares[..., 2] > 0).any(axis=1)
    rows = np.flatnonzero(noisy | isinstance(scenes.options.noise, GaussianNoise))
    return _shown(rows, scenes[rows].without_noise())


def _random_background(scenes: Scenes) -> Changed:
    """Another background at random that objects can be told from."""
    allowed = _contrasting(scenes.intensity)
    allowed &= _contrasting(scenes.distractor_intensity) | (scenes.distractor_area == 0)[:, None]
    allowed &= np.arange(LEVELS) != scenes.background[:, None]
    levels = _choose(allowed, 1, "background")[:, 0]
    changed = _hollow_again(scenes.replace(background=levels))
    return _shown(np.arange(len(scenes)), changed)


def _rescaled(gain: float, offset: int, scenes: Scenes) -> Changed:
    """All grey levels of images times a gain, plus an offset, where none leaves 0..255."""
    levels, images = np.rint(gain * np.arange(LEVELS) + offset), render(scenes)
    rows = np.flatnonzero(levels[images.max(axis=(1, 2))] < LEVELS)
    table, some = np.minimum(levels, LEVELS - 1).astype(np.uint8), scenes[rows]
    changed = some.replace(intensity=table[some.intensity], background=table[some.background])
    return Changed(rows, table[images[rows]], changed.label)


def _blurred(scenes: Scenes) -> Changed:
    """The whole image blurred by a Gaussian; beyond the border the outermost pixels go on."""
    images = render(scenes).astype(np.float32)
    smooth = gaussian_filter(images, (0, BLUR, BLUR), mode="nearest")
    return Changed(np.arange(len(scenes)), np.rint(smooth).astype(np.uint8), scenes.label)


def _pixels(count: int, region: str, scenes: Scenes) -> Changed:
    """Some visible pixels of a region get a level that would give the object another class.

    That class is the label. A scene has one level for all counts and regions, and more pixels
    include fewer.
    """
    allowed, n = _other_class(scenes), len(scenes)
    free = _regions(scenes)[region].reshape(n, -1)
    level = _choose(allowed, 1, "pixel level")[:, 0]
    # Every pixel at that level, so that what is taken from there has the scene's own noise on it.
    flat = render(scenes.replace(intensity=level, core_intensity=level, background=level))
    places, images = _choose(free, count, "pixel"), render(scenes).reshape(n, -1)
    np.put_along_axis(images, places, np.take_along_axis(flat.reshape(n, -1), places, 1), axis=1)
    rows = np.flatnonzero(allowed.any(axis=1) & (free.sum(axis=1) >= count))
    return Changed(rows, images.reshape(flat.shape)[rows], scenes.label_at(level)[rows])


# All of them


def _applied(name: str, change: Intervention, needs: str, scenes: Scenes) -> Changed:
    """An intervention, once there is an object to be changed, and refused where it does nothing."""
    check_any(scenes)
    changed = change(scenes.replace(permutation_seed=0))
    kept = np.flatnonzero(scenes.area[changed.rows] > 0)
    if not len(kept):
        raise InvalidInput(
            f"{name}: cannot be applied to any of {len(scenes)} scenes; it needs an object "
            f"and {needs}"
        )
    rows = changed.rows[kept]
    images = permuted(changed.images[kept], scenes.permutation_seed[rows])
    return Changed(rows, images, changed.label[kept])


_PAIR = "two levels equally far from its own, one of its class and one of another"
_HALVES = "a visible core and ring, not hollow, and levels of another class"
_ROOM = f"small noise squares beside it and room for {COVERED} pixels of them on core and edge"
_BLOCKS = "as many blocks of the image without it as it has pieces; pieces do not fit"
_NEEDED: dict[str, tuple[Intervention, str]] = {
    "recolor_other_class": (partial(_recolored_in_pairs, 0), _PAIR),
    "recolor_same_class": (partial(_recolored_in_pairs, 1), _PAIR),
    "recolor": (_recolored, "a second level that can be drawn"),
    "core_recolored": (partial(_two_levels, "core"), _HALVES),
    "ring_recolored": (partial(_two_levels, "ring"), _HALVES),
    **{f"cover_{region}": (partial(_covered, region), _ROOM) for region in REGIONS},
    **{f"pieces_{side}": (partial(_scattered, side), _BLOCKS) for side in PIECES},
    "shape_swapped": (_shape_swapped, "another shape, not that of a second object"),
    "moved": (_moved, "another place"),
    "resized": (_resized, f"areas that differ by a factor of {VARIED} or more"),
    "object_removed": (_object_removed, "nothing else"),
    "noise_removed": (_noise_removed, "noise"),
    "random_background": (_random_background, "nothing else"),
    "offset": (partial(_rescaled, 1.0, OFFSET), f"images up to level {LEVELS - 1 - OFFSET}"),
    "gain": (partial(_rescaled, GAIN, 0), "nothing else"),
    "distractor_recolored": (_distractor_recolored, "a distractor with a choice of levels"),
    **{
        f"pixels_{count}_{region}": (
            partial(_pixels, count, region),
            f"{count} px of visible {region}, and levels of another class",
        )
        for count in PIXELS
        for region in REGIONS
    },
    "edge_only": (_only_edge, "an inside that is not hollow yet"),
    "blurred": (_blurred, "nothing else"),
}
"""How each is done, and what scenes need for it beside an object."""

INTERVENTIONS: dict[str, Intervention] = {
    name: partial(_applied, name, change, needs) for name, (change, needs) in _NEEDED.items()
}
"""All interventions by name, in the order in which tables and figures show them."""
