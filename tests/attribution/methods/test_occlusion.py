"""Occlusion: closed forms, what the model is shown, and a plain loop as oracle."""

from typing import Any

import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, deep, images_of, linear, logging
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.windows import Repaint
from intensity.training.presets import TASKS
from intensity.values import InvalidInput


def test_disjoint_windows_of_a_linear_model_sum_to_its_logit() -> None:
    model, weights = linear()
    images = images_of(4)
    maps = occlusion(model, images, fill=20, window=3, stride=3, classes=1)
    # every pixel of a window shows the whole window's effect: read each window once
    total = maps[:, ::3, ::3].sum(axis=(1, 2))
    expected = (weights[1] * (images - 20.0)).sum(axis=(1, 2))
    np.testing.assert_allclose(total, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 2), (4, 3), (4, 4), (7, 5)])
def test_overlapping_windows_are_averaged_and_the_last_is_cut(window: int, stride: int) -> None:
    model, weights = linear()
    images = images_of(2)
    maps = occlusion(model, images, fill=7, window=window, stride=stride, classes=0)
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


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_probability_of_the_predicted_class(dtype: type) -> None:
    model, weights = linear(seed=5)
    images, bias = images_of(6), np.array([0, 0, 0.1])
    maps = occlusion(model, images.astype(dtype), fill=0, window=7, stride=7, output="probability")

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


def test_repainting_a_linear_model_loses_what_the_mean_level_does_not_have() -> None:
    model, weights = linear()
    images, repaint = images_of(2), Repaint(TASKS["hard"], draws=5, seed=3)
    maps = occlusion(model, images, fill=repaint, window=1, stride=1, classes=2)
    painted = repaint.levels(HEIGHT * WIDTH).mean(axis=0).reshape(HEIGHT, WIDTH)
    np.testing.assert_allclose(maps, weights[2] * (images - painted), rtol=1e-3, atol=1e-5)


def test_filling_with_the_background_is_filling_with_its_level() -> None:
    model = deep()
    images = np.full((2, HEIGHT, WIDTH), 40, np.uint8)
    images[0, 2:5, 2:5], images[1, 3:5, 4:8] = 200, 7
    for_all = {"window": 3, "stride": 1, "classes": 1}
    expected = occlusion(model, images, fill=40, **for_all)
    np.testing.assert_array_equal(occlusion(model, images, fill="background", **for_all), expected)
    assert expected.any()


def test_each_image_is_shown_once_whole_and_once_for_every_window() -> None:
    model, log = logging()
    images = 1 + images_of(2) // 2
    maps = occlusion(model, images[..., None], fill=0, window=4, stride=4, batch=3)
    shown = np.concatenate(log.shown)
    assert len(shown) == 2 * (1 + 2 * 3)
    assert max(len(part) for part in log.shown) == 3
    whole, covered = shown[:2], shown[2:].reshape(2, 6, HEIGHT, WIDTH)
    np.testing.assert_array_equal(whole, images)
    # disjoint windows take every pixel away exactly once
    np.testing.assert_array_equal((images[:, None] - covered).sum(axis=1), images)
    assert maps.shape == images.shape


def test_no_tracing_from_call_to_call() -> None:
    model, log = logging()
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
        ("stride", {"window": 3, "stride": 4}),
        ("fill", {"fill": 256}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, Any]) -> None:
    usual = {"images": images_of(1), "fill": 0, "window": 4, "stride": 4}
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        occlusion(linear()[0], **{**usual, **options})
