"""Occlusion: closed forms, what the model is shown, and a plain loop as oracle."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from intensity.attribution.occlusion import occlusion, spread, window_rows
from intensity.values import InvalidInput

HEIGHT, WIDTH = 7, 10


def linear(seed: int = 0) -> tuple[keras.Model, np.ndarray]:
    """A linear model with small logits, and its weights as (classes, height, width)."""
    images = keras.Input((HEIGHT, WIDTH, 1))
    model = keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(images)))
    weights = np.random.default_rng(seed).normal(size=(HEIGHT * WIDTH, 3)) / 1000
    model.set_weights([weights.astype(np.float32), np.array([0, 0, 0.1], np.float32)])
    return model, weights.T.reshape(3, HEIGHT, WIDTH)


def images_of(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, HEIGHT, WIDTH), np.uint8)


class Log(keras.layers.Layer):
    """Hands images on and remembers them, and how often it was traced."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.shown: list[np.ndarray] = []
        self.traces = 0

    def call(self, images: Any) -> Any:
        """Log on the way."""
        self.traces += 1
        seen = tf.numpy_function(self.remember, [images], tf.float32)
        return tf.ensure_shape(seen, images.shape)

    def remember(self, images: np.ndarray) -> np.ndarray:
        """Keep a copy."""
        self.shown.append(images[..., 0].copy())
        return images


def logging() -> tuple[keras.Model, Log]:
    """A model that logs what it is shown."""
    images, log = keras.Input((HEIGHT, WIDTH, 1)), Log()
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(log(images)))), log


def test_disjoint_windows_of_a_linear_model_sum_to_its_logit() -> None:
    model, weights = linear()
    images = images_of(4)
    maps = occlusion(model, images, fill=20, window=3, stride=3, output="logit", classes=1)
    # every pixel of a window shows the whole window's effect: read each window once
    total = maps[:, ::3, ::3].sum(axis=(1, 2))
    expected = (weights[1] * (images - 20.0)).sum(axis=(1, 2))
    np.testing.assert_allclose(total, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 2), (4, 3), (4, 4), (7, 5)])
def test_overlapping_windows_are_averaged_and_the_last_is_cut(window: int, stride: int) -> None:
    model, weights = linear()
    images = images_of(2)
    maps = occlusion(model, images, fill=7, window=window, stride=stride, output="logit", classes=0)
    effect = weights[0] * (images - 7.0)
    total, times = np.zeros_like(effect), np.zeros((HEIGHT, WIDTH))
    # the steps that still begin a window: as many as are needed to reach the border
    for top in range(0, HEIGHT - window + stride, stride):
        for left in range(0, WIDTH - window + stride, stride):
            place = np.s_[..., top : top + window, left : left + window]
            total[place] += effect[place].sum(axis=(1, 2), keepdims=True)
            times[place] += 1
    assert times.min() >= 1
    np.testing.assert_allclose(maps, total / times, rtol=1e-3, atol=1e-5)


def test_windows_of_a_line() -> None:
    lines = window_rows(5, window=2, stride=2).astype(int)
    assert lines.tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]
    assert window_rows(4, window=4, stride=1).tolist() == [[True] * 4]


def test_spreading_by_hand() -> None:
    rows, columns = np.array([[1, 1]], bool), np.array([[1, 1, 0], [0, 1, 1]], bool)
    maps = spread(np.array([[2.0, 6.0]]), rows, columns)
    assert maps.tolist() == [[[2, 4, 6], [2, 4, 6]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_probability_of_the_predicted_class(dtype: type) -> None:
    model, weights = linear(seed=5)
    images, bias = images_of(6), np.array([0, 0, 0.1])
    maps = occlusion(model, images.astype(dtype), fill=0, window=7, stride=7)

    def probabilities(shown: np.ndarray) -> np.ndarray:
        values = np.exp(np.einsum("chw,nhw->nc", weights, shown) + bias)
        return values / values.sum(axis=1, keepdims=True)

    before, covered = probabilities(images), images.astype(float)
    covered[:, :, :7] = 0
    predicted = before.argmax(axis=1)
    assert len(set(predicted)) > 1
    lost = (before - probabilities(covered))[np.arange(6), predicted]
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps[:, :, 0], np.repeat(lost[:, None], HEIGHT, 1), atol=1e-4)


def test_each_image_is_shown_once_whole_and_once_for_every_window() -> None:
    model, log = logging()
    images = 1 + images_of(2) // 2
    maps = occlusion(model, images[..., None], fill=0, window=4, stride=4, batch=3)
    shown = np.concatenate(log.shown)
    assert len(shown) == 2 * (1 + 2 * 3)
    assert max(len(part) for part in log.shown) == 3
    whole, covered = shown.reshape(2, 7, HEIGHT, WIDTH)[:, 0], shown.reshape(2, 7, HEIGHT, WIDTH)
    np.testing.assert_array_equal(whole, images)
    # disjoint windows take every pixel away exactly once
    np.testing.assert_array_equal((images[:, None] - covered[:, 1:]).sum(axis=1), images)
    assert maps.shape == images.shape


def test_no_tracing_from_call_to_call() -> None:
    model, log = logging()
    for _ in range(2):
        occlusion(model, images_of(3), fill=0, window=4, stride=4, batch=6)
    traces = log.traces
    occlusion(model, images_of(4), fill=9, window=3, stride=2, batch=6)
    occlusion(model, images_of(1), fill=9, window=3, stride=2, batch=6, classes=1)
    assert log.traces == traces


def test_the_fill_must_be_chosen() -> None:
    with pytest.raises(TypeError, match="fill"):
        occlusion(linear()[0], images_of(1))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("window", {"window": HEIGHT + 1, "stride": 1}),
        ("window", {"window": 0}),
        ("stride", {"window": 3, "stride": 4}),
        ("stride", {"window": 3, "stride": 0}),
        ("fill", {"fill": 256}),
        ("fill", {"fill": -1}),
        ("fill", {"fill": float("nan")}),
        ("fill", {"fill": "black"}),
        ("output", {"output": "logits"}),
        ("classes", {"classes": 3}),
        ("images", {"images": np.full((1, HEIGHT, WIDTH), np.nan)}),
        ("images", {"images": np.zeros((1, WIDTH, HEIGHT))}),
        ("batch", {"batch": 0}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, Any]) -> None:
    defaults = {"images": images_of(1), "fill": 0, "window": 4, "stride": 4}
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        occlusion(linear()[0], **{**defaults, **options})
