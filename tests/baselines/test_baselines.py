"""Baselines against images whose answer is known, a posterior by hand, and what each cannot see."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from intensity.baselines.base import correct_scenes, decision, over_images
from intensity.baselines.edges import edge_amplitude
from intensity.baselines.histogram import (
    background_level,
    most_frequent_class,
    most_frequent_contrast,
    most_frequent_level,
)
from intensity.baselines.likelihood import ROUNDING, histogram_likelihood, place_likelihood, pooled
from intensity.baselines.mean import mean_intensity
from intensity.baselines.patches import flat_patch
from intensity.baselines.registry import BASELINES, applicable_baselines
from intensity.data.rendering import masks, render
from intensity.data.sampling import BLOCK, draw_scenes
from intensity.data.scenes import GaussianNoise, SceneOptions, Scenes
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

HARD, BANDS = TASKS["hard"], TASKS["three_bands"]
RANDOM_BACKGROUND = {"setting": "discs", "background": "random"}
PERMUTED = {"setting": "discs", "permutation": "fresh"}
SHAPE_BLIND = (
    "mean_intensity",
    "mean_posterior",
    "background_level",
    "most_frequent_level",
    "most_frequent_contrast",
    "most_frequent_class",
    "linear_histogram",
    "histogram_likelihood",
)
"""Baselines that see no layout."""
LEARNING = {"mean_posterior", "background_level", "linear_histogram", "patch_mean"}
"""Baselines that learn from labels whatever classes depend on."""


def training(task: str, setting: Any, count: int = 4000) -> Scenes:
    """Scenes that a baseline learns from."""
    return draw_scenes(TASKS[task], find_setting(setting), "train", 0, count)


@pytest.fixture(scope="module")
def clean() -> Scenes:
    """Discs without noise."""
    return training("hard", {"setting": "discs", "noise": None})


@pytest.fixture(scope="module")
def squares() -> Scenes:
    """Scenes of the published summary."""
    return training("three_bands", "squares", 8000)


def image(*levels: tuple[int, int], background: int = 0) -> np.ndarray:
    """(1, 64, 64) of a background and, from the top left on, so many pixels of each level."""
    pixels = np.full(64 * 64, background, np.uint8)
    painted = np.concatenate([np.full(count, level, np.uint8) for level, count in levels])
    pixels[: len(painted)] = painted
    return pixels.reshape(1, 64, 64)


def patch(level: int, height: int = 11, background: int = 0, top: int = 20) -> np.ndarray:
    """(64, 64) with a patch of 11 columns and some rows."""
    pixels = np.full((64, 64), background, np.uint8)
    pixels[top : top + height, 30:41] = level
    return pixels


def away_from_edges(distance: int) -> np.ndarray:
    """Levels of `hard` at least so far from every boundary."""
    far = np.abs(HARD.levels[:, None] - HARD.edges).min(axis=1) >= distance
    return HARD.levels[far]


# Counting


@pytest.mark.parametrize("background", [0, 140, 255])
@pytest.mark.parametrize(
    ("baseline", "levels", "expected"),
    [
        # In `hard`: 20 -> 0, 40 -> 1, 75 -> 2, 100 -> 1, 130 -> 0.
        (mean_intensity, [(50, 10), (100, 10)], 2),
        (mean_intensity, [(40, 30), (220, 6)], 2),
        (most_frequent_level, [(100, 5), (20, 4), (130, 4)], 1),
        (most_frequent_class, [(100, 5), (20, 4), (130, 4)], 0),
    ],
)
def test_counting_baselines_leave_the_background_out(
    clean: Scenes, baseline: Any, levels: list[tuple[int, int]], expected: int, background: int
) -> None:
    assert baseline(clean)(image(*levels, background=background)).tolist() == [expected]


def test_means_are_rounded_to_the_nearest_level(clean: Scenes) -> None:
    below, above = image((30, 6), (31, 4)), image((30, 4), (31, 6))
    assert mean_intensity(clean)(np.concatenate([below, above])).tolist() == [0, 1]


def test_levels_without_a_class_are_read_as_none(squares: Scenes) -> None:
    for baseline in (mean_intensity, most_frequent_level):
        assert baseline(squares)(image((60, 100))).tolist() == [-1]
    assert edge_amplitude(squares)(patch(60)[None]).tolist() == [-1]


@given(st.integers(0, 255), st.integers(0, 255))
def test_contrasts_are_taken_to_the_most_frequent_level(level: int, background: int) -> None:
    assume(level != background)
    read = most_frequent_contrast(training("contrast", "backgrounds", 1))
    seen = read(image((level, 197), background=background)).tolist()
    assert seen == TASKS["contrast"].label(np.array([abs(level - background)])).tolist()


def test_a_background_tells_the_class_that_is_commonest_beside_it() -> None:
    learned = training("contrast", "backgrounds")
    read = background_level(learned)
    for background in (10, 128, 245):
        near = np.abs(learned.background.astype(int) - background) <= 4
        counts = np.bincount(learned.label[near], minlength=3)
        seen = read(image((50, 300), background=background))
        assert seen.tolist() == [counts.argmax()]
        # Whatever lies on the background does not matter.
        assert np.array_equal(seen, read(image((220, 900), (3, 40), background=background)))


def test_a_background_that_is_always_the_same_tells_the_commonest_class(clean: Scenes) -> None:
    assert background_level(clean)(image((40, 99))).tolist() == [np.bincount(clean.label).argmax()]


# Flat patches


def test_the_largest_flat_square_is_found_by_plain_search(clean: Scenes) -> None:
    generator = np.random.default_rng(0)
    read = flat_patch(clean)
    for _ in range(30):
        pixels = generator.choice(
            np.array([5, 40, 70, 140], np.uint8), (9, 12), p=[0.1, 0.2, 0.2, 0.5]
        )
        for _ in range(4):
            row, column, side = generator.integers(0, [8, 11, 5])
            pixels[row : row + side, column : column + side] = generator.choice([5, 40, 70])
        background = np.bincount(pixels.ravel()).argmax()
        best, found = 0, background
        for row, column in np.ndindex(9, 12):
            for side in range(1, 10 - max(row, column - 3)):
                square = pixels[row : row + side, column : column + side]
                flat = len(np.unique(square)) == 1 and square[0, 0] != background
                if flat and side > best:
                    best, found = side, square[0, 0]
        assert read(pixels[None]).tolist() == HARD.label(np.array([found])).tolist()


def test_flat_patches_outweigh_more_pixels_of_another_level(clean: Scenes) -> None:
    pixels = patch(100, height=5)
    pixels[::2, :30:2] = 75  # 480 single pixels against 55
    assert most_frequent_level(clean)(pixels[None]).tolist() == [2]
    assert flat_patch(clean)(pixels[None]).tolist() == [1]


def test_where_nothing_lies_on_the_background_its_class_is_read(clean: Scenes) -> None:
    images = np.concatenate([image((0, 0), background=level) for level in (0, 75, 100)])
    assert flat_patch(clean)(images).tolist() == [0, 2, 1]


# Edges


@given(st.integers(0, 255), st.integers(0, 255))
def test_edges_show_the_difference_to_the_background(level: int, background: int) -> None:
    scenes = training("hard", "discs", 1)
    seen = edge_amplitude(scenes)(patch(level, background=background)[None])
    assert seen.tolist() == HARD.label(np.array([abs(level - background)])).tolist()


def test_edges_say_nothing_of_surfaces(clean: Scenes) -> None:
    scenes = clean[:500]
    read = edge_amplitude(clean)
    assert np.array_equal(read(render(scenes)), scenes.label)
    assert np.array_equal(read(render(scenes.only_edge())), scenes.label)


def test_edges_depend_on_what_lies_beside_what(clean: Scenes) -> None:
    # Steps of 20 and 40, or of 40 and 60, equally many; the smaller is taken.
    ordered, mixed = (np.repeat(levels, [24, 20, 20]) for levels in ((0, 40, 60), (40, 0, 60)))
    images = np.stack([ordered, mixed])[:, :, None].repeat(64, axis=2).astype(np.uint8)
    assert edge_amplitude(clean)(images).tolist() == HARD.label(np.array([20, 40])).tolist()


# Means of images and patches


@pytest.mark.parametrize("baseline", ["mean_posterior", "patch_mean"])
def test_learned_thresholds_lie_at_the_boundaries(clean: Scenes, baseline: str) -> None:
    # The 2 % of the scenes that vote span 5 levels.
    levels = away_from_edges(6)
    scenes = draw_scenes(HARD, clean.options, "test", 0, len(levels)).replace(intensity=levels)
    assert np.array_equal(BASELINES[baseline](clean)(render(scenes)), scenes.label)


def test_the_largest_mean_of_a_patch_counts_wherever_it_is(clean: Scenes) -> None:
    read = BASELINES["patch_mean"](clean)
    levels = away_from_edges(6)
    for top in (0, 20, 53):
        images = np.stack([patch(level, top=top) for level in levels])
        assert np.array_equal(read(images), HARD.label(levels))
    # Six of eleven rows: 198 * 6 / 11 = 108.
    low = np.stack([patch(198, height=6), patch(198, top=58)])
    assert read(low).tolist() == HARD.label(np.array([108, 108])).tolist() == [1, 1]


@pytest.mark.parametrize("baseline", ["mean_posterior", "patch_mean"])
def test_beyond_all_training_scenes_the_nearest_vote(clean: Scenes, baseline: str) -> None:
    dark, bright = np.zeros((64, 64), np.uint8), np.full((64, 64), 255, np.uint8)
    assert BASELINES[baseline](clean)(np.stack([dark, bright])).tolist() == [0, 2]


def test_one_number_is_read_by_a_fiftieth_of_the_scenes_and_ties_by_the_first_class() -> None:
    # Two of 100 scenes vote: one with this mean and the next darker one.
    scenes = training("easy", {"setting": "discs", "noise": None}, 100)
    wrong = BASELINES["mean_posterior"](scenes)(render(scenes)) != scenes.label
    least_bright = scenes.intensity[scenes.label == 1].min()
    assert np.array_equal(wrong, scenes.intensity == least_bright)


# Histograms


def test_a_linear_read_out_learns_every_level(clean: Scenes) -> None:
    assert set(clean.intensity.tolist()) == set(HARD.levels.tolist())
    scenes = draw_scenes(HARD, clean.options, "test", 0, 250).replace(intensity=HARD.levels)
    assert np.array_equal(BASELINES["linear_histogram"](clean)(render(scenes)), scenes.label)


def posterior(counts: np.ndarray, share: float, sigma: float) -> list[float]:
    """Probability of each class of `three_bands` on black, level by level."""
    limits = [-np.inf, *np.arange(0.5, 255), np.inf]
    background = np.diff(stats.norm.cdf(limits, 0, sigma))
    logarithms, labels = [], []
    for level in BANDS.levels:
        seen = share * np.diff(stats.norm.cdf(limits, level, sigma)) + (1 - share) * background
        logarithms.append(stats.multinomial.logpmf(counts, counts.sum(), seen))
        labels.append(BANDS.label(level))
    likelihoods = np.exp(np.array(logarithms) - max(logarithms))
    sums = np.bincount(np.array(labels), likelihoods)
    return (sums / sums.sum()).tolist()


def test_the_likelihood_of_histograms_is_bayes_rule() -> None:
    noise = GaussianNoise(sigmas=(0.3, 0.4), scales=(1, 1))
    options = SceneOptions(size=16, shapes=("square",), areas=(36,), noise=noise)
    decide = histogram_likelihood(draw_scenes(BANDS, options, "train", 0, 64))
    images = render(draw_scenes(BANDS, options, "test", 0, 60))
    decisions = decide(images)
    assert len(set(decisions.tolist())) == 3
    for pixels, choice in zip(images, decisions, strict=True):
        counts = np.bincount(pixels.ravel(), minlength=256)
        sums = posterior(counts, 36 / 256, 255 * 0.5)
        assert sums[choice] == pytest.approx(max(sums), rel=1e-6)


# The place known


def covariance(noise: GaussianNoise, height: int, width: int) -> np.ndarray:
    """Of all pixels, row by row, by definition: pixels share the fields whose cells they share."""
    rows, columns = (part.ravel() for part in np.mgrid[:height, :width])
    total = ROUNDING * np.eye(height * width)
    for sigma, scale in zip(noise.sigmas, noise.scales, strict=True):
        cell = 1000 * (rows // scale) + columns // scale
        total += (255 * sigma) ** 2 * (cell[:, None] == cell)
    return total


@pytest.mark.parametrize(
    ("scales", "sigmas"),
    [
        ((1, 4, 8), (0.1, 0.2, 0.4)),
        ((6, 1, 3), (0.3, 0.1, 0.2)),
        ((2, 2), (0.1, 0.3)),
        ((1, 5, 5), (0.2, 0.0, 0.1)),
        ((4,), (0.2,)),
    ],
)
def test_pooling_by_cells_is_the_multivariate_normal(
    scales: tuple[int, ...], sigmas: tuple[float, ...]
) -> None:
    noise = GaussianNoise(scales=scales, sigmas=sigmas)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (6, 7, 10))
    visible = generator.random((6, 7, 10)) < 0.4
    precision, weighted = pooled(images, visible, noise)
    whole = covariance(noise, 7, 10)
    for i in range(6):
        seen = visible[i].ravel()
        inverse = np.linalg.inv(whole[np.ix_(seen, seen)])
        assert precision[i] == pytest.approx(inverse.sum(), rel=1e-6)
        assert weighted[i] == pytest.approx((inverse @ images[i].ravel()[seen]).sum(), rel=1e-6)
        normal = stats.multivariate_normal(cov=whole[np.ix_(seen, seen)])
        one, other = (normal.logpdf(images[i].ravel()[seen] - level) for level in (30, 200))
        assert one - other == pytest.approx(
            weighted[i] * (30 - 200) - precision[i] * (30**2 - 200**2) / 2, rel=1e-5
        )


def test_pixel_noise_is_read_with_its_clipping() -> None:
    noise = GaussianNoise(sigmas=(0.6, 0.8), scales=(1, 1))
    options = SceneOptions(size=16, shapes=("square",), areas=(16,), noise=noise)
    scenes = draw_scenes(BANDS, options, "test", 0, 60)
    decisions = place_likelihood(scenes)
    assert len(set(decisions.tolist())) == 3
    for pixels, seen, choice in zip(
        render(scenes), masks(scenes).object, decisions.tolist(), strict=True
    ):
        sums = posterior(np.bincount(pixels[seen], minlength=256), 1.0, 255.0)
        assert sums[choice] == pytest.approx(max(sums), rel=1e-6)


@pytest.mark.parametrize("scales", [(1, 1, 1), (1, 4, 16)])
def test_a_known_place_is_known_through_permutations(scales: tuple[int, ...]) -> None:
    base = {"setting": "squares", "noise": {"kind": "gaussian", "scales": scales}}
    plain, permuted = (
        draw_scenes(BANDS, find_setting({**base, "permutation": kind}), "test", 0, 200)
        for kind in (None, "fresh")
    )
    assert np.array_equal(place_likelihood(plain), place_likelihood(permuted))


def test_a_known_place_says_more_than_a_histogram() -> None:
    small = {"setting": "squares", "areas": (36, 64)}
    known, whole = (
        correct_scenes(BASELINES[baseline], BANDS, find_setting(small), 1500, 2000)["right"].mean()
        for baseline in ("place_likelihood", "histogram_likelihood")
    )
    assert known > whole + 0.2


def test_an_object_out_of_sight_is_guessed_by_the_commonest_class() -> None:
    task = TASKS["medium"]
    for scales in ((1,), (1, 4)):
        noise = GaussianNoise(sigmas=(0.2,) * len(scales), scales=scales)
        scenes = draw_scenes(task, SceneOptions(noise=noise), "test", 0, 5).replace(area=0)
        assert place_likelihood(scenes).tolist() == [task.priors.argmax()] * 5


GAUSSIAN = {"setting": "squares", "noise": {"kind": "gaussian"}}


@pytest.mark.parametrize("baseline", ["histogram_likelihood", "place_likelihood"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"setting": "discs"}, "noise: SquareNoise.*Gaussian"),
        ({"setting": "squares", "noise": None}, "noise: None.*Gaussian"),
        ({"noise": {"kind": "gaussian", "scales": (1, 4, 6)}}, r"noise: .*\(1, 4, 6\).*divide"),
        ({"noise": {"kind": "gaussian", "sigmas": (0.0,), "scales": (1,)}}, r"noise: .*\(0.0,\)"),
        ({**GAUSSIAN, "background": "random"}, "background, distractor, hollow: random, None, Fa"),
        (
            {"noise": {"kind": "gaussian"}, "distractor": "square"},
            "hollow: 0, square, False do not",
        ),
        ({**GAUSSIAN, "hollow": True}, "hollow: 0, None, True do not"),
    ],
)
def test_scenes_with_more_unknowns_are_refused(
    baseline: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        correct_scenes(BASELINES[baseline], BANDS, find_setting(changes), 10, 10)
    assert "\n" not in str(caught.value)


def test_histograms_cannot_be_judged_where_pixels_are_not_independent() -> None:
    options = find_setting({"noise": {"kind": "gaussian", "scales": (1, 4, 16)}})
    with pytest.raises(InvalidInput, match=r"noise: .*\(1, 4, 16\).*allowed: Gaussian of scale 1$"):
        decision(BASELINES["histogram_likelihood"], BANDS, options, 10)


# All baselines


@pytest.mark.parametrize("name", [*SHAPE_BLIND, "patch_mean"])
def test_baselines_of_histograms_see_no_layout(squares: Scenes, name: str) -> None:
    images = render(draw_scenes(BANDS, squares.options, "test", 0, 200))
    order = np.random.default_rng(0).permutation(64 * 64)
    shuffled = images.reshape(200, -1)[:, order].reshape(images.shape)
    decide = BASELINES[name](squares)
    same = np.array_equal(decide(images), decide(shuffled))
    assert same == (name in SHAPE_BLIND)


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "place_likelihood"])
def test_an_image_is_read_without_regard_to_its_batch(squares: Scenes, name: str) -> None:
    images = render(draw_scenes(BANDS, squares.options, "test", 0, 30))
    decide = BASELINES[name](squares)
    alone = [int(decide(images[i : i + 1])[0]) for i in range(30)]
    assert decide(images).tolist() == alone


@pytest.mark.parametrize(
    ("baseline", "task", "setting", "low", "high"),
    [
        ("mean_intensity", "hard", "discs", 0.28, 0.40),
        ("mean_posterior", "hard", "discs", 0.40, 0.48),
        ("most_frequent_level", "hard", "discs", 0.99, 1.0),
        ("most_frequent_level", "hard", PERMUTED, 0.99, 1.0),
        ("most_frequent_class", "hard", "discs", 0.98, 1.0),
        ("linear_histogram", "hard", "discs", 0.97, 1.0),
        ("edge_amplitude", "hard", "discs", 0.98, 1.0),
        ("flat_patch", "hard", "discs", 0.99, 1.0),
        ("background_level", "hard", "discs", 0.3, 0.4),
        ("edge_amplitude", "hard", RANDOM_BACKGROUND, 0.28, 0.43),
        ("linear_histogram", "hard", RANDOM_BACKGROUND, 0.28, 0.43),
        ("most_frequent_level", "hard", RANDOM_BACKGROUND, 0.99, 1.0),
        ("mean_posterior", "three_bands", "squares", 0.66, 0.82),
        ("patch_mean", "three_bands", "squares", 0.99, 1.0),
        ("histogram_likelihood", "three_bands", "squares", 0.98, 0.999),
        ("place_likelihood", "three_bands", "squares", 0.999, 1.0),
        # Absolute intensity and contrast: what reads one knows nothing of the other.
        ("most_frequent_level", "absolute", "backgrounds", 0.99, 1.0),
        ("most_frequent_level", "contrast", "backgrounds", 0.31, 0.36),
        ("flat_patch", "absolute", "backgrounds", 0.99, 1.0),
        ("flat_patch", "contrast", "backgrounds", 0.31, 0.36),
        ("most_frequent_contrast", "absolute", "backgrounds", 0.31, 0.36),
        ("most_frequent_contrast", "contrast", "backgrounds", 0.99, 1.0),
        ("edge_amplitude", "absolute", "backgrounds", 0.31, 0.36),
        ("edge_amplitude", "contrast", "backgrounds", 0.99, 1.0),
        ("background_level", "absolute", "backgrounds", 0.45, 0.6),
        ("background_level", "contrast", "backgrounds", 0.4, 0.55),
        # One of two objects of equal area: a histogram does not say which.
        ("most_frequent_level", "distractor", "pairs", 0.48, 0.54),
        ("most_frequent_class", "distractor", "pairs", 0.48, 0.54),
        ("linear_histogram", "distractor", "pairs", 0.46, 0.54),
        # Shapes of the same levels and areas.
        ("mean_posterior", "shape", "shapes", 0.29, 0.38),
        ("linear_histogram", "shape", "shapes", 0.29, 0.38),
        ("patch_mean", "shape", "shapes", 0.29, 0.40),
    ],
)
def test_accuracies_are_those_of_the_task(
    baseline: str, task: str, setting: Any, low: float, high: float
) -> None:
    options = find_setting(setting)
    right = correct_scenes(BASELINES[baseline], TASKS[task], options, 2000, 8000)["right"]
    assert right.shape == (2000,)
    assert low <= right.mean() <= high


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_of_levels_refuse_classes_that_depend_on_shape(name: str) -> None:
    for task, shapes in (("shape", TASKS["shape"].shapes), ("conjunction", ("disc", "square"))):
        options = find_setting({"setting": "shapes", "shapes": shapes})
        if name in LEARNING:
            assert correct_scenes(BASELINES[name], TASKS[task], options, 9, 200)["right"].size == 9
            continue
        line = f"^baseline: {name} names the class of a grey level; .* task {task} depend on shape$"
        with pytest.raises(InvalidInput, match=line):
            correct_scenes(BASELINES[name], TASKS[task], options, 9, 9)


def test_longer_edges_tell_a_disc_from_a_square_of_equal_area() -> None:
    # 68 pairs of neighbors against 56 at the rims of 197 and 196 pixels, less what noise hides.
    options = find_setting("pairs")
    right = correct_scenes(BASELINES["edge_amplitude"], TASKS["distractor"], options, 2000, 10)[
        "right"
    ]
    assert right.mean() > 0.65


def test_a_histogram_holds_more_than_its_mean() -> None:
    options = find_setting("squares")
    whole, mean = (
        correct_scenes(BASELINES[baseline], BANDS, options, 2000, 4000)["right"].sum()
        for baseline in ("histogram_likelihood", "mean_posterior")
    )
    assert whole > mean + 200


def test_the_first_test_scenes_are_read() -> None:
    options = find_setting("discs")
    right = correct_scenes(BASELINES["most_frequent_class"], HARD, options, 700, 10)["right"]
    test = draw_scenes(HARD, options, "test", 0, 700)
    levels = render(test).reshape(700, -1)
    labels = [HARD.label(row[row > 0]) for row in levels]
    expected = [int(np.bincount(row, minlength=3).argmax()) for row in labels]
    np.testing.assert_array_equal(right, expected == test.label)


def test_baselines_learn_from_training_scenes_and_are_judged_on_test_scenes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def recorded(task: Any, options: Any, split: str, start: int, count: int) -> Scenes:
        asked.append((split, start, count))
        return draw_scenes(task, options, split, start, count)

    monkeypatch.setattr("intensity.baselines.base.draw_scenes", recorded)
    correct_scenes(BASELINES["linear_histogram"], HARD, find_setting("discs"), 30, 500)
    assert asked == [("train", 0, 500), ("test", 0, 30)]


def test_images_come_in_the_order_of_their_scenes() -> None:
    scenes = training("three_bands", "squares", 2 * BLOCK + 5)
    means = over_images(scenes, lambda images: images.mean(axis=(1, 2)))
    assert np.array_equal(means, render(scenes).mean(axis=(1, 2)))


def test_a_baseline_that_knows_the_place_decides_on_no_image() -> None:
    with pytest.raises(InvalidInput, match=r"^baseline: place_likelihood is not allowed"):
        decision(BASELINES["place_likelihood"], HARD, find_setting("discs"), 10)


@pytest.mark.parametrize(
    ("task", "setting", "some", "others"),
    [
        ("hard", "discs", {"mean_intensity", "edge_amplitude"}, {"background_level", "patch_mean"}),
        ("three_bands", "squares", {"place_likelihood", "patch_mean"}, {"most_frequent_level"}),
        ("absolute", "backgrounds", {"background_level"}, {"mean_intensity", "patch_mean"}),
        ("distractor", "pairs", {"flat_patch"}, {"mean_intensity", "background_level"}),
        ("shape", "shapes", {"linear_histogram"}, {"edge_amplitude", "most_frequent_level"}),
    ],
)
def test_baselines_are_offered_where_they_say_something(
    task: str, setting: str, some: set[str], others: set[str]
) -> None:
    options = find_setting(setting)
    rows = applicable_baselines(TASKS[task], options)
    names = {row.name for row in rows}
    assert some <= names
    assert not others & names
    for row in rows:
        assert correct_scenes(row, TASKS[task], options, 5, 60)["right"].shape == (5,)
