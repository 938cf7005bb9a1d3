"""The figure of the claims says of each how far it lies from its threshold, and on which side."""

import numpy as np
import pandas as pd
import pytest

from intensity.claims.definitions import load_claims
from intensity.claims.judge import judge, parts_table
from intensity.figures import claims_overview
from intensity.figures.discussion import least_sure
from intensity.statistics.measurements import Measurement


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


def test_a_claim_is_shown_by_the_part_that_is_the_least_sure(table: pd.DataFrame) -> None:
    shown = least_sure(table)
    assert shown["part"].tolist() == ["accuracy of small", "accuracy of the linear histogram"]
    assert shown["parts"].tolist() == [2, 2]
    # An interval reaches from 1 below to 1 above its value; .96 is half of .02 above .95.
    columns = shown[["start", "middle", "end"]].to_numpy()
    assert columns == pytest.approx(np.array([[-0.5, 0.5, 1.5], [-3.0, -2.0, -1.0]]))


def test_where_low_is_wanted_distances_turn_round(table: pd.DataFrame) -> None:
    (row,) = least_sure(table.iloc[[2]])[["start", "middle", "end"]].to_numpy()
    assert row == pytest.approx([26, 27, 28])


def test_a_line_a_claim_says_in_words_what_was_measured_and_decided(table: pd.DataFrame) -> None:
    (ax,) = claims_overview(table).axes
    labels = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert labels == [
        "P11: accuracy of small (1 of 2)",
        "O2: accuracy of the linear histogram (1 of 2)",
    ]
    texts = [text.get_text() for text in ax.texts]
    assert texts == [
        "96.0 % [94.0, 98.0]\nat least 95 %: undecided",
        "96.00 % [95.50, 96.50]\nat least 97 %: does not hold",
        "the paper's claims",
        "our claims",
    ]
    assert len({text.get_color() for text in ax.texts[:2]}) == 2


def test_every_claim_stands_under_a_heading(table: pd.DataFrame) -> None:
    names = [claim.id for claim in load_claims().claims]
    rows = pd.concat([table.iloc[[0]].assign(claim=name) for name in [*names, "X1"]])
    (ax,) = claims_overview(rows).axes
    heads = [text.get_text() for text in ax.texts if "\n" not in text.get_text()]
    assert heads[:2] == ["the paper's claims", "our claims"]
    places = ax.get_yticks()
    assert set(np.diff(places).round(1)) == {1.0, 2.3}
    assert (np.diff(places) > 2).sum() == len(heads) - 1


def test_intervals_lie_around_values_and_far_ones_are_arrows(table: pd.DataFrame) -> None:
    (ax,) = claims_overview(table.iloc[1:3]).axes
    lines = [line.get_xdata() for line in ax.lines if line.get_marker() == "None"]
    assert lines[1] == pytest.approx([-0.5, 1.5])
    marks = {
        line.get_marker(): line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1
    }
    assert marks == {"D": pytest.approx(0.5), ">": 10.0}


def test_an_exact_value_on_its_threshold_lies_on_the_line(table: pd.DataFrame) -> None:
    row = table.iloc[[2]].assign(value=0.6, low=0.6, high=0.6)
    assert least_sure(row)["middle"].tolist() == [0]
    assert claims_overview(row).axes
