"""Tuning of units to intensity: monotonicity, turning points, and thresholds.

A unit's threshold is where its response profile passes half-way between its least and its largest
response. Thresholds near class boundaries could lie there by chance: a layer with many thresholds
has one near every level. So they are compared with the same thresholds shifted along the grey
levels.

Nothing here needs a network; `profiles` are those of `unit_profiles`, and `over` is "space" or
"object", the mean that is described.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from intensity.values import InvalidInput

SILENT = 0.01
"""A unit is silent when its range is less than this share of the largest in its layer."""
WAY_BACK = 0.02
"""A profile turns where it goes back by more than this share of its range."""
EQUAL_DISTANCES = 1e-9
"""Grey levels by which two mean distances may differ and still count as equal."""


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


def turning_points(profile: np.ndarray) -> int:
    """How often a profile turns: rises after it fell, or falls after it rose.

    Args:
        profile: (k,) responses over increasing levels.
    """
    values = np.asarray(profile, np.float64)
    least, turns, direction = WAY_BACK * np.ptp(values), 0, 0
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


def rectified(units: pd.DataFrame) -> list[str]:
    """The names of the layers before the logits, from input to output.

    Args:
        units: from `unit_table`.
    """
    return [str(layer) for layer in dict.fromkeys(units["layer"]) if layer != "logits"]


def turning_share(units: pd.DataFrame, layer: str) -> float:
    """Share of a layer's units with two or more turning points, each weighted by its range.

    A thermometer does not turn, a single bump or dip turns once. A unit that answers alike to
    several bands of intensity and otherwise in between has to turn twice or more. Silent units are
    left out; they had next to no weight.

    Args:
        units: from `unit_table`.
        layer: its name.

    Returns:
        0..1.

    Raises:
        InvalidInput: there is no such layer, or all of its units are silent.
    """
    active = units[(units["layer"] == layer) & ~units["silent"]]
    if active.empty:
        names = ", ".join(units.loc[~units["silent"], "layer"].unique())
        raise InvalidInput(f"layer: {layer!r} is not allowed: with units that respond are {names}")
    return float(np.average(active["turning_points"] >= 2, weights=active["range"]))


def thresholds(profiles: dict[str, np.ndarray]) -> pd.DataFrame:
    """Every threshold of every unit that is not silent, of means over space.

    Returns:
        Columns layer, unit, threshold (grey level, see `halfway`); a unit has a row for each.
    """
    units = unit_table(profiles)
    active = np.flatnonzero(~units["silent"])
    found = [halfway(profiles["levels"], profiles["space"][row]) for row in active]
    rows = units.loc[np.repeat(active, [len(places) for places in found]), ["layer", "unit"]]
    return rows.assign(threshold=np.concatenate([[], *found])).reset_index(drop=True)


def halfway(levels: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Where a profile passes half-way between its least and its largest value.

    Between two levels it is taken as straight. A profile that touches half-way and turns back does
    not pass; one that stays there for a while and goes on passes where it arrives.

    Args:
        profile: (k,) responses.

    Returns:
        (m,) increasing grey levels; none for a constant profile.
    """
    above = np.asarray(profile, np.float64) - (np.min(profile) + np.max(profile)) / 2
    sided = np.flatnonzero(above)
    before = sided[:-1][np.diff(np.sign(above[sided])) != 0]
    share = above[before] / (above[before] - above[before + 1])
    places: np.ndarray = levels[before] + share * (levels[before + 1] - levels[before])
    return places


class Alignment(NamedTuple):
    """How near thresholds lie to class boundaries.

    distance: mean over thresholds of the distance to the nearest boundary, grey levels.
    shifted: (k,) the same for each shift of all thresholds.
    p: how rarely a shift does as well, 1 / (1 + k) .. 1.
    """

    distance: float
    shifted: np.ndarray
    p: float


def alignment(thresholds: np.ndarray, boundaries: np.ndarray, low: int, high: int) -> Alignment:
    """Are thresholds nearer to class boundaries than the same thresholds shifted?

    All thresholds are shifted together, in a circle of the levels low..high, by each whole number
    of levels 1..high - low; their distances from each other stay as they are. With d the mean
    distance from a threshold to the nearest boundary and k shifts,
    p = (1 + number of shifts with d(shifted) <= d) / (1 + k), at least 1/250 on 5..254.

    Where boundaries are equally spaced, shifting by a multiple of the spacing puts one boundary
    onto the next. It only changes thresholds that cross an end, so the test is conservative: a
    small p needs thresholds at the outermost boundaries too.

    Args:
        thresholds: (m,) grey levels, low..high.
        boundaries: (b,) where the class changes, grey levels.
        low: first level that is swept.
        high: last level that is swept.

    Returns:
        The distance, that of every shift, and p.

    Raises:
        InvalidInput: there is no threshold or no boundary, or a threshold lies outside low..high.

    Reference:
        Phipson, Smyth (2010), Permutation p-values should never be zero.
    """
    values, edges = np.asarray(thresholds, np.float64), np.asarray(boundaries, np.float64)
    for name, given in (("thresholds", values), ("boundaries", edges)):
        if given.ndim != 1 or not given.size:
            raise InvalidInput(f"{name}: shape {given.shape} is not allowed: a row of at least one")
    if not ((values >= low) & (values <= high)).all():
        found = f"{values.min():g}..{values.max():g}"
        raise InvalidInput(f"thresholds: {found} is not allowed: {low}..{high}")
    start, around = low - 0.5, high - low + 1  # each level is the middle of a cell of width 1
    shifts = np.arange(1, around)[:, None]
    distance = _mean_distance(values, edges)
    shifted = _mean_distance((values - start + shifts) % around + start, edges)
    as_good = np.count_nonzero(shifted <= distance + EQUAL_DISTANCES)
    return Alignment(float(distance), shifted, (1 + as_good) / around)


def _mean_distance(places: np.ndarray, boundaries: np.ndarray) -> np.ndarray:
    distances: np.ndarray = np.abs(places[..., None] - boundaries).min(axis=-1).mean(axis=-1)
    return distances
