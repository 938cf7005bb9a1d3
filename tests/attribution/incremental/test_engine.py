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
    match draw.integers(8):
        case 0 | 1 | 2 | 3:
            options = {"use_bias": bool(draw.integers(2)), "padding": padding}
            return layers.Conv2D(int(draw.integers(1, 5)), shape, strides=steps[0], **options)
        case 4 | 5:
            return layers.MaxPooling2D(shape, strides=steps, padding=padding)
        case 6:
            return layers.BatchNormalization()
    return [layers.ReLU(), layers.Dropout(0.3)][draw.integers(2)]


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
        x = layers.ReLU()(layers.Dense(4)(layers.Flatten()(x)))
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
    assert stages_of(model) is not None
    before, change = incremental_changes(
        model, images[..., None], windows.corners, windows.side, levels, batch
    )
    expected, truth = exact_changes(in_double(model), images, windows, levels)
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


@pytest.mark.parametrize("seed", range(12))
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
    x = layers.ReLU()(layers.Conv2D(3, 3, padding="same")(images))
    x = layers.MaxPooling2D()(x)
    model = keras.Model(images, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    for shape in ((9, 12), (14, 8)):
        compare(model, place_windows(shape, 3, 2), draws=1, seed=0)


def test_sequential_models() -> None:
    stack = [keras.Input((12, 12, 1)), layers.Rescaling(1 / 255)]
    stack += [layers.Conv2D(3, 3, strides=2), layers.ReLU(), layers.Flatten()]
    model = with_weights(keras.Sequential([*stack, layers.Dense(3)]), seed=0)
    compare(model, place_windows((12, 12), 3, 2), draws=1, seed=0)


def test_it_follows_the_weights_without_a_new_trace() -> None:
    model = build(NETWORKS["bn_tiny"], 40, 3, seed=0)
    windows = place_windows((40, 40), 4, 4)
    for seed in (1, 2):
        compare(with_weights(model, seed), windows, draws=1, seed=seed)
    stages = stages_of(model) or ()
    extents = follow(stages, windows.corners, windows.side, windows.shape)
    whole = incremental._whole(stages, extents)
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
    extents = follow(stages, np.array([[8, 8]]), 4, (20, 20))
    assert extents.starts[:3, 0].tolist() == [[8, 8], [7, 7], [3, 3]]
    assert extents.sides[:3].tolist() == [[4, 4], [6, 6], [4, 4]]
    assert extents.sizes[:3].tolist() == [[20, 20], [20, 20], [9, 9]]


def test_full_passes_agree() -> None:
    model = build(NETWORKS["large"], 24, 3, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (2, 24, 24), np.uint8)
    windows = place_windows((24, 24), 8, 4)
    target = prepare(model, images, None, "logit", 7)
    levels = np.full((1, 2, len(windows)), 9, np.float32)
    for ours, full in zip(
        incremental_changes(model, target.pixels, windows.corners, windows.side, levels, 7),
        full_changes(target, windows, levels),
        strict=True,
    ):
        np.testing.assert_allclose(ours, full, atol=1e-4 * np.abs(full).max())
