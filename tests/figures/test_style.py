"""Style: bands at true grey levels, colors that never change their meaning, legible sizes."""

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from intensity.data.tasks import Band
from intensity.figures.style import (
    CLASS_COLORS,
    NETWORK_COLORS,
    OTHER_COLORS,
    class_bands,
    class_color,
    colors,
    dots,
    estimate,
    intensity_axis,
    legend_above,
    line_handle,
    lines,
    looks,
    mark_boundaries,
    new_axes,
    new_figure,
    new_panels,
    parts,
    records,
    styled,
    tint,
)
from intensity.training.presets import NETWORKS, TASKS

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


def test_boundaries_are_marked_where_a_class_begins_or_ends(ax: Axes) -> None:
    mark_boundaries(ax, [Band(0, 9, 0), Band(10, 19, None), Band(20, 255, 1)])
    assert [line.get_xdata()[0] for line in ax.lines] == [9.5, 19.5]


def test_lines_differ_in_color_dashes_and_marker_and_a_name_keeps_its_own() -> None:
    looked = lines(["a", "b", "a", "c"])
    assert list(looked) == ["a", "b", "c"]
    assert [len({str(look[part]) for look in looked.values()}) for part in range(3)] == [3, 3, 3]


def test_every_network_has_a_color_of_its_own() -> None:
    assert set(NETWORKS) <= set(NETWORK_COLORS)
    assert len(set(NETWORK_COLORS.values())) == len(NETWORK_COLORS)


def test_a_network_keeps_its_color_among_other_names() -> None:
    chosen = colors(["something", "large", "other", "something"])
    assert list(chosen) == ["something", "large", "other"]
    assert chosen["large"] == colors(["large"])["large"]
    assert len(set(chosen.values())) == 3


def test_other_names_take_free_colors_in_order_and_start_again_after_the_last() -> None:
    names = [f"training {number}" for number in range(len(OTHER_COLORS) + 1)]
    assert list(colors(names).values()) == [*OTHER_COLORS, OTHER_COLORS[0]]


def test_looks_differ_in_color_and_marker() -> None:
    names = ["bn_compact", "hard, screen", "anything"]
    assert len({look["color"] for look in looks(names).values()}) == 3
    assert [look["marker"] for look in looks(names).values()] == ["o", "s", "^"]


@pytest.mark.parametrize(
    "shown",
    [
        ["large", "small", "small_as_large"],
        ["bn_compact", "bn_tiny", "pixels"],
        ["baseline", "bn_large", "bn_tiny", "bn_tiny, averaged"],
        ["large", "small", "bn_compact", "bn_tiny", "pixels", "absolute"],
        ["hard", "hard, screen", "monotone, screen", "random weights"],
        CLASS_COLORS[:3],
    ],
)
def test_what_one_figure_shows_differs_for_the_color_blind_too(shown: Sequence[str]) -> None:
    palette = shown if shown[0].startswith("#") else list(colors(shown).values())
    for vision in _VISION:
        seen = [_lab(vision @ _linear(to_rgb(color))) for color in palette]
        assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) > 15


_VISION = (
    np.eye(3),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
)
"""Linear RGB as most see it, with deuteranopia, with protanopia (Machado et al. 2009)."""


def _linear(color: tuple[float, float, float]) -> np.ndarray:
    """Linear RGB of sRGB."""
    parts = np.array(color)
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    """CIELAB of linear RGB, in which a distance of 2 can just be seen."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ linear.clip(0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_lowest_panel_of_every_column_has_numbers_on_its_axis() -> None:
    fig, axes = new_panels(3, 2, 1.0, 0.5, sharex=True)
    fig.draw_without_rendering()
    shown = [any(t.label1.get_visible() for t in ax.xaxis.get_major_ticks()) for ax in axes]
    assert shown == [False, True, True]


def test_panels_are_drawn_into_the_figure_that_is_given() -> None:
    left, right = Figure().subfigures(1, 2)
    figure, axes = new_panels(2, 2, 1.0, 0.5, right)
    assert figure is right
    assert right.axes == axes
    assert not left.axes


def test_a_legend_stands_above_the_figure_or_above_axes_among_others(ax: Axes) -> None:
    legend_above(ax, [line_handle("a line", "black")])
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == ["a line"]
    first, _ = Figure().subplots(1, 2)
    legend_above(first, [line_handle("a line", "black")])
    assert not first.figure.legends
    assert first.get_legend() is not None


def test_axes_that_are_given_are_used(ax: Axes) -> None:
    assert new_axes(1, 1, ax) is ax
    assert new_figure(3, 2).get_size_inches().tolist() == [3, 2]


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
