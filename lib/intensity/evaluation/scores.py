"""Attribution methods on all seeds of a network: their scores and checks as tables.

Tables of scores have a row for each method, score and seed: columns task, method, label, group,
score, unit, seed, value (mean over the scenes that have the score), error (its standard error over
these scenes) and scenes (how many these are).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from intensity.data.batches import evaluation_scenes
from intensity.evaluation.cases import method_maps
from intensity.evaluation.comparison import first_test_scenes
from intensity.evaluation.explanations import (
    map_scores,
    object_strength,
    recoloring_effects,
    repaint_truth,
)
from intensity.evaluation.randomization import (
    ORDERS,
    learned_by_heart,
    map_checks,
    randomized_labels,
    randomized_weights,
)
from intensity.evaluation.registry import CHECKS, SCORES, SHARE, Score
from intensity.evaluation.saliency import saliency_share, untrained_saliency_share
from intensity.values import InvalidInput

if TYPE_CHECKING:
    from intensity.attribution.cases import Method
    from intensity.data.scenes import Scenes
    from intensity.storage.store import Arrays
    from intensity.training.runs import Run


def saliency_scores(name: str, runs: Sequence[Run], count: int) -> pd.DataFrame:
    """How much of the gradient saliency lies on the object, with trained and with fresh weights.

    Args:
        name: of the network.

    Returns:
        Columns task, map (the name, or "<name>/untrained"), unit, seed, value, scenes.
    """
    scenes = first_test_scenes(runs, count)
    rows = []
    for seed, run in enumerate(runs):
        c = run.configuration
        fresh = run.store.measure(untrained_saliency_share, c.network, c.seed, scenes)
        shares = {name: run.measure(saliency_share, scenes), f"{name}/untrained": fresh}
        for which, found in shares.items():
            value = float(found["share"].mean())
            rows.append((scenes.task.name, which, SHARE, seed, value, len(scenes)))
    return pd.DataFrame(rows, columns=["task", "map", "unit", "seed", "value", "scenes"])


def gallery_maps(run: Run, scene: Scenes, methods: Iterable[Method]) -> dict[str, np.ndarray]:
    """Maps of all methods and the model truth for one scene.

    Args:
        run: of the network.
        scene: one.

    Returns:
        (h, w) by the method's label, and last (k, l) of the cells that are repainted.
    """
    maps = {one.label: run.measure(method_maps, scene, one)["maps"][0] for one in methods}
    return maps | {"model truth:\nrepainting": run.measure(repaint_truth, scene)["signed"][0]}


def method_scores(
    networks: Iterable[Sequence[Run]], count: int, methods: Sequence[Method]
) -> pd.DataFrame:
    """Scores of methods under both truths.

    Args:
        networks: for each the runs, one a seed.

    Returns:
        A table of the scores in `SCORES`.

    Raises:
        InvalidInput: no scene of a seed has a score.
    """
    rows = []
    for runs in networks:
        scenes = first_test_scenes(runs, count)
        for method in methods:
            rows += _rows(scenes, method, _scored(runs, scenes, method), SCORES)
    return pd.DataFrame(rows, columns=_COLUMNS)


def method_checks(
    runs: Sequence[Run], methods: Iterable[Method], count: int, few: int, learned: int
) -> pd.DataFrame:
    """Checks that maps have to pass: weights, labels, class, polarity.

    Args:
        few: of these, those for which weights and labels are shuffled.
        learned: validation scenes whose shuffled labels are learned by heart.

    Returns:
        A table of the scores in `CHECKS`; a blank map agrees with no other.

    Raises:
        InvalidInput: no scene of a seed has a number, as when every map is blank.
    """
    scenes, c = first_test_scenes(runs, count), runs[0].configuration
    memorized = evaluation_scenes(c.task, c.scenes, "validation", learned)
    rows = []
    for method in methods:
        found = [_checked(run, method, scenes, scenes[:few], memorized) for run in runs]
        rows += _rows(scenes, method, found, CHECKS)
    return pd.DataFrame(rows, columns=_COLUMNS)


def weight_checks(runs: Sequence[Run], methods: Sequence[Method], count: int) -> pd.DataFrame:
    """Similarity of maps while kernels are shuffled, layer by layer.

    Returns:
        Columns method, label, group, order ("cascading", "independent"), step (1 is the layer of
        logits), layer, seed, value; blank maps count 0.
    """
    scenes = first_test_scenes(runs, count)
    rows = []
    for order, method, (seed, run) in product(ORDERS, methods, enumerate(runs)):
        found = run.measure(randomized_weights, scenes, method, order)
        for step, (layer, values) in enumerate(found.items(), 1):
            value = float(np.nan_to_num(values).mean())
            rows.append((*_names(method), order, step, layer, seed, value))
    return pd.DataFrame(rows, columns=[*METHOD, "order", "step", "layer", "seed", "value"])


def object_relevance(
    runs: Sequence[Run], methods: Iterable[Method], count: int, step: int
) -> pd.DataFrame:
    """Relevance in the object, scene by scene, and the true effect of its intensity.

    Args:
        step: grey levels from one recoloring to the next.

    Returns:
        As `scored_relevance`, and method "recolor": the share of recolorings to another class that
        change the answer.
    """
    scenes = first_test_scenes(runs, count)
    effects = [run.measure(recoloring_effects, scenes, step)["effect"] for run in runs]
    strengths = {
        (row.name, row.label): [
            run.measure(object_strength, scenes, row)["strength"] for run in runs
        ]
        for row in methods
    }
    return _relevance(scenes, {("recolor", "effect of recoloring"): effects} | strengths)


def scored_relevance(runs: Sequence[Run], methods: Iterable[Method], count: int) -> pd.DataFrame:
    """Relevance in the object, scene by scene, of maps that were scored.

    Returns:
        Columns method, label, seed, intensity, distance (grey levels to the nearest class
        boundary), relevance (mean magnitude on visible pixels of the object; NaN where there is
        none).
    """
    scenes = first_test_scenes(runs, count)
    strengths = {
        (row.name, row.label): [one["strength"] for one in _scored(runs, scenes, row)]
        for row in methods
    }
    return _relevance(scenes, strengths)


def _relevance(
    scenes: Scenes, measured: Mapping[tuple[str, str], Sequence[np.ndarray]]
) -> pd.DataFrame:
    """A row a scene, seed and method, with the object's intensity."""
    level = scenes.intensity.astype(float)
    distance = np.abs(level[:, None] - scenes.task.edges).min(axis=1)
    parts = [
        pd.DataFrame({"method": name, "label": label, "seed": seed,
                      "intensity": scenes.intensity, "distance": distance, "relevance": values})
        for (name, label), seeds in measured.items()
        for seed, values in enumerate(seeds)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


METHOD = ("method", "label", "group")
"""Columns that say which method a row is of."""


def _names(method: Method) -> tuple[str, str, str]:
    return method.name, method.label, method.group


def _scored(runs: Sequence[Run], scenes: Scenes, method: Method) -> list[Arrays]:
    """`map_scores` of each seed, under its own truth."""
    truths = [run.measure(repaint_truth, scenes) for run in runs]
    return [
        run.measure(map_scores, scenes, method, truth["signed"], truth["absolute"])
        for run, truth in zip(runs, truths, strict=True)
    ]


def _checked(run: Run, method: Method, scenes: Scenes, few: Scenes, memorized: Scenes) -> Arrays:
    """All checks of one method on one seed."""
    c = run.configuration
    learned = run.store.measure(learned_by_heart, c.network, memorized, c.seed)
    maps = run.measure(map_checks, scenes, method)
    *_, all_shuffled = run.measure(randomized_weights, few, method, "cascading").values()
    polarity = {"polarity_agreement": np.nan_to_num(maps["polarity"])} if "polarity" in maps else {}
    return polarity | {
        "shuffled_weights_agreement": np.nan_to_num(all_shuffled),
        "shuffled_labels_agreement": run.measure(randomized_labels, few, method, learned)["labels"],
        "class_map_correlation": maps["classes"],
        "blank_maps": maps["blank"],
    }


_COLUMNS = ["task", *METHOD, "score", "unit", "seed", "value", "error", "scenes"]


def _rows(
    scenes: Scenes, method: Method, seeds: Iterable[Arrays], scores: Mapping[str, Score]
) -> list[tuple[object, ...]]:
    """Means over scenes, for each seed and score."""
    return [
        (scenes.task.name, *_names(method), name, score.unit, seed,
         *_mean(f"{method.name}/{name}", found[name]))
        for seed, found in enumerate(seeds)
        for name, score in scores.items()
        if name in found
    ]  # fmt: skip


def _mean(name: str, values: np.ndarray) -> tuple[float, float, int]:
    """Mean over the scenes that have a score, its standard error, and how many these are."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        raise InvalidInput(f"{name}: no scene has this score; give more scenes")
    return float(known.mean()), float(known.std() / max(known.size - 1, 1) ** 0.5), known.size
