"""Tables of trainings against stand-ins for runs, whose rows are known."""

import pandas as pd
import pytest

from fakes import HALF, FakeRun, counted, rows, two_seeds
from intensity import tables
from intensity.statistics.measurements import Measurement
from intensity.training.presets import SETTINGS, TASKS


def test_accuracies_have_a_row_a_run() -> None:
    runs = {"large": [FakeRun(3, 0.5)], "small": [FakeRun(0, 0.25, "easy"), FakeRun(1, 0.75)]}
    table = tables.accuracy_table(runs)
    assert list(table) == ["task", "name", "seed", "accuracy", "scenes"]
    assert rows(table) == [
        ("hard", "large", 3, 0.5, 20_000),
        ("easy", "small", 0, 0.25, 20_000),
        ("hard", "small", 1, 0.75, 20_000),
    ]


def test_errors_mirror_accuracies_and_their_intervals() -> None:
    table = pd.DataFrame({"name": ["a"], "accuracy": [0.9], "low": [0.85], "high": [1.0]})
    errors = tables.as_errors(table)
    assert list(errors) == ["name", "error", "low", "high"]
    assert rows(errors) == [("a", *(pytest.approx(value) for value in (0.1, 0.0, 0.15)))]
    assert list(tables.as_errors(table[["accuracy"]])) == ["error"]


def test_a_summary_tells_networks_from_baselines() -> None:
    common = {"unit": "fraction", "method": "any", "n": {"seeds": 2, "scenes": 100}}
    untrained = common | {"n": {"seeds": 0, "scenes": 100}}
    table = tables.accuracy_summary(
        [
            Measurement(
                id="accuracy/hard/large", value=0.5, ci95=(0.4, 0.6), seeds=(0.4, 0.6), **common
            ),
            Measurement(id="accuracy/hard/mean_intensity", value=0.3, ci95=(0.2, 0.4), **untrained),
            Measurement(id="accuracy/easy/chance", value=0.58, ci95=None, exact=True, **untrained),
        ]
    )
    assert list(table) == ["task", "name", "kind", "accuracy", "low", "high", "scenes"]
    assert rows(table) == [
        ("hard", "large", "network", 0.5, 0.4, 0.6, 100),
        ("hard", "mean_intensity", "baseline", 0.3, 0.2, 0.4, 100),
        ("easy", "chance", "baseline", 0.58, 0.58, 0.58, 100),
    ]


def test_learning_curves_have_both_splits_of_every_run() -> None:
    history = pd.DataFrame(
        {"images": [10, 30], "accuracy": [0.5, 1], "validation_accuracy": [0.25, 0.75], "loss": 9.0}
    )
    table = tables.learning_curve_table({"large": [FakeRun(seed=4, history=history)]})
    columns = ["network", "task", "seed", "images", "split", "error", "scenes"]
    assert set(table) == set(columns)
    assert rows(table[columns]) == [
        ("large", "hard", 4, 10, "training", 0.5, 10),
        ("large", "hard", 4, 30, "training", 0.0, 20),
        ("large", "hard", 4, 10, "validation", 0.75, 1000),
        ("large", "hard", 4, 30, "validation", 0.25, 1000),
    ]


def test_confusions_are_shares_of_a_label_averaged_over_seeds() -> None:
    one = FakeRun(predictions=counted((10, 0, 0, 6), (20, 0, 1, 2), (40, 1, 1, 5)))
    other = FakeRun(seed=1, predictions=counted((10, 0, 0, 1), (20, 0, 1, 1), (40, 1, 0, 4)))
    table = tables.confusion_table({"large": [one, other]})
    table = table[["network", "task", "label", "predicted", "share"]]
    assert rows(table) == [
        ("large", "hard", 0, 0, 0.625),
        ("large", "hard", 0, 1, 0.375),
        ("large", "hard", 1, 0, 0.5),
        ("large", "hard", 1, 1, 0.5),
    ]


def test_errors_by_intensity_are_counted_within_ranges() -> None:
    # Ranges 6..10 and 11..15; the first seed reads 7 of 10 and 1 of 4 right.
    one = counted((6, 0, 0, 4), (10, 0, 0, 3), (10, 0, 1, 3), (11, 0, 0, 1), (15, 0, 2, 3))
    other = counted((6, 0, 0, 9), (10, 0, 1, 1), (11, 0, 0, 1), (15, 0, 2, 3))
    runs = {"large": [FakeRun(predictions=one), FakeRun(seed=1, predictions=other)]}
    table = tables.intensity_error_table(runs)
    assert list(table) == ["network", "intensity", "scenes", "error", "low", "high"]
    assert table["network"].tolist() == ["large", "large"]
    assert table["intensity"].tolist() == [8.0, 13.0]
    assert table["scenes"].tolist() == [10, 4]
    assert table["error"].tolist() == pytest.approx([0.2, 0.75])
    # 0.2 +- 12.7 * 0.1 leaves what a share can be.
    assert rows(table[["low", "high"]]) == [(0.0, 1.0), (0.75, 0.75)]


def test_errors_by_distance_hold_levels_on_both_sides_of_any_boundary() -> None:
    # 30, 31 and 61 lie half a level from a boundary of hard, 62 lies farther, 75 is rare.
    seen = counted((30, 0, 0, 40), (31, 1, 0, 30), (61, 2, 2, 50), (62, 2, 1, 90), (75, 2, 1, 1))
    runs = {"large": [FakeRun(predictions=seen), FakeRun(seed=1, predictions=seen)]}
    table = tables.distance_error_table(runs, TASKS["hard"])
    assert list(table) == ["network", "distance", "scenes", "error", "low", "high"]
    assert table["distance"].tolist() == [0.5, 1.5]
    assert table["scenes"].tolist() == [120, 90]
    assert table["error"].tolist() == pytest.approx([0.25, 1.0])


def test_ranges_that_a_seed_did_not_see_are_left_out() -> None:
    one, other = counted((6, 0, 0, 4), (200, 2, 2, 1)), counted((7, 0, 0, 4))
    runs = {"large": [FakeRun(predictions=one), FakeRun(seed=1, predictions=other)]}
    assert tables.intensity_error_table(runs)["intensity"].tolist() == [8.0]


@pytest.mark.parametrize("name", ["hard", "medium", "three_bands"])
def test_ranges_of_five_levels_never_mix_the_papers_classes(name: str) -> None:
    task = TASKS[name]
    labels = task.label(task.levels)
    # Only class 0 is read right, so a range that mixes it with others is neither 0 nor 1.
    kinds = [
        (int(level), int(c), 0, 1 + level % 2) for level, c in zip(task.levels, labels, strict=True)
    ]
    runs = {"large": [FakeRun(seed=seed, predictions=counted(*kinds)) for seed in (0, 1)]}
    assert set(tables.intensity_error_table(runs)["error"]) == {0.0, 1.0}


def test_groups_share_conditions() -> None:
    runs = two_seeds()
    table = tables.condition_table(runs, {"both": ["large", "small"], "alone": ["large"]})
    assert set(table) == {"group", "condition", "seed", "accuracy", "scenes"}
    assert rows(table[["group", "condition", "seed", "accuracy"]]) == [
        ("both", "large", 0, 0.5),
        ("both", "large", 1, 0.52),
        ("both", "small", 0, 0.9),
        ("both", "small", 1, 1.0),
        ("alone", "large", 0, 0.5),
        ("alone", "large", 1, 0.52),
    ]


def test_summaries_are_means_with_t_intervals_within_what_a_share_can_be() -> None:
    runs = two_seeds()
    table = tables.summarized(
        tables.condition_table(runs, {"both": ["small", "large"]}),
        ["group", "condition"],
        "accuracy",
    )
    assert list(table) == ["group", "condition", "accuracy", "low", "high"]
    assert rows(table[["group", "condition"]]) == [("both", "small"), ("both", "large")]
    assert table["accuracy"].tolist() == pytest.approx([0.95, 0.51])
    assert table["low"].tolist() == pytest.approx([0.95 - HALF * 0.05, 0.51 - HALF * 0.01])
    assert table["high"].tolist() == pytest.approx([1, 0.51 + HALF * 0.01])


def test_sizes_stand_beside_accuracies() -> None:
    table = tables.size_table(two_seeds())
    assert set(table) == {"network", "parameters", "seed", "accuracy", "scenes"}
    assert rows(table[["network", "parameters", "seed", "accuracy"]]) == [
        ("large", 10, 0, 0.5),
        ("large", 10, 1, 0.52),
        ("small", 20, 0, 0.9),
        ("small", 20, 1, 1.0),
    ]
    means = tables.summarized(table, ["network", "parameters"], "accuracy")
    assert list(means) == ["network", "parameters", "accuracy", "low", "high"]
    assert rows(means[["network", "parameters"]]) == [("large", 10), ("small", 20)]
    assert means["accuracy"].tolist() == pytest.approx([0.51, 0.95])


def test_errors_fall_with_images() -> None:
    history = pd.DataFrame({"images": [10, 20], "accuracy": 0.1, "validation_accuracy": [0.9, 1]})
    table = tables.error_table({"as it is": [FakeRun(seed=3, history=history)]})
    assert list(table) == ["condition", "seed", "images", "error", "scenes"]
    assert rows(table) == [
        ("as it is", 3, 10, pytest.approx(0.1), 1000), ("as it is", 3, 20, 0.0, 1000)
    ]  # fmt: skip


def test_doses_have_a_row_a_seed() -> None:
    table = tables.dose_effect_table({(10, "black"): [0.5, 0.6], (0, "any"): [0.1]})
    assert list(table) == ["dose", "place", "seed", "value"]
    assert rows(table) == [(10, "black", 0, 0.5), (10, "black", 1, 0.6), (0, "any", 0, 0.1)]


def test_the_authors_numbers_stand_beside_ours_on_fixed_permutations() -> None:
    permuted = SETTINGS["discs"].model_copy(update={"permutation": "fixed"})
    mine = {"network": "bn_tiny", "setting": permuted}
    runs = {
        "plain": [FakeRun(network="bn_tiny", accuracy=0.1)],
        "permuted": [FakeRun(accuracy=0.8, **mine), FakeRun(seed=1, accuracy=0.9, **mine)],
    }
    assert rows(tables.authors_table(runs)) == [
        ("bn_tiny", "84.4 %", "85.0 % [21.5, 100.0]"),
        ("bn_medium", "97.6 %", "not trained in this profile"),
    ]


def at_scale(place: str, network: str, seeds: int, value: float) -> Measurement:
    """An accuracy as the notebook on the paper's scale measures it."""
    return Measurement(
        id=f"accuracy/{place}/{network}_full", value=value, ci95=(value - 0.01, value + 0.01),
        unit="fraction", method="any", n={"seeds": seeds, "scenes": 100},
    )  # fmt: skip


AT_SCALE = [
    at_scale("hard", "bn_medium", 1, 0.98),
    at_scale("hard", "bn_tiny", 3, 0.8),
    at_scale("permuted", "bn_tiny", 3, 0.7),
]


def test_networks_at_the_papers_scale_stand_beside_what_the_authors_recorded() -> None:
    runs = {
        f"{name}_full": [FakeRun(network=name, parameters=count, recipe={"images": 250_000})]
        for name, count in (("bn_medium", 16_659), ("bn_tiny", 1_689))
    }
    table = tables.scale_table(runs, AT_SCALE)
    columns = ["network", "parameters", "cue", "images", "seeds", "accuracy", "low"]
    assert rows(table[columns]) == [
        ("bn_medium", 16_659, "with shape", 250_000, 1, 0.98, 0.97),
        ("bn_tiny", 1_689, "with shape", 250_000, 3, 0.8, 0.79),
        ("bn_tiny", 1_689, "permuted pixels", 250_000, 3, 0.7, 0.69),
    ]
    assert table["authors"].tolist()[2] == 0.844  # recorded on permuted pixels alone
    assert table["authors"].isna().tolist() == [True, True, False]


def test_the_published_table_has_a_row_a_network_and_leaves_other_numbers_out() -> None:
    other = at_scale("hard", "bn_tiny", 3, 0.8).model_copy(update={"id": "accuracy/hard/bn_tiny"})
    table = tables.scale_by_network([*AT_SCALE, other])
    assert rows(table) == [
        ("bn_medium", "98.0 % [97.0, 99.0] (one seed)", "-", "97.6 %", "97.58 %"),
        ("bn_tiny", "80.0 % [79.0, 81.0] (3 seeds)", "70.0 % [69.0, 71.0] (3 seeds)",
         "84.4 %", "84.51 %"),
    ]  # fmt: skip
