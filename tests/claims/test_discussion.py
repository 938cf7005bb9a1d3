"""The discussion: a sentence for every verdict, failures first, and from which run."""

import json
from collections import Counter
from typing import Any

import pytest

from intensity.claims import discussion
from intensity.claims.judge import CLAIMS
from intensity.statistics.measurements import Results
from intensity.values import ROOT, InvalidInput

JUDGED = [f"C{number}" for number in range(1, 21)]


def claim(name: str, verdict: str) -> dict[str, Any]:
    """A judged claim of one part whose estimate holds."""
    part = {"what": "share", "measured": "91 % [88, 94]", "rule": "lower bound >= 0.9"}
    return {
        "id": name,
        "verdict": verdict,
        "parts": [part | {"verdict": verdict, "estimate": "reproduced"}],
    }


def test_every_judged_claim_has_sentences_that_differ() -> None:
    known = {one.id for one in CLAIMS}
    assert set(JUDGED) <= set(discussion.MEANINGS) <= known
    texts = [text for meaning in discussion.MEANINGS.values() for text in meaning if text]
    assert max(Counter(texts).values()) == 1
    assert all(text.endswith(".") for text in texts)
    assert all(meaning.reproduced and meaning.failed for meaning in discussion.MEANINGS.values())


def test_the_unexpected_comes_first_then_the_undecided() -> None:
    judged = [
        claim("C1", "reproduced"),
        claim("C2", "undecided"),
        claim("C3", "not reproduced"),
        claim("C4", "not reproduced"),
    ]
    lines = discussion.consequences(judged).splitlines()
    assert [line.split(",")[0] for line in lines] == ["- **C3", "- **C2", "- **C4", "- **C1"]
    assert lines[0].startswith("- **C3, not reproduced, unexpected.**")
    assert discussion.MEANINGS["C3"].failed in lines[0]
    assert "does not settle it" in lines[1]
    assert discussion.MEANINGS["C1"].reproduced in lines[3]
    assert "unexpected" not in "".join(lines[1:])


def test_an_undecided_claim_gets_both_readings_and_says_what_is_open() -> None:
    open_claim = claim("C12", "undecided")
    settled = {"what": "other", "measured": "1", "rule": "r", "verdict": "reproduced"}
    open_claim["parts"].append(settled | {"estimate": "reproduced"})
    text = discussion.consequences([open_claim])
    meaning = discussion.MEANINGS["C12"]
    assert meaning.reproduced in text
    assert meaning.failed in text
    assert "Open: share, 91 % [88, 94] (lower bound >= 0.9), where the estimate" in text
    assert "lies on the claim's side. If it holds" in text
    open_claim["parts"][0]["estimate"] = "not reproduced"
    assert "lies on the other side. If it holds" in discussion.consequences([open_claim])


def test_a_claim_that_was_expected_to_fail_surprises_by_holding() -> None:
    assert discussion.is_unexpected(claim("C4", "reproduced"))
    assert not discussion.is_unexpected(claim("C4", "not reproduced"))
    assert not discussion.is_unexpected(claim("C4", "undecided"))


def test_what_it_means_in_practice_is_said_with_the_verdict_it_holds_for() -> None:
    lost, kept = discussion.MEANINGS["C4"].failed_practice, discussion.MEANINGS["C16"].practice
    assert lost in discussion.consequences([claim("C4", "not reproduced")])
    assert lost not in discussion.consequences([claim("C4", "reproduced")])
    assert kept in discussion.consequences([claim("C16", "reproduced")])
    assert kept not in discussion.consequences([claim("C16", "not reproduced")])
    assert kept not in discussion.consequences([claim("C16", "undecided")])


def test_cues_are_told_by_what_was_measured_and_nothing_else(tmp_path: Any) -> None:
    book = Results("01_data", tmp_path)
    book.counts("accuracy/hard/linear_histogram", 99, 100)
    book.counts("accuracy/absolute/edge_amplitude", 34, 100)
    book.counts("accuracy/hard/patch_mean", 1, 100)
    book.save()
    text = discussion.cue_overlap(discussion.findings(tmp_path))
    texts = [measured.text for measured in book.measurements("accuracy/")]
    assert text.split("**")[1::2] == texts[:2]


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (
            9990,
            "can be solved without surfaces, by a reader each: a network's accuracy there does not",
        ),
        (3400, "is not solved by the readers without surfaces."),
        (9700, ""),
    ],
)
def test_what_follows_from_a_cue_depends_on_what_was_measured(
    tmp_path: Any, right: int, said: str
) -> None:
    book = Results("01_data", tmp_path)
    book.counts("accuracy/hard/edge_amplitude", right, 10000)
    book.save()
    text = discussion.cue_overlap(discussion.findings(tmp_path))
    assert said in text
    assert ("The paper's task" in text) == bool(said)
    assert "Contrast" not in text


def test_every_cue_that_is_told_is_one_that_a_standard_run_measures() -> None:
    published = json.loads((ROOT / "expected" / "standard.json").read_text("utf8"))
    text = discussion.cue_overlap(published)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(discussion.OVERLAP)
    assert len({line.split(":")[0] for line in lines}) == len(lines)


def test_words_about_cues_hold_no_number_of_their_own() -> None:
    assert not any(sign.isdigit() for _, words in discussion.OVERLAP for sign in words)


def test_without_measurements_nothing_is_said_about_cues() -> None:
    assert discussion.cue_overlap({"measurements": []}) == ""


def test_conclusions_rest_on_claims_that_there_are_and_on_what_a_standard_run_measures() -> None:
    published = json.loads((ROOT / "expected" / "standard.json").read_text("utf8"))
    measured = {row["id"] for row in published["measurements"]}
    known = {one.id for one in CLAIMS}
    for conclusion in discussion.CONCLUSIONS:
        assert set(conclusion.claims) <= known
        assert {name for name, _ in conclusion.measured} <= measured
        assert conclusion.claims or conclusion.measured or conclusion.note


def test_gain_and_offset_are_told_by_what_was_measured() -> None:
    published = json.loads((ROOT / "expected" / "standard.json").read_text("utf8"))
    lines = discussion.scanner(published).splitlines()
    assert len(lines) == len(discussion.SCANNER)
    assert discussion.scanner({"measurements": []}) == ""


def test_claims_of_practical_weight_say_what_follows() -> None:
    told = {name for name, meaning in discussion.MEANINGS.items() if meaning.practice}
    assert {"C5", "C14", "C16", "C17", "C18", "C19"} <= told
    assert discussion.MEANINGS["C4"].failed_practice


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


def test_the_papers_conclusions_stand_beside_verdicts_or_say_why_not(tmp_path: Any) -> None:
    book = Results("06_units", tmp_path)
    place = "monotonicity/hard/bn_compact/first_layer"
    book.over_seeds(place, [0.9, 0.8], scenes=8, unit="monotonicity")
    book.save()
    found = discussion.findings(tmp_path)
    found["claims"] = [claim("C1", "reproduced"), claim("C6", "undecided")]
    here = dict(discussion.conclusions(found).itertuples(index=False))
    assert here["Errors sit at the class boundaries"] == "C6: undecided"
    first = "A network can learn a class that hangs on intensity alone"
    assert here[first] == "C1: reproduced, C2: not judged"
    early = here["Early channels respond monotonically"].split("; ")
    assert early[0] == f"monotonicity of the first layer: {book.measurements('')[0].text}"
    assert early[1] == "of the last rectified layer: not measured"
    assert here["Single pixels move logits monotonically"].startswith("not tested")
    assert all(here.values())
