"""Claims: their thresholds are the committed ones, and verdicts follow from intervals as stated."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.claims.judge import (
    CLAIMS,
    Comparison,
    Part,
    Verdict,
    claims_table,
    combine,
    decision_interval,
    evaluate,
)
from intensity.statistics.intervals import Measurement, wilson

comparisons = st.sampled_from([">", ">=", "<", "<="])
ends = st.floats(-100, 100)
widths = st.floats(0, 100)
VERDICTS: tuple[Verdict, ...] = ("reproduced", "not reproduced", "undecided")
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


def test_thresholds_are_the_committed_ones() -> None:
    committed = pd.read_csv(Path(__file__).with_name("claims.csv"))
    rows = [
        (
            claim.id,
            claim.source,
            "yes" if claim.starred else "no",
            part.measurement,
            part.comparison,
            part.threshold,
        )
        for claim in CLAIMS
        for part in claim.parts
    ]
    assert rows == list(committed.itertuples(index=False, name=None))


def test_there_are_24_claims_in_order() -> None:
    assert [claim.id for claim in CLAIMS] == [f"C{number}" for number in range(1, 25)]


def test_every_part_rests_on_an_id_that_can_be_measured() -> None:
    for claim in CLAIMS:
        for name in claim.measurements:
            assert measured(name, 0.4, 0.5).id == name


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
    assert part(comparison, 1).judge(low, high) == verdict


@given(comparisons, ends, ends, widths)
def test_opposite_rules_have_opposite_verdicts(
    comparison: Comparison, threshold: float, low: float, width: float
) -> None:
    opposite: dict[Comparison, Comparison] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
    swapped = {"reproduced": "not reproduced", "not reproduced": "reproduced"}
    verdict = part(comparison, threshold).judge(low, low + width)
    other = part(opposite[comparison], threshold).judge(low, low + width)
    assert other == swapped.get(verdict, "undecided")


@given(comparisons, ends, ends, widths, st.floats(0, 100))
def test_moving_an_interval_to_its_side_never_harms(
    comparison: Comparison, threshold: float, low: float, width: float, shift: float
) -> None:
    rank = ("not reproduced", "undecided", "reproduced").index
    shift = shift if comparison.startswith(">") else -shift
    rule = part(comparison, threshold)
    before, after = rule.judge(low, low + width), rule.judge(low + shift, low + width + shift)
    assert rank(after) >= rank(before)


@given(comparisons, ends, ends, widths, widths)
def test_a_wider_interval_never_decides_more(
    comparison: Comparison, threshold: float, low: float, width: float, more: float
) -> None:
    rule = part(comparison, threshold)
    wide = rule.judge(low - more, low + width + more)
    assert wide in ("undecided", rule.judge(low, low + width))


@given(comparisons, ends, ends)
def test_an_exact_value_is_always_decided(
    comparison: Comparison, threshold: float, value: float
) -> None:
    assert part(comparison, threshold).judge(value, value) != "undecided"


@given(verdicts)
def test_all_any_else(parts: list[Verdict]) -> None:
    whole = combine(parts)
    assert (whole == "reproduced") == all(one == "reproduced" for one in parts)
    assert (whole == "not reproduced") == any(one == "not reproduced" for one in parts)


def test_rules_are_printed() -> None:
    rules = {claim.id: claim.rule for claim in CLAIMS}
    assert rules["C2"] == "test accuracy of bn_compact: lower bound >= 0.9"
    assert rules["C5"].split("; ")[0].endswith("upper bound <= 0.4")
    assert rules["C8"].endswith("lower bound > 0.01")


def test_only_claims_with_all_measurements_are_judged() -> None:
    near, far = (
        measured("levels_read_right/hard/bn_compact", 0.93, 0.95),
        measured("crossing_distance/hard/bn_compact", 0.5, 1.5),
    )
    assert evaluate([]) == []
    assert evaluate([near]) == []
    (claim,) = evaluate([far, near])
    assert claim["id"] == "C7"
    assert claim["measurement"] == [near.id, far.id]
    assert claim["verdict"] == "reproduced"
    assert [one["verdict"] for one in claim["parts"]] == ["reproduced", "reproduced"]
    assert [one["interval"] for one in claim["parts"]] == [[0.93, 0.95], [0.5, 1.5]]


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [((0.5, 1.5), "undecided"), ((2.5, 3.5), "not reproduced"), ((1.5, 2.5), "undecided")],
)
def test_one_part_that_fails_decides(distance: tuple[float, float], verdict: Verdict) -> None:
    share = measured("levels_read_right/hard/bn_compact", 0.85, 0.95)
    (claim,) = evaluate([share, measured("crossing_distance/hard/bn_compact", *distance)])
    assert claim["verdict"] == verdict


def test_a_measurement_may_be_bounded_from_both_sides() -> None:
    gradient = measured("margin_rank_correlation/hard/bn_compact/gradient", -0.6, -0.4)
    recolor = "margin_rank_correlation/hard/bn_compact/recolor"
    for low, high, verdict in (
        (-0.05, 0.05, "reproduced"),
        (-0.2, 0.05, "undecided"),
        (0.15, 0.2, "not reproduced"),
        (-0.3, -0.2, "not reproduced"),
    ):
        (claim,) = evaluate([gradient, measured(recolor, low, high)])
        assert claim["verdict"] == verdict
        assert claim["measurement"] == [gradient.id, recolor]


def test_rates_away_from_0_and_1_are_decided_over_seeds() -> None:
    accuracy = rate((0.94, 0.96), (0.82, 1.0))
    assert decision_interval(accuracy) == (0.82, 1.0, "t")
    (claim,) = evaluate([accuracy])
    assert claim["verdict"] == "undecided"


@pytest.mark.parametrize("seeds", [(0.97, 0.999), (0.001, 0.03)])
def test_rates_near_0_and_1_are_decided_by_every_seed(seeds: tuple[float, float]) -> None:
    low, high, method = decision_interval(rate(seeds, (0.0, 1.0)))
    first, second = (wilson(round(seed * 1000), 1000) for seed in seeds)
    assert (low, high) == (first.low, second.high)
    assert "every seed" in method


def test_the_edge_of_near_is_near() -> None:
    assert "Wilson" in decision_interval(rate((0.98, 0.98), (0.98, 0.98)))[2]
    assert decision_interval(rate((0.979, 0.979), (0.979, 0.979)))[2] == "t"


def test_few_scenes_leave_a_rate_near_1_undecided() -> None:
    for scenes, verdict in ((20, "undecided"), (1000, "reproduced")):
        (claim,) = evaluate([rate((1.0, 1.0), (1.0, 1.0), scenes)])
        assert claim["verdict"] == verdict
        assert claim["parts"][0]["interval"][0] == wilson(scenes, scenes).low


def test_differences_near_0_are_decided_over_seeds() -> None:
    difference = measured("accuracy_difference/three_bands/large/small", 0.011, 0.013)
    (claim,) = evaluate([difference])
    assert (claim["verdict"], claim["parts"][0]["decided_by"]) == ("reproduced", "t")


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
        (claim,) = evaluate([exact])
        assert (claim["id"], claim["verdict"]) == ("C11", verdict)


def test_the_table_for_display() -> None:
    accuracy = rate((0.99, 0.996), (0.955, 1.0))
    pixels = measured("accuracy_difference/hard/pixels/bn_compact", -0.04, 0.01)
    table = claims_table(evaluate([accuracy, pixels])).set_index("id")
    assert table.index.tolist() == ["C2", "C4*"]
    assert table.loc["C4*", "verdict"] == "not reproduced"
    shown = table.loc["C2", "measured"]
    assert accuracy.text in shown
    # The interval that decides stands beside the printed one: it is not the same.
    assert "decided by Wilson" in shown
    assert claims_table([]).columns.tolist() == table.reset_index().columns.tolist()
