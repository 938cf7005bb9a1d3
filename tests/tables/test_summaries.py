"""Means over seeds with intervals that stay within what a unit allows."""

import pandas as pd
import pytest

from fakes import HALF, rows
from intensity.statistics.measurements import Results
from intensity.tables.summaries import spread_table, summarized
from intensity.units import Unit
from intensity.values import InvalidInput


def test_what_shares_its_keys_is_averaged_in_the_order_of_first_appearance() -> None:
    table = pd.DataFrame(
        [("b", 1, 0.2), ("a", 1, 0.5), ("b", 2, 0.9), ("a", 1, 0.5), ("b", 1, 0.4), ("b", 2, 0.9)],
        columns=["name", "depth", "share"],
    )
    means = summarized(table, ["name", "depth"], "share")
    assert list(means) == ["name", "depth", "share", "low", "high"]
    assert rows(means[["name", "depth"]]) == [("b", 1), ("a", 1), ("b", 2)]
    assert means["share"].tolist() == pytest.approx([0.3, 0.5, 0.9])
    assert means["low"].tolist() == pytest.approx([0.0, 0.5, 0.9])
    assert means["high"].tolist() == pytest.approx([1.0, 0.5, 0.9])
    beyond = summarized(table, ["name", "depth"], "share", Unit("anything"))
    assert beyond["low"].iloc[0] == pytest.approx(0.3 - HALF * 0.1)
    assert beyond["high"].iloc[0] == pytest.approx(0.3 + HALF * 0.1)


def test_one_seed_has_no_interval() -> None:
    table = pd.DataFrame({"name": ["a"], "share": [0.5]})
    with pytest.raises(InvalidInput, match="two seeds or more"):
        summarized(table, ["name"], "share")


def test_shares_have_the_spread_of_seeds_and_the_error_of_counting() -> None:
    results = Results("05_responses", "runs/lab")
    results.over_seeds("accuracy/hard/net", [0.5, 0.6], scenes=100)
    results.over_seeds("distance/hard/net", [1.0, 2.0], scenes=100, unit="grey levels")
    results.difference("difference/hard/net", [0.5, 0.6], [0.1, 0.1], scenes=100)
    results.counts("accuracy/hard/edges", 5, 10)
    (row,) = spread_table(results.measurements("")).to_dict("records")
    assert (row["id"], row["value"], row["scenes"]) == ("accuracy/hard/net", 55, 100)
    assert row["spread"] == round(10 / 2**0.5, 2)
    assert row["sampling"] == round(100 * ((0.25 + 0.24) / 2 / 100) ** 0.5, 2)
