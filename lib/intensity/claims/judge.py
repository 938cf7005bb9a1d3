"""How measurements decide claims.

A claim is *reproduced* when the whole interval of its measurement lies on its side of the
threshold, *not reproduced* when it lies wholly on the other side, and *undecided* otherwise.
A claim of several parts is reproduced if all parts are, not reproduced if any part is not, else
undecided. The claims themselves are in claims.yaml.
"""

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import pandas as pd
from pydantic import FiniteFloat

from intensity.claims.definitions import Claim, Part
from intensity.statistics.intervals import EVERY_SEED, LEVEL, wilson_of_rates
from intensity.statistics.measurements import Measurement
from intensity.units import FRACTION, find_unit
from intensity.values import Value

Verdict = Literal["reproduced", "not reproduced", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

NEAR = 0.02
"""Rates this close to 0 or 1 are decided by every seed's Wilson bound: they cannot spread there."""

NO_EFFECT: float = 0.05
"""The largest share of changed predictions that counts as no effect, chosen beforehand."""

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
"""What each sign requires of the decisive end of an interval."""


class Decision(NamedTuple):
    """The interval that decides, in the measurement's unit, and how it was made."""

    low: float
    high: float
    method: str
    own: bool
    """Whether it is the measurement's own interval, which is printed beside its value."""


class JudgedPart(Value):
    """A part of a claim with its verdict and what decided it."""

    what: str
    measurement: str
    measured: str
    """The measured number as text; where another interval decides, that one too."""
    threshold: FiniteFloat
    bound: Literal["lower", "upper"]
    """Which end of the interval has to pass the threshold."""
    rule: str
    interval: tuple[FiniteFloat, FiniteFloat]
    """The one that decides."""
    decided_by: str
    """How it was made."""
    verdict: Verdict
    estimate: Verdict
    """The verdict if the measured value had no interval."""


class JudgedClaim(Value):
    """A claim with its verdict, as results.json has it."""

    id: str
    statement: str
    source: str
    starred: bool
    measurement: tuple[str, ...]
    """The ids that it rests on."""
    rule: str
    verdict: Verdict
    parts: tuple[JudgedPart, ...]


def side(part: Part, low: float, high: float) -> Verdict:
    """What an interval says of a part.

    Args:
        part: the rule.
        low: the interval's lower end, in the measurement's unit.
        high: its upper end.

    Returns:
        Reproduced if the decisive end is on the claim's side (then so is the other end), not
        reproduced if not even the other end is there.
    """
    passes = COMPARISONS[part.comparison]
    decisive, other = (low, high) if part.bound == "lower" else (high, low)
    if passes(decisive, part.threshold):
        return "reproduced"
    return "undecided" if passes(other, part.threshold) else "not reproduced"


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """Reproduced if all parts of a claim are, not reproduced if any is not, else undecided."""
    if "not reproduced" in verdicts:
        return "not reproduced"
    return "undecided" if "undecided" in verdicts else "reproduced"


def decide(measurement: Measurement) -> Decision:
    """The interval by which a measurement decides.

    Its own interval does, as a rule. An exact value decides by itself. A trained network's rate
    within 2 % of 0 or 1 decides by the seeds' Wilson intervals over the scenes: from the smallest
    lower to the largest upper end, so that a verdict holds for every seed.
    """
    if measurement.ci95 is None:
        return Decision(measurement.value, measurement.value, measurement.method, own=True)
    if not (measurement.seeds and measurement.unit == FRACTION and _is_near(measurement.value)):
        return Decision(*measurement.ci95, measurement.method, own=True)
    low, high, _ = wilson_of_rates(measurement.seeds, measurement.n.scenes, LEVEL)
    return Decision(low, high, EVERY_SEED, own=False)


def judge(measurements: Iterable[Measurement], claims: Iterable[Claim]) -> list[JudgedClaim]:
    """Judge the claims whose measurements are all there.

    Args:
        measurements: all that is known, with different ids.
        claims: for example those of claims.yaml.
    """
    known = {measurement.id: measurement for measurement in measurements}
    return [_judge(claim, known) for claim in claims if known.keys() >= set(claim.measurements)]


def claims_table(judged: Sequence[JudgedClaim]) -> pd.DataFrame:
    """Judged claims as a table for display.

    Returns:
        A row a claim, all text: id (with * if starred), statement, source, measured, rule, verdict.
    """
    columns = ["id", "statement", "source", "measured", "rule", "verdict"]
    return pd.DataFrame([_row(claim) for claim in judged], columns=columns)


def parts_table(judged: Sequence[JudgedClaim], known: Mapping[str, Measurement]) -> pd.DataFrame:
    """The parts of judged claims as numbers, for a figure.

    Args:
        judged: the claims.
        known: the measurements that they rest on, by id.

    Returns:
        A row a part: claim (id), claim_verdict, part (in words), measurement (id), value, low and
        high (of the interval that decides), text (value and interval for people), seeds (tuple of
        values, empty where there are none), threshold, limit (the threshold for people), side
        ("lower" or "upper": the end that has to pass it), verdict (of the part).
    """
    rows = [
        {
            "claim": claim.id,
            "claim_verdict": claim.verdict,
            "part": part.what,
            **_numbers(part, known[part.measurement]),
            "side": part.bound,
            "verdict": part.verdict,
        }
        for claim in judged
        for part in claim.parts
    ]
    return pd.DataFrame(rows)


def _numbers(part: JudgedPart, measurement: Measurement) -> dict[str, Any]:
    """What was measured with the interval that decides, and the threshold."""
    decided = {} if measurement.ci95 is None else {"ci95": part.interval}
    return {
        "measurement": part.measurement,
        "value": measurement.value,
        "low": part.interval[0],
        "high": part.interval[1],
        "text": measurement.model_copy(update=decided).text,
        "seeds": measurement.seeds or (),
        "threshold": part.threshold,
        "limit": find_unit(measurement.unit).format(part.threshold),
    }


def _is_near(rate: float) -> bool:
    return rate <= NEAR or rate >= 1 - NEAR


def _judge(claim: Claim, known: dict[str, Measurement]) -> JudgedClaim:
    """One claim with its verdict."""
    parts = tuple(_judge_part(part, known[part.measurement]) for part in claim.parts)
    return JudgedClaim(
        **claim.model_dump(include={"id", "statement", "source", "starred"}),
        measurement=tuple(claim.measurements),
        rule="; ".join(f"{part.what}: {part.rule}" for part in parts),
        verdict=combine([part.verdict for part in parts]),
        parts=parts,
    )


def _judge_part(part: Part, measurement: Measurement) -> JudgedPart:
    """One part with its verdict and with what decided it."""
    low, high, method, own = decide(measurement)
    measured = measurement.text
    if not own:
        measured += f" (decided by {method}: {measurement.interval_text(low, high)})"
    return JudgedPart(
        what=part.what,
        measurement=part.measurement,
        threshold=part.threshold,
        bound=part.bound,
        rule=part.rule(find_unit(measurement.unit)),
        measured=measured,
        interval=(low, high),
        decided_by=method,
        verdict=side(part, low, high),
        estimate=side(part, measurement.value, measurement.value),
    )


def _row(claim: JudgedClaim) -> tuple[str, ...]:
    """One row of the table for display."""
    star = "*" if claim.starred else ""
    # Two parts may bound one measurement from both sides; it is shown once.
    measured = dict.fromkeys(f"{part.what}: {part.measured}" for part in claim.parts)
    id_, source = claim.id + star, claim.source
    return id_, claim.statement, source, "; ".join(measured), claim.rule, claim.verdict
