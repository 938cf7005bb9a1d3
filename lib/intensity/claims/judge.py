"""How measurements decide claims.

A part of a claim is decided by the whole interval of its measurement: on its side of the threshold
it holds, wholly on the other side it does not, and otherwise it is undecided. A claim holds if all
its parts do, does not if any does not, and is undecided otherwise. What holds is called
*reproduced* where the paper claims it, and *holds* where we do. The claims are in claims.yaml.
"""

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from pydantic import FiniteFloat

from intensity.claims.definitions import Claim, Part, Source
from intensity.claims.undecided import would_decide
from intensity.statistics.intervals import LEVEL
from intensity.statistics.measurements import Measurement
from intensity.units import Unit, find_unit
from intensity.values import InvalidInput, Value

Verdict = Literal[
    "reproduced", "not reproduced", "holds", "does not hold", "undecided", "not measured"
]
VERDICTS: dict[Source, tuple[Verdict, ...]] = {
    "paper": ("reproduced", "not reproduced", "undecided", "not measured"),
    "ours": ("holds", "does not hold", "undecided", "not measured"),
}
"""The words for yes, no, neither, and for what no notebook of a profile measures, by source."""

YES: tuple[Verdict, ...] = ("reproduced", "holds")
NO: tuple[Verdict, ...] = ("not reproduced", "does not hold")

NO_EFFECT: float = 0.05
"""The largest share of changed predictions that counts as no effect, chosen beforehand."""

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
"""What each sign requires of the decisive end of an interval."""


class JudgedPart(Value):
    """A part of a claim with its verdict and what decided it."""

    what: str
    measurement: str
    measured: str
    """The measured number as text, with the interval that decides."""
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
    would_decide: str = ""
    """Of what is undecided: what would decide it."""


class LeftPart(Value):
    """A part of a claim that another profile measures."""

    what: str
    rule: str
    profile: str


class JudgedClaim(Value):
    """A claim with its verdict, as results.json has it."""

    id: str
    statement: str
    source: Source
    place: str = ""
    starred: bool
    measurement: tuple[str, ...]
    """The ids that it rests on."""
    rule: str
    verdict: Verdict
    parts: tuple[JudgedPart, ...]
    left: tuple[LeftPart, ...] = ()
    """What no notebook of this profile measures."""


def side(part: Part, low: float, high: float, source: Source) -> Verdict:
    """What an interval says of a part.

    Args:
        part: the rule.
        low: the interval's lower end, in the measurement's unit.
        high: its upper end.
        source: whose claim it is.

    Returns:
        Yes if the decisive end is on the claim's side (then so is the other end), no if not even
        the other end is there, else undecided; in the words for that source.
    """
    yes, no, undecided, _ = VERDICTS[source]
    passes = COMPARISONS[part.comparison]
    decisive, other = (low, high) if part.bound == "lower" else (high, low)
    if passes(decisive, part.threshold):
        return yes
    return undecided if passes(other, part.threshold) else no


def combine(verdicts: Sequence[Verdict], source: Source) -> Verdict:
    """Yes if all parts of a claim say so, no if any says no; without parts it is not measured."""
    yes, no, undecided, nothing = VERDICTS[source]
    if not verdicts:
        return nothing
    if no in verdicts:
        return no
    return undecided if undecided in verdicts else yes


def judge(
    measurements: Iterable[Measurement], claims: Iterable[Claim], profile: str = ""
) -> list[JudgedClaim]:
    """Judge the claims whose measurements are all there.

    A part that says which profile measures it is waited for there; elsewhere the claim is judged
    without it, unless it was measured all the same.

    Args:
        measurements: all that is known, with different ids.
        claims: for example those of claims.yaml.
        profile: the name of the profile that measured.

    Raises:
        InvalidInput: a measurement's unit is not that of the threshold.
    """
    known = {measurement.id: measurement for measurement in measurements}
    judged = []
    for claim in claims:
        left = [p for p in claim.parts if p.profile not in (None, profile)]
        left = [part for part in left if part.measurement not in known]
        parts = [part for part in claim.parts if part not in left]
        if all(part.measurement in known for part in parts):
            judged.append(_judge(claim, parts, left, known))
    return judged


CLAIM_COLUMNS = ["id", "statement", "verdict", "part", "measured", "rule", "verdict of the part"]


def claims_table(judged: Sequence[JudgedClaim], source: Source) -> pd.DataFrame:
    """Judged claims of one source as a table for display.

    Returns:
        A row a part, all text; id (with * if starred), statement (with its place) and verdict
        stand in the first row of a claim, measured and rule in all.
    """
    rows = [row for claim in judged if claim.source == source for row in _rows(claim)]
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS)


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
    return {
        "measurement": part.measurement,
        "value": measurement.value,
        "low": part.interval[0],
        "high": part.interval[1],
        "text": part.measured,
        "seeds": measurement.seeds or (),
        "threshold": part.threshold,
        "limit": find_unit(measurement.unit).format(part.threshold),
    }


def _judge(
    claim: Claim, parts: Sequence[Part], left: Sequence[Part], known: dict[str, Measurement]
) -> JudgedClaim:
    """One claim with its verdict."""
    judged = tuple(_judge_part(claim, part, known[part.measurement]) for part in parts)
    return JudgedClaim(
        **claim.model_dump(include={"id", "statement", "source", "place", "starred"}),
        measurement=tuple(dict.fromkeys(part.measurement for part in parts)),
        rule="; ".join(f"{part.what}: {part.rule}" for part in claim.parts),
        verdict=combine([part.verdict for part in judged], claim.source),
        parts=judged,
        left=tuple(LeftPart(what=p.what, rule=p.rule, profile=str(p.profile)) for p in left),
    )


def _judge_part(claim: Claim, part: Part, measurement: Measurement) -> JudgedPart:
    """One part with its verdict and with what decided it."""
    if not _comparable(find_unit(part.unit), find_unit(measurement.unit)):
        problem = f"{measurement.id}: unit: {measurement.unit!r} is not allowed"
        raise InvalidInput(f"{claim.id}: {problem}: {part.unit!r}, that of the threshold")
    shown = measurement if part.level == LEVEL else measurement.at_level(part.level)
    low, high = shown.ci95 or (shown.value, shown.value)
    verdict = side(part, low, high, claim.source)
    if measurement.seeds and len(measurement.seeds) < part.seeds:
        verdict = "undecided"
    return JudgedPart(
        what=part.what,
        measurement=part.measurement,
        threshold=part.threshold,
        bound=part.bound,
        rule=part.rule,
        measured=shown.text + " (one seed)" * (measurement.n.seeds == 1),
        interval=(low, high),
        decided_by=measurement.method,
        verdict=verdict,
        estimate=side(part, measurement.value, measurement.value, claim.source),
        would_decide=would_decide(part, shown) if verdict == "undecided" else "",
    )


def _comparable(one: Unit, other: Unit) -> bool:
    """Whether numbers of two units mean the same beside a threshold."""
    return all(
        getattr(one, name) == getattr(other, name) for name in ("low", "high", "scale", "log")
    )


def _rows(claim: JudgedClaim) -> list[tuple[str, ...]]:
    """The rows of a claim in the table for display."""
    place = f" ({claim.place})" if claim.place else ""
    first = claim.id + "*" * claim.starred, claim.statement + place, claim.verdict
    parts = [(part.what, part.measured, part.rule, str(part.verdict)) for part in claim.parts]
    parts += [
        (part.what, "not measured in this profile", part.rule, f"left to {part.profile}")
        for part in claim.left
    ]
    return [(*(first if not number else ("", "", "")), *p) for number, p in enumerate(parts)]
