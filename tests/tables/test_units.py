"""Tables of units against profiles and probes whose rows are known."""

import numpy as np
import pandas as pd
import pytest

from fakes import HALF, rows
from intensity import tables
from intensity.values import InvalidInput

LEVELS = np.arange(0, 11)


def profiles(*curves: tuple[str, list[float]]) -> dict[str, np.ndarray]:
    """Profiles of units, each with its layer; every curve is a straight line through its knots."""
    layers = [layer for layer, _ in curves]
    values = [np.interp(LEVELS, np.linspace(0, 10, len(knots)), knots) for _, knots in curves]
    return {
        "levels": LEVELS,
        "layer": np.array(layers),
        "unit": np.array([layers[:place].count(layer) for place, layer in enumerate(layers)]),
        "space": np.array(values),
    }


RISES = ("relu1", [0.0, 1.0])
TURNS = ("relu2", [0.0, 3.0, 0.0, 3.0])
FALLS = ("relu2", [1.0, 0.0])
SILENT = ("relu2", [1.0, 1.0])
LOGIT = ("logits", [0.0, 1.0, 0.0, 1.0])


def test_units_count_by_their_range_and_silent_ones_apart() -> None:
    groups = {
        "hard": [profiles(RISES, TURNS, FALLS, SILENT, LOGIT), profiles(RISES, TURNS, LOGIT)],
        "random": [profiles(RISES, FALLS, LOGIT)] * 2,
    }
    table = tables.depth_table(groups)
    assert list(table) == [
        *("condition", "layer", "depth", "seed", "monotonicity", "share", "silent")
    ]
    # At whole levels TURNS goes from 0 to 2.7, to 0.3, to 3: M = 3 / 7.8.
    assert rows(table) == [
        ("hard", "relu1", 0, 0, 1.0, 0.0, 0.0),
        ("hard", "relu2", 1, 0, pytest.approx(9 / 13), pytest.approx(3 / 4), pytest.approx(1 / 3)),
        ("hard", "relu1", 0, 1, 1.0, 0.0, 0.0),
        ("hard", "relu2", 1, 1, pytest.approx(5 / 13), 1.0, 0.0),
        ("random", "relu1", 0, 0, 1.0, 0.0, 0.0),
        ("random", "relu2", 1, 0, 1.0, 0.0, 0.0),
        ("random", "relu1", 0, 1, 1.0, 0.0, 0.0),
        ("random", "relu2", 1, 1, 1.0, 0.0, 0.0),
    ]
    shares = tables.at_layer(table.iloc[::-1], "relu2", "share")
    assert shares == {"hard": [pytest.approx(3 / 4), 1.0], "random": [0.0, 0.0]}


def test_a_layer_that_is_silent_is_refused() -> None:
    with pytest.raises(InvalidInput, match="relu2"):
        tables.depth_table({"hard": [profiles(RISES, SILENT)]})


def test_thresholds_of_one_layer_are_numbered_by_seed() -> None:
    seeds = [profiles(RISES, TURNS, FALLS, SILENT), profiles(RISES, FALLS)]
    places = tables.threshold_table(seeds, "relu2")
    assert list(places) == ["seed", "layer", "unit", "level"]
    assert places[["seed", "unit"]].to_numpy().tolist() == [[0, 0]] * 3 + [[0, 1], [1, 0]]
    assert places["level"].tolist() == pytest.approx([5 / 3, 5, 25 / 3, 5, 5])


def test_thresholds_on_the_boundaries_beat_all_shifts() -> None:
    places = pd.DataFrame({"seed": [0, 0, 1, 1], "level": [3.0, 8.0, 2.0, 7.0]})
    table = tables.alignment_table(places, np.array([3.0, 8.0]), 0, 10)
    assert list(table) == ["seed", "thresholds", "distance", "shifted", "advantage", "p"]
    assert table["thresholds"].tolist() == [2, 2]
    assert table["distance"].tolist() == [0, 1]
    assert table["p"].iloc[0] == pytest.approx(1 / 11)
    assert table["p"].iloc[1] > table["p"].iloc[0]
    # all eleven places of a circle are met once, so the mean of shifts leaves only the own one out
    assert table["shifted"].iloc[0] * 10 == pytest.approx(table["shifted"].iloc[1] * 10 + 1)


def probe(r2: float, accuracy: float) -> dict[str, np.ndarray]:
    """A probe of two layers; only the object's mean in relu1 differs from the logits."""
    layer, over = np.array([("relu1", "space"), ("relu1", "object"), ("logits", "space")]).T
    measures = {
        "r2": np.array([0.5, r2, 0.5]),
        "rmse": np.array([9.0, 1.0, 9.0]),
        "accuracy": np.array([0.5, accuracy, 0.5]),
        "selectivity": np.array([0.1, accuracy / 2, 0.1]),
        "shuffled_r2": np.full(3, -0.1),
        "shuffled_accuracy": np.full(3, 0.3),
        "shuffled_selectivity": np.full(3, 0.01),
    }
    return {"layer": layer, "over": over, **measures, "chance": np.array(0.4)}


PROBES = {
    "trained": [probe(0.9, 0.8), probe(1.0, 1.0)],
    "random weights": [probe(0.7, 0.6), probe(0.6, 0.4)],
}


def test_probes_have_a_row_for_each_condition_seed_layer_and_kind_of_mean() -> None:
    table = tables.probe_table(PROBES)
    assert list(table) == [
        *("condition", "seed", "layer", "depth", "over"),
        *("r2", "rmse", "accuracy", "selectivity"),
        *("shuffled_r2", "shuffled_accuracy", "shuffled_selectivity", "chance"),
    ]
    assert len(table) == 12
    first = ("trained", 0, "relu1", 0, "object", 0.9, 1.0, 0.8, 0.4, -0.1, 0.3, 0.01, 0.4)
    assert rows(table)[1] == first
    assert table["depth"].tolist() == [0, 0, 1] * 4


def test_means_of_probes_are_cut_at_what_a_measure_can_be() -> None:
    summary = tables.probe_summary(tables.probe_table(PROBES))
    assert list(summary) == [
        *("condition", "layer", "depth", "over", "measure", "value", "low", "high")
    ]
    at = summary.set_index(["condition", "layer", "over", "measure"])
    r2 = at.loc[("random weights", "relu1", "object", "r2")]
    # two seeds 0.1 apart: HALF is half the interval of seeds 2 apart
    ends = 0.65 - HALF / 20, 0.65 + HALF / 20
    assert (r2["value"], r2["low"], r2["high"]) == pytest.approx((0.65, *ends))
    accuracy = at.loc[("trained", "relu1", "object", "accuracy")]
    assert (accuracy["low"], accuracy["high"]) == (0, 1)
    control = at.loc[("trained", "logits", "space", "shuffled_r2")]
    assert (control["value"], control["low"]) == pytest.approx((-0.1, -0.1))


def test_what_training_adds_is_paired_within_seed_and_has_a_row_a_layer_and_kind_of_mean() -> None:
    table = tables.probe_difference(
        tables.probe_table(PROBES).iloc[::-1], "trained", "random weights"
    )
    assert list(table) == ["layer", "over", "R2", "RMSE", "accuracy", "class selectivity"]
    assert len(table) == 3
    at = table.set_index(["layer", "over"])
    # differences of two seeds 0.2 and 0.4, so an interval of HALF / 10 on both sides
    assert at.loc[("relu1", "object")].tolist() == [
        *("0.30 [-0.97, 1.57]", "0.0 [0.0, 0.0]", "0.40 [-2.14, 2.94]", "0.20 [-1.07, 1.47]")
    ]
    assert at.loc[("logits", "space"), "accuracy"] == "0.00 [0.00, 0.00]"


FORM = {
    "levels": np.array([0, 10]),
    "layer": np.array(["relu1", "relu2"]),
    "unit": np.array([0, 0]),
    "measured": np.array([[0.0, 1.0], [2.0, 3.0]]),
    "predicted": np.array([[0.0, 1.5], [2.0, 3.0]]),
    "interior": np.array([[0.0, 0.0], [2.0, 2.0]]),
    "r2": np.array([0.9, 1.0]),
    "r2_interior": np.array([-1.0, 0.0]),
    "threshold": np.array([7.0, 0.0]),
    "has_threshold": np.array([True, False]),
}


def test_a_closed_form_has_a_row_for_every_unit_and_level() -> None:
    table = tables.closed_form_table(FORM)
    assert list(table) == ["layer", "unit", "level", "measured", "predicted", "interior"]
    assert rows(table) == [
        ("relu1", 0, 0, 0.0, 0.0, 0.0),
        ("relu1", 0, 10, 1.0, 1.5, 0.0),
        ("relu2", 0, 0, 2.0, 2.0, 2.0),
        ("relu2", 0, 10, 3.0, 3.0, 2.0),
    ]


def test_a_unit_without_a_threshold_has_none_in_the_table() -> None:
    fit = tables.closed_form_fit(FORM)
    assert list(fit) == ["layer", "unit", "r2", "r2_interior", "threshold"]
    assert fit["threshold"].iloc[0] == 7
    assert fit["threshold"].isna().tolist() == [False, True]


def test_fits_of_all_seeds_have_a_row_a_layer() -> None:
    other = {**FORM, "r2": np.array([0.8, 1.0]), "r2_interior": np.array([-5.0, 0.5])}
    table = tables.circuit_fits([FORM, other, FORM])
    assert list(table) == ["layer", "units", "closed_form_least", "crude_median", "crude_least"]
    assert rows(table) == [("relu1", 3, 0.8, -1.0, -5.0), ("relu2", 3, 1.0, 0.0, 0.0)]
