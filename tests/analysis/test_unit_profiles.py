"""Profiles: units whose response is known, and first layers, which are convex."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intensity.analysis.tuning import unit_table
from intensity.analysis.unit_profiles import (
    binned_means,
    object_weights,
    response_profiles,
    response_scatter,
)
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.models.build import build
from intensity.training.presets import NETWORKS, TASKS
from intensity.values import InvalidInput

SIZE, AREA = 16, 21
LEVELS = np.arange(5, 255, 10)


def scenes_of(count: int) -> Scenes:
    noise = SquareNoise(count=(6, 6), sides=(1, 3))
    options = SceneOptions(size=SIZE, areas=(AREA,), noise=noise)
    return draw_scenes(TASKS["hard"], options, "test", 0, count)


def one_layer(kernel: int, channels: int, stride: int = 1) -> keras.Model:
    """conv1, relu1, logits."""
    images = keras.Input((SIZE, SIZE, 1))
    x = keras.layers.Conv2D(channels, kernel, strides=stride, padding="same", name="conv1")(images)
    x = keras.layers.ReLU(name="relu1")(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(images, keras.layers.Dense(2, name="logits")(x))


@pytest.fixture(scope="module")
def thresholds() -> keras.Model:
    """Unit 0 is x - 100 and unit 1 is 200 - x where positive, pixel by pixel."""
    model = one_layer(1, 2)
    model.get_layer("conv1").set_weights([np.array([[[[1.0, -1.0]]]]), np.array([-100.0, 200.0])])
    model.get_layer("logits").set_weights([np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2)])
    return model


def expected(levels: np.ndarray) -> np.ndarray:
    """(2, k) activation of the two units where a pixel has a level."""
    return np.stack([levels - 100.0, 200.0 - levels]).clip(0)


def test_profiles_of_known_units(thresholds: keras.Model) -> None:
    profiles = response_profiles(thresholds, scenes_of(70), LEVELS)
    assert profiles["layer"].tolist() == ["relu1", "relu1", "logits", "logits"]
    assert profiles["unit"].tolist() == [0, 1, 0, 1]
    np.testing.assert_array_equal(profiles["levels"], LEVELS)
    inside, share = expected(LEVELS), AREA / SIZE**2
    space = share * inside + (1 - share) * expected(np.array([0]))
    np.testing.assert_allclose(profiles["object"][:2], inside, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(profiles["space"][:2], space, rtol=1e-5, atol=1e-4)
    # logits have no space: the same in both, here the mean over space of the layer below
    np.testing.assert_allclose(profiles["space"][2:], space, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(profiles["space"][2:], profiles["object"][2:])


def test_profiles_can_be_stored_without_pickles(thresholds: keras.Model) -> None:
    profiles = response_profiles(thresholds, scenes_of(1), LEVELS, ["conv1"])
    assert profiles["object"].shape == (2, len(LEVELS))
    assert not any(array.dtype.hasobject for array in profiles.values())


def test_scatter_follows_each_scene(thresholds: keras.Model) -> None:
    scenes = scenes_of(70)
    scatter = response_scatter(thresholds, scenes)
    np.testing.assert_array_equal(scatter["intensity"], scenes.intensity)
    # only visible pixels of the object count, and they all have its intensity
    inside = expected(scenes.intensity.astype(float))
    np.testing.assert_allclose(scatter["object"][:2], inside, rtol=1e-5, atol=1e-4)
    images = render(scenes).reshape(70, -1).astype(float)
    space = np.stack([expected(image).mean(axis=1) for image in images], axis=1)
    np.testing.assert_allclose(scatter["space"][:2], space, rtol=1e-5)


def test_binned_means_by_hand() -> None:
    scatter = {
        "intensity": np.array([0, 4, 5, 250], np.uint8),
        "layer": np.array(["relu1"]),
        "unit": np.array([0]),
        "space": np.array([[1.0, 3.0, 5.0, 7.0]]),
        "object": np.array([[2.0, 2.0, 4.0, 6.0]]),
    }
    means = binned_means(scatter)
    assert means["levels"].tolist() == [2, 7, 252]
    assert means["count"].tolist() == [2, 1, 1]
    assert means["space"].tolist() == [[2, 5, 7]]
    assert means["object"].tolist() == [[2, 4, 6]]


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10**6), stride=st.integers(1, 2))
def test_first_layers_are_convex_in_intensity(seed: int, stride: int) -> None:
    """All else fixed, a first-layer unit is affine in I before its ReLU, whatever the weights."""
    model, random = one_layer(3, 6, stride), np.random.default_rng(seed)
    weights = random.normal(size=(3, 3, 1, 6)), random.normal(scale=100, size=6)
    model.get_layer("conv1").set_weights(weights)
    profiles = response_profiles(model, scenes_of(2), LEVELS, ["relu1"])
    for name in ("space", "object"):
        bend = np.diff(profiles[name], n=2, axis=1)
        assert (bend >= -1e-4 * (1 + np.abs(profiles[name]).max())).all()


@settings(deadline=None, max_examples=4)
@given(seed=st.integers(0, 10**6))
def test_first_layers_turn_at_most_once(seed: int) -> None:
    """What is convex cannot come back twice; here with batch norm, all of it at random."""
    model, random = build(NETWORKS["bn_compact"], SIZE, 3, 0), np.random.default_rng(seed)
    for name in ("conv1", "norm1"):
        layer = model.get_layer(name)
        layer.set_weights([random.normal(size=w.shape) for w in layer.weights])
    norm = model.get_layer("norm1")
    norm.moving_variance.assign(random.exponential(size=norm.moving_variance.shape))
    profiles = response_profiles(model, scenes_of(2), LEVELS, ["relu1"])
    for over in ("space", "object"):
        units = unit_table(profiles, over)
        assert units.loc[~units["silent"], "turning_points"].max() <= 1


def test_object_weights_by_hand() -> None:
    visible = np.zeros((1, 4, 4), bool)
    visible[0, 0, :3] = True
    assert object_weights(visible, 2, 2) == pytest.approx(np.array([[[2 / 3, 1 / 3], [0, 0]]]))
    assert object_weights(visible, 4, 4) == pytest.approx(visible / 3)
    # three cells of 4/3 pixels: they hold 4/3, 4/3 and 1/3 of the three pixels
    assert object_weights(visible, 1, 3) == pytest.approx(np.array([[[4, 4, 1]]]) / 9)


@given(st.integers(1, 9), st.integers(1, 9))
def test_object_weights_sum_to_one(height: int, width: int) -> None:
    weights = object_weights(masks(scenes_of(3)).object, height, width)
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, rtol=1e-5)
    assert weights.min() >= 0


def test_wrong_input_is_refused_by_name(thresholds: keras.Model) -> None:
    scenes = scenes_of(2)
    with pytest.raises(InvalidInput, match=r"^levels: "):
        response_profiles(thresholds, scenes, np.array([5, 4]))
    with pytest.raises(InvalidInput, match=r"^layers: \['relu9'\]"):
        response_profiles(thresholds, scenes, LEVELS, ["relu9"])
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        response_scatter(thresholds, scenes[:0])
    with pytest.raises(InvalidInput, match=r"^scenes: an object that is wholly covered"):
        response_profiles(thresholds, scenes.replace(area=0), LEVELS)
