"""Figures of training show every seed, every interval, and errors at true grey levels."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.figures import (
    confusion_matrices,
    error_by_distance,
    error_over_intensity,
    error_overview,
    learning_curves,
)
from intensity.training.presets import TASKS

Dots = Callable[[Axes], list[tuple[float, float]]]
Intervals = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def test_a_learning_curve_ends_in_a_dot_for_every_seed(seed_dots: Dots) -> None:
    rows = [
        ("large", "three_bands", seed, images, split, 0.5 - seed / 10 - images / 1e5, 1000)
        for seed in range(2)
        for images in (20000, 10000)
        for split in ("training", "validation")
    ]
    columns = ["network", "task", "seed", "images", "split", "error", "scenes"]
    (ax,) = learning_curves(pd.DataFrame(rows, columns=columns)).axes
    assert seed_dots(ax) == [(20, pytest.approx(0.3)), (20, pytest.approx(0.2))]
    curves = [line.get_xdata().tolist() for line in ax.lines if line.get_marker() == "None"]
    assert curves == [[10, 20]] * 4
    assert ax.get_xlabel() == "training images seen (thousands)"
    assert (ax.get_ylabel(), ax.get_yscale()) == ("error (%, logarithmic)", "log")


def test_an_epoch_without_an_error_ends_at_half_a_scene(seed_dots: Dots) -> None:
    table = pd.DataFrame({"images": [10_000, 20_000], "error": [0.1, 0.0], "scenes": 500})
    fig = learning_curves(table.assign(network="large", task="hard", seed=0, split="validation"))
    assert seed_dots(fig.axes[0]) == [(20, 0.001)]


def test_the_overview_shows_seeds_of_networks_intervals_of_all_and_chance(
    seed_dots: Dots, intervals: Intervals
) -> None:
    runs = pd.DataFrame({"task": "hard", "name": "bn_compact", "error": [0.06, 0.04]})
    summary = pd.DataFrame(
        {
            "task": "hard",
            "name": ["bn_compact", "mean_intensity", "flat_patch"],
            "kind": ["network", "baseline", "baseline"],
            "error": [0.05, 0.67, 0.0],
            "low": [0.0, 0.66, 0.0],
            "high": [0.1, 0.68, 0.01],
            "scenes": 1000,
        }
    )
    fig = error_overview(runs.assign(scenes=1000), summary, {"hard": 0.36})
    (ax,) = fig.axes
    assert [x for x, _ in seed_dots(ax)] == [0.06, 0.04]
    assert intervals(ax) == [(0.0005, 0.1), (0.66, 0.68), (0.0005, 0.01)]
    assert [text.get_text() for text in ax.texts] == ["5.00 %", "67.00 %", "0 %"]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == [0.64]
    marks = [line.get_marker() for line in ax.lines if line.get_marker() in set("oD<")]
    assert [mark for mark in marks if mark != "o"] == ["D", "<"]
    assert fig.legends[0].get_texts()[-1].get_text() == "no error: at half a scene"


def test_many_tasks_stand_two_a_row_and_the_lowest_of_each_column_names_the_axis() -> None:
    names = ["large", "small", "pixels", "mean", "histogram"]
    sizes = {"easy": 2, "hard": 5, "monotone": 1, "medium": 3, "contrast": 2}
    rows = [
        (task, name, "network", 0.5, 0.4, 0.6, 100)
        for task, size in sizes.items()
        for name in names[:size]
    ]
    columns = ["task", "name", "kind", "error", "low", "high", "scenes"]
    summary = pd.DataFrame(rows, columns=columns)
    fig = error_overview(summary, summary, dict.fromkeys(sizes, 0.3))
    assert [ax.get_title(loc="left") for ax in fig.axes] == list(sizes)
    label = "test error (%, logarithmic)"
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


def test_errors_in_ranges_of_intensity_are_one_unbroken_line_on_their_own_scale() -> None:
    middles = np.arange(3, 254, 5)
    table = pd.DataFrame({"intensity": middles, "network": "bn_compact"})
    table = table.assign(error=0.1, low=0.0, high=0.2)
    other = table.assign(network="bn_tiny", high=0.8)
    fig = error_over_intensity(pd.concat([table, other]), TASKS["hard"].bands)
    ax, second = fig.axes
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    np.testing.assert_array_equal(curve.get_xdata(), middles)
    assert not np.isnan(np.asarray(curve.get_ydata(), float)).any()
    assert ax.get_ylim() == (0, pytest.approx(0.21))
    assert second.get_ylim() == (0, pytest.approx(0.84))
    assert second.get_xlabel() == "object intensity (grey level)"
    assert fig.get_supylabel() == "test error (%)"


def test_error_over_intensity_breaks_where_no_object_is_drawn(spans: Spans) -> None:
    task = TASKS["three_bands"]
    table = pd.DataFrame({"intensity": task.levels, "network": "small"})
    (ax,) = error_over_intensity(table.assign(error=0.1, low=0.0, high=0.2), task.bands).axes
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    drawn = np.asarray(curve.get_xdata())[~np.isnan(np.asarray(curve.get_ydata(), float))]
    np.testing.assert_array_equal(drawn, task.levels)
    assert len(curve.get_xdata()) == 241
    assert [span[:2] for span in spans(ax)] == [(-0.5, 30.5), (119.5, 150.5), (209.5, 240.5)]
    boundaries = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert boundaries == [30.5, 119.5, 150.5, 209.5, 240.5]


def test_errors_by_distance_have_a_line_a_network_that_ends_at_half_a_scene() -> None:
    table = pd.DataFrame({"distance": [0.5, 1.5], "error": [0.3, 0.0], "low": 0.0, "high": 0.4})
    networks = ("bn_compact", "pixels")
    both = pd.concat([table.assign(network=name, scenes=50) for name in networks])
    fig = error_by_distance(both)
    (ax,) = fig.axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.3, 0.01]] * 2
    assert len({line.get_marker() for line in ax.lines}) == 2
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in fig.legends[0].get_texts()][:2] == list(networks)
