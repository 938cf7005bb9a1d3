"""What a score does when a window of an image is painted over, for many windows and fills.

Networks of known layers are computed incrementally: only what a window changes. All others
are shown every changed image as a whole. Both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from intensity.attribution.base import Target, chosen, scores
from intensity.attribution.incremental.engine import incremental_changes
from intensity.attribution.incremental.stages import stages_of
from intensity.attribution.windows import Windows
from intensity.models.inference import logits
from intensity.models.inputs import batches

AT_ONCE = 2**22
"""Logits of changed images that are held at once, or those of one image if that has more."""


def score_changes(target: Target, windows: Windows, levels: np.ndarray) -> Iterator[np.ndarray]:
    """f(image with one window painted over) - f(image), some images at a time.

    As many as a batch, or fewer where windows and draws are so many that memory would grow.

    Args:
        target: what f is.
        windows: where is painted; each window by itself.
        levels: (draws, n or 1, windows or 1) float32, the grey level painted.

    Yields:
        (draws, m, windows) float32 for the next m images.
    """
    whole = (levels.shape[0], len(target), len(windows))
    each = levels.shape[0] * len(windows) * target.model.output_shape[-1]
    for rows in batches(len(target), min(target.batch, max(1, AT_ONCE // each))):
        some = target[rows]
        painted = np.broadcast_to(levels, whole)[:, rows]
        if stages_of(target.model) is None:
            before, change = full_changes(some, windows, painted)
        else:
            corners, side = windows.corners, windows.side
            before, change = incremental_changes(
                target.model, some.pixels, corners, side, painted, target.batch
            )
        yield _score_changes(some, before, change)


def full_changes(
    target: Target, windows: Windows, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Changes of logits by passes of whole images: each image once as it is, once for every fill.

    Args:
        target: about m images.
        windows: where is painted.
        levels: (draws, m, windows) float32.

    Returns:
        (m, classes) logits, and (draws, m, windows, classes) what is added to them; float32.
    """
    before = logits(target.model, target.pixels, len(target))
    parts = []
    for part in batches(levels.size, target.batch):
        draw, image, window = np.unravel_index(np.arange(part.start, part.stop), levels.shape)
        level = levels[draw, image, window][:, None, None, None]
        shown = np.where(windows.covering(window)[..., None], level, target.pixels[image])
        parts.append(logits(target.model, shown, len(shown)) - before[image])
    return before, np.concatenate(parts).reshape(*levels.shape, -1)


def _score_changes(target: Target, before: np.ndarray, change: np.ndarray) -> np.ndarray:
    """(draws, m, windows) what is added to the score, from what is added to the logits."""
    classes = chosen(target.classes, before)
    if target.output == "logit":
        return scores(change, classes[:, None], "logit")
    start = before.astype(np.float64)
    after = scores(start[:, None] + change, classes[:, None], target.output)
    return (after - scores(start, classes, target.output)[:, None]).astype(np.float32)
