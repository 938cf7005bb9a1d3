"""The plane of intensity and background: the class predicted for every pair of them.

Scenes are rendered again with both replaced, while noise and places stay. Predictions from
absolute intensity form stripes across the plane, predictions from contrast stripes along the
diagonal. Axes are always in the order background, intensity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.analysis.response_curves import RENDERED
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS, MINIMUM_CONTRAST, Task
from intensity.models.inference import logits
from intensity.models.inputs import batches, check_count, check_scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def class_plane(model: keras.Model, scenes: Scenes, step: int) -> dict[str, np.ndarray]:
    """How often each class is predicted for every pair of intensity and background.

    Args:
        scenes: n scenes; where an object is hollow, the background shows inside of it.
        step: grey levels from one point of the grid to the next, from 0 on, on both axes.

    Returns:
        `intensity` (k,) and `background` (k,) grey levels, `share` (k, k, classes) of scenes, by
        background, intensity and predicted class.

    Raises:
        InvalidInput: step is not 1..255, or scenes do not fit the model.
    """
    check_count("step", step, most=LEVELS - 1)
    check_scenes(model, scenes)
    grid = np.arange(0, LEVELS, step)
    counts = np.zeros((len(grid), len(grid), model.output_shape[-1]), np.int64)
    for rows in batches(len(scenes) * len(grid) ** 2, RENDERED):
        pair, scene = np.divmod(np.arange(rows.start, rows.stop), len(scenes))
        background, intensity = np.divmod(pair, len(grid))
        images = render(_replaced(scenes[scene], grid[intensity], grid[background]))
        predicted = logits(model, images).argmax(axis=1)
        np.add.at(counts, (background, intensity, predicted), 1)
    return {"intensity": grid, "background": grid, "share": counts / len(scenes)}


def plane_labels(task: Task, intensity: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The true class of every pair of intensity and background.

    Args:
        task: whose class follows from these two.
        intensity: (k,) grey levels.
        background: (m,) grey levels.

    Returns:
        (m, k) int64, by background and intensity; -1 where no object can be drawn: for an
        intensity that the task does not have, and less than `MINIMUM_CONTRAST` from the background.

    Raises:
        InvalidInput: the class depends on the shape too.
    """
    if task.shapes:
        raise InvalidInput(f"task: {task.name} is not allowed: its class depends on the shape")
    i, b = np.meshgrid(np.asarray(intensity, int), np.asarray(background, int))
    seen = (np.abs(i - b) >= MINIMUM_CONTRAST) & np.isin(i, task.levels)
    return np.where(seen, task.classify(i, b, np.zeros_like(i)), -1)


def plane_agreement(
    intensity: np.ndarray, background: np.ndarray, share: np.ndarray, task: Task
) -> float:
    """Share of predictions that are right by the labels of a task, not always the trained one.

    The mean over scenes and over the pairs that can be drawn, all alike.

    Args:
        intensity: (k,) grey levels.
        background: (m,) grey levels.
        share: (m, k, classes) as `class_plane` returns it.
        task: says which class is right.

    Raises:
        InvalidInput: the plane has fewer classes than the task, the class depends on the shape, or
            no pair can be drawn.
    """
    labels = plane_labels(task, intensity, background)
    rows, columns = np.nonzero(labels >= 0)
    if share.shape[:2] != labels.shape or share.shape[2] < task.classes:
        allowed = (*labels.shape, task.classes)
        raise InvalidInput(f"share: shape {share.shape} is not allowed: {allowed}")
    if not len(rows):
        raise InvalidInput(f"intensity, background: no pair can be drawn by task {task.name}")
    return float(share[rows, columns, labels[rows, columns]].mean())


def label_conflicts(scenes: Scenes, task: Task) -> tuple[Scenes, np.ndarray]:
    """The scenes whose class is another one by the labels of another task.

    Args:
        task: that labels the same scenes otherwise.

    Returns:
        These m scenes, and (m,) their classes by the other task.
    """
    other = task.classify(scenes.intensity, scenes.background, scenes.shape)
    rows = np.flatnonzero(scenes.label != other)
    return scenes[rows], other[rows]


def background_answers(scenes: Scenes, predicted: np.ndarray) -> dict[str, np.ndarray]:
    """Whose class is answered where the background's level has another class than the object's.

    An answer that depends on neither names each of three classes in a third of the scenes, about.

    Args:
        scenes: n scenes with backgrounds at random.
        predicted: (n,) classes.

    Returns:
        `object`, `background`, `third`: shares of answers that name the class of the object's
        level, that of the background's, and neither; `scenes`: how many they are of.

    Raises:
        InvalidInput: there is not one answer a scene, or no background has another class.
    """
    around = scenes.task.label(scenes.background)
    differ = (around >= 0) & (around != scenes.label)
    if np.shape(predicted) != differ.shape or not differ.any():
        raise InvalidInput(
            f"predicted: shape {np.shape(predicted)} with {differ.sum()} backgrounds of another "
            f"class is not allowed: {differ.shape}, one a scene, and at least one background"
        )
    of_object = (predicted == scenes.label)[differ].mean()
    of_background = (predicted == around)[differ].mean()
    return {
        "object": of_object,
        "background": of_background,
        "third": 1 - (of_object + of_background),
        "scenes": differ.sum(),
    }


def _replaced(scenes: Scenes, intensity: np.ndarray, background: np.ndarray) -> Scenes:
    through = scenes.core_intensity == scenes.background
    core = np.where(through, background, scenes.core_intensity)
    return scenes.replace(intensity=intensity, background=background, core_intensity=core)
