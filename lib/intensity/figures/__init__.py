"""One function a figure, in one style; they take arrays and tables and return matplotlib figures.

`show` saves a figure and puts it on a notebook's page; `show_table` does so with a table. seaborn
is imported by the functions that use it, since it takes as long to load as a figure to draw.
"""

from intensity.figures.ablations import ablation_overview, accuracy_by_size, random_search
from intensity.figures.data import (
    baseline_accuracy,
    class_balance,
    image_grid,
    intensity_functions,
    permutation_effect,
)
from intensity.figures.discussion import claims_overview
from intensity.figures.display import in_words, save, show, show_table
from intensity.figures.explanations import (
    check_matrix,
    map_gallery,
    relevance_by_intensity,
    score_panels,
    weight_randomization,
)
from intensity.figures.interventions import (
    cue_conflicts,
    dose_curves,
    effect_matrix,
    fingerprint_distances,
    pieces,
    recolor_outcomes,
)
from intensity.figures.planes import class_planes, transition_places
from intensity.figures.responses import (
    by_depth,
    final_layer_weights,
    kernels_with_profiles,
    layer_profiles,
    logit_curves,
    unit_profiles,
)
from intensity.figures.slider import intensity_slider, intensity_sweep
from intensity.figures.style import SCENES_INTERVAL, SEEDS_INTERVAL
from intensity.figures.training import (
    accuracy_over_intensity,
    accuracy_overview,
    confusion_matrices,
    learning_curves,
)
from intensity.figures.units import closed_form_responses, probes_by_depth, threshold_places
from intensity.figures.visualization import feature_maps_by_layer, four_panels

__all__ = [
    "SCENES_INTERVAL",
    "SEEDS_INTERVAL",
    "ablation_overview",
    "accuracy_by_size",
    "accuracy_over_intensity",
    "accuracy_overview",
    "baseline_accuracy",
    "by_depth",
    "check_matrix",
    "claims_overview",
    "class_balance",
    "class_planes",
    "closed_form_responses",
    "confusion_matrices",
    "cue_conflicts",
    "dose_curves",
    "effect_matrix",
    "feature_maps_by_layer",
    "final_layer_weights",
    "fingerprint_distances",
    "four_panels",
    "image_grid",
    "in_words",
    "intensity_functions",
    "intensity_slider",
    "intensity_sweep",
    "kernels_with_profiles",
    "layer_profiles",
    "learning_curves",
    "logit_curves",
    "map_gallery",
    "permutation_effect",
    "pieces",
    "probes_by_depth",
    "random_search",
    "recolor_outcomes",
    "relevance_by_intensity",
    "save",
    "score_panels",
    "show",
    "show_table",
    "threshold_places",
    "transition_places",
    "unit_profiles",
    "weight_randomization",
]
