"""A run's results: the notebooks' parts, gathered, judged and kept in one results.json."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import model_validator

from intensity.claims.definitions import SOURCES, Claim, Source, load_claims, places
from intensity.claims.judge import VERDICTS, JudgedClaim, Verdict, judge
from intensity.statistics.measurements import Measurement, Results, add_unique
from intensity.storage.files import read_value, write_value
from intensity.values import ROOT, InvalidInput, Value

_PLURAL = {
    **{"holds": "hold", "does not hold": "do not hold"},
    "not measured": "not measured here",
}


class Finding(NamedTuple):
    """A claim as a row of the main findings.

    question: answered with yes where the claim holds.
    place: where the paper, its summary or its authors' code says it; empty for a claim of ours.
    here: what was measured, each number with its threshold.
    """

    claim: str
    question: str
    place: str
    here: str
    verdict: Verdict


class Measured(Value):
    """What one notebook has measured."""

    notebook: str
    measurements: tuple[Measurement, ...]


class RunResults(Value):
    """What a run has measured, and the verdicts that follow.

    Raises:
        InvalidInput: an id occurs twice, or a claim rests on something that was not measured.
    """

    profile: str
    """The name of the run's folder."""
    complete: bool
    """Is every notebook's part there?"""
    measurements: tuple[Measurement, ...]
    """In the order of the notebooks."""
    claims: tuple[JudgedClaim, ...]
    """Those whose measurements are all there."""
    left: tuple[JudgedClaim, ...] = ()
    """Those of which another profile measures everything."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse measurements that occur twice or are missing."""
        if len(self.known) < len(self.measurements):
            raise InvalidInput("measurements: two have one id")
        absent = {name for claim in self.claims for name in claim.measurement} - self.known.keys()
        if absent:
            raise InvalidInput(f"measurements: {min(absent)} is missing: a claim rests on it")
        return self

    @property
    def known(self) -> dict[str, Measurement]:
        """The measurements by id, in order."""
        return {measurement.id: measurement for measurement in self.measurements}

    @property
    def all_claims(self) -> tuple[JudgedClaim, ...]:
        """Those that were judged, then those that are left to another profile."""
        return self.claims + self.left

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by claim."""
        return {claim.id: claim.verdict for claim in self.all_claims}

    def tally(self, source: Source) -> str:
        """How many claims of one source got each verdict: the two sources are never summed."""
        found = Counter(claim.verdict for claim in self.all_claims if claim.source == source)
        counted = [
            f"{found[verdict]} {_PLURAL.get(verdict, verdict)}" for verdict in VERDICTS[source]
        ]
        return f"{SOURCES[source]}: of {found.total()}, {', '.join(counted)}."

    def findings(self, source: Source) -> list[Finding]:
        """The main findings of one source that were measured, the one that leads first."""
        found = [claim for claim in self._shown if claim.source == source]
        found.sort(key=lambda claim: not (claim.headline and claim.headline.leads))
        return [self._finding(claim) for claim in found]

    @property
    def in_words(self) -> list[str]:
        """What was found, for somebody who reads nothing else; only what was measured."""
        texts = {name: measured.text for name, measured in self.known.items()}
        return [text.format_map(texts) for text in self._stated]

    @property
    def behind_words(self) -> str:
        """What the intervals of `in_words` are over, in a sentence; empty where there is none."""
        counted = [self.known[name].n for text in self._stated for name in places(text)]
        if not counted:
            return ""
        seeds, scenes = ([getattr(n, name) for n in counted] for name in ("seeds", "scenes"))
        return (
            f"Brackets are 95 % intervals over {_span(seeds)} trainings of each network with "
            "different seeds (Student's t, on the logit for shares near 0 or 1), each tested on "
            f"{_span(scenes)} scenes that no training has seen."
        )

    @property
    def _stated(self) -> list[str]:
        """The texts of `in_words` whose numbers are there."""
        return [text for text in load_claims().findings if places(text) <= self.known.keys()]

    @property
    def _shown(self) -> list[Claim]:
        """The claims with a headline whose numbers are there."""
        return [
            claim
            for claim in load_claims().claims
            if claim.headline
            and claim.id in self.verdicts
            and claim.headline.measurements <= self._rested_on(claim.id)
        ]

    def _rested_on(self, claim: str) -> set[str]:
        """The measurements by which a claim was judged."""
        return {part.measurement for one in self.claims if one.id == claim for part in one.parts}

    def _finding(self, claim: Claim) -> Finding:
        judged = next(one for one in self.claims if one.id == claim.id)
        texts = {part.measurement: part.measured for part in judged.parts}
        question = claim.headline.question if claim.headline else claim.statement
        here, verdict = claim.finding(texts), self.verdicts[claim.id]
        return Finding(claim.id, question, claim.place, here, verdict)


def _span(numbers: Sequence[int]) -> str:
    """From the smallest to the largest, in words."""
    return " to ".join(f"{number:,}" for number in sorted({min(numbers), max(numbers)}))


def save_part(book: Results) -> Path:
    """Write what a notebook has measured to where `gather` reads it; says where."""
    path = _part_path(book.output, book.notebook)
    write_value(path, Measured(notebook=book.notebook, measurements=tuple(book.measurements(""))))
    return path


def gather(output: str | Path, notebooks: Sequence[str]) -> RunResults:
    """What the notebooks of a run have measured so far, judged.

    Args:
        output: the run's folder, absolute or from the checkout.
        notebooks: the names of all notebooks of a whole run, in order; other parts are not read.

    Raises:
        InvalidInput: two notebooks have different measurements under one id, or a part is not what
            this version writes.
    """
    there = [path for name in notebooks if (path := _part_path(output, name)).exists()]
    kept: dict[str, Measurement] = {}
    for path in there:
        for measurement in read_value(path, Measured).measurements:
            add_unique(kept, measurement)
    judged = judge(kept.values(), load_claims().claims, Path(output).name)
    return RunResults(
        profile=Path(output).name,
        complete=len(there) == len(notebooks),
        measurements=tuple(kept.values()),
        claims=tuple(claim for claim in judged if claim.parts),
        left=tuple(claim for claim in judged if not claim.parts),
    )


def merge(output: str | Path, notebooks: Sequence[str]) -> RunResults:
    """Gather as `gather` does, and write it to the run's results.json."""
    merged = gather(output, notebooks)
    write_value(_results_path(output), merged)
    return merged


def load_results(output: str | Path) -> RunResults:
    """A run's results.json.

    Args:
        output: the run's folder, absolute or from the checkout.

    Raises:
        InvalidInput: there is none yet, or it is not what this version writes.
    """
    return read_value(_results_path(output), RunResults)


def _results_path(output: str | Path) -> Path:
    return ROOT / output / "results.json"


def _part_path(output: str | Path, notebook: str) -> Path:
    return ROOT / output / "results" / f"{notebook}.json"
