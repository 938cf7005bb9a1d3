"""Activations: the right layers, in the order asked for, whatever the batch."""

import keras
import numpy as np
import pytest

from intensity.analysis.activations import activations, layer_outputs, rectified_layers
from intensity.models.build import build
from intensity.training.presets import NETWORKS
from intensity.values import InvalidInput


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """relu1 = positive part of (x - 100, 100 - x); relu2 = twice that; logits by flattening."""
    images = keras.Input((4, 6, 1))
    x = keras.layers.Conv2D(2, 1, name="conv1")(images)
    x = keras.layers.ReLU(name="relu1")(x)
    x = keras.layers.Rescaling(2, name="relu2")(x)
    model = keras.Model(
        images, keras.layers.Dense(3, name="logits")(keras.layers.Flatten(name="flat")(x))
    )
    model.get_layer("conv1").set_weights([np.array([[[[1.0, -1.0]]]]), np.array([-100.0, 100.0])])
    return model


def images_of(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 4, 6), np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_activations_of_known_layers(model: keras.Model, dtype: type) -> None:
    images = images_of(70)
    read = activations(model, images.astype(dtype), ["relu2", "logits", "relu1"])
    assert list(read) == ["relu2", "logits", "relu1"]
    expected = np.stack([images - 100.0, 100.0 - images], axis=-1).clip(0)
    np.testing.assert_array_equal(read["relu1"], expected)
    np.testing.assert_array_equal(read["relu2"], 2 * expected)
    assert read["logits"].shape == (70, 3)
    assert read["relu1"].dtype == np.float32


def test_reader_keeps_the_order_of_layers(model: keras.Model) -> None:
    layers = ["relu2", "conv1", "logits", "relu1"]
    assert list(layer_outputs(model, layers)(images_of(1))) == layers


def test_the_last_layer_holds_what_the_model_returns(model: keras.Model) -> None:
    images = images_of(3)
    whole = model.predict_on_batch(images[..., None].astype(np.float32))
    np.testing.assert_allclose(activations(model, images, ["logits"])["logits"], whole, rtol=1e-6)


def test_rectified_layers_of_the_networks() -> None:
    model = build(NETWORKS["bn_compact"], 16, 3, 0)
    assert rectified_layers(model) == [*(f"relu{i}" for i in range(1, 7)), "logits"]


def test_rectified_layers_need_their_names() -> None:
    images = keras.Input((4, 4, 1))
    model = keras.Model(images, keras.layers.Flatten(name="flat")(images))
    with pytest.raises(InvalidInput, match=r"^layers: none is named relu.*'flat'"):
        rectified_layers(model)


@pytest.mark.parametrize("layers", [["relu7"], [], "relu1"])
def test_unknown_layers_are_refused(model: keras.Model, layers: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"^layers: .* is not allowed: .*conv1, relu1, relu2"):
        activations(model, images_of(1), layers)
