"""Shares of maps: by hand, for a network that sees one pixel, and for maps that say nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.attribution.registry import IMAGE_MAPS
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, SquareNoise
from intensity.evaluation.localization import (
    PARTS,
    Part,
    object_auc,
    part_of,
    pointing_game,
    relevance_mass,
    relevance_rank,
    scene_regions,
)
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

SCENES = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(21,)), "test", 0, 5)


@given(st.floats(0.1, 100))
def test_the_scale_of_a_map_does_not_matter(scale: float) -> None:
    maps = np.random.default_rng(0).normal(size=(3, 4, 4))
    where = maps > 0
    for part in PARTS:
        scaled, own = (relevance_mass(one, where, part) for one in (scale * maps, maps))
        np.testing.assert_allclose(scaled, own)


def test_maps_and_pixels_have_one_shape() -> None:
    with pytest.raises(InvalidInput, match=r"where: shape \(1, 2, 3\)"):
        relevance_mass(np.zeros((1, 2, 2)), np.zeros((1, 2, 3), bool), "absolute")


MAPS = np.array([[[4.0, -6.0], [1.0, 0.0]]])
HERE = np.array([[[True, True], [False, False]]])


@pytest.mark.parametrize(
    ("part", "mass", "rank", "hit"),
    [("signed", -2 / 11, 0.5, 1.0), ("positive", 4 / 5, 0.5, 1.0), ("absolute", 10 / 11, 1.0, 1.0)],
)
def test_scores_by_hand(part: Part, mass: float, rank: float, hit: float) -> None:
    np.testing.assert_allclose(relevance_mass(MAPS, HERE, part), [mass])
    np.testing.assert_allclose(relevance_rank(MAPS, HERE, part), [rank])
    np.testing.assert_allclose(pointing_game(MAPS, HERE, part), [hit])


def test_a_map_that_says_nothing_scores_what_chance_does() -> None:
    where = np.zeros((1, 2, 4), bool)
    where[0, 0, :2] = True
    for score in (relevance_mass, relevance_rank, pointing_game):
        np.testing.assert_allclose(score(np.zeros((1, 2, 4)), where, "signed"), [0.25])


def test_equal_values_share_the_last_places() -> None:
    maps = np.array([[[5.0, 2.0], [2.0, 2.0]]])
    np.testing.assert_allclose(relevance_rank(maps, HERE, "signed"), [(1 + 1 / 3) / 2])
    assert np.isnan(relevance_rank(maps, np.zeros((1, 2, 2), bool), "signed")).all()


def test_other_parts_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^part: 'negative' is not allowed"):
        part_of(MAPS, "negative")  # type: ignore[arg-type]


def test_regions_divide_the_image() -> None:
    for setting in ("discs", "pairs"):
        scenes = draw_scenes(TASKS["distractor"], find_setting(setting), "test", 0, 20)
        regions = scene_regions(scenes)
        seen, visible = masks(scenes), regions.pop("object")
        np.testing.assert_array_equal(np.sum(list(regions.values()), axis=0), 1)
        np.testing.assert_array_equal(visible, seen.object)
        np.testing.assert_array_equal(regions["core"] | regions["edge"], visible)
        noise = regions["noise_on_object"] | regions["noise_elsewhere"]
        np.testing.assert_array_equal(noise, seen.noise)
        whole = regions["noise_on_object"] | seen.object
        np.testing.assert_array_equal(whole.sum(axis=(1, 2)), scenes.area)
        assert regions["distractor"].any() == (setting == "pairs")


def test_auc_by_hand() -> None:
    options = find_setting("pairs").model_copy(update={"noise": None})
    scenes = draw_scenes(TASKS["distractor"], options, "test", 0, 2)
    seen = masks(scenes)
    better = np.where(seen.object, 2.0, 1.0)
    np.testing.assert_array_equal(object_auc(better, scenes, "signed"), 1)
    np.testing.assert_array_equal(object_auc(-better, scenes, "signed"), 0)
    np.testing.assert_array_equal(object_auc(0 * better, scenes, "signed"), 0.5)
    half = np.where(seen.object & (np.cumsum(seen.object, axis=1) % 2 == 0), 2.0, 1.0)
    upper = (half * seen.object > 1).sum(axis=(1, 2)) / seen.object.sum(axis=(1, 2))
    np.testing.assert_allclose(object_auc(half, scenes, "absolute"), 0.5 + upper / 2)


@pytest.mark.parametrize("name", IMAGE_MAPS)
def test_maps_without_a_network_do_not_separate_the_object_from_the_distractor(name: str) -> None:
    scenes = draw_scenes(TASKS["distractor"], find_setting("pairs"), "test", 0, 1000)
    auc = object_auc(IMAGE_MAPS[name].function(render(scenes)), scenes, "absolute")
    error = np.nanstd(auc) / np.sqrt(len(scenes))
    assert abs(np.nanmean(auc) - 0.5) < 4 * error + 0.01


def test_a_wholly_covered_object_has_no_auc() -> None:
    options = SceneOptions(
        size=32, areas=(21,), distractor="square", noise=SquareNoise(count=(1, 1), sides=(32, 32))
    )
    scenes = draw_scenes(TASKS["distractor"], options, "test", 0, 2)
    assert np.isnan(object_auc(np.zeros((2, 32, 32)), scenes, "signed")).all()
