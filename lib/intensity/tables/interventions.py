"""What interventions do: effects on networks and readers, side by side.

Measured effects come from `responses.effects`, a set of arrays for each seed of a network and one
for a reader, which has no seeds.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from intensity.responses.effects import FEWEST, TRIED
from intensity.responses.interventions import (
    INTERVENTIONS,
    PIECES,
    PIXELS,
    REGIONS,
    is_unusual,
)
from intensity.scenes import Scenes
from intensity.statistics import (
    LEVEL,
    Interval,
    equivalence_interval,
    holm,
    t_interval,
    t_test,
    wilson,
)
from intensity.tables.summaries import limited
from intensity.values import InvalidInput

Arrays = Mapping[str, np.ndarray]
Measured = Mapping[tuple[str, str], Sequence[Arrays]]
"""Effects by task and name: a set of arrays a seed, or a single one of a reader."""

_SIGNED = ("drop_", "loss_")
"""How the names of effects begin that are differences of accuracies, -1..1; others are shares."""


def effects(measured: Measured) -> pd.DataFrame:
    """Every measured effect, a row for each seed.

    Args:
        measured: by task and name, one set of arrays for each seed, or a single one of a reader.

    Returns:
        Columns task, name, kind ("network" where there are several seeds, else "reader"), seed,
        effect, value, deviation, scenes.
    """
    parts = [
        pd.DataFrame(dict(arrays)).assign(
            task=task, name=name, kind="network" if len(group) > 1 else "reader", seed=seed
        )
        for (task, name), group in measured.items()
        for seed, arrays in enumerate(group)
    ]
    columns = ["task", "name", "kind", "seed", "effect", "value", "deviation", "scenes"]
    return pd.concat(parts, ignore_index=True)[columns]


def effect_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means of effects with 95 % intervals: t over seeds for networks, over scenes for readers.

    Over scenes it is Wilson's where each scene counts wholly or not at all, so that 0 of n is not
    taken for certain, and the normal one elsewhere.

    Args:
        table: from `effects`.

    Returns:
        Columns task, name, kind, effect, value, low, high, seeds (0 for readers), scenes (fewest).
    """
    keys = ["task", "name", "kind", "effect"]
    rows = [
        (*names, *_limits(str(names[3]), part, names[2] == "network"))
        for names, part in table.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*keys, "value", "low", "high", "seeds", "scenes"])


def _limits(effect: str, part: pd.DataFrame, seeded: bool) -> tuple[float, ...]:
    """Mean, ends of the interval within what the effect can be, seeds, scenes."""
    value, scenes = part["value"].to_numpy(), int(part["scenes"].min())
    signed = effect.startswith(_SIGNED)
    deviation = float(part["deviation"].iloc[0])
    interval = (
        t_interval(value) if seeded else _over_scenes(float(value[0]), deviation, scenes, signed)
    )
    low, high = max(interval.low, -1.0 if signed else 0.0), min(interval.high, 1.0)
    return interval.value, low, high, len(part) if seeded else 0, scenes


def _over_scenes(value: float, deviation: float, scenes: int, signed: bool) -> Interval:
    """The interval of a mean score over scenes."""
    # Scores in 0..1 have this much deviation if and only if each of them is 0 or 1.
    most = math.sqrt(scenes * value * (1 - value) / (scenes - 1)) if not signed else math.inf
    if math.isclose(deviation, most, rel_tol=1e-6, abs_tol=1e-9):
        return wilson(round(value * scenes), scenes)
    half = float(ndtri((1 + LEVEL) / 2)) * deviation / math.sqrt(scenes)
    return Interval(value - half, value + half, value)


def seed_values(table: pd.DataFrame, task: str, name: str, effect: str) -> tuple[np.ndarray, int]:
    """One effect of one network.

    Args:
        table: from `effects`.
        task: its task.
        name: its name.
        effect: the effect's.

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


def absences(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Interventions that have no effect on a network: their effect is within a margin of none.

    Shares of changed answers cannot be negative, so the test that they are below the margin, at
    5 %, is both of the two one-sided tests. All interventions on one network are a family, whose
    p are corrected by Holm.

    Args:
        table: from `effects`.
        margin: the largest share of changed answers that counts as none, chosen beforehand.

    Returns:
        Columns task, name, intervention, value, low, high (the 90 % interval that goes with the
        test, cut at 0 and 1), p (corrected), absent (bool); networks only.
    """
    shares = table[table["effect"].isin(INTERVENTIONS) & (table["kind"] == "network")]
    parts = []
    for keys, family in shares.groupby(["task", "name"], sort=False):
        seeds = {
            name: own["value"].to_numpy() for name, own in family.groupby("effect", sort=False)
        }
        p = holm([t_test(values, margin, side="less") for values in seeds.values()])
        limits = [equivalence_interval(values) for values in seeds.values()]
        parts.append(
            pd.DataFrame(
                {
                    **dict(zip(("task", "name"), keys, strict=True)),
                    "intervention": list(seeds),
                    "value": [interval.value for interval in limits],
                    "low": [max(interval.low, 0.0) for interval in limits],
                    "high": [min(interval.high, 1.0) for interval in limits],
                    "p": p,
                    "absent": p <= 1 - LEVEL,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def effect_matrix(summary: pd.DataFrame, scenes: Mapping[tuple[str, str], Scenes]) -> pd.DataFrame:
    """Share of changed answers for every network and reader and every intervention.

    Args:
        summary: from `effect_summary`.
        scenes: by task and name, some of those that effects were measured on.

    Returns:
        Columns task, name, kind, intervention, value (missing where it does not apply), unusual
        (outside of what networks were trained on), note (where there is no value: what the scenes
        lack, or that it was not measured).
    """
    rows = []
    for keys, part in summary.groupby(["task", "name", "kind"], sort=False):
        task, name, kind = map(str, keys)
        values = dict(zip(part["effect"], part["value"], strict=True))
        shown = scenes[task, name][:TRIED]
        for change in INTERVENTIONS:
            value = values.get(change, np.nan)
            note = "" if change in values else _refusal(change, shown)
            rows.append((task, name, kind, change, value, is_unusual(change, shown), note))
    columns = ["task", "name", "kind", "intervention", "value", "unusual", "note"]
    return pd.DataFrame(rows, columns=columns)


def _refusal(change: str, scenes: Scenes) -> str:
    """Why there is no effect of an intervention."""
    try:
        rows = INTERVENTIONS[change](scenes).rows
    except InvalidInput as refusal:
        return str(refusal).rpartition("it needs an object and ")[2]
    if len(np.unique(rows)) < FEWEST:
        return "too few scenes that it applies to"
    return "not measured"


def fingerprints(table: pd.DataFrame) -> pd.DataFrame:
    """How far the effects on each network are from those on each reader of its task.

    The distance is the root of the mean squared difference over the interventions that both have,
    for each seed, with a t interval over seeds.

    Args:
        table: from `effects`.

    Returns:
        Columns task, name, reader, distance, low, high, interventions (how many), nearest_in (seeds
        in which this reader is the nearest), nearest (bool: on average over seeds).
    """
    changes = table[table["effect"].isin(INTERVENTIONS)]
    rows: list[dict[str, Any]] = []
    for task, part in changes.groupby("task", sort=False):
        readers = _effect_rows(part[part["kind"] == "reader"], "name")
        networks = part[part["kind"] == "network"]
        for name, own in networks.groupby("name", sort=False):
            if not readers.empty:
                near = _distances(_effect_rows(own, "seed"), readers)
                rows += [{"task": task, "name": name, **row} for row in near]
    columns = ["task", "name", "reader", "distance", "low", "high", "interventions"]
    return pd.DataFrame(rows, columns=[*columns, "nearest_in", "nearest"])


def _effect_rows(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """An effect a row, a column for each seed or name in the order in which they come."""
    wide = table.pivot(index="effect", columns=column, values="value")
    return wide[list(dict.fromkeys(table[column]))]


def _distances(seeds: pd.DataFrame, readers: pd.DataFrame) -> list[dict[str, Any]]:
    """How far a network's seeds are from every reader; both have an effect a row."""
    own = {name: effects.dropna() for name, effects in readers.items()}
    common = {name: seeds.index.intersection(effects.index) for name, effects in own.items()}
    apart = [seeds.loc[both].sub(own[name].loc[both], axis=0) for name, both in common.items()]
    distances = np.array([np.sqrt((part.to_numpy() ** 2).mean(axis=0)) for part in apart])
    intervals = [t_interval(row) for row in distances]
    first = distances == distances.min(axis=0)
    return [
        {
            "reader": name,
            "distance": interval.value,
            "low": max(interval.low, 0.0),
            "high": interval.high,
            "interventions": len(both),
            "nearest_in": int(nearest.sum()),
            "nearest": interval.value == min(other.value for other in intervals),
        }
        for (name, both), interval, nearest in zip(common.items(), intervals, first, strict=True)
    ]


def doses(table: pd.DataFrame) -> pd.DataFrame:
    """Changed answers by the number of pixels and the region that they lie in.

    Args:
        table: from `effects`, with some of the effects pixels_*.

    Returns:
        Columns task, name, region, pixels, seed, value.
    """
    places = {f"pixels_{count}_{region}": (region, count) for region in REGIONS for count in PIXELS}
    rows = table[table["effect"].isin(places)]
    region, count = ([places[effect][part] for effect in rows["effect"]] for part in (0, 1))
    rows = rows.assign(region=region, pixels=count)
    return rows[["task", "name", "region", "pixels", "seed", "value"]].reset_index(drop=True)


def half_dose(shares: Sequence[float]) -> float:
    """The number of pixels that changes half as many answers as the highest dose does.

    Between the doses 0, 1, 10, 40 shares are taken as straight lines.

    Args:
        shares: changed answers at each dose of `PIXELS`.

    Returns:
        Pixels; 0 where nothing changes at all.

    Raises:
        InvalidInput: there is not one share a dose.
    """
    if len(shares) != len(PIXELS):
        raise InvalidInput(
            f"shares: {len(shares)} are not allowed: one for each of {PIXELS} pixels"
        )
    curve = np.array([0.0, *shares])
    pixels = np.array([0.0, *PIXELS])
    half = curve[-1] / 2
    first = int(np.argmax(curve >= half))
    if not first:
        return 0.0
    share = (half - curve[first - 1]) / (curve[first] - curve[first - 1])
    return float(pixels[first - 1] + share * (pixels[first] - pixels[first - 1]))


def pieces(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy lost by cutting objects into pieces.

    Args:
        table: from `effects` or `effect_summary`.

    Returns:
        Its rows of the effects drop_*, with a further column side (pixels).
    """
    sides = {f"drop_{side}": side for side in PIECES}
    rows = table[table["effect"].isin(sides)]
    return rows.assign(side=rows["effect"].map(sides)).reset_index(drop=True)


def recolorings(outcomes: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """What becomes of answers by the size of the recoloring, with t intervals over seeds.

    Args:
        outcomes: tables of `curves.recolor_outcomes`, one for each seed, by network.

    Returns:
        Columns name, recoloring, step, outcome (kept, follows, third), share, low, high, count
        (pairs of scene and level that each seed's share is of; fewest).
    """
    parts = [
        part.melt(
            ["recoloring", "step", "count"], ["kept", "follows", "third"], "outcome", "share"
        ).assign(name=name)
        for name, group in outcomes.items()
        for part in group
    ]
    keys = ["name", "recoloring", "step", "outcome"]
    rows = []
    for names, part in pd.concat(parts).groupby(keys, sort=False):
        rows.append((*names, *limited(part["share"].to_numpy()), int(part["count"].min())))
    return pd.DataFrame(rows, columns=[*keys, "share", "low", "high", "count"])
