"""Effects of interventions on a network's seeds and on baselines, on the same scenes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import pandas as pd

from intensity.baselines.base import Baseline
from intensity.data.scenes import Scenes
from intensity.interventions.answers import answers, baseline_answers
from intensity.interventions.base import Intervention
from intensity.interventions.effects import UNCHANGED, effects
from intensity.storage.store import Arrays, Store
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


def compared_effects(
    store: Store,
    runs: Sequence[Run],
    scenes: Scenes,
    changes: Iterable[Intervention],
    baselines: Iterable[Baseline] = (),
    *,
    name: str,
    training_scenes: int = 20_000,
) -> list[Compared]:
    """Effects of interventions on all seeds of a network, and on baselines of its task.

    Args:
        store: where answers are kept, those to each intervention by themselves.
        runs: the network's, one a seed.
        scenes: n scenes that all of them are shown.
        changes: rows of `INTERVENTIONS`.
        baselines: rows of `BASELINES`.
        name: the network's.
        training_scenes: number of scenes of the split "train" that a baseline learns from.

    Returns:
        The network, then the baselines in their order.

    Raises:
        InvalidInput: as for `answers` and `baseline_answers`.
    """
    shown = (None, *changes)

    def measured(measure: Callable[[Intervention | None], Arrays]) -> pd.DataFrame:
        """Effects of all interventions on one seed or baseline."""
        return effects(scenes, {one.name if one else UNCHANGED: measure(one) for one in shown})

    def of_run(run: Run) -> pd.DataFrame:
        return measured(lambda change: run.measure(answers, scenes, change))

    def of_baseline(row: Baseline) -> pd.DataFrame:
        return measured(
            lambda change: store.measure(baseline_answers, row, scenes, change, training_scenes)
        )

    return [Compared(name, "network", scenes, tuple(of_run(run) for run in runs))] + [
        Compared(row.name, "baseline", scenes, (of_baseline(row),)) for row in baselines
    ]
