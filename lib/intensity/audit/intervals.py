"""Intervals over groups: images of one patient are alike, so whole groups are drawn again.

Reference:
    Efron (1979), Bootstrap methods. Hesterberg (2015), What teachers should know about the
    bootstrap, section 5.3.2: percentiles that are further out where groups are few.
"""

import math
from functools import lru_cache

import numpy as np

from intensity.audit.cases import FEWEST_GROUPS
from intensity.statistics.intervals import LEVEL, Interval, wilson

DRAWS = 2000
"""How often the groups are drawn."""
OVER_GROUPS = "cluster bootstrap over groups"
REFUSED = f"no interval: fewer than {FEWEST_GROUPS} groups"
"""How results name the two."""


def ratio_interval(
    numerator: np.ndarray, denominator: np.ndarray, group: np.ndarray, share: bool = True
) -> Interval:
    """The sum of one number over that of another, with its 95 % interval over groups.

    Percentiles of the bootstrap, taken at Phi(-sqrt(g / (g - 1)) t(.975, g - 1)) and its mirror
    for g groups, those with something to be divided by. Where all groups agree, a share has
    Wilson's interval of so many groups.

    Args:
        numerator: (n,) numbers.
        denominator: (n,) likewise; ones for a mean.
        group: (n,) whole numbers.
        share: whether it is one of 0..1.

    Returns:
        The ends are NaN where there are fewer than `FEWEST_GROUPS` groups.
    """
    from scipy.special import ndtr
    from scipy.stats import t as student

    _, number = np.unique(group, return_inverse=True)
    sums = np.stack([np.bincount(number, weights=part) for part in (numerator, denominator)])
    above, below = sums[:, sums[1] > 0]
    count = len(above)
    value = float(above.sum() / below.sum()) if count else math.nan
    if count < FEWEST_GROUPS:
        return Interval(math.nan, math.nan, value)
    if share and np.ptp(above / below) == 0:
        low, high, _ = wilson(round(value * count), count)
        return Interval(min(low, value), max(high, value), value)
    drawn = _drawn(count)
    ratios = (drawn @ above) / (drawn @ below)
    quantile = float(student.ppf((1 + LEVEL) / 2, count - 1)) * math.sqrt(count / (count - 1))
    tail = float(ndtr(-quantile))
    low, high = np.quantile(ratios, (tail, 1 - tail))
    return Interval(float(min(low, value)), float(max(high, value)), value)


@lru_cache(maxsize=8)
def _drawn(count: int) -> np.ndarray:
    """(draws, count) how often each group is drawn, as floats, whose products are quick."""
    rng = np.random.Generator(np.random.Philox(key=count))
    return rng.multinomial(count, np.full(count, 1 / count), DRAWS).astype(float)
