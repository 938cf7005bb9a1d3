"""Scenes are pure functions of their number, and distributed as the paper says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from intensity.data import sampling
from intensity.data.rendering import histograms, render
from intensity.data.sampling import BLOCK, SPLITS, check_drawable, class_shares, draw_scenes
from intensity.data.scenes import (
    COLUMNS,
    GaussianNoise,
    SceneOptions,
    Scenes,
    SquareNoise,
    concatenate,
    first_of_each_class,
)
from intensity.data.shapes import SHAPES, inner_area, pixel_order
from intensity.data.tasks import MINIMUM_CONTRAST
from intensity.training.presets import JITTERED, SETTINGS, TASKS, find_setting
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
FAMILY: dict[str, Any] = {
    "absolute": "backgrounds",
    "contrast": "backgrounds",
    "distractor": "pairs",
    "shape": "shapes",
    "conjunction": {"setting": "shapes", "shapes": ("square", "disc")},
}
"""Tasks that separate the cues, each with its scenes."""
ALPHA = 1e-6
"""Scenes never change, so a test that passes once always does; this is how odd they may be."""


def family(name: str, count: int = 20 * BLOCK) -> Scenes:
    """Training scenes of a task that separates the cues."""
    return draw_scenes(TASKS[name], find_setting(FAMILY[name]), "train", 0, count)


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
        ({"hollow": True}, ("core_area", "core_intensity")),
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


@pytest.mark.parametrize("name", ["discs", "squares", "pairs", *FAMILY])
def test_classes_are_as_frequent_as_is_said(name: str, request: pytest.FixtureRequest) -> None:
    scenes = family(name) if name in FAMILY else request.getfixturevalue(name)
    shares = class_shares(scenes.task, scenes.options)
    counts = np.bincount(scenes.label, minlength=scenes.task.classes)
    assert shares.sum() == pytest.approx(1)
    assert all(
        within_binomial(k, len(scenes), share) for k, share in zip(counts, shares, strict=True)
    )


def test_a_second_object_of_another_class_makes_frequent_classes_rarer() -> None:
    medium = TASKS["distractor"]
    assert class_shares(medium, DISCS) == pytest.approx(medium.priors)
    products = np.array([96 * 154, 104 * 146, 50 * 200])
    expected = products / products.sum()
    assert class_shares(medium, SETTINGS["pairs"]) == pytest.approx(expected)
    assert expected.max() < medium.priors.max()


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
    first, last = {64: (4, 59), 128: (9, 118)}[options.size]  # the authors': 9..118 of 128
    for places in (top[there], left[there]):
        assert uniform_enough(places, first, last)
    assert uniform_enough(level[there], 5, 254)


def test_a_share_of_backgrounds_is_random_and_all_else_is_the_same() -> None:
    always = draw_scenes(HARD, varied(DISCS, background="random"), "train", 0, 4 * BLOCK)
    mixed = draw_scenes(HARD, varied(DISCS, background="random", varied=0.1), "train", 0, 4 * BLOCK)
    black = mixed.background != always.background
    assert not mixed.background[black].any()
    assert 0.88 < black.mean() < 0.92
    for name in set(COLUMNS) - {"background"}:
        np.testing.assert_array_equal(getattr(mixed, name), getattr(always, name))


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


@pytest.mark.parametrize("name", ["pairs", "beside"])
def test_objects_never_touch(name: str, request: pytest.FixtureRequest) -> None:
    pairs = request.getfixturevalue(name)
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
    options = SceneOptions(size=35, shapes=("square",), distractor="disc")
    scenes = draw_scenes(HARD, options, "train", 0, 10)
    assert np.abs(scenes.center - scenes.distractor_center).max(axis=1).tolist() == [18] * 10
    with pytest.raises(InvalidInput, match=r"distractor: .* 34 px"):
        SceneOptions(size=34, shapes=("square",), distractor="disc")


# Two objects that only shape can tell apart


@pytest.fixture(scope="module")
def beside() -> Scenes:
    """Scenes with a disc and a square of equal area."""
    return family("distractor")


@pytest.fixture(scope="module")
def counts(beside: Scenes) -> np.ndarray:
    """(n, 2) pixels of the disc's and of the square's level in images of `beside`."""
    return own_counts(beside)


def own_counts(scenes: Scenes) -> np.ndarray:
    """(n, 2) pixels that have the first object's and the second object's intensity."""
    levels = np.stack([scenes.intensity, scenes.distractor_intensity], axis=1)
    return np.take_along_axis(histograms(render(scenes)), levels.astype(int), axis=1)


class Exchanged:
    """A random generator that gives the first object's numbers to the second and vice versa."""

    def __init__(self, generator: np.random.Generator) -> None:
        """Numbers come from an ordinary generator."""
        self.generator = generator

    def random(self, size: tuple[int, int]) -> np.ndarray:
        """(rows, columns) in [0, 1), the halves of each row exchanged."""
        return np.roll(self.generator.random(size), size[1] // 2, axis=1)


@pytest.mark.parametrize("key", range(5))
def test_exchanged_random_numbers_exchange_the_objects_levels_and_places(key: int) -> None:
    options, task = SETTINGS["pairs"], TASKS["distractor"]
    streams = [np.random.Generator(np.random.Philox(key=key)) for _ in range(4)]
    levels, _ = sampling._draw_levels(task, options, lambda _: streams[0])
    exchanged: Any = Exchanged(streams[1])
    other, _ = sampling._draw_levels(task, options, lambda _: exchanged)
    assert np.array_equal(other, levels[:, ::-1])
    centers = sampling._draw_centers(options, streams[2])
    exchanged = Exchanged(streams[3])
    assert np.array_equal(sampling._draw_centers(options, exchanged), centers[:, [2, 3, 0, 1]])


def test_disc_and_square_have_equal_areas_and_other_classes(beside: Scenes) -> None:
    assert set(beside.shape.tolist()) == {SHAPES.index("disc")}
    assert beside.options.distractor == "square"
    assert np.array_equal(beside.area, beside.distractor_area)
    assert (beside.label != beside.task.label(beside.distractor_intensity)).all()
    assert not beside.background.any()


def test_disc_and_square_show_equally_many_pixels(beside: Scenes, counts: np.ndarray) -> None:
    quiet = own_counts(beside[:BLOCK].without_noise())
    assert np.array_equal(quiet, np.stack([beside.area, beside.area], axis=1)[:BLOCK])
    assert stats.ks_2samp(*counts.T).pvalue > ALPHA
    assert np.diff(counts.mean(axis=0)) == pytest.approx(0, abs=0.7)  # 5 standard errors
    assert (np.diff(counts)[:, 0] != 0).mean() > 0.9


def test_disc_and_square_have_the_same_places(beside: Scenes) -> None:
    for axis in (0, 1):
        one, other = beside.center[:, axis], beside.distractor_center[:, axis]
        assert (one.min(), one.max()) == (other.min(), other.max())
        assert stats.ks_2samp(one, other).pvalue > ALPHA
        assert within_binomial((one < other).sum(), (one != other).sum(), 0.5)


Rule = Callable[[np.ndarray, np.ndarray], np.ndarray]
RULES: dict[str, Rule] = {
    "the brighter": lambda levels, counts: np.diff(levels)[:, 0],
    "the nearer to the middle": lambda levels, counts: -np.diff(np.abs(levels - 127.5))[:, 0],
    "the larger": lambda levels, counts: np.diff(counts)[:, 0],
    "the one with more light": lambda levels, counts: np.diff(levels * counts)[:, 0],
    "the more frequent class": lambda levels, counts: np.diff(
        TASKS["distractor"].priors[TASKS["distractor"].label(levels)]
    )[:, 0],
}
"""From levels and pixel counts (n, 2): positive where the second object is taken for the disc."""


@pytest.mark.parametrize("rule", RULES)
def test_who_sees_no_shape_and_knows_both_levels_is_right_half_of_the_time(
    rule: str, beside: Scenes, counts: np.ndarray
) -> None:
    levels = np.stack([beside.intensity, beside.distractor_intensity], axis=1).astype(int)
    choice = RULES[rule](levels, counts)
    assert within_binomial((choice < 0).sum(), (choice != 0).sum(), 0.5)


def test_who_learns_by_heart_which_level_is_the_discs_is_right_half_of_the_time(
    beside: Scenes, counts: np.ndarray
) -> None:
    levels = np.stack([beside.intensity, beside.distractor_intensity], axis=1).astype(int)
    swapped = levels[:, 0] > levels[:, 1]
    darker, brighter = np.sort(levels, axis=1).T // 16
    more = np.where(swapped, -1, 1) * np.sign(np.diff(counts)[:, 0]) + 1
    votes = np.zeros((16, 16, 3))
    half = len(beside) // 2
    np.add.at(votes, (darker[:half], brighter[:half], more[:half]), np.where(swapped, 1, -1)[:half])
    guess = votes[darker, brighter, more][half:]
    right = (guess > 0) == swapped[half:]
    assert (votes != 0).sum() > 200
    assert within_binomial(right[guess != 0].sum(), (guess != 0).sum(), 0.5)


@pytest.mark.parametrize(
    ("side", "low", "high"), [(13, 0.84, 0.91), (14, 0.51, 0.54), (15, 0.84, 0.91)]
)
def test_squares_of_whole_sides_beside_a_disc_of_radius_8_give_it_away(
    side: int, low: float, high: float
) -> None:
    options = varied(SETTINGS["pairs"], areas=(197,))
    scenes = draw_scenes(TASKS["distractor"], options, "train", 0, 8 * BLOCK)
    more = np.diff(own_counts(scenes.replace(distractor_area=side**2)))[:, 0]
    right = more < 0 if side**2 < 197 else more > 0
    assert low < (right + (more == 0) / 2).mean() < high


def test_a_shape_that_both_objects_have_tells_neither() -> None:
    options = SceneOptions(shapes=("disc", "square"), distractor="square")
    with pytest.raises(InvalidInput, match="distractor: square is not allowed in scenes of task"):
        draw_scenes(HARD, options, "train", 0, 1)


# Cues


def by_hand(name: str, intensity: int, background: int, shape: str) -> int:
    """The class of a task that separates the cues."""
    level = abs(intensity - background) if name == "contrast" else intensity
    match name:
        case "shape":
            return ("disc", "square", "triangle").index(shape)
        case "conjunction":
            return 2 * ("disc", "square").index(shape) + int(level >= 150)
        case _:
            return 0 if level <= 100 else 1 if level <= 150 or level > 200 else 2


@pytest.mark.parametrize("name", FAMILY)
def test_labels_are_those_of_the_cue(name: str) -> None:
    scenes = family(name, 300)
    columns = (scenes.intensity, scenes.background, scenes.shape)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    expected = [by_hand(name, level, behind, SHAPES[shape]) for level, behind, shape in rows]
    assert scenes.label.tolist() == expected
    assert set(expected) == set(range(scenes.task.classes))


@pytest.mark.parametrize("name", FAMILY)
def test_labels_at_other_intensities_are_those_of_recolored_scenes(name: str) -> None:
    scenes = family(name, 40)
    levels = np.random.default_rng(0).integers(0, 256, (40, 3, 2))
    labels = scenes.label_at(levels)
    assert labels.shape == (40, 3, 2)
    assert labels.dtype == np.int64
    for i, j in np.ndindex(3, 2):
        recolored = scenes.replace(intensity=levels[:, i, j]).label
        assert np.array_equal(labels[:, i, j], recolored)
        assert np.array_equal(scenes.label_at(levels[:, i, j]), recolored)
    assert np.array_equal(scenes.label_at(scenes.intensity), scenes.label)


def test_labels_follow_what_their_cue_is_about_alone() -> None:
    for name, scenes in ((name, family(name, 200)) for name in FAMILY):
        behind = scenes.replace(background=255 - scenes.background)
        assert np.array_equal(behind.label, scenes.label) == (name != "contrast")
        swapped = scenes.replace(shape=(scenes.shape + 1) % 2)
        by_shape = name in ("shape", "conjunction")
        assert np.array_equal(swapped.label, scenes.label) == (not by_shape)
    triangles = family("conjunction", 5).replace(shape="triangle")
    assert triangles.label.tolist() == [-1] * 5


@pytest.mark.parametrize("name", ["absolute", "contrast"])
def test_classes_of_intensity_and_contrast_are_drawn_as_pairs(name: str) -> None:
    scenes, table = family(name), TASKS["medium"]
    contrast = np.abs(scenes.intensity.astype(int) - scenes.background)
    pairs = 3 * table.label(scenes.intensity) + table.label(contrast)
    assert stats.chisquare(np.bincount(pairs, minlength=9)).pvalue > ALPHA
    assert contrast.min() == MINIMUM_CONTRAST


def test_absolute_and_contrast_have_the_same_scenes_and_differ_in_the_class() -> None:
    one, other = family("absolute"), family("contrast")
    assert_same(one, other)
    assert within_binomial((one.label != other.label).sum(), len(one), 2 / 3)


SHAPED = {"background": "random", "shapes": ("disc", "square", "triangle")}


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("absolute", {}, ("background: 0", "'random'")),
        ("contrast", {"background": 128}, ("background: 128", "'random'")),
        (
            "contrast",
            {"background": "random", "distractor": "square"},
            ("distractor: square", "none"),
        ),
        ("shape", {}, ("shapes: ('disc',)", "('disc', 'square', 'triangle')")),
        ("shape", SHAPED | {"shapes": ("disc", "square")}, ("shapes: ('disc', 'square')",)),
        ("shape", SHAPED | {"distractor": "square"}, ("distractor: square", "none")),
        ("conjunction", SHAPED, ("shapes: ('disc', 'square', 'triangle')", "('disc', 'square')")),
        ("conjunction", {"shapes": ("disc", "square", "disc")}, ("shapes:", "('disc', 'square')")),
        (
            "distractor",
            {"distractor": "disc"},
            ("distractor: disc", "a shape that the object never"),
        ),
    ],
)
def test_scenes_that_do_not_have_the_tasks_classes_are_refused_in_one_line(
    name: str, changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    options = varied(DISCS, **changes)
    for refuse in (
        lambda: check_drawable(TASKS[name], options),
        lambda: draw_scenes(TASKS[name], options, "train", 0, 1),
    ):
        with pytest.raises(InvalidInput) as caught:
            refuse()
        message = str(caught.value)
        assert "\n" not in message
        assert all(word in message for word in (f"task {name}", "not allowed", *words)), message


# Areas and places that say nothing


def test_areas_are_jittered_by_20_percent() -> None:
    for name in ("distractor", "shape"):
        assert uniform_enough(family(name).area, 158, 236)


def test_area_place_and_intensity_say_nothing_about_the_shape() -> None:
    scenes = family("shape")
    for shape in range(3):
        only = varied(scenes.options, shapes=(SHAPES[shape],))
        one = draw_scenes(HARD, only, "train", 0, len(scenes))
        assert np.array_equal(one.area, scenes.area)
        assert np.array_equal(one.intensity, scenes.intensity)
    table = np.zeros((3, len(JITTERED)), int)
    np.add.at(table, (scenes.shape, scenes.area - JITTERED[0]), 1)
    assert stats.chi2_contingency(table).pvalue > ALPHA
    (top, bottom), (left, right) = scenes.options.center_range
    for shape in range(3):
        rows, columns = scenes.center[scenes.shape == shape].T
        assert uniform_enough(rows, top, bottom)
        assert uniform_enough(columns, left, right)


def test_shapes_show_equally_many_pixels() -> None:
    scenes = family("shape", 8 * BLOCK)
    counts = np.bincount(scenes.shape)
    shown = histograms(render(scenes))[np.arange(len(scenes)), scenes.intensity]
    quiet = histograms(render(scenes.without_noise()))[np.arange(len(scenes)), scenes.intensity]
    assert np.array_equal(quiet, scenes.area)
    assert counts.min() > 2000
    for one, other in ((0, 1), (0, 2), (1, 2)):
        of_one, of_other = (shown[scenes.shape == shape] for shape in (one, other))
        assert stats.ks_2samp(of_one, of_other).pvalue > ALPHA


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
    alone = pairs.replace(distractor_area=0)
    assert_same(pairs, alone, but=("distractor_area",))
    assert not alone.distractor_area.any()


def test_only_edge_fills_the_inside_with_background(pairs: Scenes) -> None:
    few = pairs[:30]
    hollow = few.only_edge()
    inner = [inner_area(SHAPES[s], a) for s, a in zip(few.shape, few.area, strict=True)]
    assert hollow.core_area.tolist() == inner
    assert np.array_equal(hollow.core_intensity, few.background)
    assert_same(few, hollow, but=("core_area", "core_intensity"))


@pytest.mark.parametrize("name", ["backgrounds", "shapes", "discs"])
def test_hollow_scenes_are_the_same_scenes_with_only_their_edge(name: str) -> None:
    hollow = draw_scenes(HARD, varied(SETTINGS[name], hollow=True), "test", 0, 50)
    plain = draw_scenes(HARD, SETTINGS[name], "test", 0, 50)
    assert_same(hollow, plain.only_edge())
    assert np.array_equal(hollow.label, plain.label)
    assert (hollow.core_area > 0).all()


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


def test_scenes_of_other_tasks_stay_apart(discs: Scenes) -> None:
    assert replace(discs, task=TASKS["easy"]).label.max() == 1
