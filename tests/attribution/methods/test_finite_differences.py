"""Finite differences: closed forms, and a plain loop as oracle."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, deep, images_of, linear
from intensity.attribution import changes
from intensity.attribution.methods.finite_differences import finite_differences
from intensity.values import InvalidInput


def test_every_slope_of_a_linear_model_is_its_weight() -> None:
    model, weights = linear()
    images = images_of(3)
    maps = finite_differences(model, images, levels=4, classes=1)
    np.testing.assert_allclose(
        maps.steepest, np.broadcast_to(weights[1], images.shape), rtol=1e-3, atol=1e-6
    )
    steps = np.array([0, 255.0])[:, None, None, None] - images
    farthest = np.take_along_axis(steps, np.abs(steps).argmax(axis=0)[None], axis=0)[0]
    np.testing.assert_allclose(maps.largest, weights[1] * farthest, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_against_a_plain_loop(output: str) -> None:
    model, image, values = deep(), images_of(1).astype(np.float32), np.linspace(0, 255, 5)
    maps = finite_differences(model, image, levels=5, span=(0, 255), classes=2, output=output)

    def score(images: np.ndarray) -> np.ndarray:
        logits = model.predict_on_batch(images[..., None]).astype(float)
        share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return (share if output == "probability" else logits)[:, 2]

    changes = []
    for value in values:
        shown = np.repeat(image, HEIGHT * WIDTH, axis=0)
        shown.reshape(HEIGHT * WIDTH, -1)[np.diag_indices(HEIGHT * WIDTH)] = value
        changes.append((score(shown) - score(image)).reshape(HEIGHT, WIDTH))
    largest = np.abs(changes).max(axis=0)
    steps = np.where(values[:, None, None] == image, np.inf, values[:, None, None] - image)
    steepest = np.abs(changes / steps).max(axis=0)
    np.testing.assert_allclose(np.abs(maps.largest[0]), largest, atol=2e-3 * largest.max())
    np.testing.assert_allclose(np.abs(maps.steepest[0]), steepest, atol=2e-3 * steepest.max())


def test_images_that_are_computed_apart_keep_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    model, images = linear()[0], images_of(3)
    whole = finite_differences(model, images, levels=4)
    monkeypatch.setattr(changes, "AT_ONCE", 1)
    apart = finite_differences(model, images, levels=4)
    for one, other in zip(apart, whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_a_pixel_that_has_the_level_already_has_no_slope_there() -> None:
    images = keras.Input((2, 2, 1))
    model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(images)))
    maps = finite_differences(model, np.zeros((1, 2, 2), np.uint8), levels=1, classes=0)
    assert not maps.steepest.any()
    assert not maps.largest.any()


@pytest.mark.parametrize("levels", [0, 257, 2.5])
def test_other_numbers_of_levels_are_refused(levels: int) -> None:
    with pytest.raises(InvalidInput, match=r"^levels: .* is not allowed"):
        finite_differences(linear()[0], images_of(1), levels=levels)


def test_the_step_of_several_channels_is_their_root_mean_square() -> None:
    images = keras.Input((1, 2, 3))
    logits = keras.layers.Dense(2, use_bias=False, kernel_initializer="ones")
    model = keras.Model(images, logits(keras.layers.Flatten()(images)))
    shown = np.array([[[[240, 0, 0], [80, 80, 80]]]], np.uint8)
    steepest = finite_differences(model, shown, levels=1, span=(80, 81), classes=0).steepest
    assert not steepest.any()  # the sum stays as it is
    steps = np.array([[-240, 0, 0], [-80, -80, -80]])  # to level 0
    maps = finite_differences(model, shown, levels=1, classes=0)
    expected = steps.sum(axis=1) / -np.sqrt((steps**2).mean(axis=1))
    np.testing.assert_allclose(maps.steepest[0, 0], expected, rtol=1e-6)
    model.set_weights([np.array([[1, 0]] * 1 + [[0, 0]] * 5)])  # of the first channel
    maps = finite_differences(model, shown, levels=1, span=(80, 81), classes=0)
    # -160 of red and 80 of both others: the mean stays, the pixel changes
    np.testing.assert_allclose(maps.largest[0, 0], [-160, 0])
    expected = [-160 / np.sqrt((160**2 + 2 * 80**2) / 3), 0]
    np.testing.assert_allclose(maps.steepest[0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_images_of_another_range_need_a_span(dtype: type) -> None:
    model, images = linear()[0], images_of(2).astype(dtype)
    images = images / 255 if dtype == np.float32 else images - 256
    with pytest.raises(InvalidInput, match=r"^span: None is not allowed for (float32|int32) image"):
        finite_differences(model, images)
    both = finite_differences(model, images, levels=3, span=(0, 1), classes=0)
    alone = finite_differences(model, images[:1], levels=3, span=(0, 1), classes=0)
    np.testing.assert_allclose(both.largest[:1], alone.largest, rtol=1e-5, atol=1e-7)


def test_integers_of_any_type_have_the_span_of_grey_levels() -> None:
    model, images = linear()[0], images_of(2)
    for dtype in (np.int16, np.int64):
        found = finite_differences(model, images.astype(dtype), levels=3, classes=0)
        expected = finite_differences(model, images, levels=3, span=(0, 255), classes=0)
        np.testing.assert_allclose(found.steepest, expected.steepest, rtol=1e-4, atol=1e-7)
