"""Networks that were not trained: their weights are as drawn, their batch norm as it should be."""

import numpy as np

from intensity.analysis.activations import activations
from intensity.analysis.linear_probes import probes
from intensity.analysis.unit_profiles import response_profiles
from intensity.analysis.untrained import untrained, untrained_probes, untrained_profiles
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, SquareNoise
from intensity.models.architectures import Average, Block, Network
from intensity.models.build import build
from intensity.training.presets import NETWORKS, TASKS

TASK = TASKS["hard"]
NETWORK = Network(name="hand", layers=(Block(channels=6, bias=False), Average()))
OPTIONS = SceneOptions(size=16, areas=(21,), noise=SquareNoise(count=(6, 6), sides=(1, 3)))
SCENES = draw_scenes(TASK, OPTIONS, "test", 0, 60)
FITTING = draw_scenes(TASK, OPTIONS, "validation", 0, 60)


def test_only_the_averages_of_batch_norm_are_not_as_built() -> None:
    model, built = untrained(NETWORK, TASK, OPTIONS, seed=3), build(NETWORK, 16, 3, seed=3)
    for settled, fresh in zip(model.weights, built.weights, strict=True):
        same = np.array_equal(settled, fresh)
        assert same != ("moving" in settled.path), settled.path


def test_every_norm_is_normal_on_training_scenes() -> None:
    model = untrained(NETWORK, TASK, OPTIONS, seed=0)
    norms = [layer.name for layer in model.layers if layer.name.startswith("norm")]
    images = draw_scenes(TASK, OPTIONS, "train", 5000, 500)
    values = activations(model, render(images), norms)
    for name in norms:
        mean, spread = values[name].mean(axis=(0, 1, 2)), values[name].std(axis=(0, 1, 2))
        np.testing.assert_allclose(mean, 0, atol=0.1)
        np.testing.assert_allclose(spread, 1, atol=0.15)


def test_networks_without_batch_norm_stay_as_built() -> None:
    small = NETWORKS["small"]
    model, built = untrained(small, TASK, OPTIONS, seed=1), build(small, 16, 3, seed=1)
    for settled, fresh in zip(model.weights, built.weights, strict=True):
        np.testing.assert_array_equal(settled, fresh)


def test_profiles_and_probes_are_those_of_the_untrained_network() -> None:
    model, levels = untrained(NETWORK, TASK, OPTIONS, seed=2), np.arange(5, 255, 50)
    profiles = untrained_profiles(NETWORK, 2, SCENES[:2], levels)
    for name, values in response_profiles(model, SCENES[:2], levels).items():
        np.testing.assert_array_equal(profiles[name], values)
    found = untrained_probes(NETWORK, 2, FITTING, SCENES)
    for name, values in probes(model, FITTING, SCENES).items():
        np.testing.assert_array_equal(found[name], values)


def test_seeds_differ_and_the_scenes_of_a_measurement_do_not_settle_anything() -> None:
    levels = np.array([50, 200])
    profiles = [untrained_profiles(NETWORK, 0, SCENES[i : i + 1], levels)["space"] for i in (0, 1)]
    both = untrained_profiles(NETWORK, 0, SCENES[:2], levels)["space"]
    np.testing.assert_allclose(both, np.mean(profiles, axis=0), rtol=1e-4, atol=1e-5)
    other = untrained_profiles(NETWORK, 1, SCENES[:2], levels)["space"]
    assert not np.allclose(both, other, rtol=0.1)
