"""Sweeps: which levels and scenes are accepted."""

import keras
import numpy as np
import pytest

from intensity.analysis.levels import as_levels, check_scenes
from intensity.data.scenes import SceneOptions, draw_scenes
from intensity.data.tasks import TASKS
from intensity.values import InvalidInput


def test_levels_are_integers() -> None:
    levels = as_levels(np.array([5, 200], np.uint8))
    assert levels.dtype == np.int64
    assert levels.tolist() == [5, 200]


@pytest.mark.parametrize(
    "levels", [[5], [5, 5], [9, 5], [-1, 5], [5, 256], [0.5, 1.5], [[1, 2]], np.uint8([200, 100])]
)
def test_other_levels_are_refused(levels: list[object]) -> None:
    with pytest.raises(InvalidInput, match=r"^levels: .* at least two increasing grey levels"):
        as_levels(np.asarray(levels))


def test_scenes_that_a_model_cannot_be_shown_are_refused() -> None:
    images = keras.Input((8, 8, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    scenes = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(9,)), "test", 0, 2)
    with pytest.raises(InvalidInput, match=r"^images: 16 x 16 pixels"):
        check_scenes(model, scenes)
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        check_scenes(model, scenes[:0])
