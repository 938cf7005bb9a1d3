"""Is a run what it should be: its numbers beside the published ones, within what chance allows.

On the machine and with the versions that made the published run every number is identical.
Elsewhere sums are rounded otherwise, a training ends in other weights, and its numbers differ as
those of other seeds would. So the tolerance of a number comes from the spread of its seeds: two
means of k seeds each differ by s sqrt(2 / k) in the mean, where s is too uncertain with three seeds
to be used by itself. It is moderated: shrunk towards the spreads of all numbers of its unit, after
Smyth. One number in twenty runs is outside by chance, not one in twenty numbers (Bonferroni).
"""

import hashlib
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import polygamma, psi, stdtrit

from intensity.environment import Layout
from intensity.statistics.intervals import LEVEL, Measurement
from intensity.statistics.measurements import load_results, measurements_in
from intensity.storage.files import write_aside
from intensity.training.presets import NETWORKS
from intensity.units import find_unit
from intensity.values import InvalidInput, shown

ROUNDING = 1e-6
"""The relative tolerance of what is computed without any training."""

MOST = 10
"""How many numbers that have moved within their tolerance are told one by one."""

LARGEST_RATIO = 100.0
"""Beyond this a number on the scale of logarithms tells nothing."""

VERDICTS = ("identical", "within", "outside", "not judged")


class Move(NamedTuple):
    """What became of one number.

    Args:
        id: of the measurement.
        expected: the published value; NaN where there is none.
        found: the value of this run; NaN where there is none.
        tolerance: how far apart the two may be; NaN where no spread is known.
        verdict: identical, within, outside or not judged.
    """

    id: str
    expected: float
    found: float
    tolerance: float
    verdict: str

    def __str__(self) -> str:
        moved = abs(self.found - self.expected)
        tolerance = "none" if math.isnan(self.tolerance) else f"{self.tolerance:.3g}"
        return (
            f"{self.id}: {self.expected:.6g} -> {self.found:.6g}, "
            f"moved by {moved:.3g}, tolerance {tolerance}"
        )


def expected_record(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """What is published of a run, for others to compare theirs with.

    Args:
        folder: the run's.
        manifest: the run's.

    Returns:
        Its results, `tolerances` by id, `figures` (SHA-256, columns and rows of each figure's data)
        and `made` (commit, processor and versions).
    """
    results = load_results(folder)
    machine = manifest["machine"]
    made = {"commit": manifest["commit"], "processor": machine["processor"]}
    return {
        **results,
        "tolerances": tolerances(measurements_in(results).values()),
        "figures": {path.name: _data(path) for path in _data_files(folder)},
        "made": made | {"versions": manifest["versions"]},
    }


def load_expected(layout: Layout, profile: str) -> dict[str, Any]:
    """The published record of a profile.

    Raises:
        InvalidInput: there is none, it is broken, or it is another profile's.
    """
    path = layout.root / "expected" / f"{profile}.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf8"))
    except FileNotFoundError:
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.json"))) or "none"
        raise InvalidInput(f"--verify: {profile!r} is not allowed: expected/ has {there}") from None
    except ValueError as error:
        raise InvalidInput(f"{shown(path)}: this is no JSON: {error}") from None
    if not isinstance(record, dict):
        raise InvalidInput(f"{shown(path)}: {type(record).__name__} is not allowed: an object")
    if record.get("profile") != profile:
        raise InvalidInput(
            f"{shown(path)}: profile {record.get('profile')!r} is not allowed: {profile!r}"
        )
    lacking = {"measurements", "tolerances", "figures", "made"} - set(record)
    if lacking:
        raise InvalidInput(f"{shown(path)}: {min(lacking)} is missing; publish it again")
    try:
        measurements_in(record)
        sound = all(isinstance(record[part], dict) for part in ("tolerances", "figures"))
    except (TypeError, KeyError, ValueError):
        sound = False
    if not sound:
        raise InvalidInput(f"{shown(path)}: it is not what was published; publish it again")
    return record


def compare(expected: dict[str, Any], results: dict[str, Any]) -> list[Move]:
    """What became of every number that is published or measured.

    Args:
        expected: as `load_expected` gives it.
        results: as `load_results` gives them.

    Returns:
        A move for each id, in the published order, then what is new.
    """
    before, after = measurements_in(expected), measurements_in(results)
    return [
        _move(name, before.get(name), after.get(name), expected["tolerances"].get(name))
        for name in dict.fromkeys([*before, *after])
    ]


def compare_figures(expected: dict[str, Any], folder: Path) -> tuple[list[str], list[str]]:
    """What became of the data behind the figures.

    Args:
        expected: as `load_expected` gives it.
        folder: of the run.

    Returns:
        Lines about figures whose data cannot be theirs (missing, new, other columns), and the names
        of those with the same columns and other numbers.
    """
    before, wrong, moved = expected["figures"], [], []
    after = {path.name: _data(path) for path in _data_files(folder)}
    for name in sorted({*before, *after}):
        if name not in after:
            wrong.append(f"figures/{name}: missing")
        elif name not in before:
            wrong.append(f"figures/{name}: not expected")
        elif before[name]["columns"] != after[name]["columns"]:
            wrong.append(f"figures/{name}: other columns")
        elif before[name]["sha256"] != after[name]["sha256"]:
            moved.append(name)
    return wrong, moved


def verify(layout: Layout, profile: str) -> Iterator[str]:
    """Compare a run with what is published of its profile.

    Writes the whole comparison to the run's verification.csv.

    Args:
        layout: the checkout.
        profile: the profile that was run.

    Yields:
        Lines for people. The last one is empty where everything is as it should be, else it says
        what is outside.
    """
    expected, folder = load_expected(layout, profile), layout.run(profile)
    moves = compare(expected, load_results(folder))
    write_aside(folder / "verification.csv", pd.DataFrame(moves).to_csv(index=False))
    wrong, other = compare_figures(expected, folder)
    outside = [move for move in moves if move.verdict == "outside"]
    within = [move for move in moves if move.verdict == "within"]
    counts = {verdict: sum(m.verdict == verdict for m in moves) for verdict in VERDICTS}
    yield "measurements: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    within.sort(key=lambda move: -abs(move.found - move.expected) / move.tolerance)
    yield from (f"  within: {move}" for move in within[:MOST])
    unjudged = [move for move in moves if move.verdict == "not judged"]
    yield from (f"  not judged: {move}" for move in unjudged[:MOST])
    yield f"figures: {len(other)} of {len(expected['figures'])} have other numbers"
    yield from (f"  {name}" for name in other[:MOST])
    yield from (f"  OUTSIDE: {move}" for move in outside)
    yield from (f"  OUTSIDE: {line}" for line in wrong)
    bad = len(outside) + len(wrong)
    yield f"{bad} outside of what {shown(layout.root / 'expected')}/{profile}.json allows" * (
        bad > 0
    )


def tolerances(measurements: Iterable[Measurement]) -> dict[str, float | None]:
    """How far each number of another machine's run may be from a published one.

    Args:
        measurements: of the published run.

    Returns:
        By id: t(1 - .025 / m, d) s sqrt(2 / k) for means of k seeds, with m such numbers in all and
        s moderated within the unit (d degrees of freedom); half the width of Wilson's interval for
        readers; rounding for other numbers that no training goes into. None for what is exact of
        one trained network, whose spread is not known, and where seeds differ so much that the
        number could be anything.
    """
    rows = list(measurements)
    allowed = {m.id: _untrained_tolerance(m) for m in rows if not m.seeds}
    for k in {len(m.seeds) for m in rows if m.seeds}:
        group = [m for m in rows if m.seeds and len(m.seeds) == k]
        spread, freedom = moderated([_scale(m) for m in group], [m.unit for m in group])
        t = float(stdtrit(freedom, 1 - (1 - LEVEL) / 2 / sum(bool(m.seeds) for m in rows)))
        for m, s in zip(group, spread, strict=True):
            tolerance = _on_value(m, t * s * math.sqrt(2 / k))
            allowed[m.id] = tolerance if tolerance < _widest(m) else None
    return {m.id: allowed[m.id] for m in rows}


def moderated(values: ArrayLike, families: Sequence[str]) -> tuple[NDArray[np.float64], float]:
    """Standard deviations that borrow from each other, sqrt((d0 s0^2 + d s^2) / (d0 + d)).

    The prior's s0 is that of a family; how much it counts, d0, is common to all. They are estimated
    from the means of log s^2 in the families, and from its variance about them.

    Args:
        values: (n, k) k numbers each of n things.
        families: (n,) the family that each thing belongs to.

    Returns:
        (n,) moderated standard deviations, and their degrees of freedom (d + d0; infinite where the
        spreads differ no more than chance makes them).

    Reference:
        Smyth (2004), Linear models and empirical Bayes methods for assessing differential
        expression in microarray experiments, section 6.

    Departs from the paper: it has one family.
    """
    numbers, family = np.asarray(values, dtype=np.float64), np.asarray(families)
    d = numbers.shape[1] - 1
    variance = numbers.var(axis=1, ddof=1)
    spread = variance > 0  # where every seed gave the same, the logarithm has no place
    e = np.log(variance, where=spread, out=np.full(len(variance), np.nan))
    e += math.log(d / 2) - psi(d / 2)
    groups = [spread & (family == name) for name in dict.fromkeys(families)]
    means = [float(e[group].mean()) for group in groups if group.any()]
    about = np.concatenate([e[group] - e[group].mean() for group in groups if group.any()] or [[]])
    if len(about) <= len(means):  # nothing to estimate the prior from
        return np.sqrt(np.maximum(variance, variance.mean())), float(d)
    excess = float((about**2).sum() / (len(about) - len(means)) - polygamma(1, d / 2))
    d0 = 2 * _inverse_trigamma(excess) if excess > 0 else math.inf
    shift = psi(d0 / 2) - math.log(d0 / 2) if excess > 0 else 0.0
    prior = np.full(len(variance), math.exp(max(means) + shift))  # of a family without any spread
    for group, name in zip(groups, dict.fromkeys(families), strict=True):
        if group.any():
            prior[family == name] = math.exp(e[group].mean() + shift)
    weight = d0 / (d0 + d) if excess > 0 else 1.0
    return np.sqrt(weight * prior + (1 - weight) * variance), d0 + d


def _inverse_trigamma(value: float) -> float:
    """Where the trigamma function has a value, by Newton's method on its inverse."""
    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, x))
        x += trigamma * (1 - trigamma / value) / float(polygamma(2, x))
    return x


def _on_logarithm(m: Measurement) -> bool:
    """Whether a number's interval is made on the scale of logarithms."""
    return m.method.endswith("logarithm")


def _scale(m: Measurement) -> NDArray[np.float64]:
    """The numbers of the seeds on the scale on which their interval is made."""
    seeds = np.asarray(m.seeds, dtype=np.float64)
    return np.log(seeds) if _on_logarithm(m) else seeds


def _on_value(m: Measurement, tolerance: float) -> float:
    """A tolerance on that scale as one of the value."""
    return m.value * math.expm1(tolerance) if _on_logarithm(m) else tolerance


def _widest(m: Measurement) -> float:
    """The tolerance from which on nothing could be outside."""
    if _on_logarithm(m):
        return LARGEST_RATIO * m.value
    unit = find_unit(m.unit)
    return unit.high - unit.low


def _untrained_tolerance(m: Measurement) -> float | None:
    """The tolerance of a number without seeds."""
    if m.ci95 is not None:
        return (m.ci95[1] - m.ci95[0]) / 2
    network = m.id.split("/")[2].removesuffix("_full")
    if network in NETWORKS and m.unit != "parameters":
        return None
    return ROUNDING * abs(m.value)


def _move(
    name: str, before: Measurement | None, after: Measurement | None, tolerance: float | None
) -> Move:
    """What became of one number."""
    expected = before.value if before else math.nan
    found = after.value if after else math.nan
    allowed = math.nan if tolerance is None else tolerance
    if expected == found:
        verdict = "identical"
    elif math.isnan(expected) or math.isnan(found) or abs(found - expected) > allowed:
        verdict = "outside"
    else:
        verdict = "not judged" if tolerance is None else "within"
    return Move(name, expected, found, allowed, verdict)


def _data_files(folder: Path) -> list[Path]:
    """The data behind a run's figures."""
    return sorted((folder / "figures").glob("*.csv"))


def _data(path: Path) -> dict[str, Any]:
    """What tells one figure's data from another's."""
    content = path.read_bytes()
    table = pd.read_csv(io.BytesIO(content))
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "columns": list(table.columns),
        "rows": len(table),
    }
