"""Results of trainings: accuracies, errors, curves, and what a dose in training does.

`runs` are what was trained, by the name that tables and figures give it, one for each seed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from intensity.analysis import errors
from intensity.data.tasks import Task
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

_MIDDLE = (_RANGE + 1) / 2
"""From the level below a range to its middle."""

_FEWEST = 0.01
"""The share of all scenes from which on a distance from the boundary is shown."""

Runs = Mapping[str, Sequence[TrainedRun]]


def accuracy_table(runs: Runs) -> pd.DataFrame:
    """Test accuracy of every run: columns task, name, seed, accuracy, scenes."""
    rows = [
        (c.task.name, name, c.seed, run.metrics["accuracy"], c.test_images)
        for name, group in runs.items()
        for run in group
        for c in [run.configuration]
    ]
    return pd.DataFrame(rows, columns=["task", "name", "seed", "accuracy", "scenes"])


def as_errors(table: pd.DataFrame) -> pd.DataFrame:
    """A table of accuracies as one of errors: column error in the place of accuracy.

    Args:
        table: columns accuracy and, where there are intervals, low and high.
    """
    ends = {"low": 1 - table["high"], "high": 1 - table["low"]} if "low" in table else {}
    mirrored = table.assign(accuracy=1 - table["accuracy"], **ends)
    return mirrored.rename(columns={"accuracy": "error"})


def accuracy_summary(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Measured accuracies: columns task, name, kind, accuracy, low, high, scenes.

    Args:
        measurements: with ids accuracy/<task>/<name>; those of no training are baselines'.
    """
    rows = []
    for m in measurements:
        _, task, name = m.about
        kind = "network" if m.n.seeds else "baseline"
        ends = m.ci95 or (m.value, m.value)
        rows.append((task, name, kind, m.value, *ends, m.n.scenes))
    columns = ["task", "name", "kind", "accuracy", "low", "high", "scenes"]
    return pd.DataFrame(rows, columns=columns)


def learning_curve_table(runs: Runs) -> pd.DataFrame:
    """Errors while training: columns images, split, error, scenes, network, task, seed.

    Training errors are of the images of an epoch, validation errors of the validation scenes.
    """
    parts = []
    for name, group in runs.items():
        for run in group:
            c, images = run.configuration, run.history["images"]
            shown = images.diff().fillna(images).astype(int)
            for split, column, scenes in (
                ("training", "accuracy", shown),
                ("validation", "validation_accuracy", c.validation_images),
            ):
                errors = {"error": 1 - run.history[column], "scenes": scenes}
                part = run.history[["images"]].assign(split=split, **errors)
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


def intensity_error_table(runs: Runs) -> pd.DataFrame:
    """Errors by the object's intensity, in ranges of five grey levels.

    Returns:
        Columns network, intensity (middle of the range, grey level), scenes (fewest of any seed),
        error (mean over seeds), low, high (t interval); ranges that every seed saw.
    """
    return _errors_by(runs, "intensity", lambda level: (level - 1) // _RANGE * _RANGE + _MIDDLE)


def distance_error_table(runs: Runs, task: Task) -> pd.DataFrame:
    """Errors by the distance of the object's intensity from the nearest class boundary.

    Returns:
        As `intensity_error_table`, with distance (grey levels) in place of intensity; distances
        that are rare are left out.
    """
    table = _errors_by(runs, "distance", lambda level: errors.boundary_distance(level, task))
    return table[table["scenes"] >= _FEWEST * table.groupby("network")["scenes"].transform("sum")]


def _errors_by(runs: Runs, column: str, value: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Errors of all scenes whose intensities have the same value, as means over seeds."""
    parts = []
    for name, group in runs.items():
        for run in group:
            levels = errors.accuracy_by_intensity(run.predictions)
            found = levels.assign(**{column: value(levels["intensity"].to_numpy(float))})
            sums = found.groupby(column)[["correct", "scenes"]].sum().reset_index()
            error = 1 - sums["correct"] / sums["scenes"]
            parts.append(sums.assign(error=error, network=name, of=len(group)))
    table, keys = pd.concat(parts).sort_values(column, kind="stable"), ["network", column]
    seen = table[table.groupby(keys)["of"].transform("size") == table["of"]]
    fewest = seen.groupby(keys)["scenes"].min().reset_index()
    means = fewest.merge(summarized(seen, keys, "error"), on=keys)
    return pd.concat([means[means["network"] == name] for name in runs], ignore_index=True)


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
    """Validation error while training: columns condition, seed, images, error, scenes."""
    table = learning_curve_table(runs).query("split == 'validation'")
    columns = ["condition", "seed", "images", "error", "scenes"]
    return table.rename(columns={"network": "condition"})[columns].reset_index(drop=True)


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
        text, method, accuracy, low, high, scenes, authors (test) and authors_validation (missing
        where none is recorded).
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
                "scenes": m.n.scenes,
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
