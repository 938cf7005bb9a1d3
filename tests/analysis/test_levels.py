"""Scenes that are accepted."""

import keras
import pytest

from intensity.analysis.levels import check_scenes
from intensity.data.scenes import SceneOptions, draw_scenes
from intensity.training.presets import TASKS
from intensity.values import InvalidInput


def test_scenes_that_a_model_cannot_be_shown_are_refused() -> None:
    images = keras.Input((8, 8, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    scenes = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(9,)), "test", 0, 2)
    with pytest.raises(InvalidInput, match=r"^images: 16 x 16 pixels"):
        check_scenes(model, scenes)
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        check_scenes(model, scenes[:0])
