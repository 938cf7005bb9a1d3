"""Gradients: closed forms, the exact identity with recoloring, and one trace a model."""

import keras
import numpy as np
import pytest

from intensity.attribution.gradient import compiled_gradient, gradient
from intensity.rendering import masks, render
from intensity.scenes import SceneOptions, SquareNoise, draw_scenes
from intensity.tasks import TASKS
from intensity.values import InvalidInput

HEIGHT, WIDTH = 6, 8


def linear(seed: int = 0) -> tuple[keras.Model, np.ndarray]:
    """A linear model, and its weights as (classes, height, width)."""
    images = keras.Input((HEIGHT, WIDTH, 1))
    model = keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(images)))
    weights = np.random.default_rng(seed).normal(size=(HEIGHT * WIDTH, 3)).astype(np.float32)
    model.set_weights([weights, np.array([0, 0, 1], np.float32)])
    return model, weights.T.reshape(3, HEIGHT, WIDTH)


def images_of(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, HEIGHT, WIDTH), np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("channel", [False, True])
def test_gradient_of_a_linear_model_is_its_weights(dtype: type, channel: bool) -> None:
    model, weights = linear()
    images = images_of(3).astype(dtype)
    maps = gradient(model, images[..., None] if channel else images, classes=[2, 0, 2])
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, weights[[2, 0, 2]])


def test_one_image_and_one_class() -> None:
    model, weights = linear()
    np.testing.assert_array_equal(gradient(model, images_of(1), classes=1), weights[[1]])


def test_the_predicted_class_is_explained_unless_another_is_given() -> None:
    model, weights = linear()
    images = images_of(20)
    predicted = model.predict_on_batch(images[..., None].astype(np.float32)).argmax(axis=1)
    assert len(set(predicted)) > 1
    np.testing.assert_array_equal(gradient(model, images), weights[predicted])


def deep() -> keras.Model:
    """A model with all that behaves differently in training: batch norm and dropout."""
    keras.utils.set_random_seed(3)
    images = x = keras.Input((HEIGHT, WIDTH, 1))
    for layer in (
        keras.layers.Rescaling(1 / 64, -2),
        keras.layers.Conv2D(4, 3, strides=2, padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("tanh"),
        keras.layers.Dropout(0.5),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3),
    ):
        x = layer(x)
    return keras.Model(images, x)


def test_batches_do_not_change_the_map() -> None:
    model, images = deep(), images_of(7)
    whole = gradient(model, images, batch=7)
    np.testing.assert_allclose(gradient(model, images, batch=3), whole, rtol=1e-4, atol=1e-8)


def test_gradient_is_the_slope_of_the_logit() -> None:
    model, image = deep(), images_of(1).astype(np.float32)
    steps = np.eye(HEIGHT * WIDTH, dtype=np.float32).reshape(-1, HEIGHT, WIDTH)
    up, down = (model.predict_on_batch((image + s * steps)[..., None])[:, 1] for s in (1, -1))
    slope = (up - down).reshape(1, HEIGHT, WIDTH) / 2
    maps = gradient(model, image, classes=1)
    np.testing.assert_allclose(maps, slope, atol=2e-3 * np.abs(slope).max())


def test_one_trace_serves_all_calls_and_follows_the_weights() -> None:
    model, weights = linear()
    for count, batch in ((1, 64), (5, 2), (9, 64), (9, 4)):
        gradient(model, images_of(count), batch=batch)
    gradient(model, images_of(2), classes=1)
    np.testing.assert_array_equal(gradient(model, images_of(1), classes=0), weights[[0]])
    model.set_weights([-w for w in model.get_weights()])
    np.testing.assert_array_equal(gradient(model, images_of(1), classes=0), -weights[[0]])
    assert compiled_gradient(model).experimental_get_tracing_count() == 1


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


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("images", {"images": np.full((1, HEIGHT, WIDTH), np.nan)}),
        ("images", {"images": np.zeros((1, HEIGHT, HEIGHT))}),
        ("classes", {"classes": 3}),
        ("batch", {"batch": 0}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"^{argument}: "):
        gradient(linear()[0], **{"images": images_of(1), **options})
