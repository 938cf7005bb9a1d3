"""Thresholds: the grey levels at which units switch, and whether the class changes there.

A unit's threshold is where its response profile passes half-way between its least and its largest
response. Thresholds near class boundaries could lie there by chance: a layer with many thresholds
has one near everything. So they are compared with themselves, shifted along the grey levels.

Nothing here needs a network; the profiles come from `profiles`.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from intensity.analysis.monotonicity import unit_table
from intensity.values import InvalidInput

ROUNDING = 1e-9
"""Grey levels by which two mean distances may differ and still count as equal."""


def thresholds(profiles: dict[str, np.ndarray], over: str = "space") -> pd.DataFrame:
    """Every threshold of every unit that is not silent.

    Args:
        profiles: from `response_profiles`.
        over: "space" or "object", which mean is described.

    Returns:
        Columns layer, unit, threshold (grey level, see `halfway`); a unit has a row for each.
    """
    units = unit_table(profiles, over)
    active = np.flatnonzero(~units["silent"])
    found = [halfway(profiles["levels"], profiles[over][row]) for row in active]
    rows = units.loc[np.repeat(active, [len(places) for places in found]), ["layer", "unit"]]
    return rows.assign(threshold=np.concatenate([[], *found])).reset_index(drop=True)


def halfway(levels: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Where a profile passes half-way between its least and its largest value.

    Between two levels it is taken as straight. A profile that touches half-way and turns back does
    not pass; one that stays there for a while and goes on passes where it arrives.

    Args:
        levels: (k,) increasing grey levels.
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
    as_good = np.count_nonzero(shifted <= distance + ROUNDING)
    return Alignment(float(distance), shifted, (1 + as_good) / around)


def _mean_distance(places: np.ndarray, boundaries: np.ndarray) -> np.ndarray:
    """(...) mean distance from places (..., m) to the nearest of boundaries (b,)."""
    distances: np.ndarray = np.abs(places[..., None] - boundaries).min(axis=-1).mean(axis=-1)
    return distances
