"""All baselines by name, and which of them apply to which scenes."""

from collections.abc import Callable
from typing import Any

from intensity.baselines.base import Baseline
from intensity.baselines.edges import edge_amplitude
from intensity.baselines.histogram import (
    background_level,
    linear_histogram,
    most_frequent_class,
    most_frequent_contrast,
    most_frequent_level,
)
from intensity.baselines.likelihood import histogram_likelihood, place_likelihood
from intensity.baselines.mean import mean_intensity, mean_posterior
from intensity.baselines.patches import flat_patch, patch_mean
from intensity.data.scenes import SceneOptions
from intensity.data.tasks import Task


def _cue(label: str, function: Callable[..., Any], **fields: Any) -> Baseline:
    return Baseline(function.__name__, label, function, **fields)


def _bound(label: str, function: Callable[..., Any], **fields: Any) -> Baseline:
    return _cue(label, function, group="bound", **fields)


_ROWS = (
    _cue("class of the mean", mean_intensity, one_object=True),
    _bound("Bayes from the mean", mean_posterior, by_level=False, noise="any"),
    _cue("most frequent level", most_frequent_level),
    _bound("most frequent class", most_frequent_class),
    _cue("linear in histogram", linear_histogram, by_level=False),
    _cue("amplitude of edges", edge_amplitude),
    _cue("largest flat patch", flat_patch),
    _cue("most frequent contrast", most_frequent_contrast, on_random_background=True),
    _cue("level of the background", background_level, by_level=False, on_random_background=True),
    _bound("brightest patch", patch_mean, by_level=False, noise="gaussian"),
    _bound("Bayes from the histogram", histogram_likelihood, noise="gaussian"),
    _bound("Bayes, place known", place_likelihood, noise="gaussian", knows_place=True),
)
BASELINES = {row.name: row for row in _ROWS}


def applicable_baselines(task: Task, options: SceneOptions) -> list[Baseline]:
    """The baselines whose accuracy says something about scenes of a task."""
    return [row for row in BASELINES.values() if row.applies(task, options)]
