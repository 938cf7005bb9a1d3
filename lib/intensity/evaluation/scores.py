"""Scores: attribution methods on all seeds of a network, on the same scenes.

Everything is kept in the store, so what was scored once is read and not scored again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from intensity.attribution.edge_filters import BASELINES
from intensity.data.scenes import Scenes
from intensity.evaluation.explanations import map_scores, repaint_truth
from intensity.storage.store import Run, Store


class Scored(NamedTuple):
    """Scores of one attribution method on one task.

    task: its name.
    method: its name.
    kind: "method", or "baseline" if it needs no network.
    seeds: for each seed of a network the scores of every scene, (n,) each, by name.
    """

    task: str
    method: str
    kind: Literal["method", "baseline"]
    seeds: Sequence[Mapping[str, np.ndarray]]


def scored_maps(
    store: Store, runs: Sequence[Run], scenes: Scenes, names: Iterable[str]
) -> list[Scored]:
    """Scores of methods, and of baselines, under both truths.

    Args:
        store: where they are kept.
        runs: the network's, one a seed.
        scenes: n scenes that all of them are shown.
        names: of methods, and of baselines that need no network.

    Returns:
        One a name, in their order.
    """
    truths = [store.measure(repaint_truth, run, scenes) for run in runs]
    pairs = list(zip(runs, truths, strict=True))
    return [
        scored(
            scenes.task.name,
            name,
            [
                store.measure(map_scores, run, scenes, name, truth["signed"], truth["absolute"])
                for run, truth in pairs
            ],
        )
        for name in names
    ]


def scored(task: str, method: str, seeds: Sequence[Mapping[str, np.ndarray]]) -> Scored:
    """Scores of one method, told apart from baselines."""
    return Scored(task, method, "baseline" if method in BASELINES else "method", seeds)
