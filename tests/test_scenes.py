"""Scenes are pure functions of their number, and distributed as the paper says."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from intensity.scenes import (
    BLOCK,
    COLUMNS,
    MINIMUM_CONTRAST,
    SETTINGS,
    SPLITS,
    GaussianNoise,
    SceneOptions,
    Scenes,
    SquareNoise,
    concatenate,
    draw_scenes,
    find_setting,
    first_of_each_class,
)
from intensity.shapes import SHAPES, inner_area, pixel_order
from intensity.tasks import TASKS
from intensity.values import InvalidInput

HARD, BANDS = TASKS["hard"], TASKS["three_bands"]
DISCS, SQUARES = SETTINGS["discs"], SETTINGS["squares"]
PAIRS = find_setting(
    {
        "setting": "discs",
        "areas": (158, 197, 236),
        "shapes": ("disc", "triangle"),
        "distractor": "square",
        "background": "random",
        "permutation": "fresh",
    }
)
ALPHA = 1e-6
"""Scenes never change, so a test that passes once always does; this is how odd they may be."""


def varied(options: SceneOptions, **changes: Any) -> SceneOptions:
    """Options with some changed."""
    return SceneOptions(**(options.model_dump() | changes))


def assert_same(one: Scenes, other: Scenes, *, but: tuple[str, ...] = ()) -> None:
    """Check that all columns are equal but for some."""
    for name in set(COLUMNS) - set(but):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.fixture(scope="module")
def discs() -> Scenes:
    """Scenes of the authors' experiment at half scale."""
    return draw_scenes(HARD, DISCS, "train", 0, 20 * BLOCK)


@pytest.fixture(scope="module")
def squares() -> Scenes:
    """Scenes of the published summary."""
    return draw_scenes(BANDS, SQUARES, "train", 0, 20 * BLOCK)


@pytest.fixture(scope="module")
def pairs() -> Scenes:
    """Scenes with two objects on random backgrounds."""
    return draw_scenes(HARD, PAIRS, "train", 0, 20 * BLOCK)


# Numbers


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([DISCS, SQUARES, PAIRS]), st.integers(0, 3 * BLOCK), st.integers(1, BLOCK))
def test_a_scene_does_not_depend_on_how_many_are_asked_for(
    options: SceneOptions, start: int, count: int
) -> None:
    together = draw_scenes(HARD, options, "validation", start, count)
    assert len(together) == count
    assert_same(together[-1:], draw_scenes(HARD, options, "validation", start + count - 1, 1))
    middle = count // 2
    if middle:
        parts = [
            draw_scenes(HARD, options, "validation", start, middle),
            draw_scenes(HARD, options, "validation", start + middle, count - middle),
        ]
        assert_same(together, concatenate(parts))


def test_numbers_go_on_without_end() -> None:
    far = draw_scenes(HARD, DISCS, "train", 10**15, 2)
    assert len(np.unique(far.noise_seed)) == 2


@pytest.mark.parametrize("options", [DISCS, SQUARES, PAIRS])
def test_no_scene_is_in_two_splits_or_twice_in_one(options: SceneOptions) -> None:
    seeds = [draw_scenes(HARD, options, split, 0, 4 * BLOCK).noise_seed for split in SPLITS]
    assert len(np.unique(seeds)) == 3 * 4 * BLOCK


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"noise": None}, ("noise_squares",)),
        ({"noise": GaussianNoise()}, ("noise_squares",)),
        ({"noise": SquareNoise(count=(3, 9))}, ("noise_squares",)),
        ({"background": 70}, ("background",)),
        ({"background": "random"}, ("background",)),
        ({"permutation": "fixed"}, ("permutation_seed",)),
        ({"shapes": ("disc", "square")}, ("shape",)),
        ({"placement": "anywhere"}, ("center", "distractor_center")),
    ],
)
def test_changing_one_option_leaves_the_other_variables_as_they_are(
    changes: dict[str, Any], columns: tuple[str, ...]
) -> None:
    plain = draw_scenes(HARD, DISCS, "test", 0, 50)
    changed = draw_scenes(HARD, varied(DISCS, **changes), "test", 0, 50)
    assert_same(plain, changed, but=columns)
    assert not np.array_equal(getattr(plain, columns[0]), getattr(changed, columns[0]))


@pytest.mark.parametrize(
    ("split", "start", "count", "words"),
    [("exam", 0, 1, "'exam' is unknown"), ("test", -1, 1, "-1, 1"), ("test", 0, 0, "0, 0")],
)
def test_scenes_that_do_not_exist_are_refused(
    split: str, start: int, count: int, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        draw_scenes(HARD, DISCS, split, start, count)


# Distributions


def within_binomial(count: int, n: int, probability: float) -> bool:
    """Whether a count is no odder than one in a million."""
    return bool(stats.binomtest(int(count), n, probability).pvalue > ALPHA)


def uniform_enough(values: np.ndarray, low: int, high: int) -> bool:
    """Whether integers fill low..high evenly."""
    counts = np.bincount(values - low, minlength=high - low + 1)
    return len(counts) == high - low + 1 and stats.chisquare(counts).pvalue > ALPHA


@pytest.mark.parametrize("name", ["discs", "squares", "pairs"])
def test_classes_are_as_frequent_as_the_task_says(
    name: str, request: pytest.FixtureRequest
) -> None:
    scenes = request.getfixturevalue(name)
    counts = np.bincount(scenes.label, minlength=3)
    if name == "pairs":
        priors = scenes.task.priors
        priors = priors * (1 - priors) / (1 - (priors**2).sum())
    else:
        priors = scenes.task.priors
    assert all(
        within_binomial(k, len(scenes), prior) for k, prior in zip(counts, priors, strict=True)
    )


def test_intensities_are_uniform_over_what_can_be_drawn(discs: Scenes, squares: Scenes) -> None:
    assert uniform_enough(discs.intensity, 5, 254)
    for low, high in ((0, 30), (120, 150), (210, 240)):
        band = squares.intensity[(squares.intensity >= low) & (squares.intensity <= high)]
        assert uniform_enough(band, low, high)
    assert set(squares.intensity.tolist()) == set(BANDS.levels.tolist())


def test_published_squares_have_half_sizes_10_to_31_and_centers_anywhere(squares: Scenes) -> None:
    half = np.sqrt(squares.area) / 2
    assert uniform_enough(half.astype(int), 10, 31)
    assert (half == half.astype(int)).all()
    assert set(squares.shape.tolist()) == {SHAPES.index("square")}
    for axis in (0, 1):
        assert uniform_enough(squares.center[:, axis], 0, 63)


def test_published_noise_is_three_fields_of_one_pixel() -> None:
    assert SQUARES.noise == GaussianNoise(sigmas=(0.1, 0.2, 0.4), scales=(1, 1, 1))


@pytest.mark.parametrize(
    ("setting", "radii", "sides"), [("discs", (8,), (1, 4)), ("discs_full", (16, 17), (1, 8))]
)
def test_the_authors_discs_lie_inside_and_their_squares_too(
    setting: str, radii: tuple[int, ...], sides: tuple[int, int]
) -> None:
    options = SETTINGS[setting]
    scenes = draw_scenes(HARD, options, "train", 0, 4 * BLOCK)
    areas = [
        sum(r * r + c * c <= k * k for r in range(-k, k + 1) for c in range(-k, k + 1))
        for k in radii
    ]
    assert sorted(set(scenes.area.tolist())) == areas
    for axis in (0, 1):
        assert uniform_enough(scenes.center[:, axis], max(radii), options.size - 1 - max(radii))
    top, left, side, level = np.moveaxis(scenes.noise_squares, -1, 0)
    there = side > 0
    assert uniform_enough(there.sum(axis=1), 50, 69)
    assert uniform_enough(side[there], *sides)
    assert min(top[there].min(), left[there].min()) == 0
    assert (top + side)[there].max() == (left + side)[there].max() == options.size
    assert uniform_enough(level[there], 5, 254)


def test_random_backgrounds_are_uniform_and_told_from_objects() -> None:
    scenes = draw_scenes(HARD, varied(DISCS, background="random"), "train", 0, 20 * BLOCK)
    background = scenes.background.astype(int)
    distance = np.abs(background - scenes.intensity)
    assert distance.min() == MINIMUM_CONTRAST == 5
    far = (scenes.intensity > 200) & (background < 196)
    assert uniform_enough(background[far], 0, 195)


# Pairs


def test_distractors_have_another_class_equal_area_and_contrast(pairs: Scenes) -> None:
    task = pairs.task
    assert (task.label(pairs.distractor_intensity) != pairs.label).all()
    assert np.array_equal(pairs.distractor_area, pairs.area)
    assert set(pairs.area.tolist()) == {158, 197, 236}
    levels = np.stack([pairs.intensity, pairs.distractor_intensity]).astype(int)
    assert np.abs(levels - pairs.background).min() >= MINIMUM_CONTRAST


def test_object_and_distractor_could_change_roles(pairs: Scenes) -> None:
    first, second = pairs.label, pairs.task.label(pairs.distractor_intensity)
    table = np.zeros((3, 3), int)
    np.add.at(table, (first, second), 1)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert within_binomial(table[a, b], table[a, b] + table[b, a], 0.5)
    for one, other in ("intensity", "distractor_intensity"), ("center", "distractor_center"):
        a, b = getattr(pairs, one), getattr(pairs, other)
        assert stats.ks_2samp(a.ravel(), b.ravel()).pvalue > ALPHA
    contrast, other_contrast = (
        np.abs(levels - pairs.background.astype(int))
        for levels in (pairs.intensity, pairs.distractor_intensity)
    )
    unequal = contrast != other_contrast
    assert within_binomial((contrast > other_contrast).sum(), unequal.sum(), 0.5)


def test_both_objects_of_all_shapes_share_one_range_of_centers(pairs: Scenes) -> None:
    (top, bottom), (left, right) = pairs.options.center_range
    for name in ("center", "distractor_center"):
        for shape in np.unique(pairs.shape):
            rows, columns = getattr(pairs, name)[pairs.shape == shape].T
            assert (rows.min(), rows.max()) == (top, bottom)
            assert (columns.min(), columns.max()) == (left, right)


def test_objects_never_touch(pairs: Scenes) -> None:
    other = pixel_order("square").reach
    own = [
        pixel_order(SHAPES[s]).reach[a - 1] for s, a in zip(pairs.shape, pairs.area, strict=True)
    ]
    boxes = _box(pairs.center, np.array(own)), _box(pairs.distractor_center, other[pairs.area - 1])
    gaps = [np.maximum(a[0] - b[1], b[0] - a[1]) for a, b in (boxes, boxes[::-1])]
    assert (np.maximum(*gaps).max(axis=1) >= 2).all()


def _box(center: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last (row, column) of objects."""
    return center - reach[:, [0, 2]], center + reach[:, [1, 3]]


def test_two_objects_fit_where_their_boxes_do() -> None:
    # A disc of radius 8 spans 17 pixels: 17 + 1 + 17 = 35.
    scenes = draw_scenes(HARD, SceneOptions(size=35, distractor="disc"), "train", 0, 10)
    assert np.abs(scenes.center - scenes.distractor_center).max(axis=1).tolist() == [18] * 10
    with pytest.raises(InvalidInput, match=r"distractor: .* 34 px"):
        SceneOptions(size=34, distractor="disc")


# Changed scenes


def test_columns_are_replaced_for_all_or_for_each(discs: Scenes) -> None:
    few = discs[:3]
    assert few.replace(intensity=7).intensity.tolist() == [7, 7, 7]
    changed = few.replace(intensity=[7, 8, 9], center=(30, 31), shape="square")
    assert changed.intensity.tolist() == [7, 8, 9]
    assert changed.center.tolist() == [[30, 31]] * 3
    assert changed.shape.tolist() == [SHAPES.index("square")] * 3
    assert_same(few, changed, but=("intensity", "center", "shape"))
    for name in ("intensity", "center", "shape"):
        assert getattr(changed, name).dtype == getattr(few, name).dtype
    assert changed.label.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": 3}, "colour: is no column"),
        ({"intensity": 256}, "intensity: 256..256 does not fit uint8"),
        ({"intensity": -1}, "intensity: -1..-1 does not fit uint8"),
        ({"intensity": 7.5}, "intensity: 7.5..7.5 does not fit"),
        ({"intensity": np.nan}, "intensity: nan..nan does not fit"),
        ({"intensity": [1, 2]}, r"intensity: shape \(2,\) does not fit \(3,\)"),
        ({"center": [1, 2, 3]}, r"center: shape \(3,\) does not fit \(3, 2\)"),
        ({"shape": "hexagon"}, "shape: 'hexagon' is unknown; allowed: disc"),
    ],
)
def test_replacements_that_do_not_fit_are_refused(
    discs: Scenes, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        discs[:3].replace(**changes)


def test_rows_are_picked_in_the_order_asked_for(discs: Scenes) -> None:
    rows = np.array([5, 2, 2])
    picked = discs[rows]
    assert len(picked) == 3
    assert np.array_equal(picked.noise_squares, discs.noise_squares[rows])
    assert_same(picked[::-1], discs[[2, 2, 5]])


def test_intensities_without_a_class_have_label_minus_one(squares: Scenes) -> None:
    assert squares[:2].replace(intensity=[60, 130]).label.tolist() == [-1, 1]


def test_without_noise_and_distractor_nothing_else_changes(pairs: Scenes, squares: Scenes) -> None:
    for scenes in (pairs, squares):
        quiet = scenes.without_noise()
        assert_same(scenes, quiet, but=("noise_squares",))
        assert quiet.options == varied(scenes.options, noise=None)
        assert quiet.noise_squares.size == 0
    alone = pairs.without_distractor()
    assert_same(pairs, alone, but=("distractor_area",))
    assert not alone.distractor_area.any()


def test_only_edge_fills_the_inside_with_background(pairs: Scenes) -> None:
    few = pairs[:30]
    hollow = few.only_edge()
    inner = [inner_area(SHAPES[s], a) for s, a in zip(few.shape, few.area, strict=True)]
    assert hollow.core_area.tolist() == inner
    assert np.array_equal(hollow.core_intensity, few.background)
    assert_same(few, hollow, but=("core_area", "core_intensity"))


def test_the_first_scenes_of_each_class_are_the_first(discs: Scenes) -> None:
    rows = first_of_each_class(discs, 4)
    assert rows.shape == (3, 4)
    for label in range(3):
        assert (discs.label[rows[label]] == label).all()
        assert (discs.label[: rows[label, -1]] == label).sum() == 3
    with pytest.raises(InvalidInput, match="count: 4 scenes"):
        first_of_each_class(discs[:5], 4)


# Options


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 16}, ("areas", "197", "spans 17", "16")),
        ({"size": 7}, ("size", "7")),
        ({"size": 193}, ("size", "193", "192")),
        ({"shapes": ()}, ("shapes", "()")),
        ({"shapes": ("hexagon",)}, ("shapes", "'hexagon'", "disc")),
        ({"areas": ()}, ("areas", "()")),
        ({"areas": (0,)}, ("areas", "0")),
        ({"areas": (10**6,)}, ("areas", "1000000", "too large")),
        ({"placement": "outside"}, ("placement", "'outside'", "anywhere")),
        ({"background": 256}, ("background", "256", "0..255")),
        ({"background": "grey"}, ("background", "'grey'", "random")),
        ({"permutation": "some"}, ("permutation", "'some'", "fresh")),
        ({"noise": {"kind": "squares", "sides": (1, 65)}}, ("noise.sides", "65", "64")),
        ({"noise": {"kind": "squares", "count": (9, 3)}}, ("count", "(9, 3)")),
        ({"noise": {"kind": "gaussian", "sigmas": (0.1,)}}, ("scales", "3 scales for 1 sigmas")),
        ({"noise": {"kind": "gaussian", "sigmas": (-1.0,), "scales": (1,)}}, ("sigmas", "-1.0")),
        ({"noise": {"kind": "rain"}}, ("noise", "rain")),
    ],
)
def test_impossible_scenes_are_refused_in_one_line(
    changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        SceneOptions(**changes)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@given(st.sampled_from(SHAPES), st.integers(1, 1500), st.integers(8, 64))
def test_objects_that_are_accepted_fit(shape: str, area: int, size: int) -> None:
    rows, columns = pixel_order(shape).offsets[:area].T
    fits = max(np.ptp(rows), np.ptp(columns)) < size
    try:
        options = SceneOptions(shapes=(shape,), areas=(area,), size=size)
    except InvalidInput:
        assert not fits
        return
    assert fits
    for (first, last), offsets in zip(options.center_range, (rows, columns), strict=True):
        assert first + offsets.min() == 0
        assert last + offsets.max() == size - 1


def test_settings_are_found_by_name_table_and_themselves() -> None:
    assert find_setting("discs") == find_setting(DISCS) == DISCS
    assert find_setting({"setting": "discs", "background": 9}) == varied(DISCS, background=9)
    assert find_setting({"size": 32}) == SceneOptions(size=32)
    with pytest.raises(InvalidInput, match="'circles' is unknown; allowed: squares, discs"):
        find_setting("circles")


def test_scenes_of_other_tasks_stay_apart(discs: Scenes) -> None:
    assert replace(discs, task=TASKS["easy"]).label.max() == 1
