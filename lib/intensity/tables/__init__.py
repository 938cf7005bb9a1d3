"""Runs and scenes -> tables with one row an observation, as figures and results take them.

`data` describes images, `training` what trainings came to, `departures` where they do something
else than the paper, `responses` what networks do with intensity, `units` what their single units
do, `curves` what they answer on sweeps. `summaries` holds what they share: means over seeds with
their intervals.
"""

from intensity.tables.curves import (
    plane_table,
    transitions_summary,
    transitions_table,
)
from intensity.tables.data import (
    class_balance,
    intensity_functions,
    neighbor_correlation,
    permutation_effect,
    scene_table,
)
from intensity.tables.departures import departures
from intensity.tables.interventions import (
    absences,
    conflicts,
    distances,
    doses,
    effect_matrix,
    effect_summary,
    effects,
    fingerprints,
    half_dose,
    half_dose_between,
    pieces,
    readable,
    recoloring_summary,
    recolorings,
    seed_values,
)
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
from intensity.tables.units import (
    alignment_table,
    closed_form_fit,
    closed_form_table,
    probe_difference,
    probe_summary,
    probe_table,
    threshold_places,
    turning_shares,
    turning_summary,
)

__all__ = [
    "AUTHORS",
    "Runs",
    "absences",
    "accuracies",
    "accuracy_by_intensity",
    "alignment_table",
    "authors_accuracies",
    "class_balance",
    "closed_form_fit",
    "closed_form_table",
    "conflicts",
    "confusions",
    "departures",
    "depth_summary",
    "distances",
    "doses",
    "effect_matrix",
    "effect_summary",
    "effects",
    "fingerprints",
    "grouped",
    "grouped_summary",
    "half_dose",
    "half_dose_between",
    "intensity_functions",
    "last_layer",
    "learning_curves",
    "logit_curves",
    "monotonicity_by_depth",
    "neighbor_correlation",
    "permutation_effect",
    "pieces",
    "plane_table",
    "probe_difference",
    "probe_summary",
    "probe_table",
    "readable",
    "recoloring_summary",
    "recolorings",
    "scene_table",
    "search_table",
    "seed_values",
    "size_summary",
    "sizes",
    "summary",
    "threshold_places",
    "transitions_summary",
    "transitions_table",
    "turning_shares",
    "turning_summary",
]
