"""Means over seeds with their intervals, as most tables have them."""

import pandas as pd

from intensity.statistics.intervals import t_interval
from intensity.units import FRACTION, UNITS, Unit


def summarized(
    table: pd.DataFrame, keys: list[str], column: str, unit: Unit = UNITS[FRACTION]
) -> pd.DataFrame:
    """Means over seeds with t intervals.

    Args:
        table: a row a seed, two or more for each set of keys.
        keys: columns whose values say what is averaged together.
        column: the numbers.
        unit: of the column; intervals are cut as it says.

    Returns:
        Columns: the keys, the column (its mean), low, high; in the order of first appearance.

    Raises:
        InvalidInput: some keys have fewer than two seeds, or a number is not finite.
    """
    rows = [
        (*names, *t_interval(part[column]).row(unit))
        for names, part in table.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*keys, column, "low", "high"])
