"""How monotone response profiles are: unit by unit, and layer by layer.

Nothing here needs a network; the profiles come from `profiles`.
"""

import numpy as np
import pandas as pd

from intensity.values import InvalidInput

SILENT = 0.01
"""A unit is silent when its range is less than this share of the largest in its layer."""
TOLERANCE = 0.02
"""A profile turns where it goes back by more than this share of its range."""


def monotonicity(profile: np.ndarray) -> np.ndarray:
    """M = |f(last) - f(first)| / sum |df|: 1 for a monotone profile, 0 for one that comes back.

    Args:
        profile: (..., k) responses over increasing levels.

    Returns:
        (...) float64 in 0..1; a constant profile counts as monotone.
    """
    values = np.asarray(profile, np.float64)
    way = np.abs(np.diff(values)).sum(axis=-1)
    net = np.abs(values[..., -1] - values[..., 0])
    share: np.ndarray = np.divide(net, way, out=np.ones_like(way), where=way > 0)
    return share.clip(0, 1)


def turning_points(profile: np.ndarray, tolerance: float = TOLERANCE) -> int:
    """How often a profile turns: rises after it fell, or falls after it rose.

    Args:
        profile: (k,) responses over increasing levels.
        tolerance: a way back counts once it exceeds this share of the profile's range.
    """
    values = np.asarray(profile, np.float64)
    least, turns, direction = tolerance * np.ptp(values), 0, 0
    low = high = values[0]
    for value in values[1:]:
        low, high = min(low, value), max(high, value)
        if direction <= 0 and value - low > least:
            turns, direction, high = turns + (direction < 0), 1, value
        elif direction >= 0 and high - value > least:
            turns, direction, low = turns + (direction > 0), -1, value
    return int(turns)


def unit_table(profiles: dict[str, np.ndarray], over: str = "space") -> pd.DataFrame:
    """One row a unit: how it responds on the sweep.

    Args:
        profiles: from `response_profiles`.
        over: "space" or "object", which mean is described.

    Returns:
        Columns layer, unit, range (of activation), silent (range under 1 % of the layer's largest),
        monotonicity (0..1), turning_points.
    """
    values = profiles[over]
    table = pd.DataFrame({"layer": profiles["layer"], "unit": profiles["unit"]})
    table["range"] = np.ptp(values, axis=1)
    largest = table.groupby("layer")["range"].transform("max")
    table["silent"] = (table["range"] < SILENT * largest) | (largest == 0)
    table["monotonicity"] = monotonicity(values)
    table["turning_points"] = [turning_points(row) for row in values]
    return table


def layer_table(units: pd.DataFrame) -> pd.DataFrame:
    """One row a layer, in the network's order: means over its units that are not silent.

    Args:
        units: from `unit_table`.

    Returns:
        Columns layer, units, silent (both counts), monotonicity, turning_points (means).

    Raises:
        InvalidInput: all units of a layer are silent, so that there is nothing to average.
    """
    layers = units.groupby("layer", sort=False)
    table = layers.agg(units=("unit", "size"), silent=("silent", "sum"))
    dead = table.index[table["units"] == table["silent"]]
    if len(dead):
        raise InvalidInput(f"layers: no unit of {dead[0]} responds to intensity; leave it out")
    active = units[~units["silent"]].groupby("layer", sort=False)
    means = active[["monotonicity", "turning_points"]].mean()
    return table.join(means).reset_index()
