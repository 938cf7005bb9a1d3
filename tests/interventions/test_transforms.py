"""Interventions: exactly one thing changes, by exactly as much as is said."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from intensity.data.rendering import histograms, masks, permuted, render
from intensity.data.scenes import SceneOptions, Scenes, draw_scenes
from intensity.data.shapes import SHAPES
from intensity.data.tasks import MINIMUM_CONTRAST
from intensity.interventions.transforms import (
    COVERED,
    INTERVENTIONS,
    PAIRS,
    PERIOD,
    PIECES,
    PIXELS,
    Changed,
    in_pieces,
    is_unusual,
    matched_pairs,
    recolored,
    with_core,
)
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

VARIED = {"setting": "discs", "areas": (113, 150, 197, 317)}
HOLLOW = {"setting": "discs", "hollow": True}
PERMUTED = {"setting": "discs", "permutation": "fresh"}
TWO_SHAPES = {"setting": "shapes", "shapes": ("disc", "square")}
KINDS: dict[str, tuple[str, Any]] = {
    "discs": ("hard", "discs"),
    "squares": ("three_bands", "squares"),
    "absolute": ("absolute", "backgrounds"),
    "contrast": ("contrast", "backgrounds"),
    "pairs": ("distractor", "pairs"),
    "shapes": ("shape", "shapes"),
    "conjunction": ("conjunction", TWO_SHAPES),
    "varied": ("hard", VARIED),
    "hollow": ("hard", HOLLOW),
    "permuted": ("hard", PERMUTED),
}
RECOLORED = ("recolor_other_class", "recolor_same_class", "recolor")
COVERS = ("cover_core", "cover_edge", "cover_outside")


def scenes_of(kind: str, count: int = 60) -> Scenes:
    """The first test scenes of a kind."""
    task, setting = KINDS[kind]
    return draw_scenes(TASKS[task], find_setting(setting), "test", 0, count)


TWO_LEVELS = {"core_recolored", "ring_recolored"}
MATCHED = {"recolor_other_class", "recolor_same_class"}
OTHER_LEVELS = MATCHED | TWO_LEVELS | {n for n in INTERVENTIONS if n.startswith("pixels")}
ONE_OBJECT = {"resized", "distractor_recolored"}
NOT_APPLICABLE = {
    "discs": ONE_OBJECT | {"offset"},
    "squares": MATCHED | {*COVERS, "distractor_recolored", "offset"},
    "absolute": ONE_OBJECT,
    "contrast": ONE_OBJECT,
    "pairs": {"resized", "offset"},
    "shapes": ONE_OBJECT | OTHER_LEVELS | {"offset"},
    "conjunction": ONE_OBJECT | {"offset"},
    "varied": {"distractor_recolored", "offset"},
    "hollow": ONE_OBJECT | TWO_LEVELS | {"edge_only", "offset"},
    "permuted": ONE_OBJECT | {"offset"},
}
"""What cannot be done with scenes of a kind; of the first 60 on black, all but two are too bright
somewhere for an offset."""

DISCS, PAIRED = scenes_of("discs"), scenes_of("pairs")


def applied(name: str, scenes: Scenes) -> tuple[Changed, Scenes, np.ndarray]:
    """An intervention, with the scenes it was applied to, row by row, and their images."""
    changed = INTERVENTIONS[name](scenes)
    some = scenes[changed.rows]
    return changed, some, render(some)


def count(masks_: np.ndarray) -> np.ndarray:
    """Pixels of masks."""
    return masks_.sum(axis=(1, 2))


def levels_of(images: np.ndarray, masks_: np.ndarray) -> np.ndarray:
    """The one level that each image has in its mask."""
    found = [np.unique(image[mask]) for image, mask in zip(images, masks_, strict=True)]
    assert {len(levels) for levels in found} == {1}
    return np.concatenate(found)


# All of them


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", INTERVENTIONS)
def test_what_applies_is_whole_and_what_does_not_is_refused_in_a_line(kind: str, name: str) -> None:
    scenes = scenes_of(kind)
    if name in NOT_APPLICABLE[kind]:
        line = f"^{name}: cannot be applied to any of 60 scenes; it needs an object and .*$"
        with pytest.raises(InvalidInput, match=line) as caught:
            INTERVENTIONS[name](scenes)
        assert "\n" not in str(caught.value)
        return
    changed = INTERVENTIONS[name](scenes)
    size = scenes.options.size
    assert changed.images.shape == (len(changed.rows), size, size)
    assert changed.images.dtype == np.uint8
    assert changed.rows.dtype == changed.label.dtype == np.int64
    assert changed.label.shape == changed.rows.shape
    assert (np.diff(changed.rows) >= 0).all()
    assert -1 <= changed.label.min() <= changed.label.max() < scenes.task.classes


@pytest.mark.parametrize(
    ("name", "kind", "missing"),
    [
        ("distractor_recolored", "discs", "a distractor with a choice of levels"),
        ("noise_removed", "clean", "noise"),
        ("cover_edge", "squares", "small noise squares"),
        ("pieces_4", "large", "pieces do not fit"),
        ("core_recolored", "hollow", "not hollow"),
        ("resized", "discs", "areas that differ by a factor of 1.5"),
        ("recolor_same_class", "shapes", "one of its class and one of another"),
        ("pixels_40_edge", "small", "40 px of visible edge"),
    ],
)
def test_refusals_name_what_is_missing(name: str, kind: str, missing: str) -> None:
    others = {
        "clean": SceneOptions(),
        "large": SceneOptions(areas=(2400,)),
        "small": SceneOptions(areas=(21,)),
    }
    task, options = ("hard", others[kind]) if kind in others else KINDS[kind]
    scenes = draw_scenes(TASKS[task], find_setting(options), "test", 0, 20)
    with pytest.raises(InvalidInput, match=f"^{name}: .* 20 scenes; it needs an object.*{missing}"):
        INTERVENTIONS[name](scenes)


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_scenes_without_objects_are_refused_and_left_out(name: str) -> None:
    kind = {"distractor_recolored": "pairs", "resized": "varied"}.get(name, "discs")
    scenes = scenes_of(kind, 600 if name == "offset" else 60)
    with pytest.raises(InvalidInput, match="it needs an object"):
        INTERVENTIONS[name](scenes.replace(area=0))
    rows = INTERVENTIONS[name](scenes).rows
    without = scenes.replace(area=np.where(np.arange(len(scenes)) == rows[0], 0, scenes.area))
    assert np.array_equal(INTERVENTIONS[name](without).rows, rows[rows != rows[0]])


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_no_scene_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="scenes: 0 scenes are not allowed"):
        INTERVENTIONS[name](DISCS[:0])


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_a_change_depends_on_the_scene_and_its_place_alone(name: str) -> None:
    scenes = scenes_of({"resized": "varied"}.get(name, "pairs"), PERIOD + 80)
    whole, again = INTERVENTIONS[name](scenes), INTERVENTIONS[name](scenes)
    for one, other in zip(whole, again, strict=True):
        assert np.array_equal(one, other)
    for part in (slice(PERIOD), slice(PERIOD, None)):
        if name == "offset" and not np.isin(whole.rows, np.arange(len(scenes))[part]).any():
            continue
        changed = INTERVENTIONS[name](scenes[part])
        inside = np.isin(whole.rows, np.arange(len(scenes))[part])
        assert np.array_equal(changed.rows + (part.start or 0), whole.rows[inside])
        assert np.array_equal(changed.images, whole.images[inside])
        assert np.array_equal(changed.label, whole.label[inside])


def test_permuted_scenes_are_changed_before_they_are_permuted() -> None:
    scenes = scenes_of("permuted")
    for name in ("recolor", "cover_edge", "pieces_4", "moved", "pixels_10_core", "blurred"):
        plain, changed = INTERVENTIONS[name](DISCS), INTERVENTIONS[name](scenes)
        assert np.array_equal(plain.rows, changed.rows)
        seeds = scenes.permutation_seed[changed.rows]
        assert np.array_equal(permuted(plain.images, seeds), changed.images)


@pytest.mark.parametrize("name", ["moved", *COVERS, "shape_swapped", "edge_only", "noise_removed"])
def test_labels_stay_where_the_level_does(name: str) -> None:
    changed, some, _ = applied(name, DISCS)
    assert np.array_equal(changed.label, some.label)


# Recoloring


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
    scenes = scenes_of(kind)
    rows, other, same = matched_pairs(scenes)
    for row in range(len(scenes)):
        expected = all_pairs(scenes, row)
        found = list(zip(other[rows == row].tolist(), same[rows == row].tolist(), strict=True))
        places = [expected.index(pair) for pair in found]
        assert len(set(places)) == min(PAIRS, len(expected))
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


# Core against ring


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


# Noise squares that move


@pytest.mark.parametrize("kind", ["discs", "absolute", "pairs", "shapes", "varied", "hollow"])
def test_covers_hide_exactly_twenty_pixels_of_their_region(kind: str) -> None:
    scenes = scenes_of(kind)
    rows = [INTERVENTIONS[name](scenes).rows for name in COVERS]
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], rows[2])
    assert len(rows[0]) >= 45
    images = [INTERVENTIONS[name](scenes).images for name in COVERS]
    some = scenes[rows[0]]
    seen, whole = masks(some, rim=2), masks(some.without_noise()).object
    near = ndimage.binary_dilation(whole, np.ones((1, 3, 3), bool))
    background = ~(seen.object | seen.noise | seen.distractor)
    core, edge, outside = seen.object & ~seen.edge, seen.edge, background & ~near
    # Where the three images differ, a square lies in one of them.
    apart = [(images[i] != images[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    covered = [apart[0] & apart[1], apart[0] & apart[2], apart[1] & apart[2]]
    for hidden, region in zip(covered, (core, edge, outside), strict=True):
        assert not (hidden & ~region).any()
    assert (count(covered[0]) <= COVERED).all()
    # A square of the level below it does not show; all others do.
    assert np.mean(count(covered[0]) == COVERED) > 0.75


@pytest.mark.parametrize("kind", ["discs", "pairs", "absolute"])
def test_covers_move_the_same_squares_with_their_levels(kind: str) -> None:
    scenes = scenes_of(kind)
    core, some, before = applied("cover_core", scenes)
    edge, outside = (INTERVENTIONS[name](scenes) for name in COVERS[1:])
    counts = [histograms(changed.images) for changed in (core, edge, outside)]
    assert np.array_equal(counts[0], counts[1])
    # Outside, twenty more pixels of the object are seen and twenty fewer of the background.
    difference = counts[2] - counts[0]
    expected = np.zeros_like(difference)
    each = np.arange(len(some))
    np.add.at(expected, (each, some.intensity), COVERED)
    np.add.at(expected, (each, some.background), -COVERED)
    assert np.array_equal(difference, expected)
    # They leave old places, none of them on the object, which are the same in all three.
    left = (core.images != before) & (edge.images != before) & (outside.images != before)
    assert not (left & ~masks(some).noise).any()
    assert (count(left) > 0).all()
    for changed in (core, edge, outside):
        assert np.array_equal(changed.images[left], core.images[left])


# Pieces


@pytest.mark.parametrize("kind", ["discs", "absolute", "pairs", "shapes", "varied", "squares"])
@pytest.mark.parametrize("side", PIECES)
def test_pieces_keep_the_histogram_exactly(kind: str, side: int) -> None:
    changed, _, before = applied(f"pieces_{side}", scenes_of(kind))
    assert np.array_equal(histograms(changed.images), histograms(before))
    assert (changed.images != before).any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", ["discs", "absolute", "pairs", "varied"])
def test_pieces_of_all_sides_are_of_the_same_scenes(kind: str) -> None:
    rows = [INTERVENTIONS[f"pieces_{side}"](scenes_of(kind)).rows for side in PIECES]
    assert all(np.array_equal(rows[0], other) for other in rows)
    assert len(rows[0]) > 50


@pytest.mark.parametrize("side", PIECES)
def test_pieces_are_cut_by_a_grid_and_lie_in_one_other_block_each(side: int) -> None:
    scenes = DISCS.without_noise().replace(intensity=200)
    changed, some, before = applied(f"pieces_{side}", scenes)
    lines = 64 // side

    def blocks(images: np.ndarray) -> list[list[bytes]]:
        grid = (images == 200).reshape(-1, lines, side, lines, side).swapaxes(2, 3)
        rows = grid.reshape(len(images), lines**2, -1)
        return [sorted(block.tobytes() for block in row if block.any()) for row in rows]

    assert blocks(changed.images) == blocks(before)
    assert not (changed.images[masks(some).object] == 200).any()


def test_pieces_are_scattered_over_the_whole_image() -> None:
    changed, _, _ = applied("pieces_1", DISCS.without_noise().replace(intensity=200))
    often = (changed.images == 200).mean(axis=0)
    parts = often.reshape(8, 8, 8, 8).mean(axis=(1, 3))
    assert parts.min() > 0.5 * parts.mean()


def test_pieces_that_do_not_fit_are_refused() -> None:
    scenes = DISCS.without_noise().replace(center=(32, 32))
    areas = np.full(60, 197)
    areas[3] = 2601
    large = scenes.replace(area=areas)
    with pytest.raises(InvalidInput, match=r"side: 8 is not allowed: \d+ pieces do not fit .* 3;"):
        in_pieces(large, 8)
    assert INTERVENTIONS["pieces_8"](large).rows.tolist() == [i for i in range(60) if i != 3]
    assert np.array_equal(in_pieces(scenes, 8), INTERVENTIONS["pieces_8"](scenes).images)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(0, 40))
def test_any_grid_keeps_the_histogram(side: int, row: int) -> None:
    scenes = DISCS[row : row + 10]
    before, after = render(scenes), in_pieces(scenes, side)
    assert np.array_equal(histograms(before), histograms(after))
    visible = masks(scenes).object
    changed = after != before
    assert (count(changed & ~visible) <= count(visible)).all()


# Shape, place, size


def test_other_shapes_have_equal_area_and_their_class() -> None:
    for kind in ("shapes", "conjunction"):
        changed, some, _ = applied("shape_swapped", scenes_of(kind).without_noise())
        assert np.array_equal(count(changed.images > 0), some.area)
        assert (changed.label != some.label).all()
        levels = levels_of(changed.images, changed.images > 0)
        assert np.array_equal(levels, some.intensity)
        again = [
            render(some.replace(shape=name)).reshape(len(some), -1) for name in some.task.shapes
        ]
        flat = changed.images.reshape(len(some), -1)
        drawn = np.array([(flat == other).all(axis=1) for other in again])
        assert np.array_equal(drawn.sum(axis=0), np.ones(len(some)))
        shape = np.array([SHAPES.index(name) for name in some.task.shapes])[drawn.argmax(axis=0)]
        expected = some.task.classify(some.intensity, some.background, shape)
        assert np.array_equal(changed.label, expected)


def test_discs_become_squares_and_squares_discs() -> None:
    plain = DISCS.without_noise()
    assert np.array_equal(
        INTERVENTIONS["shape_swapped"](plain).images, render(plain.replace(shape="square"))
    )
    squares = scenes_of("squares")
    assert np.array_equal(
        INTERVENTIONS["shape_swapped"](squares).images, render(squares.replace(shape="disc"))
    )


def test_another_shape_is_not_cut_and_moved_as_little_as_needed() -> None:
    # A square of 400 pixels reaches 10 up and 9 down, a disc of as many 11 in every direction.
    options = SceneOptions(size=32, shapes=("square",), areas=(400,))
    scenes = draw_scenes(TASKS["hard"], options, "test", 0, 200)
    assert {*scenes.center.ravel().tolist()} == set(range(10, 23))
    changed, some, _ = applied("shape_swapped", scenes)
    assert np.array_equal(count(changed.images > 0), np.full(200, 400))
    expected = some.replace(shape="disc", center=np.clip(some.center, 11, 20))
    assert np.array_equal(changed.images, render(expected))


def test_beside_a_distractor_the_two_objects_exchange_shapes() -> None:
    changed, some, before = applied("shape_swapped", PAIRED)
    assert np.array_equal(changed.label, some.task.label(some.distractor_intensity))
    both = masks(some.without_noise())
    near = ndimage.binary_dilation(both.object | both.distractor, np.ones((1, 7, 7), bool))
    assert np.array_equal(changed.images[~near], before[~near])
    plain, clean, _ = applied("shape_swapped", PAIRED.without_noise())
    for level, center, shape in (
        (clean.intensity, clean.center, "square"),
        (clean.distractor_intensity, clean.distractor_center, "disc"),
    ):
        alone = clean.without_distractor().replace(intensity=level, center=center, shape=shape)
        assert np.array_equal(plain.images == level[:, None, None], render(alone) > 0)


@pytest.mark.parametrize("kind", ["discs", "pairs", "absolute", "hollow"])
def test_moved_objects_lie_elsewhere_and_apart(kind: str) -> None:
    scenes = scenes_of(kind).without_noise()
    changed, some, before = applied("moved", scenes)
    assert np.array_equal(histograms(changed.images), histograms(before))
    assert (changed.images != before).any(axis=(1, 2)).all()
    if kind == "pairs":
        seen = masks(some).distractor
        assert np.array_equal(changed.images[seen], before[seen])


def test_places_are_spread_over_all_that_are_allowed() -> None:
    changed, _, _ = applied("moved", scenes_of("discs", 400).without_noise())
    rows = [np.flatnonzero(image.any(axis=1)).mean() for image in changed.images]
    assert (min(rows), max(rows)) == (8, 55)
    assert np.mean(rows) == pytest.approx(31.5, abs=2.5)


def test_resized_objects_differ_by_half_or_more() -> None:
    scenes = scenes_of("varied").without_noise()
    changed, some, _ = applied("resized", scenes)
    area = count(changed.images > 0)
    assert np.isin(area, some.options.areas).all()
    assert (np.maximum(area / some.area, some.area / area) >= 1.5).all()
    assert len(changed.rows) == 60
    middle = scenes.replace(area=150)
    assert set(count(INTERVENTIONS["resized"](middle).images > 0).tolist()) == {317}


def test_hollow_objects_stay_hollow() -> None:
    scenes = scenes_of("hollow").without_noise()
    for name in ("moved", "shape_swapped", "random_background", "recolor"):
        changed, some, _ = applied(name, scenes)
        filled = some.replace(core_area=0)
        assert (count(changed.images == changed.images[:, :1, :1]) > 64**2 - 100).all()
        assert not np.array_equal(changed.images, render(filled))


def test_edge_only_is_the_hollow_object() -> None:
    changed = INTERVENTIONS["edge_only"](DISCS)
    assert np.array_equal(changed.images, render(DISCS.only_edge()))
    assert np.array_equal(changed.rows, np.arange(60))


# What is missing, what is around


def test_removed_objects_and_noise_are_gone() -> None:
    changed, some, before = applied("object_removed", PAIRED)
    visible = masks(some).object
    assert (changed.images[visible] == 0).all()
    assert np.array_equal(changed.images[~visible], before[~visible])
    assert set(changed.label.tolist()) == {-1}
    quiet = INTERVENTIONS["noise_removed"](PAIRED)
    assert np.array_equal(quiet.images, render(PAIRED.without_noise()))
    gaussian = scenes_of("squares")
    images = INTERVENTIONS["noise_removed"](gaussian).images
    assert np.array_equal(images, render(gaussian.without_noise()))


@pytest.mark.parametrize("kind", ["discs", "pairs", "absolute", "contrast"])
def test_random_backgrounds_can_be_told_from_objects(kind: str) -> None:
    changed, some, before = applied("random_background", scenes_of(kind))
    seen = masks(some)
    background = ~(seen.object | seen.noise | seen.distractor)
    assert np.array_equal(changed.images[~background], before[~background])
    levels = levels_of(changed.images, background).astype(int)
    assert (levels != some.background).all()
    assert np.abs(levels - some.intensity).min() >= MINIMUM_CONTRAST
    if kind == "pairs":
        assert np.abs(levels - some.distractor_intensity).min() >= MINIMUM_CONTRAST
    expected = some.task.classify(some.intensity, levels, some.shape)
    assert np.array_equal(changed.label, expected)
    assert np.array_equal(changed.label, some.label) == (kind != "contrast")


@pytest.mark.parametrize("kind", ["absolute", "contrast"])
def test_offset_and_gain_change_every_level_alike_and_clip_none(kind: str) -> None:
    scenes = scenes_of(kind, 400)
    changed, some, before = applied("offset", scenes)
    assert np.array_equal(changed.images.astype(int), before.astype(int) + 20)
    clipping = np.delete(np.arange(400), changed.rows)
    assert (render(scenes[clipping]).max(axis=(1, 2)) > 235).all()
    levels = some.intensity.astype(int) + 20, some.background.astype(int) + 20
    assert np.array_equal(changed.label, some.task.classify(*levels, some.shape))
    assert np.array_equal(changed.label, some.label) == (kind == "contrast")
    changed, some, before = applied("gain", scenes)
    assert np.array_equal(changed.images, np.rint(0.8 * before).astype(int))
    levels = np.rint(0.8 * some.intensity).astype(int), np.rint(0.8 * some.background).astype(int)
    assert np.array_equal(changed.label, some.task.classify(*levels, some.shape))
    assert np.array_equal(changed.rows, np.arange(400))


def test_levels_without_a_class_have_none_after_a_gain() -> None:
    scenes = scenes_of("squares").replace(intensity=150)
    assert set(INTERVENTIONS["gain"](scenes).label.tolist()) == {1}
    assert set(INTERVENTIONS["gain"](scenes.replace(intensity=240)).label.tolist()) == {-1}


def test_blur_is_gaussian_and_keeps_the_mean() -> None:
    # The response to a dot of 250, four pixels from the border or more, is 250 times the kernel.
    options = SceneOptions(size=20, areas=(1,))
    dots = draw_scenes(TASKS["hard"], options, "test", 0, 50)
    dots = dots.replace(intensity=250, center=np.clip(dots.center, 4, 15))
    changed, some, _ = applied("blurred", dots)
    kernel = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    kernel /= kernel.sum()
    for image, (row, column) in zip(changed.images, some.center.tolist(), strict=True):
        around = image[row - 4 : row + 5, column - 4 : column + 5]
        np.testing.assert_array_equal(around, np.rint(250 * np.outer(kernel, kernel)))
        assert image.sum() == around.sum()
    flat = INTERVENTIONS["blurred"](DISCS.without_noise().replace(intensity=0))
    assert not flat.images.any()


# Single pixels


@pytest.mark.parametrize("kind", ["discs", "absolute", "contrast", "pairs", "hollow"])
@pytest.mark.parametrize("region", ["core", "edge", "outside"])
def test_exactly_so_many_pixels_get_one_level_of_another_class(kind: str, region: str) -> None:
    scenes = scenes_of(kind)
    inside: np.ndarray | None = None
    for number in PIXELS:
        changed, some, before = applied(f"pixels_{number}_{region}", scenes)
        seen = masks(some, rim=2)
        regions = {
            "core": seen.object & ~seen.edge,
            "edge": seen.edge,
            "outside": ~(seen.object | seen.noise | seen.distractor),
        }
        differ = changed.images != before
        assert not (differ & ~regions[region]).any()
        if kind != "hollow" or region == "outside":
            assert (count(differ) >= number - (region == "outside")).mean() > 0.95
            assert count(differ).max() == number
        levels = levels_of(changed.images, differ) if kind == "discs" else None
        if levels is not None:
            assert np.array_equal(some.label_at(levels), changed.label)
        assert (changed.label != some.label).all()
        if inside is not None and len(inside) == len(differ):
            assert not (inside & ~differ).any()
        inside = differ


def test_scenes_with_too_few_pixels_are_left_out() -> None:
    scenes = scenes_of("varied")
    seen = masks(scenes, rim=2)
    enough = np.flatnonzero(count(seen.object & ~seen.edge) >= 40)
    assert 0 < len(enough) < 60
    assert np.array_equal(INTERVENTIONS["pixels_40_core"](scenes).rows, enough)


def test_pixels_get_the_noise_of_their_place() -> None:
    scenes = scenes_of("squares")
    changed, _, before = applied("pixels_40_core", scenes)
    differ = changed.images != before
    assert (count(differ) > 20).mean() > 0.5
    # Many values, not one: the noise of 255 * 0.46 is on them.
    assert (
        np.median([len(np.unique(i[d])) for i, d in zip(changed.images, differ, strict=True)]) > 9
    )


# What networks have seen


@pytest.mark.parametrize(
    ("kind", "usual"),
    [
        ("discs", set()),
        ("absolute", {"random_background", "offset", "gain"}),
        ("shapes", {"shape_swapped"}),
        ("pairs", {"shape_swapped"}),
        ("varied", {"resized"}),
        ("hollow", {"edge_only"}),
    ],
)
def test_unusual_is_what_training_scenes_do_not_show(kind: str, usual: set[str]) -> None:
    always = {name for name in INTERVENTIONS if name.startswith(("recolor", "cover", "pixels"))}
    always |= {"moved", "distractor_recolored"}
    found = {name for name in INTERVENTIONS if not is_unusual(name, scenes_of(kind, 2))}
    assert found == always | usual


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="intervention: 'magic' is unknown; allowed: recolor_"):
        is_unusual("magic", DISCS)
