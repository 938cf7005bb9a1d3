"""The discussion: a sentence for every verdict, failures first, and from which run."""

from pathlib import Path
from typing import Any

import pytest

from intensity.claims import discussion
from intensity.claims.definitions import load_claims
from intensity.claims.expected import load_expected
from intensity.claims.judge import VERDICTS, JudgedClaim, JudgedPart, LeftPart, Verdict
from intensity.claims.results import RunResults, save_part
from intensity.environment import Layout
from intensity.statistics.measurements import Measurement, Results
from intensity.values import InvalidInput

STATED = load_claims()


@pytest.fixture(scope="module")
def published() -> RunResults:
    """The published results."""
    return load_expected(Layout(), "standard")


def part(verdict: Verdict, estimate: Verdict = "holds") -> JudgedPart:
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
        would_decide="9 seeds would" if verdict == "undecided" else "",
    )


def claim(name: str, verdict: Verdict, *parts: JudgedPart) -> JudgedClaim:
    """A judged claim, of one part whose estimate holds if no others are given."""
    return JudgedClaim(
        id=name,
        statement="s",
        source="paper" if name.startswith("P") else "ours",
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
        claim("P1", "reproduced"),
        claim("O1", "holds"),
        claim("O2", "undecided"),
        claim("O4", "does not hold"),
        claim("O9", "does not hold"),
    )
    lines = discussion.consequences(found, "ours").splitlines()
    assert [line.split(",")[0] for line in lines] == ["- **O4", "- **O9", "- **O2", "- **O1"]
    assert lines[0].startswith("- **O4, does not hold, unexpected.**")
    assert STATED["O4"].meaning.fails in lines[0]
    assert "Not decided" in lines[2]
    assert STATED["O1"].meaning.holds in lines[3]
    assert "unexpected" not in "".join(lines[2:])
    (paper,) = discussion.consequences(found, "paper").splitlines()
    assert paper == f"- **P1, reproduced.** {STATED['P1'].meaning.holds}"


@pytest.mark.parametrize(
    ("estimate", "side"),
    [("holds", "on the claim's side"), ("does not hold", "on the other side")],
)
def test_an_undecided_claim_has_both_readings_and_says_what_would_decide(
    estimate: Verdict, side: str
) -> None:
    found = run(claim("O12", "undecided", part("undecided", estimate), part("holds")))
    text, meaning = discussion.consequences(found, "ours"), STATED["O12"].meaning
    assert meaning.holds in text
    assert meaning.fails in text
    said = f"share, 91 % [88, 94] (lower bound >= 0.9), where the estimate lies {side}"
    assert f"{said}. If it holds" in text
    assert discussion.what_would_decide(found) == f"- **O12.** {said}: 9 seeds would."
    decided = run(claim("O12", "holds"))
    assert discussion.what_would_decide(decided) == "Every claim that was judged is decided."


@pytest.mark.parametrize("verdict", VERDICTS["paper"])
def test_a_claim_that_was_expected_to_fail_surprises_by_holding(verdict: Verdict) -> None:
    surprising = discussion.is_unexpected(STATED["P2"], claim("P2", verdict))
    assert surprising == (verdict == "reproduced")


def test_a_hypothesis_is_said_with_the_verdict_it_holds_for() -> None:
    lost, kept = STATED["O14"].meaning.hypothesis_if_it_fails, STATED["O15"].meaning.hypothesis
    said = "*Hypothesis, not tested here:* "
    assert said + lost in discussion.consequences(run(claim("O14", "does not hold")), "ours")
    assert said not in discussion.consequences(run(claim("O14", "holds")), "ours")
    assert said + kept in discussion.consequences(run(claim("O15", "holds")), "ours")
    for verdict in ("does not hold", "undecided"):
        assert said not in discussion.consequences(run(claim("O15", verdict)), "ours")


def test_what_another_profile_measures_is_said() -> None:
    left = LeftPart(what="it", rule="r", profile="paper")
    found = run(claim("O21", "not measured").model_copy(update={"parts": (), "left": (left,)}))
    text = discussion.consequences(found, "ours")
    assert text == "- **O21, not measured.** Not measured in this profile (paper)."


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


def test_the_papers_claims_and_ours_are_counted_apart() -> None:
    found = run(
        claim("P1", "reproduced"),
        claim("P2", "not reproduced"),
        claim("O1", "holds"),
        claim("O2", "holds"),
        claim("O3", "undecided"),
        claim("O21", "not measured"),
    )
    assert discussion.overview(found).splitlines()[2:] == [
        "- The paper's claims: of 2, 1 reproduced, 1 not reproduced, 0 undecided, 0 not measured "
        "here.",
        "- Our claims: of 4, 2 hold, 0 do not hold, 1 undecided, 1 not measured here.",
    ]
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
    found = run(claim("P1", "reproduced"), claim("P5", "undecided"), measured=(measured,))
    here = dict(discussion.conclusions(found).itertuples(index=False))
    assert here["Errors concentrate at the class boundaries"] == "P5: undecided"
    first = "A network can learn a class that is a non-monotonic function of intensity"
    assert here[first].startswith("P1: reproduced, P11: not judged; ")
    place = "Early channels respond monotonically, later ones follow the class boundaries"
    early = here[place].split("; ")
    assert early[1] == f"monotonicity of the first layer: {measured.text}"
    assert early[2] == "of the last rectified layer: not measured"
    assert all(here.values())
