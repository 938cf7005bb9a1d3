"""Maps against the data truth: where in the scene relevance lies, whatever the network relies on.

The data truth is the mask of the object that defines the class. That relevance on noise is wrong
holds under this truth only; what the network itself relies on is measured in `model_truth`, and the
two are never mixed. Every score says which part of a map it reads: "signed", "positive" or
"absolute". None means anything but beside maps that need no network: `baselines`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy.stats import rankdata

from intensity.attribution.edge_filters import sobel_edges
from intensity.attribution.methods.gradient import gradient
from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.models.architectures import Network
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Part = Literal["signed", "positive", "absolute"]
"""What of a map is scored: as it is, what speaks for the class, or how much speaks at all."""


def share_on(maps: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Share of a map's magnitude that falls on some pixels.

    Args:
        maps: (n, h, w) numbers of any sign.
        where: (n, h, w) bool.

    Returns:
        (n,) float64, 0..1; for a map that is 0 everywhere the share of the pixels, as for any other
        map that says nothing.

    Raises:
        InvalidInput: the shapes differ.
    """
    if maps.shape != where.shape:
        raise InvalidInput(f"where: shape {where.shape} is not allowed: that of maps, {maps.shape}")
    weights = np.abs(maps).astype(np.float64)
    weights[weights.sum(axis=(1, 2)) == 0] = 1
    shares: np.ndarray = (weights * where).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    return shares


def saliency_share(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """Share of the gradient saliency of the predicted class on the visible object.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.

    Returns:
        `share` (n,).
    """
    return {"share": share_on(gradient(model, render(scenes)), masks(scenes).object)}


def untrained_saliency_share(network: Network, seed: int, scenes: Scenes) -> dict[str, np.ndarray]:
    """The same for fresh weights: what the architecture by itself would show.

    Args:
        network: the architecture.
        seed: of the weights.
        scenes: n scenes.

    Returns:
        `share` (n,).

    Reference: Adebayo et al. (2018), Sanity checks for saliency maps.
    """
    from intensity.models.build import build

    model = build(network, scenes.options.size, scenes.task.classes, seed)
    return saliency_share(model, scenes)


def baseline_shares(scenes: Scenes) -> dict[str, np.ndarray]:
    """The same for maps that need no network.

    Args:
        scenes: n scenes.

    Returns:
        (n,) each: `uniform` (the object's share of the image), `image` (grey levels as a map) and
        `sobel` (magnitude of the image's slope).
    """
    images, visible = render(scenes).astype(np.float64), masks(scenes).object
    return {
        "uniform": visible.mean(axis=(1, 2)),
        "image": share_on(images, visible),
        "sobel": share_on(sobel_edges(images), visible),
    }


def part_of(maps: np.ndarray, part: Part) -> np.ndarray:
    """What of maps is scored, float64.

    Raises:
        InvalidInput: there is no such part.
    """
    if part not in get_args(Part):
        raise InvalidInput(f"part: {part!r} is not allowed: {', '.join(get_args(Part))}")
    values = np.asarray(maps, np.float64)
    if part == "signed":
        return values
    return np.abs(values) if part == "absolute" else np.maximum(values, 0)


def scene_regions(scenes: Scenes) -> dict[str, np.ndarray]:
    """What every pixel shows.

    Args:
        scenes: n scenes.

    Returns:
        (n, h, w) bool each; every pixel is in one: `core` and `edge` of the visible object,
        `noise_on_object`, `noise_elsewhere`, visible `distractor`, and `background`.
    """
    seen, bare = masks(scenes), masks(scenes.without_noise())
    covered = seen.noise & bare.object
    return {
        "core": seen.object & ~seen.edge,
        "edge": seen.edge,
        "noise_on_object": covered,
        "noise_elsewhere": seen.noise & ~covered,
        "distractor": seen.distractor,
        "background": ~(seen.object | seen.noise | seen.distractor),
    }


def relevance_mass(maps: np.ndarray, where: np.ndarray, part: Part) -> np.ndarray:
    """Relevance on some pixels over all magnitude of the part that is read.

    Args:
        maps: (n, h, w) numbers.
        where: (n, h, w) bool.
        part: of the maps; "signed" may give -1..1, the others 0..1.

    Returns:
        (n,) float64; for a part that is 0 everywhere what a uniform map would have.

    Reference: Arras, Osman, Samek (2022), CLEVR-XAI, relevance mass accuracy.
    """
    values = part_of(maps, part)
    values = np.where(values.any(axis=(1, 2), keepdims=True), values, 1.0)
    mass: np.ndarray = (values * where).sum(axis=(1, 2)) / np.abs(values).sum(axis=(1, 2))
    return mass


def relevance_rank(maps: np.ndarray, where: np.ndarray, part: Part) -> np.ndarray:
    """Of the k most relevant pixels, with k the number of pixels in question, the share among them.

    Args:
        maps: (n, h, w) numbers.
        where: (n, h, w) bool.
        part: of the maps.

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

    Args:
        maps: (n, h, w) numbers.
        where: (n, h, w) bool.
        part: of the maps.

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

    Args:
        maps: (n, h, w) numbers.
        scenes: n scenes with a distractor.
        part: of the maps.

    Returns:
        (n,) float64, area under the ROC curve; equal values count one half; NaN where one of the
        two is wholly covered.
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
