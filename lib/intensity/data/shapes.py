"""Object shapes as orders of pixels: an object of area A is the first A pixels of its shape.

Around a center every shape has a gauge, a distance whose level sets look like the shape. Pixels
sorted by gauge give nested objects of every area, so two shapes can have exactly equal pixel
counts, and an object's rim is where the gauge is within one pixel of the outside.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

REACH = 96
"""Objects lie within this many pixels of their center, enough for images of 192 pixels."""


GAUGES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "disc": np.hypot,  # Euclidean: areas 197, 797 and 901 are discs of radius 8, 16 and 17
    # Chebyshev, from the corner between pixels: (2 h)^2 pixels span center +- h.
    "square": lambda rows, columns: np.maximum(np.abs(rows + 0.5), np.abs(columns + 0.5)),
    # Largest distance along the three outward normals of an equilateral triangle, apex up.
    "triangle": lambda rows, columns: np.maximum(
        rows.astype(float), np.sqrt(0.75) * np.abs(columns) - 0.5 * rows
    ),
}
"""Distance from the center, pixels, of relative rows and columns."""
SHAPES = tuple(GAUGES)
"""Names of the shapes; a scene stores the position of a name in this tuple."""


class PixelOrder(NamedTuple):
    """Pixels of one shape from its center outwards.

    offsets: (k, 2) int16, row and column relative to the center.
    gauge: (k,) float, non-decreasing, pixels.
    reach: (k, 4) int16, how far the first i + 1 pixels reach up, down, left and right.
    """

    offsets: np.ndarray
    gauge: np.ndarray
    reach: np.ndarray


@cache
def pixel_order(shape: str) -> PixelOrder:
    """The pixels of a shape sorted by gauge, ties by row and column.

    The order ends where the next level set would leave the square of `REACH` pixels.
    """
    rows, columns = np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1]
    gauge = np.round(GAUGES[shape](rows, columns), 9)
    rim = np.concatenate([gauge[0], gauge[-1], gauge[:, 0], gauge[:, -1]])
    rows, columns, gauge = (a[gauge < rim.min()] for a in (rows, columns, gauge))
    order = np.lexsort((columns, rows, gauge))
    offsets = np.stack([rows[order], columns[order]], axis=1).astype(np.int16)
    sides = np.concatenate([-offsets[:, :1], offsets[:, :1], -offsets[:, 1:], offsets[:, 1:]], 1)
    return PixelOrder(offsets, gauge[order], np.maximum.accumulate(sides, axis=0))


def inner_area(shape: str, area: int, width: int = 1) -> int:
    """Number of pixels of an object that do not belong to its rim.

    Args:
        shape: a name from `SHAPES`.
        area: the object's area, pixels.
        width: of the rim, pixels.

    Returns:
        The area of the nested object that lies more than `width` pixels of gauge from the nearest
        pixel outside, so that none of its pixels has a neighbor outside; 0 where all is rim.
    """
    gauge = pixel_order(shape).gauge
    return int(np.searchsorted(gauge, gauge[area] - width - 1e-6))
