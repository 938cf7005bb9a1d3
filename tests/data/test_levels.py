"""Levels: which can be swept over, and which a scene could have been drawn with."""

import numpy as np
import pytest

from intensity.data.levels import as_levels, drawable, swept_levels
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.training.presets import TASKS, find_setting
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


def test_a_sweep_ends_with_the_last_level_of_the_task() -> None:
    assert swept_levels(TASKS["hard"], 100).tolist() == [5, 105, 205, 254]
    assert swept_levels(TASKS["hard"], 249).tolist() == [5, 254]


def test_levels_near_a_random_background_cannot_be_drawn() -> None:
    drawn = draw_scenes(TASKS["absolute"], find_setting("backgrounds"), "test", 0, 2)
    scenes = drawn.replace(background=[60, 255])
    levels = np.array([4, 55, 56, 64, 65, 250, 251, 255])
    assert drawable(scenes, levels).astype(int).tolist() == [
        [0, 1, 0, 0, 1, 1, 1, 0],
        [0, 1, 1, 1, 1, 1, 0, 0],
    ]


def test_levels_of_the_class_of_the_distractor_cannot_be_drawn() -> None:
    pairs = SceneOptions(size=32, areas=(21,), distractor="square")
    scenes = draw_scenes(TASKS["distractor"], pairs, "test", 0, 2)
    scenes = scenes.replace(distractor_intensity=[20, 180])  # classes 0 and 2
    levels = np.array([50, 100, 101, 151, 200, 201])
    assert drawable(scenes, levels).astype(int).tolist() == [[0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 1]]
    assert drawable(scenes.replace(distractor_area=0), levels).all()


@pytest.mark.parametrize("task", ["absolute", "contrast", "distractor", "shape", "conjunction"])
def test_what_scenes_are_drawn_with_can_be_drawn(task: str) -> None:
    settings = {"distractor": "pairs", "shape": "shapes"}
    options = find_setting(settings.get(task, "backgrounds"))
    if task == "conjunction":
        options = options.model_copy(update={"shapes": ("disc", "square")})
    scenes = draw_scenes(TASKS[task], options, "test", 0, 50)
    assert drawable(scenes, scenes.intensity).diagonal().all()
