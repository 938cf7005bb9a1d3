"""Forest plots: a row a value, in its color, with interval, seeds and reference."""

from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intensity.figures.forest import forest
from intensity.figures.style import BASELINE_COLOR, NETWORK_COLORS

Dots = Callable[[Axes], list[tuple[float, float]]]
Intervals = Callable[[Axes], list[tuple[float, float]]]

SUMMARY = pd.DataFrame(
    {
        "name": ["bn_compact", "something", "histogram"],
        "kind": ["network", "network", "baseline"],
        "value": [0.9, 0.5, 0.7],
        "low": [0.8, 0.4, 0.6],
        "high": [1.0, 0.6, 0.8],
    }
)
SEEDS = pd.DataFrame({"name": ["bn_compact", "bn_compact", "something"], "value": [0.8, 1.0, 0.5]})


@pytest.fixture
def ax() -> Axes:
    """Empty axes."""
    return Figure().subplots()


def means(ax: Axes) -> list[tuple[float, float, str]]:
    """Place and color of all values."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]), line.get_color())
        for line in ax.lines
        if line.get_marker() in set("oD") and line.get_markerfacecolor() != "white"
    ]


def texts(ax: Axes) -> list[tuple[str, float]]:
    """All words within the axes, and the row that each is in."""
    return [(text.get_text(), text.get_position()[1]) for text in ax.texts]


def test_a_row_has_a_value_its_interval_and_its_seeds(
    ax: Axes, intervals: Intervals, seed_dots: Dots
) -> None:
    summary = SUMMARY.assign(note=["0.90", "0.50", "0.70"])
    forest(ax, summary, SEEDS, reference=0.4, note="note")
    assert [label.get_text() for label in ax.get_yticklabels()] == list(SUMMARY["name"])
    assert [place[:2] for place in means(ax)] == [(0.9, 0), (0.5, 1), (0.7, 2)]
    assert intervals(ax) == [(0.8, 1.0), (0.4, 0.6), (0.6, 0.8)]
    assert sorted((x, int(y)) for x, y in seed_dots(ax)) == [(0.5, 1), (0.8, 0), (1.0, 0)]
    assert [text for text, _ in texts(ax)] == ["0.90", "0.50", "0.70"]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == [0.4]
    assert ax.yaxis_inverted()


def test_baselines_are_dark_and_slanted_and_any_name_has_a_color(ax: Axes) -> None:
    forest(ax, SUMMARY)
    compact, other, baseline = (color for _, _, color in means(ax))
    assert (compact, baseline) == (NETWORK_COLORS["bn_compact"], BASELINE_COLOR)
    assert other not in (compact, baseline)
    styles = [label.get_fontstyle() for label in ax.get_yticklabels()]
    assert styles == ["normal", "normal", "italic"]


def test_a_color_of_the_table_is_that_of_the_row(ax: Axes) -> None:
    forest(ax, SUMMARY.assign(color=["red", "green", "blue"]))
    assert [color for _, _, color in means(ax)] == ["red", "green", "blue"]
    assert {line.get_marker() for line in ax.lines} >= {"o", "D"}


def test_groups_have_headings_and_a_name_may_be_in_several(ax: Axes, seed_dots: Dots) -> None:
    grouped = SUMMARY.assign(group=["noise", "noise", "size"], name=["none", "some", "none"])
    seeds = pd.DataFrame({"group": ["noise", "size"], "name": "none", "value": [0.9, 0.7]})
    forest(ax, grouped, seeds, group="group")
    assert texts(ax) == [("noise", 0), ("size", 3)]
    assert [y for _, y, _ in means(ax)] == [1, 2, 4]
    assert sorted((int(y), x) for x, y in seed_dots(ax)) == [(1, 0.9), (4, 0.7)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["none", "some", "none"]


def test_a_name_without_a_value_has_a_dash(ax: Axes) -> None:
    forest(ax, SUMMARY, names=["something", "missing"])
    assert [y for _, y, _ in means(ax)] == [0]
    assert texts(ax) == [("$-$", 1)]
    assert ax.get_yticklabels()[1].get_text() == "missing"
