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
    found = [
        masks.elsewhere(mask, outside, shown.rng("sham", i))
        for i, (mask, outside) in enumerate(zip(shown.mask, shown.outside, strict=True))
    ]
    where = np.stack([shown.mask[i] & False if one is None else one for i, one in enumerate(found)])
    pixels, step = shifted(shown, where, shown.step)
    return shown.edited(pixels, where, applies=(step != 0) & where.any(axis=(1, 2)), dose=step)


def mask_changed(shown: Shown, by: int) -> Edited:
    """The object's level changes in a mask with more, or fewer, rows of pixels all around."""
    changed = other_level(shown, 0, lambda mask: masks.grown(mask, by) & shown.valid)
    left = masks.grown(shown.mask, by).any(axis=(1, 2))
    return changed._replace(applies=changed.applies & left)


def mask_feathered(shown: Shown, width: int) -> Edited:
    """The object's level changes with a soft edge, so many pixels each way."""
    return other_level(shown, 0, lambda mask: masks.feathered(mask, width) * shown.valid)
