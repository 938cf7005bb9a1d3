"""Verification of a run: its numbers against the published ones.

On the machine and with the versions that made the published run every number is identical.
Elsewhere sums are rounded otherwise, trainings end in other weights, and numbers differ as those of
other seeds would. A run that differs by no more than that passes in at least 95 of 100 cases, all
numbers together; one with a network that was trained on other labels does not. Both are simulated
from the published spreads in tests/runner/test_verify.py.

The tolerance of a mean over k seeds with standard deviation s is 10 s sqrt(2 / k), ten standard
errors of a difference, plus 8 % of the range of its unit, since three seeds may be alike by chance.
A rate over scenes without seeds may move by half its interval. An exact number that rests on no
training has to be the same; of one that does no spread is known, and it is not judged. Neither is
a number whose tolerance holds all that its unit allows. The data of the same figures have to be
there, in the same columns. Verdicts of claims that differ are listed; they alone let no run fail,
since an interval may lie close to its threshold.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from intensity.claims.definitions import SOURCES
from intensity.claims.expected import (
    expected_path,
    figure_columns,
    load_expected,
)
from intensity.claims.results import RunResults, load_results
from intensity.environment import Layout
from intensity.statistics.measurements import Measurement
from intensity.storage.files import write_aside
from intensity.units import Unit, find_unit
from intensity.values import shown

LEAST = 1e-3
"""The least relative tolerance of a number that trainings go into: some are the same in all."""

ROUNDING = 1e-6
"""The relative tolerance of an exact number that no training goes into."""

ERRORS = 10.0
"""Standard errors of a difference between two runs that are allowed."""

SLACK = 0.08
"""What is allowed beside them, as a share of the range of the unit."""

MOST = 10
"""How many lines of a kind are printed."""

Verdict = Literal["identical", "within", "outside", "not judged"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


class Move(NamedTuple):
    """What became of one number."""

    id: str
    expected: float
    """The published value; NaN where there is none."""
    found: float
    """The value of this run; NaN where there is none."""
    moved: float
    """How far apart they are, on the logarithm where the unit is a ratio."""
    tolerance: float
    """How far apart they may be; NaN where no spread is known."""
    verdict: Verdict
    """Not judged where no spread is known, or where no number could be outside."""

    def __str__(self) -> str:
        tolerance = "none" if math.isnan(self.tolerance) else f"{self.tolerance:.3g}"
        return (
            f"{self.id}: {self.expected:.6g} -> {self.found:.6g}, "
            f"moved by {self.moved:.3g}, tolerance {tolerance}"
        )


def verify(layout: Layout, profile: str) -> Iterator[str]:
    """Compare a run with what is published of its profile, and keep it in its verification.csv.

    Yields:
        Lines for people. The last one is empty where everything is as it should be, else it says
        what is outside.
    """
    expected, folder = load_expected(layout, profile), layout.run(profile)
    results = load_results(folder)
    moves = compare(expected, results)
    write_aside(folder / "verification.csv", pd.DataFrame(moves).to_csv(index=False))
    by_verdict = {name: [m for m in moves if m.verdict == name] for name in VERDICTS}
    yield "measurements: " + ", ".join(f"{len(found)} {v}" for v, found in by_verdict.items())
    worst = sorted(by_verdict["within"], key=lambda move: -move.moved / move.tolerance)
    yield from (f"  within: {move}" for move in worst[:MOST])
    yield from (f"  not judged: {move}" for move in by_verdict["not judged"][:MOST])
    for source, words in SOURCES.items():
        before, after = (
            {claim.id: claim.verdict for claim in one.all_claims if claim.source == source}
            for one in (expected, results)
        )
        changed = _differences(before, after, "not judged")
        yield f"{words.lower()}: {len(changed)} of {len(before)} have another verdict"
        yield from (f"  {line}" for line in changed)
    figures = _differences(expected.figures, figure_columns(folder), "no figure")
    yield f"figures: {len(figures)} of {len(expected.figures)} have other data"
    outside = [*by_verdict["outside"], *figures]
    yield from (f"  OUTSIDE: {line}" for line in outside)
    place = shown(expected_path(layout, profile))
    yield f"{len(outside)} outside of what {place} allows" if outside else ""


def compare(expected: RunResults, results: RunResults) -> list[Move]:
    """What became of every number, in the published order, then what is new."""
    before, after = expected.known, results.known
    return [_move(name, before.get(name), after.get(name)) for name in {**before, **after}]


def tolerance(published: Measurement) -> float:
    """How far another machine's number may be from a published one, on the scale of its unit.

    Returns:
        A distance, on the logarithm for ratios; NaN where no spread is known.
    """
    if published.seeds:
        return float(spread_tolerance(published.seeds, find_unit(published.unit)))
    if published.ci95 is not None:
        return (published.ci95[1] - published.ci95[0]) / 2
    return math.nan if published.n.seeds else ROUNDING * abs(published.value)


def spread_tolerance(seeds: ArrayLike, unit: Unit) -> NDArray[np.float64]:
    """How far another run's means over seeds may be from published ones.

    Args:
        seeds: (..., k) the published numbers, the last axis over seeds.
        unit: theirs.

    Returns:
        (...) distances, on the logarithm for ratios.
    """
    numbers = np.log(seeds) if unit.log else np.asarray(seeds)
    slack = SLACK * (unit.high - unit.low)
    error = numbers.std(ddof=1, axis=-1) * math.sqrt(2 / numbers.shape[-1])
    distance = ERRORS * error + (slack if math.isfinite(slack) else 0.0)
    return np.maximum(distance, LEAST * (1.0 if unit.log else abs(numbers.mean(axis=-1))))


def _move(name: str, before: Measurement | None, after: Measurement | None) -> Move:
    if before is None or after is None:
        was, found = (one.value if one else math.nan for one in (before, after))
        return Move(name, was, found, math.nan, math.nan, "outside")
    log = find_unit(before.unit).log
    moved = abs(math.log(after.value / before.value) if log else after.value - before.value)
    move = Move(name, before.value, after.value, moved, tolerance(before), "within")
    if before.value == after.value:
        return move._replace(verdict="identical")
    if math.isnan(move.tolerance) or _holds_all(move, find_unit(before.unit)):
        return move._replace(verdict="not judged")
    return move._replace(verdict="outside") if moved > move.tolerance else move


def _holds_all(move: Move, unit: Unit) -> bool:
    """Whether every number that a unit allows is within the tolerance of the published one."""
    if unit.log:  # from 0 on, so there is always one too far below
        return False
    low, high = move.expected - move.tolerance, move.expected + move.tolerance
    return low <= unit.low and unit.high <= high


def _differences(before: Mapping[str, str], after: Mapping[str, str], absent: str) -> list[str]:
    """A line for each name whose text differs, or that only one of two runs has."""
    pairs = {
        name: (before.get(name, absent), after.get(name, absent)) for name in {**before, **after}
    }
    return [f"{name}: {was} -> {found}" for name, (was, found) in pairs.items() if was != found]
