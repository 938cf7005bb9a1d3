"""Which scenes to show: always the first of their kind, so that none is picked by eye."""

import numpy as np

from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, first_of_each_class
from intensity.data.tasks import Task
from intensity.values import InvalidInput

SEARCHED = 500
"""Test scenes among which examples are looked for."""


def class_examples(task: Task, options: SceneOptions, count: int = 1) -> Scenes:
    """The first `count` test scenes of each class, class by class.

    Args:
        task: which intensities occur and their classes.
        options: what the scenes look like.
        count: scenes of each class.

    Raises:
        InvalidInput: a class has fewer among the first 500.
    """
    drawn = draw_scenes(task, options, "test", 0, SEARCHED)
    return drawn[first_of_each_class(drawn, count).ravel()]


def example_titles(scenes: Scenes) -> list[str]:
    """A title for each scene: its class, and its number among those of its class, from 1 on."""
    seen = [0] * scenes.task.classes
    titles = []
    for label in scenes.label:
        seen[label] += 1
        titles.append(f"class {label}, no. {seen[label]}")
    return titles


def first_of_each_pair(first: Scenes, second: Scenes) -> np.ndarray:
    """Rows of the first scenes with each pair of classes, by the first class, then the second.

    Args:
        first: n scenes, with classes of one task.
        second: the same scenes, with classes of another.

    Returns:
        (classes of the first times classes of the second,) row numbers.

    Raises:
        InvalidInput: a pair has no scene.
    """
    pairs = first.label * second.task.classes + second.label
    found, rows = np.unique(pairs, return_index=True)
    wanted = first.task.classes * second.task.classes
    if len(found) < wanted:
        raise InvalidInput(f"scenes: {len(first)} hold {len(found)} of {wanted} pairs; give more")
    return rows
