"""Figures of training show every seed, every interval, and errors at true grey levels."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.figures import (
    accuracy_over_intensity,
    accuracy_overview,
    confusion_matrices,
    learning_curves,
)
from intensity.training.presets import TASKS

Dots = Callable[[Axes], list[tuple[float, float]]]
Intervals = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def test_a_learning_curve_ends_in_a_dot_for_every_seed(seed_dots: Dots) -> None:
    rows = [
        ("large", "three_bands", seed, images, split, 0.5 + seed / 10 + images / 1e5)
        for seed in range(2)
        for images in (20000, 10000)
        for split in ("training", "validation")
    ]
    columns = ["network", "task", "seed", "images", "split", "accuracy"]
    (ax,) = learning_curves(pd.DataFrame(rows, columns=columns)).axes
    assert seed_dots(ax) == [(20, pytest.approx(0.7)), (20, pytest.approx(0.8))]
    curves = [line.get_xdata().tolist() for line in ax.lines if line.get_marker() == "None"]
    assert curves == [[10, 20]] * 4
    assert ax.get_xlabel() == "training images seen (thousands)"
    assert ax.get_ylabel() == "accuracy (share of images)"


def test_the_overview_shows_seeds_of_networks_intervals_of_all_and_chance(
    seed_dots: Dots, intervals: Intervals
) -> None:
    runs = pd.DataFrame(
        {"task": "hard", "name": "bn_compact", "seed": [0, 1], "accuracy": [0.94, 0.96]}
    )
    summary = pd.DataFrame(
        {
            "task": "hard",
            "name": ["bn_compact", "mean_intensity"],
            "kind": ["network", "baseline"],
            "accuracy": [0.95, 0.33],
            "low": [0.9, 0.32],
            "high": [1.0, 0.34],
        }
    )
    (ax,) = accuracy_overview(runs, summary, {"hard": 0.36}).axes
    assert [x for x, _ in seed_dots(ax)] == [0.94, 0.96]
    assert intervals(ax) == [(0.9, 1.0), (0.32, 0.34)]
    assert [text.get_text() for text in ax.texts] == ["0.950", "0.330"]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == [0.36]


def test_many_tasks_stand_two_a_row_and_the_lowest_of_each_column_names_the_axis() -> None:
    names = ["large", "small", "pixels", "mean", "histogram"]
    sizes = {"easy": 2, "hard": 5, "monotone": 1, "medium": 3, "contrast": 2}
    rows = [
        (task, name, "network", 0.5, 0.4, 0.6)
        for task, size in sizes.items()
        for name in names[:size]
    ]
    columns = ["task", "name", "kind", "accuracy", "low", "high"]
    summary = pd.DataFrame(rows, columns=columns)
    runs = summary[["task", "name", "accuracy"]].assign(seed=0)
    fig = accuracy_overview(runs, summary, dict.fromkeys(sizes, 0.3))
    assert [ax.get_title(loc="left") for ax in fig.axes] == list(sizes)
    label = "test accuracy (share of images)"
    assert [ax.get_xlabel() for ax in fig.axes] == ["", "", "", label, label]
    fig.draw_without_rendering()
    left, right, below, *_ = (ax.get_position() for ax in fig.axes)
    assert left.x1 < right.x0
    assert left.y0 == right.y0 > below.y1
    assert left.height == pytest.approx(5 / 3 * below.height, rel=0.02)


def test_a_confusion_matrix_has_true_classes_as_rows() -> None:
    shares = np.array([[0.9, 0.1], [0.3, 0.7]])
    rows = [("large", "hard", i, j, shares[i, j]) for i in range(2) for j in range(2)]
    columns = ["network", "task", "label", "predicted", "share"]
    ax = confusion_matrices(pd.DataFrame(rows, columns=columns)).axes[0]
    np.testing.assert_array_equal(ax.collections[0].get_array().reshape(2, 2), shares)
    assert [text.get_text() for text in ax.texts] == ["0.900", "0.100", "0.300", "0.700"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert ax.get_title(loc="left") == "large\non hard"


def test_accuracy_in_ranges_of_intensity_is_one_unbroken_line() -> None:
    middles = np.arange(3, 254, 5)
    table = pd.DataFrame({"intensity": middles, "network": "bn_compact"})
    table = table.assign(accuracy=0.9, low=0.8, high=1.0)
    (ax,) = accuracy_over_intensity(table, TASKS["hard"].bands).axes
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    np.testing.assert_array_equal(curve.get_xdata(), middles)
    assert not np.isnan(np.asarray(curve.get_ydata(), float)).any()
    assert ax.get_xlabel() == "object intensity (grey level)"
    assert ax.get_ylabel() == "accuracy\n(share of scenes)"


def test_accuracy_over_intensity_breaks_where_no_object_is_drawn(spans: Spans) -> None:
    task = TASKS["three_bands"]
    table = pd.DataFrame({"intensity": task.levels, "network": "small"})
    table = table.assign(accuracy=0.9, low=0.8, high=1.0)
    (ax,) = accuracy_over_intensity(table, task.bands).axes
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    drawn = np.asarray(curve.get_xdata())[~np.isnan(np.asarray(curve.get_ydata(), float))]
    np.testing.assert_array_equal(drawn, task.levels)
    assert len(curve.get_xdata()) == 241
    assert [span[:2] for span in spans(ax)] == [(-0.5, 30.5), (119.5, 150.5), (209.5, 240.5)]
    boundaries = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert boundaries == [30.5, 119.5, 150.5, 209.5, 240.5]
