"""Figures of maps' worth show the numbers, seeds and references of their tables."""

import runpy
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity import figures
from intensity.figures import explanations, style
from intensity.training.presets import TASKS

Marks = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def test_no_network_is_needed_for_figures_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "NETWORK_COLORS", {})
    assert runpy.run_path(explanations.__file__)["_COLOR"] in style.OTHER_COLORS


def test_the_gallery_has_a_picture_for_each_method_and_image_on_a_scale_around_zero() -> None:
    maps = [
        {"gradient": np.array(values), "repaint": np.ones((1, 1))}
        for values in ([[1.0, -4.0]], [[0.0, 0.0]])
    ]
    figure = figures.map_gallery(np.zeros((2, 2, 2)), maps, ["one", "two"])
    titled = [ax for block in figure.subfigs for ax in block.axes if ax.get_title(loc="left")]
    assert [ax.get_title(loc="left") for ax in titled] == [
        "image",
        "gradient",
        "repaint",
    ] * 2
    assert titled[1].images[0].get_clim() == (-4, 4)
    assert titled[4].images[0].get_clim() == (-1, 1)
    assert [block.get_suptitle() for block in figure.subfigs] == ["one", "two"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["for the class", "against it"]


@pytest.fixture
def summary() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task": ["hard", "hard", "shape", "shape"],
            "label": ["gradient", "Sobel"] * 2,
            "group": ["gradient", "image"] * 2,
            "score": "absolute/auc",
            "value": [0.7, 0.5, 0.6, 0.4],
            "low": [0.6, 0.5, 0.5, 0.4],
            "high": [0.8, 0.5, 0.7, 0.4],
        }
    )


def test_scores_have_a_panel_a_task_with_intervals_seeds_and_reference(
    summary: pd.DataFrame, intervals: Marks, seed_dots: Marks
) -> None:
    seeds = summary.assign(value=summary["value"] + 0.01)
    figure = figures.score_panels(summary, seeds, ["absolute/auc"])
    first, second = figure.axes
    assert [ax.get_title(loc="left") for ax in (first, second)] == ["hard", "shape"]
    assert intervals(first) == [(0.6, 0.8), (0.5, 0.5)]
    assert intervals(second) == [(0.5, 0.7), (0.4, 0.4)]
    dots = {round(y): x for x, y in seed_dots(second)}
    assert dots == pytest.approx({0: 0.61, 1: 0.41})
    assert [0.5, 0.5] in [list(line.get_xdata()) for line in first.lines]
    assert [label.get_fontstyle() for label in first.get_yticklabels()] == ["normal", "italic"]
    assert first.get_xlabel() == "AUC, |relevance|"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[0] == "mean, 95 % interval over seeds (Student t)"


def test_relevance_has_a_panel_a_curve_over_the_bands(spans: Spans) -> None:
    table = pd.DataFrame(
        {
            "name": ["recolor", "recolor", "gradient", "gradient"],
            "intensity": [10.0, 20.0] * 2,
            "value": [1.0, 1.0, 0.5, 1.5],
            "low": [0.9, 0.9, 0.4, 1.4],
            "high": [1.1, 1.1, 0.6, 1.6],
        }
    )
    figure = figures.relevance_by_intensity(table, TASKS["hard"].bands, ["recolor"])
    axes = figure.axes
    assert [ax.get_title(loc="left") for ax in axes] == ["recolor", "gradient"]
    curve = next(line for line in axes[1].lines if list(line.get_xdata()) == [10, 20])
    assert list(curve.get_ydata()) == [0.5, 1.5]
    assert axes[0].get_ylim()[0] == 0
    assert [[span[0] for span in spans(ax)] for ax in axes] == [[-0.5, *TASKS["hard"].edges]] * 2
    assert figure.get_supylabel() == "relative to the mean over all intensities"
    assert axes[-1].get_xlabel() == "object intensity (grey level)"


def test_checks_have_their_numbers_under_what_a_good_method_does() -> None:
    table = pd.DataFrame(
        {
            "label": ["gradient", "gradient", "Grad-CAM", "Grad-CAM"],
            "check": ["weights", "negatives"] * 2,
            "side": ["should differ", "should agree"] * 2,
            "value": [0.1, -1.0, 0.9, 1.0],
        }
    )
    ax, scale = figures.check_matrix(table).axes
    assert scale.get_ylabel() == "correlation of maps"
    assert [text.get_text() for text in ax.texts] == ["0.10", "-1.00", "0.90", "1.00"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["weights", "negatives"]
    (above,) = ax.child_axes
    assert [label.get_text() for label in above.get_xticklabels()] == [
        *("should differ", "should agree")
    ]


def test_shuffled_weights_have_a_panel_an_order_and_the_mean_of_seeds() -> None:
    rows = [
        ("gradient", order, step, f"layer{step}", seed, value + 0.2 * seed)
        for order in ("cascading", "independent")
        for step, value in ((1, 0.8), (2, 0.4))
        for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["label", "order", "step", "layer", "seed", "value"])
    figure = figures.weight_similarity(table)
    for ax, order in zip(figure.axes, ("cascading", "independent"), strict=True):
        assert ax.get_title(loc="left") == order
        assert list(ax.lines[0].get_ydata()) == pytest.approx([0.9, 0.5])
        assert [label.get_text() for label in ax.get_xticklabels()] == ["layer1", "layer2"]
    labels = [ax.get_xlabel() for ax in figure.axes]
    assert labels == ["kernels shuffled down to", "kernel shuffled"]
    label = "rank correlation with the maps\nof the trained network"
    assert figure.axes[0].get_ylabel() == label


def test_each_image_has_its_maps_below_it_on_scales_of_their_own() -> None:
    maps = [{"PCA": np.array([[1.0, -4.0]]), "guided": np.zeros((1, 2))} for _ in range(3)]
    figure = figures.map_rows(np.zeros((3, 2, 2)), maps)
    assert len(figure.axes) == 9
    assert [ax.get_ylabel() for ax in figure.axes[::3]] == ["image", "PCA", "guided"]
    assert {ax.images[0].get_clim() for ax in figure.axes[3:6]} == {(-4.0, 4.0)}
    assert {ax.images[0].get_clim() for ax in figure.axes[6:]} == {(-1.0, 1.0)}
