"""SmoothGrad: the gradient averaged over noisy copies of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import (
    Channels,
    Output,
    check_grey_levels,
    prepare,
    summed,
    summed_gradients,
)
from intensity.models.inputs import check_count
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def smooth_grad(
    model: keras.Model,
    images: np.ndarray,
    *,
    samples: int = 50,
    sigma: float | None = None,
    seed: int = 0,
    channels: Channels = "sum",
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Mean gradient over copies of the image with Gaussian noise added.

    map[i] = mean over k of d score[c_i](image_i + noise_k) / d image_i: positive where a brighter
    pixel speaks for the class. All copies explain the class predicted for the clean image.
    Every image meets the same noise, so that a map does not depend on what else is explained.

    Args:
        samples: noisy copies.
        sigma: standard deviation of the noise, in the images' unit; may be None for integers in
            0..255, for which it is then 25.
        seed: of the noise.

    Returns:
        (n, h, w) float32, score per grey level.

    Raises:
        InvalidInput: an argument is wrong, or images that are no integers in 0..255 have no sigma.

    Reference: Smilkov et al. (2017), SmoothGrad: removing noise by adding noise, section 2.1.
    """
    target = prepare(model, images, classes, output, batch).with_known_classes()
    check_count("samples", samples)
    if sigma is None:
        check_grey_levels("sigma", target.pixels)
        sigma = 25.0
    if not 0 <= sigma < np.inf:
        raise InvalidInput(f"sigma: {sigma!r} is not allowed: grey levels, 0 or more")
    stream = np.random.Generator(np.random.Philox(key=seed))
    noise = sigma * stream.standard_normal((samples, *target.pixels.shape[1:]), np.float32)

    def noisy(rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Copies of images with their noise added."""
        return target.pixels[rows] + noise[numbers]

    maps = summed_gradients(target, samples, noisy) / samples
    return summed(maps, channels).astype(np.float32)
