"""One function a figure, in one style; they take arrays and tables and return matplotlib figures.

Every function draws into `ax` (one panel) or `figure` (several; a figure or a part of one) where it
is given, else into a new figure, and returns the figure. What many take is described here once:
`summary` has one row a value with the ends of its interval as low and high, `seeds` one row a
seed; `bands` are the classes of grey levels, drawn behind curves. Any name has a color.
seaborn is imported by the functions that use it, since it takes long to load.
"""

from intensity.figures.ablations import (
    ablation_overview,
    error_by_size,
    recipe_errors,
    screens_by_size,
    training_effects,
)
from intensity.figures.data import (
    baseline_accuracy,
    class_balance,
    image_grid,
    intensity_functions,
    permutation_effect,
)
from intensity.figures.discussion import claims_overview
from intensity.figures.display import save
from intensity.figures.doses import (
    dose_dots,
    piece_losses,
    pixel_grid,
    recolor_curves,
    share_curves,
)
from intensity.figures.effects import effect_matrix, main_effects
from intensity.figures.explanations import (
    check_matrix,
    map_gallery,
    map_rows,
    relevance_by_distance,
    score_panels,
    weight_similarity,
)
from intensity.figures.interventions import cue_conflicts, fingerprint_distances
from intensity.figures.planes import (
    answers_off_black,
    boundary_widths,
    class_planes,
    transition_places,
)
from intensity.figures.responses import (
    by_depth,
    final_layer_weights,
    kernels_with_profiles,
    layer_profiles,
    logit_curves,
    unit_profiles,
)
from intensity.figures.slider import intensity_slider, intensity_sweep
from intensity.figures.tissue import level_planes, mask_effects, patch_examples
from intensity.figures.training import (
    confusion_matrices,
    error_by_distance,
    error_over_intensity,
    error_overview,
    learning_curves,
)
from intensity.figures.units import (
    closed_form_responses,
    probes_by_depth,
    threshold_places,
    unit_maps,
)
from intensity.figures.visualization import feature_maps_by_layer, four_panels
