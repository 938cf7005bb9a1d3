"""Square windows on a grid: where they lie, what is painted over them, how they become a map.

What is painted is part of the experiment. On a black background, black removes the object, and
black is an intensity with a class of its own. `Repaint` paints what the scene generator might have
painted: one more noise square.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np

from intensity.attribution.backgrounds import background_levels
from intensity.data.tasks import Task
from intensity.models.inputs import check_count
from intensity.values import InvalidInput


@dataclass(frozen=True, eq=False)
class Windows:
    """A grid of windows, numbered row by row.

    Args:
        side: of every window, pixels.
        tops: (k,) first rows.
        lefts: (l,) first columns.
        shape: height and width of the image; its border cuts windows that reach over it.
    """

    side: int
    tops: np.ndarray
    lefts: np.ndarray
    shape: tuple[int, int]

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.tops) * len(self.lefts)

    @property
    def corners(self) -> np.ndarray:
        """(windows, 2) first row and first column."""
        grid = np.meshgrid(self.tops, self.lefts, indexing="ij")
        return np.stack(grid, axis=-1).reshape(-1, 2)

    @property
    def rows(self) -> np.ndarray:
        """(k, h) bool, rows that each line of windows covers."""
        return _covered(self.tops, self.side, self.shape[0])

    @property
    def columns(self) -> np.ndarray:
        """(l, w) bool, columns that each line of windows covers."""
        return _covered(self.lefts, self.side, self.shape[1])

    def covering(self, numbers: np.ndarray) -> np.ndarray:
        """(m, h, w) bool, pixels that the windows of these numbers cover."""
        row, column = np.divmod(numbers, len(self.lefts))
        return self.rows[row][:, :, None] & self.columns[column][:, None, :]

    def spread(self, effect: np.ndarray) -> np.ndarray:
        """Windows' effects -> pixels: the mean over the windows that cover a pixel.

        Args:
            effect: (n, windows).

        Returns:
            (n, h, w) float32.
        """
        rows, columns = self.rows.astype(np.float64), self.columns.astype(np.float64)
        total = rows.T @ effect.reshape(-1, len(rows), len(columns)) @ columns
        mean: np.ndarray = total / np.outer(rows.sum(axis=0), columns.sum(axis=0))
        return mean.astype(np.float32)


def place_windows(shape: tuple[int, ...], window: int, stride: int) -> Windows:
    """Windows at every `stride`-th pixel that cover the whole image.

    The last one of a line is cut where it would reach over the border: 5 pixels, windows of 2 at
    every 2nd pixel: 11000, 00110, 00001.

    Args:
        shape: height and width of the image.
        window: side of the windows, pixels; at most the smaller of the two.
        stride: distance of neighbors, pixels; at most `window`.

    Raises:
        InvalidInput: window or stride is not allowed.
    """
    height, width = shape
    check_count("window", window, most=min(height, width))
    check_count("stride", stride, most=window)
    tops, lefts = (
        np.arange(1 + -(-(size - window) // stride)) * stride for size in (height, width)
    )
    return Windows(window, tops, lefts, (height, width))


def _covered(starts: np.ndarray, side: int, size: int) -> np.ndarray:
    distance = np.arange(size) - starts[:, None]
    covered: np.ndarray = (distance >= 0) & (distance < side)
    return covered


@dataclass(frozen=True)
class Repaint:
    """Noise squares as the scene generator draws them: levels like the object's, each uniform.

    The same draws serve every image, so that a map does not depend on what else is explained.

    Args:
        task: whose levels are drawn.
        draws: how often every window is repainted.
        seed: of the draws.
        inverted: whether the images are negatives, 255 - x, and levels have to be so as well.
    """

    task: Task
    draws: int = 8
    seed: int = 0
    inverted: bool = False

    def levels(self, windows: int) -> np.ndarray:
        """(draws, windows) float32, grey levels.

        Raises:
            InvalidInput: draws is not a positive whole number.
        """
        check_count("draws", self.draws)
        stream = np.random.Generator(np.random.Philox(key=self.seed))
        drawn = self.task.draw(stream.random((self.draws, windows))).astype(np.float32)
        return 255 - drawn if self.inverted else drawn


Fill = float | Literal["background"] | Repaint


def fill_levels(fill: Fill, pixels: np.ndarray, windows: int) -> np.ndarray:
    """What is painted over every window of every image.

    Args:
        fill: a grey level, "background" (most frequent along the image's border), or `Repaint`.
        pixels: (n, h, w), or (n, h, w, c).
        windows: how many.

    Returns:
        (draws, n or 1, windows or 1) float32, grey levels.

    Raises:
        InvalidInput: fill is none of these.
    """
    if isinstance(fill, Repaint):
        return fill.levels(windows)[:, None, :]
    if isinstance(fill, str) and fill == "background":
        if pixels.ndim == 4 and pixels.shape[-1] > 1:
            raise InvalidInput("fill: 'background' of several channels is not allowed: a level")
        return background_levels(pixels).reshape(1, -1, 1)
    low, high = min(0, pixels.min()), max(255, pixels.max())
    if not isinstance(fill, Real) or not low <= float(fill) <= high:
        raise InvalidInput(
            f"fill: {fill!r} is not allowed: a level, {low}..{high}, 'background' or a Repaint"
        )
    return np.full((1, 1, 1), fill, np.float32)
