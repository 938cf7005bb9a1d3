"""Errors on logarithmic axes: none is lost, none is drawn where it is not."""

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intensity.figures.errors import drawn_errors, error_axis, noted_errors

TABLE = pd.DataFrame({"error": [0.2, 0.0], "low": [0.1, 0.0], "high": [0.3, 0.02], "scenes": 100})


def ticks(ax: Axes) -> list[str]:
    """The labels within the axes."""
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    labels = ax.get_xticklabels()
    return [label.get_text() for label in labels if low <= label.get_position()[0] <= high]


def test_what_has_no_logarithm_lies_at_half_a_scene_and_the_rest_where_it_is() -> None:
    drawn = drawn_errors(TABLE)
    assert drawn["error"].tolist() == [0.2, 0.005]
    assert drawn["low"].tolist() == [0.1, 0.005]
    assert drawn["high"].tolist() == [0.3, 0.02]
    assert TABLE["error"].tolist() == [0.2, 0.0]


def test_a_row_says_the_exact_error_and_points_to_less_where_there_is_none() -> None:
    rows = noted_errors(TABLE.assign(kind=["baseline", "baseline"]))
    assert rows["note"].tolist() == ["20.00 %", "0 %"]
    assert rows["marker"].tolist() == ["D", "<"]


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0.009, 0.11, ["1", "2", "5", "10"]), (0.0009, 1.0, ["0.1", "1", "10", "100"])],
)
def test_the_axis_is_in_percent_with_ticks_for_its_range(
    low: float, high: float, wanted: list[str]
) -> None:
    ax = Figure().subplots()
    ax.set_xlim(low, high)
    error_axis(ax, "x", "test error")
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "test error (%, logarithmic)")
    assert [label for label in ticks(ax) if label] == wanted
