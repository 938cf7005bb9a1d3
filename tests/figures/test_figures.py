"""Every figure is drawn by a test, from data made for it."""

import ast
import inspect
from pathlib import Path
from typing import get_type_hints

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
