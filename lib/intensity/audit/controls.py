"""Edits whose effect is known, or which show how much an effect rests on the mask."""

from __future__ import annotations

import numpy as np

from intensity.audit import masks
from intensity.audit.base import Edited, Shown, shifted
from intensity.audit.edits import other_level


def identity(shown: Shown) -> Edited:
    """Nothing is changed: every answer has to stay."""
    return shown.edited(shown.pixels)


def sham(shown: Shown) -> Edited:
    """A region of the object's shape, elsewhere in the image, moves by the object's step."""
    where = np.stack([
        masks.elsewhere(mask, outside, shown.rng("sham", i))
        for i, (mask, outside) in enumerate(zip(shown.mask, shown.outside, strict=True))
    ])  # fmt: skip
    pixels, step = shifted(shown, where, shown.step)
    return shown.edited(pixels, where, applies=(step != 0) & where.any(axis=(1, 2)), dose=step)


def mask_changed(shown: Shown, by: int) -> Edited:
    """The object's level changes in a mask with more, or fewer, rows of pixels all around."""
    where = masks.grown(shown.mask, by) & shown.valid
    changed = other_level(shown, 0, where)
    return changed._replace(applies=changed.applies & where.any(axis=(1, 2)))


def mask_feathered(shown: Shown, width: int) -> Edited:
    """The object's level changes with a soft edge, so many pixels each way."""
    return other_level(shown, 0, masks.feathered(shown.mask, width) * shown.valid)
