"""What the images are: tasks, scenes and pixels, before anything is trained."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.data.rendering import histograms, render
from intensity.data.scenes import Scenes
from intensity.data.shapes import SHAPES
from intensity.data.tasks import Task
from intensity.statistics.intervals import t_interval, wilson
from intensity.units import FRACTION, UNITS


def band_table(tasks: Sequence[Task]) -> pd.DataFrame:
    """The bands of some tasks: columns task, low, high, class (missing where none)."""
    rows = [(task.name, *band) for task in tasks for band in task.bands]
    return pd.DataFrame(rows, columns=["task", "low", "high", "class"])


def scene_table(scenes: Scenes) -> pd.DataFrame:
    """What scenes hold: columns class, intensity, row, column, area, shape, background."""
    return pd.DataFrame(
        {
            "class": scenes.label,
            "intensity": scenes.intensity,
            "row": scenes.center[:, 0],
            "column": scenes.center[:, 1],
            "area": scenes.area,
            "shape": [SHAPES[shape] for shape in scenes.shape],
            "background": scenes.background,
        }
    )


def class_balance_table(scenes: Sequence[Scenes]) -> pd.DataFrame:
    """How often classes occur, with Wilson intervals: a row a class of each set of scenes.

    Returns:
        Columns task, class, expected (by the task's definition), share, low, high.
    """
    rows = []
    for drawn in scenes:
        counts = np.bincount(drawn.label, minlength=drawn.task.classes)
        for label, (count, prior) in enumerate(zip(counts, drawn.task.priors, strict=True)):
            share = wilson(int(count), len(drawn)).row(UNITS[FRACTION])
            rows.append((drawn.task.name, label, prior, *share))
    return pd.DataFrame(rows, columns=["task", "class", "expected", "share", "low", "high"])


def baseline_table(
    correct: Mapping[str, Mapping[str, int]], scenes: int, chance: Mapping[str, float]
) -> pd.DataFrame:
    """How often baselines are right, with Wilson intervals: a row a baseline and condition.

    Args:
        correct: test scenes that each baseline classifies correctly, by condition.
        scenes: of how many, in every condition.
        chance: accuracy of guessing the most frequent class, by condition.

    Returns:
        Columns baseline, condition, accuracy, low, high, chance.
    """
    rows = [
        (baseline, condition, *wilson(count, scenes).row(UNITS[FRACTION]), chance[condition])
        for condition, counts in correct.items()
        for baseline, count in counts.items()
    ]
    columns = ["baseline", "condition", "accuracy", "low", "high", "chance"]
    return pd.DataFrame(rows, columns=columns)


def permutation_table(variants: Mapping[str, Scenes]) -> pd.DataFrame:
    """What permuting pixels keeps and destroys, against the first variant.

    Args:
        variants: the same n scenes, unpermuted first, by name.

    Returns:
        Columns image (the name), histogram_difference (pixels, mean over scenes),
        neighbor_correlation (of horizontal neighbors, mean over scenes) with its t interval over
        scenes as low and high.
    """
    reference = histograms(render(next(iter(variants.values()))))
    rows = []
    for name, scenes in variants.items():
        images = render(scenes)
        moved = np.abs(histograms(images) - reference).sum(axis=1).mean() / 2
        mean = t_interval(neighbor_correlation(images)).row(UNITS["correlation"])
        rows.append((name, moved, *mean))
    columns = ["image", "histogram_difference", "neighbor_correlation", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def neighbor_correlation(images: np.ndarray) -> np.ndarray:
    """Correlation of the grey levels of horizontal neighbors.

    Args:
        images: (n, height, width), grey levels, none of one level only.

    Returns:
        (n,) in -1..1.
    """
    left = images[:, :, :-1].reshape(len(images), -1).astype(float)
    right = images[:, :, 1:].reshape(len(images), -1).astype(float)
    left -= left.mean(axis=1, keepdims=True)
    right -= right.mean(axis=1, keepdims=True)
    return (left * right).mean(axis=1) / (left.std(axis=1) * right.std(axis=1))
