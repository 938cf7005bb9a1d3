"""Maps for pictures: the same as methods give for scenes rendered one by one."""

import numpy as np
import pytest
from scipy.special import softmax

from intensity.analysis.activations import activations, feature_maps
from intensity.analysis.maps import four_panel_maps, swept_maps
from intensity.analysis.response_curves import swept_probabilities
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.occlusion import occlusion
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.models.build import build
from intensity.training.presets import TASKS, find_network, find_setting
from intensity.values import InvalidInput

SMALL = find_setting({"setting": "discs", "size": 32, "areas": (49, 81)})
SCENES = draw_scenes(TASKS["hard"], SMALL, "test", 0, 2)
MODEL = build(find_network("bn_tiny"), 32, 3, seed=0)
LEVELS = np.array([5, 90, 200])


def test_probabilities_are_the_softmax_of_each_rendering() -> None:
    found = swept_probabilities(MODEL, SCENES, LEVELS)["probabilities"]
    assert found.shape == (2, 3, 3)
    np.testing.assert_allclose(found.sum(axis=2), 1, rtol=1e-5)
    images = render(SCENES[1:].replace(intensity=200))
    logits = MODEL.predict_on_batch(images[..., None].astype(np.float32))[0]
    np.testing.assert_allclose(found[1, 2], np.exp(logits) / np.exp(logits).sum(), rtol=1e-4)


def test_large_logits_make_no_missing_values() -> None:
    weights = [1000 * value for value in MODEL.get_layer("logits").get_weights()]
    sharp = build(find_network("bn_tiny"), 32, 3, seed=0)
    sharp.get_layer("logits").set_weights(weights)
    assert np.isfinite(swept_probabilities(sharp, SCENES, LEVELS)["probabilities"]).all()


def test_maps_are_those_of_the_class_predicted_at_the_level() -> None:
    maps = swept_maps(MODEL, SCENES, LEVELS)
    for scene in range(2):
        for k, level in enumerate(LEVELS):
            image = render(SCENES[scene : scene + 1].replace(intensity=int(level)))
            gradients = np.abs(gradient(MODEL, image))[0]
            lost = occlusion(MODEL, image, fill=0, window=8, stride=8, output="margin")[0]
            np.testing.assert_array_equal(maps["images"][scene, k], image[0])
            assert maps["steepest"][scene, k] == pytest.approx(gradients.max(), rel=1e-4)
            shares = maps["saliency"][scene, k] / 255
            np.testing.assert_allclose(shares, gradients / gradients.max(), atol=1 / 255)
            spread = np.kron(maps["occlusion"][scene, k], np.ones((8, 8)))
            np.testing.assert_allclose(spread, lost, atol=1e-5)


def test_a_network_without_gradient_has_empty_maps() -> None:
    flat = build(find_network("bn_tiny"), 32, 3, seed=0)
    kernel, bias = flat.get_layer("logits").get_weights()
    flat.get_layer("logits").set_weights([0 * kernel, bias])
    maps = swept_maps(flat, SCENES, LEVELS)
    assert not maps["saliency"].any()
    assert not maps["steepest"].any()


def test_wrong_levels_are_refused() -> None:
    with pytest.raises(InvalidInput, match="levels"):
        swept_maps(MODEL, SCENES, np.array([5, 5]))


def test_panels_are_what_their_methods_give() -> None:
    maps, images = four_panel_maps(MODEL, SCENES, "relu2"), render(SCENES)
    np.testing.assert_array_equal(maps["saliency"], gradient(MODEL, images))
    lost, gone = (occlusion(MODEL, images, fill=0, output=o) for o in ("margin", "probability"))
    np.testing.assert_array_equal(maps["occlusion"], lost)
    logits = MODEL.predict_on_batch(images[..., None].astype(np.float32))
    whole = softmax(logits, axis=1).max(axis=1)[:, None, None]
    np.testing.assert_allclose(maps["probability"], whole - gone, atol=1e-5)
    np.testing.assert_array_equal(maps["features"], activations(MODEL, images, ["relu2"])["relu2"])
    np.testing.assert_array_equal(maps["predicted"], logits.argmax(axis=1))


def test_feature_maps_are_those_of_layers_with_space_in_order() -> None:
    maps = feature_maps(MODEL, SCENES)
    assert list(maps) == ["relu1", "relu2", "relu3", "relu4"]
    for name, values in maps.items():
        assert values.shape == (2, *MODEL.get_layer(name).output.shape[1:])
