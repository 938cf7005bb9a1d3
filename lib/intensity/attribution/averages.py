"""Sums of gradients over many variations of an image, in memory bounded by the batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from intensity.attribution.base import Question, compiled_slopes
from intensity.models.inputs import batches, to_network

Variation = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(m,) rows of images and (m,) numbers of variations -> (m, h, w) float32 grey levels."""


def summed_slopes(
    question: Question, count: int, vary: Variation, weigh: Variation | None = None
) -> np.ndarray:
    """Sum over variations of the gradient at each, for every image.

    Args:
        question: whose classes are settled, so that all variations explain the same class.
        count: variations of every image.
        vary: which images they are.
        weigh: what each gradient is multiplied with, pixel by pixel; 1 where None.

    Returns:
        (n, h, w) float64.
    """
    slopes = compiled_slopes(question.model, question.output)
    total = np.zeros(question.pixels.shape)
    for part in batches(len(question) * count, question.batch):
        rows, numbers = np.divmod(np.arange(part.start, part.stop), count)
        found = slopes(to_network(vary(rows, numbers)), question.classes[rows]).numpy()
        weighed = found if weigh is None else found * weigh(rows, numbers)
        firsts = np.flatnonzero(np.diff(rows, prepend=-1))
        total[rows[firsts]] += np.add.reduceat(weighed, firsts, axis=0, dtype=np.float64)
    return total
