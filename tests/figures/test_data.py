"""Figures of the data show tasks, images, shares and baselines as they are."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from intensity.figures import (
    baseline_accuracy,
    class_balance,
    image_grid,
    intensity_functions,
    permutation_effect,
)
from intensity.figures.style import class_color, tint
from intensity.training.presets import TASKS

Intervals = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def test_an_intensity_function_steps_at_its_boundaries(spans: Spans) -> None:
    task = TASKS["three_bands"]
    ax = intensity_functions([task]).axes[0]
    steps = [segment for lines in ax.collections for segment in lines.get_segments()]
    assert [(float(s[0][0]), float(s[1][0]), float(s[0][1])) for s in steps] == [
        (-0.5, 30.5, 0),
        (119.5, 150.5, 1),
        (209.5, 240.5, 2),
    ]
    assert ax.get_ylabel() == "three bands"
    bands = [tuple(band) for band in task.bands if band.label is not None]
    assert spans(ax)[: len(bands)] == [
        (low - 0.5, high + 0.5, to_hex(tint(class_color(label)))) for low, high, label in bands
    ]


def test_levels_that_are_not_drawn_are_hatched() -> None:
    fig = intensity_functions([TASKS["easy"], TASKS["three_bands"]])
    hatched = [
        [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches if p.get_hatch()]
        for ax in fig.axes[:2]
    ]
    assert hatched == [
        [(-0.5, 4.5), (254.5, 255.5)],
        [(30.5, 119.5), (150.5, 209.5), (240.5, 255.5)],
    ]


def test_the_ramp_below_shows_the_grey_levels_of_the_axis() -> None:
    ramp = intensity_functions([TASKS["hard"]]).axes[-1]
    (image,) = ramp.images
    np.testing.assert_array_equal(image.get_array(), np.arange(256)[None])
    assert list(image.get_extent()[:2]) == [-0.5, 255.5]
    assert ramp.get_xlabel() == "object intensity (grey level)"


def test_all_images_of_a_grid_share_the_scale_of_grey_levels() -> None:
    images = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    *axes, scale = image_grid(images, ["a", "b"], ["1", "2", "3"]).axes
    assert scale.get_ylabel() == "grey level"
    assert [ax.images[0].get_clim() for ax in axes] == [(0, 255)] * 6
    np.testing.assert_array_equal(axes[4].images[0].get_array(), images[4])
    assert [ax.get_title(loc="center") for ax in axes[:3]] == ["1", "2", "3"]
    assert [axes[0].get_ylabel(), axes[3].get_ylabel()] == ["a", "b"]


def test_class_balance_shows_expected_share_and_interval_of_every_class() -> None:
    row = {"task": "easy", "class": 0, "expected": 0.58, "share": 0.57, "low": 0.55, "high": 0.59}
    other = {**row, "class": 1, "expected": 0.42, "share": 0.43, "low": 0.41, "high": 0.45}
    (ax,) = class_balance(pd.DataFrame([row, other])).axes
    drawn = [[float(y) for y in line.get_ydata()] for line in ax.lines]
    assert drawn == [[0.58], [0.55, 0.59], [0.57], [0.42], [0.41, 0.45], [0.43]]
    assert ax.get_title(loc="left") == "easy"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("class", "share of scenes")


def test_a_baseline_without_a_condition_leaves_its_row_empty(intervals: Intervals) -> None:
    row = {"baseline": "mean_intensity", "condition": "hard", "accuracy": 0.33, "low": 0.32}
    rows = [
        {**row, "high": 0.34, "chance": 0.36},
        {**row, "condition": "three_bands", "accuracy": 0.74, "high": 0.75, "chance": 1 / 3},
        {**row, "baseline": "edge_amplitude", "accuracy": 0.999, "high": 1.0, "chance": 0.36},
    ]
    fig = baseline_accuracy(pd.DataFrame(rows))
    assert [len(intervals(ax)) for ax in fig.axes] == [2, 1]
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == [
        "class of the mean",
        "amplitude of edges",
    ]
    chance = [
        line.get_xdata()[0] for ax in fig.axes for line in ax.lines if line.get_linestyle() == ":"
    ]
    assert chance == [0.36, pytest.approx(1 / 3)]
    assert fig.get_supxlabel() == "accuracy (share of scenes)"
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert "accuracy, 95 % interval over scenes (Wilson)" in labels


def test_permuted_images_have_equal_histograms_and_other_correlations() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (8, 8), dtype=np.uint8)
    images = np.stack([image, rng.permutation(image.ravel()).reshape(8, 8)])
    table = pd.DataFrame(
        {
            "image": ["original", "permuted"],
            "histogram_difference": [0, 0],
            "neighbor_correlation": [0.9, 0.0],
            "low": [0.88, -0.1],
            "high": [0.92, 0.1],
        }
    )
    fig = permutation_effect(images, table)
    histograms = next(ax for ax in fig.axes if ax.get_xlabel() == "grey level of a pixel")
    first, second = (patch.get_data().values for patch in histograms.patches)
    np.testing.assert_array_equal(first, second)
    assert first.sum() == image.size
    assert histograms.get_ylabel() == "pixels per 8 grey levels (log)"
    legend = [text.get_text() for text in histograms.get_legend().get_texts()]
    assert legend == ["original", "permuted: differs in 0 pixels"]
    correlations = next(ax for ax in fig.axes if "neighboring" in ax.get_xlabel())
    values = [line.get_xdata()[0] for line in correlations.lines if line.get_marker() == "o"]
    assert values == [0.9, 0.0]
