"""Intervals of measured numbers, and tests over seeds.

Two intervals, for two questions. Student's t over seeds covers what another training would give;
all numbers of networks have it. Wilson's over scenes covers what other scenes would give;
baselines, which have no seeds, have that one. All are 95 % intervals except the
90 % interval by which an effect is shown to be absent.

A bootstrap over three seeds would cover 68 % where it says 95, so none is offered for seeds.
`values` are (n,) finite numbers, one for each of two seeds or more; others raise InvalidInput.
scipy.stats takes 1.5 s to import, so functions import it when they are called.
"""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intensity.units import Unit
from intensity.values import InvalidInput

LEVEL = 0.95
"""The share of repetitions in which an interval holds the truth."""

EQUIVALENCE_LEVEL = 1 - 2 * (1 - LEVEL)
"""The level of the interval that holds two one-sided tests, each at 1 - LEVEL."""

OVER_SEEDS = "Student t over seeds"
"""How results and tables name the first of the two intervals."""

OVER_SCENES = "Wilson over scenes"
"""How they name the second."""

EVERY_SEED = f"{OVER_SCENES}, every seed"
"""How they name what holds every seed's Wilson interval, for rates so near 0 or 1 that seeds cannot
spread."""

Side = Literal["greater", "less", "two-sided"]
"""On which side of a number a test looks for the mean."""


class Interval(NamedTuple):
    """An estimate and the two ends of its interval, all in the unit of what was measured."""

    low: float
    high: float
    value: float

    def row(self, unit: Unit) -> tuple[float, float, float]:
        """The estimate and the two ends as tables have them, cut as the unit says."""
        return self.value, *unit.clip(self.low, self.high)


def t_interval(values: ArrayLike) -> Interval:
    """Student's t interval of a mean: m +- t(.975, n - 1) s / sqrt(n), s with divisor n - 1.

    Reference:
        Student (1908), The probable error of a mean.
    """
    return _student(_seeds(values), LEVEL)


def equivalence_interval(values: ArrayLike) -> Interval:
    """The 90 % Student t interval, by which "no effect" is shown: two one-sided tests at 5 %.

    Both tests, of a mean at or below -margin and of one at or above +margin, reject at 5 % exactly
    where this interval lies wholly inside -margin..+margin: the effect is then equivalent to none.
    The margin has to be chosen beforehand; an interval that reaches out of it shows neither an
    effect nor its absence.

    Reference:
        Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach
        for assessing the equivalence of average bioavailability.
    """
    return _student(_seeds(values), EQUIVALENCE_LEVEL)


def log_t_interval(values: ArrayLike) -> Interval:
    """Student's t interval of a geometric mean of numbers above 0, made on the logarithm.

    A ratio and its inverse get intervals that are each other's inverse.
    """
    numbers = _seeds(values)
    if numbers.min() <= 0:
        raise InvalidInput(f"values: {numbers.tolist()} is not allowed: numbers above 0")
    low, high, mean = t_interval(np.log(numbers))
    return Interval(math.exp(low), math.exp(high), math.exp(mean))


def paired_interval(first: ArrayLike, second: ArrayLike) -> Interval:
    """Student's t interval of the mean of first - second, paired within seed."""
    minuend, subtrahend = _seeds(first), _seeds(second)
    if minuend.size != subtrahend.size:
        sizes = f"{minuend.size} and {subtrahend.size}"
        raise InvalidInput(f"seeds: {sizes} is not allowed: as many of the one as of the other")
    return t_interval(minuend - subtrahend)


def t_test(values: ArrayLike, mean: float = 0.0, *, side: Side) -> float:
    """Student's t test over seeds, with n - 1 degrees of freedom: t = (m - mean) sqrt(n) / s.

    Seeds that are all exactly `mean` have t = 0; other seeds without spread have p = 0.

    Args:
        values: (n,) one number for each seed.
        mean: what the seeds' true mean is if there is nothing to find, in their unit.
        side: the alternative: a true mean above `mean` ("greater"), below, or either.

    Returns:
        p, 0..1.
    """
    from scipy.stats import t as student

    numbers = _seeds(values)
    if not math.isfinite(mean):
        raise InvalidInput(f"mean: {mean} is not allowed: a finite number")
    if side not in get_args(Side):
        raise InvalidInput(f"side: {side!r} is not allowed: one of {', '.join(get_args(Side))}")
    t, freedom = _t(numbers - mean), numbers.size - 1
    if side == "two-sided":
        return float(2 * student.sf(abs(t), freedom))
    return float(student.sf(t if side == "greater" else -t, freedom))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's correction: p values of one family, adjusted so that its error rate is held.

    With p sorted from the smallest, adjusted p(i) is the largest of (m - j + 1) p(j) over j <= i,
    at most 1. Any false rejection among tests with adjusted p <= alpha has a chance <= alpha.

    Args:
        p_values: (m,) one p of each test in the family, 0..1, at least one.

    Returns:
        (m,) the adjusted p, in the given order.

    Reference:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not p.size or not ((p >= 0) & (p <= 1)).all():
        raise InvalidInput(f"p_values: {p.tolist()} is not allowed: one p or more, each in 0..1")
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def holm_intervals(family: Sequence[ArrayLike], bound: float) -> list[Interval]:
    """Student t intervals of a family; lower ends are above a bound as Holm's procedure allows.

    From the smallest p on, interval j of m has the level 1 - (1 - LEVEL) / (m - j + 1) for as long
    as intervals lie above the bound; from the first that does not, the level stays. So the chance
    that any lower end lies above the bound although its mean does not is held for the whole family.

    Args:
        family: for each member (n,) one number for each seed.
        bound: what the means are compared with.
    """
    p = np.array([t_test(values, bound, side="greater") for values in family])
    if not p.size:
        raise InvalidInput("family: 0 members are not allowed: one or more")
    found: dict[int, Interval] = {}
    left = p.size
    for member in np.argsort(p, kind="stable").tolist():
        found[member] = _student(_seeds(family[member]), 1 - (1 - LEVEL) / left)
        left -= found[member].low > bound and left > 1
    return [found[member] for member in range(p.size)]


def wilson(successes: int, trials: int) -> Interval:
    """Wilson's score interval of successes / trials, a rate; it never leaves 0..1.

    Reference:
        Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    from scipy.stats import binomtest

    whole = all(isinstance(count, Integral) for count in (successes, trials))
    if not whole or not 0 <= successes <= trials or trials < 1:
        counts = f"{successes} of {trials}"
        raise InvalidInput(f"successes: {counts} is not allowed: 0..trials of 1 or more")
    low, high = binomtest(successes, trials).proportion_ci(LEVEL, "wilson")
    return Interval(float(low), float(high), successes / trials)


def wilson_of_rates(rates: ArrayLike, scenes: ArrayLike, level: float) -> Interval:
    """From the least to the largest end of every seed's Wilson interval, and the mean rate.

    Rates need not be of whole counts, as scipy's have to be: a scene may count in part. With z the
    normal quantile of the level, an interval is

        (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).

    Args:
        rates: (seeds,) shares, 0..1.
        scenes: (seeds,) how many each is of.
        level: 0..1.
    """
    from scipy.special import ndtri

    p, n, z = np.asarray(rates), np.asarray(scenes), float(ndtri((1 + level) / 2))
    middle = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    shrunk = 1 + z**2 / n
    low, high = np.clip(((middle - half) / shrunk, (middle + half) / shrunk), 0, 1)
    return Interval(float(low.min()), float(high.max()), float(p.mean()))


def _seeds(values: ArrayLike) -> NDArray[np.float64]:
    """The seeds' numbers as (n,) float64."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size < 2 or not np.isfinite(numbers).all():
        raise InvalidInput(
            f"values: {numbers.tolist()} is not allowed: finite numbers of two seeds or more"
        )
    return numbers


def _student(numbers: NDArray[np.float64], level: float) -> Interval:
    """Student's t interval of the mean of (n,) seeds' numbers, at a level in 0..1."""
    from scipy.stats import sem
    from scipy.stats import t as student

    mean, error = float(numbers.mean()), float(sem(numbers))
    if not error:
        return Interval(mean, mean, mean)
    low, high = student.interval(level, numbers.size - 1, loc=mean, scale=error)
    return Interval(float(low), float(high), mean)


def _t(differences: NDArray[np.float64]) -> float:
    """The mean of (n,) differences over its standard error: 0 where none differs, else infinite."""
    mean, error = differences.mean(), differences.std(ddof=1) / math.sqrt(differences.size)
    if error:
        return float(mean / error)
    return math.copysign(math.inf, mean) if mean else 0.0
