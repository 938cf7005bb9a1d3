"""All baselines by name, and which of them apply to which scenes."""

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

BASELINES = {
    row.name: row
    for row in (
        Baseline("mean_intensity", "class of the mean", mean_intensity, one_object=True),
        Baseline(
            "mean_posterior",
            "best decision from the mean",
            mean_posterior,
            group="bound",
            by_level=False,
            noise="any",
        ),
        Baseline("most_frequent_level", "most frequent level", most_frequent_level),
        Baseline("most_frequent_class", "most frequent class", most_frequent_class, group="bound"),
        Baseline("linear_histogram", "linear in histogram", linear_histogram, by_level=False),
        Baseline("edge_amplitude", "amplitude of edges", edge_amplitude),
        Baseline("flat_patch", "largest flat patch", flat_patch),
        Baseline(
            "most_frequent_contrast",
            "most frequent contrast",
            most_frequent_contrast,
            on_random_background=True,
        ),
        Baseline(
            "background_level",
            "level of the background",
            background_level,
            by_level=False,
            on_random_background=True,
        ),
        Baseline(
            "patch_mean",
            "brightest patch",
            patch_mean,
            group="bound",
            by_level=False,
            noise="gaussian",
        ),
        Baseline(
            "histogram_likelihood",
            "best decision from the histogram",
            histogram_likelihood,
            group="bound",
            noise="gaussian",
        ),
        Baseline(
            "place_likelihood",
            "best decision with the place known",
            place_likelihood,
            group="bound",
            noise="gaussian",
            knows_place=True,
        ),
    )
}


def applicable_baselines(task: Task, options: SceneOptions) -> list[Baseline]:
    """The baselines whose accuracy says something about scenes of a task.

    Args:
        task: which intensities occur and their classes.
        options: what the scenes look like.
    """
    return [row for row in BASELINES.values() if row.applies(task, options)]
