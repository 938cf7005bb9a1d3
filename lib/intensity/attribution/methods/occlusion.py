"""Occlusion sensitivity: what the network loses when a window of the image is covered.

What is painted over the window is part of the experiment, so `fill` has no default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import Output, prepare
from intensity.attribution.changes import score_changes
from intensity.attribution.windows import Fill, fill_levels, place_windows

if TYPE_CHECKING:
    import keras


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    *,
    fill: Fill,
    window: int = 8,
    stride: int = 8,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Evidence in windows: what the score loses when a window is painted over.

    map[i, y, x] = mean over the windows W that cover (y, x) of f(image_i) - f(image_i, W filled):
    positive where the pixels speak for the class. Windows start at every `stride`-th pixel;
    the last one of a row or column is cut where it would reach over the border, so that
    every pixel is covered. With `Repaint` the loss is the mean over its draws.

    Args:
        fill: what is painted over a window: a level of all
            channels, 0..255 or as far as the images reach; "background", the most frequent
            level along the image's border; or `Repaint`, noise squares as scenes have them.
        window: side of the window, pixels.
        stride: distance of neighboring windows, pixels; at most `window`.

    Returns:
        (n, h, w) float32, score.

    Reference: Zeiler, Fergus (2014), Visualizing and understanding convolutional networks, 4.2.
    """
    target = prepare(model, images, classes, output, batch)
    windows = place_windows(target.pixels.shape[1:3], window, stride)
    levels = fill_levels(fill, target.pixels, len(windows))
    changes = score_changes(target, windows, levels)
    return np.concatenate([windows.spread(-change.mean(axis=0)) for change in changes])
