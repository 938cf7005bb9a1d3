"""Means over seeds with their intervals, as most tables have them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from intensity.statistics.intervals import t_interval
from intensity.statistics.measurements import Measurement
from intensity.units import FRACTION, PERCENT, UNITS, Unit, find_unit


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


def spread_table(measurements: Iterable[Measurement]) -> pd.DataFrame:
    """How far shares of several seeds lie apart, beside what counting so few scenes would do alone.

    A share p of n scenes has the standard error sqrt(p (1 - p) / n), or less where a scene can
    count in part.

    Returns:
        One row a measured share of two seeds or more: columns id, value, spread (standard deviation
        over seeds), sampling (the error over scenes, root mean square over seeds; at most), all
        three in percent or points, and scenes.
    """
    rows = []
    for one in measurements:
        unit, seeds = find_unit(one.unit), np.array(one.seeds or ())
        if len(seeds) > 1 and (unit.low, unit.high, unit.scale) == (0, 1, PERCENT):
            error = np.sqrt((seeds * (1 - seeds)).mean() / one.n.scenes)
            numbers = PERCENT * np.array([one.value, seeds.std(ddof=1), error])
            rows.append((one.id, *numbers.round(2), one.n.scenes))
    return pd.DataFrame(rows, columns=["id", "value", "spread", "sampling", "scenes"])
