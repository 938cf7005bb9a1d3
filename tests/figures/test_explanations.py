"""Figures of maps' worth show the numbers, seeds and references of their tables."""

import runpy
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity import figures
from intensity.figures import explanations, style

Marks = Callable[[Axes], list[tuple[float, float]]]


def test_no_network_is_needed_for_figures_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "NETWORK_COLORS", {})
    assert runpy.run_path(explanations.__file__)["_COLOR"] in style.OTHER_COLORS


def test_the_gallery_has_a_picture_for_each_method_and_image_on_a_scale_around_zero() -> None:
    maps = [
        {"gradient": np.array(values), "occlusion, probability": np.ones((1, 1))}
        for values in ([[1.0, -4.0]], [[0.0, 0.0]])
    ]
    figure = figures.map_gallery(np.zeros((2, 2, 2)), maps, ["one", "two"])
    titled = [ax for block in figure.subfigs for ax in block.axes if ax.get_title(loc="left")]
    assert [ax.get_title(loc="left") for ax in titled] == [
        "image",
        "gradient",
        "occlusion,\nprobability",
    ] * 2
    assert titled[1].images[0].get_clim() == (-4, 4)
    assert titled[4].images[0].get_clim() == (-1, 1)
    assert [ax.get_xlabel() for ax in titled[:3]] == ["", "± 4", "± 1"]
    assert [block.get_suptitle() for block in figure.subfigs] == ["one", "two"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["for the class", "against it", "± below a map: the end of its scale"]


@pytest.fixture
def summary() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task": ["hard", "hard", "shape", "shape"],
            "label": ["gradient", "Sobel"] * 2,
            "group": ["gradient", "image"] * 2,
            "oracle": False,
            "score": "absolute/auc",
            "value": [0.7, 0.5, 0.6, 0.4],
            "low": [0.6, 0.5, 0.5, 0.4],
            "high": [0.8, 0.5, 0.7, 0.4],
        }
    )


def test_scores_have_a_panel_a_task_with_intervals_seeds_and_reference(
    summary: pd.DataFrame, intervals: Marks, seed_dots: Marks
) -> None:
    near = [summary.assign(value=summary["value"] + shift) for shift in (0.01, 0.02)]
    figure = figures.score_panels(summary, pd.concat(near), ["absolute/auc"])
    first, second = figure.axes
    assert [ax.get_title(loc="left") for ax in (first, second)] == ["hard", "shape"]
    assert intervals(first) == [(0.6, 0.8), (0.5, 0.5)]
    assert intervals(second) == [(0.5, 0.7), (0.4, 0.4)]
    dots = sorted((round(y), round(x, 2)) for x, y in seed_dots(second))
    assert dots == [(0, 0.61), (0, 0.62), (1, 0.41), (1, 0.42)]
    assert [0.5, 0.5] in [list(line.get_xdata()) for line in first.lines]
    assert [label.get_fontstyle() for label in first.get_yticklabels()] == ["normal", "italic"]
    assert first.get_xlabel() == "AUC, |relevance|"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[0] == "mean, 95 % interval over seeds (Student t)"


def test_oracles_are_hatched_and_copies_of_one_value_are_no_seeds(
    summary: pd.DataFrame, seed_dots: Marks
) -> None:
    oracles = summary.assign(oracle=summary["label"] == "gradient")
    copies = pd.concat([oracles, oracles])  # the same in both seeds
    figure = figures.score_panels(oracles, copies, ["absolute/auc"])
    first = figure.axes[0]
    hatched = [patch.get_y() for patch in first.patches if patch.get_hatch()]
    assert hatched == [-0.5]
    assert {round(y) for _, y in seed_dots(first)} == {0}  # none of Sobel
    (mean,) = (
        line for line in first.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1
    )
    assert mean.get_color() == explanations._ORACLE
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "oracle (†): its baseline contains the answer" in words


def test_relevance_has_a_panel_a_curve_over_the_distance() -> None:
    table = pd.DataFrame(
        {
            "name": ["recolor", "recolor", "gradient", "gradient"],
            "distance": [1.5, 4.5] * 2,
            "value": [1.0, 1.0, 0.5, 1.5],
            "low": [0.9, 0.9, 0.4, 1.4],
            "high": [1.1, 1.1, 0.6, 1.6],
        }
    )
    figure = figures.relevance_by_distance(table, ["recolor"])
    axes = figure.axes
    assert [ax.get_title(loc="left") for ax in axes] == ["recolor", "gradient"]
    curve = next(line for line in axes[1].lines if list(line.get_xdata()) == [1.5, 4.5])
    assert list(curve.get_ydata()) == [0.5, 1.5]
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert axes[0].get_ylim()[0] == 0
    assert [ax.lines[-1].get_color() == style.BASELINE_COLOR for ax in axes] == [True, False]
    assert axes[0].get_ylabel() == "relative to the mean\nover all distances"


def test_checks_have_their_numbers_under_what_a_good_method_does() -> None:
    table = pd.DataFrame(
        {
            "label": ["gradient", "gradient", "Grad-CAM", "Grad-CAM"],
            "check": ["weights", "negatives"] * 2,
            "side": ["should differ", "should agree"] * 2,
            "value": [0.1, -1.0, 0.9, 1.0],
            "worth": [0.9, 0.0, 0.1, 1.0],
        }
    )
    ax, scale = figures.check_matrix(table).axes
    assert [label.get_text() for label in scale.get_yticklabels()] == [
        *("as it should not", "half", "as it should")
    ]
    assert [text.get_text() for text in ax.texts] == ["0.10", "-1.00", "0.90", "1.00"]
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0.9, 0.0], [0.1, 1.0]])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["weights", "negatives"]
    (above,) = ax.child_axes
    assert [label.get_text() for label in above.get_xticklabels()] == [
        *("should differ", "should agree")
    ]


def test_shuffled_weights_have_a_panel_a_method_and_the_mean_of_seeds_of_each_order() -> None:
    rows = [
        (label, order, step, f"layer{step}", seed, value + 0.2 * seed)
        for label in ("gradient", "Grad-CAM")
        for order in ("cascading", "independent")
        for step, value in ((1, 0.8), (2, 0.4))
        for seed in (0, 1)
    ]
    table = pd.DataFrame(rows, columns=["label", "order", "step", "layer", "seed", "value"])
    figure = figures.weight_similarity(table)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["gradient", "Grad-CAM"]
    for ax in figure.axes:
        _, both, alone = ax.lines
        assert list(both.get_ydata()) == list(alone.get_ydata()) == pytest.approx([0.9, 0.5])
        assert both.get_linestyle() != alone.get_linestyle()
        assert [label.get_text() for label in ax.get_xticklabels()] == ["layer1", "layer2"]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["shuffled from the logits down to it", "it alone"]
    assert figure.get_supxlabel() == "layer whose kernels are shuffled"
    assert figure.get_supylabel() == "rank correlation with maps as trained"


def test_each_image_has_its_maps_below_it_on_scales_of_their_own() -> None:
    maps = [{"PCA": np.array([[1.0, -4.0]]), "guided": np.zeros((1, 2))} for _ in range(3)]
    figure = figures.map_rows(np.zeros((3, 2, 2)), maps)
    assert len(figure.axes) == 9
    assert [ax.get_ylabel() for ax in figure.axes[::3]] == ["image", "PCA", "guided"]
    assert {ax.images[0].get_clim() for ax in figure.axes[3:6]} == {(-4.0, 4.0)}
    assert {ax.images[0].get_clim() for ax in figure.axes[6:]} == {(-1.0, 1.0)}
    assert [ax.get_xlabel() for ax in figure.axes[::3]] == ["", "± 4", "± 1"]
