"""Gradients: closed forms, the exact identity with recoloring, and one trace a model."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, deep, images_of, linear, steps_up_or_down
from intensity.attribution.base import compiled_gradients
from intensity.attribution.explained import explained
from intensity.attribution.methods.gradient import gradient, gradient_x_input
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, SquareNoise
from intensity.training.presets import TASKS
from intensity.values import InvalidInput


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("channel", [False, True])
def test_gradient_of_a_linear_model_is_its_weights(dtype: type, channel: bool) -> None:
    model, weights = linear()
    images = images_of(3).astype(dtype)
    maps = gradient(model, images[..., None] if channel else images, classes=[2, 0, 2])
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, weights[[2, 0, 2]])


def test_times_the_input_a_linear_model_is_taken_apart() -> None:
    model, weights = linear()
    images = images_of(3)
    maps = gradient_x_input(model, images, classes=1)
    np.testing.assert_allclose(maps, weights[1] * images, rtol=1e-6)
    assert maps.dtype == np.float32


def test_one_image_and_one_class() -> None:
    model, weights = linear()
    np.testing.assert_array_equal(gradient(model, images_of(1)[0], classes=1), weights[[1]])


def test_the_predicted_class_is_explained_unless_another_is_given() -> None:
    model, weights = linear(seed=5)
    images = images_of(20)
    predicted = model.predict_on_batch(images[..., None].astype(np.float32)).argmax(axis=1)
    assert len(set(predicted)) > 1
    np.testing.assert_array_equal(gradient(model, images), weights[predicted])


def test_known_by_hand() -> None:
    image = np.tile(np.array([0, 5, 5, 9, 9, 2, 2, 2, 2, 30]), (HEIGHT, 1))
    # each step up adds +1 to its right pixel and -1 to its left, each step down the opposite
    sizes = [-1, 1, -1, 1, 1, -1, 0, 0, -1, 1]
    maps = gradient(steps_up_or_down(), image, classes=0)
    np.testing.assert_allclose(maps[0], np.tile(sizes, (HEIGHT, 1)), atol=1e-5)
    ends = np.array([-1, 1, -1, 1, -1, 1, 0, 0, -1, 1])
    maps = gradient(steps_up_or_down(), image, classes=1)
    np.testing.assert_allclose(maps[0], np.tile(ends, (HEIGHT, 1)), atol=1e-5)


def test_batches_do_not_change_the_map() -> None:
    model, images = deep(), images_of(7)
    whole = gradient(model, images, batch=7)
    np.testing.assert_allclose(gradient(model, images, batch=3), whole, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("output", ["logit", "probability", "margin"])
def test_gradient_is_the_slope_of_the_score(output: str) -> None:
    model, image = deep(), images_of(1).astype(np.float32)
    steps = np.eye(HEIGHT * WIDTH, dtype=np.float32).reshape(-1, HEIGHT, WIDTH)
    up, down = (model.predict_on_batch((image + s * steps)[..., None]) for s in (1, -1))
    if output == "probability":
        up, down = (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for x in (up, down))
    if output == "margin":
        up, down = (x - np.delete(x, 1, axis=1).max(axis=1, keepdims=True) for x in (up, down))
    slope = (up - down)[:, 1].reshape(1, HEIGHT, WIDTH) / 2
    maps = gradient(model, image, classes=1, output=output)
    np.testing.assert_allclose(maps, slope, atol=4e-3 * np.abs(slope).max())


def test_one_trace_serves_all_calls_and_follows_the_weights() -> None:
    model, weights = linear()
    for count, batch in ((1, 64), (5, 2), (9, 64), (9, 4)):
        gradient(model, images_of(count), batch=batch)
        gradient_x_input(model, images_of(count), batch=batch)
    gradient(model, images_of(2), classes=1)
    np.testing.assert_array_equal(gradient(model, images_of(1), classes=0), weights[[0]])
    model.set_weights([-w for w in model.get_weights()])
    np.testing.assert_array_equal(gradient(model, images_of(1), classes=0), -weights[[0]])
    assert (
        compiled_gradients(explained(model, ()).network, "logit").experimental_get_tracing_count()
        == 1
    )


def test_summed_over_the_visible_object_it_is_the_slope_in_intensity() -> None:
    options = SceneOptions(size=16, areas=(37,), noise=SquareNoise(count=(9, 9), sides=(1, 4)))
    scenes = draw_scenes(TASKS["hard"], options, "test", 0, 12).replace(intensity=100)
    grey = keras.Input((16, 16, 1))
    x = keras.layers.Rescaling(1 / 255)(grey)
    x = keras.layers.Flatten()(keras.layers.Multiply()([x, x]))
    model = keras.Model(grey, keras.layers.Dense(3)(x))
    up, down = (
        model.predict_on_batch(render(scenes.replace(intensity=level))[..., None])
        for level in (101, 99)
    )
    maps = gradient(model, render(scenes), classes=2)
    inside = (maps * masks(scenes).object).sum(axis=(1, 2))
    # the logit is quadratic in the intensity, so the central difference is its slope
    np.testing.assert_allclose(inside, (up - down)[:, 2] / 2, rtol=1e-2, atol=1e-5)


def test_a_model_without_gradient_is_refused() -> None:
    images = keras.Input((4, 4, 1))
    model = keras.Model(images, keras.layers.Flatten()(keras.ops.round(images)))
    with pytest.raises(InvalidInput, match=r"^model: has no gradient"):
        gradient(model, np.zeros((1, 4, 4)))
