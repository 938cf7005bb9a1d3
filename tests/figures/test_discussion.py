"""The figure of the claims says of every part on which side of its threshold it lies."""

from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.claims.definitions import load_claims
from intensity.claims.judge import judge, parts_table
from intensity.figures import claims_overview
from intensity.statistics.measurements import Measurement

Dots = Callable[[Axes], list[tuple[float, float]]]
Intervals = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


@pytest.fixture
def table() -> pd.DataFrame:
    """The parts of P11, of which the second is undecided, and of O2."""
    n, text = {"seeds": 5, "scenes": 20000}, {"unit": "fraction", "method": "t"}
    known = [
        ("accuracy/three_bands/large", 0.9995, (0.999, 1.0), (0.9994, *[0.9995] * 3, 0.9996)),
        ("accuracy/three_bands/small", 0.96, (0.94, 0.98), (0.95, *[0.96] * 3, 0.97)),
        ("accuracy/hard/mean_posterior", 0.33, (0.32, 0.34), None),
        ("accuracy/hard/linear_histogram", 0.96, (0.955, 0.965), None),
    ]
    measured = [
        Measurement(id=id_, value=value, ci95=ends, n=n, seeds=seeds, **text)
        for id_, value, ends, seeds in known
    ]
    return parts_table(judge(measured, load_claims().claims), {one.id: one for one in measured})


def test_the_table_has_a_row_for_every_part(table: pd.DataFrame) -> None:
    assert table["claim"].tolist() == ["P11", "P11", "O2", "O2"]
    assert table["threshold"].tolist() == [0.99, 0.95, 0.6, 0.97]
    assert table["side"].tolist() == ["lower", "lower", "upper", "lower"]
    assert table["limit"].tolist() == ["99 %", "95 %", "60 %", "97 %"]
    assert table["text"].tolist()[1:3] == ["96.0 % [94.0, 98.0]", "33.0 % [32.0, 34.0]"]
    assert table["verdict"].tolist() == ["reproduced", "undecided", "holds", "does not hold"]
    assert table["claim_verdict"].tolist() == ["undecided"] * 2 + ["does not hold"] * 2
    assert [len(seeds) for seeds in table["seeds"]] == [5, 5, 0, 0]


def test_every_part_is_drawn_beside_its_threshold(
    table: pd.DataFrame, seed_dots: Dots, intervals: Intervals, spans: Spans
) -> None:
    axes = claims_overview(table).axes
    assert [len(seed_dots(ax)) for ax in axes] == [5, 5, 0, 0]
    assert [intervals(ax)[0] for ax in axes[1:]] == [(0.94, 0.98), (0.32, 0.34), (0.955, 0.965)]
    assert [ax.get_xticks().tolist() for ax in axes] == [[0.99], [0.95], [0.6], [0.97]]
    shaded = [spans(ax)[0][:2] for ax in axes]
    assert shaded[1] == (0.95, axes[1].get_xlim()[1])
    assert shaded[2] == (axes[2].get_xlim()[0], 0.6)


def test_numbers_are_printed_in_their_unit(table: pd.DataFrame) -> None:
    axes = claims_overview(table).axes
    assert [ax.get_xticklabels()[0].get_text() for ax in axes] == ["99 %", "95 %", "60 %", "97 %"]
    assert [ax.texts[0].get_text().split("\n")[0] for ax in axes] == table["text"].tolist()


def test_verdicts_are_words_markers_and_colors(table: pd.DataFrame) -> None:
    axes = claims_overview(table).axes
    words = [ax.texts[0].get_text() for ax in axes]
    assert [one.split("\n")[-1] for one in words] == table["verdict"].tolist()
    assert words[1] == "96.0 % [94.0, 98.0]\nundecided"
    values = [next(line for line in ax.lines if line.get_xdata()[0] == 0.96) for ax in axes[1::2]]
    assert [line.get_marker() for line in values] == ["D", "s"]
    assert len({ax.texts[0].get_color() for ax in axes}) == 3
    assert axes[0].get_ylabel() == "P11: accuracy of large"
    assert axes[1].get_ylabel() == "accuracy of small"


def test_an_exact_value_on_its_threshold_has_an_axis_with_room(table: pd.DataFrame) -> None:
    row = table.iloc[[2]].assign(value=0.6, low=0.6, high=0.6)
    low, high = claims_overview(row).axes[0].get_xlim()
    assert low < 0.6 < high
