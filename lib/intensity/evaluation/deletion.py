"""Deletion and insertion: usual practice, outside of the training distribution.

Pixels are painted over in order of their relevance, and the score is followed. The images that
the network is shown on the way could not have been drawn, so what these curves measure is mixed
with how the network answers to strange images. They stand beside the two truths because others
report them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import Output, Question, ask, scores
from intensity.attribution.windows import Fill, Repaint, fill_levels
from intensity.models.inference import logits
from intensity.models.inputs import check_count
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def deletion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    *,
    fill: Fill,
    steps: int = 32,
    classes: int | np.ndarray | None = None,
    output: Output = "probability",
    batch: int = 64,
) -> np.ndarray:
    """The score while the most relevant pixels are painted over; low means a good map.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        maps: (n, h, w), signed; the largest values go first, equal ones in order of place.
        fill: what is painted: a grey level, or "background", most frequent along the border.
        steps: into how many equal portions the pixels are divided.
        classes: class to follow, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, steps + 1) float32, from the whole image to none of it; the mean is the usual number.

    Raises:
        InvalidInput: an argument is wrong.

    Reference: Petsiuk, Das, Saenko (2018), RISE, section 4.2.
    """
    question = ask(model, images, classes, output, batch).settled()
    return _curve(question, maps, fill, steps, removed=True)


def insertion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    *,
    fill: Fill,
    steps: int = 32,
    classes: int | np.ndarray | None = None,
    output: Output = "probability",
    batch: int = 64,
) -> np.ndarray:
    """The score while the most relevant pixels are uncovered; high means a good map.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        images: (h, w), (n, h, w) or (n, h, w, 1), integers or floats, grey levels.
        maps: (n, h, w), signed; the largest values come first, equal ones in order of place.
        fill: what covers the rest: a grey level, or "background", most frequent along the border.
        steps: into how many equal portions the pixels are divided.
        classes: class to follow, one for all or (n,); the predicted class where None.
        output: the score is the "logit" of the class or its softmax "probability".
        batch: images that pass through the model at once.

    Returns:
        (n, steps + 1) float32, from none of the image to all of it; the mean is the usual number.

    Raises:
        InvalidInput: an argument is wrong.

    Reference: Petsiuk, Das, Saenko (2018), RISE, section 4.2.
    """
    question = ask(model, images, classes, output, batch).settled()
    return _curve(question, maps, fill, steps, removed=False)


def _curve(
    question: Question, maps: np.ndarray, fill: Fill, steps: int, *, removed: bool
) -> np.ndarray:
    """(n, steps + 1) scores; a batch of images is on the way at once."""
    pixels = question.pixels
    check_count("steps", steps, most=pixels[0].size)
    if np.shape(maps) != pixels.shape:
        raise InvalidInput(f"maps: shape {np.shape(maps)} is not allowed: {pixels.shape}")
    if isinstance(fill, Repaint):
        raise InvalidInput("fill: Repaint is not allowed: a grey level or 'background'")
    level = fill_levels(fill, pixels, 1)[0, :, :, None]
    order = np.argsort(-np.asarray(maps).reshape(len(maps), -1), axis=1, kind="stable")
    place = np.argsort(order, axis=1).reshape(pixels.shape)
    found = []
    for taken in np.round(np.linspace(0, pixels[0].size, steps + 1)):
        shown = np.where((place < taken) == removed, level, pixels)
        values = logits(question.model, shown, question.batch)
        found.append(scores(values, question.classes, question.output))
    return np.stack(found, axis=1).astype(np.float32)
