"""Style: bands at true grey levels, colors that never change their meaning, legible sizes."""

from collections.abc import Callable
from itertools import pairwise

import matplotlib
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from intensity.architectures import NETWORKS
from intensity.figures.style import (
    NETWORK_COLORS,
    class_bands,
    class_color,
    colors,
    dots,
    estimate,
    intensity_axis,
    parts,
    records,
    styled,
    tint,
)
from intensity.tasks import TASKS, Band

Spans = Callable[[Axes], list[tuple[float, float, str]]]


@pytest.fixture
def ax() -> Axes:
    """Empty axes."""
    return Figure().subplots()


def test_bands_lie_at_true_grey_levels(ax: Axes, spans: Spans) -> None:
    class_bands(ax, TASKS["hard"].bands)
    ends = [-0.5, 30.5, 60.5, 90.5, 120.5, 150.5, 180.5, 210.5, 240.5, 255.5]
    assert [span[:2] for span in spans(ax)] == list(pairwise(ends))


def test_a_band_without_class_stays_white(ax: Axes, spans: Spans) -> None:
    class_bands(ax, [Band(0, 9, 0), Band(10, 19, None), Band(20, 29, 1)])
    wanted = [(-0.5, 9.5, 0), (19.5, 29.5, 1)]
    assert spans(ax) == [(a, b, to_hex(tint(class_color(label)))) for a, b, label in wanted]


def test_every_network_has_a_color_of_its_own() -> None:
    assert set(NETWORKS) <= set(NETWORK_COLORS)
    assert len(set(NETWORK_COLORS.values())) == len(NETWORK_COLORS)


def test_a_network_keeps_its_color_among_other_names() -> None:
    chosen = colors(["something", "large", "other", "something"])
    assert list(chosen) == ["something", "large", "other"]
    assert chosen["large"] == colors(["large"])["large"]
    assert len(set(chosen.values())) == 3


def test_the_intensity_axis_names_its_unit_and_shows_all_levels(ax: Axes) -> None:
    intensity_axis(ax)
    assert ax.get_xlabel() == "object intensity (grey level)"
    assert ax.get_xlim() == (-0.5, 255.5)


def test_an_interval_and_dots_lie_where_their_numbers_say(ax: Axes) -> None:
    estimate(ax, 0.5, 2, (0.4, 0.7), "black")
    dots(ax, [0.45, 0.55], [2, 2], "black")
    drawn = [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in ax.lines]
    assert drawn == [[(0.4, 2), (0.7, 2)], [(0.5, 2)], [(0.45, 2), (0.55, 2)]]


def test_all_text_is_at_least_seven_points_and_settings_are_given_back() -> None:
    before = dict(matplotlib.rcParams)

    @styled
    def sizes() -> list[float]:
        names = ("font", "axes.label", "axes.title", "xtick.label", "ytick.label", "legend.font")
        return [
            matplotlib.rcParams[name + (".size" if name == "font" else "size")] for name in names
        ]

    assert min(sizes()) >= 7
    assert dict(matplotlib.rcParams) == before


def test_records_and_parts_keep_the_order_of_a_table() -> None:
    table = pd.DataFrame({"class": ["b", "a", "b"], "n": [1, 2, 3]})
    assert records(table)[0] == {"class": "b", "n": 1}
    assert {name: list(rows["n"]) for name, rows in parts(table, "class").items()} == {
        "b": [1, 3],
        "a": [2],
    }
    assert list(parts(table, "class")) == ["b", "a"]
