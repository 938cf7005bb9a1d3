"""Examples are the first scenes of their kind."""

import numpy as np
import pytest

from intensity.data.examples import class_examples, example_titles, first_of_each_pair
from intensity.data.sampling import draw_scenes
from intensity.training.presets import SETTINGS, TASKS
from intensity.values import InvalidInput


def test_examples_of_a_class_are_its_first_test_scenes() -> None:
    examples = class_examples(TASKS["hard"], SETTINGS["discs"], 2)
    assert examples.label.tolist() == [0, 0, 1, 1, 2, 2]
    drawn = draw_scenes(TASKS["hard"], SETTINGS["discs"], "test", 0, 100)
    for label in range(3):
        first = drawn[drawn.label == label][:2]
        assert np.array_equal(examples[examples.label == label].center, first.center)


def test_titles_number_the_scenes_of_a_class() -> None:
    examples = class_examples(TASKS["hard"], SETTINGS["discs"], 2)
    titles = example_titles(examples[[0, 2, 1, 3]])
    assert titles == ["class 0, no. 1", "class 1, no. 1", "class 0, no. 2", "class 1, no. 2"]


def test_every_pair_of_classes_has_its_first_scene() -> None:
    absolute, contrast = (
        draw_scenes(TASKS[name], SETTINGS["backgrounds"], "test", 0, 200)
        for name in ("absolute", "contrast")
    )
    rows = first_of_each_pair(absolute, contrast)
    pairs = list(zip(absolute.label.tolist(), contrast.label.tolist(), strict=True))
    assert [pairs[row] for row in rows] == [(a, b) for a in range(3) for b in range(3)]
    assert [pairs.index(pairs[row]) for row in rows] == rows.tolist()
    with pytest.raises(InvalidInput, match="scenes: 2 hold"):
        first_of_each_pair(absolute[:2], contrast[:2])
