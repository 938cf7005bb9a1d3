"""Recoloring changes levels of the object alone, to levels that could be drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from changes import DISCS, KINDS, PAIRED, applied, count, levels_of, scenes_of
from intensity.data.rendering import masks
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes
from intensity.data.tasks import MINIMUM_CONTRAST
from intensity.interventions.recoloring import matched_pairs, recolored, with_core
from intensity.interventions.registry import INTERVENTIONS
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

RECOLORED = ("recolor_other_class", "recolor_same_class", "recolor")


def class_or_none(scenes: Scenes, row: int, level: int) -> int | None:
    """The class of a scene's object at a level that it could have been drawn with."""
    task, background = scenes.task, int(scenes.background[row])
    near = scenes.options.background == "random" and abs(level - background) < MINIMUM_CONTRAST
    if level not in task.levels or near:
        return None
    label = int(task.classify(np.array(level), np.array(background), scenes.shape[row]))
    second = scenes.distractor_area[row] > 0
    if second and label == task.label(scenes.distractor_intensity[row]):
        return None
    return label


def all_pairs(scenes: Scenes, row: int) -> list[tuple[int, int]]:
    """Levels of another class and of the same, equally far from a scene's own, by step."""
    own, found = int(scenes.intensity[row]), []
    for step in range(1, 256):
        classes = {level: class_or_none(scenes, row, level) for level in (own - step, own + step)}
        kept = [level for level in classes if classes[level] == scenes.label[row]]
        if None not in classes.values() and len(kept) == 1:
            found.append((2 * own - kept[0], kept[0]))
    return found


@pytest.mark.parametrize("kind", ["discs", "absolute", "contrast", "pairs", "conjunction"])
def test_pairs_are_taken_evenly_from_all_that_a_plain_search_finds(kind: str) -> None:
    scenes = scenes_of(kind, 15)
    rows, other, same = matched_pairs(scenes, 8)
    for row in range(len(scenes)):
        expected = all_pairs(scenes, row)
        found = list(zip(other[rows == row].tolist(), same[rows == row].tolist(), strict=True))
        places = [expected.index(pair) for pair in found]
        assert len(set(places)) == min(8, len(expected))
        assert sorted({0, len(expected) - 1} & {*range(len(expected))}) == sorted(
            {*places[:1], *places[-1:]}
        )
        assert len(places) < 3 or np.ptp(np.diff(places)) <= 1


@pytest.mark.parametrize("kind", ["discs", "absolute", "contrast", "pairs", "conjunction"])
def test_matched_recolorings_have_equal_sizes_and_differ_in_class(kind: str) -> None:
    scenes = scenes_of(kind)
    other, some, _ = applied("recolor_other_class", scenes)
    same = INTERVENTIONS["recolor_same_class"](scenes)
    assert np.array_equal(other.rows, same.rows)
    assert (other.label != some.label).all()
    assert (same.label == some.label).all()
    visible = masks(some).object
    levels = [levels_of(changed.images, visible).astype(int) for changed in (other, same)]
    sizes = [np.abs(level - some.intensity) for level in levels]
    assert np.array_equal(*sizes)
    for level, changed in zip(levels, (other, same), strict=True):
        assert np.array_equal(some.label_at(level), changed.label)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("squares", "hollow")])
def test_recoloring_changes_the_visible_object_alone(kind: str) -> None:
    changed, some, before = applied("recolor", scenes_of(kind))
    visible = masks(some).object
    assert np.array_equal(changed.images[~visible], before[~visible])
    levels = levels_of(changed.images, visible)
    assert (levels != some.intensity).all()
    assert np.isin(levels, some.task.levels).all()
    assert np.array_equal(changed.label, some.label_at(levels))
    assert np.array_equal(np.bincount(changed.rows), np.full(60, 2))
    first, second = levels.reshape(60, 2).T
    assert (first != second).all()
    if some.options.background == "random":
        assert np.abs(levels.astype(int) - some.background).min() >= MINIMUM_CONTRAST


@given(st.integers(0, 59), st.integers(0, 255))
def test_recoloring_to_the_same_level_is_refused(row: int, level: int) -> None:
    levels = DISCS.intensity.copy()
    levels[levels < 255] += 1
    assert np.array_equal(recolored(DISCS, levels).intensity, levels)
    levels[row] = DISCS.intensity[row]
    with pytest.raises(InvalidInput, match=f"levels: {levels[row]} is not allowed: the object has"):
        recolored(DISCS, levels)


@pytest.mark.parametrize("name", RECOLORED)
def test_no_level_is_proposed_that_the_object_has(name: str) -> None:
    # recolored() refuses them; many scenes of few levels would meet one soon.
    scenes = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 400)
    changed, some, _ = applied(name, scenes)
    assert (levels_of(changed.images, masks(some).object) != some.intensity).all()


def test_a_recolored_distractor_has_any_class_but_the_objects() -> None:
    changed, some, before = applied("distractor_recolored", PAIRED)
    seen = masks(some).distractor
    assert np.array_equal(changed.images[~seen], before[~seen])
    levels = levels_of(changed.images, seen)
    assert (levels != some.distractor_intensity).all()
    assert (some.task.label(levels) != some.label).all()
    assert np.array_equal(changed.label, some.label)
    assert set(
        (some.task.label(levels) == some.task.label(some.distractor_intensity)).tolist()
    ) == {
        True,
        False,
    }


@pytest.mark.parametrize("kind", ["discs", "squares", "absolute", "contrast", "pairs", "varied"])
def test_core_and_ring_have_equal_visible_areas_and_the_same_two_levels(kind: str) -> None:
    scenes = scenes_of(kind)
    if kind == "squares":
        scenes = scenes.without_noise()
        scenes = scenes[scenes.intensity > 0]
    core, some, before = applied("core_recolored", scenes)
    ring = INTERVENTIONS["ring_recolored"](scenes)
    assert np.array_equal(core.rows, ring.rows)
    assert np.array_equal(core.label, ring.label)
    assert (core.label != some.label).all()
    visible = masks(some).object
    inside, around = core.images != before, ring.images != before
    assert np.array_equal(inside | around, visible)
    assert not (inside & around).any()
    assert np.array_equal(count(inside), count(visible) // 2)
    levels = levels_of(core.images, inside)
    assert np.array_equal(levels, levels_of(ring.images, around))
    assert np.array_equal(some.label_at(levels), core.label)


def test_the_core_lies_inside_the_ring() -> None:
    changed, some, before = applied("core_recolored", DISCS.without_noise())
    rows, columns = np.mgrid[:64, :64]
    center = some.center.astype(int)
    distance = np.hypot(rows - center[:, :1, None], columns - center[:, 1:, None])
    core = changed.images != before
    ring = masks(some).object & ~core
    assert (distance.max(axis=(1, 2), where=core, initial=0) <= np.sqrt(32)).all()
    assert (distance.min(axis=(1, 2), where=ring, initial=9) >= np.sqrt(29)).all()


@given(st.integers(-3, 230))
def test_cores_and_rings_wider_than_the_object_are_refused(area: int) -> None:
    areas = np.full(60, 98)
    areas[7] = area
    if 1 <= area < 197:
        assert with_core(DISCS, areas, DISCS.background, DISCS.intensity).core_area[7] == area
        return
    with pytest.raises(
        InvalidInput, match=rf"a core of {area} pixels is not allowed: 1\.\.196, .*"
    ):
        with_core(DISCS, areas, DISCS.background, DISCS.intensity)
