"""Effects of interventions on a network's seeds and on baselines, on the same scenes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from intensity.analysis.recoloring import pair_outcomes
from intensity.baselines.base import Baseline
from intensity.baselines.registry import applicable_baselines
from intensity.data.batches import evaluation_scenes
from intensity.data.scenes import Scenes
from intensity.interventions.answers import answers, baseline_answers
from intensity.interventions.base import Intervention
from intensity.interventions.effects import UNCHANGED, effects
from intensity.interventions.registry import INTERVENTIONS, PAIRS, RATIOS
from intensity.training.runs import Run


class Compared(NamedTuple):
    """Effects on one network or baseline.

    name: what tables and figures call it.
    kind: "network" or "baseline".
    scenes: those that effects were measured on; their task is its task.
    seeds: `effects` of each seed; a baseline has one.
    """

    name: str
    kind: Literal["network", "baseline"]
    scenes: Scenes
    seeds: tuple[pd.DataFrame, ...]


def first_test_scenes(runs: Sequence[Run], count: int) -> Scenes:
    """The first test scenes of the task and options that runs were trained with."""
    trained = runs[0].configuration
    return evaluation_scenes(trained.task, trained.scenes, "test", count)


def cue_baselines(scenes: Scenes) -> list[Baseline]:
    """The baselines that follow one cue of such scenes."""
    rows = applicable_baselines(scenes.task, scenes.options)
    return [row for row in rows if row.group == "cue"]


def compared_effects(
    runs: Sequence[Run],
    scenes: Scenes,
    changes: Iterable[Intervention],
    baselines: Iterable[Baseline] = (),
    training_scenes: int = 20_000,
) -> list[Compared]:
    """Effects of interventions on all seeds of a network, and on baselines of its task.

    The answers to each intervention are a measurement of their own.

    Args:
        runs: the network's, one a seed.
        scenes: n scenes that all of them are shown.
        changes: rows of `INTERVENTIONS`.
        baselines: rows of `BASELINES`.
        training_scenes: number of scenes of the split "train" that a baseline learns from.

    Returns:
        The network, then the baselines in their order.

    Raises:
        InvalidInput: as for `answers` and `baseline_answers`.
    """
    rows, store = list(baselines), runs[0].store
    measures = [
        *(partial(run.measure, answers, scenes) for run in runs),
        *(partial(store.measure, baseline_answers, row, scenes, training_scenes) for row in rows),
    ]
    shown = {UNCHANGED: None} | {change.name: change for change in changes}
    # One intervention at a time, so that its images are made once for all that are shown them.
    given = {name: [measure(change) for measure in measures] for name, change in shown.items()}
    found = [
        effects(scenes, {name: arrays[place] for name, arrays in given.items()})
        for place in range(len(measures))
    ]
    seeds, others = found[: len(runs)], found[len(runs) :]
    network = Compared(runs[0].configuration.network.name, "network", scenes, tuple(seeds))
    return [network] + [
        Compared(row.name, "baseline", scenes, (one,))
        for row, one in zip(rows, others, strict=True)
    ]


def recolored_pairs(runs: Sequence[Run], scenes: Scenes, margin: int = 0) -> list[pd.DataFrame]:
    """Matched pairs of recolorings of some scenes, as `pair_outcomes` has them, by seed.

    Args:
        runs: the network's, one a seed.
        scenes: n scenes.
        margin: how far all levels of a pair are from every class boundary at least.
    """
    rows = (INTERVENTIONS[f"recolor_{kind}_class"] for kind in ("other", "same"))
    inside = {"margin": margin} if margin else {}
    changes = (None, *(replace(row, options={**row.options, **inside}) for row in rows))
    shown = [
        [run.measure(answers, scenes, change)["predicted"] for run in runs] for change in changes
    ]
    return [
        pair_outcomes(scenes, PAIRS, before, other, same, margin)
        for before, other, same in zip(*shown, strict=True)
    ]


def rectangle_answers(runs: Sequence[Run], scenes: Scenes) -> pd.DataFrame:
    """Whose class is answered where a flat rectangle of growing area stands beside the object.

    Returns:
        Columns ratio (visible area of the rectangle over the object's), seed, outcome (which class,
        in words), share, scenes (that the shares are of).
    """
    parts, row = [], INTERVENTIONS["rectangle_added"]
    outcomes = ["the rectangle's class", "the object's class", "the third class"]
    for ratio in RATIOS:
        change = replace(row, options={**row.options, "ratio": ratio})
        for seed, run in enumerate(runs):
            shown = run.measure(answers, scenes, change)
            named = [shown["predicted"] == shown["label"],
                     shown["predicted"] == scenes.label[shown["scene"]]]  # fmt: skip
            share = [*np.mean(named, axis=1), 1 - np.mean(named, axis=1).sum()]
            columns = {"ratio": ratio, "seed": seed, "outcome": outcomes, "share": share}
            parts.append(pd.DataFrame({**columns, "scenes": len(shown["label"])}))
    return pd.concat(parts, ignore_index=True)
