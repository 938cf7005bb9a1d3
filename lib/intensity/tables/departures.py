"""Where the trainings do something else than the paper, read from what was run."""

from collections.abc import Iterable, Mapping

import pandas as pd

from intensity.tables.training import Runs
from intensity.training.configuration import RECALIBRATION, Configuration, Recipe


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
            f"averages over {RECALIBRATION**2:,} training scenes",
            "running averages rest on too few images for sharp thresholds",
        ),
        (
            "weight decay",
            "L2 term on all parameters, searched",
            f"L2 term on kernels, {decay} (searched in the ablations)",
            "biases and norms need none",
        ),
    ]


def _shown(recipe: Recipe) -> str:
    """How many images a training shows, in words."""
    if recipe.repeat:
        return f"{recipe.epoch_images:,} images, {recipe.epochs} epochs"
    return f"{recipe.images:,} images, none twice"


def _rate(recipe: Recipe) -> str:
    """The learning rate and what becomes of it."""
    if recipe.schedule == "constant":
        return f"{recipe.learning_rate:g}"
    return f"warm-up and cosine from {recipe.learning_rate:g}"


def _each(values: Iterable[object]) -> str:
    """Different values in a row."""
    return ", ".join(f"{value}" for value in sorted(values, key=str))
