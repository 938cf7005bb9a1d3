"""Class-response curves: the logits of one scene while the object's intensity is swept.

The logits of a network that has learned an intensity function are square waves: that of the correct
class is highest at every level, and curves cross where the class changes.

What is right depends on the scene: its class at a level is `Scenes.label_at`, and only levels that
the scene could have been drawn with count. A crossing is a change of the predicted class between
two neighboring levels that count, and lies half-way between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import softmax

from intensity.data.levels import as_levels, drawable
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS, Task
from intensity.models.inference import logits
from intensity.models.inputs import batches, check_scenes
from intensity.statistics.correlation import rank_correlation
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

RENDERED = 4096
"""Images of a sweep that are in memory at once."""
STEP_BIN = 10
"""Sizes of a recoloring's step that are counted together, grey levels."""


def class_response_curves(
    model: keras.Model, scenes: Scenes, levels: np.ndarray, *, batch: int = 64
) -> dict[str, np.ndarray]:
    """Logits of scenes rendered again at every level, all else (noise, occluders) unchanged.

    Returns:
        `levels` (k,) and `logits` (n, k, classes) float32.

    Raises:
        InvalidInput: levels are wrong, or scenes do not fit the model.
    """
    swept = as_levels(levels)
    check_scenes(model, scenes)
    parts = []
    for rows in batches(len(scenes) * len(swept), RENDERED):
        scene, k = np.divmod(np.arange(rows.start, rows.stop), len(swept))
        images = render(scenes[scene].replace(intensity=swept[k]))
        parts.append(logits(model, images, batch=batch))
    curves = np.concatenate(parts).reshape(len(scenes), len(swept), -1)
    return {"levels": swept, "logits": curves}


def swept_probabilities(
    model: keras.Model, scenes: Scenes, levels: np.ndarray
) -> dict[str, np.ndarray]:
    """Class probabilities of scenes rendered again at every level, all else unchanged.

    Returns:
        `probabilities` (n, k, classes) float32.

    Raises:
        InvalidInput: as for `class_response_curves`.
    """
    logits = class_response_curves(model, scenes, levels)["logits"]
    return {"probabilities": softmax(logits, axis=-1)}


def levels_read_right(logits: np.ndarray, levels: np.ndarray, scenes: Scenes) -> float:
    """Share of pairs of scene and level whose predicted class is right.

    Only levels that a scene could have been drawn with count, all pairs alike.

    Args:
        scenes: the n scenes that were swept; they say which class is right.

    Raises:
        InvalidInput: sizes do not fit, or no level can be drawn.
    """
    predicted, swept, counted = _predicted(logits, levels, scenes)
    right = scenes.label_at(np.broadcast_to(swept, predicted.shape))
    return float((predicted == right)[counted].mean())


def crossings(logits: np.ndarray, levels: np.ndarray, scenes: Scenes) -> pd.DataFrame:
    """Every change of the predicted class along the curves.

    Args:
        scenes: the n scenes that were swept; levels that they cannot be drawn with are passed over.

    Returns:
        Columns scene (0..n-1), level (half-way between the two levels around the change), before
        and after (classes).

    Raises:
        InvalidInput: sizes do not fit, or no level can be drawn.
    """
    predicted, swept, counted = _predicted(logits, levels, scenes)
    scene, k = np.nonzero(counted)
    answer = predicted[scene, k]
    last = np.flatnonzero((np.diff(scene) == 0) & (np.diff(answer) != 0))
    return pd.DataFrame(
        {
            "scene": scene[last],
            "level": (swept[k[last]] + swept[k[last + 1]]) / 2,
            "before": answer[last],
            "after": answer[last + 1],
        }
    )


def crossing_distance(logits: np.ndarray, levels: np.ndarray, scenes: Scenes) -> float:
    """Median distance from a true class boundary to the nearest crossing of a scene's curve.

    The median is over all pairs of scene and boundary. A boundary is a value of `task.edges`.
    A scene whose predicted class never changes has the largest distance that a crossing
    in this sweep could have: from the boundary to the farther end of the sweep.

    Args:
        levels: (k,) increasing grey levels; they enclose all boundaries.
        scenes: the n scenes that were swept, of a task whose cue is the intensity.

    Returns:
        Grey levels. Steps of the sweep limit it: with every level in it, the best value is 0.

    Raises:
        InvalidInput: sizes do not fit, the sweep leaves a boundary out, or boundaries are not
            fixed in intensity.
    """
    edges = _boundaries(scenes.task, as_levels(levels))
    places = _nearest_crossings(crossings(logits, levels, scenes), len(scenes), edges)
    farthest = np.maximum(edges - levels[0], levels[-1] - edges)
    distance = np.where(np.isfinite(places), np.abs(places - edges), farthest)
    return float(np.median(distance))


def transitions(logits: np.ndarray, levels: np.ndarray, scenes: Scenes) -> pd.DataFrame:
    """Every true class boundary as a network sees it: where, how constant, how often not at all.

    In each scene a boundary's crossing is the nearest one (of two equally near the lower one),
    between whichever classes. It counts if it is nearer than half-way to the next boundary on the
    nearer side, so that no crossing counts for two boundaries; a boundary without neighbors has
    the whole sweep.

    Args:
        levels: (k,) increasing grey levels; they enclose all boundaries.
        scenes: the n scenes that were swept, of a task whose cue is the intensity.

    Returns:
        One row a boundary: columns boundary (grey levels, a value of `task.edges`), shown (the
        grey level that images have there: 255 - boundary where scenes are inverted), before and
        after (true classes), missing (share of scenes without a crossing that counts), and of the
        scenes that have one place (median of the crossings) and width (from their 10 % to their
        90 % quantile), both in grey levels and <NA> where missing is 1.

    Raises:
        InvalidInput: as for `crossing_distance`.
    """
    edges = _boundaries(scenes.task, as_levels(levels))
    places = _nearest_crossings(crossings(logits, levels, scenes), len(scenes), edges)
    gaps = np.concatenate([[np.inf], np.diff(edges), [np.inf]])
    counted = np.abs(places - edges) < np.minimum(gaps[:-1], gaps[1:]) / 2
    drawn = scenes.task.label(scenes.task.levels)
    change = np.flatnonzero(np.diff(drawn))
    shown = LEVELS - 1 - edges if scenes.options.inverted else edges
    classes = {"before": drawn[change], "after": drawn[change + 1]}
    table = pd.DataFrame({"boundary": edges, "shown": shown, **classes})
    seen = [column[rows] for column, rows in zip(places.T, counted.T, strict=True)]
    table["place"] = [np.median(part) if len(part) else pd.NA for part in seen]
    table["width"] = [
        np.ptp(np.quantile(part, (0.1, 0.9))) if len(part) else pd.NA for part in seen
    ]
    table["missing"] = 1 - counted.mean(axis=0)
    return table.astype({"place": "Float64", "width": "Float64"})


def transition_widths(table: pd.DataFrame) -> np.ndarray:
    """The width of every transition of a network, also where it has none.

    Of a boundary that no scene shows nothing is known but that its crossing lies nowhere within the
    range where it would count; this range, as wide as the nearer next boundary is far, is its
    width.

    Args:
        table: from `transitions`.

    Returns:
        (e,) grey levels.
    """
    gaps = np.concatenate([[LEVELS], np.diff(table["boundary"]), [LEVELS]])
    widest = np.minimum(gaps[:-1], gaps[1:])
    return table["width"].fillna(pd.Series(widest, table.index)).to_numpy(float)


def width_trend(table: pd.DataFrame) -> float:
    """Spearman's correlation of the width of transitions and the level that images have there.

    Above 0 where precision falls with brightness, as Weber's law has it; 0 where all widths are
    equal.

    Args:
        table: from `transitions`.
    """
    widths, shown = transition_widths(table), table["shown"].to_numpy(float)
    return float(np.nan_to_num(rank_correlation(widths[None], shown[None])[0]))


def recolor_outcomes(
    logits: np.ndarray, levels: np.ndarray, scenes: Scenes, predicted: np.ndarray
) -> pd.DataFrame:
    """What becomes of predictions when objects are recolored to every other level of the sweep.

    The prediction is *kept* where it is the one on the unmodified scene; otherwise it *follows*
    where it is the new level's class, and is a *third* class elsewhere. So an error that happens
    to name the new class beforehand is kept, not followed.

    Args:
        levels: (k,) increasing grey levels; those that a scene cannot be drawn with, and its own,
            are left out.
        scenes: the n scenes that were swept.
        predicted: (n,) classes predicted for the scenes as they are.

    Returns:
        One row for each kind and size of recoloring that occurs: columns recoloring ("other_class",
        "same_class": the true class at the new level), step (up to which |new - old| is counted
        here: 10 for 1..10 grey levels, 20 for 11..20, ...), count (pairs of scene and level), kept,
        follows, third (shares of the count).

    Raises:
        InvalidInput: sizes do not fit, or no other level can be drawn.
    """
    answers, swept, counted = _predicted(logits, levels, scenes)
    old, own = np.asarray(predicted), scenes.intensity.astype(int)
    if old.shape != own.shape:
        raise InvalidInput(f"predicted: shape {old.shape} is not allowed: {own.shape}, one a scene")
    scene, k = np.nonzero(counted & (swept != own[:, None]))
    if not len(scene):
        raise InvalidInput(f"levels: {swept.tolist()} hold no other level that can be drawn")
    new, label = answers[scene, k], scenes.label_at(np.tile(swept, (len(scenes), 1)))[scene, k]
    kept = new == old[scene]
    table = pd.DataFrame(
        {
            "recoloring": np.where(label == scenes.label[scene], "same_class", "other_class"),
            "step": STEP_BIN * -(-np.abs(swept[k] - own[scene]) // STEP_BIN),
            "kept": kept,
            "follows": ~kept & (new == label),
            "third": ~kept & (new != label),
        }
    )
    groups = table.groupby(["recoloring", "step"])
    return groups.size().rename("count").to_frame().join(groups.mean()).reset_index()


def _predicted(
    logits: np.ndarray, levels: np.ndarray, scenes: Scenes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n, k) predicted classes, the levels, and (n, k) which count, once sizes fit."""
    swept, values = as_levels(levels), np.asarray(logits)
    if values.ndim != 3 or values.shape[:2] != (len(scenes), len(swept)) or not len(scenes):
        raise InvalidInput(
            f"logits: shape {values.shape} is not allowed: "
            f"({len(scenes)} scenes, {len(swept)} levels, classes) of a scene or more"
        )
    counted = drawable(scenes, swept)
    if not counted.any():
        name = scenes.task.name
        raise InvalidInput(f"levels: none of {swept.tolist()} can be drawn by task {name}")
    return values.argmax(axis=2), swept, counted


def has_boundaries(scenes: Scenes) -> bool:
    """Whether the class changes at fixed intensities, from one level that is drawn to the next.

    Where levels in between are never drawn nothing says where an answer should change, and where
    there is a second object some levels are not drawn beside it.
    """
    task = scenes.task
    return task.cue == "intensity" and not scenes.options.distractor and not _has_gaps(task)


def _has_gaps(task: Task) -> bool:
    return bool((np.diff(task.levels) > 1).any())


def _boundaries(task: Task, levels: np.ndarray) -> np.ndarray:
    """(e,) the intensities at which the class changes, all within the sweep."""
    if task.cue != "intensity":
        raise InvalidInput(
            f"task: {task.name} is not allowed: its class changes with the {task.cue}, "
            "not at fixed intensities"
        )
    if _has_gaps(task):
        raise InvalidInput(
            f"task: {task.name} is not allowed: its class changes between levels that are not "
            "neighbors; what lies between them is never drawn"
        )
    edges = task.edges
    if edges[0] < levels[0] or edges[-1] > levels[-1]:
        raise InvalidInput(
            f"levels: {levels[0]}..{levels[-1]} is not allowed: "
            f"must enclose the class boundaries {edges[0]}..{edges[-1]}"
        )
    return edges


def _nearest_crossings(found: pd.DataFrame, count: int, edges: np.ndarray) -> np.ndarray:
    """(count, e) the place of each scene's crossing nearest to each boundary, inf without one."""
    places = np.full((count, len(edges)), np.inf)
    scene, level = found["scene"].to_numpy(), found["level"].to_numpy()
    for row in np.unique(scene):
        own = level[scene == row]
        places[row] = own[np.abs(own[:, None] - edges).argmin(axis=0)]
    return places
