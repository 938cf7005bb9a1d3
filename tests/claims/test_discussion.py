"""The discussion: a sentence for every verdict, failures first, and from which run."""

from pathlib import Path
from typing import Any, get_args

import pytest

from intensity.claims import discussion
from intensity.claims.definitions import load_claims
from intensity.claims.judge import JudgedClaim, JudgedPart, Verdict
from intensity.claims.results import RunResults, save_part
from intensity.environment import Layout
from intensity.runner.verify import load_expected
from intensity.statistics.measurements import Measurement, Results
from intensity.values import InvalidInput

STATED = load_claims()


@pytest.fixture(scope="module")
def published() -> RunResults:
    """The published results."""
    return load_expected(Layout(), "standard")


def part(verdict: Verdict, estimate: Verdict = "reproduced") -> JudgedPart:
    """A judged part."""
    return JudgedPart(
        what="share",
        measurement="a/b/c",
        measured="91 % [88, 94]",
        threshold=0.9,
        bound="lower",
        rule="lower bound >= 0.9",
        interval=(0.88, 0.94),
        decided_by="t",
        verdict=verdict,
        estimate=estimate,
    )


def claim(name: str, verdict: Verdict, *parts: JudgedPart) -> JudgedClaim:
    """A judged claim, of one part whose estimate holds if no others are given."""
    return JudgedClaim(
        id=name,
        statement="s",
        source="ours",
        starred=False,
        measurement=(),
        rule="r",
        verdict=verdict,
        parts=parts or (part(verdict),),
    )


def run(*judged: JudgedClaim, measured: tuple[Measurement, ...] = ()) -> RunResults:
    """A run with these claims."""
    return RunResults(profile="standard", complete=True, measurements=measured, claims=judged)


def test_the_unexpected_comes_first_then_the_undecided() -> None:
    found = run(
        claim("C1", "reproduced"),
        claim("C2", "undecided"),
        claim("C3", "not reproduced"),
        claim("C4", "not reproduced"),
    )
    lines = discussion.consequences(found).splitlines()
    assert [line.split(",")[0] for line in lines] == ["- **C3", "- **C2", "- **C4", "- **C1"]
    assert lines[0].startswith("- **C3, not reproduced, unexpected.**")
    assert STATED["C3"].meaning.fails in lines[0]
    assert "Not decided" in lines[1]
    assert STATED["C1"].meaning.holds in lines[3]
    assert "unexpected" not in "".join(lines[1:])


@pytest.mark.parametrize(
    ("estimate", "side"),
    [("reproduced", "on the claim's side"), ("not reproduced", "on the other side")],
)
def test_an_undecided_claim_has_both_readings_and_says_what_is_open(
    estimate: Verdict, side: str
) -> None:
    text = discussion.consequences(
        run(claim("C12", "undecided", part("undecided", estimate), part("reproduced")))
    )
    meaning = STATED["C12"].meaning
    assert meaning.holds in text
    assert meaning.fails in text
    assert "share, 91 % [88, 94] (lower bound >= 0.9), where the estimate" in text
    assert f"lies {side}. If it holds" in text


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_a_claim_that_was_expected_to_fail_surprises_by_holding(verdict: Verdict) -> None:
    surprising = discussion.is_unexpected(STATED["C4"], claim("C4", verdict))
    assert surprising == (verdict == "reproduced")


def test_what_it_means_in_practice_is_said_with_the_verdict_it_holds_for() -> None:
    lost, kept = STATED["C4"].meaning.practice_if_it_fails, STATED["C16"].meaning.practice
    assert lost in discussion.consequences(run(claim("C4", "not reproduced")))
    assert lost not in discussion.consequences(run(claim("C4", "reproduced")))
    assert kept in discussion.consequences(run(claim("C16", "reproduced")))
    assert kept not in discussion.consequences(run(claim("C16", "not reproduced")))
    assert kept not in discussion.consequences(run(claim("C16", "undecided")))


def test_cues_are_described_by_what_was_measured_and_nothing_else(tmp_path: Path) -> None:
    book = Results("01_data", tmp_path)
    book.counts("accuracy/hard/linear_histogram", 99, 100)
    book.counts("accuracy/absolute/edge_amplitude", 34, 100)
    book.counts("accuracy/hard/patch_mean", 1, 100)
    text = discussion.cue_overlap(run(measured=tuple(book.measurements(""))))
    texts = [measured.text for measured in book.measurements("accuracy/")]
    assert text.split("**")[1::2] == texts[:2]


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (9990, "can be solved without surfaces, by a baseline each: a network's accuracy there"),
        (3400, "is not solved by the baselines without surfaces."),
        (9700, ""),
    ],
)
def test_whether_a_cue_is_needed_depends_on_what_was_measured(
    tmp_path: Path, right: int, said: str
) -> None:
    book = Results("01_data", tmp_path)
    measured = book.counts("accuracy/hard/edge_amplitude", right, 10000)
    text = discussion.cue_overlap(run(measured=(measured,)))
    assert said in text
    assert ("The paper's task" in text) == bool(said)
    assert "Contrast" not in text


def test_a_standard_run_measures_every_cue_gain_and_offset(published: RunResults) -> None:
    cues = [row for row in discussion.cue_overlap(published).splitlines() if row.startswith("- ")]
    assert len({line.split(":")[0] for line in cues}) == len(STATED.cues)
    assert len(discussion.scanner(published).splitlines()) == len(STATED.scanner)


def test_without_measurements_nothing_is_said() -> None:
    assert discussion.cue_overlap(run()) == discussion.scanner(run()) == ""


def test_verdicts_are_counted() -> None:
    found = run(claim("C1", "reproduced"), claim("C2", "reproduced"), claim("C3", "undecided"))
    text = discussion.overview(found)
    assert text == "Of 3 claims judged in the run `standard`: **2 reproduced**, **1 undecided**."
    smoke = RunResults(profile="smoke", complete=True, measurements=(), claims=())
    assert "mean nothing" in discussion.overview(smoke)


def test_findings_are_those_of_the_run_itself(tmp_path: Path) -> None:
    book = Results("01_data", tmp_path)
    book.counts("accuracy/hard/mean_intensity", 1, 10)
    save_part(book)
    found = discussion.findings(tmp_path)
    assert list(found.known) == ["accuracy/hard/mean_intensity"]


def test_a_run_without_measurements_is_refused_whatever_others_hold(tmp_path: Any) -> None:
    book = Results("01_data", tmp_path / "other")
    book.counts("accuracy/hard/mean_intensity", 1, 10)
    save_part(book)
    with pytest.raises(InvalidInput, match="holds no results"):
        discussion.findings(tmp_path / "lab")


def test_the_papers_conclusions_stand_beside_verdicts_or_say_why_not(tmp_path: Path) -> None:
    place = "monotonicity/hard/bn_compact/first_layer"
    measured = Results("06_units", tmp_path).over_seeds(
        place, [0.9, 0.8], scenes=8, unit="monotonicity"
    )
    found = run(claim("C1", "reproduced"), claim("C6", "undecided"), measured=(measured,))
    here = dict(discussion.conclusions(found).itertuples(index=False))
    assert here["Errors concentrate at the class boundaries"] == "C6: undecided"
    first = "A network can learn a class that depends on intensity alone"
    assert here[first] == "C1: reproduced, C2: not judged"
    early = here["Early channels respond monotonically"].split("; ")
    assert early[0] == f"monotonicity of the first layer: {measured.text}"
    assert early[1] == "of the last rectified layer: not measured"
    assert here["Single pixels move logits monotonically"].startswith("not tested")
    assert all(here.values())
