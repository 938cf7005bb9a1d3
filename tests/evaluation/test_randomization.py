"""Sanity checks: what must change changes, what must not does not."""

import keras
import numpy as np
import pytest

from explainable import deep, images_of, linear, rectified
from intensity.attribution.edge_filters import sobel_edges
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.registry import METHODS
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, SquareNoise
from intensity.evaluation.cases import predicted_case, shared_copy
from intensity.evaluation.randomization import (
    map_checks,
    weight_randomization,
)
from intensity.models.build import build
from intensity.statistics.correlation import rank_correlation
from intensity.training.presets import TASKS
from intensity.values import InvalidInput
from networks import TINY

SCENES = draw_scenes(
    TASKS["hard"], SceneOptions(size=20, areas=(21,), noise=SquareNoise(count=(4, 6))), "test", 0, 4
)


def test_shuffled_weights_change_the_gradient_and_not_the_image() -> None:
    model, images = rectified(), images_of(3)
    weights = model.get_weights()
    found = weight_randomization(
        lambda model: gradient(model, images, classes=0), model, "cascading"
    )
    assert list(found) == [layer.name for layer in reversed(model.layers) if layer.weights]
    assert all((agreement < 0.9).all() for agreement in found.values())
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    edges = weight_randomization(lambda _: sobel_edges(images), model, "cascading")
    assert all((agreement > 1 - 1e-9).all() for agreement in edges.values())


def test_one_at_a_time_restores_what_came_before() -> None:
    model, images = rectified(), images_of(2)
    shown: list[list[np.ndarray]] = []

    def watching(seen: keras.Model) -> np.ndarray:
        shown.append([layer.get_weights()[0] for layer in seen.layers if hasattr(layer, "kernel")])
        return gradient(seen, images, classes=0)

    for order, changed in (("independent", [1, 1, 1, 1]), ("cascading", [1, 2, 3, 4])):
        shown.clear()
        weight_randomization(watching, model, order)  # type: ignore[arg-type]
        first, *later = shown
        differ = [sum((a != b).any() for a, b in zip(first, k, strict=True)) for k in later]
        assert differ == changed
        for kernels in later:
            for a, b in zip(first, kernels, strict=True):
                np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))


def test_models_of_one_architecture_share_a_copy_and_keep_their_weights() -> None:
    first, second = (build(TINY, 24, 3, seed) for seed in (0, 1))
    before = [model.get_weights() for model in (first, second)]
    copy = shared_copy(first)
    assert shared_copy(second) is copy is not shared_copy(deep())
    images = np.random.default_rng(0).integers(0, 256, (2, 24, 24), np.uint8)
    for model in (first, second):
        np.testing.assert_array_equal(gradient(shared_copy(model), images), gradient(model, images))
    np.testing.assert_array_equal(
        gradient(shared_copy(first, second.get_weights()), images), gradient(second, images)
    )
    for model, weights in zip((first, second), before, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


def test_other_orders_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^order: 'random' is not allowed"):
        weight_randomization(lambda _: images_of(1), linear()[0], "random")  # type: ignore[arg-type]


def test_only_methods_from_black_depend_on_the_polarity() -> None:
    model = build(TINY, 20, 3, seed=0)
    for name in ("integrated_gradients_recolor", "occlusion_generator", "integrated_gradients"):
        case, method = predicted_case(model, SCENES[:2]), METHODS[name]
        assert (rank_correlation(method(case), method(case.negative())) > 0.99).all()
        assert "polarity" not in map_checks(model, SCENES[:2], method)
    assert (map_checks(model, SCENES[:2], METHODS["gradient_x_input"])["polarity"] < 0.9).all()


def test_agreement_of_classes() -> None:
    images = keras.Input((20, 20, 1))
    logits = keras.layers.Dense(3)
    model = keras.Model(images, logits(keras.layers.Flatten()(images)))
    weights = np.random.default_rng(0).normal(size=(400, 1))
    for first, blank in ((0, [True, False]), (1, [False, False])):
        logits.set_weights([weights * [first, -3, 2], np.array([5e6, 4e6, 0])])
        found = map_checks(model, SCENES, METHODS["gradient"])
        assert found["blank"].tolist() == [blank] * 4
        expected = np.nan if first == 0 else -1
        np.testing.assert_allclose(found["classes"], expected)


def test_a_case_has_the_weights_of_its_model_whatever_was_explained_before() -> None:
    models = [build(TINY, 20, 3, seed) for seed in (0, 1, 0)]
    maps = [METHODS["gradient"](predicted_case(model, SCENES)) for model in models]
    np.testing.assert_array_equal(maps[0], maps[2])
    assert np.abs(maps[0] - maps[1]).max() > 0
