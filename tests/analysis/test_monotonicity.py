"""Measures of profiles, by hand; selectivity against its null, against scipy and against itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intensity.analysis.monotonicity import (
    chance_selectivity,
    class_selectivity,
    layer_table,
    monotonicity,
    turning_points,
    turning_share,
    unit_table,
)
from intensity.values import InvalidInput


@pytest.mark.parametrize(
    ("profile", "m", "turns"),
    [
        ([0, 1, 2, 5], 1, 0),
        ([5, 3, -1], 1, 0),
        ([0, 1, 0], 0, 1),
        ([0, 2, 1], 1 / 3, 1),
        ([0, 1, 0, 1], 1 / 3, 2),
        ([3, 3, 3], 1, 0),
        ([0, 50, 49.5, 100], 100 / 101, 0),
        ([0, 50, 47, 100], 100 / 106, 2),
        ([0, 50, 49, 48, 47, 100], 100 / 106, 2),
        ([0, -1, 100, 0], 0, 1),
    ],
)
def test_monotonicity_and_turning_points(profile: list[float], m: float, turns: int) -> None:
    assert monotonicity(np.array(profile)) == pytest.approx(m)
    assert turning_points(np.array(profile)) == turns


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20))
def test_measures_do_not_depend_on_direction_or_sign(values: list[float]) -> None:
    profile = np.array(values)
    m = monotonicity(profile)
    assert 0 <= m <= 1
    assert monotonicity(-profile) == m
    assert monotonicity(profile[::-1]) == pytest.approx(m)
    assert turning_points(-profile) == turning_points(profile)
    assert turning_points(np.sort(profile)) == 0


def test_monotonicity_of_many_units_at_once() -> None:
    assert monotonicity(np.array([[[0, 1, 2], [0, 1, 0]]])).tolist() == [[1, 0]]


def test_unit_and_layer_tables() -> None:
    profiles = {
        "levels": np.array([0, 1, 2]),
        "layer": np.array(["relu2", "relu2", "relu2", "relu1"]),
        "unit": np.array([0, 1, 2, 0]),
        "space": np.array([[0, 100, 0], [0, 0.5, 0.9], [0, 50, 100], [0, 0, 0.1]]),
        "object": np.zeros((4, 3)),
    }
    units = unit_table(profiles)
    assert units["silent"].tolist() == [False, True, False, False]
    layers = layer_table(units).set_index("layer")
    assert layers.index.tolist() == ["relu2", "relu1"]
    assert layers.loc["relu2"].tolist() == [3, 1, 0.5, 0.5]
    assert layers.loc["relu1"].tolist() == [1, 0, 1, 0]
    with pytest.raises(InvalidInput, match=r"^layers: no unit of relu2 responds"):
        layer_table(unit_table(profiles, "object"))


def units_of(*rows: tuple[str, float, bool, int]) -> pd.DataFrame:
    """A table of units, as far as shares of turning units need it."""
    return pd.DataFrame(rows, columns=["layer", "range", "silent", "turning_points"])


UNITS = units_of(
    ("relu1", 5.0, False, 0),
    ("relu2", 6.0, False, 2),
    ("relu2", 3.0, False, 1),
    ("relu2", 1.0, False, 5),
    ("relu2", 0.01, True, 9),
    ("relu3", 0.0, True, 0),
    ("logits", 1.0, False, 4),
)


def test_turning_share_weighs_by_range_and_leaves_silent_units_out() -> None:
    assert turning_share(UNITS, "relu2") == pytest.approx(0.7)
    assert turning_share(UNITS, "relu1") == 0
    assert turning_share(UNITS, "logits") == 1


@pytest.mark.parametrize("layer", ["relu3", "relu9"])
def test_turning_share_needs_units_that_respond(layer: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^layer: '{layer}' .* relu1, relu2, logits$"):
        turning_share(UNITS, layer)


def test_class_selectivity_by_hand() -> None:
    labels = np.array([0, 0, 1, 1])
    units = [[2, 2, 5, 5], [1, 3, 1, 3], [0.1, 0.1, 0.1, 0.1], [0, 2, 2, 4]]
    # the last: means 1 and 3 about 2, so 4 of 8 squares lie between classes
    assert class_selectivity(np.array(units), labels) == pytest.approx([1, 0, 0, 0.5])
    assert class_selectivity(np.array(units[0]), labels) == 1


def test_class_selectivity_goes_with_scipys_analysis_of_variance() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [20, 5, 11])
    values = random.normal(size=36) + labels**2
    f = stats.f_oneway(*(values[labels == c] for c in range(3))).statistic
    assert class_selectivity(values, labels) == pytest.approx(2 * f / (2 * f + 33))


def test_shuffled_labels_give_no_class_selectivity() -> None:
    """Over all shuffles the mean is exactly the chance value, whatever the responses are."""
    random, labels = np.random.default_rng(1), np.repeat([0, 1, 2], [30, 30, 140])
    tuned = np.eye(3)[labels].T + random.normal(scale=0.1, size=(3, 200))
    assert class_selectivity(tuned, labels).min() > 0.8
    shuffled = [class_selectivity(tuned, random.permutation(labels)) for _ in range(2000)]
    assert chance_selectivity(labels) == 2 / 199
    # one shuffle has a standard deviation of about 2 / 199; the mean of 2000 of 2 / 199 / 45
    np.testing.assert_allclose(np.mean(shuffled, axis=0), 2 / 199, rtol=0.1)


@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6), st.sampled_from([-3.0, 0.5, 2.0]))
def test_class_selectivity_does_not_depend_on_scale(values: list[float], scale: float) -> None:
    labels, responses = np.array([0, 1, 1, 2, 2, 2]), np.round(values, 3)
    selectivity = class_selectivity(responses, labels)
    assert 0 <= selectivity <= 1
    assert class_selectivity(scale * responses + 7, labels) == pytest.approx(selectivity, abs=1e-6)
    assert class_selectivity(responses, 9 - labels) == pytest.approx(selectivity)


def test_labels_that_tell_nothing_apart_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^labels: \[4\] is not allowed: at least two"):
        class_selectivity(np.array([1.0, 2.0]), np.array([4, 4]))
    with pytest.raises(InvalidInput, match=r"^labels: \[\] is not allowed"):
        chance_selectivity(np.array([], int))
    with pytest.raises(InvalidInput, match=r"^labels: shape \(3,\) is not allowed: \(2,\)"):
        class_selectivity(np.array([[1.0, 2.0]]), np.array([0, 1, 1]))
