"""Scores and checks of maps, on a small network and where relevance is known."""

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from handmade import reads_the_mean
from intensity.attribution.cases import case_of
from intensity.attribution.registry import IMAGE_MAPS, METHODS, find_method
from intensity.data.rendering import masks
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.evaluation.cases import method_maps, predicted_case, recoloring_levels
from intensity.evaluation.explanations import (
    map_scores,
    object_strength,
    recoloring_effects,
    repaint_truth,
)
from intensity.evaluation.randomization import (
    learned_by_heart,
    map_checks,
    randomized_labels,
    randomized_weights,
)
from intensity.models.build import build
from intensity.storage import code_digest
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput
from networks import TINY

NOISE = SquareNoise(count=(4, 6))
SMALL = SceneOptions(size=20, areas=(21,), noise=NOISE)
SCENES = draw_scenes(TASKS["hard"], SMALL, "test", 0, 6)
PAIRS = draw_scenes(
    TASKS["distractor"],
    SceneOptions(size=24, areas=(21,), distractor="square", noise=NOISE),
    "test",
    0,
    6,
)


@cache
def network() -> keras.Model:
    """A small network with fresh weights, which no test changes."""
    return build(TINY, SMALL.size, TASKS["hard"].classes, 0)


def looks_at(place: np.ndarray) -> keras.Model:
    """A network whose first logit is the mean of some pixels and whose second is 0."""
    images = keras.Input((*place.shape, 1))
    dense = keras.layers.Dense(2)
    model = keras.Model(images, dense(keras.layers.Flatten()(images)))
    weights = np.zeros((place.size, 2), np.float32)
    weights[:, 0] = place.ravel() / place.sum()
    model.set_weights([weights, np.array([1, 0], np.float32)])
    return model


def all_scores(model: keras.Model, scenes: Scenes, name: str) -> dict[str, Any]:
    """Scores of a method with the network's own truth."""
    return map_scores(model, scenes, find_method(name), *repaint_truth(model, scenes).values())


def test_objects_are_recolored_to_another_class() -> None:
    levels = recoloring_levels(SCENES)
    assert (SCENES.label_at(levels) != SCENES.label).all()
    np.testing.assert_array_equal(levels, recoloring_levels(SCENES))


def test_where_the_class_is_the_shape_any_other_level_does() -> None:
    scenes = draw_scenes(TASKS["shape"], find_setting("shapes"), "test", 0, 20)
    assert (recoloring_levels(scenes) != scenes.intensity).all()


def test_a_level_without_alternative_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "intensity.evaluation.cases.drawable",
        lambda scenes, levels: levels == scenes.intensity[:, None],
    )
    with pytest.raises(InvalidInput, match="scenes: an object can have no other level"):
        recoloring_levels(SCENES)


def test_a_network_that_looks_at_one_object_has_its_gradient_there() -> None:
    one = SCENES[:1]
    seen = masks(one).object
    scores = all_scores(looks_at(seen[0]), one, "gradient")
    assert scores["absolute/mass_object"] == pytest.approx(1)
    assert scores["absolute/mass_core"] + scores["absolute/mass_edge"] == pytest.approx(1)
    assert scores["absolute/mass_background"] == 0
    assert scores["absolute/rank"] == scores["absolute/pointing"] == 1
    assert scores["strength"] == pytest.approx(1 / seen.sum())
    alone = object_strength(looks_at(seen[0]), one, find_method("gradient"))
    np.testing.assert_array_equal(alone["strength"], scores["strength"])
    assert scores["absolute/agreement"] > 0.5


def test_a_map_that_says_nothing_agrees_with_nothing() -> None:
    blank = looks_at(np.ones((20, 20)))
    scores = all_scores(blank, SCENES, "gradient")
    np.testing.assert_array_equal(scores["signed/agreement"], 0)


def test_only_scenes_with_a_distractor_have_an_auc() -> None:
    assert "absolute/auc" not in all_scores(network(), SCENES, "sobel")
    place = masks(PAIRS[:1]).object[0]
    scores = all_scores(looks_at(place), PAIRS[:1], "gradient")
    assert scores["absolute/auc"] == 1


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_finite_maps_and_checks(name: str) -> None:
    model, some = network(), SCENES[:2]
    case = predicted_case(model, some)
    maps = METHODS[name](case)
    assert maps.shape == case.images.shape
    assert np.isfinite(maps).all()
    found = map_checks(model, some, METHODS[name])
    assert found["classes"].shape == (2,)
    assert ("polarity" in found) == METHODS[name].depends_on_black
    assert found["blank"].shape == (2, 2)


def test_shuffling_all_kernels_leaves_the_first_model_alone_and_changes_maps() -> None:
    model = network()
    before = model.get_weights()
    rows = METHODS["gradient"], IMAGE_MAPS["sobel"]
    found, edges = (randomized_weights(model, SCENES, row, "cascading") for row in rows)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert next(iter(found)) == "logits"
    assert (list(found.values())[-1] < 0.97).all()
    np.testing.assert_allclose(list(edges.values())[-1], 1)


def test_labels_in_random_order_are_learned_by_heart() -> None:
    model = network()
    train = draw_scenes(TASKS["hard"], SMALL, "validation", 0, 16)
    learned = learned_by_heart(TINY, train, 1)
    assert learned["accuracy"] > 0.8
    found = randomized_labels(model, SCENES, METHODS["gradient"], learned)["labels"]
    assert found.shape == (6,)
    assert (found < 0.9).all()
    own = {f"weight_{i:03}": values for i, values in enumerate(model.get_weights())}
    same = randomized_labels(model, SCENES, METHODS["gradient"], own)["labels"]
    np.testing.assert_allclose(same, 1)


def test_maps_are_those_of_the_predicted_class() -> None:
    model = network()
    expected = METHODS["occlusion"](case_of(model, SCENES, recoloring_levels(SCENES)))
    found = method_maps(model, SCENES, METHODS["occlusion"])["maps"]
    np.testing.assert_array_equal(found, expected)


def test_no_score_is_in_the_code_of_maps() -> None:
    closure = code_digest._closure(method_maps.__module__)
    evaluation = {name for name in closure if name.startswith("intensity.evaluation")}
    assert evaluation == {"intensity.evaluation.cases"}


def test_recoloring_changes_every_answer_of_a_network_that_reads_the_level() -> None:
    scenes = draw_scenes(
        TASKS["hard"], find_setting({"setting": "discs", "noise": None}), "test", 0, 9
    )
    found = recoloring_effects(reads_the_mean(TASKS["hard"]), scenes, 9)
    np.testing.assert_array_equal(found["effect"], 1)


def test_recoloring_changes_no_answer_of_a_network_that_looks_elsewhere() -> None:
    corner = np.zeros((20, 20))
    corner[0, 0] = 1
    np.testing.assert_array_equal(recoloring_effects(looks_at(corner), SCENES, 50)["effect"], 0)
