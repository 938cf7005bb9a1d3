"""Figures of ablations show seeds, intervals, the baseline, and what the recipe and training do."""

from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.figures import (
    ablation_overview,
    error_by_size,
    recipe_errors,
    screens_by_size,
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
            "error": [0.1, 0.5, 0.05],
            "low": [0.08, 0.45, 0.04],
            "high": [0.12, 0.55, 0.06],
            "scenes": 1000,
        }
    )
    runs = pd.concat([summary.assign(seed=seed) for seed in range(3)])
    fig = ablation_overview(runs, summary, "bn_compact", 0.36)
    (ax,) = fig.axes
    words = [text.get_text() for text in ax.texts]
    assert words == ["shape cue", "noise", "10.00 %", "50.00 %", "5.00 %"]
    assert [span[:2] for span in spans(ax)] == [(0.08, 0.12)]
    assert len(seed_dots(ax)) == 9
    assert intervals(ax) == [(0.08, 0.12), (0.45, 0.55), (0.04, 0.06)]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["bn_compact", "permuted", "none"]
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "test error (%, logarithmic)")
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == [0.64]
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert legend[::2] == [
        *("mean, 95 % interval over seeds (Student t)", "interval of bn_compact")
    ]


def test_errors_of_screens_lie_over_the_number_of_parameters(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {
            "network": ["bn_tiny", "large"],
            "parameters": [825, 596595],
            "error": [0.3, 0.0],
            "low": [0.2, 0.0],
            "high": [0.4, 0.2],
            "scenes": 50,
        }
    )
    (ax,) = screens_by_size(pd.concat([summary, summary]), summary).axes
    means = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in means] == [
        *((825, 0.3), (596595, 0.01))
    ]
    assert len(seed_dots(ax)) == 4
    assert [text.get_text() for text in ax.texts] == ["bn_tiny", "large"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlabel() == "trainable parameters (logarithmic)"
    assert ax.get_ylabel() == "test error (%, logarithmic)"


def test_recipes_are_lines_of_error_on_a_logarithmic_axis() -> None:
    table = pd.DataFrame(
        {
            "condition": ["as it is"] * 4 + ["not frozen"] * 2,
            "seed": [0, 0, 1, 1, 0, 0],
            "images": [1000, 2000] * 3,
            "error": [0.2, 0.1, 0.4, 0.3, 0.5, 0.4],
            "scenes": 500,
        }
    )
    (ax,) = recipe_errors(table).axes
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "training images seen (thousands)")
    drawn = [line.get_ydata().tolist() for line in ax.lines if len(line.get_xdata()) > 1]
    assert drawn == [[0.2, 0.1], [0.4, 0.3], pytest.approx([0.3, 0.2]), [0.5, 0.4], [0.5, 0.4]]
    names = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert names[0] == "as it is"
    assert "not frozen" in names


def test_doses_in_training_stand_side_by_side(seed_dots: Dots) -> None:
    rows = [(dose, place, 0, 0.1 * dose) for place in ("black", "any") for dose in (0, 1, 10)]
    table = pd.DataFrame(rows, columns=["dose", "place", "seed", "value"])
    fig = training_effects(table, table[table["place"] == "black"], 0.36)
    left, right = fig.axes
    assert [text.get_text() for text in left.get_xticklabels()] == ["0", "1", "10"]
    assert len(seed_dots(left)) == 2 * len(seed_dots(right)) == 6
    assert [line.get_ydata()[0] for line in left.lines if line.get_linestyle() == ":"] == [0.36]
    words = [text.get_text() for text in fig.legends[0].get_texts()]
    assert words[:2] == ["tested on black background", "tested on any background"]


def test_errors_of_both_cues_lie_over_size_beside_what_the_authors_recorded() -> None:
    table = pd.DataFrame(
        {
            "network": ["bn_tiny", "bn_medium"] * 2,
            "parameters": [1689, 16659] * 2,
            "cue": ["with shape"] * 2 + ["permuted pixels"] * 2,
            "accuracy": [0.8, 0.98, 0.7, 0.97],
            "low": [0.7, 0.97, 0.6, 0.96],
            "high": [0.9, 0.99, 0.8, 0.98],
            "scenes": 1000,
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
    row = {
        "network": "bn_large",
        "parameters": 91059,
        "cue": "with shape",
        "authors": None,
        "scenes": 1000,
    }
    table = pd.DataFrame(
        [row | {"accuracy": 0.999, "low": 0.9985, "high": 1.0},
         row | {"network": "bn_tiny", "accuracy": 0.9, "low": 0.85, "high": 0.95}]
    )  # fmt: skip
    (ax,) = error_by_size(table).axes
    assert min(ax.get_ylim()) > 0
    perfect = table.iloc[:1].assign(accuracy=1.0, low=1.0)
    (alone,) = error_by_size(perfect).axes
    assert 0.0005 in {float(y) for line in alone.lines for y in line.get_ydata()}
