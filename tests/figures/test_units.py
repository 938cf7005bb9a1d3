"""Figures of units show every threshold, seed and prediction where the table says."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.figures import (
    closed_form_responses,
    probes_by_depth,
    threshold_places,
    unit_maps,
)
from intensity.tables import profile_table
from intensity.training.presets import TASKS

BANDS = TASKS["hard"].bands
LEVELS = np.arange(5, 255)

Dots = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def curve(ax: Axes, style: str) -> list[float]:
    """The y values of the line with this style."""
    (line,) = (line for line in ax.lines if line.get_linestyle() == style)
    return [float(y) for y in line.get_ydata()]


def test_thresholds_are_counted_around_boundaries_above_their_advantage(
    spans: Spans, intervals: Dots, seed_dots: Dots
) -> None:
    places = pd.DataFrame({"seed": [0, 0, 0, 2], "level": [30.0, 31.0, 200.0, 8.0]})
    alignment = pd.DataFrame(
        {"seed": [0, 2], "thresholds": [3, 1], "distance": 4.24, "shifted": 7.5, "p": 0.004}
    )
    fig = threshold_places(places, alignment.assign(advantage=[3.0, 5.0]), (4, 2, 6), BANDS)
    assert fig.subfigs[0].get_supylabel() == "thresholds per 5 grey levels"
    assert fig.subfigs[0].get_supxlabel() == "object intensity (grey level)"
    first, second, below = fig.axes
    steps = next(p for p in first.patches if hasattr(p, "get_data")).get_data()
    assert steps.values.sum() == 3
    place = int(steps.values.argmax())
    assert (steps.edges[place] + steps.edges[place + 1]) / 2 == 30.5
    ticks = [[line.get_xdata().tolist() for line in ax.lines if line.get_marker() == "|"]
             for ax in (first, second)]  # fmt: skip
    assert ticks == [[[30, 31, 200]], [[8]]]
    assert [line.get_xdata()[0] for line in first.lines if line.get_linestyle() == ":"] == [
        *TASKS["hard"].edges
    ]
    assert first.get_title(loc="left") == "seed 0: 4.2 from a boundary, shifted 7.5"
    assert intervals(below) == [(2, 6)]
    assert [x for x, _ in seed_dots(below)] == [3, 5]
    assert [line.get_xdata()[0] for line in below.lines if line.get_linestyle() == ":"] == [0]
    assert spans(first)[1][:2] == (30.5, 60.5)
    assert first.get_ylim() == second.get_ylim()


def test_units_are_rows_in_the_order_of_their_peaks_and_silent_ones_are_left_out(
    spans: Spans,
) -> None:
    peaks = np.stack([np.abs(LEVELS - peak) for peak in (200, 50, 120, 9)])
    columns = {"layer": np.full(4, "relu6"), "unit": np.arange(4)}
    table = profile_table({**columns, "levels": LEVELS, "space": 7.0 - peaks})
    units = pd.DataFrame({**columns, "silent": [False, False, False, True]})
    ax, scale = unit_maps(table, units, BANDS).axes
    assert ax.get_title(loc="left") == "relu6: 3 units, 1 more silent"
    rows = np.asarray(ax.collections[0].get_array())
    assert rows.shape == (3, len(LEVELS))
    assert LEVELS[rows.argmax(axis=1)].tolist() == [50, 120, 200]
    assert (rows.min(axis=1).tolist(), rows.max(axis=1).tolist()) == ([0] * 3, [1] * 3)
    assert [span[0] for span in spans(ax)] == [-0.5, *TASKS["hard"].edges]
    assert ax.get_ylim()[1] < -0.5  # room for the strip of classes
    assert scale.get_ylabel() == "response, each unit from\nits least to its largest"


@pytest.fixture
def probed() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Probes of two layers of trained and random networks, two seeds, and their means."""
    keys = pd.DataFrame(
        [(c, d, over) for c in ("trained", "random weights") for d in (0, 1) for over in _OVER],
        columns=["condition", "depth", "over"],
    ).assign(layer=lambda t: t["depth"].map(["relu1", "logits"].__getitem__))
    r2 = {("trained", "object"): 0.9, ("trained", "space"): 0.7}
    value = [r2.get(pair, 0.5) for pair in zip(keys["condition"], keys["over"], strict=True)]
    read = keys.assign(r2=value, accuracy=0.6, selectivity=0.4, chance=0.36)
    table = pd.concat([read.assign(seed=i) for i in range(2)])
    means = {"r2": value, "accuracy": 0.6, "selectivity": 0.4}
    means |= {"shuffled_r2": -0.1, "shuffled_accuracy": 0.3, "shuffled_selectivity": 0.01}
    parts = [keys.assign(measure=m, value=v, low=0.2, high=1.0) for m, v in means.items()]
    return table, pd.concat(parts)


_OVER = ("space", "object")


def test_probes_lie_beside_their_control_and_the_constant_answer(
    probed: tuple[pd.DataFrame, pd.DataFrame], seed_dots: Dots
) -> None:
    fig = probes_by_depth(*probed)
    assert fig.get_supxlabel() == "layer, from input to output"
    on_object, over_space, classes, _, alone, _ = fig.axes
    assert [ax.get_ylabel() for ax in (on_object, classes, alone)] == [
        "object's intensity:\n$R^2$ of linear readout",
        "object's class:\naccuracy of linear readout",
        "class selectivity $\\eta^2$,\nmean over single units",
    ]
    assert on_object.get_title(loc="left") == "mean over the visible object"
    assert {y for _, y in seed_dots(on_object)} == {0.9, 0.5}
    assert {y for _, y in seed_dots(over_space)} == {0.7, 0.5}
    assert len(seed_dots(classes)) == 8
    assert curve(on_object, ":") == [0, 0]
    assert curve(classes, ":") == [0.36, 0.36]
    dashed = [line for line in classes.lines if line.get_linestyle() == "--"]
    assert [line.get_ydata().tolist() for line in dashed] == [[0.3, 0.3]] * 2
    assert [line.get_marker() for line in dashed] == ["o", "s"]
    assert {y for _, y in seed_dots(alone)} == {0.4}
    assert curve(alone, ":") == [0, 0]
    assert on_object.get_ylim() == over_space.get_ylim()


def test_intervals_of_every_panel_lie_within_its_axis(
    probed: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    table, summary = probed
    wide = summary["over"].eq("space") & summary["measure"].eq("accuracy")
    summary = summary.assign(low=summary["low"].mask(wide, 0.01))
    assert probes_by_depth(table, summary).axes[3].get_ylim()[0] <= 0.01


def test_predictions_lie_on_their_own_unit_with_its_fit(spans: Spans) -> None:
    levels = np.arange(5, 255)
    parts = [
        pd.DataFrame({"layer": layer, "unit": unit, "level": levels, "measured": levels * factor})
        for factor, (layer, unit) in enumerate([("relu1", 0), ("relu1", 1), ("relu2", 0)], start=1)
    ]
    table = pd.concat(parts).assign(predicted=lambda t: t["measured"] + 1, interior=7.0)
    fit = pd.DataFrame(
        {
            "layer": ["relu1", "relu1", "relu2"],
            "unit": [0, 1, 0],
            "r2": [0.99994, 0.5, 1.0],
            "r2_interior": [-3.018, 0.5, 1.0],
            "threshold": pd.array([15.0, 300.0, pd.NA], "Float64"),
        }
    )
    fig = closed_form_responses(table, fit, BANDS)
    assert fig.get_supylabel() == "mean activation over space"
    assert fig.get_supxlabel() == "object intensity (grey level)"
    axes = fig.axes
    assert [span[0] for span in spans(axes[0])] == [-0.5, *TASKS["hard"].edges]
    assert len(axes) == 3
    for factor, ax in enumerate(axes, start=1):
        assert curve(ax, "-") == (levels * factor).tolist()
        assert curve(ax, "--") == (levels * factor + 1).tolist()
        assert curve(ax, ":") == [7] * len(levels)
    drawn = [[x for line in ax.lines if line.get_linestyle() == "-." for x in line.get_xdata()]
             for ax in axes]  # fmt: skip
    assert drawn == [[15, 15], [], []]
    assert [ax.get_title(loc="left") for ax in axes[:2]] == [
        "relu1, unit 0: predicted, $R^2$ = 0.9999;\n"
        "without borders, $R^2$ = -3.02, worse than a constant",
        "relu1, unit 1: predicted, $R^2$ = 0.5000;\nwithout borders, $R^2$ = 0.50",
    ]
