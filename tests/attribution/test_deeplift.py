"""DeepLIFT: closed forms, completeness, and where it equals other methods."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainable import HEIGHT, WIDTH, deep, images_of, linear, rectified
from intensity.attribution.deeplift import SLOPES, deeplift
from intensity.attribution.passes import logits
from intensity.values import InvalidInput


def misses(
    model: keras.Model, images: np.ndarray, baseline: np.ndarray, classes: int
) -> np.ndarray:
    """How far maps are from summing to what the logit differs by, relative to that."""
    maps = deeplift(model, images, baseline=baseline, classes=classes)
    ends = [logits(model, pixels, 64)[:, classes] for pixels in (images, baseline)]
    difference = ends[0] - ends[1]
    return np.abs(maps.sum(axis=(1, 2)) - difference) / np.abs(difference)


def test_of_a_linear_model() -> None:
    model, weights = linear()
    images = images_of(3)
    maps = deeplift(model, images, baseline=40.0, classes=1)
    np.testing.assert_allclose(maps, weights[1] * (images - 40.0), rtol=1e-4, atol=1e-6)


def test_of_one_rectifier() -> None:
    """max(a - b - 10, 0) of two pixels: both share the rise from 0 by their difference."""
    images = keras.Input((1, 2, 1))
    dense = keras.layers.Dense(1, activation="relu")
    model = keras.Model(images, dense(keras.layers.Flatten()(images)))
    dense.set_weights([np.array([[1.0], [-1.0]]), np.array([-10.0])])
    shown = np.array([[[50.0, 20.0]], [[5.0, 20.0]]])
    maps = deeplift(model, shown, baseline="black", classes=0)
    # x goes from -10 to 20, y from 0 to 20: a third of the way up counts nothing.
    np.testing.assert_allclose(maps[0], [[50 * 20 / 30, -20 * 20 / 30]], rtol=1e-5)
    np.testing.assert_array_equal(maps[1], 0)


def test_a_largest_value_credits_where_it_is_and_debits_where_it_was() -> None:
    images = keras.Input((1, 2, 1))
    pool = keras.layers.MaxPooling2D((1, 2))
    model = keras.Model(images, keras.layers.Flatten()(pool(images)))
    shown = np.array([[[9.0, 3.0]], [[2.0, 5.0]]])
    maps = deeplift(model, shown, baseline=np.array([[4.0, 7.0]]), classes=0)
    np.testing.assert_allclose(maps, [[[2, 0]], [[0, -2]]], rtol=1e-6)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 100), st.integers(0, 2))
def test_maps_sum_to_the_difference_through_rectifiers_and_pooling(seed: int, which: int) -> None:
    model = rectified(seed)
    images, baseline = images_of(4, 2 * seed), images_of(4, 2 * seed + 1)
    assert np.median(misses(model, images, baseline, which)) < 1e-4


@pytest.mark.parametrize("function", [*SLOPES, "linear"])
def test_maps_sum_to_the_difference_for_every_known_function(function: str) -> None:
    keras.utils.set_random_seed(1)
    images = x = keras.Input((HEIGHT, WIDTH, 1))
    for layer in (
        keras.layers.Rescaling(1 / 64, -2),
        keras.layers.Conv2D(4, 3, strides=2, activation=function.lower()),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(4, 3, padding="same"),
        keras.layers.Activation(function.lower()),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2),
    ):
        x = layer(x)
    model = keras.Model(images, x)
    assert np.median(misses(model, images_of(4), images_of(4, 2), 1)) < 1e-4


def test_without_any_difference_there_is_no_contribution() -> None:
    images = images_of(2)
    np.testing.assert_array_equal(deeplift(rectified(), images, baseline=images, classes=0), 0)


def test_a_near_baseline_gives_the_gradient() -> None:
    """Where nothing crosses a threshold, every quotient is a slope."""
    from intensity.attribution.gradient import gradient

    model, images = deep(), images_of(2).astype(np.float32)
    maps = deeplift(model, images, baseline=images - 0.5, classes=0)
    slope = gradient(model, images - 0.25, classes=0)
    np.testing.assert_allclose(maps / 0.5, slope, rtol=0.05, atol=0.01 * np.abs(slope).max())


def test_batches_and_named_baselines() -> None:
    model, images = rectified(), images_of(5)
    means = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    by_name = deeplift(model, images, baseline="mean", batch=2)
    np.testing.assert_allclose(by_name, deeplift(model, images, baseline=means), atol=1e-5)


def test_the_rule_ends_at_the_logit() -> None:
    with pytest.raises(InvalidInput, match="output: 'probability' is not allowed"):
        deeplift(rectified(), images_of(1), baseline="black", output="probability")
    with pytest.raises(InvalidInput, match="baseline: 'white' is not allowed"):
        deeplift(rectified(), images_of(1), baseline="white")  # type: ignore[arg-type]
