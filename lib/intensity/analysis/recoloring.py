"""What becomes of answers when objects are recolored in matched pairs, by distance to a boundary.

A pair is a level of another class and one of the same class, equally far from the object's own.
Its *distance* is the smallest one from any of these three levels to the nearest class boundary: a
network that misplaces a boundary by a few levels fails for small distances only.
"""

import numpy as np
import pandas as pd

from intensity.data.scenes import Scenes
from intensity.interventions.recoloring import matched_pairs
from intensity.values import InvalidInput

INSIDE = 5
"""Pairs of at least this distance lie inside of their bands, grey levels."""
_SHARES = ["followed", "changed"]


def pair_outcomes(
    scenes: Scenes,
    pairs: int,
    before: np.ndarray,
    other: np.ndarray,
    same: np.ndarray,
    margin: int = 0,
) -> pd.DataFrame:
    """Every matched pair: how far from a boundary it is, and what was answered.

    Args:
        scenes: n scenes of a task with boundaries in intensity.
        pairs: of a scene, at most.
        before: (n,) classes predicted for the scenes as they are.
        other: (m,) those after recoloring to the other class's level of each of m pairs.
        same: (m,) those after recoloring to the same class's level.
        margin: the smallest distance of pairs, as in `matched_pairs`.

    Returns:
        Columns scene (0..n - 1), distance (grey levels), followed (to the other level's class, by a
        change of the answer), changed (at the level of the same class).

    Raises:
        InvalidInput: there is not one answer a pair.
    """
    rows, to_other, to_same = matched_pairs(scenes, pairs, margin)
    if not len(rows) == len(other) == len(same):
        sizes = f"{len(other)} and {len(same)}"
        raise InvalidInput(f"other, same: {sizes} answers are not allowed: {len(rows)}, one a pair")
    levels = np.stack([scenes.intensity[rows].astype(int), to_other, to_same])
    distance = np.abs(levels[..., None] - scenes.task.edges).min(axis=(0, 2))
    new, old = scenes[rows].label_at(to_other), np.asarray(before)[rows]
    followed = (other == new) & (other != old)
    columns = {"scene": rows, "distance": distance, "followed": followed, "changed": same != old}
    return pd.DataFrame(columns)


def pair_shares(table: pd.DataFrame) -> pd.Series:
    """Shares of answers, scenes counting alike whatever their number of pairs.

    Args:
        table: from `pair_outcomes`.

    Returns:
        followed, changed, and scenes: how many these are.

    Raises:
        InvalidInput: there is no pair.
    """
    if table.empty:
        raise InvalidInput("scenes: 0 with matched pairs of levels are not allowed: at least one")
    means = table.groupby("scene")[_SHARES].mean()
    return pd.concat([means.mean(), pd.Series({"scenes": len(means)})])


def outcomes_by_distance(table: pd.DataFrame) -> pd.DataFrame:
    """Shares of answers by distance to the nearest boundary.

    Args:
        table: from `pair_outcomes`.

    Returns:
        Columns distance, count (pairs), followed, changed (shares of these).
    """
    groups = table.groupby("distance")
    shares = groups[_SHARES].mean()
    return groups.size().rename("count").to_frame().join(shares).reset_index()
