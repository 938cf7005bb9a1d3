"""Verdicts follow from intervals as stated."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.claims.definitions import SOURCES, Claim, Comparison, Part, Source, load_claims
from intensity.claims.judge import (
    VERDICTS,
    JudgedClaim,
    Verdict,
    claims_table,
    combine,
    judge,
    parts_table,
    side,
)
from intensity.statistics.intervals import EQUIVALENCE_LEVEL, seed_interval, t_interval
from intensity.statistics.measurements import Measurement
from intensity.units import UNITS
from intensity.values import InvalidInput

comparisons = st.sampled_from([">", ">=", "<", "<="])
sources = st.sampled_from(list(SOURCES))
ends = st.floats(-100, 100)
widths = st.floats(0, 100)
CLAIMS = load_claims().claims
WORDS = VERDICTS["ours"][:3]
verdicts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)


def part(comparison: Comparison, threshold: float, **fields: Any) -> Part:
    """A part with this rule."""
    named = {"what": "it", "measurement": "a/b/c", "unit": "fraction", "seeds": 2} | fields
    return Part(**named, comparison=comparison, threshold=threshold)


def claim_of(*parts: Part, source: Source = "ours") -> Claim:
    """A claim of these parts."""
    fields = {"id": "X", "statement": "s", "source": source, "place": "p", "expected": "holds"}
    return Claim(**fields, parts=parts, meaning={"holds": "a", "fails": "b"})


def measured(name: str, low: float, high: float, unit: str = "fraction") -> Measurement:
    """A measurement over seeds with this interval."""
    n = {"seeds": 2, "scenes": 10000}
    seeds, value = (low, high), (low + high) / 2
    return Measurement(
        id=name, value=value, ci95=(low, high), n=n, seeds=seeds, unit=unit, method="t"
    )


def over_seeds(seeds: list[float], name: str = "a/b/c", scenes: int = 1000) -> Measurement:
    """A rate of these seeds."""
    interval, method = seed_interval(seeds, UNITS["fraction"], scenes)
    n, value = {"seeds": len(seeds), "scenes": scenes}, interval.value
    return Measurement(
        id=name, value=value, ci95=interval[:2], n=n, seeds=seeds, unit="fraction", method=method
    )


def judged(known: list[Measurement], *parts: Part, **options: Any) -> JudgedClaim:
    """The one claim of these parts, judged."""
    (found,) = judge(known, [claim_of(*parts)], **options)
    return found


@pytest.mark.parametrize(
    ("comparison", "low", "high", "verdict"),
    [
        (">=", 1.0, 2.0, "holds"),
        (">", 1.0, 2.0, "undecided"),
        (">=", 0.5, 1.0, "undecided"),
        (">", 0.5, 1.0, "does not hold"),
        (">=", 0.5, 0.9, "does not hold"),
        (">", 1.1, 2.0, "holds"),
        ("<=", 0.5, 1.0, "holds"),
        ("<", 0.5, 1.0, "undecided"),
        ("<=", 1.0, 2.0, "undecided"),
        ("<", 1.0, 2.0, "does not hold"),
        ("<=", 1.1, 2.0, "does not hold"),
        ("<", 0.5, 0.9, "holds"),
    ],
)
def test_a_threshold_of_one(
    comparison: Comparison, low: float, high: float, verdict: Verdict
) -> None:
    assert side(part(comparison, 1), low, high, "ours") == verdict


@given(comparisons, ends, ends, widths)
def test_opposite_rules_have_opposite_verdicts(
    comparison: Comparison, threshold: float, low: float, width: float
) -> None:
    opposite: dict[Comparison, Comparison] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
    swapped = {"holds": "does not hold", "does not hold": "holds"}
    verdict = side(part(comparison, threshold), low, low + width, "ours")
    other = side(part(opposite[comparison], threshold), low, low + width, "ours")
    assert other == swapped.get(verdict, "undecided")


@given(comparisons, ends, ends, widths, st.floats(0, 100))
def test_moving_an_interval_to_its_side_never_harms(
    comparison: Comparison, threshold: float, low: float, width: float, shift: float
) -> None:
    rank = ("does not hold", "undecided", "holds").index
    shift = shift if comparison.startswith(">") else -shift
    rule = part(comparison, threshold)
    before = side(rule, low, low + width, "ours")
    after = side(rule, low + shift, low + width + shift, "ours")
    assert rank(after) >= rank(before)


@given(comparisons, ends, ends, widths, widths)
def test_a_wider_interval_never_decides_more(
    comparison: Comparison, threshold: float, low: float, width: float, more: float
) -> None:
    rule = part(comparison, threshold)
    wide = side(rule, low - more, low + width + more, "ours")
    assert wide in ("undecided", side(rule, low, low + width, "ours"))


@given(comparisons, ends, ends)
def test_an_exact_value_is_always_decided(
    comparison: Comparison, threshold: float, value: float
) -> None:
    assert side(part(comparison, threshold), value, value, "ours") != "undecided"


@given(verdicts)
def test_all_any_else(parts: list[Verdict]) -> None:
    whole = combine(parts, "ours")
    assert (whole == "holds") == all(one == "holds" for one in parts)
    assert (whole == "does not hold") == any(one == "does not hold" for one in parts)


def test_the_papers_claims_are_reproduced_and_ours_hold() -> None:
    for source, yes, no in (
        ("paper", "reproduced", "not reproduced"),
        ("ours", "holds", "does not hold"),
    ):
        claim = claim_of(part(">", 0.5), source=source)
        found = [
            judge([measured("a/b/c", low, low + 0.2)], [claim])[0].verdict
            for low in (0.1, 0.4, 0.7)
        ]
        assert found == [no, "undecided", yes]


def test_only_claims_with_all_measurements_are_judged() -> None:
    parts = part(">", 0.9), part("<=", 2, measurement="a/b/d", unit="grey levels")
    near, far = measured("a/b/c", 0.93, 0.95), measured("a/b/d", 0.5, 1.5, "grey levels")
    claim = claim_of(*parts)
    assert judge([], [claim]) == judge([near], [claim]) == []
    (found,) = judge([far, near], [claim])
    assert found.measurement == (near.id, far.id)
    assert found.verdict == "holds"
    assert [one.interval for one in found.parts] == [(0.93, 0.95), (0.5, 1.5)]


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [((0.5, 1.5), "undecided"), ((2.5, 3.5), "does not hold"), ((1.5, 2.5), "undecided")],
)
def test_one_part_that_fails_decides(distance: tuple[float, float], verdict: Verdict) -> None:
    parts = part(">", 0.9), part("<=", 2, measurement="a/b/d", unit="grey levels")
    known = [measured("a/b/c", 0.85, 0.95), measured("a/b/d", *distance, "grey levels")]
    assert judged(known, *parts).verdict == verdict


def test_a_part_of_another_profile_is_left_to_it() -> None:
    here, there = part(">", 0.9), part(">", 0.9, measurement="a/b/d", profile="paper")
    near, far = measured("a/b/c", 0.93, 0.95), measured("a/b/d", 0.1, 0.2)
    found = judged([near], here, there, profile="standard")
    assert (found.verdict, found.measurement) == ("holds", (near.id,))
    (left,) = found.left
    assert (left.what, left.rule, left.profile) == ("it", "lower bound > 90 %", "paper")
    assert judge([near], [claim_of(here, there)], "paper") == []  # it is waited for
    for profile in ("paper", "standard"):  # and counts wherever it was measured
        assert judged([near, far], here, there, profile=profile).verdict == "does not hold"


def test_a_claim_of_another_profile_is_shown_as_not_measured() -> None:
    found = judged([], part(">", 0.9, profile="paper"), profile="standard")
    assert (found.verdict, found.parts) == ("not measured", ())
    row = claims_table([found], "ours").iloc[0]
    assert row["verdict"] == "not measured"
    assert row["measured"] == "not measured in this profile"
    assert row["verdict of the part"] == "left to paper"


SEEDS = [0.03, 0.05, 0.04, 0.045, 0.02]


def test_an_absent_effect_is_shown_by_the_ninety_percent_interval() -> None:
    known = over_seeds(SEEDS)
    ninety, _ = seed_interval(SEEDS, UNITS["fraction"], 1000, EQUIVALENCE_LEVEL)
    between = (ninety.high + t_interval(SEEDS).high) / 2
    for test, verdict in (("equivalence", "holds"), ("difference", "undecided")):
        found = judged([known], part("<=", between, test=test))
        assert found.verdict == verdict
    (one,) = judged([known], part("<=", between, test="equivalence")).parts
    assert one.interval == pytest.approx(ninety[:2])
    assert one.measured == known.at_level(EQUIVALENCE_LEVEL).text
    assert one.rule.startswith("upper bound (90 %) <=")


def test_the_printed_interval_is_the_one_that_decides() -> None:
    for seeds in (SEEDS, [0.0] * 5, [0.99, 0.995, 0.999, 1.0, 0.99]):
        known = over_seeds(seeds)
        (one,) = judged([known], part(">=", 0.97)).parts
        assert (one.interval, one.measured) == (known.ci95, known.text)
        assert one.decided_by == known.method


def test_too_few_seeds_decide_nothing_and_say_so() -> None:
    known = over_seeds([0.99, 0.991, 0.992])
    (three,) = judged([known], part(">", 0.5, seeds=3)).parts
    (five,) = judged([known], part(">", 0.5, seeds=5)).parts
    assert (three.verdict, three.would_decide) == ("holds", "")
    assert five.verdict == "undecided"
    assert five.would_decide == "3 seeds, of the 5 that it takes"
    (open_,) = judged([over_seeds([0.8, 0.85, 0.9])], part(">", 0.8)).parts
    (both,) = judged([over_seeds([0.8, 0.85, 0.9])], part(">", 0.8, seeds=5)).parts
    assert both.would_decide == f"3 seeds, of the 5 that it takes; {open_.would_decide}"


def test_what_is_undecided_says_what_would_decide_it() -> None:
    (one,) = judged([over_seeds([0.95, 0.9, 0.93, 0.94, 0.88])], part(">", 0.9)).parts
    assert "seeds would make the interval narrower than its distance" in one.would_decide
    assert "that of counting 1,000 scenes 0.86 points" in one.would_decide
    (near,) = judged([over_seeds([0.95, 0.9, 0.93, 0.94, 0.88])], part(">", 0.9199)).parts
    assert "too near the threshold to be decided by seeds" in near.would_decide
    (few,) = judged([over_seeds([0.55, 0.45, 0.4, 0.6, 0.52], scenes=40)], part(">", 0.45)).parts
    assert few.would_decide.endswith(": more scenes come first")
    counted = Measurement(
        id="a/b/c", value=0.5, ci95=(0.4, 0.6), n={"seeds": 0, "scenes": 100}, unit="fraction",
        method="w",
    )  # fmt: skip
    (scenes,) = judged([counted], part(">", 0.45)).parts
    assert scenes.would_decide.startswith("400 scenes would")


def test_exact_values_decide_by_themselves() -> None:
    n, unit = {"seeds": 3, "scenes": 500}, "fraction"
    for value, verdict in ((0.0, "holds"), (0.01, "does not hold")):
        exact = Measurement(
            id="a/b/c", value=value, ci95=None, exact=True, n=n, unit=unit, method="exact"
        )
        assert judged([exact], part("<=", 0, seeds=5)).verdict == verdict


def test_a_measurement_in_another_unit_is_refused() -> None:
    shares = measured("a/b/c", 0.93, 0.95, "share of levels")  # as good as a fraction
    assert judged([shares], part(">", 0.9)).verdict == "holds"
    with pytest.raises(InvalidInput, match="X: a/b/c: unit: 'grey levels' is not allowed: 'frac"):
        judged([measured("a/b/c", 0.93, 0.95, "grey levels")], part(">", 0.9))


def test_the_tables_have_a_row_a_part_and_a_list_a_source() -> None:
    accuracy = over_seeds([0.99, 0.992, 0.995, 0.994, 0.996], "accuracy/hard/bn_compact")
    pixels = measured(
        "accuracy_difference/hard/pixels/bn_compact", -0.04, 0.01, "difference in fraction"
    )
    large = over_seeds([0.972, 0.97, 0.975], "accuracy/hard/bn_large")
    found = judge([accuracy, pixels, large], CLAIMS)
    paper, ours = (claims_table(found, source) for source in SOURCES)
    assert set(ours["verdict"]) == {"not measured"}
    assert paper["id"].tolist()[:6] == ["P1", "", "", "", "", "P2*"]
    assert paper["verdict"].tolist()[:6] == ["reproduced", "", "", "", "", "undecided"]
    assert paper.loc[0, "measured"] == accuracy.text
    assert paper.loc[0, "rule"] == "lower bound >= 95 %"
    assert paper["statement"][0].endswith("(paper, sections 1 and 2)")
    parts = parts_table(found, {one.id: one for one in (accuracy, pixels, large)})
    assert parts["claim"].tolist() == ["P1", "P1", "P2"]
    assert parts["limit"].tolist() == ["95 %", "95 %", "-5 points"]
    assert claims_table([], "ours").columns.tolist() == paper.columns.tolist()


@given(
    st.lists(st.tuples(ends, widths), min_size=1, max_size=4),
    comparisons, ends, st.floats(0, 1), sources,
)  # fmt: skip
def test_a_verdict_agrees_with_every_part_and_holds_for_every_point_of_an_interval(
    intervals: list[tuple[float, float]],
    comparison: Comparison,
    threshold: float,
    at: float,
    source: Source,
) -> None:
    known = [measured(f"a/b/c{i}", low, low + w, "pixels") for i, (low, w) in enumerate(intervals)]
    parts = [part(comparison, threshold, measurement=m.id, unit="pixels") for m in known]
    (found,) = judge(known, [claim_of(*parts, source=source)])
    assert found.verdict == combine([one.verdict for one in found.parts], source)
    for rule, one, m in zip(parts, found.parts, known, strict=True):
        low, high = m.ci95 or (0.0, 0.0)
        point = min(max(low + at * (high - low), low), high)
        assert one.verdict in ("undecided", side(rule, point, point, source))


def test_a_single_training_is_judged_by_its_scenes_and_said_to_be_one() -> None:
    n = {"seeds": 1, "scenes": 1000}
    one = Measurement(
        id="a/b/c", value=0.98, ci95=(0.97, 0.99), n=n, unit="fraction", method="Wilson over scenes"
    )
    (judged,) = judge([one], [claim_of(part(">=", 0.95))])
    assert judged.verdict == "holds"
    assert judged.parts[0].measured == "98.0 % [97.0, 99.0] (one seed)"
