"""Comparison: effects on a network's seeds and on baselines, measured on the same scenes.

Everything is kept in the store, so a comparison that was made once is read and not made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from intensity.baselines.base import Baseline
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS
from intensity.interventions.effects import baseline_effects, network_effects
from intensity.interventions.transforms import OFFSET
from intensity.storage.store import Store
from intensity.training.runs import Run


class Compared(NamedTuple):
    """Effects on one network or baseline.

    name: what tables and figures call it.
    kind: "network" or "reader".
    scenes: those that effects were measured on; their task is its task.
    seeds: what `network_effects` gives for each seed, or `baseline_effects` once.
    """

    name: str
    kind: Literal["network", "reader"]
    scenes: Scenes
    seeds: tuple[Mapping[str, np.ndarray], ...]


def compared_effects(
    store: Store,
    runs: Sequence[Run],
    scenes: Scenes,
    names: Sequence[str],
    baselines: Iterable[Baseline] = (),
    *,
    called: str,
    training_scenes: int = 20_000,
) -> list[Compared]:
    """Effects of interventions on all seeds of a network, and on baselines.

    Args:
        store: where they are kept.
        runs: the network's, one a seed.
        scenes: n scenes that all of them are shown.
        names: of interventions, keys of `INTERVENTIONS`.
        baselines: rows of `BASELINES`.
        called: the network's name.
        training_scenes: number of scenes of the split "train" that a baseline learns from.

    Returns:
        The network, then the baselines in their order.

    Raises:
        InvalidInput: as for `network_effects` and `baseline_effects`.
    """
    seeds = tuple(run.measure(network_effects, scenes, names) for run in runs)
    read = {
        row.name: store.measure(baseline_effects, row, scenes, names, training_scenes)
        for row in baselines
    }
    network = Compared(called, "network", scenes, seeds)
    return [network, *(Compared(name, "reader", scenes, (once,)) for name, once in read.items())]


def with_room(scenes: Scenes) -> Scenes:
    """The scenes in which nothing is so bright that an offset would clip it.

    Levels alone decide, those of what is hidden too, so no image is rendered and no network asked.
    Gaussian noise is no level; images that it makes too bright are left out by the intervention.

    Args:
        scenes: n scenes.

    Returns:
        Those whose object, background, distractor and noise squares are at most 255 - `OFFSET`.
    """
    squares = np.where(scenes.noise_squares[..., 2] > 0, scenes.noise_squares[..., 3], 0)
    second = np.where(scenes.distractor_area > 0, scenes.distractor_intensity, 0)
    single = (scenes.intensity, scenes.background, second)
    brightest = np.maximum(squares.max(axis=1, initial=0), np.max(single, axis=0))
    return scenes[brightest < LEVELS - OFFSET]
