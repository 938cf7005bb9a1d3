"""What single units do with intensity: turns, thresholds, what can be read from them, closed forms.

Most tables have a row a seed, and a summary with means and t intervals over seeds beside it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.analysis import thresholds
from intensity.analysis.monotonicity import rectified, turning_share, unit_table
from intensity.statistics.intervals import paired_interval, t_interval
from intensity.tables.summaries import summarized

Arrays = Mapping[str, np.ndarray]

_PROBED = ["condition", "layer", "depth", "over"]
"""What is averaged together over seeds."""
_ENDS = {
    "r2": (-np.inf, 1.0),
    "rmse": (0.0, np.inf),
    "accuracy": (0.0, 1.0),
    "selectivity": (0.0, 1.0),
    "shuffled_r2": (-np.inf, 1.0),
    "shuffled_accuracy": (0.0, 1.0),
    "shuffled_selectivity": (0.0, 1.0),
}
"""Measures of a probe, each with the least and the largest value that it can have."""


def turning_shares(profiles: Mapping[str, Sequence[dict[str, np.ndarray]]]) -> pd.DataFrame:
    """How many units of each rectified layer are tuned to bands of intensity.

    Args:
        profiles: response profiles, one for each seed, by condition.

    Returns:
        Columns condition, layer, depth (0, 1, ...), seed, share (of units with two or more turning
        points, weighted by their ranges; silent ones left out), silent (share of units whose range
        is under 1 % of the layer's largest).

    Raises:
        InvalidInput: all units of a layer are silent.
    """
    rows = []
    for condition, group in profiles.items():
        for seed, profile in enumerate(group):
            units = unit_table(profile)
            silent = units.groupby("layer")["silent"].mean().to_dict()
            for depth, layer in enumerate(rectified(units)):
                share = turning_share(units, layer)
                rows.append((condition, layer, depth, seed, share, silent[layer]))
    columns = ["condition", "layer", "depth", "seed", "share", "silent"]
    return pd.DataFrame(rows, columns=columns)


def turning_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of what `turning_shares` returns.

    Returns:
        Columns condition, layer, depth, share, its t interval as low and high, silent (mean).
    """
    keys = ["condition", "layer", "depth"]
    silent = table.groupby(keys, sort=False, as_index=False)["silent"].mean()
    return summarized(table, keys, "share").merge(silent, on=keys)


def threshold_places(profiles: Sequence[dict[str, np.ndarray]], layer: str) -> pd.DataFrame:
    """Where the units of a layer pass half-way between their least and largest response.

    Args:
        profiles: response profiles, one for each seed.
        layer: its name.

    Returns:
        Columns seed, layer, unit, level (of the threshold, grey levels); silent units have none.
    """
    parts = []
    for seed, profile in enumerate(profiles):
        found = thresholds.thresholds(profile).rename(columns={"threshold": "level"})
        parts.append(found[found["layer"] == layer].assign(seed=seed))
    return pd.concat(parts, ignore_index=True)[["seed", "layer", "unit", "level"]]


def alignment_table(
    places: pd.DataFrame, boundaries: np.ndarray, low: int, high: int
) -> pd.DataFrame:
    """Are thresholds nearer to class boundaries than the same thresholds shifted, in each seed?

    Args:
        places: from `threshold_places`.
        boundaries: (b,) where the class changes, grey levels, for example `task.edges`.
        low: first level of the profiles.
        high: last level of the profiles.

    Returns:
        Columns seed, thresholds (their number), distance (mean to the nearest boundary, grey
        levels), shifted (mean of that over all shifts), p.

    Raises:
        InvalidInput: a seed has no threshold, or as for `thresholds.alignment`.
    """
    rows = []
    for seed, part in places.groupby("seed"):
        found = thresholds.alignment(part["level"].to_numpy(), boundaries, low, high)
        rows.append((seed, len(part), found.distance, found.shifted.mean(), found.p))
    return pd.DataFrame(rows, columns=["seed", "thresholds", "distance", "shifted", "p"])


def probe_table(probes: Mapping[str, Sequence[Arrays]]) -> pd.DataFrame:
    """What can be read linearly from each layer of each network.

    Args:
        probes: what `probes.probes` returns, one for each seed, by condition.

    Returns:
        Columns condition, seed, layer, depth (0, 1, ...; logits are the last), over ("space" or
        "object"), r2, rmse (grey levels), accuracy, selectivity, the same with "shuffled_" before
        it but for rmse, chance.
    """
    parts = []
    for condition, group in probes.items():
        for seed, arrays in enumerate(group):
            table = pd.DataFrame(dict(arrays))
            depth = pd.factorize(table["layer"])[0]
            parts.append(table.assign(condition=condition, seed=seed, depth=depth))
    columns = ["condition", "seed", "layer", "depth", "over", *_ENDS, "chance"]
    return pd.concat(parts, ignore_index=True)[columns]


def probe_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means of probes over seeds with t intervals.

    Args:
        table: from `probe_table`, with two seeds or more.

    Returns:
        Columns condition, layer, depth, over, measure ("r2", "rmse", "accuracy", "selectivity",
        "shuffled_r2", ...), value (mean), low, high (cut at what the measure can be).
    """
    rows = []
    for measure, (least, largest) in _ENDS.items():
        for names, part in table.groupby(_PROBED, sort=False):
            interval = t_interval(part[measure])
            ends = max(interval.low, least), min(interval.high, largest)
            rows.append((*names, measure, interval.value, *ends))
    return pd.DataFrame(rows, columns=[*_PROBED, "measure", "value", "low", "high"])


def probe_difference(table: pd.DataFrame) -> pd.DataFrame:
    """What training adds to what can be read, paired within seed, as texts for the page.

    Args:
        table: from `probe_table`, with two seeds or more; the conditions "trained" and "random
            weights" have the same ones.

    Returns:
        A row a layer and kind of mean: columns layer, over, R2, RMSE (grey levels), accuracy, class
        selectivity. Texts have the mean over seeds of trained - random weights and its t interval,
        for example "0.12 [0.03, 0.21]".
    """
    rows = []
    for over, mean in table.groupby("over", sort=False):
        for layer, part in mean.groupby("layer", sort=False):
            texts = [_added(part, measure, form) for measure, form in _ADDED.items()]
            rows.append((layer, over, *texts))
    columns = ["layer", "over", "R2", "RMSE", "accuracy", "class selectivity"]
    return pd.DataFrame(rows, columns=columns)


_ADDED = {"r2": ".2f", "rmse": ".1f", "accuracy": ".2f", "selectivity": ".2f"}
"""What training can add to, and how it is printed: to a hundredth, or to a tenth of a level."""


def _added(probed: pd.DataFrame, measure: str, form: str) -> str:
    """Trained minus random weights in one layer, with its interval, as a text."""
    pairs = probed.pivot(index="seed", columns="condition", values=measure)
    ends = paired_interval(pairs["trained"], pairs["random weights"])
    low, high, value = (format(number, "z" + form) for number in ends)
    return f"{value} [{low}, {high}]"


def closed_form_table(arrays: Arrays) -> pd.DataFrame:
    """Responses of a first block beside what its kernels say they are, level by level.

    Args:
        arrays: what `circuit.closed_form` returns.

    Returns:
        Columns layer, unit, level (grey level), measured, predicted, interior (the crude
        prediction); unit by unit.
    """
    levels, count = arrays["levels"], len(arrays["unit"])
    names = {name: np.repeat(arrays[name], len(levels)) for name in ("layer", "unit")}
    values = {name: arrays[name].ravel() for name in ("measured", "predicted", "interior")}
    return pd.DataFrame({**names, "level": np.tile(levels, count), **values})


def closed_form_fit(arrays: Arrays) -> pd.DataFrame:
    """How well the closed form fits, unit by unit.

    Args:
        arrays: what `circuit.closed_form` returns.

    Returns:
        Columns layer, unit, r2, r2_interior, threshold (grey level where the interior of an object
        switches the unit; <NA> where a unit has none).
    """
    table = pd.DataFrame({name: arrays[name] for name in ("layer", "unit", "r2", "r2_interior")})
    threshold = pd.Series(arrays["threshold"], dtype="Float64")
    return table.assign(threshold=threshold.where(arrays["has_threshold"]))


def circuit_fits(fits: Sequence[Arrays]) -> pd.DataFrame:
    """How well both forms fit the units of all seeds, layer by layer.

    Args:
        fits: what `circuit.closed_form` returns, one for each seed.

    Returns:
        A row a layer: columns layer, units (their number, of all seeds), closed_least (least R2 of
        the closed form), crude_median and crude_least (of the form without places).
    """
    units = pd.concat([closed_form_fit(arrays) for arrays in fits])
    return units.groupby("layer", sort=False, as_index=False).agg(
        units=("unit", "size"),
        closed_least=("r2", "min"),
        crude_median=("r2_interior", "median"),
        crude_least=("r2_interior", "min"),
    )
