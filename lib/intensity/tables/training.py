"""What trainings came to: accuracies, errors, curves, and what a random search found."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.analysis import errors
from intensity.statistics.intervals import Measurement
from intensity.tables.summaries import limited, summarized
from intensity.training.runs import Run

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
        measurements: with ids accuracy/<task>/<name>; those without seeds are baselines'.
    """
    rows = []
    for m in measurements:
        _, task, name = m.id.split("/")
        low, high = m.ci95 or (m.value, m.value)
        rows.append((task, name, "network" if m.seeds else "baseline", m.value, low, high))
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
            rows.append((name, intensity, *limited(values.to_numpy())))
    return pd.DataFrame(rows, columns=["network", "intensity", "accuracy", "low", "high"])


def _binned(predictions: pd.DataFrame, width: int) -> pd.DataFrame:
    """Accuracy of one run within ranges of intensity."""
    levels = errors.accuracy_by_intensity(predictions)
    middle = (levels["intensity"] - 1) // width * width + (width + 1) / 2
    sums = levels.assign(intensity=middle).groupby("intensity")[["correct", "scenes"]].sum()
    return (sums["correct"] / sums["scenes"]).rename("accuracy").reset_index()


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
    return summarized(runs, ["group", "condition"], "accuracy")


def sizes(runs: Runs) -> pd.DataFrame:
    """Accuracy beside size: columns network, parameters (trainable), seed, accuracy."""
    table = accuracies(runs).rename(columns={"name": "network"}).drop(columns="task")
    counts = {name: int(group[0].metrics["parameters"]) for name, group in runs.items()}
    return table.assign(parameters=table["network"].map(counts))


def size_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of `sizes`: columns network, parameters, accuracy, low, high."""
    return summarized(table, ["network", "parameters"], "accuracy")


def search_table(runs: Runs, chosen: str = "") -> pd.DataFrame:
    """A random search: a row a run.

    Args:
        runs: by trial.
        chosen: the trial whose test accuracy may be seen.

    Returns:
        Columns name, learning_rate, weight_decay, seed, validation_accuracy (of the last epoch),
        test_accuracy (missing unless chosen), chosen.
    """
    rows = []
    for name, group in runs.items():
        for run in group:
            recipe, mine = run.configuration.recipe, name == chosen
            validation = run.history["validation_accuracy"].iloc[-1]
            test = run.metrics["accuracy"] if mine else np.nan
            settings = (recipe.learning_rate, recipe.weight_decay, run.configuration.seed)
            rows.append((name, *settings, validation, test, mine))
    columns = ["name", "learning_rate", "weight_decay", "seed"]
    columns += ["validation_accuracy", "test_accuracy", "chosen"]
    return pd.DataFrame(rows, columns=columns)


AUTHORS = {"bn_tiny": 0.844, "bn_medium": 0.976}
"""Test accuracy on hard that the authors' code records for permuted pixels, by network."""


def authors_accuracies(runs: Runs) -> pd.DataFrame:
    """Accuracies that the authors recorded beside ours on the same kind of images.

    Args:
        runs: trainings on the authors' thirty fixed permutations, among others.

    Returns:
        Columns network, authors, here (mean with 95 % t interval over seeds, or why there is none).
    """
    rows = []
    for name, theirs in AUTHORS.items():
        ours = [
            [run.metrics["accuracy"] for run in group]
            for group in runs.values()
            if group[0].configuration.network.name == name
            and group[0].configuration.scenes.permutation == "fixed"
        ]
        text = "not trained in this profile"
        if ours:
            value, low, high = (100 * part for part in limited(np.array(ours[0])))
            text = f"{value:.1f} % [{low:.1f}, {high:.1f}]"
        rows.append((name, f"{100 * theirs:.1f} %", text))
    return pd.DataFrame(rows, columns=["network", "authors", "here"])
