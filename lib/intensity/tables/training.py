"""Results of trainings: accuracies, errors, curves, and what a dose in training does.

`runs` are what was trained, by the name that tables and figures give it, one for each seed.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from intensity.analysis import errors
from intensity.statistics.intervals import t_interval
from intensity.statistics.measurements import Measurement
from intensity.tables.summaries import summarized
from intensity.training.configuration import Configuration
from intensity.units import FRACTION, UNITS


class TrainedRun(Protocol):
    """What tables look at in a run; never the network."""

    configuration: Configuration
    metrics: Mapping[str, float]
    history: pd.DataFrame
    predictions: pd.DataFrame


_RANGE = 5
"""Grey levels in a range; it divides the paper's bands."""

Runs = Mapping[str, Sequence[TrainedRun]]


def accuracy_table(runs: Runs) -> pd.DataFrame:
    """Test accuracy of every run: columns task, name, seed, accuracy."""
    rows = [
        (run.configuration.task.name, name, run.configuration.seed, run.metrics["accuracy"])
        for name, group in runs.items()
        for run in group
    ]
    return pd.DataFrame(rows, columns=["task", "name", "seed", "accuracy"])


def accuracy_summary(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Measured accuracies: columns task, name, kind, accuracy, low, high.

    Args:
        measurements: with ids accuracy/<task>/<name>; those of no training are baselines'.
    """
    rows = []
    for m in measurements:
        _, task, name = m.about
        kind = "network" if m.n.seeds else "baseline"
        rows.append((task, name, kind, m.value, *(m.ci95 or (m.value, m.value))))
    return pd.DataFrame(rows, columns=["task", "name", "kind", "accuracy", "low", "high"])


def learning_curve_table(runs: Runs) -> pd.DataFrame:
    """Accuracy while training: columns network, task, seed, images, split, accuracy."""
    parts = []
    for name, group in runs.items():
        for run in group:
            c = run.configuration
            for split, column in (("training", "accuracy"), ("validation", "validation_accuracy")):
                part = run.history[["images"]].assign(accuracy=run.history[column], split=split)
                parts.append(part.assign(network=name, task=c.task.name, seed=c.seed))
    return pd.concat(parts, ignore_index=True)


def confusion_table(runs: Runs) -> pd.DataFrame:
    """How often each class is taken for each: columns network, task, label, predicted, share.

    The share is of the label's test scenes, as the mean over seeds.
    """
    parts = []
    for name, group in runs.items():
        counted = pd.concat([errors.confusion(run.predictions) for run in group])
        means = counted.groupby(["label", "predicted"], as_index=False)["share"].mean()
        parts.append(means.assign(network=name, task=group[0].configuration.task.name))
    return pd.concat(parts, ignore_index=True)


def intensity_accuracy_table(runs: Runs) -> pd.DataFrame:
    """Test accuracy in ranges of five grey levels, 1..5 and so on, with t intervals over seeds.

    Args:
        runs: two seeds or more.

    Returns:
        Columns network, intensity (middle of the range, grey level), accuracy, low, high; ranges
        that every seed saw.
    """
    parts = [
        _binned(run.predictions).assign(network=name, of=len(group))
        for name, group in runs.items()
        for run in group
    ]
    table, keys = pd.concat(parts).sort_values("intensity", kind="stable"), ["network", "intensity"]
    seen = table[table.groupby(keys)["of"].transform("size") == table["of"]]
    means = summarized(seen, keys, "accuracy")
    return pd.concat([means[means["network"] == name] for name in runs], ignore_index=True)


def _binned(predictions: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of one run within ranges of intensity."""
    levels = errors.accuracy_by_intensity(predictions)
    middle = (levels["intensity"] - 1) // _RANGE * _RANGE + (_RANGE + 1) / 2
    sums = levels.assign(intensity=middle).groupby("intensity")[["correct", "scenes"]].sum()
    return (sums["correct"] / sums["scenes"]).rename("accuracy").reset_index()


def condition_table(runs: Runs, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Test accuracy of every run of some groups: columns group, condition, seed, accuracy.

    Args:
        runs: by condition.
        groups: conditions that are compared, by the group's name; a condition may be in several.
    """
    table = accuracy_table(runs).rename(columns={"name": "condition"}).drop(columns="task")
    parts = [
        table[table["condition"] == condition].assign(group=group)
        for group, conditions in groups.items()
        for condition in conditions
    ]
    return pd.concat(parts, ignore_index=True)


def size_table(runs: Runs) -> pd.DataFrame:
    """Accuracy beside size: columns network, parameters (trainable), seed, accuracy."""
    table = accuracy_table(runs).rename(columns={"name": "network"}).drop(columns="task")
    counts = {name: int(group[0].metrics["parameters"]) for name, group in runs.items()}
    return table.assign(parameters=table["network"].map(counts))


def error_table(runs: Runs) -> pd.DataFrame:
    """Validation error while training: columns condition, seed, images, error (share of scenes).

    An epoch without an error counts half a scene, so that it stands on a logarithmic axis.
    """
    table = learning_curve_table(runs).query("split == 'validation'")
    scenes = {n: group[0].configuration.validation_images for n, group in runs.items()}
    least = 0.5 / table["network"].map(scenes)
    errors = table.assign(condition=table["network"], error=(1 - table["accuracy"]).clip(least))
    return errors[["condition", "seed", "images", "error"]].reset_index(drop=True)


def dose_effect_table(values: Mapping[tuple[int, str], Sequence[float]]) -> pd.DataFrame:
    """What a dose in training does: columns dose, place, seed (from 0), value.

    Args:
        values: by dose and by where it was measured, one number for each seed.
    """
    rows = [
        (dose, place, seed, value)
        for (dose, place), group in values.items()
        for seed, value in enumerate(group)
    ]
    return pd.DataFrame(rows, columns=["dose", "place", "seed", "value"])


AUTHORS = {"bn_tiny": 0.844, "bn_medium": 0.976}
"""Test accuracy on hard that the authors' code records for permuted pixels, by network."""
AUTHORS_VALIDATION = {
    "bn_tiny": 0.8451, "bn_medium": 0.9758, "bn_large": 0.9676, "bn_huge": 0.9748,
}  # fmt: skip
"""Their best validation accuracy on permuted pixels."""
CUES = {"hard": "with shape", "permuted": "permuted pixels"}
"""What is left of a scene of hard, by the word that ids have in place of the task."""


def scale_table(runs: Runs, measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Accuracy of the authors' networks at their scale, beside what they recorded.

    Args:
        runs: by the names that the ids have.
        measurements: with ids accuracy/<hard or permuted>/<name>.

    Returns:
        Columns network, parameters (trainable), cue, images (shown in training), seeds (trainings),
        text, method, accuracy, low, high, authors (test) and authors_validation (missing where none
        is recorded).
    """
    rows = []
    for m in measurements:
        _, place, name = m.about
        run = runs[name][0]
        network, permuted = run.configuration.network.name, place == "permuted"
        low, high = m.ci95 or (m.value, m.value)
        rows.append(
            {
                "network": network,
                "parameters": int(run.metrics["parameters"]),
                "cue": CUES[place],
                "images": run.configuration.recipe.images,
                "seeds": m.n.seeds,
                "text": m.text,
                "method": m.method,
                "accuracy": m.value,
                "low": low,
                "high": high,
                "authors": AUTHORS.get(network) if permuted else None,
                "authors_validation": AUTHORS_VALIDATION.get(network) if permuted else None,
            }
        )
    return pd.DataFrame(rows).astype({"authors": float, "authors_validation": float})


def scale_by_network(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Accuracies of the authors' networks at their scale, a row a network, all text.

    Args:
        measurements: those with ids accuracy/<hard or permuted>/<name>_full are taken.

    Returns:
        Columns network, one for each of `CUES`, and what the authors recorded on permuted pixels,
        test and best validation; a dash where there is nothing.
    """
    unit, rows = UNITS[FRACTION], dict[str, dict[str, str]]()
    for m in measurements:
        quantity, place, name, *_ = m.about
        network = name.removesuffix("_full")
        if quantity == "accuracy" and place in CUES and network != name:
            seeds = f" ({m.n.seeds} seeds)" if m.n.seeds > 1 else " (one seed)"
            rows.setdefault(network, {"network": network})[CUES[place]] = m.text + seeds
    for network, row in rows.items():
        for words, found in (("test", AUTHORS), ("validation", AUTHORS_VALIDATION)):
            if network in found:
                row[f"authors, permuted, {words}"] = unit.format(found[network])
    theirs = [f"authors, permuted, {words}" for words in ("test", "validation")]
    columns = ["network", *CUES.values(), *theirs]
    texts = [[row.get(column, "-") for column in columns] for row in rows.values()]
    return pd.DataFrame(texts, columns=columns)


def authors_table(runs: Runs) -> pd.DataFrame:
    """Accuracies that the authors recorded beside ours on the same kind of images.

    Args:
        runs: trainings on the authors' thirty fixed permutations, among others.

    Returns:
        Columns network, authors, here (mean with 95 % t interval over seeds, or why there is none).
    """
    unit = UNITS[FRACTION]
    ours = {
        c.network.name: [run.metrics["accuracy"] for run in group]
        for group in list(runs.values())[::-1]
        for c in [group[0].configuration]
        if c.scenes.permutation == "fixed"
    }
    rows = []
    for name, theirs in AUTHORS.items():
        text = "not trained in this profile"
        if name in ours:
            text = unit.estimate(*t_interval(ours[name]).row(unit), 1)
        rows.append((name, unit.format(theirs, 1), text))
    return pd.DataFrame(rows, columns=["network", "authors", "here"])
