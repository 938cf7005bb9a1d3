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


layers = keras.layers


def test_of_several_calls_the_last_with_maps_counts() -> None:
    """The second call of the convolution and of dropout makes one place and a row."""
    conv, dropout = layers.Conv2D(1, 3, name="conv"), layers.Dropout(0.1, name="dropout")
    images = keras.Input((5, 5, 1))
    first = dropout(conv(images))
    logits = layers.Dense(2)(dropout(layers.Flatten()(conv(first))))
    model = keras.Model(images, logits)
    model.set_weights([np.abs(weight) for weight in model.get_weights()])
    shown = images_of(2)[:, :5, :5]
    maps = grad_cam(model, shown, classes=0)
    assert (np.ptp(maps, axis=(1, 2)) > 0).all()
    for layer in ("conv", "dropout"):
        np.testing.assert_array_equal(grad_cam(model, shown, classes=0, layer=layer), maps)


def test_maps_of_one_place_are_refused() -> None:
    images = keras.Input((None, None, 1))
    x = layers.Conv2D(2, 3, name="wide")(images)
    x = layers.Conv2D(2, 3, name="narrow")(x)
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    model = keras.Model(images, layers.Dense(2)(layers.Flatten()(mean)))
    shown = images_of(1)
    with pytest.raises(InvalidInput, match=r"^layer: 'mean' is not allowed: wide, narrow$"):
        grad_cam(model, shown, layer="mean")
    assert grad_cam(model, shown, layer="narrow").shape == shown.shape
    small = shown[:, :5, :5]
    assert grad_cam(model, small, layer="wide").shape == small.shape
    for layer, name in ((None, "the last convolution"), ("narrow", "'narrow'")):
        with pytest.raises(InvalidInput, match=f"^layer: {name} is not allowed: of 5 x 5 pixels"):
            grad_cam(model, small, layer=layer)


def test_operations_of_several_outputs_are_passed_over() -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    left, right = keras.ops.split(layers.Conv2D(2, 3, name="conv")(images), 2, axis=-1)
    logits = layers.Dense(2)(layers.Flatten()(layers.Subtract(name="less")([left, right])))
    model, shown = keras.Model(images, logits), images_of(1)
    assert grad_cam(model, shown).shape == shown.shape
    with pytest.raises(InvalidInput, match=r"^layer: 'split' is not allowed: conv, less$"):
        grad_cam(model, shown, layer="split")
