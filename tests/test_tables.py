"""Tables against tiny inputs whose rows are known: stand-ins for runs, few scenes, short curves."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from intensity import tables
from intensity.rendering import render
from intensity.scenes import SETTINGS, SceneOptions, draw_scenes, find_setting
from intensity.statistics import Measurement
from intensity.tasks import TASKS

HARD, EASY = TASKS["hard"], TASKS["easy"]
HALF = 12.706204736432095
"""Student's t at 97.5 % with one degree of freedom: two seeds 2 d apart have mean +- HALF d."""


@dataclass
class FakeRun:
    """What tables look at in a run."""

    seed: int = 0
    accuracy: float = 0.5
    task: str = "hard"
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    parameters: float = 10.0
    recipe: dict[str, Any] = field(default_factory=dict)
    network: str = "large"
    setting: SceneOptions = SETTINGS["discs"]

    @property
    def metrics(self) -> dict[str, float]:
        """Counted once, on test scenes."""
        return {"accuracy": self.accuracy, "parameters": self.parameters}

    @property
    def configuration(self) -> SimpleNamespace:
        """What the run was made with."""
        return SimpleNamespace(
            task=TASKS[self.task],
            seed=self.seed,
            recipe=SimpleNamespace(**self.recipe),
            scenes=self.setting,
            network=SimpleNamespace(name=self.network, scaling="unit"),
        )


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """A table's rows."""
    return list(table.itertuples(index=False, name=None))


def counted(*predictions: tuple[int, int, int, int]) -> pd.DataFrame:
    """Test predictions: intensity, label, predicted, count."""
    return pd.DataFrame(predictions, columns=["intensity", "label", "predicted", "count"])


def two_seeds() -> dict[str, list[FakeRun]]:
    """Two networks of two seeds."""
    return {
        "large": [FakeRun(seed=0, accuracy=0.5), FakeRun(seed=1, accuracy=0.52)],
        "small": [FakeRun(seed=0, accuracy=0.9, parameters=20.0), FakeRun(seed=1, accuracy=1.0)],
    }


# Accuracies


def test_accuracies_have_a_row_a_run() -> None:
    runs = {"large": [FakeRun(3, 0.5)], "small": [FakeRun(0, 0.25, "easy"), FakeRun(1, 0.75)]}
    table = tables.accuracies(runs)
    assert list(table) == ["task", "name", "seed", "accuracy"]
    assert rows(table) == [
        ("hard", "large", 3, 0.5),
        ("easy", "small", 0, 0.25),
        ("hard", "small", 1, 0.75),
    ]


def test_a_summary_tells_networks_from_readers() -> None:
    common = {"unit": "fraction", "method": "any", "n": {"seeds": 2, "scenes": 100}}
    table = tables.summary(
        [
            Measurement(
                id="accuracy/hard/large", value=0.5, ci95=(0.4, 0.6), seeds=(0.4, 0.6), **common
            ),
            Measurement(id="accuracy/hard/mean_intensity", value=0.3, ci95=(0.2, 0.4), **common),
            Measurement(id="accuracy/easy/chance", value=0.58, ci95=None, exact=True, **common),
        ]
    )
    assert list(table) == ["task", "name", "kind", "accuracy", "low", "high"]
    assert rows(table) == [
        ("hard", "large", "network", 0.5, 0.4, 0.6),
        ("hard", "mean_intensity", "reader", 0.3, 0.2, 0.4),
        ("easy", "chance", "reader", 0.58, 0.58, 0.58),
    ]


def test_learning_curves_have_both_splits_of_every_run() -> None:
    history = pd.DataFrame(
        {"images": [10, 20], "accuracy": [0.1, 0.2], "validation_accuracy": [0.3, 0.4], "loss": 9.0}
    )
    table = tables.learning_curves({"large": [FakeRun(seed=4, history=history)]})
    assert set(table) == {"network", "task", "seed", "images", "split", "accuracy"}
    table = table[["network", "task", "seed", "images", "split", "accuracy"]]
    assert rows(table) == [
        ("large", "hard", 4, 10, "training", 0.1),
        ("large", "hard", 4, 20, "training", 0.2),
        ("large", "hard", 4, 10, "validation", 0.3),
        ("large", "hard", 4, 20, "validation", 0.4),
    ]


def test_confusions_are_shares_of_a_label_averaged_over_seeds() -> None:
    one = FakeRun(predictions=counted((10, 0, 0, 6), (20, 0, 1, 2), (40, 1, 1, 5)))
    other = FakeRun(seed=1, predictions=counted((10, 0, 0, 1), (20, 0, 1, 1), (40, 1, 0, 4)))
    table = tables.confusions({"large": [one, other]})
    table = table[["network", "task", "label", "predicted", "share"]]
    assert rows(table) == [
        ("large", "hard", 0, 0, 0.625),
        ("large", "hard", 0, 1, 0.375),
        ("large", "hard", 1, 0, 0.5),
        ("large", "hard", 1, 1, 0.5),
    ]


def test_accuracy_by_intensity_counts_scenes_within_ranges() -> None:
    # Ranges 6..10 and 11..15; the first seed reads 7 of 10 and 1 of 4 right.
    one = counted((6, 0, 0, 4), (10, 0, 0, 3), (10, 0, 1, 3), (11, 0, 0, 1), (15, 0, 2, 3))
    other = counted((6, 0, 0, 9), (10, 0, 1, 1), (11, 0, 0, 1), (15, 0, 2, 3))
    runs = {"large": [FakeRun(predictions=one), FakeRun(seed=1, predictions=other)]}
    table = tables.accuracy_by_intensity(runs)
    assert list(table) == ["network", "intensity", "accuracy", "low", "high"]
    assert table["network"].tolist() == ["large", "large"]
    assert table["intensity"].tolist() == [8.0, 13.0]
    assert table["accuracy"].tolist() == pytest.approx([0.8, 0.25])
    # 0.8 +- 12.7 * 0.1 leaves what a share can be.
    assert rows(table[["low", "high"]]) == [(0.0, 1.0), (0.25, 0.25)]


def test_ranges_that_a_seed_did_not_see_are_left_out() -> None:
    one, other = counted((6, 0, 0, 4), (200, 2, 2, 1)), counted((7, 0, 0, 4))
    runs = {"large": [FakeRun(predictions=one), FakeRun(seed=1, predictions=other)]}
    assert tables.accuracy_by_intensity(runs, width=5)["intensity"].tolist() == [8.0]


@pytest.mark.parametrize("name", ["hard", "medium", "three_bands"])
def test_ranges_of_five_levels_never_mix_the_papers_classes(name: str) -> None:
    task = TASKS[name]
    labels = task.label(task.levels)
    # Only class 0 is read right, so a range that mixes it with others is neither 0 nor 1.
    kinds = [
        (int(level), int(c), 0, 1 + level % 2) for level, c in zip(task.levels, labels, strict=True)
    ]
    runs = {"large": [FakeRun(seed=seed, predictions=counted(*kinds)) for seed in (0, 1)]}
    assert set(tables.accuracy_by_intensity(runs)["accuracy"]) == {0.0, 1.0}


# Scenes


def test_class_balance_compares_shares_with_the_task() -> None:
    hard = draw_scenes(HARD, find_setting("discs"), "train", 0, 4)
    easy = draw_scenes(EASY, find_setting("discs"), "train", 0, 2)
    table = tables.class_balance(
        [hard.replace(intensity=[10, 20, 40, 130]), easy.replace(intensity=[200, 250])]
    )
    assert list(table) == ["task", "class", "expected", "share", "low", "high"]
    assert rows(table[["task", "class", "share"]]) == [
        ("hard", 0, 0.75),
        ("hard", 1, 0.25),
        ("hard", 2, 0.0),
        ("easy", 0, 0.0),
        ("easy", 1, 1.0),
    ]
    assert table["expected"].tolist() == pytest.approx([*HARD.priors, *EASY.priors])
    # Wilson (1927) for 3 of 4, 0 of 4 and 2 of 2.
    assert table["low"].tolist()[0] == pytest.approx(0.3006, abs=1e-4)
    assert table["high"].tolist()[0] == pytest.approx(0.9544, abs=1e-4)
    assert table["low"].tolist()[2] == 0
    assert table["high"].tolist()[4] == 1


def test_permutations_keep_histograms_and_destroy_neighborhoods() -> None:
    plain = draw_scenes(HARD, find_setting("discs"), "test", 0, 20)
    permuted = draw_scenes(
        HARD, find_setting({"setting": "discs", "permutation": "fresh"}), "test", 0, 20
    )
    table = tables.permutation_effect({"plain": plain, "fresh": permuted}).set_index("image")
    assert table["histogram_difference"].tolist() == [0, 0]
    assert table.loc["plain", "neighbor_correlation"] > 0.7
    assert abs(table.loc["fresh", "neighbor_correlation"]) < 0.02
    for name in table.index:
        low, high = table.loc[name, ["low", "high"]]
        assert low < table.loc[name, "neighbor_correlation"] < high


def test_the_difference_of_histograms_is_the_number_of_pixels_that_changed() -> None:
    scenes = draw_scenes(HARD, find_setting("discs"), "test", 0, 2).without_noise()
    dark = scenes.replace(area=[1, 3], intensity=200)
    variants = {"dark": dark, "light": dark.replace(background=7), "dim": dark.replace(intensity=9)}
    table = tables.permutation_effect(variants)
    assert table["image"].tolist() == ["dark", "light", "dim"]
    assert table["histogram_difference"].tolist() == [0, 64 * 64 - 2, 2]


def test_the_correlation_of_neighbors_is_pearsons() -> None:
    images = render(draw_scenes(HARD, find_setting("discs"), "test", 0, 5))
    expected = [
        np.corrcoef(image[:, :-1].ravel(), image[:, 1:].ravel())[0, 1]
        for image in images.astype(float)
    ]
    assert tables.neighbor_correlation(images) == pytest.approx(expected)
    stripes = np.arange(9)[None, None, :] % 2 * np.ones((1, 8, 1))
    assert tables.neighbor_correlation(stripes) == pytest.approx([-1])


def test_intensity_functions_list_all_bands() -> None:
    table = tables.intensity_functions([EASY, TASKS["three_bands"]])
    assert list(table) == ["task", "low", "high", "class"]
    assert rows(table)[:2] == [("easy", 0, 149, 0), ("easy", 150, 255, 1)]
    bands = table[table["task"] == "three_bands"]
    assert bands["class"].isna().tolist() == [False, True, False, True, False, True]
    assert (bands["low"].iloc[1:].to_numpy() == bands["high"].iloc[:-1].to_numpy() + 1).all()


def test_scene_tables_name_what_scenes_hold() -> None:
    scenes = draw_scenes(HARD, find_setting("discs"), "train", 0, 2).replace(
        intensity=[20, 200], shape="triangle", center=[(30, 31), (40, 41)], background=5
    )
    table = tables.scene_table(scenes)
    assert list(table) == ["class", "intensity", "row", "column", "area", "shape", "background"]
    assert rows(table) == [
        (0, 20, 30, 31, 197, "triangle", 5),
        (2, 200, 40, 41, 197, "triangle", 5),
    ]


# Groups, sizes, search


def test_groups_share_conditions() -> None:
    runs = two_seeds()
    table = tables.grouped(runs, {"both": ["large", "small"], "alone": ["large"]})
    assert set(table) == {"group", "condition", "seed", "accuracy"}
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
    table = tables.grouped_summary(tables.grouped(runs, {"both": ["small", "large"]}))
    assert list(table) == ["group", "condition", "accuracy", "low", "high"]
    assert rows(table[["group", "condition"]]) == [("both", "small"), ("both", "large")]
    assert table["accuracy"].tolist() == pytest.approx([0.95, 0.51])
    assert table["low"].tolist() == pytest.approx([0.95 - HALF * 0.05, 0.51 - HALF * 0.01])
    assert table["high"].tolist() == pytest.approx([1, 0.51 + HALF * 0.01])


def test_sizes_stand_beside_accuracies() -> None:
    table = tables.sizes(two_seeds())
    assert set(table) == {"network", "parameters", "seed", "accuracy"}
    assert rows(table[["network", "parameters", "seed", "accuracy"]]) == [
        ("large", 10, 0, 0.5),
        ("large", 10, 1, 0.52),
        ("small", 20, 0, 0.9),
        ("small", 20, 1, 1.0),
    ]
    means = tables.size_summary(table)
    assert list(means) == ["network", "parameters", "accuracy", "low", "high"]
    assert rows(means[["network", "parameters"]]) == [("large", 10), ("small", 20)]
    assert means["accuracy"].tolist() == pytest.approx([0.51, 0.95])


def test_a_search_shows_the_test_accuracy_of_the_chosen_trial_only() -> None:
    history = pd.DataFrame({"validation_accuracy": [0.9, 0.4]})
    recipe = {"learning_rate": 0.01, "weight_decay": 1e-5}
    runs = {
        name: [FakeRun(seed=seed, accuracy=0.8, history=history, recipe=recipe)]
        for seed, name in enumerate(("first", "second"))
    }
    table = tables.search_table(runs, chosen="second")
    assert table["name"].tolist() == ["first", "second"]
    assert table["seed"].tolist() == [0, 1]
    assert table["learning_rate"].tolist() == [0.01, 0.01]
    assert table["weight_decay"].tolist() == [1e-5, 1e-5]
    assert table["validation_accuracy"].tolist() == [0.4, 0.4]
    assert table["chosen"].tolist() == [False, True]
    assert table["test_accuracy"].isna().tolist() == [True, False]
    assert table["test_accuracy"].iloc[1] == 0.8
    assert tables.search_table(runs)["test_accuracy"].isna().all()


NETWORKS = ("large", "small", "bn_compact", "bn_tiny")


@pytest.mark.parametrize(
    ("repeat", "shown"), [(True, "12,345 images, 7 epochs"), (False, "98,765 images, none twice")]
)
def test_departures_quote_what_was_run(repeat: bool, shown: str) -> None:
    recipe = {
        "repeat": repeat,
        "epoch_images": 12_345,
        "epochs": 7,
        "images": 98_765,
        "batch": 17,
        "learning_rate": 0.02,
        "weight_decay": 3e-6,
        "schedule": "cosine",
    }
    table = tables.departures({name: [FakeRun(recipe=recipe)] for name in NETWORKS})
    assert list(table) == ["what", "paper", "here", "why"]
    assert (table.map(len) > 0).all().all()
    here = " | ".join(table["here"])
    for number in (shown, "17", "0.02", "3e-06", "64 px", "197 px", "unit"):
        assert number in here
    assert {f"images, {name}" for name in NETWORKS} <= set(table["what"])


def test_what_is_as_in_the_paper_is_no_departure() -> None:
    recipe = {
        **{"repeat": True, "epoch_images": 200_000, "epochs": 10, "images": 2_000_000},
        **{"batch": 128, "learning_rate": 0.001, "weight_decay": 0.0, "schedule": "constant"},
    }
    full = FakeRun(recipe=recipe, setting=SETTINGS["discs_full"])
    what = set(tables.departures({name: [full] for name in NETWORKS})["what"])
    same = {
        f"{what} {name}" for what in ("images,", "learning rate,") for name in ("large", "small")
    }
    assert not what & (same | {"scale, discs", "batch, discs"})
    assert "images, bn_tiny" in what


def test_the_authors_numbers_stand_beside_ours_on_fixed_permutations() -> None:
    permuted = SETTINGS["discs"].model_copy(update={"permutation": "fixed"})
    mine = {"network": "bn_tiny", "setting": permuted}
    runs = {
        "plain": [FakeRun(network="bn_tiny", accuracy=0.1)],
        "permuted": [FakeRun(accuracy=0.8, **mine), FakeRun(seed=1, accuracy=0.9, **mine)],
    }
    assert rows(tables.authors_accuracies(runs)) == [
        ("bn_tiny", "84.4 %", "85.0 % [21.5, 100.0]"),
        ("bn_medium", "97.6 %", "not trained in this profile"),
    ]


# Responses


def test_logit_curves_are_means_over_scenes_with_intervals_over_seeds() -> None:
    levels = np.array([5, 6])
    logits = np.array([[[0.0, 1.0], [2.0, 3.0]], [[2.0, 3.0], [4.0, 5.0]]])
    curves = [{"levels": levels, "logits": logits}, {"levels": levels, "logits": logits + 2}]
    table = tables.logit_curves("large", curves)
    assert list(table) == ["network", "intensity", "class", "logit", "low", "high"]
    assert rows(table[["network", "intensity", "class", "logit"]]) == [
        ("large", 5, 0, 2.0),
        ("large", 5, 1, 3.0),
        ("large", 6, 0, 4.0),
        ("large", 6, 1, 5.0),
    ]
    assert (table["logit"] - table["low"]).tolist() == pytest.approx([HALF] * 4)
    assert (table["high"] - table["logit"]).tolist() == pytest.approx([HALF] * 4)


def profile(peak: float) -> dict[str, np.ndarray]:
    """Responses at three levels: of relu1 monotone ones, of relu2 one that comes back to 1."""
    return {
        "layer": np.array(["relu1", "relu1", "relu2", "logits"]),
        "unit": np.array([0, 1, 0, 0]),
        "space": np.array([[0.0, 1, 2], [2, 1, 0], [0, peak, 1], [0, 1, 0]]),
    }


def test_monotonicity_by_depth_leaves_logits_out() -> None:
    # Up by p and down by p - 1: M = 1 / (2 p - 1).
    groups = {"trained": [profile(2), profile(3)], "random": [profile(1), profile(1)]}
    table = tables.monotonicity_by_depth(groups)
    assert list(table) == ["condition", "layer", "depth", "seed", "monotonicity"]
    expected = [
        ("trained", "relu1", 0, 0, 1.0),
        ("trained", "relu2", 1, 0, 1 / 3),
        ("trained", "relu1", 0, 1, 1.0),
        ("trained", "relu2", 1, 1, 1 / 5),
        ("random", "relu1", 0, 0, 1.0),
        ("random", "relu2", 1, 0, 1.0),
        ("random", "relu1", 0, 1, 1.0),
        ("random", "relu2", 1, 1, 1.0),
    ]
    assert rows(table) == expected
    means = tables.depth_summary(table)
    assert list(means) == ["condition", "layer", "depth", "monotonicity", "low", "high"]
    assert rows(means[["condition", "layer", "depth"]]) == [row[:3] for row in expected[:2]] + [
        row[:3] for row in expected[4:6]
    ]
    assert means["monotonicity"].tolist() == pytest.approx([1, 4 / 15, 1, 1])
    assert means["low"].tolist() == pytest.approx([1, 0, 1, 1])
    assert means["high"].tolist() == pytest.approx([1, 1, 1, 1])


def test_the_last_layer_has_a_number_a_seed_in_the_order_of_seeds() -> None:
    table = tables.monotonicity_by_depth({"trained": [profile(2), profile(3)]})
    assert tables.last_layer(table.iloc[::-1]) == {"trained": [1 / 3, 1 / 5]}
