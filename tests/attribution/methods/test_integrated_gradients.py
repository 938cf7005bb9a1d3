"""Integrated gradients: completeness, closed forms, and the exact identities of recoloring."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, linear, logging, rectified
from intensity.attribution.methods.integrated_gradients import (
    integrated_gradients,
)
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, SquareNoise
from intensity.models.build import build
from intensity.training.presets import NETWORKS, TASKS
from intensity.values import InvalidInput

SCENES = draw_scenes(
    TASKS["hard"],
    SceneOptions(size=24, areas=(37,), noise=SquareNoise(count=(9, 9), sides=(1, 4))),
    "test",
    0,
    4,
)


def baseline_of(name: str, images: np.ndarray) -> np.ndarray:
    """What a named baseline is, broadcast to images."""
    if name == "black":
        return np.zeros((len(images), 1, 1))
    if name == "mean":
        return images.mean(axis=(1, 2), keepdims=True)
    return np.full((len(images), 1, 1), 40.0)


@pytest.mark.parametrize("name", ["black", "mean", "background"])
def test_a_linear_model_is_taken_apart_against_named_baselines(name: str) -> None:
    model, weights = linear()
    images = np.full((2, HEIGHT, WIDTH), 40, np.uint8)
    images[:, 2:5, 2:5] = 200
    found = integrated_gradients(model, images, baseline=name, classes=1)  # type: ignore[arg-type]
    expected = weights[1] * (images - baseline_of(name, images))
    np.testing.assert_allclose(found.maps, expected, rtol=1e-4, atol=1e-6)
    assert found.maps.dtype == np.float32
    assert (found.error < 1e-3).all()
    assert found.steps.tolist() == [25, 25]


def test_baselines_may_be_levels_or_images() -> None:
    model, weights = linear()
    images, other = images_of(3), images_of(3, seed=2)
    baselines = [(7.5, 7.5), (other[0], other[0]), (other, other), (other[..., None], other)]
    for baseline, level in baselines:
        maps = integrated_gradients(model, images, baseline=baseline, classes=0, steps=1).maps
        expected = weights[0] * (images - np.asarray(level, float))
        np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-6)


def test_the_middle_of_a_step_is_exact_for_a_square() -> None:
    grey = keras.Input((HEIGHT, WIDTH, 1))
    squares = keras.layers.Flatten()(keras.ops.square(grey))
    model = keras.Model(
        grey, keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(2))(squares)
    )
    images, other = images_of(2).astype(float), images_of(2, seed=2).astype(float)
    for steps in (1, 3):
        maps = integrated_gradients(model, images, baseline=other, steps=steps).maps
        np.testing.assert_allclose(maps, images**2 - other**2, rtol=1e-4, atol=0.1)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_it_is_complete(output: str) -> None:
    model, images, classes = rectified(), images_of(6), [0, 1, 2, 2, 1, 0]
    found = integrated_gradients(
        model, images, baseline="black", classes=classes, output=output, batch=32
    )
    scores = [model.predict_on_batch(x[..., None].astype("f")) for x in (images, 0 * images)]
    if output == "probability":
        scores = [np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for x in scores]
    difference = (scores[0] - scores[1])[np.arange(6), classes]
    missed = np.abs(found.maps.sum(axis=(1, 2)) - difference) / np.abs(difference)
    np.testing.assert_allclose(found.error, missed, atol=1e-4)
    assert ((found.error <= 1e-3) | (found.steps == 1600)).all()


def test_steps_double_for_those_that_need_more() -> None:
    found = integrated_gradients(rectified(), images_of(8), baseline="black")
    assert set(found.steps) <= {25 * 2**k for k in range(7)}
    assert len(set(found.steps)) > 1
    coarse = integrated_gradients(rectified(), images_of(8), baseline="black", steps=25)
    assert (coarse.error[found.steps > 25] > 1e-3).all()
    np.testing.assert_array_equal(coarse.maps[found.steps == 25], found.maps[found.steps == 25])


def test_from_an_image_to_itself_nothing_is_explained() -> None:
    images = images_of(2)
    found = integrated_gradients(rectified(), images, baseline=images)
    assert not found.maps.any()
    assert not found.error.any()


def test_a_model_without_gradient_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^model: has no gradient"):
        integrated_gradients(logging()[0], images_of(1), baseline="black", steps=3)


def test_between_recolored_scenes_it_is_zero_outside_the_visible_object_and_complete() -> None:
    model = build(NETWORKS["bn_tiny"], 24, 3, seed=0)
    images, recolored = render(SCENES), render(SCENES.replace(intensity=9))
    found = integrated_gradients(model, images, baseline=recolored, classes=1)
    assert not found.maps[~masks(SCENES).object].any()
    before, after = (model.predict_on_batch(x[..., None].astype("f")) for x in (recolored, images))
    difference = (after - before)[:, 1]
    np.testing.assert_allclose(found.maps.sum(axis=(1, 2)), difference, rtol=2e-3, atol=1e-5)
    assert np.abs(difference).max() > 1e-3


def test_without_clipped_noise_the_straight_line_passes_through_scenes() -> None:
    ends = [render(SCENES.replace(intensity=level)).astype(float) for level in (20, 120)]
    for share, level in ((0.25, 45), (0.5, 70), (0.75, 95)):
        between = (1 - share) * ends[0] + share * ends[1]
        np.testing.assert_array_equal(render(SCENES.replace(intensity=level)), between)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("baseline", {"baseline": "white"}),
        ("baseline", {"baseline": np.zeros((HEIGHT, HEIGHT))}),
        ("baseline", {"baseline": np.nan}),
        ("steps", {"baseline": 0, "steps": 0}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"^{argument}: .* (is|are) not allowed"):
        integrated_gradients(linear()[0], images_of(1), **options)  # type: ignore[arg-type]
