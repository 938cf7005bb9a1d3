"""Which models are read as stages, and how they are simplified."""

import keras
import pytest

from explainable import Log
from intensity.attribution.incremental.stages import Axis, stages_of
from intensity.models.build import build
from intensity.training.presets import NETWORKS

layers = keras.layers


def names(model: keras.Model) -> list[str]:
    """The kinds of stages of a model."""
    return [stage.kind for stage in stages_of(model) or ()]


def ending(*between: keras.Layer) -> keras.Model:
    """A model with some layers between a convolution and the logits."""
    images = keras.Input((12, 12, 1))
    x = layers.Conv2D(2, 3)(images)
    for layer in between:
        x = layer(x)
    return keras.Model(images, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def test_norms_go_into_convolutions_and_pools_before_relu() -> None:
    model = ending(layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D())
    assert names(model) == ["convolve", "pool", "relu", "average", "dense"]
    stages = stages_of(model) or ()
    assert [stage.inputs for stage in stages] == [(0,), (1,), (2,), (3,), (4,)]


def test_dropout_is_nothing() -> None:
    assert names(ending(layers.Dropout(0.5))) == ["convolve", "average", "dense"]


def test_a_skip_keeps_what_it_reads() -> None:
    images = keras.Input((12, 12, 1))
    x = layers.Conv2D(2, 3)(images)
    y = layers.BatchNormalization()(layers.Conv2D(2, 3, padding="same")(x))
    x = layers.MaxPooling2D()(layers.ReLU()(layers.Add()([x, y])))
    model = keras.Model(images, layers.Dense(3)(layers.Flatten()(x)))
    assert names(model) == ["convolve", "convolve", "add", "pool", "relu", "flatten", "dense"]
    assert (stages_of(model) or ())[2].inputs == (1, 2)


def test_what_two_layers_read_is_not_changed() -> None:
    images = keras.Input((12, 12, 1))
    x = layers.Conv2D(2, 3)(images)
    y = layers.BatchNormalization()(x)
    model = keras.Model(
        images, layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.Add()([x, y])))
    )
    assert names(model) == ["convolve", "scale", "add", "average", "dense"]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_the_paper_are_known(name: str) -> None:
    assert stages_of(build(NETWORKS[name], 48, 3, seed=0)) is not None


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(2, 3, dilation_rate=2),
        layers.Conv2D(2, 3, groups=2),
        layers.Conv2D(2, 3, strides=(1, 2)),
        layers.DepthwiseConv2D(3),
        layers.Conv2D(2, 3, activation="relu"),
        layers.Activation(lambda x: x * x),
        layers.ReLU(max_value=6.0),
        layers.ReLU(negative_slope=0.1),
        layers.LeakyReLU(),
        layers.AveragePooling2D(2),
        layers.BatchNormalization(axis=1),
        layers.UpSampling2D(),
        layers.LayerNormalization(),
        layers.Dense(2),
        Log(),
    ],
    ids=lambda layer: layer.name,
)
def test_other_layers_are_not_known(layer: keras.Layer) -> None:
    assert stages_of(ending(layer)) is None


def test_models_in_models_are_opened() -> None:
    images = keras.Input((12, 12, 1))
    inner = ending(layers.ReLU())
    outer = keras.Model(images, inner(layers.Rescaling(-1.0, 255.0)(images)))
    other = keras.Input((12, 12, 1))
    assert names(keras.Model(other, inner(other))) == names(inner)
    assert names(outer) == ["scale", *names(inner)]


def test_other_models_are_not_known() -> None:
    images = keras.Input((12, 12, 1))
    shared = layers.Conv2D(1, 3, padding="same")
    twice = shared(shared(images))
    siamese = layers.Add()([shared(images), shared(layers.ReLU()(images))])
    doubled = layers.GlobalAveragePooling2D()(images * 2.0)
    rows = layers.Flatten()(images)
    for end in (layers.Flatten()(twice), layers.Flatten()(siamese), doubled, rows[:, :3]):
        assert stages_of(keras.Model(images, end)) is None


def test_places_of_an_axis_by_hand() -> None:
    assert (Axis(3, 2, "same").size(8), Axis(3, 2, "same").lead(8)) == (4, 0)
    assert (Axis(3, 2, "same").size(7), Axis(3, 2, "same").lead(7)) == (4, 1)
    assert (Axis(3, 2, "valid").size(8), Axis(3, 2, "valid").lead(8)) == (3, 0)
