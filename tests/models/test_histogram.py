"""Networks of which only the histogram matters: the same logits from 256 levels as from pixels."""

import keras
import numpy as np
import pytest

from intensity.models.architectures import (
    Average,
    Block,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Norm,
    Pool,
)
from intensity.models.build import build
from intensity.models.histogram import HistogramModel, by_histogram, is_permutation_invariant
from intensity.models.inference import logits
from intensity.training.presets import NETWORKS
from networks import images_of, network, randomize


def test_pixels_with_fresh_weights_reads_the_same_from_histograms() -> None:
    model = build(NETWORKS["pixels"], 20, 3, 0)
    images = images_of(6, 20)
    expected = model.predict_on_batch(images)
    assert np.ptp(expected, axis=0).min() > 0
    np.testing.assert_allclose(HistogramModel(model).predict_on_batch(images), expected, atol=1e-4)


def test_weights_are_shared() -> None:
    model = build(NETWORKS["pixels"], 20, 3, 0)
    on_histograms = HistogramModel(model)
    images = images_of(6, 20)
    on_histograms.predict_on_batch(images)
    assert [id(w) for w in on_histograms.weights] == [id(w) for w in model.weights]
    randomize(model)
    expected = model.predict_on_batch(images)
    for read in (on_histograms.predict_on_batch(images), on_histograms(images)):
        np.testing.assert_allclose(read, expected, rtol=1e-4, atol=1e-4)


def test_a_step_of_training_is_that_of_the_network_on_images() -> None:
    losses, weights, images = [], [], images_of(8, 12)
    for wrap in (HistogramModel, lambda model: model):
        model = build(network(Convolution(channels=4, kernel=1), Average()), 12, 3, 0)
        learner = wrap(model)
        learner.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        losses.append(float(learner.train_on_batch(images, np.arange(8) % 3)))
        weights.append(model.get_weights())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_head_of_a_network_on_histograms_behaves_as_in_training_only_there() -> None:
    layers = (
        Convolution(channels=8, kernel=1),
        Average(),
        Norm(),
        Dense(units=8),
        Dropout(rate=0.9),
    )
    model = build(network(*layers), 8, 3, 0)
    randomize(model)
    on_histograms, rows = HistogramModel(model), images_of(16, 8)
    evaluated = np.asarray(on_histograms(rows, training=False))
    np.testing.assert_array_equal(evaluated, np.asarray(on_histograms(rows, training=False)))
    trained = np.asarray(on_histograms(rows, training=True))
    assert np.count_nonzero(trained != evaluated) > trained.size // 2
    assert not np.array_equal(trained, np.asarray(on_histograms(rows, training=True)))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (NETWORKS["pixels"].layers, True),
        ((Convolution(channels=2, kernel=1), Average()), True),
        ((Average(), Dense(units=3)), True),
        ((Average(), Norm(), Dropout(rate=0.5)), True),
        ((Convolution(channels=2, kernel=1), Flatten()), False),
        ((Convolution(channels=2, kernel=1), Convolution(channels=2), Average()), False),
        ((Convolution(channels=2, kernel=1), Pool(), Average()), False),
        ((Norm(), Average()), False),
        ((Block(channels=1), Average()), False),
    ],
)
def test_what_reads_pixels_alone_and_averages_is_permutation_invariant(
    layers: tuple[Layer, ...], expected: bool
) -> None:
    assert is_permutation_invariant(build(network(*layers), 8, 3, 0)) is expected


def by_hand(*stages: keras.Layer) -> keras.Model:
    """A network of 8 x 8 pixels that averages after some layers."""
    images = keras.Input((8, 8, 1))
    x = images
    for stage in stages:
        x = stage(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D(name="average")(x))


def test_networks_made_by_hand_are_invariant_only_if_every_pixel_is_read_alone() -> None:
    layers = keras.layers
    assert is_permutation_invariant(by_hand(layers.Conv2D(2, 1), layers.ReLU()))
    assert not is_permutation_invariant(by_hand(layers.Conv2D(2, 1, strides=2)))
    assert not is_permutation_invariant(by_hand(layers.Conv2D(2, (1, 3))))
    assert not is_permutation_invariant(by_hand(layers.BatchNormalization()))
    images = keras.Input((8, 8, 1))
    assert not is_permutation_invariant(keras.Model(images, layers.Flatten()(images)))
    first = layers.Conv2D(2, 3)
    assert not is_permutation_invariant(
        keras.Sequential([first, layers.GlobalAveragePooling2D(name="average")])
    )


def after_pixels(*stages: keras.layers.Layer) -> keras.Model:
    """A network with random weights whose first layer reads single pixels."""
    images = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(4, 1, activation="relu")(images)
    for stage in stages:
        x = stage(x)
    model = keras.Model(images, x)
    randomize(model)
    return model


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((keras.layers.GlobalAveragePooling2D(name="pooled"), keras.layers.Dense(3)), True),
        ((keras.layers.GlobalMaxPooling2D(name="average"), keras.layers.Dense(3)), False),
        ((keras.layers.Flatten(name="average"), keras.layers.Dense(3)), False),
        ((keras.layers.GlobalAveragePooling2D(keepdims=True), keras.layers.Flatten()), False),
        (
            (
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Reshape((2, 2)),
                keras.layers.Flatten(),
            ),
            False,
        ),
    ],
)
def test_the_average_is_known_by_what_it_does_whatever_its_name(
    stages: tuple[keras.Layer, ...], expected: bool
) -> None:
    model, images = after_pixels(*stages), images_of(6, 8)
    assert is_permutation_invariant(model) is expected
    found = logits(model, images, batch=6)
    np.testing.assert_allclose(found, model.predict_on_batch(images), rtol=1e-4, atol=1e-4)


def test_a_network_that_is_no_chain_of_layers_is_not_invariant() -> None:
    images, layers = keras.Input((8, 8, 1)), keras.layers
    pooled, twice = layers.GlobalAveragePooling2D()(images), layers.Conv2D(1, 1)
    assert is_permutation_invariant(keras.Model(images, pooled))
    assert not is_permutation_invariant(keras.Model(images, [pooled, layers.Dense(3)(pooled)]))
    again = layers.GlobalAveragePooling2D()(twice(twice(images)))
    assert not is_permutation_invariant(keras.Model(images, again))


def test_only_permutation_invariant_networks_are_read_by_histogram_and_only_once() -> None:
    model = build(NETWORKS["pixels"], 8, 3, 0)
    reading = by_histogram(model)
    assert reading is by_histogram(model)
    assert by_histogram(reading) is reading  # one that learns is asked for logits too
    assert by_histogram(build(NETWORKS["bn_compact"], 16, 3, 0)) is None
