"""Readers of patches that need no network: one number of a patch, and the best decision from it.

For tissues the number is cut into bins with equally many training patches; the answer is the tissue
that a bin holds most of. For a task on levels the number is a level, and the answer its class.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from intensity.data.tasks import Task
from intensity.data.tissue import (
    PURE,
    SIDE,
    TISSUES,
    Patches,
    evaluation_patches,
    task_patches,
    training_patches,
)

BINS = 64
MIDDLE = SIDE // 2


def middle_level(patches: Patches) -> np.ndarray:
    """(n,) the grey level of the middle pixel."""
    return patches.images[:, MIDDLE, MIDDLE]


def contrast(patches: Patches) -> np.ndarray:
    """(n,) the grey level of the middle pixel minus the mean of the brain in the patch."""
    count = patches.inside.sum(axis=(1, 2))
    return middle_level(patches) - patches.images.sum(axis=(1, 2)) / count


def half_thickness(patches: Patches) -> np.ndarray:
    """(n,) distance from the middle to the edge of the object, pixels: shape without level."""
    return np.array(
        [ndimage.distance_transform_edt(mask)[MIDDLE, MIDDLE] for mask in patches.object]
    )


def black_share(patches: Patches) -> np.ndarray:
    """(n,) share of the patch outside of the brain."""
    return 1 - patches.inside.mean(axis=(1, 2))


READERS: dict[str, tuple[str, Callable[[Patches], np.ndarray]]] = {
    "middle_level": ("level of the middle pixel", middle_level),
    "contrast": ("middle minus mean of the brain", contrast),
    "half_thickness": ("distance to the object's edge", half_thickness),
    "black_share": ("share outside of the brain", black_share),
}
"""All readers by name: what people call them, and the number that they read."""


def tissue_readers(training: int, count: int) -> dict[str, np.ndarray]:
    """Which test patches each reader gets right.

    Args:
        training: training patches that it learns from.
        count: test patches, a third of each tissue.

    Returns:
        By name (count,) bool; and `group`, (count,) the blocks that patches lie in.
    """
    learned, shown = training_patches(0, 0, training), evaluation_patches("test", count)
    answers = {
        name: _decided(number(learned), learned.label, number(shown))
        for name, (_, number) in READERS.items()
    }
    right = {name: answer == shown.label for name, answer in answers.items()}
    return {**right, "group": shown.group}


def level_readers(task: Task, count: int) -> dict[str, np.ndarray]:
    """Which test patches of a task are read right from the level that they show.

    Returns:
        (count,) bool: `middle_level`, the level of the middle pixel, and `pure_mean`, the mean of
        all pixels that are nearly all object, which takes the maps; and `group`, the blocks.
    """
    patches, shown = task_patches(task, count)
    pure = patches.soft > PURE
    levels = {
        "middle_level": shown.images[:, MIDDLE, MIDDLE],
        "pure_mean": (shown.images * pure).sum(axis=(1, 2)) / pure.sum(axis=(1, 2)),
    }
    whole = {name: np.rint(level).astype(int) for name, level in levels.items()}
    right = {name: task.label(level) == shown.label for name, level in whole.items()}
    return {**right, "group": patches.group}


def _decided(known: np.ndarray, label: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """(m,) tissues that go with m numbers, by n known numbers and their tissues."""
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = np.zeros((len(edges) + 1, len(TISSUES)))
    np.add.at(counts, (np.searchsorted(edges, known), label), 1)
    return counts.argmax(axis=1)[np.searchsorted(edges, asked)]
