"""What claims.yaml says, as values: the claims, and the conclusions and cues of the discussion."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from intensity.statistics.measurements import MEASUREMENT_ID
from intensity.storage.files import read_yaml
from intensity.units import Unit
from intensity.values import InvalidInput, Value, shown

CLAIMS_FILE = Path(__file__).with_name("claims.yaml")

Comparison = Literal[">", ">=", "<", "<="]
Text = Annotated[str, Field(min_length=1)]
MeasurementId = Annotated[str, Field(pattern=MEASUREMENT_ID)]


class Part(Value):
    """One measurement, and the side of a threshold on which its whole interval has to lie."""

    what: Text
    """The measurement in words."""
    measurement: MeasurementId
    comparison: Comparison
    """With > and >= the lower bound has to pass the threshold, with < and <= the upper bound."""
    threshold: FiniteFloat

    @property
    def bound(self) -> Literal["lower", "upper"]:
        """Which end of the interval has to pass the threshold."""
        return "lower" if self.comparison.startswith(">") else "upper"

    def rule(self, unit: Unit) -> str:
        """The rule in words, in the measurement's unit, for example "lower bound >= 99 %"."""
        return f"{self.bound} bound {self.comparison} {unit.format(self.threshold)}"


class Headline(Value):
    """A claim as a row of the main findings."""

    question: Text
    """It is answered with yes where the claim is reproduced."""
    paper: Text
    """The paper's answer."""
    here: Text
    """What was measured, with ids of the claim's measurements in braces."""

    @property
    def measurements(self) -> set[str]:
        """The ids in braces."""
        return {name for _, name, _, _ in Formatter().parse(self.here) if name}

    def row(self, texts: Mapping[str, str]) -> tuple[str, str, str]:
        """Question, the paper's answer, and what was measured, with texts by id."""
        return self.question, self.paper, self.here.format_map(texts)


class Meaning(Value):
    """What a claim's verdict means."""

    holds: Text
    fails: Text
    practice: str = ""
    """For whoever trains networks on medical or natural images, if it holds."""
    practice_if_it_fails: str = ""


class Claim(Value):
    """A sentence that measurements can decide.

    Raises:
        InvalidInput: a field is unknown, missing or not allowed, or the headline names a
            measurement that is none of the claim's.
    """

    id: Annotated[str, Field(pattern=r"^\w+$")]
    statement: Text
    source: Literal["paper", "ours"]
    """Did the paper or its authors say it, or is it ours?"""
    place: str = ""
    """The sentence or figure where they did, as far as known."""
    starred: bool = False
    """Would it be among the most interesting ones to fail?"""
    expected: Literal["holds", "fails"]
    """What was expected before anything was run."""
    headline: Headline | None = None
    family: tuple[str, ...] = ()
    """Every part is repeated for each member, in place of "{member}"."""
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]
    meaning: Meaning

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, fields: Any) -> Any:
        """Repeat the parts for each member of the family."""
        if not (isinstance(fields, dict) and fields.get("family")):
            return fields
        parts = [
            {key: _named(value, member) for key, value in part.items()}
            for member in fields["family"]
            for part in fields.get("parts", ())
        ]
        return fields | {"parts": parts}

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse a headline that rests on something else than the claim."""
        odd = (self.headline.measurements if self.headline else set()) - set(self.measurements)
        if odd:
            raise InvalidInput(f"headline.here: {min(odd)} is not allowed: one of the parts' ids")
        return self

    @property
    def measurements(self) -> list[str]:
        """The ids that it rests on, each once."""
        return list(dict.fromkeys(part.measurement for part in self.parts))


class Described(Value):
    """A measurement with words for it."""

    measurement: MeasurementId
    what: Text


class Conclusion(Value):
    """A conclusion of the paper or its authors, and what bears on it here."""

    text: Text
    claims: tuple[str, ...] = ()
    """Ids of claims that test it or a part of it."""
    measured: tuple[Described, ...] = ()
    """Measurements by which no claim is decided."""
    note: str = ""
    """What has to be said beside these, or why nothing bears on it."""


class Without(Value):
    """Baselines of a task, by the cue that each does without."""

    task: Text
    baselines: dict[str, MeasurementId]


class Statements(Value):
    """All that claims.yaml holds.

    Raises:
        InvalidInput: a field is not allowed, an id occurs twice, or a conclusion names a claim that
            there is not.
    """

    claims: tuple[Claim, ...]
    conclusions: tuple[Conclusion, ...]
    cues: tuple[Described, ...]
    scanner: tuple[Described, ...]
    solved: float
    without: tuple[Without, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse ids that occur twice or that nothing has."""
        ids = [claim.id for claim in self.claims]
        twice = [name for name in ids if ids.count(name) > 1]
        if twice:
            raise InvalidInput(f"claims: {twice[0]} is not allowed twice: one claim an id")
        for conclusion in self.conclusions:
            absent = set(conclusion.claims) - set(ids)
            if absent:
                raise InvalidInput(
                    f"conclusions: {conclusion.text!r}: {min(absent)} is not allowed: {ids}"
                )
        return self

    def __getitem__(self, name: str) -> Claim:
        """The claim of an id."""
        return next(claim for claim in self.claims if claim.id == name)


@cache
def load_claims() -> Statements:
    """What claims.yaml says, read once."""
    return read_claims(CLAIMS_FILE)


def read_claims(path: Path) -> Statements:
    """Read and check claims.

    Args:
        path: a YAML file as claims.yaml describes it.

    Raises:
        InvalidInput: something in it is not allowed; the line names the claim and the field.
    """
    fields = read_yaml(path)
    try:
        rows = fields.get("claims") or []
        return Statements(**fields | {"claims": [_claim(row) for row in rows]})
    except InvalidInput as error:
        raise InvalidInput(f"{shown(path)}: {error}") from None


def _claim(row: Any) -> Claim:
    """One claim; a refusal says which."""
    if not isinstance(row, dict):
        raise InvalidInput(f"claims: {row!r} is not allowed: a mapping")
    try:
        return Claim(**row)
    except InvalidInput as error:
        raise InvalidInput(f"{row.get('id', 'a claim without id')}: {error}") from None


def _named(value: Any, member: str) -> Any:
    return value.replace("{member}", member) if isinstance(value, str) else value
