"""Edits of the object, of what is around it, and of both: what a network may rest on."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from intensity.audit import masks
from intensity.audit.base import Edited, Shown, shifted
from intensity.audit.cases import SURROUND


def other_level(shown: Shown, column: int, where: np.ndarray | None = None) -> Edited:
    """The object's level becomes that of an object of another class (0) or of its own (1).

    It moves by (m, h, w) weights, those of the masks by default.
    """
    where = shown.mask if where is None else where
    donor = shown.donors[shown.rows, column]
    wanted = shown.cases.spread.level[donor] - shown.of("level")
    pixels, step = shifted(shown, where, wanted)
    new = shown.of("level") + step
    return shown.edited(
        pixels, where > 0,
        applies=(step != 0) & (donor >= 0),
        label=np.where(step == wanted, shown.donor_label(column), -1),
        unusual=~shown.cases.spread.usual("level", new), dose=step,
    )  # fmt: skip


def moved(shown: Shown, part: str) -> Edited:
    """Object, surround (the other way) or both move by the common step.

    Object and surround then have the same new contrast, object and both the same new level.
    """
    (step, can), (where, sign) = shown.common_step, shown.parts[part]
    pixels = shown.pixels + (sign * step)[:, None, None, None].astype(np.float32)
    spread = shown.cases.spread
    odd = np.zeros(len(step), bool)
    if part != "surround":
        odd |= ~spread.usual("level", shown.of("level") + step)
    if part != "object":
        odd |= ~spread.usual("around", shown.of("around") + sign * step)
    return shown.edited(pixels, where, applies=can[part], unusual=odd, dose=sign * step)


def part_moved(shown: Shown, part: str) -> Edited:
    """Core or ring of the object, half of its pixels each, get the other class's level."""
    core = masks.inner_halves(shown.mask)
    where = core if part == "core" else shown.mask & ~core
    pixels, step = shifted(shown, where, shown.step)
    label = np.where(step == shown.step, shown.donor_label(0), -1)
    applies = (step != 0) & where.any(axis=(1, 2))
    return shown.edited(pixels, where, applies=applies, label=label, dose=step)


def contour_blurred(shown: Shown, width: float, sigma: float) -> Edited:
    """Pixels near the contour are blurred."""
    where = masks.near_contour(shown.mask, width) & shown.valid
    smooth = ndimage.gaussian_filter(shown.pixels, (0, sigma, sigma, 0), mode="nearest")
    return shown.edited(np.where(where[..., None], smooth, shown.pixels), where)


def flattened(shown: Shown) -> Edited:
    """The object is its mean everywhere."""
    where = shown.mask[..., None]
    mean = (shown.pixels * where).sum(axis=(1, 2), keepdims=True) / where.sum((1, 2), keepdims=True)
    flat = np.zeros(len(where))
    unusual = ~shown.cases.spread.usual("texture", flat)
    return shown.edited(np.where(where, mean, shown.pixels), shown.mask, unusual=unusual)


def residuals_permuted(shown: Shown) -> Edited:
    """The object's pixels change places among themselves: its histogram stays."""
    pixels = shown.pixels.copy()
    for i, mask in enumerate(shown.mask):
        pixels[i, mask] = shown.rng("residuals", i).permutation(pixels[i, mask])
    return shown.edited(pixels, shown.mask)


def background_swapped(shown: Shown, column: int) -> Edited:
    """The object before another image, whose own object is filled with pixels around it."""
    pixels, donors = shown.pixels.copy(), shown.donors[shown.rows, column]
    room = shown.cases.spread.room
    applies = (donors >= 0) & (np.minimum(shown.of("room"), room[donors]) >= SURROUND)
    for i in np.flatnonzero(applies):
        behind = _without_object(shown, int(i), int(donors[i]))
        around = shown.outside[i]
        pixels[i, around] = behind[around]
    label = shown.donor_label(column)
    return shown.edited(pixels, shown.outside, applies=applies, label=label)


def shape_swapped(shown: Shown) -> Edited:
    """The object in the shape of one of another class of nearly its area; its hole is filled."""
    pixels, cases = shown.pixels.copy(), shown.cases
    applies, label = np.zeros(len(pixels), bool), np.full(len(pixels), -1)
    for i, row in enumerate(shown.rows):
        apart = cases.label != cases.label[row] if cases.classes else np.arange(len(cases)) != row
        others = np.flatnonzero(apart)
        off = np.abs(np.log(cases.spread.area[others] / cases.spread.area[row]))
        if not len(others) or off.min() > np.log(1.5) or shown.of("room")[i] < SURROUND:
            continue
        donor = int(others[off.argmin()])
        applies[i], label[i] = True, cases.label[donor]
        own = pixels[i, shown.mask[i]]
        filled = _without_object(shown, i, int(row))
        shape = cases.masks[donor] & shown.valid[i]
        filled[shape] = shown.rng("residuals", i).choice(own, int(shape.sum()))
        pixels[i] = filled
    return shown.edited(pixels, applies=applies, label=label, unusual=np.ones(len(pixels), bool))


def _without_object(shown: Shown, i: int, row: int) -> np.ndarray:
    """The image of a row, its object filled with pixels drawn from around it."""
    image, mask = shown.cases.images[row].astype(np.float32), shown.cases.masks[row]
    around = image[shown.cases.valid(np.array([row]))[0] & ~mask]
    image[mask] = shown.rng("holes", i).choice(around, int(mask.sum()))
    return image
