"""Runs and scenes -> tables with one row an observation, as figures and results take them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.rendering import histograms, render
from intensity.responses import errors
from intensity.scenes import Scenes
from intensity.statistics import Measurement, t_interval, wilson
from intensity.store import Run

Runs = Mapping[str, Sequence[Run]]
"""Runs by the name that tables and figures give them, one for each seed."""


def accuracies(runs: Runs) -> pd.DataFrame:
    """Test accuracy of every run: columns task, name, seed, accuracy."""
    rows = [
        (run.configuration.task.name, name, run.configuration.seed, run.metrics["accuracy"])
        for name, group in runs.items()
        for run in group
    ]
    return pd.DataFrame(rows, columns=["task", "name", "seed", "accuracy"])


def summary(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Measured accuracies: columns task, name, kind, accuracy, low, high.

    Args:
        measurements: with ids accuracy/<task>/<name>; those without seeds are readers'.
    """
    rows = []
    for m in measurements:
        _, task, name = m.id.split("/")
        low, high = m.ci95 or (m.value, m.value)
        rows.append((task, name, "network" if m.seeds else "reader", m.value, low, high))
    return pd.DataFrame(rows, columns=["task", "name", "kind", "accuracy", "low", "high"])


def learning_curves(runs: Runs) -> pd.DataFrame:
    """Accuracy while training: columns network, task, seed, images, split, accuracy."""
    parts = []
    for name, group in runs.items():
        for run in group:
            c = run.configuration
            for split, column in (("training", "accuracy"), ("validation", "validation_accuracy")):
                part = run.history[["images"]].assign(accuracy=run.history[column], split=split)
                parts.append(part.assign(network=name, task=c.task.name, seed=c.seed))
    return pd.concat(parts, ignore_index=True)


def confusions(runs: Runs) -> pd.DataFrame:
    """How often each class is taken for each: columns network, task, label, predicted, share.

    The share is of the label's test scenes, as the mean over seeds.
    """
    parts = []
    for name, group in runs.items():
        tables = pd.concat([errors.confusion(run.predictions) for run in group])
        means = tables.groupby(["label", "predicted"], as_index=False)["share"].mean()
        parts.append(means.assign(network=name, task=group[0].configuration.task.name))
    return pd.concat(parts, ignore_index=True)


def accuracy_by_intensity(runs: Runs, width: int = 5) -> pd.DataFrame:
    """Test accuracy within small ranges of intensity, with t intervals over seeds.

    Args:
        runs: two seeds or more.
        width: grey levels 1..width form the first range, and so on; 5 divides the paper's bands.

    Returns:
        Columns network, intensity (middle of the range, grey level), accuracy, low, high.
    """
    rows = []
    for name, group in runs.items():
        parts = [_binned(run.predictions, width).assign(seed=i) for i, run in enumerate(group)]
        table = pd.concat(parts).pivot(index="intensity", columns="seed", values="accuracy")
        for intensity, values in table.dropna().iterrows():
            rows.append((name, intensity, *_limited(values.to_numpy())))
    return pd.DataFrame(rows, columns=["network", "intensity", "accuracy", "low", "high"])


def _binned(predictions: pd.DataFrame, width: int) -> pd.DataFrame:
    """Accuracy of one run within ranges of intensity."""
    levels = errors.accuracy_by_intensity(predictions)
    middle = (levels["intensity"] - 1) // width * width + (width + 1) / 2
    sums = levels.assign(intensity=middle).groupby("intensity")[["correct", "scenes"]].sum()
    return (sums["correct"] / sums["scenes"]).rename("accuracy").reset_index()


def class_balance(scenes: Sequence[Scenes]) -> pd.DataFrame:
    """How often classes occur, with Wilson intervals: a row a class of each set of scenes.

    Returns:
        Columns task, class, expected (by the task's definition), share, low, high.
    """
    rows = []
    for drawn in scenes:
        counts = np.bincount(drawn.label, minlength=drawn.task.classes)
        for label, (count, prior) in enumerate(zip(counts, drawn.task.priors, strict=True)):
            interval = wilson(int(count), len(drawn))
            limits = (interval.value, interval.low, interval.high)
            rows.append((drawn.task.name, label, prior, *limits))
    return pd.DataFrame(rows, columns=["task", "class", "expected", "share", "low", "high"])


def permutation_effect(variants: Mapping[str, Scenes]) -> pd.DataFrame:
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
        interval = t_interval(neighbor_correlation(images))
        rows.append((name, moved, interval.value, interval.low, interval.high))
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


def grouped(runs: Runs, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Test accuracy of every run of some groups: columns group, condition, seed, accuracy.

    Args:
        runs: by condition.
        groups: conditions that are compared, by the group's name; a condition may be in several.
    """
    table = accuracies(runs).rename(columns={"name": "condition"}).drop(columns="task")
    parts = [
        table[table["condition"] == condition].assign(group=group)
        for group, conditions in groups.items()
        for condition in conditions
    ]
    return pd.concat(parts, ignore_index=True)


def grouped_summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Means with t intervals over seeds of what `grouped` returns.

    Returns:
        Columns group, condition, accuracy, low, high.
    """
    rows = [
        (*names, *_limited(part["accuracy"].to_numpy()))
        for names, part in runs.groupby(["group", "condition"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["group", "condition", "accuracy", "low", "high"])


def _limited(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and a t interval within what a share can be."""
    interval = t_interval(values)
    return interval.value, max(interval.low, 0.0), min(interval.high, 1.0)
