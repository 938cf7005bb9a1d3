"""Tables of maps' worth against scores whose means are known."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from intensity import tables
from intensity.attribution.registry import find_method
from intensity.statistics.intervals import t_interval

NAN = np.nan


def scored(name: str, *values: float, score: str = "absolute/agreement", **others: Any) -> Any:
    """A method's rows of a table of scores, one a seed."""
    row = find_method(name)
    rows = {"task": "hard", "method": name, "label": row.label, "group": row.group,
            "score": score, "unit": "rank correlation", "seed": range(len(values)),
            "value": values, "scenes": 2}  # fmt: skip
    return pd.DataFrame(rows | others)


def test_the_summary_has_t_intervals_that_leave_only_signed_units() -> None:
    table = pd.concat([
        scored("gradient", 0.2, 0.4, 0.3, scenes=[3, 2, 3]),
        scored("sobel", -0.9, 0.9),
        scored("image", 0.9, 0.1, unit="share of map"),
    ])  # fmt: skip
    first, second, third = tables.score_summary(table).to_dict("records")
    low, high, value = t_interval([0.2, 0.4, 0.3])
    assert (first["low"], first["high"], first["value"]) == pytest.approx((low, high, value))
    assert second["low"] < -1 < 1 < second["high"]
    assert (third["low"], third["high"]) == (0, 1)
    assert (first["seeds"], first["scenes"]) == (3, 2)


def test_the_summary_says_which_methods_are_oracles() -> None:
    table = pd.concat([scored(name, 0.1, 0.2) for name in ("gradient", "deeplift", "sobel")])
    assert tables.score_summary(table)["oracle"].tolist() == [False, True, False]


def test_the_error_over_scenes_stands_beside_the_spread_of_seeds() -> None:
    table = pd.concat([
        scored("gradient", 0.2, 0.4, error=[0.03, 0.04], scenes=[3, 2]),
        scored("sobel", 0.5, 0.5, error=0.1),
    ])  # fmt: skip
    first, second = tables.score_spread(table).to_dict("records")
    assert first["value"] == pytest.approx(0.3)
    assert first["spread"] == pytest.approx(0.2 / 2**0.5)
    assert first["sampling"] == pytest.approx((0.0025 / 2) ** 0.5)
    assert (first["label"], first["scenes"]) == ("gradient", 2)
    assert (second["spread"], second["sampling"]) == pytest.approx((0, 0.1))


def test_texts_have_the_interval_beside_the_value() -> None:
    row = tables.score_table(tables.score_summary(scored("gradient", 0.25, 0.25)), "hard").iloc[0]
    assert row["method"] == "gradient"
    assert row["agreement"] == "0.25 [0.25, 0.25]"


def test_the_largest_magnitude_is_over_all_images() -> None:
    maps = [{"a": np.array([[1.0, -4.0]]), "b": np.zeros((1, 1))}, {"a": np.ones((2, 2))}]
    table = tables.magnitude_table(maps)
    assert table["method"].tolist() == ["a", "b"]
    assert table["largest magnitude"].tolist() == [4, 0]


def relevance(name: str, *seeds: list[float], intensity: list[int]) -> pd.DataFrame:
    """Relevance of scenes that are farther and farther from a boundary."""
    distance = np.arange(1.0, len(intensity) + 1)
    parts = [
        pd.DataFrame({"method": name, "label": name.title(), "seed": seed,
                      "intensity": np.array(intensity, np.uint8), "distance": distance,
                      "relevance": values})
        for seed, values in enumerate(seeds)
    ]  # fmt: skip
    return pd.concat(parts)


def test_correlation_with_the_margin_leaves_out_scenes_without_the_object() -> None:
    table = relevance("gradient", [9.0, NAN, 5, 1], [1.0, 1, 1, 1], intensity=[0, 1, 2, 3])
    margins = tables.margin_table(table)
    assert margins["value"].tolist() == [-1, 0]
    assert margins["scenes"].tolist() == [3, 4]


def test_relevance_by_distance_is_relative_and_binned() -> None:
    seeds = [1.0, 3, 2, NAN], [2.0, 2, 8, 0]
    table = relevance("gradient", *seeds, intensity=[5, 9, 12, 29])
    table["distance"] = [0.5, 2.5, 4.5, 11.5] * 2
    means = tables.relevance_table(table, 3)
    assert {*means["name"]} == {"Gradient"}
    assert means["distance"].tolist() == [1.5, 4.5, 10.5]
    assert means["value"].tolist() == pytest.approx([(1 + 2 / 3) / 2, (1 + 8 / 3) / 2, 0])
    assert means["low"].tolist() == pytest.approx([2 / 3, 1, 0])
    assert means["high"].tolist() == pytest.approx([1, 8 / 3, 0])
    assert means["scenes"].tolist() == [2, 1, 1]


def test_distances_of_few_scenes_are_left_out() -> None:
    table = relevance("gradient", [1.0] * 40, intensity=[5] * 40)
    table["distance"] = [0.5] * 39 + [20.5]
    assert tables.relevance_table(table, 3)["distance"].tolist() == [1.5]


def test_names_keep_their_order_and_a_method_without_any_relevance_stays_at_zero() -> None:
    blank = relevance("recolor", [0.0, 0.0], intensity=[5, 50])
    some = relevance("gradient", [1.0, 3.0], intensity=[5, 50])
    table = tables.relevance_table(pd.concat([blank, some]), 1)
    assert table["name"].tolist() == ["Recolor"] * 2 + ["Gradient"] * 2
    assert table["value"].tolist() == [0, 0, 0.5, 1.5]


def test_checks_have_a_row_for_each_method_and_check() -> None:
    checks = pd.concat([
        scored("gradient", 0.1, 0.3, score="shuffled_weights_agreement"),
        scored("gradient", 0.5, 0.5, score="blank_maps", scenes=[4, 3]),
        scored("grad_cam", 1.0, 0.8, score="polarity_agreement"),
    ])  # fmt: skip
    table = tables.check_table(checks)
    assert table["value"].tolist() == pytest.approx([0.2, 0.5, 0.9])
    assert table["side"].tolist() == ["should differ", "", "should agree"]
    assert table["worth"].tolist() == pytest.approx([0.8, NAN, 0.9], nan_ok=True)
    assert table["label"].tolist() == ["gradient", "gradient", "Grad-CAM"]
    assert table["scenes"].tolist() == [2, 3, 2]
