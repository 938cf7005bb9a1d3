"""Grey levels: those of a sweep, and those that a scene's object could have been drawn with."""

import numpy as np

from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS, MINIMUM_CONTRAST, Task
from intensity.values import InvalidInput


def as_levels(levels: np.ndarray) -> np.ndarray:
    """Grey levels to sweep over, (k,) int64.

    Args:
        levels: (k,) integers 0..255, increasing, at least two.

    Raises:
        InvalidInput: they are something else.
    """
    values = np.asarray(levels)
    good = values.dtype.kind in "ui" and values.ndim == 1 and len(values) > 1
    values = values.astype(np.int64) if good else values
    if not good or values[0] < 0 or values[-1] >= LEVELS or (np.diff(values) <= 0).any():
        raise InvalidInput(
            f"levels: {values.dtype} of shape {values.shape} is not allowed: "
            "at least two increasing grey levels, integers 0..255"
        )
    return values


def swept_levels(task: Task, step: int) -> np.ndarray:
    """(k,) grey levels of a task from its first one on in steps, and its last one."""
    return np.unique([*task.levels[::step], task.levels[-1]])


def contrasting(levels: np.ndarray) -> np.ndarray:
    """(n, 256) bool, which levels differ by `MINIMUM_CONTRAST` or more from each of (n,) levels."""
    distance = np.abs(levels.astype(int)[:, None] - np.arange(LEVELS))
    return distance >= MINIMUM_CONTRAST


def drawable(scenes: Scenes, levels: np.ndarray) -> np.ndarray:
    """Which levels the object of each scene could have been drawn with.

    They are levels of the task that have a class, differ by `MINIMUM_CONTRAST` or more from the
    background where that is random, and are not of the class of a second object.

    Args:
        scenes: n scenes.
        levels: (k,) integers 0..255.

    Returns:
        (n, k) bool.
    """
    task, swept = scenes.task, np.broadcast_to(levels, (len(scenes), len(levels)))
    allowed = np.isin(swept, task.levels) & (scenes.label_at(swept) >= 0)
    if scenes.options.background == "random":
        allowed &= contrasting(scenes.background)[:, levels]
    beside = (scenes.distractor_area > 0)[:, None]
    second = task.label(scenes.distractor_intensity)[:, None]
    allowed &= ~beside | (task.label(swept) != second)
    return allowed
