"""Readers against images whose answer is known, a posterior by hand, and what each cannot see."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intensity.readers import (
    READERS,
    edge_amplitude,
    histogram_likelihood,
    mean_intensity,
    most_frequent_class,
    most_frequent_level,
    over_images,
    scenes_read_right,
)
from intensity.rendering import render
from intensity.scenes import BLOCK, GaussianNoise, SceneOptions, Scenes, draw_scenes, find_setting
from intensity.tasks import TASKS
from intensity.values import InvalidInput

HARD, BANDS = TASKS["hard"], TASKS["three_bands"]
RANDOM_BACKGROUND = {"setting": "discs", "background": "random"}
PERMUTED = {"setting": "discs", "permutation": "fresh"}
SHAPE_BLIND = (
    "mean_intensity",
    "mean_posterior",
    "most_frequent_level",
    "most_frequent_class",
    "linear_histogram",
    "histogram_likelihood",
)
"""Readers that see no layout."""


def training(task: str, setting: Any, count: int = 4000) -> Scenes:
    """Scenes that a reader learns from."""
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
    ("reader", "levels", "expected"),
    [
        # In `hard`: 20 -> 0, 40 -> 1, 75 -> 2, 100 -> 1, 130 -> 0.
        (mean_intensity, [(50, 10), (100, 10)], 2),
        (mean_intensity, [(40, 30), (220, 6)], 2),
        (most_frequent_level, [(100, 5), (20, 4), (130, 4)], 1),
        (most_frequent_class, [(100, 5), (20, 4), (130, 4)], 0),
    ],
)
def test_counting_readers_leave_the_background_out(
    clean: Scenes, reader: Any, levels: list[tuple[int, int]], expected: int, background: int
) -> None:
    assert reader(clean)(image(*levels, background=background)).tolist() == [expected]


def test_means_are_rounded_to_the_nearest_level(clean: Scenes) -> None:
    below, above = image((30, 6), (31, 4)), image((30, 4), (31, 6))
    assert mean_intensity(clean)(np.concatenate([below, above])).tolist() == [0, 1]


def test_levels_without_a_class_are_read_as_none(squares: Scenes) -> None:
    for reader in (mean_intensity, most_frequent_level):
        assert reader(squares)(image((60, 100))).tolist() == [-1]
    assert edge_amplitude(squares)(patch(60)[None]).tolist() == [-1]


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


@pytest.mark.parametrize("reader", ["mean_posterior", "patch_mean"])
def test_learned_thresholds_lie_at_the_boundaries(clean: Scenes, reader: str) -> None:
    # The 2 % of the scenes that vote span 5 levels.
    levels = away_from_edges(6)
    scenes = draw_scenes(HARD, clean.options, "test", 0, len(levels)).replace(intensity=levels)
    assert np.array_equal(READERS[reader](clean)(render(scenes)), scenes.label)


def test_the_largest_mean_of_a_patch_counts_wherever_it_is(clean: Scenes) -> None:
    read = READERS["patch_mean"](clean)
    levels = away_from_edges(6)
    for top in (0, 20, 53):
        images = np.stack([patch(level, top=top) for level in levels])
        assert np.array_equal(read(images), HARD.label(levels))
    # Six of eleven rows: 198 * 6 / 11 = 108.
    low = np.stack([patch(198, height=6), patch(198, top=58)])
    assert read(low).tolist() == HARD.label(np.array([108, 108])).tolist() == [1, 1]


@pytest.mark.parametrize("reader", ["mean_posterior", "patch_mean"])
def test_beyond_all_training_scenes_the_nearest_vote(clean: Scenes, reader: str) -> None:
    dark, bright = np.zeros((64, 64), np.uint8), np.full((64, 64), 255, np.uint8)
    assert READERS[reader](clean)(np.stack([dark, bright])).tolist() == [0, 2]


def test_one_number_is_read_by_a_fiftieth_of_the_scenes_and_ties_by_the_first_class() -> None:
    # Two of 100 scenes vote: one with this mean and the next darker one.
    scenes = training("easy", {"setting": "discs", "noise": None}, 100)
    wrong = READERS["mean_posterior"](scenes)(render(scenes)) != scenes.label
    least_bright = scenes.intensity[scenes.label == 1].min()
    assert np.array_equal(wrong, scenes.intensity == least_bright)


# Histograms


def test_a_linear_read_out_learns_every_level(clean: Scenes) -> None:
    assert set(clean.intensity.tolist()) == set(HARD.levels.tolist())
    scenes = draw_scenes(HARD, clean.options, "test", 0, 250).replace(intensity=HARD.levels)
    assert np.array_equal(READERS["linear_histogram"](clean)(render(scenes)), scenes.label)


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
    for pixels, decision in zip(images, decisions, strict=True):
        counts = np.bincount(pixels.ravel(), minlength=256)
        sums = posterior(counts, 36 / 256, 255 * 0.5)
        assert sums[decision] == pytest.approx(max(sums), rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"setting": "discs"}, "noise: SquareNoise.*Gaussian of scale 1"),
        ({"setting": "squares", "noise": None}, "noise: None.*Gaussian of scale 1"),
        ({"noise": {"kind": "gaussian", "scales": (1, 4, 16)}}, r"noise: .*\(1, 4, 16\)"),
        ({"noise": {"kind": "gaussian", "sigmas": (0.0,), "scales": (1,)}}, r"noise: .*\(0.0,\)"),
        ({"setting": "squares", "background": "random"}, "background, distractor: random, None"),
        ({"noise": {"kind": "gaussian"}, "distractor": "disc"}, "distractor: 0, disc do not suit"),
    ],
)
def test_scenes_with_more_unknowns_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        scenes_read_right("histogram_likelihood", BANDS, find_setting(changes), 10, 10)
    assert "\n" not in str(caught.value)


# All readers


@pytest.mark.parametrize("name", [*SHAPE_BLIND, "patch_mean"])
def test_readers_of_histograms_see_no_layout(squares: Scenes, name: str) -> None:
    images = render(draw_scenes(BANDS, squares.options, "test", 0, 200))
    order = np.random.default_rng(0).permutation(64 * 64)
    shuffled = images.reshape(200, -1)[:, order].reshape(images.shape)
    decide = READERS[name](squares)
    same = np.array_equal(decide(images), decide(shuffled))
    assert same == (name in SHAPE_BLIND)


@pytest.mark.parametrize("name", READERS)
def test_an_image_is_read_without_regard_to_its_batch(squares: Scenes, name: str) -> None:
    images = render(draw_scenes(BANDS, squares.options, "test", 0, 30))
    decide = READERS[name](squares)
    alone = [int(decide(images[i : i + 1])[0]) for i in range(30)]
    assert decide(images).tolist() == alone


@pytest.mark.parametrize(
    ("reader", "task", "setting", "low", "high"),
    [
        ("mean_intensity", "hard", "discs", 0.28, 0.40),
        ("mean_posterior", "hard", "discs", 0.40, 0.48),
        ("most_frequent_level", "hard", "discs", 0.99, 1.0),
        ("most_frequent_level", "hard", PERMUTED, 0.99, 1.0),
        ("most_frequent_class", "hard", "discs", 0.98, 1.0),
        ("linear_histogram", "hard", "discs", 0.97, 1.0),
        ("edge_amplitude", "hard", "discs", 0.98, 1.0),
        ("edge_amplitude", "hard", RANDOM_BACKGROUND, 0.28, 0.43),
        ("linear_histogram", "hard", RANDOM_BACKGROUND, 0.28, 0.43),
        ("most_frequent_level", "hard", RANDOM_BACKGROUND, 0.99, 1.0),
        ("mean_posterior", "three_bands", "squares", 0.66, 0.82),
        ("patch_mean", "three_bands", "squares", 0.99, 1.0),
        ("histogram_likelihood", "three_bands", "squares", 0.98, 0.999),
    ],
)
def test_accuracies_are_those_of_the_task(
    reader: str, task: str, setting: Any, low: float, high: float
) -> None:
    options = find_setting(setting)
    right = scenes_read_right(reader, TASKS[task], options, 2000, 8000)["right"]
    assert right.shape == (2000,)
    assert low <= right.mean() <= high


def test_a_histogram_holds_more_than_its_mean() -> None:
    options = find_setting("squares")
    whole, mean = (
        scenes_read_right(reader, BANDS, options, 2000, 4000)["right"].sum()
        for reader in ("histogram_likelihood", "mean_posterior")
    )
    assert whole > mean + 200


def test_the_first_test_scenes_are_read() -> None:
    options = find_setting("discs")
    right = scenes_read_right("most_frequent_class", HARD, options, 700, 10)["right"]
    test = draw_scenes(HARD, options, "test", 0, 700)
    levels = render(test).reshape(700, -1)
    labels = [HARD.label(row[row > 0]) for row in levels]
    expected = [int(np.bincount(row, minlength=3).argmax()) for row in labels]
    np.testing.assert_array_equal(right, expected == test.label)


def test_readers_learn_from_training_scenes_and_are_judged_on_test_scenes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def recorded(task: Any, options: Any, split: str, start: int, count: int) -> Scenes:
        asked.append((split, start, count))
        return draw_scenes(task, options, split, start, count)

    monkeypatch.setattr("intensity.readers.draw_scenes", recorded)
    scenes_read_right("linear_histogram", HARD, find_setting("discs"), 30, 500)
    assert asked == [("train", 0, 500), ("test", 0, 30)]


def test_images_come_in_the_order_of_their_scenes() -> None:
    scenes = training("three_bands", "squares", 2 * BLOCK + 5)
    means = over_images(scenes, lambda images: images.mean(axis=(1, 2)))
    assert np.array_equal(means, render(scenes).mean(axis=(1, 2)))


def test_unknown_readers_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="'tarot' is unknown; allowed: mean_intensity, mean_"):
        scenes_read_right("tarot", HARD, find_setting("discs"), 10)
