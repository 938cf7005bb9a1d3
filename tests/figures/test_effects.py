"""Matrices of effects have a number a cell, hatched heads, and names that can be read."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from intensity import figures

COLUMNS = ["task", "name", "kind", "group", "intervention", "label", "value", "unusual"]


def matrix(*tasks: str, names: int = 2) -> pd.DataFrame:
    """One network and baselines on tasks, three interventions in two groups."""
    kinds = [("flat_patch", "baseline"), ("net", "network")]
    kinds += [(f"baseline {number}", "baseline") for number in range(names - 2)]
    changes = [
        ("level", "recolor", "recolored, any level", False),
        ("edges", "edge_only", "edge only", True),
        ("edges", "blurred", "blurred", True),
    ]
    rows = [
        (task, name, kind, group, change, label, 0.25 if kind == "baseline" else 1.0, odd)
        for task in tasks
        for name, kind in kinds
        for group, change, label, odd in changes
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def hatched(ax: Axes) -> list[tuple[float, float]]:
    """Corners of the hatched heads."""
    patches = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    return [(float(patch.get_x()), float(patch.get_y())) for patch in patches]


def words(labels: list) -> list[str]:
    """The texts of labels."""
    return [label.get_text() for label in labels]


def test_few_effects_have_a_block_a_task_with_labels_of_its_own() -> None:
    table = matrix("hard", "contrast")
    table.loc[0, "value"] = np.nan
    fig = figures.main_effects(table, ["edge_only", "recolor"])
    first, second = fig.axes
    assert [ax.get_title(loc="left") for ax in fig.axes] == [
        *("trained and tested on hard", "trained and tested on contrast")
    ]
    for ax in (first, second):
        assert words(ax.get_xticklabels()) == ["edge only", "recolored,\nany level"]
        assert words(ax.get_yticklabels()) == ["net", "largest flat patch"]
        assert [label.get_fontstyle() for label in ax.get_yticklabels()] == ["normal", "italic"]
        assert hatched(ax) == [(-0.5, -0.9)]
    assert words(first.texts) == ["100", "100", "25", "-"]
    assert words(second.texts) == ["100", "100", "25", "25"]


def test_no_number_stands_on_a_hatched_head() -> None:
    for ax in figures.effect_matrix(matrix("hard")).axes:
        heads = [patch.get_bbox() for patch in ax.patches if patch.get_hatch()]
        assert heads
        assert not [
            text for text in ax.texts for head in heads if head.contains(*text.get_position())
        ]


def test_all_effects_stand_in_rows_by_groups_with_names_above_columns() -> None:
    (ax,) = figures.effect_matrix(matrix("hard")).axes
    assert words(ax.get_yticklabels()) == ["recolored, any level", "edge only", "blurred"]
    assert words(ax.get_xticklabels()) == ["net", "largest flat patch"]
    assert [label.get_fontstyle() for label in ax.get_xticklabels()] == ["normal", "italic"]
    assert words(ax.texts) == ["100", "25"] * 3
    assert hatched(ax) == [(-0.9, 0.5), (-0.9, 1.5)]
    (beside,) = ax.child_axes
    assert words(beside.get_yticklabels()) == ["level", "edges"]
    assert beside.get_yticks().tolist() == [0, 1.5]
    between = [line.get_ydata()[0] for line in ax.lines if line.get_color() != "white"]
    assert between == [0.5]


def test_tasks_with_many_names_begin_a_new_tier_with_labels_of_its_own() -> None:
    fig = figures.effect_matrix(matrix("hard", "contrast", "shape", names=6))
    assert [len(part.axes) for part in fig.subfigs] == [2, 1]
    first, second, below = fig.axes
    assert [len(ax.get_yticklabels()) for ax in (first, second, below)] == [3, 0, 3]


def test_an_intervention_that_applies_nowhere_has_no_row() -> None:
    table = matrix("hard")
    table.loc[table["intervention"] == "edge_only", "value"] = np.nan
    (ax,) = figures.effect_matrix(table).axes
    assert words(ax.get_yticklabels()) == ["recolored, any level", "blurred"]


def test_a_matrix_can_be_drawn_into_a_figure() -> None:
    own = Figure()
    assert figures.effect_matrix(matrix("hard"), figure=own) is own
