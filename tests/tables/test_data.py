"""Tables of scenes and pixels against few scenes whose rows are known."""

import numpy as np
import pytest

from fakes import rows
from intensity import tables
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.training.presets import TASKS, find_setting

HARD, EASY = TASKS["hard"], TASKS["easy"]


def test_class_balance_compares_shares_with_the_task() -> None:
    hard = draw_scenes(HARD, find_setting("discs"), "train", 0, 4)
    easy = draw_scenes(EASY, find_setting("discs"), "train", 0, 2)
    table = tables.class_balance_table(
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


def test_baselines_have_wilsons_interval_and_the_chance_of_their_condition() -> None:
    correct = {"hard": {"mean": 1, "edges": 4}, "shape": {"mean": 2}}
    table = tables.baseline_table(correct, 4, {"hard": 0.4, "shape": 0.3})
    assert rows(table[["baseline", "condition", "accuracy", "chance"]]) == [
        ("mean", "hard", 0.25, 0.4),
        ("edges", "hard", 1.0, 0.4),
        ("mean", "shape", 0.5, 0.3),
    ]
    # Wilson (1927) for 1, 4 and 2 of 4.
    assert table["low"].tolist() == pytest.approx([0.0456, 0.5101, 0.1500], abs=1e-4)
    assert table["high"].tolist() == pytest.approx([0.6994, 1, 0.8500], abs=1e-4)


def test_permutations_keep_histograms_and_destroy_neighborhoods() -> None:
    plain = draw_scenes(HARD, find_setting("discs"), "test", 0, 20)
    permuted = draw_scenes(
        HARD, find_setting({"setting": "discs", "permutation": "fresh"}), "test", 0, 20
    )
    table = tables.permutation_table({"plain": plain, "fresh": permuted}).set_index("image")
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
    table = tables.permutation_table(variants)
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


def test_band_tables_list_all_bands() -> None:
    table = tables.band_table([EASY, TASKS["three_bands"]])
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
