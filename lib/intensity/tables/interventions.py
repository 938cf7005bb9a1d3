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
from scipy.special import ndtri

from intensity.analysis.doses import half_dose
from intensity.evaluation.comparison import Compared
from intensity.interventions.effects import EFFECTS, FEWEST, effect_id
from intensity.interventions.registry import INTERVENTIONS
from intensity.statistics.intervals import (
    EQUIVALENCE_LEVEL,
    LEVEL,
    Interval,
    holm,
    on_scale,
    seed_interval,
    wilson,
)
from intensity.tables.names import title_of
from intensity.units import DIFFERENCE, FRACTION, UNITS
from intensity.values import InvalidInput

MAIN_CHANGES = (
    *("recolor_other_class", "recolor_same_class", "core_recolored", "ring_recolored"),
    *("pieces_1", "shape_swapped", "random_background", "rectangle_added"),
)
"""The interventions that tell most: level, class, surface or edge, layout, shape, flat regions."""


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
        interval, _ = seed_interval(value, UNITS[unit], scenes)
    elif unit == FRACTION and part["binary"].iloc[0]:
        interval = wilson(round(value[0] * scenes), scenes)
    else:
        half = float(ndtri((1 + LEVEL) / 2)) * part["deviation"].iloc[0] / math.sqrt(scenes)
        interval = Interval(value[0] - half, value[0] + half, value[0])
    return (*interval.row(UNITS[unit]), len(part) if seeded else 0, scenes)


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
    5 %, is both of the two one-sided tests; it is made on the scale of their interval. Of all
    interventions on one network any may have no effect: they are a family, whose p are corrected
    by Holm.

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
    values, scenes, unit = seeds["value"].to_numpy(), int(seeds["scenes"].min()), UNITS[FRACTION]
    interval, decided_by = seed_interval(values, unit, scenes, EQUIVALENCE_LEVEL)
    p = on_scale(values, unit, scenes).p_below(margin)
    ends = dict(zip(("value", "low", "high"), interval.row(unit), strict=True))
    return {**ends, "scenes": scenes, "decided_by": decided_by, "p": p}


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
    lacking = matrix[matrix["note"] != ""]
    keys = [lacking["intervention"], lacking["note"]]
    tasks = lacking["task"].map(title_of).groupby(keys, sort=False)
    return tasks.agg(lambda names: ", ".join(names.unique())).rename("tasks").reset_index()


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
    ends = rows[["value", "low", "high"]].to_numpy()
    measured = [UNITS[FRACTION].estimate(value, low, high, 1) for value, low, high in ends]
    shown = rows.assign(number=rows["label"], measured=measured)
    return shown[["task", "name", "number", "measured", "scenes"]].reset_index(drop=True)


def dose_table(table: pd.DataFrame) -> pd.DataFrame:
    """Changed answers by the number of pixels and the region that they lie in.

    Returns:
        Columns task, name, region, pixels, seed, value, scenes.
    """
    doses = _with_options(table, "some pixels", FRACTION, ["count", "region"])
    columns = ["task", "name", "region", "pixels", "seed", "value", "scenes"]
    return doses.rename(columns={"count": "pixels"})[columns].reset_index(drop=True)


def dose_numbers(summary: pd.DataFrame) -> pd.DataFrame:
    """Changed answers by the number of pixels, for people.

    Args:
        summary: columns name, region, pixels, value (mean over seeds), low, high.

    Returns:
        A row a network and region, all text: name, region and, for every number of pixels, percent
        with its interval.
    """
    unit, ends = UNITS[FRACTION], summary[["value", "low", "high"]].to_numpy()
    text = [unit.estimate(value, low, high, 1) for value, low, high in ends]
    counts = [f"{count} px" for count in summary["pixels"]]
    shown = summary.assign(text=text, pixels=counts)
    index = ["name", "region"]
    table = shown.pivot(index=index, columns="pixels", values="text")
    keys = pd.MultiIndex.from_frame(summary[index].drop_duplicates())
    return table.reindex(index=keys, columns=list(dict.fromkeys(counts))).reset_index()


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
