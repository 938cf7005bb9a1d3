"""Runs and scenes -> tables with one row an observation, as figures and results take them.

`data` describes images, `training` what trainings came to, `departures` where they do something
else than the paper, `responses` what networks do with intensity. `summaries` holds what they share:
means over seeds with their intervals.
"""

from intensity.tables.data import (
    class_balance,
    intensity_functions,
    neighbor_correlation,
    permutation_effect,
    scene_table,
)
from intensity.tables.departures import departures
from intensity.tables.responses import (
    depth_summary,
    last_layer,
    logit_curves,
    monotonicity_by_depth,
)
from intensity.tables.training import (
    AUTHORS,
    Runs,
    accuracies,
    accuracy_by_intensity,
    authors_accuracies,
    confusions,
    grouped,
    grouped_summary,
    learning_curves,
    search_table,
    size_summary,
    sizes,
    summary,
)

__all__ = [
    "AUTHORS",
    "Runs",
    "accuracies",
    "accuracy_by_intensity",
    "authors_accuracies",
    "class_balance",
    "confusions",
    "departures",
    "depth_summary",
    "grouped",
    "grouped_summary",
    "intensity_functions",
    "last_layer",
    "learning_curves",
    "logit_curves",
    "monotonicity_by_depth",
    "neighbor_correlation",
    "permutation_effect",
    "scene_table",
    "search_table",
    "size_summary",
    "sizes",
    "summary",
]
