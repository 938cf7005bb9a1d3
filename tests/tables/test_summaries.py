"""Means over seeds with intervals that stay within what a unit allows."""

import pandas as pd
import pytest

from fakes import HALF, rows
from intensity.tables.summaries import summarized
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
