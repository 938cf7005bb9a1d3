"""Folded networks compute the same logits and gradients, of the weights that are there now."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from intensity.attribution.base import compiled_gradients
from intensity.models.build import build
from intensity.models.folding import Folded, folded, tapped
from intensity.models.inference import logits
from intensity.training.presets import NETWORKS
from networks import images_of, randomize

SIZE = 32


def norms(model: keras.Model) -> int:
    """How many layers of batch norm a network has."""
    kinds = [type(layer) for layer in model.layers]
    return kinds.count(keras.layers.BatchNormalization)


def through(*stages: Callable[[keras.KerasTensor], keras.KerasTensor]) -> keras.Model:
    """A network of these stages, with weights that no initializer draws."""
    images = x = keras.Input((SIZE, SIZE, 1))
    for stage in stages:
        x = stage(x)
    model = keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    randomize(model)
    return model


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_keeps_its_logits(name: str) -> None:
    model = build(NETWORKS[name], 64, 3, seed=1)
    randomize(model)
    images = images_of(5, 64)
    expected = np.asarray(model(images, training=False))
    quick = folded(model)
    np.testing.assert_allclose(quick(images), expected, rtol=1e-4, atol=1e-4 * np.ptp(expected))
    kernels = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert norms(quick) == (0 if name.startswith("bn") and kernels else norms(model))
    assert folded(model) is quick


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"axis": 3}])
@pytest.mark.parametrize("bias", [True, False])
def test_kernels_take_in_whatever_norm_follows(options: dict[str, object], bias: bool) -> None:
    model = through(
        keras.layers.Conv2D(4, 3, strides=2, padding="same", use_bias=bias),
        keras.layers.BatchNormalization(**options),
        keras.layers.Flatten(),
        keras.layers.Dense(5, use_bias=bias),
        keras.layers.BatchNormalization(**options | ({"axis": 1} if "axis" in options else {})),
    )
    assert norms(model) == 2
    assert norms(folded(model)) == 0
    images = images_of(3, SIZE)
    np.testing.assert_allclose(folded(model)(images), model(images), rtol=1e-3, atol=1e-2)


def test_weights_are_read_at_every_call_and_never_written() -> None:
    model = build(NETWORKS["bn_tiny"], SIZE, 3, seed=1)
    images, quick = images_of(3, SIZE), folded(model)
    for seed in (0, 1):
        randomize(model, seed)
        before = model.get_weights()
        expected = np.asarray(model(images, training=False))
        np.testing.assert_allclose(quick(images), expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(logits(model, images), expected, rtol=1e-4, atol=1e-4)
        assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert not [layer for layer in model.layers if isinstance(layer, Folded)]


def test_gradients_are_those_of_the_network() -> None:
    model = build(NETWORKS["bn_compact"], SIZE, 3, seed=1)
    randomize(model)
    images = tf.constant(images_of(3, SIZE), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(model(images, training=False)[:, 1])
    found = compiled_gradients(model, "logit")(images, tf.ones(3, tf.int32))
    expected = tape.gradient(total, images)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_what_no_kernel_precedes_stays() -> None:
    norm = keras.layers.BatchNormalization()
    for model in (
        through(keras.layers.ReLU(), norm),
        through(
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
        ),
        through(
            keras.layers.Conv2D(4, 3),
            lambda x: keras.layers.BatchNormalization()(x, training=True),
        ),
        through(keras.layers.Conv2D(SIZE, 3), keras.layers.BatchNormalization(axis=1)),
        through(keras.layers.Conv2D(4, 3)),
    ):
        assert folded(model) is model


def test_a_map_that_others_read_too_is_still_there() -> None:
    images = keras.Input((SIZE, SIZE, 1))
    maps = keras.layers.Conv2D(4, 3)(images)
    both = keras.layers.Add()([maps, keras.layers.BatchNormalization()(maps)])
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(both))
    randomize(model)
    assert norms(folded(model)) == 0
    shown = images_of(2, SIZE)
    np.testing.assert_allclose(folded(model)(shown), model(shown), rtol=1e-4, atol=1e-3)


def test_a_network_that_is_no_graph_is_left_alone() -> None:
    class Own(keras.Model):
        """A model whose call may do anything."""

        def call(self, images: keras.KerasTensor) -> keras.KerasTensor:
            """The mean."""
            return keras.ops.mean(images, axis=(1, 2))

    model = Own()
    model(images_of(1, SIZE))
    assert folded(model) is model


def test_layers_that_are_tapped_return_what_they_return() -> None:
    images = images_of(2, SIZE)
    for name in ("bn_compact", "small"):
        model = build(NETWORKS[name], SIZE, 3, seed=1)
        randomize(model)
        layers = [layer.name for layer in model.layers]
        for some in (layers, layers[1:], layers[-1:]):
            outputs = {layer: model.get_layer(layer).output for layer in some}
            expected = keras.Model(model.inputs, outputs)(images, training=False)
            found = tapped(model, some)(images)
            assert {*found} == {*expected}
            for layer, values in expected.items():
                close = 1e-4 * np.abs(values).max()
                np.testing.assert_allclose(found[layer], values, rtol=1e-4, atol=close)
