"""Means of shares over seeds with their intervals, as several tables have them."""

import numpy as np
import pandas as pd

from intensity.statistics.intervals import t_interval


def summarized(table: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Means of a share over seeds with t intervals.

    Args:
        table: a row a seed, two or more for each set of keys.
        keys: columns whose values say what is averaged together.
        column: the share, 0..1.

    Returns:
        Columns: the keys, the column (its mean), low, high; in the order of first appearance.

    Raises:
        InvalidInput: some keys have fewer than two seeds, or a share is not finite.
    """
    rows = [
        (*names, *limited(part[column].to_numpy()))
        for names, part in table.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*keys, column, "low", "high"])


def limited(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and a t interval within what a share can be.

    Args:
        values: (n,) a share for each seed, 0..1.

    Returns:
        The mean and the two ends of its interval, cut at 0 and 1.

    Raises:
        InvalidInput: as for `t_interval`.
    """
    interval = t_interval(values)
    return interval.value, max(interval.low, 0.0), min(interval.high, 1.0)
