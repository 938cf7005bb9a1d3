"""Occlusion sensitivity: what the network loses when a window of the image is covered.

What is painted over the window is part of the experiment, so `fill` has no default: on a black
background, black removes the object, and black is an intensity with a class of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from intensity.attribution.inputs import (
    PREDICTED,
    as_classes,
    as_images,
    batches,
    check_count,
    to_network,
)
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Output = Literal["probability", "logit"]


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    *,
    fill: float,
    window: int = 8,
    stride: int = 8,
    output: Output = "probability",
    classes: int | np.ndarray | None = None,
    batch: int = 64,
) -> np.ndarray:
    """Evidence in windows: what the class loses when a window is set to a grey level.

    map[i, y, x] = mean over the windows W that cover (y, x) of f(image_i) - f(image_i, W filled):
    positive where the pixels speak for the class. Windows start at every `stride`-th pixel;
    the last one of a row or column is cut where it would reach over the border, so that
    every pixel is covered.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        fill: grey level painted over a window, 0..255.
        window: side of the window, pixels.
        stride: distance of neighboring windows, pixels; at most `window`.
        output: f is the softmax "probability" of the class or its "logit".
        classes: class to explain, one for all or (n,); the predicted class where None.
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, probability or logit.

    Raises:
        InvalidInput: an argument is wrong.

    Reference: Zeiler, Fergus (2014), Visualizing and understanding convolutional networks, 4.2.
    """
    pixels = as_images(images, model)
    chosen = as_classes(classes, model, len(pixels))
    check_count("window", window, most=min(pixels.shape[1:]))
    check_count("stride", stride, most=window)
    _check_fill(fill)
    if output not in get_args(Output):
        raise InvalidInput(f"output: {output!r} is not allowed: {' or '.join(get_args(Output))}")
    lines = (
        window_rows(pixels.shape[1], window, stride),
        window_rows(pixels.shape[2], window, stride),
    )
    values = _occluded_logits(model, pixels, lines, fill, batch)
    chosen = np.where(chosen == PREDICTED, values[:, 0].argmax(axis=1), chosen)
    scores = _scores(values, chosen, output)
    return spread(scores[:, :1] - scores[:, 1:], *lines)


def window_rows(size: int, window: int, stride: int) -> np.ndarray:
    """Which of `size` pixels in a line each window covers: (windows, size) bool.

    For example 5 pixels, windows of 2 at every 2nd pixel: 11000, 00110, 00001.
    """
    starts = np.arange(1 + -(-(size - window) // stride)) * stride
    distance = np.arange(size) - starts[:, None]
    covered: np.ndarray = (distance >= 0) & (distance < window)
    return covered


def spread(effect: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Windows' effects -> pixels: the mean over the windows that cover a pixel.

    Args:
        effect: (n, k * l), effects of windows, row by row.
        rows: (k, h) bool, pixels that are covered vertically.
        columns: (l, w) bool, and horizontally.

    Returns:
        (n, h, w) float32.
    """
    grid = effect.reshape(-1, len(rows), len(columns))
    total = rows.T.astype(np.float64) @ grid @ columns.astype(np.float64)
    mean: np.ndarray = total / np.outer(rows.sum(axis=0), columns.sum(axis=0))
    return mean.astype(np.float32)


def _check_fill(fill: float) -> None:
    """Refuse a fill that is not a grey level."""
    if not np.isscalar(fill) or isinstance(fill, str) or not 0 <= fill <= 255:
        raise InvalidInput(f"fill: {fill!r} is not allowed: a grey level, 0..255")


def _occluded_logits(
    model: keras.Model,
    pixels: np.ndarray,
    lines: tuple[np.ndarray, np.ndarray],
    fill: float,
    batch: int,
) -> np.ndarray:
    """(n, 1 + windows, classes) logits of each image as it is, then with one window filled."""
    from intensity.networks import predict_logits

    rows, columns = lines
    shown = 1 + len(rows) * len(columns)
    parts = []
    for part in batches(len(pixels) * shown, batch):
        image, place = np.divmod(np.arange(part.start, part.stop), shown)
        row, column = np.divmod(place - 1, len(columns))
        covered = rows[row][:, :, None] & columns[column][:, None, :]
        covered[place == 0] = False
        images = np.where(covered, np.float32(fill), pixels[image])
        parts.append(predict_logits(model, to_network(images), batch))
    return np.concatenate(parts).reshape(len(pixels), shown, -1)


def _scores(values: np.ndarray, chosen: np.ndarray, output: Output) -> np.ndarray:
    """(n, k) logit or softmax probability of a class an image, from (n, k, classes) logits."""
    if output == "probability":
        values = np.exp(values - values.max(axis=2, keepdims=True))
        values = values / values.sum(axis=2, keepdims=True)
    return np.take_along_axis(values, chosen[:, None, None], axis=2)[:, :, 0]
