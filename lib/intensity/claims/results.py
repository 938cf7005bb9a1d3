"""A run's results: the notebooks' parts, gathered, judged and kept in one results.json."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

from pydantic import model_validator

from intensity.claims.definitions import load_claims
from intensity.claims.judge import VERDICTS, JudgedClaim, Verdict, judge
from intensity.statistics.measurements import Measurement, keep, part_path
from intensity.storage.files import write_aside
from intensity.values import ROOT, InvalidInput, Value, shown


class RunResults(Value):
    """What a run has measured, and the verdicts that follow.

    Raises:
        InvalidInput: an id stands twice, or a claim rests on something that was not measured.
    """

    profile: str
    """The name of the run's folder."""
    complete: bool
    """Is every notebook's part there?"""
    measurements: tuple[Measurement, ...]
    """In the order of the notebooks."""
    claims: tuple[JudgedClaim, ...]
    """Those whose measurements are all there."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse measurements that stand twice or are missing."""
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
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by claim."""
        return {claim.id: claim.verdict for claim in self.claims}

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many claims got each verdict."""
        found = Counter(claim.verdict for claim in self.claims)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def findings(self) -> list[tuple[str, str, str, str]]:
        """The main findings that were measured: question, paper, here, verdict (claim)."""
        texts = {name: measured.text for name, measured in self.known.items()}
        return [
            (*claim.headline.row(texts), f"{self.verdicts[claim.id]} ({claim.id})")
            for claim in load_claims().claims
            if claim.headline
            and claim.id in self.verdicts
            and claim.headline.measurements <= texts.keys()
        ]


def gather(output: str | Path, notebooks: Sequence[str]) -> RunResults:
    """What the notebooks of a run have measured so far, judged.

    Args:
        output: the run's folder, absolute or from the checkout.
        notebooks: the names of all notebooks of a whole run, in order; other parts are not read.

    Raises:
        InvalidInput: two notebooks have different measurements under one id, or a part is broken.
    """
    there = [name for name in notebooks if part_path(output, name).exists()]
    kept: dict[str, Measurement] = {}
    for name in there:
        path = part_path(output, name)
        for fields in _rows(path, _read(path)):
            keep(kept, _measurement(path, fields))
    return RunResults(
        profile=Path(output).name,
        complete=len(there) == len(notebooks),
        measurements=tuple(kept.values()),
        claims=tuple(judge(kept.values())),
    )


def merge(output: str | Path, notebooks: Sequence[str]) -> RunResults:
    """Gather as `gather` does, and write it to the run's results.json."""
    merged = gather(output, notebooks)
    text = json.dumps(merged.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    write_aside(results_path(output), text + "\n")
    return merged


def load_results(output: str | Path) -> RunResults:
    """Read a run's results.json.

    Args:
        output: the run's folder, absolute or from the checkout.

    Raises:
        InvalidInput: there is none yet, it is broken, or another version has written it.
    """
    path = results_path(output)
    fields = _read(path)
    try:
        return RunResults(**fields)
    except (InvalidInput, TypeError) as error:
        raise InvalidInput(f"{shown(path)}: not what this version writes: {error}") from None


def results_path(output: str | Path) -> Path:
    """Where the results of a run are kept."""
    return ROOT / output / "results.json"


def _read(path: Path) -> Any:
    """Read JSON with finite numbers; what is missing or broken is refused in one line."""
    try:
        return json.loads(path.read_text("utf8"), parse_constant=_refuse)
    except FileNotFoundError:
        raise InvalidInput(f"{shown(path)} is not there: run the notebooks first") from None
    except ValueError as error:
        raise InvalidInput(f"{shown(path)} is not allowed: {error}") from None


def _rows(path: Path, part: Any) -> list[dict[str, Any]]:
    """The measurements of a notebook's part."""
    rows = part.get("measurements") if isinstance(part, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(f"{shown(path)} is not allowed: a notebook's part has measurements")
    return rows


def _measurement(path: Path, fields: dict[str, Any]) -> Measurement:
    """One of them; another version may have written it."""
    try:
        return Measurement(**fields)
    except InvalidInput as error:
        raise InvalidInput(f"{shown(path)}: {error}; --fresh runs the notebooks anew") from None


def _refuse(word: str) -> NoReturn:
    """Refuse the words for numbers that are none."""
    raise InvalidInput(f"{word} in it, where numbers are finite")
