"""Maps against the data truth: where in the scene relevance lies, whatever the network relies on.

The data truth is the mask of the object that defines the class. That relevance on noise is wrong
holds under this truth only; what the network itself relies on is measured in `faithfulness`. Every
score names the part of a map it is of: "signed", "positive" or "absolute". Compare it with that of
maps that need no network.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.stats import rankdata

from intensity.data.rendering import masks
from intensity.data.scenes import Scenes
from intensity.values import InvalidInput

Part = Literal["signed", "positive", "absolute"]
"""What of a map is scored: as it is, what speaks for the class, or the magnitude."""
PARTS: tuple[Part, ...] = get_args(Part)


def mean_on(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(n,) mean of (n, h, w) numbers over some pixels, (n, h, w) bool; NaN where there are none."""
    counts, total = where.sum(axis=(1, 2)), (values * where).sum(axis=(1, 2), dtype=np.float64)
    return np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def part_of(maps: np.ndarray, part: Part) -> np.ndarray:
    """What of maps is scored, float64.

    Raises:
        InvalidInput: there is no such part.
    """
    if part not in PARTS:
        raise InvalidInput(f"part: {part!r} is not allowed: {', '.join(PARTS)}")
    values = np.asarray(maps, np.float64)
    if part == "signed":
        return values
    return np.abs(values) if part == "absolute" else np.maximum(values, 0)


def scene_regions(scenes: Scenes) -> dict[str, np.ndarray]:
    """What every pixel shows.

    Returns:
        (n, h, w) bool each: the visible `object`, which is its `core` and its `edge`,
        `noise_on_object`, `noise_elsewhere`, `distractor`, `background`; but for the object, every
        pixel is in one. The distractor's are the visible ones.
    """
    seen, bare = masks(scenes), masks(scenes.without_noise())
    covered = seen.noise & bare.object
    return {
        "object": seen.object,
        "core": seen.object & ~seen.edge,
        "edge": seen.edge,
        "noise_on_object": covered,
        "noise_elsewhere": seen.noise & ~covered,
        "distractor": seen.distractor,
        "background": ~(seen.object | seen.noise | seen.distractor),
    }


def relevance_mass(maps: np.ndarray, where: np.ndarray, part: Part) -> np.ndarray:
    """Relevance on some pixels over all magnitude of the part that is read.

    Returns:
        (n,) float64, 0..1, for "signed" -1..1; for a part that is 0 everywhere what a uniform map
        would have.

    Raises:
        InvalidInput: the shapes differ.

    Reference: Arras, Osman, Samek (2022), CLEVR-XAI, relevance mass accuracy.
    """
    if maps.shape != where.shape:
        raise InvalidInput(f"where: shape {where.shape} is not allowed: that of maps, {maps.shape}")
    values = part_of(maps, part)
    values = np.where(values.any(axis=(1, 2), keepdims=True), values, 1.0)
    mass: np.ndarray = (values * where).sum(axis=(1, 2)) / np.abs(values).sum(axis=(1, 2))
    return mass


def relevance_rank(maps: np.ndarray, where: np.ndarray, part: Part) -> np.ndarray:
    """Of the k most relevant pixels, with k the number of pixels in question, the share among them.

    Returns:
        (n,) float64, 0..1; equal values share the places that are left; NaN where no pixel is.

    Reference: Arras, Osman, Samek (2022), CLEVR-XAI, relevance rank accuracy.
    """
    pairs = zip(part_of(maps, part), where, strict=True)
    return np.array([_share_of_top(values, inside) for values, inside in pairs])


def _share_of_top(values: np.ndarray, inside: np.ndarray) -> float:
    """The same for one map."""
    count = int(inside.sum())
    if count == 0:
        return np.nan
    limit = np.partition(values.ravel(), -count)[-count]
    above, level = values > limit, values == limit
    left = (count - above.sum()) / level.sum()
    return float(((above & inside).sum() + left * (level & inside).sum()) / count)


def pointing_game(maps: np.ndarray, where: np.ndarray, part: Part) -> np.ndarray:
    """Whether the most relevant pixel is one of those in question.

    Returns:
        (n,) float64: 1 or 0, between them the share of several equal maxima.

    Reference: Zhang et al. (2016), Top-down neural attention by excitation backprop, section 4.1.
    Departs from the paper: no tolerance around the object.
    """
    values = part_of(maps, part)
    best = values == values.max(axis=(1, 2), keepdims=True)
    hits: np.ndarray = (best & where).sum(axis=(1, 2)) / best.sum(axis=(1, 2))
    return hits


def object_auc(maps: np.ndarray, scenes: Scenes, part: Part) -> np.ndarray:
    """Chance that a visible pixel of the object is more relevant than one of the distractor.

    Roles and areas are symmetric, so |image|, Sobel and random have one half on average.

    Returns:
        (n,) float64, the area under the ROC curve; equal values count one half; NaN where one of
        the two is wholly covered.
    """
    seen = masks(scenes)
    triples = zip(part_of(maps, part), seen.object, seen.distractor, strict=True)
    return np.array([_auc(values[ours], values[other]) for values, ours, other in triples])


def _auc(ours: np.ndarray, others: np.ndarray) -> float:
    """Chance that one of ours is larger than one of the others.

    Reference: Mann, Whitney (1947), On a test of whether one of two random variables is larger.
    """
    if not len(ours) or not len(others):
        return np.nan
    ranks = rankdata(np.concatenate([ours, others]))[: len(ours)]
    return float((ranks.sum() / len(ours) - (len(ours) + 1) / 2) / len(others))
