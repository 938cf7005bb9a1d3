"""What claims.yaml says, as values: the claims, and the conclusions and cues of the discussion."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, FiniteFloat, PositiveInt, model_validator

from intensity.statistics.intervals import EQUIVALENCE_LEVEL, LEVEL
from intensity.statistics.measurements import MEASUREMENT_ID
from intensity.storage.files import read_yaml
from intensity.units import find_unit
from intensity.values import InvalidInput, Value, shown

CLAIMS_FILE = Path(__file__).with_name("claims.yaml")

Source = Literal["paper", "ours"]
SOURCES: dict[Source, str] = {"paper": "The paper's claims", "ours": "Our claims"}
"""The two lists of claims: they are counted apart, since only a paper's claim is reproduced."""

FEWEST_SEEDS = 5
"""The seeds that a claim takes, unless one of its parts says otherwise."""


def _known_unit(name: str) -> str:
    find_unit(name)
    return name


Comparison = Literal[">", ">=", "<", "<="]
Text = Annotated[str, Field(min_length=1)]
MeasurementId = Annotated[str, Field(pattern=MEASUREMENT_ID)]


class Part(Value):
    """One measurement, and the side of a threshold on which its whole interval has to lie."""

    what: Text
    """The measurement in words."""
    measurement: MeasurementId
    unit: Annotated[str, AfterValidator(_known_unit)]
    """That of the threshold."""
    comparison: Comparison
    """With > and >= the lower bound has to pass the threshold, with < and <= the upper bound."""
    threshold: FiniteFloat
    test: Literal["difference", "equivalence"] = "difference"
    """Equivalence, that an effect is absent or within a margin, is decided by the 90 % interval:
    two one-sided tests at 5 %. All else is decided by the 95 % interval."""
    seeds: PositiveInt = FEWEST_SEEDS
    """The fewest that can decide, where there are seeds."""
    profile: Literal["paper"] | None = None
    """The profile that measures it, where not all do."""

    @property
    def bound(self) -> Literal["lower", "upper"]:
        """Which end of the interval has to pass the threshold."""
        return "lower" if self.comparison.startswith(">") else "upper"

    @property
    def level(self) -> float:
        """The level of the interval that decides."""
        return EQUIVALENCE_LEVEL if self.test == "equivalence" else LEVEL

    @property
    def limit(self) -> str:
        """The threshold for people, for example ">= 99 %"."""
        return f"{self.comparison} {find_unit(self.unit).format(self.threshold)}"

    @property
    def rule(self) -> str:
        """The rule in words, for example "lower bound >= 99 %"."""
        return f"{self.bound} bound{' (90 %)' * (self.test == 'equivalence')} {self.limit}"


def places(text: str) -> set[str]:
    """The ids in braces in a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class Headline(Value):
    """A claim as a row of the main findings."""

    question: Text
    """It is answered with yes where the claim holds."""
    here: Text
    """What was measured, with ids of the claim's measurements in braces."""
    leads: bool = False
    """Is it the finding that stands above all others?"""

    @property
    def measurements(self) -> set[str]:
        """The ids in braces."""
        return places(self.here)


class Meaning(Value):
    """What a claim's verdict means."""

    holds: Text
    fails: Text
    hypothesis: str = ""
    """What might follow elsewhere if it holds: not tested here, with a reference."""
    hypothesis_if_it_fails: str = ""


class Claim(Value):
    """A sentence that measurements can decide.

    Raises:
        InvalidInput: a field is unknown, missing or not allowed, the paper's claim has no place, or
            the headline names a measurement that is none of the claim's.
    """

    id: Annotated[str, Field(pattern=r"^\w+$")]
    statement: Text
    source: Source
    """Did the paper, its authors or its published summary say it, or is it ours?"""
    place: str = ""
    """Where they did: a sentence of the paper (v1), of the summary, or the authors' code."""
    starred: bool = False
    """Would it be among the most interesting ones to fail?"""
    expected: Literal["holds", "fails"]
    """What was expected before anything was run."""
    headline: Headline | None = None
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]
    meaning: Meaning

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse a headline that rests on something else than the claim, and a claim of nobody."""
        odd = (self.headline.measurements if self.headline else set()) - set(self.measurements)
        if odd:
            raise InvalidInput(f"headline.here: {min(odd)} is not allowed: one of the parts' ids")
        if self.source == "paper" and not self.place:
            raise InvalidInput("place: '' is not allowed: where the paper or its authors say it")
        return self

    @property
    def measurements(self) -> list[str]:
        """The ids that it rests on, each once."""
        return list(dict.fromkeys(part.measurement for part in self.parts))

    def finding(self, texts: Mapping[str, str]) -> str:
        """What the headline says was measured, each number with its threshold.

        Args:
            texts: numbers as text with the interval that decides, by id.
        """
        limits: dict[str, list[str]] = {}
        for part in self.parts:
            ends = ", 90 % interval" * (part.test == "equivalence")
            limits.setdefault(part.measurement, []).append(part.limit + ends)
        shown = {name: f"{text} (claimed: {' and '.join(limits.get(name, []))})"
                 for name, text in texts.items()}  # fmt: skip
        return self.headline.here.format_map(shown) if self.headline else ""


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
    findings: tuple[Text, ...] = ()
    """What was found, for somebody who reads nothing else; ids of measurements in braces."""

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
