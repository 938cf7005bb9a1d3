"""Guided backprop: the rule by hand, wherever a ReLU stands."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, linear, rectified, steps_up_or_down
from intensity.attribution.explained import explained
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.guided_backprop import compiled_guided, guided_backprop
from intensity.values import InvalidInput


def test_known_by_hand() -> None:
    image = np.tile(np.array([0, 5, 5, 9, 9, 2, 2, 2, 2, 30]), (HEIGHT, 1))
    # both logits excite steps up, of which there are three; steps down excite logit 0 only
    ups = np.array([-1, 1, -1, 1, 0, 0, 0, 0, -1, 1])
    downs = np.array([0, 0, 0, 0, 1, -1, 0, 0, 0, 0])
    for chosen, expected in ((0, ups + downs), (1, ups)):
        maps = guided_backprop(steps_up_or_down(), image, classes=chosen)
        np.testing.assert_allclose(maps[0], np.tile(expected, (HEIGHT, 1)), atol=1e-5)


def two_layers(kind: str) -> keras.Model:
    """Every pixel by itself: logit = -relu(2 relu(x) - 10) + 3 relu(x), summed over the image."""
    images = keras.Input((HEIGHT, WIDTH, 1))
    activation = "relu" if kind == "activation" else None
    rectify = {
        "layer": lambda x: keras.layers.ReLU()(x),
        "activation": lambda x: x,
        "named": lambda x: keras.layers.Activation("relu")(x),
    }[kind]
    first = keras.layers.Conv2D(1, 1, activation=activation)
    second = keras.layers.Conv2D(2, 1, activation=activation)
    x = rectify(second(rectify(first(images))))
    logits = keras.layers.Dense(1, use_bias=False)
    model = keras.Model(images, logits(keras.layers.GlobalAveragePooling2D()(x)))
    first.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    second.set_weights([np.array([2.0, 3]).reshape(1, 1, 1, 2), np.array([-10.0, 0])])
    logits.set_weights([2 * HEIGHT * WIDTH * np.array([[-1.0], [1]])])
    return model


@pytest.mark.parametrize("kind", ["layer", "activation", "named"])
def test_what_is_inhibited_hands_nothing_back(kind: str) -> None:
    model, images = two_layers(kind), images_of(2)
    np.testing.assert_allclose(
        guided_backprop(model, images, classes=1), 3.0 * (images > 0), rtol=1e-4
    )
    plain = np.where(images > 5, 1.0, 3.0 * (images > 0))
    at_kink = images == 5
    np.testing.assert_allclose(
        np.where(at_kink, 0, gradient(model, images, classes=1)),
        np.where(at_kink, 0, plain),
        rtol=1e-4,
    )


def test_a_rectifier_that_saturates_hands_nothing_back_there() -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.Concatenate()([images, 2.0 * images])
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU(max_value=6)(x))
    logits = keras.layers.Dense(1, use_bias=False)
    model = keras.Model(images, logits(x))
    logits.set_weights([2 * HEIGHT * WIDTH * np.array([[1.0], [-1]])])
    shown = np.linspace(-2.1, 8, HEIGHT * WIDTH).reshape(1, HEIGHT, WIDTH)
    maps = guided_backprop(model, shown, classes=1)
    np.testing.assert_allclose(maps, 1.0 * (shown > 0) * (shown < 6), rtol=1e-5)


def test_the_model_keeps_its_own_gradient_and_weights() -> None:
    model, images = rectified(), images_of(3)
    before = gradient(model, images)
    guided = guided_backprop(model, images)
    np.testing.assert_array_equal(gradient(model, images), before)
    assert (guided != before).any()
    model.set_weights([2 * w for w in model.get_weights()])
    assert (guided_backprop(model, images) != guided).any()
    assert (
        compiled_guided(explained(model, ()).network, "logit").experimental_get_tracing_count() == 1
    )


def test_a_model_without_relu_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^model: has no ReLU"):
        guided_backprop(linear()[0], images_of(1))


def test_a_relu_that_is_no_layer_is_refused() -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.ops.relu(keras.layers.Conv2D(2, 1, activation="relu")(images))
    model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    with pytest.raises(InvalidInput, match=r"^model: 1 of 2 ReLUs are not allowed: each must be"):
        guided_backprop(model, images_of(1))
