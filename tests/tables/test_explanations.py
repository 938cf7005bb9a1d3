"""Tables of maps' worth against scores whose means are known."""

from typing import Any

import numpy as np
import pytest

from intensity import tables
from intensity.attribution.registry import find_method
from intensity.evaluation.explanations import Scored
from intensity.statistics.intervals import t_interval
from intensity.values import InvalidInput

NAN = np.nan


def scored(task: str, name: str, seeds: list[dict[str, Any]]) -> Scored:
    """Scores of a method by its name."""
    return Scored(task, find_method(name), seeds)


def method(name: str, *means: float, score: str = "absolute/agreement") -> Scored:
    """A method whose two scenes have these means in each seed."""
    return scored("hard", name, [{score: np.array([m - 0.1, m + 0.1])} for m in means])


def test_a_row_a_seed_over_the_scenes_that_have_the_score() -> None:
    one = scored("hard", "gradient", [{"strength": np.array([1.0, NAN, 3.0])}, {"strength": [5.0]}])
    table = tables.map_scores([one, method("sobel", 0.2, 0.4)])
    assert table["value"].tolist() == pytest.approx([2, 5, 0.2, 0.4])
    assert table["scenes"].tolist() == [2, 1, 2, 2]
    assert table["label"].tolist() == ["gradient"] * 2 + ["Sobel"] * 2
    assert table["group"].tolist() == ["gradient"] * 2 + ["image"] * 2
    assert table["seed"].tolist() == [0, 1, 0, 1]


def test_a_score_that_no_scene_has_is_refused() -> None:
    with pytest.raises(InvalidInput, match="strength: no scene"):
        tables.map_scores([scored("hard", "gradient", [{"strength": np.array([NAN])}])])


def test_the_summary_has_t_intervals_within_what_is_possible() -> None:
    table = tables.map_scores([method("gradient", 0.2, 0.4, 0.3), method("sobel", -0.9, 0.9)])
    first, second = tables.score_summary(table).to_dict("records")
    low, high, value = t_interval([0.2, 0.4, 0.3])
    assert (first["low"], first["high"], first["value"]) == pytest.approx((low, high, value))
    assert (second["low"], second["high"]) == (-1, 1)
    assert (first["seeds"], first["scenes"]) == (3, 2)


def test_shares_stay_within_0_and_1_and_strengths_may_be_large() -> None:
    parts = [
        method("gradient", 0.9, 0.1, score="absolute/mass_core"),
        method("gradient", 9.0, 0.1, score="strength"),
    ]
    share, strength = tables.score_summary(tables.map_scores(parts)).to_dict("records")
    assert (share["low"], share["high"]) == (0, 1)
    assert strength["low"] == 0
    assert strength["high"] > 9


def test_one_score_by_seed() -> None:
    table = tables.map_scores([method("gradient", 0.2, 0.4), method("sobel", 0.5, 0.6)])
    values, scenes = tables.by_seed(table, "hard", "sobel", "absolute/agreement")
    assert values.tolist() == pytest.approx([0.5, 0.6])
    assert scenes == 2
    with pytest.raises(InvalidInput, match="auc of sobel on hard"):
        tables.by_seed(table, "hard", "sobel", "auc")


def test_correlation_with_the_margin_leaves_out_scenes_without_the_object() -> None:
    distance = np.array([1.0, 2, 3, 4])
    falling = np.array([9.0, NAN, 5, 1])
    values, scenes = tables.margin_correlations([falling, np.ones(4)], [distance, distance])
    assert values == [-1, 0]
    assert scenes == 3


def test_relevance_by_intensity_is_relative_and_binned() -> None:
    seeds = [np.array([1.0, 3, 2, NAN]), np.array([2.0, 2, 8, 0])]
    table = tables.relevance_by_intensity({"gradient": seeds}, np.array([5, 9, 12, 29]), 10)
    assert table["intensity"].tolist() == [4.5, 14.5, 24.5]
    assert table["value"].tolist() == pytest.approx([(1 + 2 / 3) / 2, (1 + 8 / 3) / 2, 0])
    assert table["low"].tolist() == pytest.approx([2 / 3, 1, 0])
    assert table["high"].tolist() == pytest.approx([1, 8 / 3, 0])
    assert table["scenes"].tolist() == [2, 1, 1]


def test_a_method_without_any_relevance_stays_at_zero() -> None:
    table = tables.relevance_by_intensity({"blank": [np.zeros(2)]}, np.array([5, 50]), 10)
    assert table["value"].tolist() == [0, 0]


def test_weight_checks_are_by_layer_and_blank_maps_count_zero() -> None:
    seeds = [
        {"logits": np.array([high, high]), "conv1": np.array([low, low])}
        for high, low in ((0.8, NAN), (0.6, 0.2))
    ]
    table = tables.weight_checks([scored("hard", "gradient", seeds)], "cascading")
    assert table["value"].tolist() == [0.8, 0, 0.6, 0.2]
    assert table["step"].tolist() == [1, 2, 1, 2]
    assert table["layer"].tolist() == ["logits", "conv1"] * 2
    assert set(table["method"]) == {"gradient"}


def test_checks_have_a_row_for_each_method_and_check() -> None:
    one = {
        "polarity": np.array([1.0, NAN]),
        "classes": np.array([NAN, 0.5]),
        "blank": np.array([[False, True], [False, False]]),
    }
    first = {**one, "weights": np.array([0.1, 0.1]), "labels": np.array([0.4, 0.2])}
    second = {**one, "weights": np.array([NAN, 0.6]), "labels": np.array([0.0, 0.0])}
    table = tables.check_table([scored("hard", "gradient", [first, second])])
    found = dict(zip(table["quantity"], table["value"], strict=True))
    assert found == pytest.approx(
        {
            "shuffled_weights_agreement": 0.2,
            "shuffled_labels_agreement": 0.15,
            "class_map_correlation": 0.5,
            "polarity_agreement": 0.5,
            "blank_maps": 0.25,
        }
    )
    assert table["seeds"].tolist()[0] == [0.1, 0.3]
    assert dict(zip(table["quantity"], table["scenes"], strict=True))["class_map_correlation"] == 1


def test_texts_have_the_interval_beside_the_value() -> None:
    summary = tables.score_summary(tables.map_scores([method("gradient", 0.25, 0.25)]))
    row = tables.score_table(summary, "hard").iloc[0]
    assert row["method"] == "gradient"
    assert row["agreement"] == "0.25 [0.25, 0.25]"
