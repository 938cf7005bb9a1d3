"""Incremental inference against full passes in double precision, over random networks."""

import keras
import numpy as np
import pytest

from explainable import in_double
from intensity.attribution.base import prepare
from intensity.attribution.changes import full_changes
from intensity.attribution.incremental import engine as incremental
from intensity.attribution.incremental.engine import compiled_carry, follow, incremental_changes
from intensity.attribution.incremental.stages import stages_of
from intensity.attribution.windows import Windows, place_windows
from intensity.models.build import build
from intensity.training.presets import NETWORKS

SHAPE = (15, 19)
layers = keras.layers


def random_layer(draw: np.random.Generator) -> keras.Layer:
    """Convolutions and pools of any side, stride and padding; norms, activations, dropout."""
    steps = tuple(draw.integers(1, 4, 2).tolist())
    shape = tuple(draw.integers(1, 5, 2).tolist())
    padding = str(draw.choice(["same", "valid"]))
    match draw.integers(10):
        case 0 | 1 | 2 | 3:
            activation = [None, "relu", "tanh"][draw.integers(3)]
            options = {"use_bias": bool(draw.integers(2)), "activation": activation}
            channels = int(draw.integers(1, 5))
            return layers.Conv2D(channels, shape, strides=steps[0], padding=padding, **options)
        case 4 | 5:
            return layers.MaxPooling2D(shape, strides=steps, padding=padding)
        case 6 | 7:
            return layers.AveragePooling2D(shape, strides=steps, padding=padding)
        case 8:
            return layers.BatchNormalization()
    others = [layers.ReLU(), layers.LeakyReLU(0.2), layers.Activation("sigmoid")]
    others += [layers.Dropout(0.3), layers.ReLU(max_value=6.0)]
    return others[draw.integers(len(others))]


def random_network(seed: int) -> keras.Model:
    """Up to six layers or skips, then a head; most layers are followed by ReLU."""
    draw = np.random.default_rng(seed)
    images = keras.Input((*SHAPE, 1))
    x = layers.Rescaling(1 / 64, -2)(images)
    for _ in range(draw.integers(2, 7)):
        if draw.integers(5) == 0:
            y = layers.Conv2D(x.shape[-1], tuple(draw.integers(1, 5, 2)), padding="same")(x)
            x = layers.Add()([x, layers.BatchNormalization()(y)])
        else:
            layer = random_layer(draw)
            reach = getattr(layer, "kernel_size", getattr(layer, "pool_size", (1, 1)))
            if all(have >= need for have, need in zip(x.shape[1:3], reach, strict=True)):
                x = layer(x)
        x = layers.ReLU()(x) if draw.integers(3) else x
    if draw.integers(2):
        x = layers.Dense(4, activation="relu")(layers.Flatten()(x))
    else:
        x = layers.GlobalAveragePooling2D()(x)
    return with_weights(keras.Model(images, layers.Dense(3)(x)), seed)


def with_weights(model: keras.Model, seed: int) -> keras.Model:
    """The same with random weights and averages, none of them at 0 or 1."""
    stream = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            shape = layer.gamma.shape
            layer.set_weights(
                [stream.uniform(0.5, 2, shape), *stream.normal(size=(2, *shape)),
                 stream.uniform(0.5, 2, shape)]
            )  # fmt: skip
        elif layer.get_weights():
            layer.set_weights([stream.normal(0, 0.4, w.shape) for w in layer.get_weights()])
    return model


def compare(model: keras.Model, windows: Windows, draws: int, seed: int, batch: int = 16) -> None:
    """Both ways of computing, of two images and random levels."""
    stream = np.random.default_rng(seed)
    images = stream.integers(0, 256, (2, *windows.shape), np.uint8)
    levels = stream.uniform(0, 255, (draws, 2, len(windows))).astype(np.float32)
    target, stages = prepare(model, images, None, "logit", batch), stages_of(model)
    assert stages is not None
    before, change = incremental_changes(target, stages, windows, levels)
    double = prepare(in_double(model), images, None, "logit", 256)
    expected, truth = exact_changes(double.model, images, windows, levels)
    np.testing.assert_allclose(before, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(change, truth, rtol=0, atol=1e-4 * np.abs(truth).max())


def exact_changes(
    double: keras.Model, images: np.ndarray, windows: Windows, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Logits and what is added to them, in float64 and without any cleverness."""
    draws, count, places = levels.shape
    covered = windows.covering(np.arange(places))
    shown = np.where(covered, levels[..., None, None].astype(float), images[:, None])
    flat = shown.reshape(-1, *windows.shape)[..., None]
    before = np.asarray(double(images[..., None].astype(float), training=False))
    after = np.asarray(double(flat, training=False)).reshape(draws, count, places, -1)
    return before, after - before[:, None]


@pytest.mark.parametrize("seed", range(30))
def test_random_networks(seed: int) -> None:
    draw = np.random.default_rng(seed)
    window = int(draw.integers(1, 7))
    windows = place_windows(SHAPE, window, int(draw.integers(1, window + 1)))
    compare(random_network(seed), windows, int(draw.integers(1, 4)), seed)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in ("bn_huge", "small")])
def test_networks_of_the_paper(name: str) -> None:
    model = with_weights(build(NETWORKS[name], 40, 3, seed=0), seed=1)
    compare(model, place_windows((40, 40), 8, 8), draws=2, seed=2)


def test_single_pixels() -> None:
    model = build(NETWORKS["bn_compact"], 20, 3, seed=0)
    compare(model, place_windows((20, 20), 1, 1), draws=2, seed=0)


def test_a_window_as_large_as_the_image() -> None:
    model = build(NETWORKS["bn_compact"], 24, 3, seed=0)
    compare(model, place_windows((24, 24), 24, 24), draws=2, seed=0)


def test_models_of_free_size() -> None:
    images = keras.Input((None, None, 1))
    x = layers.Conv2D(3, 3, padding="same", activation="relu")(images)
    x = layers.MaxPooling2D()(x)
    model = keras.Model(images, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    for shape in ((9, 12), (14, 8)):
        compare(model, place_windows(shape, 3, 2), draws=1, seed=0)


def test_sequential_models() -> None:
    stack = [keras.Input((12, 12, 1)), layers.Rescaling(1 / 255)]
    stack += [layers.Conv2D(3, 3, strides=2, activation="relu"), layers.Flatten()]
    model = with_weights(keras.Sequential([*stack, layers.Dense(3), layers.Softmax()]), seed=0)
    compare(model, place_windows((12, 12), 3, 2), draws=1, seed=0)


def test_it_follows_the_weights_without_a_new_trace() -> None:
    model = build(NETWORKS["bn_tiny"], 40, 3, seed=0)
    windows = place_windows((40, 40), 4, 4)
    for seed in (1, 2):
        compare(with_weights(model, seed), windows, draws=1, seed=seed)
    stages = stages_of(model) or ()
    whole = incremental._whole(stages, follow(stages, windows, np.arange(len(windows))))
    assert compiled_carry(model, whole).experimental_get_tracing_count() == 1


def test_small_batches_change_nothing() -> None:
    model = build(NETWORKS["bn_compact"], 24, 3, seed=0)
    compare(model, place_windows((24, 24), 5, 3), draws=3, seed=0, batch=1)


def test_extents_of_two_convolutions_by_hand() -> None:
    images = keras.Input((20, 20, 1))
    x = layers.Conv2D(1, 3, padding="same")(images)  # 8..11 -> 7..12
    x = layers.Conv2D(1, 3, strides=2)(x)  # place o reads 2 o .. 2 o + 2: 7..12 -> 3..6
    model = keras.Model(images, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    stages = stages_of(model) or ()
    extents = follow(stages, place_windows((20, 20), 4, 4), np.array([12]))  # at row 8, column 8
    assert extents.starts[:3, 0].tolist() == [[8, 8], [7, 7], [3, 3]]
    assert extents.sides[:3].tolist() == [[4, 4], [6, 6], [4, 4]]
    assert extents.sizes[:3].tolist() == [[20, 20], [20, 20], [9, 9]]


def test_full_passes_agree() -> None:
    model = build(NETWORKS["large"], 24, 3, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (2, 24, 24), np.uint8)
    windows = place_windows((24, 24), 8, 4)
    target, stages = prepare(model, images, None, "logit", 7), stages_of(model)
    assert stages is not None
    levels = np.full((1, 2, len(windows)), 9, np.float32)
    for ours, full in zip(
        incremental_changes(target, stages, windows, levels),
        full_changes(target, windows, levels),
        strict=True,
    ):
        np.testing.assert_allclose(ours, full, atol=1e-4 * np.abs(full).max())
