"""What networks do with intensity: profiles, logits, transitions, planes, sweeps."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.analysis.planes import plane_labels
from intensity.analysis.recoloring import outcomes_by_distance
from intensity.analysis.response_curves import transition_widths
from intensity.data.tasks import Task
from intensity.tables.summaries import summarized
from intensity.units import UNITS, Unit

_LEVELS = Unit("grey levels")
"""Places on the axis of intensity; means of them are not cut."""

_FEWEST = 0.01
"""The share of all pairs of scene and level from which on a size of recolorings is shown."""


def profile_table(profiles: Mapping[str, np.ndarray], over: str = "space") -> pd.DataFrame:
    """Response profiles or scatters of u units at k intensities.

    Args:
        profiles: arrays `layer`, `unit` (u,), `levels` or, of a scatter, `intensity` (k,), and
            activations (u, k), as `unit_profiles` has them.
        over: which activations: "space" or "object".

    Returns:
        Columns layer, unit, intensity (grey level), response; u k rows, unit by unit.
    """
    levels = profiles["levels" if "levels" in profiles else "intensity"]
    names = {name: np.repeat(profiles[name], len(levels)) for name in ("layer", "unit")}
    levels = np.tile(levels, len(profiles["unit"]))
    return pd.DataFrame({**names, "intensity": levels, "response": profiles[over].ravel()})


def widest_units(profiles: pd.DataFrame, count: int) -> pd.DataFrame:
    """The rows of `profile_table` of the units with the largest range of response."""
    units = profiles.groupby(["layer", "unit"])["response"]
    chosen = (units.max() - units.min()).nlargest(count).index
    return profiles[pd.MultiIndex.from_frame(profiles[["layer", "unit"]]).isin(chosen)]


def logit_table(network: str, curves: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Class-response curves of several seeds as means over scenes, with t intervals over seeds.

    Args:
        network: its name.
        curves: for each seed `levels` (k,) grey levels and `logits` (scenes, k, classes).

    Returns:
        Columns network, intensity, class, logit, low, high.
    """
    parts = [
        _curve_table(network, curve["levels"], curve["logits"].mean(axis=0)) for curve in curves
    ]
    keys = ["network", "intensity", "class"]
    return summarized(pd.concat(parts), keys, "logit", Unit("logit"))


def scene_logits(title: str, curve: Mapping[str, np.ndarray], scene: int) -> pd.DataFrame:
    """The class-response curves of one scene and one network, as `logit_table` has means.

    Args:
        title: what stands for the network's name.
        curve: `levels` (k,) grey levels and `logits` (scenes, k, classes) of one seed.
        scene: which one.
    """
    table = _curve_table(title, curve["levels"], curve["logits"][scene])
    return table.assign(low=np.nan, high=np.nan)


def _curve_table(network: str, levels: np.ndarray, logits: np.ndarray) -> pd.DataFrame:
    """Columns network, intensity, class, logit of logits (k, classes)."""
    level, label = (index.ravel() for index in np.indices(logits.shape))
    columns = {"intensity": levels[level], "class": label, "logit": logits.ravel()}
    return pd.DataFrame({"network": network, **columns})


def transition_table(transitions: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Every class boundary as every network places it.

    Args:
        transitions: what `response_curves.transitions` returns, one for each seed, by network.

    Returns:
        Columns network, seed, boundary (grey levels), shown (the level that images have there),
        before, after (true classes), place (median over scenes, grey levels), width (from the 10 %
        to the 90 % quantile), missing (share of scenes without a crossing); place and width are
        <NA> where missing is 1.
    """
    parts = [
        table.assign(network=network, seed=seed)
        for network, group in transitions.items()
        for seed, table in enumerate(group)
    ]
    columns = ["network", "seed", "boundary", "shown", "before", "after"]
    return pd.concat(parts, ignore_index=True)[[*columns, "place", "width", "missing"]]


def transition_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of `transition_table`.

    Returns:
        Columns network, boundary, shown, place, its t interval as low and high, width, missing,
        seeds (with a place). Place and width are means over these; <NA> where no seed has a place,
        and low and high where fewer than two have.
    """
    keys = ["network", "boundary", "shown"]
    grouped = table.groupby(keys, sort=False, as_index=False)
    columns = {name: (name, "mean") for name in ("place", "width", "missing")}
    means = grouped.agg(**columns, seeds=("place", "count"))
    seen = table.dropna(subset="place").astype({"place": float})
    enough = seen[seen.groupby(keys)["place"].transform("size") > 1]
    ends = summarized(enough, keys, "place", _LEVELS)[[*keys, "low", "high"]]
    optional = dict.fromkeys(["place", "low", "high", "width"], "Float64")
    order = [*keys, "place", "low", "high", "width", "missing", "seeds"]
    return means.merge(ends, how="left", on=keys)[order].astype(optional)


def width_table(transitions: Sequence[pd.DataFrame], scenes: int) -> pd.DataFrame:
    """The width of every transition of one network, as `Book.each_over_seeds` takes it.

    Args:
        transitions: what `response_curves.transitions` returns, one for each seed.
        scenes: that were swept.

    Returns:
        Columns boundary, value (grey levels), unit, scenes.
    """
    parts = [
        table[["boundary"]].assign(value=transition_widths(table), unit=_LEVELS.name, scenes=scenes)
        for table in transitions
    ]
    return pd.concat(parts, ignore_index=True)


def width_by_level(transitions: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """The width of every transition at the level that images have there.

    Args:
        transitions: what `response_curves.transitions` returns, one for each seed, by network.

    Returns:
        Columns network, seed, shown (grey level), width (grey levels).
    """
    parts = [
        pd.DataFrame({"network": network, "seed": seed, "shown": table["shown"],
                      "width": transition_widths(table)})
        for network, group in transitions.items()
        for seed, table in enumerate(group)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def width_summary(widths: pd.DataFrame) -> pd.DataFrame:
    """Mean widths with t intervals over seeds, beside widths in proportion to the level.

    Args:
        widths: from `width_by_level`.

    Returns:
        Columns network, shown, width, low, high, proportional (the shown level times a factor, one
        a network, that is fitted to the means by least squares).
    """
    keys, grey = ["network", "shown"], UNITS["grey levels"]
    means = summarized(widths, keys, "width", grey)
    products = means.assign(above=means["shown"] * means["width"], below=means["shown"] ** 2)
    sums = products.groupby("network")[["above", "below"]].transform("sum")
    return means.assign(proportional=means["shown"] * sums["above"] / sums["below"])


def plane_table(
    planes: Mapping[str, Sequence[Mapping[str, np.ndarray]]], tasks: Mapping[str, Task]
) -> pd.DataFrame:
    """The class that networks predict for every pair of intensity and background.

    Args:
        planes: what `planes.class_plane` returns, one for each seed, by network.
        tasks: what each network was trained on; says which class is right.

    Returns:
        Columns network, task (its name), intensity, background (grey levels), class (most often
        predicted), share (of scenes, mean over seeds, that are given this class), label (true
        class; -1 where no object can be drawn).

    Raises:
        InvalidInput: the class depends on the shape.
    """
    parts = []
    for network, group in planes.items():
        intensity, background = group[0]["intensity"], group[0]["background"]
        share, task = np.mean([plane["share"] for plane in group], axis=0), tasks[network]
        columns = {
            "network": network,
            "task": task.name,
            "intensity": np.tile(intensity, len(background)),
            "background": np.repeat(background, len(intensity)),
            "class": share.argmax(axis=2).ravel(),
            "share": share.max(axis=2).ravel(),
            "label": plane_labels(task, intensity, background).ravel(),
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def probability_table(probabilities: Sequence[np.ndarray], levels: np.ndarray) -> pd.DataFrame:
    """The class probabilities of every seed, scene and level.

    Args:
        probabilities: (n, k, classes), one for each seed.
        levels: (k,) grey levels of the object.

    Returns:
        Columns scene (0..n - 1), seed (position), intensity (grey level), and `class c` for every
        class: its probability, 0..1.
    """
    seeds = np.stack(probabilities)
    seed, scene, k = (index.ravel() for index in np.indices(seeds.shape[:3]))
    table = pd.DataFrame({"scene": scene, "seed": seed, "intensity": levels[k]})
    classes = seeds.reshape(-1, seeds.shape[3]).round(4)
    return table.assign(**{f"class {c}": column for c, column in enumerate(classes.T)})


def recolor_table(outcomes: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """What becomes of answers by the size of the recoloring, seed by seed.

    Args:
        outcomes: tables of `recolor_outcomes`, one for each seed, by network.

    Returns:
        Columns name, seed, recoloring, step, outcome (kept, follows, third), share, count (pairs of
        scene and level that the share is of); steps with few pairs are left out.
    """
    parts = [
        _often(part, "recoloring")
        .melt(["recoloring", "step", "count"], ["kept", "follows", "third"], "outcome", "share")
        .assign(name=name, seed=seed)
        for name, group in outcomes.items()
        for seed, part in enumerate(group)
    ]
    columns = ["name", "seed", "recoloring", "step", "outcome", "share", "count"]
    return pd.concat(parts, ignore_index=True)[columns]


def recolor_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means of what becomes of answers, with t intervals over seeds.

    Args:
        table: from `recolor_table`.

    Returns:
        Columns name, recoloring, step, outcome, share, low, high, count (fewest of all seeds).
    """
    keys = ["name", "recoloring", "step", "outcome"]
    fewest = table.groupby(keys, sort=False)["count"].min().reset_index()
    return summarized(table, keys, "share").merge(fewest, on=keys)


def pair_table(outcomes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What becomes of answers by the distance of matched pairs from the nearest class boundary.

    Args:
        outcomes: tables of `pair_outcomes`, one for each seed.

    Returns:
        Columns seed, distance (grey levels), outcome (in words), share, count (pairs); distances
        with few pairs are left out.
    """
    words = {
        "followed": "other class: follows to the new class",
        "changed": "same class: changes its answer",
    }
    parts = [
        _often(outcomes_by_distance(table).assign(all="all"), "all")
        .rename(columns=words)
        .melt(["distance", "count"], list(words.values()), "outcome", "share")
        .assign(seed=seed)
        for seed, table in enumerate(outcomes)
    ]
    return pd.concat(parts, ignore_index=True)[["seed", "distance", "outcome", "share", "count"]]


def _often(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """The rows whose count is no small share of that of their group."""
    return table[table["count"] >= _FEWEST * table.groupby(group)["count"].transform("sum")]
