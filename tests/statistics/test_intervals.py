"""Intervals against closed forms, scipy's own tests and how often they hold the truth."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from intensity.statistics import intervals as statistics
from intensity.statistics.intervals import (
    EQUIVALENCE_LEVEL,
    LEVEL,
    Interval,
    interval_of_difference,
    on_scale,
    paired_interval,
    seed_interval,
    t_interval,
    wilson,
)
from intensity.statistics.measurements import Measurement
from intensity.units import UNITS
from intensity.values import InvalidInput

numbers = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8)


def measurement(**changed: object) -> Measurement:
    """An accuracy over three seeds, with some fields changed."""
    fields: dict[str, object] = {
        "id": "accuracy/hard/bn_compact",
        "value": 0.992,
        "ci95": (0.989, 0.995),
        "n": {"seeds": 3, "scenes": 20000},
        "seeds": (0.991, 0.992, 0.993),
        "unit": "fraction",
        "method": "Student t over seeds",
    }
    return Measurement(**(fields | changed))


def test_t_interval_of_one_two_three() -> None:
    # s = 1 and t(.975, 2) = 4.302653 stands in every table.
    half = 4.302652729696144 / math.sqrt(3)
    assert t_interval([1, 2, 3]) == pytest.approx((2 - half, 2 + half, 2))


def test_three_seeds_have_half_widths_of_two_and_a_half_deviations() -> None:
    for seeds, deviations in ((3, 2.5), (5, 1.2)):
        sample = np.arange(seeds, dtype=float)
        low, high, _ = t_interval(sample)
        assert (high - low) / 2 / sample.std(ddof=1) == pytest.approx(deviations, abs=0.05)


@given(numbers)
def test_t_interval_agrees_with_scipys_test(values: list[float]) -> None:
    assume(np.std(values) > 1e-6)
    oracle = stats.ttest_1samp(values, 0).confidence_interval(LEVEL)
    assert t_interval(values)[:2] == pytest.approx((oracle.low, oracle.high))


def test_equal_seeds_have_an_interval_of_no_width() -> None:
    assert t_interval([0.75, 0.75, 0.75]) == (0.75, 0.75, 0.75)


def test_t_interval_holds_the_truth_as_often_as_it_says() -> None:
    samples = np.random.default_rng(0).normal(5, 2, (800, 3))
    held = [low <= 5 <= high for low, high, _ in map(t_interval, samples)]
    # Four standard errors of a share of .95 in 800 are .031.
    assert np.mean(held) == pytest.approx(LEVEL, abs=0.031)


def of_ratios(values: Any) -> Interval:
    """The interval of ratios."""
    interval, method = seed_interval(values, UNITS["ratio"], 10)
    assert method == "Student t over seeds, on the logarithm"
    return interval


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=8))
def test_inverse_ratios_have_inverse_intervals(values: list[float]) -> None:
    low, high, value = of_ratios(values)
    assert of_ratios(1 / np.array(values)) == pytest.approx((1 / high, 1 / low, 1 / value))


def test_ratios_have_an_interval_around_their_geometric_mean() -> None:
    low, high, value = of_ratios([1, 100])
    assert value == pytest.approx(10)
    assert low * high == pytest.approx(100)


def test_what_has_no_logarithm_is_refused() -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        of_ratios([1.0, 0.0])


RATE = UNITS["fraction"]


def test_rates_near_0_and_1_and_of_small_counts_are_averaged_on_the_logit() -> None:
    for seeds, scenes, logit in (
        ([0.01, 0.02], 10000, True),
        ([0.985, 0.99], 10000, True),
        ([0.03, 0.05], 10000, False),
        ([0.03, 0.05], 100, True),  # 4 scenes of 100
        ([0.95, 0.97], 200, True),
        ([0.5, 0.6], 40, False),
    ):
        assert seed_interval(seeds, RATE, scenes)[1].endswith("logit") == logit
    assert seed_interval([0.01, 0.02], UNITS["AUC"], 100)[1] == "Student t over seeds"


def test_the_interval_on_the_logit_by_hand() -> None:
    logits = np.log([40.5 / 3960.5, 20.5 / 3980.5, 36.5 / 3964.5])
    low, high, _ = t_interval(logits)
    interval, _ = seed_interval([0.01, 0.005, 0.009], RATE, 4000)
    assert interval == pytest.approx((1 / (1 + math.exp(-low)), 1 / (1 + math.exp(-high)), 0.008))


def test_seeds_that_never_or_always_count_have_wilsons_interval_of_all_their_scenes() -> None:
    square = stats.norm.ppf(0.975) ** 2
    none, _ = seed_interval([0.0] * 5, RATE, 400)
    assert none == pytest.approx((0, square / (2000 + square), 0), abs=1e-12)
    every, _ = seed_interval([1.0] * 5, RATE, 400)
    assert every == pytest.approx((2000 / (2000 + square), 1, 1), abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.integers(1, 10**5))
def test_an_interval_of_rates_holds_their_mean_within_what_is_possible(
    seeds: list[float], scenes: int
) -> None:
    interval, _ = seed_interval(seeds, RATE, scenes)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.value == pytest.approx(np.mean(seeds))
    narrow, _ = seed_interval(seeds, RATE, scenes, EQUIVALENCE_LEVEL)
    assert interval.low <= narrow.low + 1e-12
    assert narrow.high <= interval.high + 1e-12


def drawn(rate: float, scenes: int, seeds: int, spread: float = 0.0) -> np.ndarray:
    """(300, seeds) rates of networks whose true logits have a standard deviation."""
    generator = np.random.default_rng(seeds)
    logits = math.log(rate / (1 - rate)) + spread * generator.normal(size=(300, seeds))
    return generator.binomial(scenes, 1 / (1 + np.exp(-logits))) / scenes


@pytest.mark.parametrize(
    ("rate", "scenes", "spread"),
    [
        (0.0075, 4000, 0.0),
        (0.0075, 4000, 0.3),
        (0.01, 100, 0.0),
        (0.98, 500, 0.0),
        (0.03, 128, 0.1),
    ],
)
def test_intervals_on_the_logit_hold_the_truth_as_often_as_they_say(
    rate: float, scenes: int, spread: float
) -> None:
    for seeds in (3, 5):
        ends = [seed_interval(one, RATE, scenes)[0] for one in drawn(rate, scenes, seeds, spread)]
        held = np.mean([low <= rate <= high for low, high, _ in ends])
        assert held > LEVEL - 0.04  # three standard errors of a share of .95 in 300


def test_a_true_claim_is_confirmed_the_more_often_the_more_seeds_there_are() -> None:
    """The envelope of every seed's own interval did the opposite: .33, .03, .003 with 1, 3, 5."""
    confirmed = [
        np.mean([seed_interval(one, RATE, 4000)[0].high <= 0.01 for one in drawn(0.0075, 4000, k)])
        for k in (2, 3, 5, 8)
    ]
    assert confirmed == sorted(confirmed)
    assert confirmed[2] > 0.6
    assert confirmed[3] > 0.9


def test_an_effect_at_the_margin_is_called_absent_in_5_of_100_cases() -> None:
    for seeds in (3, 5):
        rates = drawn(0.05, 500, seeds)
        shown = [seed_interval(one, RATE, 500, EQUIVALENCE_LEVEL)[0].high < 0.05 for one in rates]
        assert np.mean(shown) < 0.05 + 0.04


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6), st.floats(0.005, 0.2))
def test_the_test_of_absence_goes_with_the_interval_of_ninety_percent(
    counts: list[int], margin: float
) -> None:
    rates = np.array(counts) / 1000
    p = on_scale(rates, RATE, 1000).p_below(margin)
    high = seed_interval(rates, RATE, 1000, EQUIVALENCE_LEVEL)[0].high
    assume(abs(high - margin) > 1e-6)
    assert (p < 0.05) == (high < margin)


def test_paired_interval_agrees_with_scipys_test() -> None:
    first, second = [0.9, 0.92, 0.97, 0.91], [0.8, 0.83, 0.95, 0.8]
    oracle = stats.ttest_rel(first, second).confidence_interval(LEVEL)
    assert paired_interval(first, second)[:2] == pytest.approx((oracle.low, oracle.high))


@given(numbers, st.floats(-10, 10))
def test_pairing_removes_what_seeds_share(values: list[float], shift: float) -> None:
    shifted = np.array(values) + shift
    low, high, value = paired_interval(shifted, values)
    assert value == pytest.approx(shift, abs=1e-9)
    assert high - low < 1e-9


def test_paired_interval_refuses_unequal_numbers_of_seeds() -> None:
    with pytest.raises(InvalidInput, match="3 and 2"):
        paired_interval([1, 2, 3], [1, 2])


@pytest.mark.parametrize("values", [[], [0.5], [0.5, math.nan], [0.5, math.inf], [[1, 2], [3, 4]]])
def test_seeds_that_give_no_interval_are_refused(values: list[float]) -> None:
    with pytest.raises(InvalidInput, match="two seeds or more"):
        t_interval(values)


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_is_the_closed_form(successes: int, trials: int) -> None:
    successes = min(successes, trials)
    rate, square = successes / trials, stats.norm.ppf(0.975) ** 2
    center = (rate + square / (2 * trials)) / (1 + square / trials)
    spread = square * (rate * (1 - rate) / trials + square / (4 * trials**2))
    half = math.sqrt(spread) / (1 + square / trials)
    expected = (center - half, center + half, rate)
    assert wilson(successes, trials) == pytest.approx(expected, abs=1e-12)


def test_wilson_never_leaves_the_possible() -> None:
    # Nothing in n trials: from 0 to z^2 / (n + z^2).
    square = stats.norm.ppf(0.975) ** 2
    assert wilson(0, 10) == pytest.approx((0, square / (10 + square), 0), abs=1e-12)
    assert wilson(10, 10) == pytest.approx((10 / (10 + square), 1, 1), abs=1e-12)
    assert wilson(0, 10).low >= 0
    assert wilson(10, 10).high <= 1


def test_wilson_holds_the_truth_as_often_as_it_says() -> None:
    counts = np.arange(41)
    intervals = [wilson(count, 40) for count in counts]
    rates = np.linspace(0.05, 0.95, 19)
    held = np.array([[low <= rate <= high for low, high, _ in intervals] for rate in rates])
    coverage = (held * stats.binom.pmf(counts, 40, rates[:, None])).sum(axis=1)
    assert coverage.mean() == pytest.approx(LEVEL, abs=0.01)
    assert coverage.min() > 0.9


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5), (0, 0), (2.5, 5)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(InvalidInput, match=f"{successes} of {trials}"):
        wilson(successes, trials)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "99.20 % [98.90, 99.50]"),
        ({"value": 0.9991, "ci95": (0.9987, 0.9995)}, "99.910 % [99.870, 99.950]"),
        ({"ci95": (0.992, 0.992)}, "99.2 %, the same in all 3 seeds"),
        (
            {"value": 1.0, "ci95": (1, 1), "seeds": (1, 1, 1), "unit": "grey levels"},
            "1 grey level, the same in all 3 seeds",
        ),
        (
            {"value": -0.013, "ci95": (-0.04, 0.014), "unit": "difference in fraction"},
            "-1.3 points [-4.0, 1.4]",
        ),
        ({"value": 12.3, "ci95": (8.4, 18.1), "unit": "ratio"}, "12.3 [8.4, 18.1]"),
        ({"value": 1.5, "ci95": (1, 2), "unit": "grey levels"}, "1.50 grey levels [1.00, 2.00]"),
        (
            {"value": 2097827, "ci95": None, "exact": True, "unit": "parameters"},
            "2,097,827 parameters",
        ),
        ({"value": 0.25, "ci95": None, "exact": True}, "25 %"),
        ({"value": 0.0031, "ci95": None, "exact": True, "unit": "p value"}, "0.0031"),
    ],
)
def test_a_measurement_is_printed_for_people(changed: dict[str, object], text: str) -> None:
    assert measurement(**changed).text == text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"value": math.nan}, "value"),
        ({"ci95": (0.9, math.inf)}, "ci95"),
        ({"ci95": (0.995, 0.989)}, "ci95"),
        ({"ci95": None}, "ci95"),
        ({"exact": True}, "ci95"),
        ({"seeds": (0.9, math.nan)}, "seeds"),
        ({"value": 99.2}, "value"),
        ({"seeds": (0.9, -0.1)}, "value"),
        ({"n": {"seeds": 3, "scenes": 0}}, "scenes"),
        ({"n": {"seeds": -1, "scenes": 5}}, "seeds"),
        ({"id": "accuracy/hard"}, "id"),
        ({"id": "accuracy/hard/a b"}, "id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_measurement_refuses_what_contradicts_itself(
    changed: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput, match=field) as refusal:
        measurement(**changed)
    assert "\n" not in str(refusal.value)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_what_scipy_gives(counts: tuple[int, int]) -> None:
    ends = stats.binomtest(*counts).proportion_ci(LEVEL, method="wilson")
    low, high, rate = wilson(*counts)
    assert (low, high) == pytest.approx((ends.low, ends.high), abs=1e-12)
    assert rate == counts[0] / counts[1]


SIDES = ("greater", "less", "two-sided")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("mean", [0.0, 0.9, -1.0])
def test_the_t_test_is_scipys(side: statistics.Side, mean: float) -> None:
    values = [0.2, 1.4, 0.9, 0.4]
    expected = stats.ttest_1samp(values, mean, alternative=side).pvalue
    assert statistics.t_test(values, mean, side=side) == pytest.approx(expected, rel=1e-12)


def test_seeds_without_spread_are_certain_and_those_at_the_mean_are_not() -> None:
    assert statistics.t_test([0.5, 0.5], side="greater") == 0
    assert statistics.t_test([0.5, 0.5], side="less") == 1
    assert statistics.t_test([0.5, 0.5], 0.5, side="two-sided") == 1


def test_the_two_sides_of_a_t_test_add_up() -> None:
    values = [0.3, -0.2, 0.6]
    greater, less = (statistics.t_test(values, side=side) for side in ("greater", "less"))
    assert greater + less == pytest.approx(1)
    assert statistics.t_test(values, side="two-sided") == pytest.approx(2 * min(greater, less))


@pytest.mark.parametrize(
    ("values", "mean", "side", "words"),
    [
        ([1.0], 0.0, "less", "values: .* finite numbers of two seeds or more"),
        ([1.0, 2.0], math.nan, "less", "mean: nan is not allowed"),
        ([1.0, 2.0], 0.0, "more", "side: 'more' is not allowed: one of greater, less, two-sided"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    values: list[float], mean: float, side: Any, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        statistics.t_test(values, mean, side=side)


def test_holm_by_hand() -> None:
    adjusted = statistics.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferronis(p_values: list[float]) -> None:
    adjusted = statistics.holm(p_values)
    given_p = np.array(p_values)
    assert (adjusted >= given_p).all()
    assert (adjusted <= np.minimum(given_p * len(p_values), 1) + 1e-12).all()
    order = np.argsort(given_p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_holm_does_not_care_in_which_order_tests_are_listed(p_values: list[float], at: Any) -> None:
    order = at.sample(range(len(p_values)), len(p_values))
    shuffled = statistics.holm(np.array(p_values)[order])
    assert shuffled == pytest.approx(statistics.holm(p_values)[order])


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_holm_rejects_what_stepping_down_rejects(alpha: float) -> None:
    families = np.random.default_rng(0).beta(0.3, 2, (200, 5))
    for family in families:
        rejected = np.zeros(5, dtype=bool)
        for step, place in enumerate(np.argsort(family)):
            if family[place] > alpha / (5 - step):
                break
            rejected[place] = True
        assert ((statistics.holm(family) <= alpha) == rejected).all()


@pytest.mark.parametrize("p_values", [[], [0.5, 1.5], [math.nan], [[0.1]]])
def test_holm_takes_nothing_but_p_values(p_values: list[float]) -> None:
    with pytest.raises(InvalidInput, match=r"p_values: .* is not allowed"):
        statistics.holm(p_values)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_newcombes_interval_is_that_of_his_examples(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = interval_of_difference(wilson(*first), wilson(*second))
    assert found[:2] == pytest.approx((low, high), abs=5e-5)
    assert found.value == first[0] / first[1] - second[0] / second[1]
    mirrored = interval_of_difference(wilson(*second), wilson(*first))
    assert mirrored == pytest.approx((-found.high, -found.low, -found.value))
