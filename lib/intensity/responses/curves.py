"""Class-response curves: the logits of one scene while the object's intensity is swept.

A network that has learned an intensity function draws square waves: the logit of the right class is
on top at every level, and curves cross where the class changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from intensity.attribution.inputs import batches, to_network
from intensity.rendering import render
from intensity.responses.levels import as_levels, check_scenes
from intensity.scenes import Scenes
from intensity.tasks import Task
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def class_response_curves(
    model: keras.Model, scenes: Scenes, levels: np.ndarray, *, batch: int = 64
) -> dict[str, np.ndarray]:
    """Logits of scenes rendered again at every level, all else (noise, occluders) unchanged.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        levels: (k,) integers 0..255, increasing: the object's intensities.
        batch: images that pass through the model at once.

    Returns:
        `levels` (k,) and `logits` (n, k, classes) float32.

    Raises:
        InvalidInput: levels are wrong, or scenes do not fit the model.
    """
    from intensity.networks import predict_logits

    swept = as_levels(levels)
    check_scenes(model, scenes)
    parts = []
    for rows in batches(len(scenes) * len(swept), batch):
        scene, k = np.divmod(np.arange(rows.start, rows.stop), len(swept))
        images = render(scenes[scene].replace(intensity=swept[k]))
        parts.append(predict_logits(model, to_network(images), batch))
    curves = np.concatenate(parts).reshape(len(scenes), len(swept), -1)
    return {"levels": swept, "logits": curves}


def levels_read_right(logits: np.ndarray, levels: np.ndarray, task: Task) -> float:
    """Share of pairs of scene and level whose predicted class is right.

    Only levels that the task can draw count, all of them alike.

    Args:
        logits: (n, k, classes).
        levels: (k,) increasing grey levels.
        task: says which class is right.

    Raises:
        InvalidInput: sizes do not fit, or no level can be drawn.
    """
    predicted, levels = _predicted(logits, levels)
    counted = np.isin(levels, task.levels)
    if not counted.any():
        raise InvalidInput(f"levels: none of {levels.tolist()} can be drawn by task {task.name}")
    return float((predicted == task.label(levels))[:, counted].mean())


def crossings(logits: np.ndarray, levels: np.ndarray) -> pd.DataFrame:
    """Every change of the predicted class along the curves.

    Args:
        logits: (n, k, classes).
        levels: (k,) increasing grey levels.

    Returns:
        Columns scene (0..n-1), level (half-way between the two levels around the change), before
        and after (classes).

    Raises:
        InvalidInput: sizes do not fit.
    """
    predicted, levels = _predicted(logits, levels)
    scene, k = np.nonzero(np.diff(predicted, axis=1))
    return pd.DataFrame(
        {
            "scene": scene,
            "level": (levels[k] + levels[k + 1]) / 2,
            "before": predicted[scene, k],
            "after": predicted[scene, k + 1],
        }
    )


def crossing_distance(logits: np.ndarray, levels: np.ndarray, task: Task) -> float:
    """Median distance from a true class boundary to the nearest crossing of a scene's curve.

    The median is over all pairs of scene and boundary. A boundary is a value of `task.edges`.
    A scene whose predicted class never changes has the largest distance that a crossing
    in this sweep could have: from the boundary to the farther end of the sweep.

    Args:
        logits: (n, k, classes).
        levels: (k,) increasing grey levels; they enclose all boundaries.
        task: says where the class changes.

    Returns:
        Grey levels. Steps of the sweep limit it: with every level in it, the best value is 0.

    Raises:
        InvalidInput: sizes do not fit, or the sweep leaves a boundary out.
    """
    predicted, levels = _predicted(logits, levels)
    edges = task.edges
    if edges[0] < levels[0] or edges[-1] > levels[-1]:
        raise InvalidInput(
            f"levels: {levels[0]}..{levels[-1]} is not allowed: "
            f"must enclose the class boundaries {edges[0]}..{edges[-1]}"
        )
    places = (levels[1:] + levels[:-1]) / 2
    distance = np.abs(places - edges[:, None])
    changed = np.diff(predicted, axis=1)[:, None, :] != 0
    farthest = np.maximum(edges - levels[0], levels[-1] - edges)[:, None]
    nearest = np.where(changed, distance, farthest).min(axis=2)
    return float(np.median(nearest))


def _predicted(logits: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) predicted classes, and the levels, once sizes fit."""
    swept, values = as_levels(levels), np.asarray(logits)
    if values.ndim != 3 or values.shape[1] != len(swept) or not len(values):
        raise InvalidInput(
            f"logits: shape {values.shape} is not allowed: (scenes, {len(swept)} levels, classes)"
        )
    return values.argmax(axis=2), swept
