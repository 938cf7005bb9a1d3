"""Scenes -> images and masks, compiled with numba.

Painted in this order: background, distractor, object, noise squares; then Gaussian noise is added
and pixels are permuted. Masks are painted by the same code with region numbers instead of
grey levels, so they are true to the pixel. Nothing is random here but what a scene's own seeds say.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit
from scipy.special import ndtri

from intensity.data.scenes import GaussianNoise, Scenes
from intensity.data.shapes import SHAPES, inner_area, pixel_order

Function = TypeVar("Function", bound=Callable[..., Any])

BACKGROUND, DISTRACTOR, INSIDE, EDGE, NOISE = range(5)
"""Numbers of the regions that masks are made of."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Step between the counters of one generator, of SplitMix64."""


def compiled(function: Function) -> Function:
    """numba's, kept on disk where there is a folder for it."""
    with suppress(RuntimeError):  # nobody may write beside the code, nor in a home
        return cast(Function, njit(function, cache=True, nogil=True))
    return cast(Function, njit(function, nogil=True))


class Masks(NamedTuple):
    """Where things are, each (n, height, width) bool.

    object: visible pixels of the object, its edge included.
    edge: visible pixels of the object's rim.
    noise: pixels that a noise square covers.
    distractor: visible pixels of the second object.
    """

    object: np.ndarray
    edge: np.ndarray
    noise: np.ndarray
    distractor: np.ndarray


def render(scenes: Scenes) -> np.ndarray:
    """Images of scenes.

    Args:
        scenes: n scenes.

    Returns:
        (n, height, width) uint8, grey levels.
    """
    images = _paint(
        scenes,
        background=scenes.background,
        distractor=scenes.distractor_intensity,
        core=(scenes.core_area, scenes.core_intensity),
        rim=scenes.intensity,
        noise=scenes.noise_squares[..., 3].astype(np.uint8),
    )
    if isinstance(scenes.options.noise, GaussianNoise):
        sigmas, scales = _merged(scenes.options.noise)
        (seeds,) = _plain(np.uint64, scenes.noise_seed)
        _add_gaussian(images, seeds, sigmas, scales, _normal_quantiles())
    _permute(images, *_plain(np.uint64, scenes.permutation_seed))
    return 255 - images if scenes.options.inverted else images


def masks(scenes: Scenes, rim: int = 1) -> Masks:
    """Ground truth for every pixel of the images of scenes.

    Args:
        scenes: n scenes.
        rim: width of the objects' rims, pixels.
    """
    pairs = zip(scenes.shape, scenes.area, strict=True)
    inside = np.array([inner_area(SHAPES[shape], area, rim) for shape, area in pairs], np.int32)
    same = np.repeat(np.arange(NOISE, dtype=np.uint8)[:, None], len(scenes), axis=1)
    regions = _paint(
        scenes,
        background=same[BACKGROUND],
        distractor=same[DISTRACTOR],
        core=(inside, same[INSIDE]),
        rim=same[EDGE],
        noise=np.full(scenes.noise_squares.shape[:2], NOISE, np.uint8),
    )
    _permute(regions, *_plain(np.uint64, scenes.permutation_seed))
    visible = (regions == INSIDE) | (regions == EDGE)
    return Masks(visible, regions == EDGE, regions == NOISE, regions == DISTRACTOR)


def permuted(images: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Images with their pixels shuffled as those of scenes are.

    Args:
        images: (n, height, width) uint8, grey levels.
        seeds: (n,) uint64, a column `permutation_seed` of scenes; 0 leaves an image as it is.

    Returns:
        (n, height, width) uint8, grey levels.
    """
    shuffled = images.copy()
    _permute(shuffled, *_plain(np.uint64, seeds))
    return shuffled


def _paint(
    scenes: Scenes,
    *,
    background: np.ndarray,
    distractor: np.ndarray,
    core: tuple[np.ndarray, np.ndarray],
    rim: np.ndarray,
    noise: np.ndarray,
) -> np.ndarray:
    """Canvases (n, size, size) uint8 on which every region has the value given for it."""
    size = scenes.options.size
    canvases = np.empty((len(scenes), size, size), np.uint8)
    canvases[:] = background[:, None, None]
    offsets, first = _all_offsets()
    if scenes.options.distractor:
        start = np.full(len(scenes), first[SHAPES.index(scenes.options.distractor)])
        places = _plain(
            np.int64, start, start * 0, scenes.distractor_area, scenes.distractor_center
        )
        _paint_objects(canvases, offsets, *places, *_plain(np.uint8, distractor, distractor))
    core_area = np.minimum(core[0], scenes.area)
    places = _plain(np.int64, first[scenes.shape], core_area, scenes.area, scenes.center)
    _paint_objects(canvases, offsets, *places, *_plain(np.uint8, core[1], rim))
    _paint_squares(canvases, *_plain(np.int64, scenes.noise_squares), *_plain(np.uint8, noise))
    return canvases


def _plain(dtype: type, *arrays: np.ndarray) -> list[np.ndarray]:
    """Copies of one type and layout: numba compiles for each that it meets."""
    return [np.array(array, dtype, order="C") for array in arrays]


@cache
def _all_offsets() -> tuple[np.ndarray, np.ndarray]:
    orders = [pixel_order(shape).offsets for shape in SHAPES]
    first = np.cumsum([0, *(len(order) for order in orders[:-1])])
    return np.concatenate(orders), first


def _merged(noise: GaussianNoise) -> tuple[np.ndarray, np.ndarray]:
    """Sigmas in grey levels and scales, where fields of equal scale are one of summed variance."""
    scales = np.unique(noise.scales)
    variances = [
        sum(s**2 for s, scale in zip(noise.sigmas, noise.scales, strict=True) if scale == unique)
        for unique in scales
    ]
    return 255 * np.sqrt(variances), scales


@cache
def _normal_quantiles() -> np.ndarray:
    """(65536,) float32, a standard Gaussian in steps of equal probability.

    A table makes noise fast and the same on every machine. Its steps are finer than the rounding
    to grey levels, and it ends at 4.3 sigma, which clipping reaches long before.
    """
    quantiles = ndtri((np.arange(65536) + 0.5) / 65536)
    return (quantiles / quantiles.std()).astype(np.float32)


@compiled
def _paint_objects(
    canvases: np.ndarray,
    offsets: np.ndarray,
    start: np.ndarray,
    core_area: np.ndarray,
    area: np.ndarray,
    center: np.ndarray,
    core: np.ndarray,
    rim: np.ndarray,
) -> None:
    """Paint one object into every canvas: its first core_area pixels, then the rest."""
    n, height, width = canvases.shape
    for i in range(n):
        for k in range(area[i]):
            row = center[i, 0] + offsets[start[i] + k, 0]
            column = center[i, 1] + offsets[start[i] + k, 1]
            if 0 <= row < height and 0 <= column < width:
                canvases[i, row, column] = core[i] if k < core_area[i] else rim[i]


@compiled
def _paint_squares(canvases: np.ndarray, squares: np.ndarray, values: np.ndarray) -> None:
    """Paint squares (row, column, side, unused) with the values given, later ones on top.

    The border of the image cuts them.
    """
    for i in range(len(canvases)):
        for k in range(squares.shape[1]):
            top, left, side = squares[i, k, 0], squares[i, k, 1], squares[i, k, 2]
            for row in range(max(top, 0), min(top + side, canvases.shape[1])):
                for column in range(max(left, 0), min(left + side, canvases.shape[2])):
                    canvases[i, row, column] = values[i, k]


@compiled
def _mix(state: np.uint64) -> np.uint64:
    """64 random bits from a counter: the output function of SplitMix64.

    Reference: Steele, Lea, Flood (2014), Fast splittable pseudorandom number generators.
    """
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@compiled
def _add_gaussian(
    images: np.ndarray,
    seeds: np.ndarray,
    sigmas: np.ndarray,
    scales: np.ndarray,
    quantiles: np.ndarray,
) -> None:
    """Add fields of noise to images in place; round and clip to 0..255.

    Four neighboring cells of a field share 64 random bits, 16 bits each.
    """
    n, height, width = images.shape
    for i in range(n):
        for row in range(height):
            for column in range(width):
                value = np.float64(images[i, row, column])
                for k in range(len(scales)):
                    cell = (row // scales[k]) * width + column // scales[k]
                    counter = np.uint64((k << 32) + (cell >> 2) + 1)
                    bits = _mix(seeds[i] + GOLDEN * counter)
                    lane = np.uint64(16 * (cell & 3))
                    value += sigmas[k] * quantiles[(bits >> lane) & np.uint64(0xFFFF)]
                images[i, row, column] = np.uint8(min(max(np.rint(value), 0.0), 255.0))


@compiled
def _permute(canvases: np.ndarray, seeds: np.ndarray) -> None:
    """Shuffle the pixels of every canvas in place, by its own seed; 0 leaves it as it is.

    Reference: Durstenfeld (1964), Algorithm 235: Random permutation.
    """
    for i in range(len(canvases)):
        if seeds[i] == 0:
            continue
        pixels = canvases[i].ravel()
        for last in range(len(pixels) - 1, 0, -1):
            bits = _mix(seeds[i] + GOLDEN * np.uint64(last)) >> np.uint64(32)
            other = (bits * np.uint64(last + 1)) >> np.uint64(32)
            pixels[last], pixels[other] = pixels[other], pixels[last]


def histograms(images: np.ndarray) -> np.ndarray:
    """How many pixels of each image have each grey level.

    Args:
        images: (n, height, width) uint8, grey levels.

    Returns:
        (n, 256) int64, pixels.
    """
    counts = np.zeros((len(images), 256), np.int64)
    _count(images, counts)
    return counts


@compiled
def _count(images: np.ndarray, counts: np.ndarray) -> None:
    """Add one to an image's count of a grey level for every pixel that has it."""
    n, height, width = images.shape
    for i in range(n):
        for row in range(height):
            for column in range(width):
                counts[i, images[i, row, column]] += 1
