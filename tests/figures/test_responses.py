"""Figures of responses show curves over true grey levels, scaled as their axes say."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.figures import (
    by_depth,
    final_layer_weights,
    kernels_with_profiles,
    layer_profiles,
    logit_curves,
    unit_profiles,
)
from intensity.tables import profile_table
from intensity.training.presets import TASKS

BANDS = TASKS["hard"].bands
LEVELS = np.arange(5, 255)

Dots = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def curves(gradients: list[float], layer: str = "relu1") -> pd.DataFrame:
    """Units whose response is 7 + gradient * intensity."""
    units = {"layer": np.full(len(gradients), layer), "unit": np.arange(len(gradients))}
    responses = 7 + np.outer(gradients, LEVELS)
    return profile_table({**units, "levels": LEVELS, "space": responses})


def test_profiles_are_scaled_by_the_largest_range_of_their_layer(spans: Spans) -> None:
    table = pd.concat([curves([1, -0.5, 0]), curves([8, 4], "relu2")])
    units = pd.DataFrame(
        {
            "layer": ["relu1"] * 3 + ["relu2"] * 2,
            "unit": [0, 1, 2, 0, 1],
            "monotonicity": [1, 0.5, 0, 1, 1],
            "silent": [False, False, True, False, False],
        }
    )
    fig = layer_profiles(table, units, BANDS)
    assert fig.get_supylabel() == "response / largest range in the layer"
    assert fig.get_supxlabel() == "object intensity (grey level)"
    first, second, scale = fig.axes
    assert scale.get_ylabel() == "monotonicity M (1: monotone)"
    heights = [np.ptp(line[:, 1]) for line in first.collections[0].get_segments()]
    assert heights == pytest.approx([1, 0.5, 0])
    other = [np.ptp(line[:, 1]) for line in second.collections[0].get_segments()]
    assert other == pytest.approx([1, 0.5])
    assert first.get_title(loc="left") == "relu1: mean M = 0.75"
    assert spans(first)[1][:2] == (30.5, 60.5)


def test_a_layer_of_silent_units_says_so() -> None:
    units = pd.DataFrame({"layer": ["relu1"], "unit": [0], "monotonicity": [1.0], "silent": [True]})
    assert layer_profiles(curves([0]), units, BANDS).axes[0].get_title(loc="left") == (
        "relu1: silent"
    )


def test_a_unit_shows_its_images_and_its_mean(spans: Spans) -> None:
    points = curves([1, 2])[lambda table: table["unit"] == 1].head(2).assign(intensity=9)
    fig = unit_profiles(points, curves([1, 2]), BANDS)
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["relu1, unit 0", "relu1, unit 1"]
    assert [span[0] for span in spans(fig.axes[1])] == [-0.5, *TASKS["hard"].edges]
    assert fig.get_supylabel() == "spatial mean of the activation"
    assert fig.get_supxlabel() == "object intensity (grey level)"
    scatter, mean = fig.axes[1].lines
    assert scatter.get_xdata().tolist() == [9, 9]
    np.testing.assert_allclose(mean.get_ydata(), 7 + 2 * LEVELS)


def test_logits_stand_over_the_levels_at_which_they_were_measured(spans: Spans) -> None:
    rows = {"network": "bn_compact", "intensity": LEVELS, "low": -1.0, "high": 1.0}
    table = pd.concat([pd.DataFrame({**rows, "class": c, "logit": c * LEVELS}) for c in range(3)])
    fig = logit_curves(table, BANDS)
    (ax,) = fig.axes
    for label, line in enumerate(ax.lines):
        np.testing.assert_array_equal(line.get_xdata(), LEVELS)
        np.testing.assert_array_equal(line.get_ydata(), label * LEVELS)
    assert len({line.get_color() for line in ax.lines}) == 3
    assert len({line.get_linestyle() for line in ax.lines}) == 3
    assert [span[0] for span in spans(ax)] == [-0.5, *TASKS["hard"].edges]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("object intensity (grey level)", "logit")
    words = [text.get_text() for text in fig.legends[0].get_texts()]
    assert words[:4] == [
        *(f"logit of class {label}" for label in range(3)),
        "95 % interval over seeds (Student t)",
    ]


def test_conditions_lie_side_by_side_over_depth(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {
            "condition": ["hard", "hard", "random weights", "random weights"],
            "layer": ["relu1", "relu2"] * 2,
            "depth": [0, 1] * 2,
            "monotonicity": [1.0, 0.4, 1.0, 0.9],
            "low": 0.3,
            "high": 1.0,
        }
    )
    runs = pd.concat([summary.assign(seed=seed) for seed in range(3)])
    (ax,) = by_depth(runs, summary, "monotonicity", "monotonicity M (1: monotone)").axes
    assert len(seed_dots(ax)) == 12
    assert [text.get_text() for text in ax.get_xticklabels()] == ["relu1", "relu2"]
    hard, random = (
        line.get_xdata()
        for line in ax.lines
        if len(line.get_xdata()) == 2
        and line.get_linewidth() == 0.8
        and line.get_marker() == "None"
    )
    np.testing.assert_allclose(random - hard, 0.19)
    np.testing.assert_allclose(hard, [-0.095, 0.905])
    assert ax.get_xlabel() == "layer, from input to output"
    assert ax.get_ylabel() == "monotonicity M (1: monotone)"


def test_conditions_differ_in_more_than_hue_and_from_general_legend_entries() -> None:
    names = ["hard", "hard, screen", "monotone, screen", "random weights"]
    summary = pd.DataFrame(
        {"condition": names, "layer": "relu1", "depth": 0, "low": 0.3, "high": 1.0}
    ).assign(monotonicity=0.5)
    fig = by_depth(summary.assign(seed=0), summary, "monotonicity", "M")
    means = [line for line in fig.axes[0].lines if line.get_marker() in set("os^D")]
    assert [line.get_marker() for line in means if line.get_zorder() == 5] == list("os^D")
    *conditions, seed, interval = fig.legends[0].legend_handles
    assert [handle.get_marker() for handle in conditions] == list("os^D")
    colors = {handle.get_color() for handle in conditions}
    assert len(colors) == 4
    assert colors.isdisjoint({seed.get_markeredgecolor(), interval.get_color()})


def test_kernels_stand_above_the_profiles_of_the_units_that_respond_most(spans: Spans) -> None:
    kernels = np.zeros((3, 3, 1, 10))
    kernels[..., 4] = -2
    fig = kernels_with_profiles(kernels, curves([float(unit) for unit in range(10)]), BANDS)
    top, bottom = fig.axes[:8], fig.axes[8:16]
    assert [ax.get_title(loc="center") for ax in top] == [f"unit {unit}" for unit in range(2, 10)]
    np.testing.assert_array_equal(top[2].images[0].get_array(), kernels[:, :, 0, 4])
    assert {ax.images[0].get_clim() for ax in top} == {(-2, 2)}
    np.testing.assert_allclose(bottom[2].lines[0].get_ydata(), 7 + 4 * LEVELS)
    assert len({ax.get_ylim() for ax in bottom}) == 8  # each on its own scale
    assert [span[0] for span in spans(bottom[0])] == [-0.5, *TASKS["hard"].edges]
    assert (top[0].get_ylabel(), bottom[0].get_ylabel()) == ("kernel", "response")
    assert fig.axes[16].get_ylabel() == "weight"
    assert fig.get_supxlabel() == "object intensity (grey level)"


def test_inputs_of_a_second_layer_are_rows() -> None:
    kernels = np.arange(3 * 3 * 2 * 4.0).reshape(3, 3, 2, 4)
    fig = kernels_with_profiles(kernels, curves([1, 2, 3, 4]), BANDS)
    np.testing.assert_array_equal(fig.axes[4 + 3].images[0].get_array(), kernels[:, :, 1, 3])
    assert [fig.axes[0].get_ylabel(), fig.axes[4].get_ylabel()] == ["input 0", "input 1"]


@pytest.fixture
def logits() -> pd.DataFrame:
    """Two logits."""
    rows = {"intensity": LEVELS, "logit": 1.0}
    return pd.concat([pd.DataFrame({**rows, "class": label}) for label in range(2)])


def test_weights_of_a_pooling_head_are_rows_of_classes(logits: pd.DataFrame, spans: Spans) -> None:
    weights = np.array([[1.0, -3.0], [2.0, 0.5], [0.0, 1.0]])
    title = "test accuracy 80.0%"
    heads, scale, curves_below = final_layer_weights(weights, logits, BANDS, title).axes
    assert curves_below.get_title(loc="left") == title
    assert (heads.get_xlabel(), scale.get_ylabel()) == ("channel", "weight")
    assert curves_below.get_ylabel() == "logit"
    assert curves_below.get_xlabel() == "object intensity (grey level)"
    assert [span[0] for span in spans(curves_below)] == [-0.5, *TASKS["hard"].edges]
    (image,) = heads.images
    np.testing.assert_array_equal(image.get_array(), weights.T)
    assert image.get_clim() == (-3, 3)


def test_weights_of_a_flatten_head_are_maps_of_channels(logits: pd.DataFrame) -> None:
    weights = np.arange(2 * 2 * 3 * 2.0).reshape(2, 2, 3, 2)
    axes = [ax for ax in final_layer_weights(weights, logits, BANDS).axes if ax.images]
    assert len(axes) == 6
    np.testing.assert_array_equal(axes[5].images[0].get_array(), weights[:, :, 2, 1])
    assert [axes[0].get_ylabel(), axes[3].get_ylabel()] == ["class 0", "class 1"]
