"""Curves of changed answers show the numbers, seeds and marks of their tables."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from intensity import figures

Dots = Callable[[Axes], list[tuple[float, float]]]
Ends = Callable[[Axes], list[tuple[float, float]]]


def test_recolorings_have_a_line_an_outcome_and_a_panel_a_kind() -> None:
    table = pd.DataFrame(
        [
            ("net", kind, step, outcome, share, share - 0.1, share + 0.1)
            for kind, base in (("other_class", 0.1), ("same_class", 0.7))
            for step in (10, 20)
            for outcome, share in (("kept", base), ("follows", 0.9 - base), ("third", 0.1))
        ],
        columns=["name", "recoloring", "step", "outcome", "share", "low", "high"],
    )
    seeds = table.assign(seed=0)
    fig = figures.recolor_curves(pd.concat([seeds, seeds.assign(seed=1)]), table)
    other, same = fig.axes
    assert other.get_title(loc="left") == "net, recolored into another class"
    assert same.get_title(loc="left") == "net, within the class"
    kept = [line.get_ydata().tolist() for line in same.lines]
    assert [0.7, 0.7] in kept
    lines = [line for line in other.lines if line.get_linestyle() != "None"]
    marks = [line for line in other.lines if line.get_linestyle() == "None"]
    assert len(lines) == len(marks) == len(other.collections) == 3
    # Both seeds at both steps; outcomes differ in more than their colors.
    assert [len(line.get_xdata()) for line in marks] == [4] * 3
    assert len({line.get_marker() for line in marks}) == 3
    assert len({str(line._dash_pattern) for line in lines}) == 3
    assert (other.get_ylabel(), other.get_xlabel()) == (
        *("share of answers", "recolored by up to (grey levels)"),
    )


def test_pieces_have_a_line_a_name_from_large_to_small(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {
            "name": ["net", "net", "edges", "edges"],
            "kind": ["network"] * 2 + ["baseline"] * 2,
            "side": [8, 4] * 2,
            "value": [0.1, 0.5, 0.0, 0.0],
            "low": [0.0, 0.4, 0.0, 0.0],
            "high": [0.2, 0.6, 0.0, 0.0],
        }
    )
    seeds = pd.DataFrame({"name": "net", "kind": "network", "side": [8, 8, 4], "value": 0.1})
    (ax,) = figures.piece_losses(seeds, summary).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["8 px", "4 px"]
    drawn = [line for line in ax.lines if len(line.get_ydata()) == 2]
    assert {line.get_marker() for line in drawn} >= {"o", "D"}
    assert [y for _, y in seed_dots(ax)] == [0.1] * 3
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        *("side of the pieces", "accuracy lost\n(share of scenes)"),
    )


def test_doses_stand_side_by_side_with_their_means_and_every_seed(seed_dots: Dots) -> None:
    seeds = pd.DataFrame(
        [
            ("net", region, pixels, seed, pixels / 100 + seed / 50)
            for region in ("core", "edge")
            for pixels in (1, 10, 40)
            for seed in (0, 1)
        ],
        columns=["name", "region", "pixels", "seed", "value"],
    )
    keys = ["name", "region", "pixels"]
    means = seeds.groupby(keys, as_index=False)["value"].mean().assign(low=0.0, high=0.5)
    fig = figures.dose_dots(seeds, means)
    (ax,) = fig.axes
    marks = [line for line in ax.lines if line.get_marker() in "os" and line not in dots(ax)]
    np.testing.assert_allclose([line.get_ydata()[0] for line in marks], [0.02, 0.11, 0.41] * 2)
    assert [round(float(line.get_xdata()[0]), 2) for line in marks] == [
        *(-0.12, 0.88, 1.88, 0.12, 1.12, 2.12)
    ]
    assert {line.get_marker() for line in marks} == {"o", "s"}
    assert sorted(y for _, y in seed_dots(ax)) == sorted(seeds["value"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("pixels changed", "share of changed answers")
    assert ax.get_title(loc="left") == "net"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1 px", "10 px", "40 px"]
    assert [text.get_text() for text in fig.legends[0].get_texts()][:2] == ["core", "edge"]


def dots(ax: Axes) -> list[Line2D]:
    """The open marks of seeds."""
    return [line for line in ax.lines if line.get_markerfacecolor() == "white"]


def test_shares_have_a_line_an_outcome_and_a_mark_a_seed() -> None:
    table = pd.DataFrame(
        {"outcome": ["a", "a", "b", "b"], "ratio": [2, 1] * 2, "share": [0.4, 0.2, 0.6, 0.8]}
    )
    summary = table.assign(low=table["share"] - 0.1, high=table["share"] + 0.1)
    fig = figures.share_curves(table.assign(seed=0), summary, "ratio", "ratio of areas")
    (ax,) = fig.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("ratio of areas", "share of answers")
    line, marks = ax.lines[:2]
    assert [list(values) for values in line.get_data()] == [[1, 2], [0.2, 0.4]]
    assert list(marks.get_ydata()) == [0.2, 0.4]
    assert len(ax.collections) == 2
    assert [text.get_text() for text in fig.legends[0].get_texts()][:2] == ["a", "b"]


def test_a_name_without_some_side_has_its_line_at_the_others(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {
            "name": ["net", "net", "edges"],
            "kind": ["network"] * 2 + ["baseline"],
            "side": [8, 4, 4],
            "value": [0.1, 0.5, 0.3],
            "low": [0.0, 0.4, 0.2],
            "high": [0.2, 0.6, 0.4],
        }
    )
    seeds = pd.DataFrame({"name": "net", "kind": "network", "side": [4], "value": [0.5]})
    fig = figures.piece_losses(seeds, summary)
    (ax,) = fig.axes
    diamonds = [line for line in ax.lines if line.get_marker() == "D"]
    assert [round(float(x)) for line in diamonds for x in line.get_xdata()] == [1]
    assert [round(x) for x, _ in seed_dots(ax)] == [1]
    told = [text.get_text() for text in fig.legends[0].get_texts()]
    assert "filled circles: network's mean, 95 % interval over seeds (Student t)" in told
    assert "other marks: baseline, 95 % interval over scenes" in told


def test_readers_differ_in_more_than_color_and_none_is_drawn_as_the_keys_are() -> None:
    readers = [*("mean_intensity", "linear_histogram", "edge_amplitude", "flat_patch")]
    summary = pd.DataFrame(
        [(name, "baseline", side, 0.5, 0.4, 0.6) for name in readers for side in (8, 4)],
        columns=["name", "kind", "side", "value", "low", "high"],
    )
    (ax,) = figures.piece_losses(
        pd.DataFrame(columns=["name", "kind", "side", "value"]), summary
    ).axes
    drawn = [line for line in ax.lines if line.get_marker() not in ("", "None", "o", "_", "|")]
    assert len(drawn) == len({line.get_marker() for line in drawn}) == 4
    assert len({line.get_color() for line in drawn} - {"#333333"}) == 4


def test_ratios_are_on_a_logarithmic_axis_with_equality_marked() -> None:
    table = pd.DataFrame({"outcome": "a", "ratio": [0.5, 1, 4], "share": [0.4, 0.2, 0.6]})
    summary = table.assign(low=0.1, high=0.7)
    fig = figures.share_curves(table, summary, "ratio", "ratio of areas", "equal areas")
    (ax,) = fig.axes
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "1", "4"]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == [1]
    assert fig.legends[0].get_texts()[-1].get_text() == "equal areas"


def test_a_grid_has_a_panel_a_network_and_a_number_a_cell() -> None:
    table = pd.DataFrame(
        {
            "name": ["bn_tiny"] * 4 + ["bn_large"] * 4,
            "region": ["core", "core", "edge", "edge"] * 2,
            "pixels": [1, 64] * 4,
            "changed": [0.01, 0.9, 0.0, np.nan, 0.5, 1.0, 0.25, 0.5],
        }
    )
    first, second = figures.pixel_grid(table).axes
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("bn_tiny", "bn_large")
    assert [text.get_text() for text in first.texts] == ["1.0", "90.0", "0.0", "-"]
    assert [text.get_color() for text in first.texts] == ["black", "white", "black", "black"]
    assert [label.get_text() for label in second.get_xticklabels()] == ["1", "64"]
    assert [label.get_text() for label in second.get_yticklabels()] == ["core", "edge"]
