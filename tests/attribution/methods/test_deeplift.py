"""DeepLIFT: closed forms, completeness, and where it equals other methods."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainable import HEIGHT, WIDTH, deep, images_of, linear, rectified
from intensity.attribution.base import Output, scores
from intensity.attribution.explained import explained
from intensity.attribution.methods.deeplift import (
    BENT,
    EXACT,
    SMOOTH,
    compiled_contributions,
    deeplift,
)
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.models.build import build
from intensity.models.inference import logits
from intensity.training.presets import NETWORKS
from intensity.values import InvalidInput

FUNCTIONS: dict[str, Any] = {
    "ELU": keras.layers.ELU(0.5),
    "LeakyReLU": keras.layers.LeakyReLU(0.2),
    "ReLU": keras.layers.ReLU(2.0, 0.1),
}
"""Activations that are layers; those that are functions go by their names."""


def assert_complete(
    model: keras.Model,
    images: np.ndarray,
    baseline: np.ndarray,
    classes: int,
    output: Output = "logit",
) -> None:
    """Every map sums to the difference of the score, to what rounding allows."""
    maps = deeplift(model, images, baseline=baseline, classes=classes, output=output)
    values = [logits(model, pixels, 64).astype(np.float64) for pixels in (images, baseline)]
    ends = [scores(value, np.asarray(classes), output) for value in values]
    misses = np.abs(maps.sum(axis=(1, 2), dtype=np.float64) - (ends[0] - ends[1]))
    assert (np.abs(ends[0] - ends[1]) > 0).any(), "nothing to share out"
    assert (misses <= 1e-5 * np.abs(maps).sum(axis=(1, 2)) + 1e-6 * np.abs(ends[0])).all()


def of_row(width: int, *stages: Callable[[Any], Any]) -> keras.Model:
    """A model of images of one row; class 0 is its first output."""
    images = x = keras.Input((1, width, 1))
    for stage in stages:
        x = stage(x)
    return keras.Model(images, twice(keras.layers.Flatten()(x)))


def twice(x: Any) -> Any:
    """Every output and its opposite, so that one is a class and not two."""
    return keras.layers.Concatenate()([x, keras.layers.Rescaling(-1.0)(x)])


def difference_of_neighbors(**options: Any) -> keras.layers.Layer:
    """Left less right pixel."""
    kernel = keras.initializers.Constant([[[[1.0]], [[-1.0]]]])
    return keras.layers.Conv2D(1, (1, 2), kernel_initializer=kernel, **options)


def test_of_a_linear_model() -> None:
    model, weights = linear()
    images = images_of(3)
    maps = deeplift(model, images, baseline=40.0, classes=1)
    np.testing.assert_allclose(maps, weights[1] * (images - 40.0), rtol=1e-4, atol=1e-6)


def test_of_one_rectifier() -> None:
    """max(a - b - 10, 0) of two pixels: both share the rise from 0 by their difference."""
    bias = keras.initializers.Constant(-10)
    model = of_row(2, difference_of_neighbors(bias_initializer=bias, activation="relu"))
    shown = np.array([[[50.0, 20.0]], [[5.0, 20.0]]])
    maps = deeplift(model, shown, baseline="black", classes=0)
    # x goes from -10 to 20, y from 0 to 20: a third of the way up counts nothing.
    np.testing.assert_allclose(maps[0], [[50 * 20 / 30, -20 * 20 / 30]], rtol=1e-5)
    np.testing.assert_array_equal(maps[1], 0)


@pytest.mark.parametrize(
    ("function", "slope_above", "slope_below"),
    [("relu", 1, 0), (keras.layers.LeakyReLU(0.2), 1, 0.2), (keras.layers.MaxPooling2D(1), 1, 1)],
)
def test_the_slope_hands_on_what_cancels(
    function: Any, slope_above: float, slope_below: float
) -> None:
    """Both pixels rise by 30, so a - b stays as it is."""
    unit = keras.layers.Activation(function) if function == "relu" else function
    model = of_row(2, difference_of_neighbors(), unit)
    shown = np.array([[[50.0, 40.0]], [[40.0, 50.0]]])
    maps = deeplift(model, shown, baseline=shown - 30, classes=0)
    expected = [[[30 * slope, -30 * slope]] for slope in (slope_above, slope_below)]
    np.testing.assert_allclose(maps, expected, rtol=1e-5)


@pytest.mark.parametrize("function", SMOOTH)
def test_close_numbers_are_told_apart_better_than_float32_does(function: str) -> None:
    """Left pixel less right pixel, both far from their baselines, the difference is not."""
    unit = keras.layers.Activation(FUNCTIONS.get(function, function))
    model = of_row(2, difference_of_neighbors(), unit)
    exact = {
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softplus": lambda x: np.log1p(np.exp(x)),
        "tanh": np.tanh,
    }[function]
    rises = 2.0 ** -np.arange(1, 13)  # all numbers are float32
    shown = np.stack([np.full_like(rises, 4.75), 4.0 - rises], axis=-1)[:, None]
    start = np.tile([1.75, 1.0], (len(rises), 1, 1))
    maps = deeplift(model, shown, baseline=start, classes=0)
    quotient = (exact(0.75 + rises) - exact(0.75)) / rises
    np.testing.assert_allclose(maps[:, 0, 0], 3 * quotient, rtol=5e-5)


def test_a_largest_value_credits_where_it_is_and_debits_where_it_was() -> None:
    model = of_row(2, keras.layers.MaxPooling2D((1, 2)))
    shown = np.array([[[9.0, 3.0]], [[2.0, 5.0]], [[9.0, 3.0]]])
    start = np.array([[[4.0, 7.0]], [[4.0, 7.0]], [[2.0, 1.0]]])
    maps = deeplift(model, shown, baseline=start, classes=0)
    np.testing.assert_allclose(maps, [[[2, 0]], [[0, -2]], [[7, 0]]], rtol=1e-6)


def test_an_unchanged_largest_value_hands_on_what_cancels() -> None:
    """Largest of a - b, which stays 5, and b - c, which falls from 9 to 3."""
    model = of_row(3, difference_of_neighbors(), keras.layers.MaxPooling2D((1, 2)))
    shown, start = np.array([[[55.0, 50, 47]]]), np.array([[[25.0, 20, 11]]])
    maps = deeplift(model, shown, baseline=start, classes=0)
    # a - b: slope 1; b - c: (5 - 9) / (3 - 9)
    np.testing.assert_allclose(maps, [[[30, -30 + 30 * 2 / 3, -36 * 2 / 3]]], rtol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("sides", [(2, 2), (3, 1), (3, 2)])
def test_overlapping_windows_lose_nothing(sides: tuple[int, int], padding: str) -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    pool = keras.layers.MaxPooling2D(sides[0], sides[1], padding)
    x = keras.layers.GlobalAveragePooling2D()(pool(images))
    assert_complete(keras.Model(images, twice(x)), images_of(6), images_of(6, 2), 0)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 100), st.integers(0, 2), st.sampled_from(["logit", "probability"]))
def test_complete_through_rectifiers_and_pooling(seed: int, which: int, output: Output) -> None:
    images, baseline = images_of(4, 2 * seed), images_of(4, 2 * seed + 1)
    assert_complete(rectified(seed), images, baseline, which, output)


@pytest.mark.parametrize("network", ["large", "bn_compact", "bn_tiny"])
def test_complete_for_networks_of_this_work(network: str) -> None:
    model = build(NETWORKS[network], 32, 3, seed=0)
    rng = np.random.default_rng(0)
    images, baseline = rng.integers(0, 256, (2, 3, 32, 32), np.uint8)
    assert_complete(model, images, baseline, 1)


@pytest.mark.parametrize("function", [*EXACT, *BENT, *SMOOTH])
def test_complete_for_every_known_function(function: str) -> None:
    keras.utils.set_random_seed(1)
    images = x = keras.Input((HEIGHT, WIDTH, 1))
    for layer in (
        keras.layers.Rescaling(1 / 64, -2),
        keras.layers.Conv2D(4, 3, strides=2, activation=FUNCTIONS.get(function, function)),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(4, 3, padding="same"),
        keras.layers.Activation(FUNCTIONS.get(function, function)),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2),
    ):
        x = layer(x)
    assert_complete(keras.Model(images, x), images_of(4), images_of(4, 2), 1)


@pytest.mark.parametrize("function", [*EXACT, *BENT, *SMOOTH])
def test_equals_integrated_gradients_of_one_hidden_layer(function: str) -> None:
    """On a straight line a unit's mean slope is its quotient."""
    keras.utils.set_random_seed(1)
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.Rescaling(1 / 64, -2)(images)
    x = keras.layers.Conv2D(5, 3, activation=FUNCTIONS.get(function, function))(x)
    model = keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    shown, start = images_of(2), images_of(2, 2)
    maps = deeplift(model, shown, baseline=start, classes=2)
    expected = integrated_gradients(model, shown, baseline=start, classes=2, steps=800).maps
    np.testing.assert_allclose(maps, expected, atol=1e-3 * np.abs(maps).max())


@pytest.mark.parametrize("bias", [0, 20])
def test_probability_of_two_classes_is_a_unit_of_their_difference(bias: float) -> None:
    """It is the sigmoid of z1 - z0, with a quotient of its own, also where it is nearly 1."""
    model, weights = linear()
    model.set_weights([model.get_weights()[0], np.array([0, bias, 0])])
    two = keras.Model(model.inputs, model.outputs[0][:, :2])
    shown, start = images_of(3), images_of(3, 2)
    maps = deeplift(two, shown, baseline=start, classes=1, output="probability")
    slope = weights[1].astype(float) - weights[0]
    ends = [(slope * pixels).sum(axis=(1, 2)) for pixels in (shown, start)]
    lost = [1 / (1 + np.exp(bias + end)) for end in ends]
    quotient = -np.subtract(*lost) / np.subtract(*ends)
    expected = slope * (shown.astype(float) - start) * quotient[:, None, None]
    np.testing.assert_allclose(maps, expected, atol=1e-3 * np.abs(expected).max(axis=(1, 2)).min())


def test_without_any_difference_there_is_no_contribution() -> None:
    images = images_of(2)
    np.testing.assert_array_equal(deeplift(rectified(), images, baseline=images, classes=0), 0)


def test_a_near_baseline_gives_the_gradient() -> None:
    model, images = deep(), images_of(2).astype(np.float32)
    maps = deeplift(model, images, baseline=images - 0.5, classes=0)
    slope = gradient(model, images - 0.25, classes=0)
    np.testing.assert_allclose(maps / 0.5, slope, atol=1e-3 * np.abs(slope).max())


def test_batches_and_named_baselines() -> None:
    model, images = rectified(), images_of(5)
    means = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    by_name = deeplift(model, images, baseline="mean", batch=2)
    np.testing.assert_allclose(by_name, deeplift(model, images, baseline=means), atol=1e-5)
    with pytest.raises(InvalidInput, match="baseline: 'white' is not allowed"):
        deeplift(model, images, baseline="white")  # type: ignore[arg-type]


def test_the_model_keeps_its_own_gradient_and_weights() -> None:
    model, images = rectified(), images_of(3)
    before = gradient(model, images)
    maps = deeplift(model, images, baseline="black")
    np.testing.assert_array_equal(gradient(model, images), before)
    model.set_weights([2 * w for w in model.get_weights()])
    assert (deeplift(model, images, baseline="black") != maps).any()
    assert (
        compiled_contributions(
            explained(model, ()).network, "logit"
        ).experimental_get_tracing_count()
        == 1
    )


@pytest.mark.parametrize(
    "stage",
    [
        keras.layers.Activation("silu"),
        keras.layers.Activation("gelu"),
        keras.layers.LayerNormalization(),
        keras.layers.ReLU(threshold=1.0),
        keras.layers.GlobalMaxPooling2D(keepdims=True),
        keras.ops.square,
        lambda x: x * x,
        lambda x: 900 / (x + 300),
    ],
)
def test_models_without_a_rule_are_refused(stage: Callable[[Any], Any]) -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    model = keras.Model(images, keras.layers.Flatten()(stage(images)))
    with pytest.raises(InvalidInput, match=r"^model: .* is not allowed: linear operations"):
        deeplift(model, images_of(1), baseline="black")


def test_linear_layers_need_no_rule() -> None:
    """Of every model that is linear the map is the gradient times the difference."""
    keras.utils.set_random_seed(0)
    images = x = keras.Input((HEIGHT, WIDTH, 1))
    for stage in (
        keras.layers.ZeroPadding2D(1),
        keras.layers.Conv2D(3, 2, dilation_rate=2),
        keras.layers.DepthwiseConv2D(2),
        keras.layers.AveragePooling2D(2),
        keras.layers.UpSampling2D(2),
        keras.layers.Conv2DTranspose(2, 2),
        keras.layers.Permute((2, 1, 3)),
        lambda x: keras.layers.Concatenate()([x / 2, 1 - x]),
        keras.layers.Cropping2D(1),
        keras.layers.Flatten(),
        keras.layers.Dense(2),
    ):
        x = stage(x)
    model, shown = keras.Model(images, x), images_of(2)
    maps = deeplift(model, shown, baseline=40.0, classes=0)
    expected = gradient(model, shown, classes=0) * (shown - 40.0)
    np.testing.assert_allclose(maps, expected, rtol=1e-5)


@pytest.mark.parametrize("function", ["ELU", "LeakyReLU", "elu", "leaky_relu", "selu"])
def test_a_bend_keeps_close_numbers_exact_on_each_side(function: str) -> None:
    """Far below 0 differences of outputs drown; across 0 the mean of both gradients is wrong."""
    unit = keras.layers.Activation(FUNCTIONS.get(function, function))
    model = of_row(2, difference_of_neighbors(), unit)
    rises = 2.0 ** -np.arange(7, 16)
    for left in (-6.0, -0.0029296875):  # the second is crossed by the larger rises only
        starts = np.stack([np.full_like(rises, left), 0 * rises], axis=-1)[:, None]
        shown = starts + rises[:, None, None] * [1, 0]
        maps = deeplift(model, shown, baseline=starts, classes=0)
        ends = [exact_bent(function, left + rises), exact_bent(function, np.full_like(rises, left))]
        np.testing.assert_allclose(maps[:, 0, 0], np.subtract(*ends), rtol=1e-3)


def exact_bent(function: str, x: np.ndarray) -> np.ndarray:
    """A function with a bend at 0, in float64."""
    scale, low = {
        "ELU": (1, 0.5 * np.expm1(x)),
        "elu": (1, np.expm1(x)),
        "selu": (1.0507009873554805, 1.6732632423543772 * np.expm1(x)),
    }.get(function, (1, 0.2 * x))
    return scale * np.where(x > 0, x, low)


class Swished(keras.layers.Conv2D):
    """A convolution that is not linear."""

    def call(self, inputs: Any) -> Any:
        """Swish of it."""
        return keras.ops.silu(super().call(inputs))


class Sum(keras.layers.Layer):
    """A layer of one's own by the name of a linear operation."""

    def call(self, inputs: Any) -> Any:
        """Its square."""
        return inputs**2


class ReLU(Sum):
    """By the name of an activation."""


class MaxPooling2D(Sum):
    """By the name of what has a rule."""


def relu(x: Any) -> Any:
    """A function by the name of an activation."""
    return keras.ops.softmax(x, axis=1)


@pytest.mark.parametrize(
    "stage",
    [Swished(2, 3), Sum(), ReLU(), MaxPooling2D(), keras.layers.Activation(relu)],
)
def test_names_alone_are_not_believed(stage: Any) -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(stage(images))))
    with pytest.raises(InvalidInput, match=f"^model: {stage.name} is not allowed: linear opera"):
        deeplift(model, images_of(1), baseline="black")


class Named(keras.layers.Conv2D):
    """A convolution that leaves what it computes to Keras."""

    def __init__(self, **options: Any) -> None:
        super().__init__(2, 3, activation="relu", **options)

    def get_config(self) -> dict[str, Any]:
        """No more than Keras says."""
        return super().get_config()


def test_a_layer_of_ones_own_that_computes_as_keras_does_is_taken() -> None:
    keras.utils.set_random_seed(0)
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.GlobalAveragePooling2D()(Named()(images))
    model = keras.Model(images, keras.layers.Dense(2)(x))
    assert_complete(model, images_of(3), images_of(3, 2), 0)
