"""What would decide a claim that is undecided: how many seeds, or more scenes.

All answers take the mean and the standard deviation over seeds that were measured for true, and
the second is known badly: of five seeds it may be 0.6 to 2.9 times what was measured.
"""

import math
from bisect import bisect_left
from typing import NamedTuple

from numpy.typing import ArrayLike

from intensity.statistics.intervals import LEVEL, on_scale
from intensity.units import Unit

POWER = 0.8
"""The chance of being decided that is asked for."""

MOST = 100
"""Seeds beyond which a value lies too near its threshold to be decided by seeds."""

_LIMIT = 10**7


class Deciding(NamedTuple):
    """What would decide on which side of a threshold a mean over seeds lies."""

    gap: float
    """From the mean to the threshold, on the scale where the interval is made."""
    spread: float
    """Standard deviation over seeds, there."""
    counting: float
    """Of that, what counting scenes alone gives a rate, there; 0 where it is no rate."""
    for_width: int
    """Seeds at which half the expected interval is smaller than the gap."""
    for_power: int
    """Seeds with which the chance of a decision is 80 %."""

    @property
    def hopeless(self) -> bool:
        """Whether the value lies too near the threshold to be decided by seeds."""
        return self.for_power > MOST

    @property
    def limited_by_scenes(self) -> bool:
        """Whether at least half of the variance over seeds comes from counting scenes."""
        return 2 * self.counting**2 >= self.spread**2 and self.counting > 0


def what_decides(
    values: ArrayLike, threshold: float, unit: Unit, scenes: int, level: float = LEVEL
) -> Deciding:
    """What would decide, from the seeds that there are.

    Args:
        values: (seeds,) in the unit.
        threshold: in the unit.
        unit: theirs.
        scenes: how many each seed's number was counted on.
        level: of the interval that decides.
    """
    scaled = on_scale(values, unit, scenes)
    gap = abs(float(scaled.numbers.mean()) - scaled.scale.there(threshold))
    spread = max(float(scaled.numbers.std(ddof=1)), scaled.counting if scaled.pooled else 0.0)
    numbers = seeds_for_width(gap, spread, level), seeds_for_power(gap, spread, level)
    return Deciding(gap, spread, scaled.counting, *numbers)


def seeds_for_width(gap: float, spread: float, level: float = LEVEL) -> int:
    """The fewest seeds n at which t(n - 1) spread / sqrt(n) is smaller than a gap.

    Args:
        gap: between a mean and a threshold.
        spread: standard deviation over seeds, in the same unit.
        level: of the interval that decides.
    """
    from scipy.stats import t as student

    def narrow(n: int) -> bool:
        """Whether half the interval of n seeds is smaller than the gap."""
        return bool(student.ppf((1 + level) / 2, n - 1) * spread / math.sqrt(n) < gap)

    return 2 + bisect_left(range(2, _LIMIT), True, key=narrow)


def seeds_for_power(gap: float, spread: float, level: float = LEVEL) -> int:
    """The fewest seeds with which a t test tells a mean from a threshold in 80 of 100 cases.

    The power is that of the noncentral t distribution, with noncentrality gap sqrt(n) / spread.

    Args:
        gap: between a mean and a threshold.
        spread: standard deviation over seeds, in the same unit.
        level: of the interval that decides; it holds two tests at (1 - level) / 2.

    Reference:
        Cohen (1988), Statistical power analysis for the behavioral sciences.
    """
    from scipy.stats import nct, norm
    from scipy.stats import t as student

    if not spread:
        return 2 if gap else _LIMIT

    def enough(n: int) -> bool:
        """Whether n seeds have the power that is asked for."""
        shift = gap * math.sqrt(n) / spread
        if n > 1000 or shift > 30:  # where the noncentral t is slow and the normal is as good
            return bool(norm.sf(norm.isf((1 - level) / 2) - shift) >= POWER)
        return bool(nct.sf(student.isf((1 - level) / 2, n - 1), n - 1, shift) >= POWER)

    return 2 + bisect_left(range(2, _LIMIT), True, key=enough)


def scenes_for_width(scenes: int, half: float, gap: float) -> int:
    """The scenes at which half an interval over scenes, of width 1 / sqrt(scenes), is the gap."""
    return math.ceil(scenes * (half / gap) ** 2) if gap else _LIMIT
