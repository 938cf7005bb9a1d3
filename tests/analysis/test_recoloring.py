"""Matched pairs against a network that reads every level right, and against answers by hand."""

import numpy as np
import pytest

from intensity.analysis.recoloring import INSIDE, outcomes_by_distance, pair_outcomes, pair_shares
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes
from intensity.interventions.recoloring import matched_pairs
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

TASK = TASKS["hard"]
SCENES = draw_scenes(TASK, find_setting("discs"), "test", 0, 80)
ROWS, OTHER, SAME = matched_pairs(SCENES, 4)


def answered(scenes: Scenes, shift: int) -> list[np.ndarray]:
    """Before, in the other class, in the same, by a network whose boundaries are too high."""
    levels = (scenes.intensity.astype(int), OTHER, SAME)
    return [TASK.label(np.maximum(level - shift, 5)) for level in levels]


def test_a_network_that_reads_levels_follows_every_pair() -> None:
    table = pair_outcomes(SCENES, 4, *answered(SCENES, 0))
    assert table["scene"].tolist() == ROWS.tolist()
    assert table["followed"].all()
    assert not table["changed"].any()
    assert pair_shares(table).tolist() == [1, 0, table["scene"].nunique()]


def test_displaced_boundaries_are_seen_near_boundaries_alone() -> None:
    table = pair_outcomes(SCENES, 4, *answered(SCENES, 3))
    shares = outcomes_by_distance(table).set_index("distance")
    assert (shares.loc[3:, "followed"] == 1).all()
    assert (shares.loc[3:, "changed"] == 0).all()
    assert shares.loc[:2.5, "followed"].min() < 1
    assert shares["count"].sum() == len(table)


def test_with_a_margin_pairs_are_those_of_all_that_are_as_far() -> None:
    every, inside = matched_pairs(SCENES, 250), matched_pairs(SCENES, 250, INSIDE)
    table = pair_outcomes(SCENES, 250, np.zeros(len(SCENES)), *(np.zeros(len(every[0])),) * 2)
    far = table["distance"] >= INSIDE
    assert 0 < far.sum() < len(far)
    for one, other in zip(every, inside, strict=True):
        assert np.array_equal(one[far], other)
    answers = [TASK.label(levels) for levels in inside[1:]]
    some = pair_outcomes(SCENES, 250, SCENES.label, *answers, INSIDE)
    assert some["distance"].min() >= INSIDE
    assert pair_shares(some)[["followed", "changed"]].tolist() == [1, 0]


def test_the_distance_is_the_smallest_of_three_levels() -> None:
    scenes = SCENES[:1].replace(intensity=40)
    _, other, same = matched_pairs(scenes, 4)
    table = pair_outcomes(scenes, 4, np.array([1]), TASK.label(other), TASK.label(same))
    expected = [
        min(abs(level - edge) for level in (40, first, second) for edge in TASK.edges)
        for first, second in zip(other, same, strict=True)
    ]
    assert table["distance"].tolist() == expected


def test_scenes_count_alike_whatever_their_number_of_pairs() -> None:
    table = pair_outcomes(SCENES, 4, *answered(SCENES, 0))
    table.loc[table["scene"] == ROWS[0], "followed"] = False
    assert pair_shares(table)["followed"] == 1 - 1 / table["scene"].nunique()


def test_wrong_input_is_refused() -> None:
    before, other, same = answered(SCENES, 0)
    with pytest.raises(InvalidInput, match=r"^other, same: .* one a pair"):
        pair_outcomes(SCENES, 4, before, other[1:], same)
    table = pair_outcomes(SCENES, 4, before, other, same)
    with pytest.raises(InvalidInput, match=r"^scenes: 0 with matched pairs"):
        pair_shares(table[:0])
