"""The four panels: the same maps as their own functions give."""

import numpy as np

from intensity.analysis.activations import activations, feature_maps, layer_weights
from intensity.analysis.panels import four_panel_maps
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.occlusion import occlusion
from intensity.data.rendering import render
from intensity.data.scenes import draw_scenes
from intensity.models.build import build
from intensity.training.presets import TASKS, find_network, find_setting

SCENES = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 3)
MODEL = build(find_network("bn_tiny"), 64, 3, seed=0)


def test_panels_are_what_their_methods_give() -> None:
    maps, images = four_panel_maps(MODEL, SCENES, "relu2"), render(SCENES)
    np.testing.assert_array_equal(maps["saliency"], gradient(MODEL, images))
    np.testing.assert_array_equal(
        maps["occlusion"], occlusion(MODEL, images, fill=0, output="probability")
    )
    np.testing.assert_array_equal(maps["features"], activations(MODEL, images, ["relu2"])["relu2"])
    logits = MODEL.predict_on_batch(images[..., None].astype(np.float32))
    np.testing.assert_array_equal(maps["predicted"], logits.argmax(axis=1))


def test_feature_maps_are_those_of_layers_with_space_in_order() -> None:
    maps = feature_maps(MODEL, SCENES)
    assert list(maps) == ["relu1", "relu2", "relu3", "relu4"]
    for name, values in maps.items():
        assert values.shape == (3, *MODEL.get_layer(name).output.shape[1:])


def test_weights_are_the_kernel() -> None:
    for layer in ("conv1", "logits"):
        kernel = layer_weights(MODEL, layer)["kernel"]
        np.testing.assert_array_equal(kernel, MODEL.get_layer(layer).get_weights()[0])
