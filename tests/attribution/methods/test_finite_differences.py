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
    maps = finite_differences(model, image, levels=5, classes=2, output=output)

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
    maps = finite_differences(model, np.zeros((1, 2, 2)), levels=1, classes=0)
    assert not maps.steepest.any()
    assert not maps.largest.any()


@pytest.mark.parametrize("levels", [0, 257, 2.5])
def test_other_numbers_of_levels_are_refused(levels: int) -> None:
    with pytest.raises(InvalidInput, match=r"^levels: .* is not allowed"):
        finite_differences(linear()[0], images_of(1), levels=levels)
