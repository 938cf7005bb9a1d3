"""Figures of ablations show seeds, intervals, the baseline, and what the recipe and training do."""

from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.figures import (
    ablation_overview,
    accuracy_by_size,
    error_by_size,
    recipe_errors,
    training_effects,
)

Dots = Callable[[Axes], list[tuple[float, float]]]
Intervals = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def test_the_reference_lies_behind_every_group(
    seed_dots: Dots, intervals: Intervals, spans: Spans
) -> None:
    summary = pd.DataFrame(
        {
            "group": ["shape cue", "shape cue", "noise"],
            "condition": ["bn_compact", "permuted", "none"],
            "accuracy": [0.9, 0.5, 0.95],
            "low": [0.88, 0.45, 0.94],
            "high": [0.92, 0.55, 0.96],
        }
    )
    runs = pd.concat([summary.assign(seed=seed) for seed in range(3)])
    fig = ablation_overview(runs, summary, "bn_compact", 0.36)
    (ax,) = fig.axes
    assert [text.get_text() for text in ax.texts] == ["shape cue", "noise"]
    assert [span[:2] for span in spans(ax)] == [(0.88, 0.92)]
    assert len(seed_dots(ax)) == 9
    assert intervals(ax) == [(0.88, 0.92), (0.45, 0.55), (0.94, 0.96)]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["bn_compact", "permuted", "none"]
    assert ax.get_xlabel() == "test accuracy (share of images)"
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert legend[::2] == [
        *("mean, 95 % interval over seeds (Student t)", "interval of bn_compact")
    ]


def test_accuracy_lies_over_the_number_of_parameters(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {
            "network": ["bn_tiny", "large"],
            "parameters": [825, 596595],
            "accuracy": [0.7, 0.9],
            "low": [0.6, 0.8],
            "high": [0.8, 1.0],
        }
    )
    (ax,) = accuracy_by_size(pd.concat([summary, summary]), summary).axes
    means = [line.get_xdata()[0] for line in ax.lines if line.get_markerfacecolor() != "white"]
    assert set(means) == {825, 596595}
    assert len(seed_dots(ax)) == 4
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "trainable parameters (logarithmic)"
    assert ax.get_ylabel() == "test accuracy (share of images)"


def test_recipes_are_lines_of_error_on_a_logarithmic_axis() -> None:
    table = pd.DataFrame(
        {
            "condition": ["as it is"] * 4 + ["not frozen"] * 2,
            "seed": [0, 0, 1, 1, 0, 0],
            "images": [1000, 2000] * 3,
            "error": [0.2, 0.1, 0.4, 0.3, 0.5, 0.4],
        }
    )
    (ax,) = recipe_errors(table).axes
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "training images seen (thousands)")
    drawn = [line.get_ydata().tolist() for line in ax.lines if len(line.get_xdata()) > 1]
    assert drawn == [[0.2, 0.1], [0.4, 0.3], pytest.approx([0.3, 0.2]), [0.5, 0.4], [0.5, 0.4]]
    names = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert names[0] == "as it is"
    assert "not frozen" in names


def test_doses_in_training_stand_side_by_side() -> None:
    rows = [(dose, place, 0, 0.1 * dose) for place in ("black", "any") for dose in (0, 1, 10)]
    table = pd.DataFrame(rows, columns=["dose", "place", "seed", "value"])
    left, right = training_effects(table, table[table["place"] == "black"]).axes
    assert [text.get_text() for text in left.get_xticklabels()] == ["0", "1", "10"]
    assert len(left.lines) == 2 * len(right.lines) == 4
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["black", "any"]


def test_errors_of_both_cues_lie_over_size_beside_what_the_authors_recorded() -> None:
    table = pd.DataFrame(
        {
            "network": ["bn_tiny", "bn_medium"] * 2,
            "parameters": [1689, 16659] * 2,
            "cue": ["with shape"] * 2 + ["permuted pixels"] * 2,
            "accuracy": [0.8, 0.98, 0.7, 0.97],
            "low": [0.7, 0.97, 0.6, 0.96],
            "high": [0.9, 0.99, 0.8, 0.98],
            "authors": [None, None, 0.844, 0.976],
        }
    )
    fig = error_by_size(table)
    (ax,) = fig.axes
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    drawn = [line for line in ax.lines if len(line.get_ydata()) == 2 and line.get_marker() in "osD"]
    shown = {line.get_marker(): [round(float(y), 3) for y in line.get_ydata()] for line in drawn}
    assert shown == {"o": [0.2, 0.02], "s": [0.3, 0.03], "D": [0.156, 0.024]}
    assert [text.get_text() for text in ax.texts] == ["bn_tiny", "bn_medium"]
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert legend == ["with shape", "permuted pixels", "the authors' record, permuted pixels"]


def test_an_interval_that_ends_at_no_error_at_all_can_be_drawn() -> None:
    row = {"network": "bn_large", "parameters": 91059, "cue": "with shape", "authors": None}
    table = pd.DataFrame(
        [row | {"accuracy": 0.999, "low": 0.9985, "high": 1.0},
         row | {"network": "bn_tiny", "accuracy": 0.9, "low": 0.85, "high": 0.95}]
    )  # fmt: skip
    (ax,) = error_by_size(table).axes
    assert min(ax.get_ylim()) > 0
    perfect = table.iloc[:1].assign(accuracy=1.0, low=1.0)
    assert error_by_size(perfect).axes
