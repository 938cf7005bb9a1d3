"""Tuning: measures of profiles by hand; thresholds at known places, alignment under its null."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.analysis.tuning import (
    alignment,
    halfway,
    layer_table,
    monotonicity,
    thresholds,
    turning_points,
    turning_share,
    unit_table,
)
from intensity.training.presets import TASKS
from intensity.values import InvalidInput

LOW, HIGH = TASKS["hard"].drawn
EVERY = np.arange(LOW, HIGH + 1)
EDGES = TASKS["hard"].edges


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


@pytest.mark.parametrize(
    ("profile", "places"),
    [
        ([0, 10, 20, 30], [25]),
        ([30, 20, 10, 0], [25]),
        ([0, 0, 0, 8], [35]),  # 4 of 8, half-way from 30 to 40
        ([0, 8, 8, 0], [15, 35]),
        ([0, 4, 8, 8], [20]),  # the point itself is half-way
        ([0, 4, 0, 8], [35]),  # touches half-way and turns back
        ([8, 4, 8, 0], [35]),
        ([0, 4, 4, 8], [20]),  # stays half-way and goes on
        ([0, 4, 8, 0], [20, 35]),
        ([3, 3, 3, 3], []),
    ],
)
def test_places_half_way_by_hand(profile: list[float], places: list[float]) -> None:
    levels = np.array([10, 20, 30, 40])
    assert halfway(levels, np.array(profile)).tolist() == places


def test_a_parabola_passes_half_way_where_it_should() -> None:
    profile = (EVERY - 100.0) ** 2
    # half of 154 squared; the other place lies below the sweep
    assert halfway(EVERY, profile) == pytest.approx([100 + 154 / np.sqrt(2)], abs=0.01)


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=30),
    st.sampled_from([-2.0, 0.5, 3.0]),
    st.integers(-5, 5),
)
def test_thresholds_do_not_depend_on_scale_offset_or_direction(
    values: list[int], scale: float, offset: int
) -> None:
    profile, levels = np.array(values), np.arange(len(values))
    places = halfway(levels, profile)
    np.testing.assert_allclose(halfway(levels, scale * profile + offset), places)
    assert len(halfway(levels, profile[::-1])) == len(places)
    assert (len(places) > 0) == (profile.min() < profile.max())


def test_thresholds_of_all_units_but_silent_ones() -> None:
    profiles = {
        "levels": np.array([0, 10, 20]),
        "layer": np.array(["relu1", "relu1", "relu2"]),
        "unit": np.array([0, 1, 0]),
        "space": np.array([[0, 100, 0], [0, 0.5, 0.9], [0, 0, 2]]),
        "object": np.array([[0, 0, 1], [0, 1, 1], [0, 0, 0]]),
    }
    table = thresholds(profiles)
    assert table.to_dict("list") == {
        "layer": ["relu1", "relu1", "relu2"],
        "unit": [0, 0, 0],
        "threshold": [5, 15, 15],
    }
    dead = thresholds({**profiles, "space": np.zeros((3, 3))})
    assert dead.empty
    with pytest.raises(InvalidInput, match=r"^thresholds: shape \(0,\)"):
        alignment(dead["threshold"].to_numpy(), EDGES, LOW, HIGH)


@pytest.mark.parametrize(("label", "as_good"), [(0, 0), (1, 2), (2, 1)])
def test_units_that_answer_a_class_are_aligned(label: int, as_good: int) -> None:
    """Shifts by the spacing are as good where none of the unit's boundaries crosses an end."""
    answer = (TASKS["hard"].label(EVERY) == label).astype(float)
    places = halfway(EVERY, answer)
    assert set(places) <= set(EDGES)
    found = alignment(places, EDGES, LOW, HIGH)
    assert found.distance == 0
    assert found.p == (1 + as_good) / 250


def test_alignment_by_hand() -> None:
    found = alignment(np.array([2, 4]), np.array([2.5, 3.0]), 0, 5)
    # shifted by 1: 3, 5; by 2: 4, 0; by 3: 5, 1; by 4: 0, 2; by 5: 1, 3
    assert found.distance == 0.75
    assert found.shifted.tolist() == [1, 1.75, 1.75, 1.5, 0.75]
    assert found.p == 2 / 6


def test_thresholds_that_avoid_boundaries_have_a_large_p() -> None:
    middles = (EDGES[1:] + EDGES[:-1]) / 2
    assert alignment(middles, EDGES, LOW, HIGH).p > 0.9


def all_shifts(places: np.ndarray, boundaries: np.ndarray) -> list[float]:
    """The p of each of the 250 shifts of whole thresholds, in increasing order."""
    circle = [(places - LOW + shift) % 250 + LOW for shift in range(250)]
    return sorted(alignment(shifted, boundaries, LOW, HIGH).p for shifted in circle)


@pytest.mark.parametrize("seed", range(4))
def test_p_is_uniform_where_the_place_of_thresholds_is_arbitrary(seed: int) -> None:
    random = np.random.default_rng(seed)
    # an odd number of thresholds and boundaries anywhere: no two shifts do equally well
    places, boundaries = random.integers(LOW, HIGH + 1, 11), random.uniform(LOW, HIGH, 8)
    assert all_shifts(places, boundaries) == pytest.approx(np.arange(1, 251) / 250)


def test_p_is_conservative_where_shifts_do_equally_well() -> None:
    p = np.array(all_shifts(np.arange(LOW, HIGH, 31), EDGES))
    assert (p >= np.arange(1, 251) / 250).all()


@given(st.lists(st.floats(LOW, HIGH), min_size=1, max_size=8))
def test_every_shift_keeps_thresholds_on_the_circle(places: list[float]) -> None:
    found = alignment(np.array(places), EDGES, LOW, HIGH)
    assert found.shifted.shape == (HIGH - LOW,)
    assert found.shifted.max() <= 26  # from half a level before 5 to the first boundary
    assert 1 / 250 <= found.p <= 1


def test_wrong_input_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"^boundaries: shape \(0,\)"):
        alignment(np.array([9.0]), np.array([]), LOW, HIGH)
    with pytest.raises(InvalidInput, match=r"^thresholds: 3..9 is not allowed: 5..254$"):
        alignment(np.array([3.0, 9.0]), EDGES, LOW, HIGH)
    with pytest.raises(InvalidInput, match=r"^thresholds: nan..nan"):
        alignment(np.array([np.nan]), EDGES, LOW, HIGH)
