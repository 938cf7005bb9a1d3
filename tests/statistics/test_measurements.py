"""A notebook's measurements: each with its interval, under one id, and what is refused."""

import math
from pathlib import Path

import numpy as np
import pytest

from intensity.statistics.intervals import OVER_SCENES, Interval, wilson
from intensity.statistics.measurements import Results
from intensity.values import InvalidInput

ACCURACY = "accuracy/hard/bn_compact"


def test_over_seeds_keeps_every_seed(tmp_path: Path) -> None:
    kept = Results("02_training", tmp_path).over_seeds(ACCURACY, [0.5, 0.6, 0.7], scenes=4000)
    assert kept.value == pytest.approx(0.6)
    assert kept.ci95 == pytest.approx((0.6 - 0.2484138, 0.6 + 0.2484138))
    assert (kept.seeds, kept.n.seeds, kept.n.scenes) == ((0.5, 0.6, 0.7), 3, 4000)
    assert (kept.unit, kept.exact, kept.method) == ("fraction", False, "Student t over seeds")


def test_a_fractions_interval_is_cut_at_what_is_possible(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    assert results.over_seeds(ACCURACY, [0.0, 1.0], scenes=100).ci95 == (0, 1)
    low, high = results.over_seeds("m/hard/a", [0.0, 1.0], scenes=100, unit="correlation").ci95 or (
        0,
        0,
    )
    assert low < 0
    assert high > 1
    cut = results.over_seeds("d/hard/a", [0.0, 1.0], scenes=100, unit="grey levels")
    assert cut.ci95 == pytest.approx((0, 6.8531), abs=1e-4)


def test_ratios_are_measured_on_the_logarithm(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    kept = results.over_seeds("ratio/hard/a", [2.0, 8.0], scenes=100, unit="ratio")
    assert kept.value == pytest.approx(4)
    assert "logarithm" in kept.method


def test_differences_are_paired(tmp_path: Path) -> None:
    first, second = np.array([0.9, 0.8, 0.95]), np.array([0.8, 0.7, 0.85])
    kept = Results("02_training", tmp_path).difference("d/hard/a/b", first, second, scenes=4000)
    assert kept.ci95 == pytest.approx((0.1, 0.1))
    assert kept.seeds == pytest.approx((0.1, 0.1, 0.1))
    assert kept.unit == "difference in fraction"


def test_rates_near_1_are_measured_on_the_logit_and_hold_their_mean(tmp_path: Path) -> None:
    kept = Results("02_training", tmp_path).over_seeds(ACCURACY, [0.99, 1.0, 0.995], scenes=400)
    assert kept.method == "Student t over seeds, on the logit"
    assert kept.ci95 is not None
    assert 0.9 < kept.ci95[0] < kept.value < kept.ci95[1] < 1


def test_another_level_has_another_interval_over_seeds_alone(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    kept = results.over_seeds(ACCURACY, [0.5, 0.6, 0.7], scenes=4000)
    half = 2.919986 * 0.1 / math.sqrt(3)
    assert kept.at_level(0.9).ci95 == pytest.approx((0.6 - half, 0.6 + half))
    counted = results.counts("accuracy/hard/mean_intensity", 36, 100)
    assert counted.at_level(0.9) == counted


def test_counts_have_no_seeds_and_say_so(tmp_path: Path) -> None:
    kept = Results("01_data", tmp_path).counts("accuracy/hard/mean_intensity", 36, 100)
    assert (kept.value, kept.n.seeds, kept.n.scenes, kept.seeds) == (0.36, 0, 100, None)
    assert kept.ci95 == pytest.approx((0.27275, 0.45764), abs=1e-4)
    assert kept.method == "Wilson over scenes"


def test_an_interval_that_was_made_elsewhere_is_kept_with_its_method(tmp_path: Path) -> None:
    kept = Results("01_data", tmp_path).interval(
        "accuracy/tissue/reader", Interval(0.9, 0.97, 0.95), scenes=200, method="over blocks"
    )
    assert (kept.value, kept.ci95, kept.method) == (0.95, (0.9, 0.97), "over blocks")
    assert (kept.n.seeds, kept.n.scenes) == (0, 200)


def test_exact_numbers_have_no_interval(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    kept = results.exact("parameters/hard/a", 18251, scenes=0, unit="parameters")
    assert (kept.value, kept.ci95, kept.exact, kept.n.seeds) == (18251, None, True, 0)
    p_value = Results("06_units", tmp_path).exact(
        "p/hard/a", 0.2, scenes=9, unit="p value", seeds=3
    )
    assert (p_value.n.seeds, p_value.seeds) == (3, None)


def test_refusals_name_the_measurement(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    for values in ([0.9], [0.9, math.nan], [90.0, 91.0]):
        with pytest.raises(InvalidInput, match=f"^{ACCURACY}: ") as refusal:
            results.over_seeds(ACCURACY, values, scenes=4000)
        assert "\n" not in str(refusal.value)
    with pytest.raises(InvalidInput, match="accuracy/hard/baseline"):
        results.counts("accuracy/hard/baseline", 5, 4)
    with pytest.raises(InvalidInput, match="parameters/hard/a"):
        results.exact("parameters/hard/a", math.inf, scenes=0, unit="parameters")


def test_an_id_stands_for_one_measurement(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    results.over_seeds(ACCURACY, [0.9, 0.91], scenes=4000)
    results.over_seeds(ACCURACY, [0.9, 0.91], scenes=4000)
    with pytest.raises(InvalidInput, match=ACCURACY):
        results.over_seeds(ACCURACY, [0.9, 0.92], scenes=4000)
    assert [m.id for m in results.measurements("accuracy")] == [ACCURACY]


def test_the_table_shows_texts_and_what_they_rest_on(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    accuracy = results.over_seeds(ACCURACY, [0.5, 0.6, 0.7], scenes=4000)
    results.exact("parameters/hard/bn_compact", 18251, scenes=0, unit="parameters")
    table = results.measurement_rows(["parameters/", "accuracy/"])
    assert table.to_numpy().tolist() == [
        ["parameters/hard/bn_compact", "18,251 parameters", 0, 0, "exact"],
        [ACCURACY, accuracy.text, 3, 4000, "Student t over seeds"],
    ]


def test_a_single_training_has_an_interval_over_scenes_and_says_so(tmp_path: Path) -> None:
    results = Results("08_paper_scale", tmp_path)
    kept = results.counts("accuracy/hard/bn_medium_full", 36, 100, seeds=1)
    assert (kept.n.seeds, kept.seeds, kept.method) == (1, None, OVER_SCENES)
    assert kept.ci95 == pytest.approx(wilson(36, 100)[:2])
    less = results.count_difference("size_difference/hard/a/b", (36, 100), [0.1, 0.2])
    t = 12.706204736432095 * 0.05  # half the interval of two seeds
    assert less.value == pytest.approx(0.21)
    below = math.hypot(0.36 - kept.ci95[0], t)
    assert less.ci95[0] == pytest.approx(0.21 - below)
    assert (less.n.seeds, less.n.scenes, less.unit) == (1, 100, "difference in fraction")
