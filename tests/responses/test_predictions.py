"""Predictions: the largest logit of the rendered scene; and nothing heavy for asking a store."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from intensity.rendering import render
from intensity.responses.predictions import predicted_classes
from intensity.scenes import SceneOptions, draw_scenes
from intensity.tasks import TASKS
from intensity.values import InvalidInput

SCENES = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(21,)), "test", 0, 7)


def largest_pixel() -> keras.Model:
    """A network whose logits are the pixels."""
    images = keras.Input((16, 16, 1))
    return keras.Model(images, keras.layers.Flatten()(images))


def test_the_largest_logit_is_predicted() -> None:
    predicted = predicted_classes(largest_pixel(), SCENES)["predicted"]
    expected = render(SCENES).reshape(7, -1).argmax(axis=1)
    np.testing.assert_array_equal(predicted, expected)


def test_no_scene_is_refused() -> None:
    with pytest.raises(InvalidInput, match="0 scenes are not allowed"):
        predicted_classes(largest_pixel(), SCENES[:0])


def test_what_notebooks_import_loads_no_deep_learning() -> None:
    modules = [
        *("attribution.gradient", "attribution.occlusion", "attribution.scoring", "figures"),
        *("datasets", "discussion", "readers", "responses.activations", "responses.curves"),
        *("responses.panels", "responses.predictions", "responses.profiles", "sweeps", "tables"),
    ]
    program = "import sys; " + "; ".join(f"import intensity.{name}" for name in modules)
    program += "; print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
