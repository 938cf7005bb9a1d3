"""SmoothGrad: the gradient averaged over noisy copies of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.averages import summed_slopes
from intensity.attribution.base import Output, ask
from intensity.models.inputs import check_count
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def smooth_grad(
    model: keras.Model,
    images: np.ndarray,
    *,
    samples: int = 50,
    sigma: float = 25.0,
    seed: int = 0,
    classes: int | np.ndarray | None = None,
    output: Output = "logit",
    batch: int = 64,
) -> np.ndarray:
    """Mean gradient over copies of the image with Gaussian noise added.

    map[i] = mean over k of d score[c_i](image_i + noise_k) / d image_i: positive where a brighter
    pixel speaks for the class. All copies explain the class predicted for the clean image.
    Every image meets the same noise, so that a map does not depend on what else is explained.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        samples: noisy copies.
        sigma: standard deviation of the noise, grey levels.
        seed: of the noise.
        classes: class to explain, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, h, w) float32, score per grey level.

    Raises:
        InvalidInput: an argument is wrong, or the model has no gradient.

    Reference: Smilkov et al. (2017), SmoothGrad: removing noise by adding noise, section 2.1.
    """
    question = ask(model, images, classes, output, batch).settled()
    check_count("samples", samples)
    if not 0 <= sigma < np.inf:
        raise InvalidInput(f"sigma: {sigma!r} is not allowed: grey levels, 0 or more")
    stream = np.random.Generator(np.random.Philox(key=seed))
    noise = sigma * stream.standard_normal((samples, *question.pixels.shape[1:]), np.float32)

    def noisy(rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Copies of images."""
        return question.pixels[rows] + noise[numbers]

    return (summed_slopes(question, samples, noisy) / samples).astype(np.float32)
