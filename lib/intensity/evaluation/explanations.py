"""What maps are worth: every method on the same scenes, beside what can be known exactly.

Data truth and model truth stay apart. Under the first, relevance has to lie on the object that
defines the class; under the second, where repainting a cell changes this network's score. Checks
ask whether a map hangs on weights, labels, class and polarity as it should.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from intensity.analysis.response_curves import class_response_curves
from intensity.attribution.registry import BATCH, Case, case_of, maps_of, negative
from intensity.data.levels import drawable
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS
from intensity.evaluation.deletion import deletion, insertion
from intensity.evaluation.faithfulness import Effects, repaint_effects, truth_agreement
from intensity.evaluation.localization import (
    Part,
    object_auc,
    part_of,
    pointing_game,
    relevance_mass,
    relevance_rank,
    scene_regions,
)
from intensity.evaluation.randomization import (
    class_agreement,
    polarity_agreement,
    twin,
    weight_randomization,
)
from intensity.models.architectures import Network
from intensity.models.inference import logits
from intensity.statistics.correlation import rank_correlation
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

PARTS: tuple[Part, ...] = ("signed", "positive", "absolute")


def recoloring_levels(scenes: Scenes) -> np.ndarray:
    """A level for every object to be recolored to: of another class, at random.

    Where no level would change the class, as on the task of shape, any other level.

    Args:
        scenes: n scenes.

    Returns:
        (n,) uint8, the same for the same scenes.

    Raises:
        InvalidInput: an object can have one level only.
    """
    every = np.arange(LEVELS)
    allowed = drawable(scenes, every) & (every != scenes.intensity[:, None])
    other = allowed & (scenes.label_at(np.tile(every, (len(scenes), 1))) != scenes.label[:, None])
    allowed = np.where(other.any(axis=1, keepdims=True), other, allowed)
    if not allowed.any(axis=1).all():
        raise InvalidInput("scenes: an object can have no other level; draw them from more levels")
    stream = np.random.Generator(np.random.Philox(key=0))
    drawn = np.where(allowed, stream.random(allowed.shape), -1.0)
    return drawn.argmax(axis=1).astype(np.uint8)


def _case(model: keras.Model, scenes: Scenes) -> Case:
    """Scenes as a case."""
    return case_of(model, scenes, recoloring_levels(scenes))


def repaint_truth(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """The model truth: what the predicted class's logit does when cells are repainted.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.

    Returns:
        `signed` and `absolute`, (n, k, l) float32.
    """
    case = _case(model, scenes)
    found = repaint_effects(
        model, case.images, repaint=case.repaint, classes=case.classes, batch=BATCH
    )
    return found._asdict()


def map_scores(
    model: keras.Model, scenes: Scenes, name: str, signed: np.ndarray, absolute: np.ndarray
) -> dict[str, np.ndarray]:
    """All scores of one method's maps.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        name: of a method or of a baseline that needs no network.
        signed: (n, k, l) model truth, from `repaint_truth`.
        absolute: (n, k, l) likewise.

    Returns:
        (n,) float64 each, by "<part>/<score>": `mass_<region>`, `rank`, `pointing`, `auc` (with a
        distractor only), `agreement` (with the model truth); and `strength`, the mean magnitude on
        visible pixels of the object. NaN where a scene has no such pixel; agreement is 0 where a
        map, or the truth, is the same everywhere.
    """
    maps, truth = maps_of(name, _case(model, scenes)), Effects(signed, absolute)
    regions = scene_regions(scenes)
    regions["object"] = regions["core"] | regions["edge"]
    found: dict[str, np.ndarray] = {"strength": _mean_on(np.abs(maps), regions["object"])}
    for part in PARTS:
        found |= {
            f"{part}/mass_{region}": relevance_mass(maps, where, part)
            for region, where in regions.items()
        }
        found[f"{part}/rank"] = relevance_rank(maps, regions["object"], part)
        found[f"{part}/pointing"] = pointing_game(maps, regions["object"], part)
        found[f"{part}/agreement"] = np.nan_to_num(truth_agreement(maps, truth, part))
        if scenes.options.distractor:
            found[f"{part}/auc"] = object_auc(maps, scenes, part)
    return found


def _mean_on(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(n,) mean over some pixels; NaN where there are none."""
    counts, total = where.sum(axis=(1, 2)), (values * where).sum(axis=(1, 2), dtype=np.float64)
    return np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def map_checks(model: keras.Model, scenes: Scenes, name: str) -> dict[str, np.ndarray]:
    """How maps take to another polarity and to another class.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        name: of a method.

    Returns:
        `polarity` (n,), Spearman's correlation of signed maps with those of the network that reads
        negatives; `classes` (n,), Pearson's of the maps for the two highest classes, NaN where one
        is the same everywhere; `blank` (n, 2) bool, whether these are 0 everywhere.
    """
    case = _case(model, scenes)
    plain, other = maps_of(name, case), negative(case)

    def explain(_: keras.Model, __: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Maps for classes; those for the predicted ones are known already."""
        if np.array_equal(classes, case.classes):
            return plain
        return maps_of(name, case._replace(classes=classes))

    told = class_agreement(explain, model, case.images, batch=BATCH)
    polarity = polarity_agreement(
        lambda _, __: plain, lambda _, __: maps_of(name, other), model, case.images, "signed"
    )
    return {"polarity": polarity, "classes": told["correlation"], "blank": told["blank"]}


def randomized_weights(
    model: keras.Model,
    scenes: Scenes,
    names: Sequence[str],
    order: Literal["cascading", "independent"],
) -> dict[str, np.ndarray]:
    """How alike maps stay when kernels are shuffled.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        names: of methods; all see the same shuffled kernels.
        order: which kernels are shuffled at once.

    Returns:
        (n,) Spearman's correlation of magnitudes by "<method>/<layer>", from the logits down.
    """
    case = _case(model, scenes)

    def explain(shuffled: keras.Model, _: np.ndarray) -> np.ndarray:
        """The maps of all methods, one method after the other."""
        return np.concatenate([maps_of(name, case._replace(model=shuffled)) for name in names])

    layers = weight_randomization(explain, model, case.images, order=order, part="absolute")
    return {
        f"{name}/{layer}": own
        for layer, found in layers.items()
        for name, own in zip(names, np.split(found, len(names)), strict=True)
    }


def randomized_labels(
    model: keras.Model,
    scenes: Scenes,
    names: Sequence[str],
    network: Network,
    train: Scenes,
    seed: int,
) -> dict[str, np.ndarray]:
    """How alike maps are to those of the same architecture trained on shuffled labels.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        names: of methods.
        network: the architecture.
        train: scenes that are learned by heart with labels in random order.
        seed: of weights and labels.

    Returns:
        (n,) Spearman's correlation of magnitudes, by method; `accuracy` (), of the shuffled labels
        that were learned.

    Reference: Adebayo et al. (2018), Sanity checks for saliency maps, section 4.
    """
    case = _case(model, scenes)
    learned, accuracy = _learned_by_heart(network, train, seed)
    other = twin(model)
    other.set_weights(learned.get_weights())
    found = {
        name: rank_correlation(
            *(part_of(maps_of(name, one), "absolute") for one in (case, case._replace(model=other)))
        )
        for name in names
    }
    return found | {"accuracy": np.array(accuracy)}


EPOCHS, RATE, LEARNED_AT_ONCE = 40, 3e-3, 64
"""How labels in random order are learned: by Adam, without noise, from the same images again."""


def _learned_by_heart(network: Network, scenes: Scenes, seed: int) -> tuple[keras.Model, float]:
    """A network trained on shuffled labels, and the share of them that it has learned."""
    import keras

    from intensity.models.build import build

    stream = np.random.Generator(np.random.Philox(key=seed))
    images, labels = render(scenes)[..., None], stream.permutation(scenes.label)
    model = build(network, scenes.options.size, scenes.task.classes, seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss)
    for _ in range(EPOCHS):
        order = stream.permutation(len(labels))
        for rows in np.array_split(order, max(1, len(labels) // LEARNED_AT_ONCE)):
            model.train_on_batch(images[rows], labels[rows])
    predicted = logits(model, images).argmax(axis=1)
    return model, float((predicted == labels).mean())


def removal_scores(model: keras.Model, scenes: Scenes, name: str) -> dict[str, np.ndarray]:
    """Usual practice, outside of the training distribution: deletion and insertion on background.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        name: of a method or of a baseline that needs no network.

    Returns:
        `deletion` and `insertion`, (n,) mean probability of the predicted class on the way.
    """
    case = _case(model, scenes)
    maps = maps_of(name, case)
    curve = partial(_curve, case, maps)
    return {"deletion": curve(deletion), "insertion": curve(insertion)}


PORTIONS = 16
"""Portions of pixels in which deletion and insertion go."""


def _curve(case: Case, maps: np.ndarray, method: Callable[..., np.ndarray]) -> np.ndarray:
    """(n,) mean of a curve."""
    curves = method(
        case.model,
        case.images,
        maps,
        fill="background",
        steps=PORTIONS,
        classes=case.classes,
        batch=BATCH,
    )
    mean: np.ndarray = curves.mean(axis=1)
    return mean


def shown_maps(model: keras.Model, scenes: Scenes, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Maps of several methods, and the model truth, for a figure.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        names: of methods and baselines.

    Returns:
        (n, h, w) by name; `repainting` (n, k, l), the signed model truth.
    """
    case = _case(model, scenes)
    return {name: maps_of(name, case) for name in names} | {
        "repainting": repaint_truth(model, scenes)["signed"]
    }


def recoloring_effects(model: keras.Model, scenes: Scenes, step: int) -> dict[str, np.ndarray]:
    """The true effect of the object's intensity, scene by scene.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        step: grey levels from one recoloring to the next.

    Returns:
        `effect` (n,), of all recolorings to another class the share that change the answer;
        NaN where none can be drawn; `distance` (n,), grey levels from the object's own to the
        nearest class boundary.
    """
    levels = np.arange(scenes.task.levels.min(), LEVELS, step)
    curves = class_response_curves(model, scenes, levels, batch=BATCH)["logits"]
    before = logits(model, render(scenes)).argmax(axis=1)
    changed = curves.argmax(axis=2) != before[:, None]
    other = scenes.label_at(np.tile(levels, (len(scenes), 1))) != scenes.label[:, None]
    other &= drawable(scenes, levels)
    counts = other.sum(axis=1)
    share = np.divide(
        (changed & other).sum(axis=1), counts, out=np.full(len(counts), np.nan), where=counts > 0
    )
    distance = np.abs(scenes.intensity.astype(float)[:, None] - scenes.task.edges).min(axis=1)
    return {"effect": share, "distance": distance}
