"""Doses: how many pixels it takes to change answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.interventions.base import PERIOD
from intensity.interventions.pixels import pixels_changed
from intensity.models.inference import logits
from intensity.models.inputs import batches, check_scenes
from intensity.statistics.correlation import rank_correlation
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

DOSES = (0, 1, 2, 5, 10, 20, 40, 80)
"""Numbers of pixels of an object's core that get another level."""
MONOTONE = 0.9
"""A logit whose rank correlation with the number of pixels is above this is monotone in it."""


class HalfDose(NamedTuple):
    """The number of pixels that changes half as many answers as the highest dose does.

    above, at_most: the two neighboring doses, 0 included, that it lies between; both 0 where
        nothing changes at all. This is measured.
    pixels: its place between them, where shares are taken as straight lines. This is interpolated.
    """

    above: int
    at_most: int
    pixels: float


def half_dose(shares: Sequence[float], counts: Sequence[int]) -> HalfDose:
    """Where changed answers reach half of those at the highest dose.

    Args:
        shares: changed answers at each dose.
        counts: the doses, increasing numbers of pixels.

    Raises:
        InvalidInput: there is not one share a dose.
    """
    if len(shares) != len(counts):
        raise InvalidInput(
            f"shares: {len(shares)} are not allowed: one for each of {tuple(counts)} pixels"
        )
    doses, curve = [0, *counts], np.array([0.0, *shares])
    first = int(np.argmax(curve >= curve[-1] / 2))
    if not first:
        return HalfDose(0, 0, 0.0)
    low, high = doses[first - 1], doses[first]
    share = (curve[-1] / 2 - curve[first - 1]) / (curve[first] - curve[first - 1])
    return HalfDose(low, high, float(low + share * (high - low)))


def dose_logits(
    model: keras.Model, scenes: Scenes, doses: Sequence[int] = DOSES
) -> dict[str, np.ndarray]:
    """Logits while more and more pixels of the object's core get one level of another class.

    Pixels and levels are those of the interventions on some pixels. Only scenes count whose core
    shows as many pixels as the highest dose has.

    Args:
        doses: increasing numbers of pixels, the first 0.

    Returns:
        `doses` (k,) pixels; for m scenes `new` (m,) class of the level that pixels get, and
        `logits` (m, k, classes) float32.

    Raises:
        InvalidInput: scenes do not fit the model, or none has such a core.
    """
    check_scenes(model, scenes)
    parts = [_dosed(model, scenes[rows], doses) for rows in batches(len(scenes), PERIOD)]
    new, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not len(new):
        raise InvalidInput(f"scenes: none is allowed: a core that shows {max(doses)} pixels")
    return {"doses": np.array(doses), "new": new, "logits": values}


def _dosed(
    model: keras.Model, scenes: Scenes, doses: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Classes of new levels, and logits, of at most `PERIOD` scenes."""
    changed = [pixels_changed(scenes, count, "core", key=9, level_key=10) for count in doses[1:]]
    rows = changed[-1].rows
    images = [render(scenes[rows])] + [one.images[np.isin(one.rows, rows)] for one in changed]
    shown = np.stack(images, axis=1)
    flat = shown.reshape(-1, *shown.shape[2:])
    size = (*shown.shape[:2], model.output_shape[-1])
    values = logits(model, flat).reshape(size) if len(rows) else np.zeros(size, np.float32)
    return changed[-1].label, values


def changed_by_pixels(
    model: keras.Model, scenes: Scenes, counts: Sequence[int], regions: Sequence[str]
) -> dict[str, np.ndarray]:
    """Share of answers that change with some pixels of a region at a level of another class.

    Args:
        counts: numbers of pixels.
        regions: names of `SCENE_REGIONS`.

    Returns:
        (regions, counts) `changed`, share of the scenes that have so many such pixels (missing
        where none has), and `scenes`, their number.

    Raises:
        InvalidInput: scenes do not fit the model.
    """
    check_scenes(model, scenes)
    size = len(regions), len(counts)
    found, seen = np.zeros(size), np.zeros(size, int)
    for rows in batches(len(scenes), PERIOD):
        some = scenes[rows]
        answers = logits(model, render(some)).argmax(axis=1)
        for (i, region), (j, count) in product(enumerate(regions), enumerate(counts)):
            changed = pixels_changed(some, count, region, key=9, level_key=10)
            if len(changed.rows):
                now = logits(model, changed.images).argmax(axis=1)
                found[i, j] += (now != answers[changed.rows]).sum()
                seen[i, j] += len(changed.rows)
    return {"changed": found / np.where(seen, seen, np.nan), "scenes": seen}


def dose_correlations(doses: np.ndarray, new: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """How monotone the logit of the new level's class is in the number of pixels at that level.

    Args:
        doses: (k,) pixels.
        new: (m,) class of the level that pixels get.
        logits: (m, k, classes).

    Returns:
        (m,) Spearman's correlation of each scene, 0 where the logit is the same at all doses.
    """
    of_new = np.take_along_axis(logits, np.asarray(new)[:, None, None], axis=2)[..., 0]
    counts = np.broadcast_to(doses, of_new.shape)
    return np.nan_to_num(rank_correlation(of_new, counts))


def monotone_share(doses: np.ndarray, new: np.ndarray, logits: np.ndarray) -> float:
    """Share of scenes in which the new class's logit rises with every dose, or nearly so.

    Arguments are those of `dose_correlations`, which has to be above `MONOTONE`.
    """
    return float((dose_correlations(doses, new, logits) > MONOTONE).mean())
