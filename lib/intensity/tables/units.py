"""What single units do with intensity: turning points, thresholds, probes, closed forms.

Most tables have a row a seed, and a summary with means and t intervals over seeds beside it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.analysis.tuning import (
    alignment,
    layer_table,
    thresholds,
    turning_share,
    unit_table,
)
from intensity.statistics.intervals import paired_interval
from intensity.tables.summaries import summarized
from intensity.units import FRACTION, PLAIN, UNITS, Unit

Arrays = Mapping[str, np.ndarray]

_PROBED = ["condition", "layer", "depth", "over"]
"""What is averaged together over seeds."""

_MEASURES = {
    "r2": UNITS["R2"],
    "rmse": Unit("grey levels", 0),  # an error may exceed the range of grey levels
    "accuracy": UNITS[FRACTION],
    "selectivity": UNITS[FRACTION],
    "shuffled_r2": UNITS["R2"],
    "shuffled_accuracy": UNITS[FRACTION],
    "shuffled_selectivity": UNITS[FRACTION],
}
"""Measures of a probe and their units."""


def depth_table(profiles: Mapping[str, Sequence[dict[str, np.ndarray]]]) -> pd.DataFrame:
    """How the units of each rectified layer respond to intensity, silent ones left out.

    Args:
        profiles: response profiles, one for each seed, by condition.

    Returns:
        Columns condition, layer, depth (0, 1, ...), seed, monotonicity (0..1, mean over units),
        share (of units with two or more turning points, weighted by their ranges), silent (share of
        units whose range is under 1 % of the layer's largest).

    Raises:
        InvalidInput: all units of a layer are silent.
    """
    rows = []
    for condition, group in profiles.items():
        for seed, profile in enumerate(group):
            units = unit_table(profile)
            layers = layer_table(units[units["layer"] != "logits"])
            for depth, row in enumerate(layers.to_dict("records")):
                share = turning_share(units, row["layer"])
                numbers = (row["monotonicity"], share, row["silent"] / row["units"])
                rows.append((condition, row["layer"], depth, seed, *numbers))
    columns = ["condition", "layer", "depth", "seed", "monotonicity", "share", "silent"]
    return pd.DataFrame(rows, columns=columns)


def depth_summary(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Means over seeds of a share in `depth_table`: condition, layer, depth, share, low, high."""
    return summarized(table, ["condition", "layer", "depth"], column)


def at_layer(table: pd.DataFrame, layer: str, column: str) -> dict[str, list[float]]:
    """A column of `depth_table` at a layer, by condition one number a seed."""
    rows = table[table["layer"] == layer].sort_values("seed")
    return {str(name): part[column].tolist() for name, part in rows.groupby("condition")}


def threshold_table(profiles: Sequence[dict[str, np.ndarray]], layer: str) -> pd.DataFrame:
    """Where the units of a layer pass half-way between their least and largest response.

    Args:
        profiles: response profiles, one for each seed.
        layer: its name.

    Returns:
        Columns seed, layer, unit, level (of the threshold, grey levels); silent units have none.
    """
    parts = []
    for seed, profile in enumerate(profiles):
        found = thresholds(profile).rename(columns={"threshold": "level"})
        parts.append(found[found["layer"] == layer].assign(seed=seed))
    return pd.concat(parts, ignore_index=True)[["seed", "layer", "unit", "level"]]


def alignment_table(
    places: pd.DataFrame, boundaries: np.ndarray, low: int, high: int
) -> pd.DataFrame:
    """Are thresholds nearer to class boundaries than the same thresholds shifted, in each seed?

    Args:
        places: from `threshold_table`.
        boundaries: (b,) where the class changes, grey levels, for example `task.edges`.
        low: first level of the profiles.
        high: last level of the profiles.

    Returns:
        Columns seed, thresholds (their number), distance (mean to the nearest boundary, grey
        levels), shifted (mean of that over all shifts), advantage (shifted less distance), p.

    Raises:
        InvalidInput: a seed has no threshold, or as for `alignment`.
    """
    rows = []
    for seed, part in places.groupby("seed"):
        found = alignment(part["level"].to_numpy(), boundaries, low, high)
        rows.append((seed, len(part), found.distance, found.shifted.mean(), found.p))
    table = pd.DataFrame(rows, columns=["seed", "thresholds", "distance", "shifted", "p"])
    table.insert(4, "advantage", table["shifted"] - table["distance"])
    return table


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
    columns = ["condition", "seed", "layer", "depth", "over", *_MEASURES, "chance"]
    return pd.concat(parts, ignore_index=True)[columns]


def probe_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means of probes over seeds with t intervals.

    Args:
        table: from `probe_table`, with two seeds or more.

    Returns:
        Columns condition, layer, depth, over, measure ("r2", "rmse", "accuracy", "selectivity",
        "shuffled_r2", ...), value (mean), low, high (cut at what the measure can be).
    """
    parts = [
        summarized(table, _PROBED, measure, unit)
        .rename(columns={measure: "value"})
        .assign(measure=measure)
        for measure, unit in _MEASURES.items()
    ]
    columns = [*_PROBED, "measure", "value", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns]


def probe_difference(table: pd.DataFrame, condition: str, other: str) -> pd.DataFrame:
    """What one condition has more than another to be read, paired within seed, as texts.

    Args:
        table: from `probe_table`, with two seeds or more; both conditions have the same ones.
        condition: for example "trained".
        other: that is subtracted.

    Returns:
        A row a layer and kind of mean: columns layer, over, R2, RMSE (grey levels), accuracy, class
        selectivity: the mean difference over seeds and its t interval as a text, for example
        "0.12 [0.03, 0.21]".
    """
    rows = []
    for over, mean in table.groupby("over", sort=False):
        for layer, part in mean.groupby("layer", sort=False):
            row = {"layer": layer, "over": over}
            for measure, (name, places) in _WRITTEN.items():
                pairs = part.pivot(index="seed", columns="condition", values=measure)
                difference = paired_interval(pairs[condition], pairs[other]).row(PLAIN)
                row[name] = PLAIN.estimate(*difference, places)
            rows.append(row)
    return pd.DataFrame(rows)


_WRITTEN = {
    "r2": ("R2", 2),
    "rmse": ("RMSE", 1),
    "accuracy": ("accuracy", 2),
    "selectivity": ("class selectivity", 2),
}
"""Measures in the table of differences: name and decimals."""


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
    """How well the closed form fits, a row a unit; `arrays` as for `closed_form_table`.

    Returns:
        Columns layer, unit, r2, r2_interior, threshold (grey level where the interior of an object
        switches the unit; <NA> where a unit has none).
    """
    table = pd.DataFrame({name: arrays[name] for name in ("layer", "unit", "r2", "r2_interior")})
    threshold = pd.Series(arrays["threshold"], dtype="Float64")
    return table.assign(threshold=threshold.where(arrays["has_threshold"]))


def circuit_fits(fits: Sequence[Arrays]) -> pd.DataFrame:
    """How well both forms fit the units of all seeds, a row a layer; `fits` has one a seed.

    Returns:
        Columns layer, units (their number, of all seeds), closed_form_least (least R2 of the closed
        form), crude_median and crude_least (of the form without places).
    """
    units = pd.concat([closed_form_fit(arrays) for arrays in fits])
    return units.groupby("layer", sort=False, as_index=False).agg(
        units=("unit", "size"),
        closed_form_least=("r2", "min"),
        crude_median=("r2_interior", "median"),
        crude_least=("r2_interior", "min"),
    )
