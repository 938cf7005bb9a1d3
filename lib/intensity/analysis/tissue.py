"""What networks answer to patches rendered again: their task, another surround, another level.

All functions take a network for patches first and are measured on test patches whose middles show
their level; levels are the same for every network and seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from intensity.data.tasks import LEVELS, Task
from intensity.data.tissue import SIDE, evaluation_patches, task_patches, with_levels
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
        (count,) `predicted`, `label` of the object, `around`, the class of the surround's level;
        `larger`, whether the surround has more pixels than the object.
    """
    patches, shown = task_patches(task, count)
    around = other_class_levels(task, shown.label, 2)
    images = with_levels(patches, shown.level, around)
    room = (patches.inside & ~patches.object).sum(axis=(1, 2))
    return {
        "predicted": logits(model, images).argmax(axis=1), "label": shown.label,
        "around": task.label(around), "larger": room > patches.object.sum(axis=(1, 2)),
    }  # fmt: skip


def other_class_levels(task: Task, label: np.ndarray, use: int) -> np.ndarray:
    """(n,) levels that a task draws, each of another class than (n,) labels, any as likely.

    Args:
        task: what levels mean.
        label: classes.
        use: a number for each use of such levels.
    """
    rng, levels = _rng(use), task.levels
    classes = task.label(levels)
    return np.array([rng.choice(levels[classes != one]) for one in label])


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


def core_answers(model: keras.Model, task: Task, count: int) -> dict[str, np.ndarray]:
    """Answers where the half of the object far from its edge and the rest show two classes.

    Each patch is rendered twice: a level of another class in that half, the core, and in the ring.

    Returns:
        (2 * count,) `predicted`; `core` and `ring`, the classes of the two; `middle`, whether the
        middle of the patch, which says what its object is, lies in the core.
    """
    patches, shown = task_patches(task, count)
    core, new = _far_half(patches.object), other_class_levels(task, shown.label, 4)
    other, own, turned = with_levels(patches, new), shown.label, task.label(new)
    pairs = (other, shown.images), (shown.images, other)
    images = np.concatenate([np.where(core, *pair) for pair in pairs])
    return {
        "predicted": logits(model, images).argmax(axis=1),
        "core": np.concatenate([turned, own]), "ring": np.concatenate([own, turned]),
        "middle": np.tile(core[:, SIDE // 2, SIDE // 2], 2),
    }  # fmt: skip


def _far_half(masks: np.ndarray) -> np.ndarray:
    """(n, h, w) bool: half of each object, the furthest from its edge; the frame is none."""
    found = np.zeros_like(masks)
    for half, mask in zip(found, masks, strict=True):
        depth, pixels = ndimage.distance_transform_edt(mask), np.flatnonzero(mask)
        order = np.argsort(-depth.ravel()[pixels], kind="stable")
        half.flat[pixels[order[: len(pixels) // 2]]] = True
    return found


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
