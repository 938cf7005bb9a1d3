"""The discussion: a sentence for every verdict, failures first, and from which run."""

from collections import Counter
from typing import Any

import pytest

from intensity import discussion
from intensity.claims import CLAIMS
from intensity.results import Results
from intensity.values import InvalidInput

JUDGED = ("C1", "C2", "C3", "C5", "C6", "C7", "C8", "C9")


def claim(name: str, verdict: str) -> dict[str, Any]:
    """A judged claim."""
    return {"id": name, "verdict": verdict}


def test_every_judged_claim_has_two_different_sentences() -> None:
    known = {one.id for one in CLAIMS}
    assert set(JUDGED) <= set(discussion.MEANINGS) <= known
    texts = [text for pair in discussion.MEANINGS.values() for text in pair]
    assert max(Counter(texts).values()) == 1
    assert all(text.endswith(".") for text in texts)


def test_what_failed_comes_first() -> None:
    judged = [claim("C1", "reproduced"), claim("C2", "undecided"), claim("C3", "not reproduced")]
    lines = discussion.consequences(judged).splitlines()
    assert [line.split(",")[0] for line in lines] == ["- **C3", "- **C2", "- **C1"]
    assert discussion.MEANINGS["C3"][1] in lines[0]
    assert lines[1].endswith(f"does not settle it. It would mean: {discussion.MEANINGS['C2'][0]}")
    assert discussion.MEANINGS["C1"][0] in lines[2]


def test_verdicts_are_counted() -> None:
    claims = [claim("C1", "reproduced"), claim("C2", "reproduced"), claim("C3", "undecided")]
    text = discussion.overview({"profile": "standard", "claims": claims})
    assert text == "Of 3 claims judged in the run `standard`: **2 reproduced**, **1 undecided**."
    assert "mean nothing" in discussion.overview({"profile": "smoke", "claims": claims})


def test_findings_are_those_of_the_run_itself(tmp_path: Any) -> None:
    book = Results("01_data", tmp_path)
    book.counts("accuracy/hard/mean_intensity", 1, 10)
    book.save()
    found = discussion.findings(tmp_path)
    assert [row["id"] for row in found["measurements"]] == ["accuracy/hard/mean_intensity"]


def test_without_any_run_there_is_nothing_to_discuss(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discussion, "ROOT", tmp_path)
    with pytest.raises(InvalidInput, match="holds no results"):
        discussion.findings(tmp_path / "runs" / "lab")


def test_the_papers_conclusions_stand_beside_verdicts_or_say_why_not() -> None:
    table = discussion.conclusions([claim("C1", "reproduced"), claim("C6", "undecided")])
    here = dict(table.itertuples(index=False))
    assert here["Errors sit at the class boundaries"] == "C6: undecided"
    first = "A network can learn a class that hangs on intensity alone"
    assert here[first] == "C1: reproduced, C2: not judged"
    assert (table["here"] != "").all()
