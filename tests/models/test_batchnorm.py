"""Batch norm: fused, the numbers of Keras' own; recalibrated, the averages over all batches."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from intensity.models.architectures import Average, Block, Norm, spread_norms
from intensity.models.batchnorm import (
    FusedBatchNormalization,
    fused,
    recalibrate_batchnorm,
    spread_thresholds,
)
from intensity.models.build import build
from intensity.training.presets import NETWORKS
from networks import images_of, network, randomize


def pair(*shape: int) -> tuple[keras.Layer, keras.Layer]:
    """Keras' layer and the fused one for a shape of inputs, with equal weights, not fresh ones."""
    channels = shape[-1]
    random = np.random.default_rng(channels)
    weights = [random.uniform(0.5, 2, channels) for _ in range(4)]
    layers = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind(momentum=0.9, epsilon=1e-5)
        layer.build((None, *shape[1:]))
        layer.set_weights(weights)
        layers.append(layer)
    return layers[0], layers[1]


def with_gradients(layer: keras.Layer, x: np.ndarray, training: bool) -> list[np.ndarray]:
    """Output, gradients of a weighted sum of it, and the weights afterwards."""
    taken = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(taken)
        y = layer(taken, training=training)
        factors = tf.reshape(tf.range(tf.size(y), dtype=tf.float32) % 7, tf.shape(y))
        total = tf.reduce_sum(y * tf.cos(factors + y))
    gradients = tape.gradient(total, [taken, *(v.value for v in layer.trainable_variables)])
    return [np.asarray(a) for a in (y, *gradients, *layer.get_weights())]


@settings(deadline=None, max_examples=15)
@given(
    shape=st.tuples(st.integers(1, 6), st.integers(2, 9), st.integers(2, 9), st.integers(1, 9)),
    offset=st.floats(-5, 5),
    training=st.booleans(),
)
def test_output_gradients_and_moving_statistics_are_those_of_keras(
    shape: tuple[int, int, int, int], offset: float, training: bool
) -> None:
    x = np.random.default_rng(sum(shape)).normal(offset, 2, shape).astype(np.float32)
    plain, quick = pair(*shape)
    for expected, got in zip(
        with_gradients(plain, x, training), with_gradients(quick, x, training), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=2e-3, atol=2e-3 * (1 + abs(expected).max()))


def test_rows_of_features_are_normalized_too() -> None:
    x = np.random.default_rng(0).normal(1, 2, (16, 3)).astype(np.float32)
    expected, got = (np.asarray(layer(x, training=True)) for layer in pair(16, 3))
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", ["bn_compact", "bn_tiny", "small"])
def test_a_copy_has_the_same_layers_weights_and_logits(name: str) -> None:
    model = build(NETWORKS[name], 64, 3, seed=1, weight_decay=1e-3)
    copy = fused(model)
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    images = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 1)).astype(np.uint8)
    np.testing.assert_array_equal(copy(images), model(images))
    assert float(sum(copy.losses)) == pytest.approx(float(sum(model.losses)))
    kinds = {type(layer) for layer in copy.layers}
    assert (FusedBatchNormalization in kinds) == name.startswith("bn")
    assert keras.layers.BatchNormalization not in kinds


def test_other_backends_train_by_keras_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(NETWORKS["bn_tiny"], 64, 3, seed=1)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    copy, images = fused(model), images_of(4, 64)
    np.testing.assert_array_equal(copy(images, training=True), model(images, training=True))


def test_a_trained_network_is_saved_without_it(tmp_path: Path) -> None:
    from intensity.training.loop import train
    from intensity.training.presets import configure

    layers = [{"kind": "block", "channels": 2, "stride": 4}, {"kind": "average"}]
    trained = train(
        configure(
            task="easy", scenes={"size": 16, "areas": (21,)}, validation_images=10, test_images=10,
            network={"name": "tiny", "layers": layers}, recipe={"epochs": 1, "epoch_images": 64},
        )
    )  # fmt: skip
    trained.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert not [layer for layer in loaded.layers if isinstance(layer, FusedBatchNormalization)]
    for expected, got in zip(trained.model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(got, expected)
    moving = loaded.get_layer("norm1").moving_mean
    assert np.abs(np.asarray(moving)).max() > 0


@pytest.mark.parametrize("start", [0, 1])
def test_recalibrated_averages_are_the_means_over_batches_whatever_they_were(start: int) -> None:
    model = build(network(Average(), Norm()), 8, 2, 0)
    randomize(model, start)
    norm = model.get_layer("norm1")
    weights = [weight.numpy() for weight in model.trainable_weights]
    batches = [images_of(12, 8)[i : i + 4] * scale for i, scale in ((0, 1), (4, 0), (8, 1))]
    recalibrate_batchnorm(model, iter(batches))
    means = [(batch.astype(float).mean(axis=(1, 2, 3)) / 255) for batch in batches]
    np.testing.assert_allclose(norm.moving_mean, [np.mean(means)], rtol=1e-4)
    variance = np.mean([values.var() for values in means])
    np.testing.assert_allclose(norm.moving_variance, [variance], rtol=1e-3)
    assert norm.momentum == 0.9
    for before, after in zip(weights, model.trainable_weights, strict=True):
        np.testing.assert_array_equal(before, after.numpy())


def test_on_the_batch_of_its_averages_a_network_does_as_in_training() -> None:
    model = build(NETWORKS["bn_compact"], 16, 3, 0)
    images = images_of(8, 16)
    recalibrate_batchnorm(model, [images])
    evaluated, trained = (np.asarray(model(images, training=flag)) for flag in (False, True))
    np.testing.assert_allclose(evaluated, trained, atol=1e-4)
    assert np.ptp(evaluated, axis=0).min() > 1e-3


def test_units_begin_with_thresholds_evenly_over_the_grey_levels() -> None:
    data = network(Block(channels=5, spread=True), Norm(), Block(channels=4), Average())
    assert spread_norms(data) == ["norm1", "norm2"]
    model = build(data, 16, 3, 0)
    spread_thresholds(model, spread_norms(data), lambda: iter([images_of(8, 16)]), 1)
    sweep = np.ones((256, 16, 16, 1), np.float32) * np.arange(256)[:, None, None, None]
    for name in ("norm1", "norm2"):
        part = keras.Model(model.input, model.get_layer(name).output)
        values = part.predict_on_batch(sweep)[:, 8, 8]
        changes = np.concatenate([np.flatnonzero(np.diff(np.sign(one))) for one in values.T]) + 0.5
        for level in np.linspace(0, 255, 7)[1:-1]:
            assert abs(changes - level).min() <= 1
    assert not np.asarray(model.get_layer("norm4").beta).any()


def test_where_there_is_no_batch_norm_nothing_is_shown() -> None:
    def batches() -> Iterator[np.ndarray]:
        """Batches that must not be read."""
        raise AssertionError
        yield

    recalibrate_batchnorm(build(NETWORKS["small"], 16, 3, 0), batches())
