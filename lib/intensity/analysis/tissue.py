"""What networks answer to patches rendered again: their task, another surround, another level.

All functions take a network for patches first and are measured on test patches whose middles show
their level; levels are the same for every network and seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.data.tasks import LEVELS, Task
from intensity.data.tissue import evaluation_patches, task_patches, with_levels
from intensity.models.inference import logits
from intensity.models.inputs import batches

if TYPE_CHECKING:
    import keras

MARGIN = 5
"""Grey levels that a level is away from every class boundary at least, where it is "inside"."""
RENDERED = 1024
"""Patches rendered at a time."""


def image_logits(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """`logits`: (n, classes) of (n, h, w) images."""
    return {"logits": logits(model, images)}


def _rng(use: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=use))


def task_answers(model: keras.Model, task: Task, count: int) -> dict[str, np.ndarray]:
    """Answers to test patches of a task.

    Returns:
        (count,) `predicted`, `label`, and by the task's rules on the same levels `absolute`, the
        class of the level, and `contrast`, that of the distance to the surround, -1 for none.
    """
    _, shown = task_patches(task, count)
    around = np.nan_to_num(shown.around)
    apart = np.abs(shown.level - around).astype(int)
    both = np.isfinite(shown.around)
    return {
        "predicted": logits(model, shown.images).argmax(axis=1), "label": shown.label,
        "absolute": task.label(shown.level), "contrast": np.where(both, task.label(apart), -1),
    }  # fmt: skip


def surround_answers(model: keras.Model, task: Task, count: int) -> dict[str, np.ndarray]:
    """Answers where all around the object is rendered again at a level of another class.

    Returns:
        (count,) `predicted`, `label` of the object, `around`, the class of the surround's level.
    """
    patches, shown = task_patches(task, count)
    rng, levels = _rng(2), task.levels
    classes = task.label(levels)
    around = np.array([rng.choice(levels[classes != label]) for label in shown.label])
    images = with_levels(patches, shown.level, around)
    predicted = logits(model, images).argmax(axis=1)
    return {"predicted": predicted, "label": shown.label, "around": task.label(around)}


def recolored_answers(model: keras.Model, task: Task, count: int) -> dict[str, np.ndarray]:
    """Answers in matched pairs: the object gets a level of another class, or one of its own as far.

    All three levels lie `MARGIN` or more from every boundary; patches without such levels are left
    out.

    Returns:
        (m,) `before`, `other`, `same`: answers at the own level, in the other class and in the same
        one; `label` of the own level, `target` of the other class.
    """
    patches, shown = task_patches(task, count)
    rows, other, same = _matched(task, shown.level, _rng(3))
    levels = {"before": shown.level[rows], "other": other, "same": same}
    answers = {
        name: logits(model, with_levels(patches[rows], level)).argmax(axis=1)
        for name, level in levels.items()
    }
    return {**answers, "label": task.label(levels["before"]), "target": task.label(other)}


def _matched(
    task: Task, level: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of (n,) levels that have a pair, and a level of another and of the same class."""
    drawn, found = np.isin(np.arange(LEVELS), task.levels), []
    inside = drawn & (np.abs(np.arange(LEVELS)[:, None] - task.edges) >= MARGIN).all(axis=1)
    for row, own in enumerate(level):
        step = np.arange(1, min(own, LEVELS - 1 - own) + 1)
        step = step[inside[own] & inside[own - step] & inside[own + step]]
        below, above = (task.label(own + sign * step) == task.label(own) for sign in (-1, 1))
        step = step[below != above]
        if len(step):
            chosen = int(rng.choice(step))
            pair = own - chosen, own + chosen
            alike = int(task.label(pair[1]) == task.label(own))
            found.append((row, pair[1 - alike], pair[alike]))
    rows, other, same = np.array(found).T
    return rows, other, same


def tissue_plane(model: keras.Model, task: Task, count: int, step: int) -> dict[str, np.ndarray]:
    """How often each class is answered for every pair of levels of object and surround.

    Args:
        model: answers by the task's classes.
        task: that the network was trained on.
        count: test patches, of all that there are spread evenly.
        step: grey levels from one point of the grid to the next, from 0 on, on both axes.

    Returns:
        As `planes.class_plane`: `intensity` (k,), `background` (k,), `share` (k, k, classes).
    """
    patches = evaluation_patches("test", count, pure=True)
    grid = np.arange(0, LEVELS, step)
    counts = np.zeros((len(grid), len(grid), model.output_shape[-1]), np.int64)
    for rows in batches(len(patches) * len(grid) ** 2, RENDERED):
        pair, patch = np.divmod(np.arange(rows.start, rows.stop), len(patches))
        around, level = np.divmod(pair, len(grid))
        images = with_levels(patches[patch], grid[level], grid[around])
        np.add.at(counts, (around, level, logits(model, images).argmax(axis=1)), 1)
    return {"intensity": grid, "background": grid, "share": counts / len(patches)}
