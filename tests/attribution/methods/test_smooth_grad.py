"""SmoothGrad: what it must be on linear models and without noise, and its expectation."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, deep, images_of, linear
from intensity.attribution.base import prepare, summed_gradients
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.smooth_grad import smooth_grad
from intensity.values import InvalidInput


def test_a_linear_model_has_its_weights_whatever_the_noise() -> None:
    model, weights = linear(seed=5)
    images = images_of(4)
    maps = smooth_grad(model, images, samples=7, sigma=100, batch=5)
    np.testing.assert_allclose(maps, gradient(model, images), rtol=1e-5)
    assert maps.dtype == np.float32
    assert weights.shape[1:] == maps.shape[1:]


def test_without_noise_it_is_the_gradient() -> None:
    model, images = deep(), images_of(3)
    maps = smooth_grad(model, images, samples=2, sigma=0)
    np.testing.assert_allclose(maps, gradient(model, images), rtol=1e-4, atol=1e-8)


def test_the_mean_gradient_of_a_square_is_that_at_the_image() -> None:
    grey = keras.Input((HEIGHT, WIDTH, 1))
    squares = keras.layers.Flatten()(keras.ops.square(grey))
    model = keras.Model(
        grey, keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(2))(squares)
    )
    images = images_of(1)
    error = smooth_grad(model, images, samples=400, sigma=10) - 2.0 * images
    assert np.abs(error).max() < 2 * 10 * 5 / np.sqrt(400)
    assert np.abs(error).max() > 0


def test_the_seed_decides_and_other_images_do_not() -> None:
    model, images = deep(), images_of(3)
    first, same, other = (smooth_grad(model, images, samples=3, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    alone = smooth_grad(model, images[1:2], samples=3)
    np.testing.assert_allclose(alone, first[1:2], rtol=1e-4, atol=1e-8)


def test_sums_over_variations_cross_the_borders_of_batches() -> None:
    model, weights = linear()
    target = prepare(model, images_of(3), 2, "logit", 4).with_known_classes()
    pixels = target.pixels.astype(np.float32)
    total = summed_gradients(
        target,
        count=7,
        vary=lambda rows, numbers: pixels[rows],
        weight=lambda rows, numbers: np.broadcast_to(
            numbers[:, None, None, None], pixels[rows].shape
        ),
    )
    np.testing.assert_allclose(total[..., 0], np.tile(21 * weights[2], (3, 1, 1)), rtol=1e-5)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("samples", {"samples": 0}),
        ("sigma", {"sigma": -1}),
        ("sigma", {"sigma": np.nan}),
        ("sigma", {"sigma": np.inf}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        smooth_grad(linear()[0], images_of(1), **options)  # type: ignore[arg-type]


def test_images_of_another_range_need_a_sigma() -> None:
    model, images = deep(), images_of(2)
    of_grey_levels = smooth_grad(model, images, samples=2)
    np.testing.assert_array_equal(smooth_grad(model, images, samples=2, sigma=25), of_grey_levels)
    for shown in (images / 255, images.astype(np.int32) + 256):
        with pytest.raises(InvalidInput, match=r"^sigma: None is not allowed for (float64|int32)"):
            smooth_grad(model, shown)
    assert smooth_grad(model, images / 255, samples=2, sigma=0.1).any()
