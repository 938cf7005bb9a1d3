"""Runs and scenes -> tables with one row an observation, as figures and results take them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.configurations import SETTLED, Configuration, Recipe
from intensity.rendering import histograms, render
from intensity.responses import errors
from intensity.responses.monotonicity import layer_table, unit_table
from intensity.scenes import Scenes
from intensity.shapes import SHAPES
from intensity.statistics import Measurement, t_interval, wilson
from intensity.store import Run
from intensity.tasks import Task

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
    return _summarized(runs, ["group", "condition"], "accuracy")


def _limited(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and a t interval within what a share can be."""
    interval = t_interval(values)
    return interval.value, max(interval.low, 0.0), min(interval.high, 1.0)


def intensity_functions(tasks: Sequence[Task]) -> pd.DataFrame:
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


def departures(runs: Runs) -> pd.DataFrame:
    """Where the trainings do something else than the paper: columns what, paper, here, why."""
    first = {name: group[0].configuration for name, group in runs.items()}
    on_discs = {name: first[name] for name in ("bn_compact", "bn_tiny")}
    rows = [
        *_departures_on_squares({name: first[name] for name in ("large", "small")}),
        *_departures_on_discs(on_discs),
        *_departures_in_recipe(on_discs),
        (
            "input",
            "grey levels as they are",
            f"rescaled inside the network ({_each({c.network.scaling for c in first.values()})})",
            "suits the usual initial weights",
        ),
        ("choice", "best single run", "means and intervals over seeds", "a run is not a finding"),
    ]
    columns = ["what", "paper", "here", "why"]
    return pd.DataFrame([row for row in rows if row[1] != row[2]], columns=columns)


def _departures_on_squares(first: Mapping[str, Configuration]) -> list[tuple[str, ...]]:
    """Rows about the published summary's networks."""
    why = "learned well before; the full profile has the paper's numbers"
    paper = "200,000 images, 10 epochs"
    shown: list[tuple[str, ...]] = [
        (f"images, {name}", paper, _shown(c.recipe), why) for name, c in first.items()
    ]
    rates: list[tuple[str, ...]] = [
        (f"learning rate, {name}", "0.001", _rate(c.recipe), "ends without jumps, on fewer images")
        for name, c in first.items()
    ]
    return shown + rates


def _departures_on_discs(first: Mapping[str, Configuration]) -> list[tuple[str, ...]]:
    """Rows about the authors' experiment: what is trained on what."""
    fast = first["bn_compact"]
    areas = " or ".join(str(area) for area in fast.scenes.areas)
    return [
        (
            "scale, discs",
            "128 px, object of 797 or 901 px",
            f"{fast.scenes.size} px, object of {areas} px",
            "minutes on a laptop; the full profile has the paper's scale",
        ),
        (
            "network, discs",
            "bn_tiny, bn_medium, bn_large, bn_huge",
            _each(set(first)),
            "bn_compact learns on a laptop; the full profile trains the others too",
        ),
        *(
            (
                f"images, {name}",
                "250,000 images, 25 to 50 epochs",
                _shown(c.recipe),
                "a stream cannot be memorized",
            )
            for name, c in first.items()
        ),
    ]


def _departures_in_recipe(first: Mapping[str, Configuration]) -> list[tuple[str, ...]]:
    """Rows about the authors' experiment: how it is trained."""
    decay = _each({c.recipe.weight_decay for c in first.values()})
    return [
        (
            "batch, discs",
            "128",
            _each({c.recipe.batch for c in first.values()}),
            "more steps on fewer images",
        ),
        (
            "schedule, discs",
            "constant learning rate, best epoch kept",
            f"{_rate(first['bn_compact'].recipe)}, last epoch kept",
            "learns in fewer images",
        ),
        (
            "batch norm, at the end",
            "running averages",
            f"averages over {SETTLED**2:,} training scenes",
            "running averages rest on too few images for sharp thresholds",
        ),
        (
            "weight decay",
            "L2 term on all parameters, searched",
            f"L2 term on kernels, {decay} (searched in the ablations)",
            "biases and norms need none",
        ),
    ]


def _rate(recipe: Recipe) -> str:
    """The learning rate and what becomes of it."""
    if recipe.schedule == "constant":
        return f"{recipe.learning_rate:g}"
    return f"warm-up and cosine from {recipe.learning_rate:g}"


def _each(values: Iterable[object]) -> str:
    """Different values in a row."""
    return ", ".join(f"{value}" for value in sorted(values, key=str))


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
            value, low, high = (100 * part for part in _limited(np.array(ours[0])))
            text = f"{value:.1f} % [{low:.1f}, {high:.1f}]"
        rows.append((name, f"{100 * theirs:.1f} %", text))
    return pd.DataFrame(rows, columns=["network", "authors", "here"])


def _shown(recipe: Recipe) -> str:
    """How many images a training shows, in words."""
    if recipe.repeat:
        return f"{recipe.epoch_images:,} images, {recipe.epochs} epochs"
    return f"{recipe.images:,} images, none twice"


def sizes(runs: Runs) -> pd.DataFrame:
    """Accuracy beside size: columns network, parameters (trainable), seed, accuracy."""
    table = accuracies(runs).rename(columns={"name": "network"}).drop(columns="task")
    counts = {name: int(group[0].metrics["parameters"]) for name, group in runs.items()}
    return table.assign(parameters=table["network"].map(counts))


def size_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of `sizes`: columns network, parameters, accuracy, low, high."""
    return _summarized(table, ["network", "parameters"], "accuracy")


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


def logit_curves(network: str, curves: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Class-response curves of several seeds as means over scenes, with t intervals over seeds.

    Args:
        network: its name.
        curves: for each seed `levels` (k,) and `logits` (scenes, k, classes).

    Returns:
        Columns network, intensity, class, logit, low, high.
    """
    means = np.stack([curve["logits"].mean(axis=0) for curve in curves])
    rows = []
    for k, level in enumerate(curves[0]["levels"]):
        for label in range(means.shape[2]):
            interval = t_interval(means[:, k, label])
            rows.append((network, level, label, interval.value, interval.low, interval.high))
    return pd.DataFrame(rows, columns=["network", "intensity", "class", "logit", "low", "high"])


def monotonicity_by_depth(
    profiles: Mapping[str, Sequence[dict[str, np.ndarray]]],
) -> pd.DataFrame:
    """Mean monotonicity of each rectified layer.

    Args:
        profiles: response profiles, one for each seed, by condition.

    Returns:
        Columns condition, layer, depth (0, 1, ...), seed, monotonicity.
    """
    parts = []
    for condition, group in profiles.items():
        for seed, profile in enumerate(group):
            layers = layer_table(unit_table(profile))
            layers = layers[layers["layer"] != "logits"].reset_index(drop=True)
            layers = layers.assign(condition=condition, seed=seed, depth=layers.index)
            parts.append(layers[["condition", "layer", "depth", "seed", "monotonicity"]])
    return pd.concat(parts, ignore_index=True)


def depth_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of what `monotonicity_by_depth` returns, with t intervals."""
    return _summarized(table, ["condition", "layer", "depth"], "monotonicity")


def last_layer(table: pd.DataFrame) -> dict[str, list[float]]:
    """Monotonicity of the last layer by condition, one number a seed."""
    last = table[table["depth"] == table["depth"].max()]
    return {
        str(condition): part.sort_values("seed")["monotonicity"].tolist()
        for condition, part in last.groupby("condition")
    }


def _summarized(table: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Means of a share over seeds with t intervals: the keys, the column, low, high."""
    rows = [
        (*names, *_limited(part[column].to_numpy()))
        for names, part in table.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*keys, column, "low", "high"])
