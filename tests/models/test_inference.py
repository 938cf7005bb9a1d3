"""Predictions: the largest logit of the image, however it is read; nothing heavy for a store."""

import re
import subprocess
import sys

import keras
import numpy as np
import pytest

from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.models.build import build
from intensity.models.inference import logits, predicted_classes
from intensity.training.presets import NETWORKS, TASKS
from intensity.values import ROOT, InvalidInput
from networks import randomize

SCENES = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(21,)), "test", 0, 7)


def largest_pixel() -> keras.Model:
    """A network whose logits are the pixels."""
    images = keras.Input((16, 16, 1))
    return keras.Model(images, keras.layers.Flatten()(images))


def test_the_largest_logit_is_predicted() -> None:
    predicted = predicted_classes(largest_pixel(), SCENES)["predicted"]
    expected = render(SCENES).reshape(7, -1).argmax(axis=1)
    np.testing.assert_array_equal(predicted, expected)


@pytest.fixture(scope="module")
def pixels() -> keras.Model:
    """A permutation invariant network, with weights of its own in every layer."""
    model = build(NETWORKS["pixels"], 16, 3, 0)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(np.abs(rng.normal(0.5, 0.3, weight.shape)) * rng.choice([-1, 1]))
    norm = model.get_layer("norm1")
    norm.moving_variance.assign(np.abs(norm.moving_variance))
    return model


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """(9, 16, 16) images of all kinds of grey levels."""
    return np.random.default_rng(1).integers(0, 256, (9, 16, 16), np.uint8)


@pytest.mark.parametrize("batch", [2, 9, 100])
def test_a_permutation_invariant_network_reads_the_same_from_histograms(
    pixels: keras.Model, images: np.ndarray, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = pixels.predict_on_batch(images[..., None])
    assert np.ptp(expected, axis=0).min() > 1e-2

    def never(_: np.ndarray) -> np.ndarray:
        raise AssertionError

    monkeypatch.setattr(pixels, "predict_on_batch", never)
    read = logits(pixels, images, batch=batch)
    assert read.shape == (9, 3)
    np.testing.assert_allclose(read, expected, rtol=1e-3, atol=1e-3)


def test_images_between_grey_levels_have_no_histogram_and_are_read_as_they_are(
    pixels: keras.Model, images: np.ndarray
) -> None:
    between = images + np.float32(0.5)
    expected = pixels.predict_on_batch(between[..., None])
    np.testing.assert_array_equal(logits(pixels, between), expected)
    np.testing.assert_array_equal(logits(pixels, between.astype(np.float64)), expected)
    assert not np.allclose(expected, logits(pixels, images), atol=1e-3)


@pytest.mark.parametrize("name", ["bn_tiny", "small"])
def test_logits_of_images_of_either_shape_do_not_depend_on_the_batch(
    name: str, images: np.ndarray
) -> None:
    model = build(NETWORKS[name], 16, 3, 0)
    randomize(model)
    expected = model.predict_on_batch(images[..., None])
    read = logits(model, images)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(logits(model, images[..., None]), read)
    np.testing.assert_allclose(logits(model, images, batch=4), expected, rtol=1e-4, atol=1e-4)


def test_no_scene_is_refused() -> None:
    with pytest.raises(InvalidInput, match="0 scenes are not allowed"):
        predicted_classes(largest_pixel(), SCENES[:0])


def test_what_notebooks_import_loads_no_deep_learning() -> None:
    cells = "".join(path.read_text() for path in (ROOT / "notebooks").glob("0*.ipynb"))
    lines = sorted(set(re.findall(r"from intensity[\w.]* import [\w, ]+", cells)))
    program = "import sys; " + "; ".join(lines)
    assert len(lines) > 10
    program += "; print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_images_of_several_channels_are_read_as_they_are() -> None:
    shown = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1, activation="relu")(shown))
    model = keras.Model(shown, keras.layers.Dense(2)(x))  # would read a histogram if it were grey
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    found = logits(model, images, batch=2)
    np.testing.assert_allclose(found, model.predict_on_batch(images.astype("f")), rtol=1e-4)
    assert found.dtype == np.float32
