"""Verdicts follow from intervals as stated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.claims.definitions import Claim, Comparison, Part, load_claims
from intensity.claims.judge import VERDICTS, Verdict, claims_table, combine, decide, judge, side
from intensity.statistics.intervals import wilson
from intensity.statistics.measurements import Measurement

comparisons = st.sampled_from([">", ">=", "<", "<="])
ends = st.floats(-100, 100)
widths = st.floats(0, 100)
CLAIMS = load_claims().claims
verdicts = st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=5)


def part(comparison: Comparison, threshold: float) -> Part:
    """A part with this rule."""
    return Part(what="it", measurement="a/b/c", comparison=comparison, threshold=threshold)


def measured(name: str, low: float, high: float, unit: str = "pixels") -> Measurement:
    """A measurement over seeds with this interval."""
    n = {"seeds": 2, "scenes": 10000}
    seeds, value = (low, high), (low + high) / 2
    return Measurement(
        id=name, value=value, ci95=(low, high), n=n, seeds=seeds, unit=unit, method="t"
    )


def rate(seeds: tuple[float, ...], ci95: tuple[float, float], scenes: int = 1000) -> Measurement:
    """The accuracy that C2 rests on."""
    n = {"seeds": len(seeds), "scenes": scenes}
    value = sum(seeds) / len(seeds)
    name = "accuracy/hard/bn_compact"
    return Measurement(
        id=name, value=value, ci95=ci95, n=n, seeds=seeds, unit="fraction", method="t"
    )


@pytest.mark.parametrize(
    ("comparison", "low", "high", "verdict"),
    [
        (">=", 1.0, 2.0, "reproduced"),
        (">", 1.0, 2.0, "undecided"),
        (">=", 0.5, 1.0, "undecided"),
        (">", 0.5, 1.0, "not reproduced"),
        (">=", 0.5, 0.9, "not reproduced"),
        (">", 1.1, 2.0, "reproduced"),
        ("<=", 0.5, 1.0, "reproduced"),
        ("<", 0.5, 1.0, "undecided"),
        ("<=", 1.0, 2.0, "undecided"),
        ("<", 1.0, 2.0, "not reproduced"),
        ("<=", 1.1, 2.0, "not reproduced"),
        ("<", 0.5, 0.9, "reproduced"),
    ],
)
def test_a_threshold_of_one(
    comparison: Comparison, low: float, high: float, verdict: Verdict
) -> None:
    assert side(part(comparison, 1), low, high) == verdict


@given(comparisons, ends, ends, widths)
def test_opposite_rules_have_opposite_verdicts(
    comparison: Comparison, threshold: float, low: float, width: float
) -> None:
    opposite: dict[Comparison, Comparison] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
    swapped = {"reproduced": "not reproduced", "not reproduced": "reproduced"}
    verdict = side(part(comparison, threshold), low, low + width)
    other = side(part(opposite[comparison], threshold), low, low + width)
    assert other == swapped.get(verdict, "undecided")


@given(comparisons, ends, ends, widths, st.floats(0, 100))
def test_moving_an_interval_to_its_side_never_harms(
    comparison: Comparison, threshold: float, low: float, width: float, shift: float
) -> None:
    rank = ("not reproduced", "undecided", "reproduced").index
    shift = shift if comparison.startswith(">") else -shift
    rule = part(comparison, threshold)
    before, after = side(rule, low, low + width), side(rule, low + shift, low + width + shift)
    assert rank(after) >= rank(before)


@given(comparisons, ends, ends, widths, widths)
def test_a_wider_interval_never_decides_more(
    comparison: Comparison, threshold: float, low: float, width: float, more: float
) -> None:
    rule = part(comparison, threshold)
    wide = side(rule, low - more, low + width + more)
    assert wide in ("undecided", side(rule, low, low + width))


@given(comparisons, ends, ends)
def test_an_exact_value_is_always_decided(
    comparison: Comparison, threshold: float, value: float
) -> None:
    assert side(part(comparison, threshold), value, value) != "undecided"


@given(verdicts)
def test_all_any_else(parts: list[Verdict]) -> None:
    whole = combine(parts)
    assert (whole == "reproduced") == all(one == "reproduced" for one in parts)
    assert (whole == "not reproduced") == any(one == "not reproduced" for one in parts)


def test_only_claims_with_all_measurements_are_judged() -> None:
    near, far = (
        measured("levels_read_right/hard/bn_compact", 0.93, 0.95),
        measured("crossing_distance/hard/bn_compact", 0.5, 1.5),
    )
    assert judge([], CLAIMS) == []
    assert judge([near], CLAIMS) == []
    (claim,) = judge([far, near], CLAIMS)
    assert claim.id == "C7"
    assert claim.measurement == (near.id, far.id)
    assert claim.verdict == "reproduced"
    assert [one.verdict for one in claim.parts] == ["reproduced", "reproduced"]
    assert [one.interval for one in claim.parts] == [(0.93, 0.95), (0.5, 1.5)]


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [((0.5, 1.5), "undecided"), ((2.5, 3.5), "not reproduced"), ((1.5, 2.5), "undecided")],
)
def test_one_part_that_fails_decides(distance: tuple[float, float], verdict: Verdict) -> None:
    share = measured("levels_read_right/hard/bn_compact", 0.85, 0.95)
    (claim,) = judge([share, measured("crossing_distance/hard/bn_compact", *distance)], CLAIMS)
    assert claim.verdict == verdict


def test_a_measurement_may_be_bounded_from_both_sides() -> None:
    gradient = measured("margin_rank_correlation/hard/bn_compact/gradient", -0.6, -0.4)
    recolor = "margin_rank_correlation/hard/bn_compact/recolor"
    for low, high, verdict in (
        (-0.05, 0.05, "reproduced"),
        (-0.2, 0.05, "undecided"),
        (0.15, 0.2, "not reproduced"),
        (-0.3, -0.2, "not reproduced"),
    ):
        (claim,) = judge([gradient, measured(recolor, low, high)], CLAIMS)
        assert claim.verdict == verdict
        assert claim.measurement == (gradient.id, recolor)


def test_rates_away_from_0_and_1_are_decided_over_seeds() -> None:
    accuracy = rate((0.94, 0.96), (0.82, 1.0))
    assert decide(accuracy)[:3] == (0.82, 1.0, "t")
    (claim,) = judge([accuracy], CLAIMS)
    assert claim.verdict == "undecided"


@pytest.mark.parametrize("seeds", [(0.97, 0.999), (0.001, 0.03)])
def test_rates_near_0_and_1_are_decided_by_every_seed(seeds: tuple[float, float]) -> None:
    low, high, method, own = decide(rate(seeds, (0.0, 1.0)))
    first, second = (wilson(round(seed * 1000), 1000) for seed in seeds)
    assert (low, high) == pytest.approx((first.low, second.high))
    assert "every seed" in method
    assert not own


def test_the_edge_of_near_is_near() -> None:
    assert not decide(rate((0.98, 0.98), (0.98, 0.98))).own
    assert decide(rate((0.979, 0.979), (0.979, 0.979))).own


def test_few_scenes_leave_a_rate_near_1_undecided() -> None:
    for scenes, verdict in ((20, "undecided"), (1000, "reproduced")):
        (claim,) = judge([rate((1.0, 1.0), (1.0, 1.0), scenes)], CLAIMS)
        assert claim.verdict == verdict
        assert claim.parts[0].interval[0] == pytest.approx(wilson(scenes, scenes).low)


def test_differences_near_0_are_decided_over_seeds() -> None:
    difference = measured("accuracy_difference/three_bands/large/small", 0.011, 0.013)
    (claim,) = judge([difference], CLAIMS)
    assert (claim.verdict, claim.parts[0].decided_by) == ("reproduced", "t")


def test_exact_values_decide_by_themselves() -> None:
    n = {"seeds": 3, "scenes": 500}
    for value, verdict in ((0.005, "reproduced"), (0.01, "not reproduced")):
        exact = Measurement(
            id="threshold_alignment_p/hard/bn_compact/largest",
            value=value,
            ci95=None,
            exact=True,
            n=n,
            unit="p value",
            method="exact",
        )
        (claim,) = judge([exact], CLAIMS)
        assert (claim.id, claim.verdict) == ("C11", verdict)


def test_the_table_for_display() -> None:
    accuracy = rate((0.99, 0.996), (0.955, 1.0))
    pixels = measured("accuracy_difference/hard/pixels/bn_compact", -0.04, 0.01)
    table = claims_table(judge([accuracy, pixels], CLAIMS)).set_index("id")
    assert table.index.tolist() == ["C2", "C4*"]
    assert table.loc["C4*", "verdict"] == "not reproduced"
    shown = table.loc["C2", "measured"]
    assert accuracy.text in shown
    # The interval that decides stands beside the printed one: it is not the same.
    assert "decided by Wilson" in shown
    assert claims_table([]).columns.tolist() == table.reset_index().columns.tolist()


@given(
    st.lists(st.tuples(ends, widths), min_size=1, max_size=4), comparisons, ends, st.floats(0, 1)
)
def test_a_verdict_agrees_with_every_part_and_holds_for_every_point_of_an_interval(
    intervals: list[tuple[float, float]], comparison: Comparison, threshold: float, at: float
) -> None:
    known = [measured(f"a/b/c{i}", low, low + w) for i, (low, w) in enumerate(intervals)]
    parts = [
        Part(what="it", measurement=m.id, comparison=comparison, threshold=threshold) for m in known
    ]
    fields = {"id": "C1", "statement": "s", "source": "ours", "expected": "holds"}
    claim = Claim(**fields, parts=parts, meaning={"holds": "a", "fails": "b"})
    (judged,) = judge(known, [claim])
    assert judged.verdict == combine([part.verdict for part in judged.parts])
    for part, verdict, m in zip(parts, judged.parts, known, strict=True):
        low, high = m.ci95 or (0.0, 0.0)
        point = min(max(low + at * (high - low), low), high)
        assert verdict.verdict in ("undecided", side(part, point, point))
