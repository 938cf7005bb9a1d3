"""What interventions do: effects on networks and readers, side by side.

Measured effects come from `responses.effects`, a set of arrays for each seed of a network and one
for a reader, which has no seeds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from intensity.responses.interventions import (
    INTERVENTIONS,
    PIECES,
    PIXELS,
    REGIONS,
    is_unusual,
)
from intensity.scenes import Scenes
from intensity.statistics import LEVEL, equivalence_interval, holm, t_interval, t_test
from intensity.values import InvalidInput

Arrays = Mapping[str, np.ndarray]
Measured = Mapping[tuple[str, str], Sequence[Arrays]]
"""Effects by task and name: a set of arrays a seed, or a single one of a reader."""

TRIED = 64
"""Scenes on which it is tried why an intervention does not apply."""

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
    """Means of effects with 95 % intervals: t over seeds for networks, normal over scenes else.

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
    value, scenes = float(part["value"].mean()), int(part["scenes"].min())
    if seeded:
        interval = t_interval(part["value"].to_numpy())
        low, high = interval.low, interval.high
    else:
        error = float(part["deviation"].iloc[0]) / np.sqrt(scenes)
        half = float(ndtri((1 + LEVEL) / 2)) * error
        low, high = value - half, value + half
    least = -1.0 if effect.startswith(_SIGNED) else 0.0
    return value, max(low, least), min(high, 1.0), len(part) if seeded else 0, scenes


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
        (outside of what networks were trained on), note (what it lacks where it does not apply).
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
    """Why an intervention does not apply to scenes."""
    try:
        INTERVENTIONS[change](scenes)
    except InvalidInput as refusal:
        return str(refusal).rpartition("it needs an object and ")[2]
    return "too few scenes that it applies to"


def fingerprints(table: pd.DataFrame) -> pd.DataFrame:
    """How far the effects on each network are from those on each reader of its task.

    The distance is the root of the mean squared difference over the interventions that both have,
    for each seed, with a t interval over seeds.

    Args:
        table: from `effects`.

    Returns:
        Columns task, name, reader, distance, low, high, interventions (how many), nearest (bool).
    """
    changes = table[table["effect"].isin(INTERVENTIONS)]
    rows: list[dict[str, Any]] = []
    for task, part in changes.groupby("task", sort=False):
        readers = _rows_of_effects(part[part["kind"] == "reader"])
        networks = part[part["kind"] == "network"]
        for name, own in networks.groupby("name", sort=False):
            near = [_distance(_rows_of_effects(own), *reader) for reader in readers.items()]
            least = min((row["distance"] for row in near), default=0.0)
            rows += [
                {"task": task, "name": name, **row, "nearest": row["distance"] == least}
                for row in near
            ]
    return pd.DataFrame(rows)


def _rows_of_effects(table: pd.DataFrame) -> pd.DataFrame:
    """An effect a row, a column for each name and seed."""
    columns = table["name"] + "/" + table["seed"].astype(str)
    return table.assign(column=columns).pivot(index="effect", columns="column", values="value")


def _distance(seeds: pd.DataFrame, reader: object, effects: pd.Series) -> dict[str, Any]:
    """How far a network's seeds, an effect a row, are from a reader."""
    both = seeds.index.intersection(effects.dropna().index)
    apart = seeds.loc[both].to_numpy() - effects.loc[both].to_numpy()[:, None]
    interval = t_interval(np.sqrt((apart**2).mean(axis=0)))
    return {
        "reader": str(reader).partition("/")[0],
        "distance": interval.value,
        "low": max(interval.low, 0.0),
        "high": interval.high,
        "interventions": len(both),
    }


def doses(table: pd.DataFrame) -> pd.DataFrame:
    """Changed answers by the number of pixels and the region that they lie in.

    Args:
        table: from `effects`, with some of the effects pixels_*.

    Returns:
        Columns task, name, region, pixels, seed, value.
    """
    places = {f"pixels_{count}_{region}": (region, count) for region in REGIONS for count in PIXELS}
    rows = table[table["effect"].isin(places)]
    region, count = zip(*(places[effect] for effect in rows["effect"]), strict=True)
    rows = rows.assign(region=region, pixels=count)
    return rows[["task", "name", "region", "pixels", "seed", "value"]].reset_index(drop=True)


def half_dose(shares: Sequence[float]) -> float:
    """The number of pixels that changes half as many answers as the highest dose does.

    Between the doses 0, 1, 10, 40 shares are taken as straight lines.

    Args:
        shares: changed answers at each dose of `PIXELS`.

    Returns:
        Pixels; 0 where nothing changes at all.
    """
    curve = np.array([0.0, *shares])
    pixels = np.array([0.0, *PIXELS])
    half = curve[-1] / 2
    first = int(np.argmax(curve >= half))
    if not first:
        return 0.0
    share = (half - curve[first - 1]) / (curve[first] - curve[first - 1])
    return float(pixels[first - 1] + share * (pixels[first] - pixels[first - 1]))


def pieces(summary: pd.DataFrame) -> pd.DataFrame:
    """Accuracy lost by cutting objects into pieces.

    Args:
        summary: from `effect_summary`.

    Returns:
        Its rows of the effects drop_*, with a further column side (pixels).
    """
    sides = {f"drop_{side}": side for side in PIECES}
    rows = summary[summary["effect"].isin(sides)]
    return rows.assign(side=rows["effect"].map(sides)).reset_index(drop=True)


def recolorings(outcomes: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """What becomes of answers by the size of the recoloring, with t intervals over seeds.

    Args:
        outcomes: tables of `curves.recolor_outcomes`, one for each seed, by network.

    Returns:
        Columns name, recoloring, step, outcome (kept, follows, third), share, low, high.
    """
    parts = [
        part.melt(["recoloring", "step"], ["kept", "follows", "third"], "outcome", "share").assign(
            name=name
        )
        for name, group in outcomes.items()
        for part in group
    ]
    keys = ["name", "recoloring", "step", "outcome"]
    rows = []
    for names, part in pd.concat(parts).groupby(keys, sort=False):
        interval = t_interval(part["share"].to_numpy())
        limits = (max(interval.low, 0.0), min(interval.high, 1.0))
        rows.append((*names, interval.value, *limits))
    return pd.DataFrame(rows, columns=[*keys, "share", "low", "high"])
