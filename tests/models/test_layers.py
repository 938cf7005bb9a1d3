"""Calls of layers: of inner models too, and what they compute together."""

import keras
import numpy as np

from explainable import HEIGHT, WIDTH, images_of, rectified
from intensity.models.layers import layer_calls


def test_inner_models_are_opened_and_the_network_computes_the_same() -> None:
    images, inner = keras.Input((HEIGHT, WIDTH, 1)), rectified()
    outer = keras.Model(images, inner(keras.layers.Rescaling(-1.0, 255.0, name="invert")(images)))
    opened, calls = layer_calls(outer)
    assert [call.layer for call in calls][1:] == list(inner.operations)[1:]
    assert calls[0].layer.name == "invert"
    assert [call.inputs[0] for call in calls[1:]] == [call.output for call in calls[:-1]]
    shown = images_of(3)[..., None].astype("f")
    np.testing.assert_array_equal(opened.predict_on_batch(shown), outer.predict_on_batch(shown))


def test_a_layer_that_is_used_twice_has_two_calls() -> None:
    images, shared = keras.Input((HEIGHT, WIDTH, 1)), keras.layers.Conv2D(1, 3, padding="same")
    _, calls = layer_calls(keras.Model(images, keras.layers.Flatten()(shared(shared(images)))))
    assert [call.layer for call in calls][:2] == [shared, shared]
