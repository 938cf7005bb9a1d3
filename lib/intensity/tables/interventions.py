"""What interventions do: effects on networks and baselines, side by side.

Effects come from `evaluation.comparison`, one table for each seed of a network and one for a
baseline, which has no seeds: `compared`. A `table` is one of `effect_table`, a `summary` one of
`effect_summary`. Labels, groups and units are those of the rows of `INTERVENTIONS` and `EFFECTS`.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from intensity.analysis.doses import half_dose
from intensity.claims.judge import NEAR
from intensity.evaluation.comparison import Compared
from intensity.interventions.effects import EFFECTS, FEWEST, effect_id
from intensity.interventions.registry import INTERVENTIONS
from intensity.statistics.intervals import (
    EQUIVALENCE_LEVEL,
    LEVEL,
    Interval,
    equivalence_interval,
    holm,
    t_interval,
    t_test,
    wilson,
)
from intensity.units import DIFFERENCE, FRACTION, UNITS
from intensity.values import InvalidInput

BY_SEEDS = "Student t over seeds"
"""How an effect is decided as a rule."""
BY_SCENES = "Wilson over scenes, every seed"
"""How a share near 0 is decided, where seeds cannot spread."""


def effect_table(compared: Iterable[Compared]) -> pd.DataFrame:
    """Every effect that exists, a row for each seed.

    Returns:
        Columns task, name, kind, seed, effect, value, deviation, scenes, binary.
    """
    parts = [
        table.assign(task=one.scenes.task.name, name=one.name, kind=one.kind, seed=seed)
        for one in compared
        for seed, table in enumerate(one.seeds)
    ]
    columns = ["task", "name", "kind", "seed", "effect", "value", "deviation", "scenes", "binary"]
    table = pd.concat(parts, ignore_index=True)[columns]
    return table[table["value"].notna()].reset_index(drop=True)


def effect_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means of effects with 95 % intervals: t over seeds for networks, over scenes for baselines.

    Over scenes it is Wilson's where each scene counts wholly or not at all, so that 0 of n is not
    taken for certain, and the normal one elsewhere.

    Returns:
        Columns task, name, kind, effect, label, unit, parity, value, low, high, seeds (0 for
        baselines), scenes (fewest).
    """
    keys = ["task", "name", "kind", "effect"]
    rows = []
    for names, part in table.groupby(keys, sort=False):
        effect = EFFECTS[str(names[3])]
        limits = _limits(part, names[2] == "network", effect.unit)
        rows.append((*names, effect.label, effect.unit, effect.parity, *limits))
    columns = [*keys, "label", "unit", "parity", "value", "low", "high", "seeds", "scenes"]
    return pd.DataFrame(rows, columns=columns)


def _limits(part: pd.DataFrame, seeded: bool, unit: str) -> tuple[float, ...]:
    """Mean, ends of the interval within what the effect can be, seeds, scenes."""
    value, scenes = part["value"].to_numpy(), int(part["scenes"].min())
    if seeded:
        interval = t_interval(value)
    elif unit == FRACTION and part["binary"].iloc[0]:
        interval = wilson(round(value[0] * scenes), scenes)
    else:
        half = float(ndtri((1 + LEVEL) / 2)) * part["deviation"].iloc[0] / math.sqrt(scenes)
        interval = Interval(value[0] - half, value[0] + half, value[0])
    return (
        interval.value,
        *UNITS[unit].clip(interval.low, interval.high),
        len(part) if seeded else 0,
        scenes,
    )


def seed_values(table: pd.DataFrame, task: str, name: str, effect: str) -> tuple[np.ndarray, int]:
    """One effect of one network or baseline.

    Args:
        task: its task.
        name: its name.
        effect: a key of `EFFECTS`.

    Returns:
        (seeds,) values, and the fewest scenes that any of them rests on.

    Raises:
        InvalidInput: it was not measured.
    """
    rows = table[(table["task"] == task) & (table["name"] == name) & (table["effect"] == effect)]
    if rows.empty:
        raise InvalidInput(f"effect: {effect} of {name} on {task} is not allowed: not measured")
    ordered = rows.sort_values("seed")
    return ordered["value"].to_numpy(), int(ordered["scenes"].min())


def effect_measurement(table: pd.DataFrame, task: str, name: str, effect: str) -> dict[str, Any]:
    """One effect of one network as `Results.over_seeds` takes it.

    Returns:
        name (its id), values (seeds,), scenes, unit.

    Raises:
        InvalidInput: it was not measured.
    """
    values, scenes = seed_values(table, task, name, effect)
    place, unit = effect_id(effect, task, name), EFFECTS[effect].unit
    return {"name": place, "values": values, "scenes": scenes, "unit": unit}


def absence_table(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Interventions that have no effect on a network: their effect is within a margin of none.

    Shares of changed answers cannot be negative, so the test that they are below the margin, at
    5 %, is both of the two one-sided tests. It is a t test over seeds, or, where their mean is
    within 2 % of 0 and seeds cannot spread, the score test over scenes that goes with Wilson's
    interval, of the seed that passes it least. All interventions on one network are a family,
    whose p are corrected by Holm.

    Args:
        margin: the largest share of changed answers that counts as none, chosen beforehand.

    Returns:
        Columns task, name, intervention, value, low, high (the 90 % interval that goes with the
        test, cut at 0 and 1), scenes (fewest), decided_by, p (corrected), absent (bool); networks
        only.
    """
    shares = table[table["effect"].isin(INTERVENTIONS) & (table["kind"] == "network")]
    parts = []
    for (task, name), family in shares.groupby(["task", "name"], sort=False):
        rows = pd.DataFrame(
            [
                {"task": task, "name": name, "intervention": change, **_absence(seeds, margin)}
                for change, seeds in family.groupby("effect", sort=False)
            ]
        )
        p = holm(rows["p"])
        parts.append(rows.assign(p=p, absent=p <= 1 - LEVEL))
    return pd.concat(parts, ignore_index=True)


def _absence(seeds: pd.DataFrame, margin: float) -> dict[str, Any]:
    """The mean of one effect, its 90 % interval and the p of being below the margin."""
    values, scenes = seeds["value"].to_numpy(), seeds["scenes"].to_numpy()
    interval, decided_by = equivalence_interval(values), BY_SEEDS
    p = t_test(values, margin, side="less")
    if interval.value <= NEAR:
        low, high = _wilson_limits(values, scenes)
        interval, decided_by = Interval(low.min(), high.max(), interval.value), BY_SCENES
        p = float(ndtr((values - margin) / np.sqrt(margin * (1 - margin) / scenes)).max())
    ends = dict(
        zip(("low", "high"), UNITS[FRACTION].clip(interval.low, interval.high), strict=True)
    )
    return {"value": interval.value, **ends, "scenes": int(scenes.min()),
            "decided_by": decided_by, "p": p}  # fmt: skip


def _wilson_limits(rates: np.ndarray, scenes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of Wilson's 90 % intervals of (seeds,) rates, which need not be of whole counts."""
    z = float(ndtri((1 + EQUIVALENCE_LEVEL) / 2))
    middle = rates + z**2 / (2 * scenes)
    half = z * np.sqrt(rates * (1 - rates) / scenes + (z / (2 * scenes)) ** 2)
    return (middle - half) / (1 + z**2 / scenes), (middle + half) / (1 + z**2 / scenes)


def effect_matrix_table(summary: pd.DataFrame, compared: Iterable[Compared]) -> pd.DataFrame:
    """Share of changed answers for every network and baseline and every intervention.

    Returns:
        Columns task, name, kind, group, intervention, label, value (missing where it does not
        apply), scenes (that the value rests on, fewest of all seeds; 0 without value), unusual (out
        of the distribution that networks were trained on), note (where there is no value: what the
        scenes lack, or that it was not measured).
    """
    known = summary.set_index(["task", "name", "effect"])[["value", "scenes"]].to_dict("index")
    none = {"value": np.nan, "scenes": 0}
    rows: list[dict[Any, Any]] = []
    for one in compared:
        task, tried = one.scenes.task.name, one.seeds[0].set_index("effect")["scenes"].to_dict()
        for name, row in INTERVENTIONS.items():
            found = known.get((task, one.name, name), none)
            note = "" if found["scenes"] else _note(tried.get(name), row.needs)
            unusual = not row.in_distribution(one.scenes.options)
            rows.append(
                {"task": task, "name": one.name, "kind": one.kind, "group": row.group,
                 "intervention": name, "label": row.label, **found, "unusual": unusual,
                 "note": note}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _note(scenes: int | None, needs: str) -> str:
    if scenes is None or scenes >= FEWEST:
        return "not measured"
    return "too few scenes that it applies to" if scenes else needs


def inapplicable_table(matrix: pd.DataFrame) -> pd.DataFrame:
    """Where an intervention does not apply, and why.

    Args:
        matrix: from `effect_matrix_table`.

    Returns:
        Columns intervention, note, tasks (a list in words).
    """
    notes = matrix[matrix["note"] != ""].groupby(["intervention", "note"], sort=False)["task"]
    return notes.agg(lambda tasks: ", ".join(tasks.unique())).rename("tasks").reset_index()


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

    A baseline is named where, for every other one, its distance is the smaller one within seed, by
    a t test at 5 % that Holm corrects over the others, and where it solves the task: a baseline
    that does not cannot be what a network that does is like.

    Args:
        distances: from `distance_table`.
        table: from `effect_table`, with accuracies of the baselines on the scenes as they are.
        solved: a baseline solves a task where its accuracy's 95 % Wilson interval is at or above.

    Returns:
        Columns task, name, baseline, distance (mean over seeds), low, high (t interval over seeds),
        groups, interventions, p (that it is no nearer than another one: largest, corrected),
        accuracy and accuracy_low (of the baseline), nearest (bool: named).
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
                 "nearest": p <= 1 - LEVEL and answered.low >= solved}
            )  # fmt: skip
    columns = ["task", "name", "baseline", "distance", "low", "high", "groups", "interventions"]
    return pd.DataFrame(rows, columns=[*columns, "p", "accuracy", "accuracy_low", "nearest"])


def _no_nearer(wide: pd.DataFrame, baseline: str) -> float:
    """The largest corrected p that a baseline, one of the columns, is no nearer than another."""
    differences = wide.drop(columns=baseline).sub(wide[baseline], axis=0)
    tests = [
        t_test(column, side="two-sided") if column.mean() > 0 else 1.0
        for _, column in differences.items()
    ]
    return float(holm(tests).max())


def conflict_table(summary: pd.DataFrame) -> pd.DataFrame:
    """What is answered where core and ring are in conflict, for people.

    Returns:
        A row a network or baseline and effect that it has, all text but scenes: task, name, number
        (the effect), measured (percent and its interval, over seeds for networks and over scenes
        for baselines), scenes.
    """
    needs = EFFECTS["core_share"].needs
    conflicts = [name for name, effect in EFFECTS.items() if effect.needs == needs]
    rows = summary[summary["effect"].isin(conflicts)]
    unit = UNITS[FRACTION]
    percent = [
        f"{unit.format(value, 1)} [{unit.number(low, 1)}, {unit.number(high, 1)}]"
        for value, low, high in rows[["value", "low", "high"]].to_numpy()
    ]
    shown = rows.assign(number=rows["label"], measured=percent)
    return shown[["task", "name", "number", "measured", "scenes"]].reset_index(drop=True)


def dose_table(table: pd.DataFrame) -> pd.DataFrame:
    """Changed answers by the number of pixels and the region that they lie in.

    Returns:
        Columns task, name, region, pixels, seed, value, scenes.
    """
    doses = _with_options(table, "some pixels", FRACTION, ["count", "region"])
    columns = ["task", "name", "region", "pixels", "seed", "value", "scenes"]
    return doses.rename(columns={"count": "pixels"})[columns].reset_index(drop=True)


def half_dose_table(doses: pd.DataFrame) -> pd.DataFrame:
    """The number of pixels that changes half as many answers as the highest dose does.

    Args:
        doses: from `dose_table`, of one network and region.

    Returns:
        A row a seed: columns seed, above and at_most (the two neighboring doses that it lies
        between), pixels (its place there, interpolated).
    """
    shares = doses.pivot(index="seed", columns="pixels", values="value")
    counts = [int(count) for count in shares.columns]
    rows = [half_dose(row, counts) for row in shares.to_numpy().tolist()]
    return pd.DataFrame(rows, index=shares.index).reset_index()


def piece_table(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy lost by cutting objects into pieces.

    Args:
        table: from `effect_table` or `effect_summary`.

    Returns:
        Its rows of these effects, with a further column side (pixels).
    """
    return _with_options(table, "pieces", DIFFERENCE, ["side"]).reset_index(drop=True)


def _with_options(table: pd.DataFrame, group: str, unit: str, options: list[str]) -> pd.DataFrame:
    """Rows of effects in a unit of a group of interventions, and options of the interventions."""
    rows: dict[str, Any] = {
        name: INTERVENTIONS[effect.needs[0]].options
        for name, effect in EFFECTS.items()
        if effect.unit == unit and group == getattr(INTERVENTIONS.get(effect.needs[0]), "group", "")
    }
    part = table[table["effect"].isin(rows)]
    given = [[rows[effect][option] for option in options] for effect in part["effect"]]
    return part.join(pd.DataFrame(given, index=part.index, columns=options))
