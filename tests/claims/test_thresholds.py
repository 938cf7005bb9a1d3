"""Ids, rules and thresholds of claims.yaml are those that were fixed before the run."""

from intensity.claims.definitions import load_claims

FIXED = """
P1 accuracy/hard/bn_compact >= .95
P1 accuracy/hard/bn_large >= .95
P1 accuracy/hard/bn_medium_full >= .95 paper
P1 accuracy/hard/bn_large_full >= .95 paper
P1 accuracy/hard/bn_huge_full >= .95 paper
P2 accuracy_difference/hard/pixels/bn_compact < -.05
P3 shape_cue_gain/hard/bn_compact > .02
P3 shape_cue_gain/hard/bn_large > .02
P4 truth_agreement/hard/bn_compact/gradient > .5
P4 truth_agreement/hard/bn_compact/occlusion > .5
P5 boundary_error_share/hard/bn_compact >= .75
P6 levels_read_right/hard/bn_compact >= .95
P6 crossing_distance/hard/bn_compact <= 2
P7 monotonicity_difference/hard/bn_compact/first_last > .3
P7 monotonicity_difference/hard/bn_compact_screen/monotone < -.2
P8 threshold_advantage/hard/bn_compact > 0
P9 changed_predictions/hard/bn_compact/one_pixel_core <= .01
P9 dose_difference/hard/bn_compact/40_1 > .2
P9 monotone_doses/hard/bn_compact > .5
P10 class_map_correlation_difference/hard/bn_compact/guided_backprop/gradient > .5
P11 accuracy/three_bands/large >= .99
P11 accuracy/three_bands/small >= .95
P11 accuracy/three_bands/large_full >= .99 paper
P11 accuracy/three_bands/small_full >= .95 paper
P12 size_difference/hard/bn_medium_full/bn_tiny_full > .05 paper
P12 size_difference/hard/bn_large_full/bn_tiny_full > .05 paper
P12 size_difference/hard/bn_huge_full/bn_tiny_full > .05 paper
P12 size_difference/hard/bn_medium_full/bn_tiny_full/permuted > .05 paper
P12 size_difference/hard/bn_large_full/bn_tiny_full/permuted > .05 paper
P12 size_difference/hard/bn_huge_full/bn_tiny_full/permuted > .05 paper
O1 error_difference/three_bands/large/histogram_likelihood < 0
O2 accuracy/hard/mean_posterior <= .60
O2 accuracy/hard/linear_histogram >= .97
O3 turning_share/hard/bn_compact/last_block > .5
O4 recolor_followed/hard/bn_compact/inside >= .90
O4 same_class_recolor_changes/hard/bn_compact/inside <= .10 equivalence
O5 recolor_changes/shape/bn_compact <= .05 equivalence
O5 shape_swap_followed/shape/bn_compact >= .90
O5 recolor_followed/hard/bn_compact/inside >= .90
O5 shape_swap_changes/hard/bn_compact <= .10 equivalence
O6 core_share/hard/bn_compact > .5
O6 core_share/absolute/bn_compact > .5
O7 scatter_drop/hard/bn_compact >= .30
O8 answers_by_background/hard/bn_compact > .5
O9 rectangle_wins/hard/bn_compact/twice > .5
O10 accuracy/absolute/bn_compact/differing >= .90
O10 accuracy/contrast/bn_compact/differing >= .90
O10 least_recall/absolute/bn_compact/differing >= .80
O10 least_recall/contrast/bn_compact/differing >= .80
O11 accuracy/distractor/bn_compact >= .95
O11 distractor_recolor_changes/distractor/bn_compact <= .05 equivalence
O12 cover_loss_difference/hard/bn_compact/core/edge > 0
O12 cover_loss_difference/absolute/bn_compact/core/edge > 0
O13 margin_rank_correlation/hard/bn_compact/gradient <= -.3
O13 margin_rank_correlation/hard/bn_compact/recolor >= -.15 equivalence
O13 margin_rank_correlation/hard/bn_compact/recolor <= .15 equivalence
O14 saliency_auc/distractor/bn_compact/gradient > .5
O14 saliency_auc_difference/distractor/bn_compact/gradient/sobel > 0
O14 saliency_auc/distractor/bn_compact/gradient_x_input > .5
O14 saliency_auc_difference/distractor/bn_compact/gradient_x_input/sobel > 0
O14 saliency_auc/distractor/bn_compact/guided_backprop > .5
O14 saliency_auc_difference/distractor/bn_compact/guided_backprop/sobel > 0
O14 saliency_auc/distractor/bn_compact/pca_direction > .5
O14 saliency_auc_difference/distractor/bn_compact/pca_direction/sobel > 0
O15 polarity_agreement/hard/bn_compact/gradient_x_input < .5
O15 polarity_agreement/hard/bn_compact/integrated_gradients_black < .5
O16 weber/hard/bn_compact > .5
O16 weber/hard/bn_compact/inverted < 0
O17 background_cure/hard/bn_compact > .2
O18 jitter_width/hard/bn_compact > 2
O19 gain_changes/hard/unbiased <= 0
O19 accuracy/hard/unbiased <= .60
O20 accuracy_difference/absolute/standardized/bn_compact < -.1 paper
O21 boundaries_slope/hard/bn_compact > 0 paper
O22 unseen_levels/hard/bn_compact > .8 paper
R1 slope/tissue/raw < .25
R2 slope/tissue/zscored > .6
R2 slope/tissue/augmented > .6
R3 surround_changes/tissue/pixel <= 0
R3 gain_changes/tissue/zscored/without_black <= 0
R4 audit_error/tissue/all <= .10 equivalence
R4 audit_error/scenes/bn_compact <= .05 equivalence
R5 offset_changes/tissue/raw > .10
R5 offset_changes/tissue/augmented < .05 equivalence
R6 accuracy/tissue_hard/raw > .90
R7 answers_by_surround/tissue_hard/raw < .33
R8 accuracy_difference/tissue/raw/middle_level > -.01 equivalence
"""
"""Claim, measurement, rule, and what is special: the test of equivalence, or the profile."""

EIGHT_SEEDS, FIVE_SEEDS = {"P8", "O14"}, 5


def test_rules_and_thresholds_are_those_that_were_fixed() -> None:
    fixed = [
        (claim, measurement, comparison, float(threshold), *special)
        for claim, measurement, comparison, threshold, *special in (
            line.split() for line in FIXED.split("\n") if line
        )
    ]
    stated = [
        (claim.id, part.measurement, part.comparison, part.threshold)
        + (("equivalence",) if part.test == "equivalence" else ())
        + ((part.profile,) if part.profile else ())
        for claim in load_claims().claims
        for part in claim.parts
    ]
    assert stated == fixed


def test_claims_take_five_seeds_or_eight_and_large_networks_and_real_images_fewer() -> None:
    for claim in load_claims().claims:
        for part in claim.parts:
            if claim.id in EIGHT_SEEDS:
                assert part.seeds == 8
            elif claim.id.startswith("R"):
                assert part.seeds == 3
            elif part.seeds != FIVE_SEEDS:
                assert part.profile or part.measurement.endswith("bn_large")
                assert part.seeds in (2, 3)


def test_the_two_lists_are_told_apart_by_their_ids() -> None:
    claims = load_claims().claims
    paper = [claim.id for claim in claims if claim.source == "paper"]
    ours = [claim.id for claim in claims if claim.source == "ours"]
    assert paper == [f"P{number}" for number in range(1, 13)]
    real = [f"R{number}" for number in range(1, 9)]
    assert ours == [f"O{number}" for number in range(1, 23)] + real
