"""Questions to networks about patches, answered by readers whose answers are known beforehand."""

import numpy as np
import pytest

from intensity.analysis.tissue import (
    MARGIN,
    _far_half,
    _matched,
    core_answers,
    other_class_levels,
    recolored_answers,
    surround_answers,
    task_answers,
    tissue_plane,
)
from intensity.data.tasks import Task
from intensity.data.tissue import task_patches
from intensity.training.presets import TASKS

HARD, ABSOLUTE = TASKS["hard"], TASKS["absolute"]


class Reader:
    """Answers the class of the mean level in a window."""

    output_shape = (None, 3)

    def __init__(self, task: Task, *window: slice) -> None:
        self.task, self.window = task, window

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        """Logits of images."""
        level = images[:, *self.window].mean(axis=(1, 2, 3))
        return np.eye(3)[self.task.label(np.rint(level).astype(int))]


def middle(task: Task) -> Reader:
    return Reader(task, slice(16, 17), slice(16, 17))


def test_a_reader_of_the_middle_is_right_and_no_surround_moves_it() -> None:
    found = task_answers(middle(HARD), HARD, 300)
    right = (found["predicted"] == found["label"]).mean()
    assert right > 0.85
    around = surround_answers(middle(HARD), HARD, 300)
    assert (around["around"] != around["label"]).all()
    patches, _ = task_patches(HARD, 300)
    room = patches.inside.sum(axis=(1, 2)) - patches.object.sum(axis=(1, 2))
    assert 0 < around["larger"].sum() < 150
    assert np.array_equal(around["larger"], room > patches.object.sum(axis=(1, 2)))
    assert (around["predicted"] == around["label"]).mean() == pytest.approx(right, abs=0.05)


def test_a_reader_of_all_is_moved_by_the_surround() -> None:
    found = surround_answers(Reader(HARD, slice(0, 32), slice(0, 32)), HARD, 300)
    moved = surround_answers(middle(HARD), HARD, 300)
    assert (found["predicted"] == found["label"]).mean() < 0.6
    assert (found["predicted"] == found["around"]).mean() > (
        (moved["predicted"] == moved["around"]).mean() + 0.1
    )


def test_classes_by_both_rules_are_told_where_surrounds_have_one_level() -> None:
    found = task_answers(middle(ABSOLUTE), ABSOLUTE, 200)
    _, shown = task_patches(ABSOLUTE, 200)
    assert np.array_equal(found["absolute"], found["label"])
    assert np.array_equal(
        found["contrast"], ABSOLUTE.label(np.abs(shown.level - shown.around).astype(int))
    )
    assert (task_answers(middle(HARD), HARD, 50)["contrast"] == -1).all()


def test_other_levels_are_of_another_class_and_the_same_for_each_use() -> None:
    label = np.repeat([0, 1, 2], 50)
    first, second = (other_class_levels(HARD, label, use) for use in (5, 6))
    assert (HARD.label(first) != label).all()
    assert np.array_equal(first, other_class_levels(HARD, label, 5))
    assert not np.array_equal(first, second)


def test_a_reader_of_the_middle_follows_matched_pairs() -> None:
    found = recolored_answers(middle(HARD), HARD, 400)
    assert (found["target"] != found["label"]).all()
    assert (found["other"] == found["target"]).mean() > 0.8
    assert (found["same"] == found["before"]).mean() > 0.8


def test_the_core_is_far_from_the_edge_and_the_frame_is_none() -> None:
    masks = np.zeros((2, 8, 8), bool)
    masks[0, :, :4], masks[1, 2:6, 2:6] = True, True
    cut, whole = _far_half(masks)
    assert np.array_equal(np.flatnonzero(cut.all(axis=0)), [0, 1])
    assert not cut[:, 2:].any()
    assert whole.sum() == 8
    assert whole[3:5, 3:5].all()


def test_a_reader_of_the_middle_names_the_half_of_the_object_that_it_lies_in() -> None:
    found = core_answers(middle(HARD), HARD, 150)
    assert (found["core"] != found["ring"]).all()
    assert np.array_equal(found["core"][:150], found["ring"][150:])
    assert np.array_equal(found["ring"][:150], found["core"][150:])
    assert 0.5 < found["middle"].mean() < 1
    for inside, part in ((True, "core"), (False, "ring")):
        kept = found["middle"] == inside
        assert (found["predicted"] == found[part])[kept].mean() > 0.75


def test_matched_levels_are_equally_far_inside_and_of_the_classes_they_should_be() -> None:
    level = HARD.levels
    rows, other, same = _matched(HARD, level, np.random.default_rng(0))
    own = level[rows]
    assert len(rows) > 50
    assert np.array_equal(np.abs(other - own), np.abs(same - own))
    assert np.array_equal(HARD.label(same), HARD.label(own))
    assert (HARD.label(other) != HARD.label(own)).all()
    for one in (own, other, same):
        assert (np.abs(one[:, None] - HARD.edges) >= MARGIN).all()


def test_the_plane_of_a_reader_of_the_middle_has_stripes_across_the_object_level_alone() -> None:
    plane = tissue_plane(middle(TASKS["easy"]), TASKS["easy"], 6, 51)
    assert plane["share"].shape == (6, 6, 3)
    assert np.allclose(plane["share"].sum(axis=-1), 1)
    assert (
        plane["intensity"].tolist() == plane["background"].tolist() == [0, 51, 102, 153, 204, 255]
    )
    answers = plane["share"].argmax(axis=-1)
    assert (answers[:, [0, 1, 2]] == 0).all()
    assert (answers[:, [4, 5]] == 1).all()
