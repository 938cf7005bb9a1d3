"""Every figure is drawn by a test, from data made for it."""

import ast
import inspect
from pathlib import Path
from typing import get_type_hints

import pandas as pd
from matplotlib.figure import Figure

from intensity import figures

DRAWN = {
    name: made
    for name, made in vars(figures).items()
    if inspect.isfunction(made) and get_type_hints(made)["return"] is Figure
}


def _called() -> set[str]:
    """The names of all that the tests of figures call."""
    trees = [ast.parse(path.read_text()) for path in Path(__file__).parent.glob("test_*.py")]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.attr if isinstance(call, ast.Attribute) else call.id
        for call in calls
        if isinstance(call, ast.Attribute | ast.Name)
    }


def test_every_figure_is_drawn_by_a_test() -> None:
    assert {"four_panels", "effect_matrix", "claims_overview"} <= set(DRAWN) <= _called()


def test_a_figure_draws_into_the_part_of_a_figure_that_it_is_given() -> None:
    table = pd.DataFrame({"task": "hard", "class": [0, 1], "expected": 0.5, "share": 0.4})
    left, right = Figure().subfigures(1, 2)
    assert figures.class_balance(table.assign(low=0.3, high=0.5), figure=right) is right
    assert [len(part.axes) for part in (left, right)] == [0, 1]


def test_a_panel_is_drawn_into_the_axes_that_it_is_given() -> None:
    left, right = Figure().subplots(1, 2)
    summary = pd.DataFrame({"condition": ["any name"], "layer": "relu1", "depth": 0, "share": 0.5})
    summary = summary.assign(low=0.4, high=0.6)
    assert figures.by_depth(summary, summary, "share", "share of units", ax=right) is right.figure
    assert right.get_ylabel() == "share of units"
    assert right.lines
    assert not left.lines


def test_every_figure_takes_axes_or_a_figure() -> None:
    wanted = {"ax", "figure"}
    without = [
        name for name, made in DRAWN.items() if not wanted & {*inspect.signature(made).parameters}
    ]
    to_come = {made.__module__ for name, made in DRAWN.items() if name in without}
    assert to_come <= {"intensity.figures.explanations"}
