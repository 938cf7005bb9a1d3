"""What interventions do: effects on networks and readers, side by side.

Measured effects come from `responses.comparison`, a set of arrays for each seed of a network and
one for a reader, which has no seeds.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from intensity.claims.judge import NEAR
from intensity.data.scenes import Scenes
from intensity.interventions.comparison import Compared
from intensity.interventions.effects import FEWEST, TRIED
from intensity.interventions.transforms import (
    INTERVENTIONS,
    PIECES,
    PIXELS,
    REGIONS,
    is_unusual,
)
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
from intensity.tables.summaries import summarized
from intensity.values import InvalidInput

GROUPS = {
    "level": ("recolor_other_class", "recolor_same_class", "recolor"),
    "parts": ("core_recolored", "ring_recolored", *(f"cover_{region}" for region in REGIONS)),
    "pieces": tuple(f"pieces_{side}" for side in PIECES),
    "shape, place": ("shape_swapped", "moved", "resized"),
    "scene": (
        *("object_removed", "noise_removed", "random_background"),
        *("offset", "gain", "distractor_recolored"),
    ),
    "some pixels": tuple(f"pixels_{count}_{region}" for count in PIXELS for region in REGIONS),
    "edges": ("edge_only", "blurred"),
}
"""Interventions that are alike, by what they change; in the order of `INTERVENTIONS`."""
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}
"""The group of every intervention."""

BY_SEEDS = "Student t over seeds"
"""How an effect is decided as a rule."""
BY_SCENES = "Wilson over scenes, every seed"
"""How a share near 0 is decided, where seeds cannot spread."""

_SIGNED = ("drop_", "loss_")
"""How the names of effects begin that are differences of accuracies, -1..1; others are shares."""


def effects(compared: Iterable[Compared]) -> pd.DataFrame:
    """Every measured effect, a row for each seed.

    Args:
        compared: networks and readers with their effects.

    Returns:
        Columns task, name, kind (network, reader), seed, effect, value, deviation, scenes.
    """
    parts = [
        pd.DataFrame(dict(arrays)).assign(
            task=one.scenes.task.name, name=one.name, kind=one.kind, seed=seed
        )
        for one in compared
        for seed, arrays in enumerate(one.seeds)
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
    5 %, is both of the two one-sided tests. It is a t test over seeds, or, where their mean is
    within 2 % of 0 and seeds cannot spread, the score test over scenes that goes with Wilson's
    interval, of the seed that passes it least. All interventions on one network are a family,
    whose p are corrected by Holm.

    Args:
        table: from `effects`.
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
    interval, p, decided_by = (
        equivalence_interval(values),
        t_test(values, margin, side="less"),
        BY_SEEDS,
    )
    if interval.value <= NEAR:
        low, high = _wilson_limits(values, scenes)
        interval, decided_by = Interval(low.min(), high.max(), interval.value), BY_SCENES
        p = float(ndtr((values - margin) / np.sqrt(margin * (1 - margin) / scenes)).max())
    return {
        "value": interval.value,
        "low": max(interval.low, 0.0),
        "high": min(interval.high, 1.0),
        "scenes": int(scenes.min()),
        "decided_by": decided_by,
        "p": p,
    }


def _wilson_limits(rates: np.ndarray, scenes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of Wilson's 90 % intervals of (seeds,) rates, which need not be of whole counts."""
    z = float(ndtri((1 + EQUIVALENCE_LEVEL) / 2))
    middle = rates + z**2 / (2 * scenes)
    half = z * np.sqrt(rates * (1 - rates) / scenes + (z / (2 * scenes)) ** 2)
    return (middle - half) / (1 + z**2 / scenes), (middle + half) / (1 + z**2 / scenes)


def effect_matrix(summary: pd.DataFrame, compared: Iterable[Compared]) -> pd.DataFrame:
    """Share of changed answers for every network and reader and every intervention.

    Args:
        summary: from `effect_summary`.
        compared: the networks and readers that it is of.

    Returns:
        Columns task, name, kind, group, intervention, value (missing where it does not apply),
        scenes (that the value rests on, fewest of all seeds; 0 without value), unusual (outside of
        what networks were trained on), note (where there is no value: what the scenes lack, or
        that it was not measured).
    """
    known = {
        (task, name, effect): (value, scenes)
        for task, name, effect, value, scenes in summary[
            ["task", "name", "effect", "value", "scenes"]
        ].itertuples(index=False)
    }
    rows = []
    for one in compared:
        task, shown = one.scenes.task.name, one.scenes[:TRIED]
        for change, group in GROUP_OF.items():
            value, scenes = known.get((task, one.name, change), (np.nan, 0))
            note = "" if scenes else _refusal(change, shown)
            told = (group, change, value, scenes, is_unusual(change, shown), note)
            rows.append((task, one.name, one.kind, *told))
    columns = ["task", "name", "kind", "group", "intervention", "value", "scenes", "unusual"]
    return pd.DataFrame(rows, columns=[*columns, "note"])


def _refusal(change: str, scenes: Scenes) -> str:
    """Why there is no effect of an intervention."""
    try:
        rows = INTERVENTIONS[change](scenes).rows
    except InvalidInput as refusal:
        return str(refusal).rpartition("it needs an object and ")[2]
    if len(np.unique(rows)) < FEWEST:
        return "too few scenes that it applies to"
    return "not measured"


def distances(table: pd.DataFrame) -> pd.DataFrame:
    """How far the effects on each network are from those on each reader of its task.

    The distance is the root of the mean over groups of interventions, within a group of the mean
    over interventions, of the squared difference: a group of many columns weighs as much as one of
    few. Interventions that only one of the two has are left out.

    Args:
        table: from `effects`.

    Returns:
        A row a seed: columns task, name, reader, seed, distance, groups, interventions (how many
        of each). A task with a single reader leaves no choice and is left out.

    Raises:
        InvalidInput: seeds of a network have different effects.
    """
    changes = table[table["effect"].isin(INTERVENTIONS)]
    rows: list[dict[str, Any]] = []
    for task, part in changes.groupby("task", sort=False):
        readers = dict(iter(part[part["kind"] == "reader"].groupby("name", sort=False)))
        networks = part[part["kind"] == "network"] if len(readers) > 1 else part[:0]
        for name, own in networks.groupby("name", sort=False):
            for reader, other in readers.items():
                pair = {"task": task, "name": name, "reader": reader}
                rows += [{**pair, **row} for row in _apart(own, other)]
    columns = ["task", "name", "reader", "seed", "distance", "groups", "interventions"]
    return pd.DataFrame(rows, columns=columns)


def _apart(network: pd.DataFrame, reader: pd.DataFrame) -> list[dict[str, Any]]:
    """The distance of every seed of a network from a reader."""
    own = network.pivot(index="effect", columns="seed", values="value")
    if own.isna().any(axis=None):
        raise InvalidInput("effects: seeds are not allowed to differ in which effects they have")
    squared = own.sub(reader.set_index("effect")["value"], axis=0).dropna() ** 2
    groups = squared.groupby([GROUP_OF[effect] for effect in squared.index]).mean()
    count = {"groups": len(groups), "interventions": len(squared)}
    return [
        {"seed": seed, "distance": distance, **count}
        for seed, distance in np.sqrt(groups.mean()).items()
    ]


def fingerprints(distances: pd.DataFrame, table: pd.DataFrame, solved: float) -> pd.DataFrame:
    """Which reader the effects on each network are nearest to, if that can be said.

    A reader is named where, for every other reader, its distance is the smaller one within seed, by
    a t test at 5 % that Holm corrects over the other readers, and where it solves the task: a
    reader that does not cannot be what a network that does is like.

    Args:
        distances: from `distances`.
        table: from `effects`, with the accuracies of the readers on the scenes as they are.
        solved: a reader solves a task where its accuracy's 95 % Wilson interval is at or above.

    Returns:
        Columns task, name, reader, distance (mean over seeds), low, high (t interval over seeds),
        groups, interventions, p (that it is no nearer than another reader: largest, corrected),
        accuracy and accuracy_low (of the reader), nearest (bool: named).
    """
    rows: list[dict[str, Any]] = []
    for (task, name), part in distances.groupby(["task", "name"], sort=False):
        wide = part.pivot(index="seed", columns="reader", values="distance")
        for reader, own in part.groupby("reader", sort=False):
            interval = t_interval(own["distance"])
            right, scenes = seed_values(table, str(task), str(reader), "accuracy")
            answered = wilson(round(right[0] * scenes), scenes)
            p = _no_nearer(wide, str(reader))
            rows.append(
                {
                    **{"task": task, "name": name, "reader": reader, "distance": interval.value},
                    **{"low": max(interval.low, 0.0), "high": interval.high},
                    **{column: own[column].iloc[0] for column in ("groups", "interventions")},
                    **{"p": p, "accuracy": answered.value, "accuracy_low": answered.low},
                    "nearest": p <= 1 - LEVEL and answered.low >= solved,
                }
            )
    columns = ["task", "name", "reader", "distance", "low", "high", "groups", "interventions"]
    return pd.DataFrame(rows, columns=[*columns, "p", "accuracy", "accuracy_low", "nearest"])


def _no_nearer(wide: pd.DataFrame, reader: str) -> float:
    """The largest corrected p that a reader, one of the columns, is no nearer than another one."""
    differences = wide.drop(columns=reader).sub(wide[reader], axis=0)
    tests = [
        t_test(column, side="two-sided") if column.mean() > 0 else 1.0
        for _, column in differences.items()
    ]
    return float(holm(tests).max())


def conflicts(summary: pd.DataFrame) -> pd.DataFrame:
    """What is answered where core and ring are in conflict, for people.

    Args:
        summary: from `effect_summary`.

    Returns:
        A row a network or reader and number that it has, all text but scenes: task, name, number
        (the core's share, the third class's, the bound), measured (percent and its interval, over
        seeds for networks and over scenes for readers), scenes.
    """
    rows = summary[summary["effect"].isin(_CONFLICT)]
    percent = [
        f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        for value, low, high in rows[["value", "low", "high"]].to_numpy()
    ]
    told = rows.assign(number=rows["effect"].map(_CONFLICT), measured=percent)
    return told[["task", "name", "number", "measured", "scenes"]].reset_index(drop=True)


_CONFLICT = {
    "core_share": "core, of core or ring",
    "core_third": "third class, of all",
    "core_share_least": "core, of all (the bound)",
}
"""Effects of core and ring in conflict, in words."""


def readable(measurements: pd.DataFrame) -> pd.DataFrame:
    """Measurements for people.

    Args:
        measurements: from `results.measurement_table`.

    Returns:
        Columns quantity, task, network, detail (the parts of the ids), measured (with the interval;
        pixels without decimals, for they are interpolated), seeds, scenes, interval (how made).
    """
    parts = measurements["id"].str.split("/", n=3, expand=True).reindex(columns=range(4)).fillna("")
    rows = measurements[["value", "low", "high"]].to_numpy()
    whole = [
        f"{value:.0f} pixels [{low:.0f}, {high:.0f}], interpolated" for value, low, high in rows
    ]
    pixels = measurements["text"].str.contains(" pixels")
    return pd.DataFrame(
        {
            "quantity": parts[0].str.replace("_", " "),
            "task": parts[1],
            "network": parts[2],
            "detail": parts[3].str.replace("_", " "),
            "measured": measurements["text"].mask(pixels, pd.Series(whole, measurements.index)),
            "seeds": measurements["seeds"],
            "scenes": measurements["scenes"],
            "interval": measurements["method"],
        }
    )


def doses(table: pd.DataFrame) -> pd.DataFrame:
    """Changed answers by the number of pixels and the region that they lie in.

    Args:
        table: from `effects`, with some of the effects pixels_*.

    Returns:
        Columns task, name, region, pixels, seed, value, scenes.
    """
    places = {f"pixels_{count}_{region}": (region, count) for region in REGIONS for count in PIXELS}
    rows = table[table["effect"].isin(places)]
    region, count = ([places[effect][part] for effect in rows["effect"]] for part in (0, 1))
    rows = rows.assign(region=region, pixels=count)
    columns = ["task", "name", "region", "pixels", "seed", "value", "scenes"]
    return rows[columns].reset_index(drop=True)


def half_dose(shares: Sequence[float]) -> float:
    """The number of pixels that changes half as many answers as the highest dose does.

    Between the doses 0, 1, 10, 40 shares are taken as straight lines: what is measured is only that
    it lies between two of them, which `half_dose_between` gives.

    Args:
        shares: changed answers at each dose of `PIXELS`.

    Returns:
        Pixels; 0 where nothing changes at all.

    Raises:
        InvalidInput: there is not one share a dose.
    """
    below, above = half_dose_between(shares)
    curve = dict(zip((0, *PIXELS), (0.0, *shares), strict=True))
    if not above:
        return 0.0
    share = (shares[-1] / 2 - curve[below]) / (curve[above] - curve[below])
    return float(below + share * (above - below))


def half_dose_between(shares: Sequence[float]) -> tuple[int, int]:
    """The two doses that the half dose lies between: above the first, at most the second.

    Args:
        shares: changed answers at each dose of `PIXELS`.

    Returns:
        Two neighbors of 0, 1, 10, 40 pixels; 0 and 0 where nothing changes at all.

    Raises:
        InvalidInput: there is not one share a dose.
    """
    if len(shares) != len(PIXELS):
        raise InvalidInput(
            f"shares: {len(shares)} are not allowed: one for each of {PIXELS} pixels"
        )
    half = shares[-1] / 2
    first = int(np.argmax(np.array([0.0, *shares]) >= half))
    return (0, *PIXELS)[max(first - 1, 0)], (0, *PIXELS)[first]


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
    """What becomes of answers by the size of the recoloring, seed by seed.

    Args:
        outcomes: tables of `curves.recolor_outcomes`, one for each seed, by network.

    Returns:
        Columns name, seed, recoloring, step, outcome (kept, follows, third), share, count (pairs of
        scene and level that the share is of).
    """
    parts = [
        part.melt(
            ["recoloring", "step", "count"], ["kept", "follows", "third"], "outcome", "share"
        ).assign(name=name, seed=seed)
        for name, group in outcomes.items()
        for seed, part in enumerate(group)
    ]
    columns = ["name", "seed", "recoloring", "step", "outcome", "share", "count"]
    return pd.concat(parts, ignore_index=True)[columns]


def recoloring_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means of what becomes of answers, with t intervals over seeds.

    Args:
        table: from `recolorings`.

    Returns:
        Columns name, recoloring, step, outcome, share, low, high, count (fewest of all seeds).
    """
    keys = ["name", "recoloring", "step", "outcome"]
    fewest = table.groupby(keys, sort=False)["count"].min().reset_index()
    return summarized(table, keys, "share").merge(fewest, on=keys)
