"""Where trainings depart from the paper, read from their configurations."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd

from intensity.models.architectures import Block
from intensity.training.configuration import RECALIBRATION, Configuration, Recipe

_BY_AUTHORS = ("bn_tiny", "bn_medium", "bn_large", "bn_huge")
"""The networks of the authors' experiment on discs."""


class _Point(NamedTuple):
    """One thing that a training may do otherwise.

    what: is compared.
    paper: what it does.
    here: what a training does, in the same words where it is the same.
    why: it is done otherwise.
    """

    what: str
    paper: str
    here: Callable[[Configuration], str]
    why: str


def departure_table(configurations: Mapping[str, Configuration]) -> pd.DataFrame:
    """Where trainings do something else than the experiment of the paper that they repeat.

    Args:
        configurations: by the name of the training; those on squares repeat the published
            summary, all others the authors' experiment on discs.

    Returns:
        Columns what (and for which trainings), paper, here, why.
    """
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name, c in configurations.items():
        same = _ON_SQUARES if c.scenes.shapes == ("square",) else _ON_DISCS
        for point in (*same, *_ALWAYS):
            if (here := point.here(c)) != point.paper:
                found.setdefault((point.what, point.paper, here, point.why), []).append(name)
    rows = [(f"{what}: {', '.join(names)}", *others) for (what, *others), names in found.items()]
    rows += _OF_MEASUREMENTS
    return pd.DataFrame(rows, columns=["what", "paper", "here", "why"])


_OF_MEASUREMENTS = (
    ("choice", "best single run", "means and intervals over seeds", "a run is not a finding"),
    (
        "saliency map",
        "signed gradient, from its least to its largest value (the summary)",
        "magnitude of the gradient; the signed one beside it",
        "a pixel that matters against the class would be black",
    ),
    (
        "occlusion map",
        "probability with the window covered (the summary)",
        "margin of the logit that is lost; the probability beside it",
        "a probability near 1 hides what is lost",
    ),
)
"""What is done otherwise whatever is trained, in the table's columns."""


def _shown(recipe: Recipe) -> str:
    if recipe.repeat:
        return f"{recipe.epoch_images:,} images, {recipe.epochs} epochs"
    return f"{recipe.images:,} images, none twice"


def _rate(recipe: Recipe) -> str:
    if recipe.schedule == "constant":
        return f"{recipe.learning_rate:g}"
    return f"warm-up and cosine from {recipe.learning_rate:g}"


def _scale(c: Configuration) -> str:
    return f"{c.scenes.size} px, object of {' or '.join(str(area) for area in c.scenes.areas)} px"


def _network(c: Configuration) -> str:
    return ", ".join(_BY_AUTHORS) if c.network.name in _BY_AUTHORS else c.network.name


_ONE_LEVEL = "all units of a layer start at one grey level"


def _thresholds(c: Configuration) -> str:
    spread = any(isinstance(layer, Block) and layer.spread for layer in c.network.layers)
    return "spread over the grey levels" if spread else _ONE_LEVEL


def _adam(c: Configuration) -> str:
    clipped = f", gradient clipped to norm {c.recipe.clip_norm:g}" if c.recipe.clip_norm else ""
    return f"beta_2 {c.recipe.beta_2:g}{clipped}"


def _averages(c: Configuration) -> str:
    shown = (c.recipe.freeze_after or c.recipe.epochs) * c.recipe.epoch_images
    return f"frozen after {shown:,} images, at averages over {RECALIBRATION**2:,} training scenes"


_SCALES = {"raw": "grey levels as they are", "unit": "0..1", "centered": "-2..2 (128 is 0)"}
"""What a network makes of grey levels first."""

_ON_SQUARES = (
    _Point(
        "images",
        "200,000 images, 10 epochs",
        lambda c: _shown(c.recipe),
        "learned well before; the profile `paper` has the paper's numbers",
    ),
    _Point(
        "learning rate", "0.001", lambda c: _rate(c.recipe), "ends without jumps, on fewer images"
    ),
)
_ON_DISCS = (
    _Point(
        "scale",
        "128 px, object of 797 or 901 px",
        _scale,
        "minutes on a laptop; the profile `paper` has the paper's scale",
    ),
    _Point("network", ", ".join(_BY_AUTHORS), _network, "learns on a laptop"),
    _Point(
        "images",
        "250,000 images, 25 to 50 epochs",
        lambda c: _shown(c.recipe),
        "a stream cannot be memorized",
    ),
    _Point("batch", "128", lambda c: str(c.recipe.batch), "more steps on fewer images"),
    _Point(
        "schedule",
        "constant learning rate, best epoch kept",
        lambda c: f"{_rate(c.recipe)}, last epoch kept",
        "learns in fewer images",
    ),
    _Point(
        "first thresholds",
        _ONE_LEVEL,
        _thresholds,
        "eight boundaries need thresholds in many places: [Figure](#fig-recipe)",
    ),
    _Point(
        "batch norm",
        "averages of each batch in training, running ones afterwards",
        _averages,
        "those of 16 images are too noisy for sharp thresholds: [Figure](#fig-recipe)",
    ),
    _Point(
        "Adam",
        "beta_2 0.999",
        _adam,
        "learns in fewer images: [Figure](#fig-recipe)",
    ),
    _Point(
        "weight decay",
        "L2 term on all parameters, searched",
        lambda c: f"{c.recipe.weight_decay:g}" if c.recipe.weight_decay else "none",
        "no scene comes twice",
    ),
    _Point(
        "hyperparameters",
        "random search: size, head, initial gain, learning rate, weight decay",
        lambda _: "chosen on validation scenes, with seeds that decide nothing",
        "few choices, each shown with its effect",
    ),
)
_ALWAYS = (
    _Point(
        "input",
        "grey levels as they are",
        lambda c: f"{_SCALES[c.network.scaling]}, inside the network",
        "suits the usual initial weights",
    ),
    _Point(
        "test",
        "50,000 scenes (summary), 300,000 (authors)",
        lambda c: f"{c.test_images:,} scenes",
        "seeds vary more than scenes",
    ),
)
