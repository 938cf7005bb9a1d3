"""Measured arrays and configurations -> tables with one row an observation; no network is seen.

`data` describes images, `training` the results of trainings, `departures` where they depart from
the paper, `responses` how networks respond to intensity, `units` how their single units do,
`explanations` scores of attribution maps, `interventions` effects of changed images, `tissue` real
images.
"""

from intensity.tables.data import (
    band_table,
    baseline_table,
    class_balance_table,
    neighbor_correlation,
    permutation_table,
    scene_table,
)
from intensity.tables.departures import departure_table
from intensity.tables.explanations import (
    check_table,
    magnitude_table,
    margin_table,
    relevance_table,
    score_spread,
    score_summary,
    score_table,
)
from intensity.tables.fingerprints import distance_table, fingerprint_table
from intensity.tables.interventions import (
    MAIN_CHANGES,
    absence_table,
    conflict_table,
    dose_numbers,
    dose_table,
    effect_matrix_table,
    effect_measurement,
    effect_summary,
    effect_table,
    half_dose_table,
    inapplicable_table,
    piece_table,
    seed_values,
)
from intensity.tables.names import title_of, titled
from intensity.tables.responses import (
    logit_table,
    pair_table,
    plane_table,
    probability_table,
    profile_table,
    recolor_summary,
    recolor_table,
    scene_logits,
    transition_summary,
    transition_table,
    widest_units,
    width_by_level,
    width_summary,
    width_table,
)
from intensity.tables.summaries import spread_table, summarized
from intensity.tables.tissue import (
    core_share_table,
    difference_table,
    largest_differences,
    mask_effect_summary,
    mask_effect_table,
    mask_plane_table,
    patch_table,
    scene_difference_table,
    tissue_accuracy_table,
)
from intensity.tables.training import (
    AUTHORS,
    Runs,
    accuracy_summary,
    accuracy_table,
    as_errors,
    authors_table,
    condition_table,
    confusion_table,
    distance_error_table,
    dose_effect_table,
    error_table,
    intensity_error_table,
    learning_curve_table,
    scale_by_network,
    scale_table,
    size_table,
)
from intensity.tables.units import (
    alignment_table,
    at_layer,
    circuit_fits,
    closed_form_fit,
    closed_form_table,
    depth_summary,
    depth_table,
    probe_difference,
    probe_summary,
    probe_table,
    threshold_table,
)
