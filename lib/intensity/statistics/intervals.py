"""Intervals of measured numbers, and tests over seeds.

Two intervals, for two questions. Student's t over seeds covers what another training would give;
all numbers of networks have it, on the scale where a mean of seeds is sensible: ratios on the
logarithm, rates near 0 or 1 and small counts on the logit. Wilson's over scenes covers what other
scenes would give; baselines, which have no seeds, have that one. All are 95 % intervals except the
90 % interval by which an effect is shown to be absent.

A bootstrap over three seeds would cover 68 % where it says 95, so none is offered for seeds.
`values` are (n,) finite numbers, one for each of two seeds or more; others raise InvalidInput.
scipy.stats takes 1.5 s to import, so functions import it when they are called.
"""

import math
from collections.abc import Callable
from numbers import Integral
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intensity.units import FRACTION, Unit
from intensity.values import InvalidInput

LEVEL = 0.95
"""The share of repetitions in which an interval holds the truth."""

EQUIVALENCE_LEVEL = 1 - 2 * (1 - LEVEL)
"""The level of the interval that holds two one-sided tests, each at 1 - LEVEL."""

OVER_SEEDS = "Student t over seeds"
"""How results and tables name the first of the two intervals."""

OVER_SCENES = "Wilson over scenes"
ONE_SEED = f"one seed, {OVER_SCENES}, minus {OVER_SEEDS}"
"""How they name the second."""

NEAR = 0.02
"""Rates this close to 0 or 1 are averaged on the logit."""

FEW = 10
"""So are rates whose seeds have, on average, fewer scenes than this that count, or that do not."""

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


class Scale(NamedTuple):
    """A scale on which numbers of seeds are averaged, and the ways there and back."""

    method: str
    """How the interval made on it is called."""
    there: Callable[[Any], Any]
    back: Callable[[float], float]


def _odds(rate: float) -> float:
    """The logarithm of rate / (1 - rate)."""
    return math.log(rate / (1 - rate)) if 0 < rate < 1 else math.copysign(math.inf, rate - 0.5)


PLAIN_SCALE = Scale(OVER_SEEDS, lambda x: x, lambda x: x)
LOG_SCALE = Scale(f"{OVER_SEEDS}, on the logarithm", np.log, math.exp)
LOGIT_SCALE = Scale(f"{OVER_SEEDS}, on the logit", _odds, lambda x: 1 / (1 + math.exp(-x)))


class Scaled(NamedTuple):
    """Numbers of seeds on the scale on which their mean is estimated."""

    numbers: NDArray[np.float64]
    """(seeds,)"""
    scale: Scale
    counting: float = 0.0
    """Standard deviation that counting scenes alone gives one seed's rate, on the scale."""
    pooled: tuple[float, int] | None = None
    """On the logit: the rate of all seeds together, and the scenes of all."""

    def interval(self, level: float) -> tuple[float, float]:
        """The two ends of Student's t interval of the mean, in the unit of what was measured.

        On the logit it also holds Wilson's interval of all seeds' scenes together: seeds that are
        alike by chance, or all 0, leave that much unknown.
        """
        low, high, _ = _student(self.numbers, level)
        ends = [self.scale.back(low), self.scale.back(high)]
        if self.pooled:
            ends += _wilson_of(*self.pooled, level)
        return min(ends), max(ends)

    def p_below(self, bound: float) -> float:
        """The p of the test that the mean is below a bound; under 5 % where the 90 % interval is.

        Args:
            bound: in the unit of what was measured.
        """
        from scipy.special import ndtr

        p = t_test(self.numbers, self.scale.there(bound), side="less")
        if not self.pooled:
            return p
        rate, scenes = self.pooled
        score = (rate - bound) / math.sqrt(bound * (1 - bound) / scenes)
        return max(p, float(ndtr(score)))


def on_scale(values: ArrayLike, unit: Unit, scenes: int) -> Scaled:
    """Numbers of seeds on the scale where their mean is sensible.

    Ratios are averaged on the logarithm. Rates within 2 % of 0 or 1, and rates of few counts, are
    averaged on the logit, ln((k + .5) / (n - k + .5)) for k of n scenes, where they are not skewed
    and no interval leaves 0..1. All others are averaged as they are.

    Args:
        values: (seeds,) in the unit.
        unit: theirs.
        scenes: how many each seed's number was counted on.

    Reference:
        Haldane (1956), The estimation and significance of the logarithm of a ratio of frequencies.
    """
    numbers = _seeds(values)
    if unit.log:
        if numbers.min() <= 0:
            raise InvalidInput(f"values: {numbers.tolist()} is not allowed: numbers above 0")
        return Scaled(np.log(numbers), LOG_SCALE)
    if unit.name != FRACTION or scenes < 1 or not all(map(unit.holds, numbers)):
        return Scaled(numbers, PLAIN_SCALE)
    mean = float(numbers.mean())
    if NEAR < mean < 1 - NEAR and FEW <= mean * scenes <= scenes - FEW:
        return Scaled(numbers, PLAIN_SCALE, math.sqrt(mean * (1 - mean) / scenes))
    counts = np.clip(numbers, 0, 1) * scenes
    counted, others = counts + 0.5, scenes - counts + 0.5
    counting = float(np.sqrt((1 / counted + 1 / others).mean()))
    pooled = mean, scenes * numbers.size
    return Scaled(np.log(counted / others), LOGIT_SCALE, counting, pooled)


def seed_interval(
    values: ArrayLike, unit: Unit, scenes: int, level: float = LEVEL
) -> tuple[Interval, str]:
    """The mean over seeds with its interval, and how that was made.

    The value is the mean of the seeds, the geometric one for ratios; the interval holds it.

    Args:
        values: (seeds,) in the unit.
        unit: theirs.
        scenes: how many each seed's number was counted on.
        level: 0..1; `EQUIVALENCE_LEVEL` holds two one-sided tests at 5 %, by which "no effect" is
            shown: both reject exactly where this interval lies wholly inside the margin.

    Reference:
        Student (1908), The probable error of a mean. Schuirmann (1987), A comparison of the two
        one-sided tests procedure and the power approach.
    """
    scaled = on_scale(values, unit, scenes)
    value = math.exp(scaled.numbers.mean()) if unit.log else float(_seeds(values).mean())
    low, high = scaled.interval(level)
    return Interval(*unit.clip(min(low, value), max(high, value)), value), scaled.scale.method


def t_interval(values: ArrayLike) -> Interval:
    """Student's t interval of a mean: m +- t(.975, n - 1) s / sqrt(n), s with divisor n - 1.

    Reference:
        Student (1908), The probable error of a mean.
    """
    return _student(_seeds(values), LEVEL)


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


def interval_of_difference(one: Interval, other: Interval) -> Interval:
    """The interval of one independent estimate minus another, made from the intervals of both.

    Of Wilson's intervals of two rates it makes Newcombe's.

    Reference:
        Zou, Donner (2008), Construction of confidence limits about effect measures, section 2.
    """
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    difference = one.value - other.value
    return Interval(difference - below, difference + above, difference)


def _wilson_of(rate: float, scenes: int, level: float) -> tuple[float, float]:
    """The two ends of Wilson's interval of a rate, which need not be of a whole count.

    With z the normal quantile of the level, for a scene may count in part:

        (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).
    """
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    half = z * math.sqrt(rate * (1 - rate) / scenes + (z / (2 * scenes)) ** 2)
    middle, shrunk = rate + z**2 / (2 * scenes), 1 + z**2 / scenes
    return max((middle - half) / shrunk, 0.0), min((middle + half) / shrunk, 1.0)


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
    if not error or not np.ptp(numbers):  # the error of equal numbers may be their rounding
        return Interval(mean, mean, mean)
    low, high = student.interval(level, numbers.size - 1, loc=mean, scale=error)
    return Interval(float(low), float(high), mean)


def _t(differences: NDArray[np.float64]) -> float:
    """The mean of (n,) differences over its standard error: 0 where none differs, else infinite."""
    mean, error = differences.mean(), differences.std(ddof=1) / math.sqrt(differences.size)
    if error:
        return float(mean / error)
    return math.copysign(math.inf, mean) if mean else 0.0
