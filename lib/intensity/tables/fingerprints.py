"""Which baseline a network resembles: distances between their effects of interventions.

A `table` is one of `effect_table`.
"""

from typing import Any

import numpy as np
import pandas as pd

from intensity.interventions.registry import INTERVENTIONS
from intensity.statistics.intervals import (
    LEVEL,
    t_interval,
    t_test,
    wilson,
)
from intensity.tables.interventions import seed_values
from intensity.values import InvalidInput


def distance_table(table: pd.DataFrame) -> pd.DataFrame:
    """How far the effects on each network are from those on each baseline of its task.

    The distance is the root of the mean over groups of interventions, within a group of the mean
    over interventions, of the squared difference: a group of many columns weighs as much as one of
    few. Interventions that only one of the two has are left out.

    Returns:
        A row a seed: columns task, name, baseline, seed, distance, groups, interventions (how many
        of each). A task with a single baseline leaves no choice and is left out.

    Raises:
        InvalidInput: seeds of a network have different effects.
    """
    changes = table[table["effect"].isin(INTERVENTIONS)]
    rows: list[dict[str, Any]] = []
    for task, part in changes.groupby("task", sort=False):
        baselines = dict(iter(part[part["kind"] == "baseline"].groupby("name", sort=False)))
        networks = part[part["kind"] == "network"] if len(baselines) > 1 else part[:0]
        for name, own in networks.groupby("name", sort=False):
            for baseline, other in baselines.items():
                pair = {"task": task, "name": name, "baseline": baseline}
                rows += [{**pair, **row} for row in _distances(own, other)]
    columns = ["task", "name", "baseline", "seed", "distance", "groups", "interventions"]
    return pd.DataFrame(rows, columns=columns)


def _distances(network: pd.DataFrame, baseline: pd.DataFrame) -> list[dict[str, Any]]:
    """The distance of every seed of a network from a baseline."""
    own = network.pivot(index="effect", columns="seed", values="value")
    if own.isna().any(axis=None):
        raise InvalidInput("effects: seeds are not allowed to differ in which effects they have")
    squared = own.sub(baseline.set_index("effect")["value"], axis=0).dropna() ** 2
    groups = squared.groupby([INTERVENTIONS[effect].group for effect in squared.index]).mean()
    count = {"groups": len(groups), "interventions": len(squared)}
    return [
        {"seed": seed, "distance": distance, **count}
        for seed, distance in np.sqrt(groups.mean()).items()
    ]


def fingerprint_table(distances: pd.DataFrame, table: pd.DataFrame, solved: float) -> pd.DataFrame:
    """Which baseline the effects on each network are nearest to, if that can be said.

    A baseline is named where its distance is smaller than that of every other one within seed, by
    t tests at 5 % that all have to reject, which needs no correction, and where it solves the
    task: a baseline that does not cannot be what a network that does is like.

    Args:
        distances: from `distance_table`.
        table: from `effect_table`, with accuracies of the baselines on the scenes as they are.
        solved: a baseline solves a task where its accuracy's 95 % Wilson interval is at or above.

    Returns:
        Columns task, name, baseline, distance (mean over seeds), low, high (t interval over seeds),
        groups, interventions, p (that it is no nearer than another one: largest),
        accuracy and accuracy_low (of the baseline), nearest (bool: named); unlike (the label of
        the intervention in which the two differ most), own, other (its effects on both).
    """
    rows: list[dict[str, Any]] = []
    for (task, name), part in distances.groupby(["task", "name"], sort=False):
        wide = part.pivot(index="seed", columns="baseline", values="distance")
        for baseline, own in part.groupby("baseline", sort=False):
            interval = t_interval(own["distance"])
            right, scenes = seed_values(table, str(task), str(baseline), "accuracy")
            answered = wilson(round(right[0] * scenes), scenes)
            p = _no_nearer(wide, str(baseline))
            rows.append(
                {"task": task, "name": name, "baseline": baseline, "distance": interval.value,
                 "low": max(interval.low, 0.0), "high": interval.high,
                 **own[["groups", "interventions"]].iloc[0],
                 "p": p, "accuracy": answered.value, "accuracy_low": answered.low,
                 "nearest": p <= 1 - LEVEL and answered.low >= solved,
                 **_most_unlike(table[table["task"] == task], str(name), str(baseline))}
            )  # fmt: skip
    columns = ["task", "name", "baseline", "distance", "low", "high", "groups", "interventions"]
    columns += ["p", "accuracy", "accuracy_low", "nearest", "unlike", "own", "other"]
    return pd.DataFrame(rows, columns=columns)


def _most_unlike(table: pd.DataFrame, network: str, baseline: str) -> dict[str, Any]:
    """The intervention whose effects on a network and a baseline differ most, and both effects."""
    changes = table[table["effect"].isin(INTERVENTIONS)]
    means = changes.groupby(["effect", "name"])["value"].mean().unstack()
    both = means[[network, baseline]].dropna()
    most = str(both[network].sub(both[baseline]).abs().idxmax())
    own, other = both.loc[most]
    return {"unlike": INTERVENTIONS[most].label, "own": own, "other": other}


def _no_nearer(wide: pd.DataFrame, baseline: str) -> float:
    """The largest p that a baseline, one of the columns, is no nearer than another."""
    differences = wide.drop(columns=baseline).sub(wide[baseline], axis=0)
    tests = [
        t_test(column, side="two-sided") if column.mean() > 0 else 1.0
        for _, column in differences.items()
    ]
    return max(tests)
