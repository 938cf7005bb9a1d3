"""Grad-CAM: by hand, and its layers."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, linear, rectified
from intensity.attribution.methods.grad_cam import grad_cam
from intensity.values import InvalidInput


def bright_and_dark() -> keras.Model:
    """Two feature maps, x and 100 - x; logit 0 is the sum of the first, logit 1 of the second."""
    images = keras.Input((HEIGHT, WIDTH, 1))
    maps = keras.layers.Conv2D(2, 1, name="maps")
    logits = keras.layers.Dense(2, use_bias=False)
    model = keras.Model(images, logits(keras.layers.GlobalAveragePooling2D()(maps(images))))
    maps.set_weights([np.array([1.0, -1]).reshape(1, 1, 1, 2), np.array([0.0, 100])])
    logits.set_weights([HEIGHT * WIDTH * np.eye(2)])
    return model


def test_known_by_hand() -> None:
    images = images_of(2)
    for chosen, expected in ((0, images), (1, np.maximum(100.0 - images, 0))):
        maps = grad_cam(bright_and_dark(), images, classes=chosen)
        np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-3)


def test_a_map_is_weighed_by_its_mean_slope() -> None:
    grey = keras.Input((HEIGHT, WIDTH, 1))
    one = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")(grey)
    logits = keras.layers.Dense(2, use_bias=False)
    model = keras.Model(grey, logits(keras.layers.Flatten()(one)))
    weights = np.random.default_rng(0).normal(0.5, 1, (HEIGHT * WIDTH, 2)) * [1, -1]
    logits.set_weights([weights])
    images = images_of(2)
    maps = grad_cam(model, images, classes=0)
    np.testing.assert_allclose(maps, weights[:, 0].mean() * images, rtol=1e-4)
    assert not grad_cam(model, images, classes=1).any()


def test_it_is_enlarged_to_the_image() -> None:
    model = rectified()
    maps = grad_cam(model, images_of(3))
    assert maps.shape == (3, HEIGHT, WIDTH)
    assert maps.min() >= 0
    np.testing.assert_array_equal(maps, grad_cam(model, images_of(3), layer="second"))
    assert (maps != grad_cam(model, images_of(3), layer="first")).any()


def test_other_layers_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^layer: 'third' is not allowed: .*first, .*second"):
        grad_cam(rectified(), images_of(1), layer="third")
    with pytest.raises(InvalidInput, match=r"^layer: the model has no convolution"):
        grad_cam(linear()[0], images_of(1))


def test_a_layer_that_the_score_does_not_hang_on_is_refused() -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.Conv2D(1, 1, name="lost")(images)
    logits = keras.layers.Dense(2)(keras.layers.Flatten()(keras.ops.round(x)))
    with pytest.raises(InvalidInput, match=r"^layer: the score has no gradient in 'lost'"):
        grad_cam(keras.Model(images, logits), images_of(1))
