"""One function a figure, in one style; they take arrays and tables and return matplotlib figures.

`show` saves a figure and puts it on a notebook's page; `show_table` does so with a table. seaborn
is imported by the functions that use it, since it takes as long to load as a figure to draw.
"""

from intensity.figures.ablations import ablation_overview, accuracy_by_size, random_search
from intensity.figures.data import (
    class_balance,
    image_grid,
    intensity_functions,
    permutation_effect,
    reader_accuracy,
)
from intensity.figures.discussion import claim_parts, claims_overview
from intensity.figures.display import save, show, show_table
from intensity.figures.responses import (
    class_response_curves,
    final_layer_weights,
    kernels_with_profiles,
    monotonicity_by_depth,
    profile_table,
    response_profiles,
    unit_profiles,
)
from intensity.figures.style import SCENES_INTERVAL, SEEDS_INTERVAL
from intensity.figures.training import (
    accuracy_by_intensity,
    accuracy_overview,
    confusion_matrices,
    learning_curves,
)
from intensity.figures.visualization import feature_maps_by_layer, four_panels

__all__ = [
    "SCENES_INTERVAL",
    "SEEDS_INTERVAL",
    "ablation_overview",
    "accuracy_by_intensity",
    "accuracy_by_size",
    "accuracy_overview",
    "claim_parts",
    "claims_overview",
    "class_balance",
    "class_response_curves",
    "confusion_matrices",
    "feature_maps_by_layer",
    "final_layer_weights",
    "four_panels",
    "image_grid",
    "intensity_functions",
    "kernels_with_profiles",
    "learning_curves",
    "monotonicity_by_depth",
    "permutation_effect",
    "profile_table",
    "random_search",
    "reader_accuracy",
    "response_profiles",
    "save",
    "show",
    "show_table",
    "unit_profiles",
]
