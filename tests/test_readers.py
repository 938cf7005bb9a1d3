"""Readers on images whose answer is known, and at the accuracies that the paper's tasks allow."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from intensity.readers import READERS, Decision, over_images, reader_accuracy
from intensity.rendering import render
from intensity.scenes import SETTINGS, Scenes, draw_scenes, find_setting
from intensity.tasks import TASKS, Task
from intensity.values import InvalidInput

HARD, BANDS, EASY = TASKS["hard"], TASKS["three_bands"], TASKS["easy"]
ON_BLACK = "discs"
ON_ANY = {"setting": "discs", "background": "random"}
SHUFFLED = {"setting": "discs", "permutation": "fresh"}


def decision(reader: str, task: Task = EASY, setting: Any = ON_BLACK, n: int = 2000) -> Decision:
    """What a reader has learned from n training scenes."""
    return READERS[reader](draw_scenes(task, find_setting(setting), "train", 0, n))


def image(*areas: tuple[int, int], background: int = 0) -> np.ndarray:
    """One image of 64 x 64 pixels with so many pixels of each level, side by side."""
    pixels = np.full(64 * 64, background, np.uint8)
    levels = np.repeat([level for level, _ in areas], [count for _, count in areas])
    pixels[: len(levels)] = levels
    return pixels.reshape(1, 64, 64)


# Known answers


def test_most_frequent_level_ignores_background_and_rarer_levels() -> None:
    decide = decision("most_frequent_level")
    for background in (0, 255):
        mixed = image((200, 30), (20, 40), (210, 30), background=background)
        assert decide(mixed).tolist() == [0]


def test_most_frequent_class_adds_the_levels_of_a_class() -> None:
    decide = decision("most_frequent_class")
    assert decide(image((200, 30), (20, 40), (210, 30))).tolist() == [1]


def test_mean_intensity_averages_what_is_painted() -> None:
    decide = decision("mean_intensity")
    assert decide(image((100, 50), (198, 50))).tolist() == [0]
    assert decide(image((100, 50), (200, 50))).tolist() == [1]
    assert decide(image()).tolist() == [0]


def test_mean_posterior_sees_the_mean_only() -> None:
    decide = decision("mean_posterior")
    assert decide(image((240, 800))).tolist() == [1]
    assert decide(image((240, 20))).tolist() == [0]
    assert decide(image((240, 400))) == decide(image((80, 1200)))


def test_edge_amplitude_reads_steps_and_not_surfaces() -> None:
    decide = decision("edge_amplitude")
    square = np.zeros((3, 64, 64), np.uint8)
    square[:, 10:40, 10:40] = np.array([120, 160, 250])[:, None, None]
    assert decide(square).tolist() == [0, 1, 1]
    square[square == 0] = 240
    assert decide(square).tolist() == [0, 0, 0]


def test_patch_mean_finds_the_brightest_patch() -> None:
    decide = decision("patch_mean", BANDS, "squares")
    images = np.zeros((3, 64, 64), np.uint8)
    images[:, 20:40, 20:40] = np.array([0, 135, 225])[:, None, None]
    images[:, 50, ::2] = 255
    assert decide(images).tolist() == [0, 1, 2]


@pytest.mark.parametrize("level", [10, 135, 230])
def test_histogram_likelihood_knows_a_histogram_that_its_model_expects(level: int) -> None:
    decide = decision("histogram_likelihood", BANDS, "squares")
    noise = np.random.default_rng(0).normal(0, 255 * np.sqrt(0.21), (20, 64, 64))
    surfaces = np.zeros((64, 64))
    surfaces[:40, :40] = level
    images = np.clip(np.rint(surfaces + noise), 0, 255).astype(np.uint8)
    assert (decide(images) == BANDS.label(level)).all()
    shuffled = np.sort(images.reshape(20, -1), axis=1).reshape(images.shape)
    assert np.array_equal(decide(shuffled), decide(images))


def test_histogram_likelihood_is_the_posterior_of_a_problem_that_can_be_enumerated() -> None:
    task = Task(name="two", boundaries=(100,), labels=(0, 1), drawn=(90, 110))
    noise = {"kind": "gaussian", "sigmas": (0.02,), "scales": (1,)}
    setting = {"size": 8, "areas": (20,), "noise": noise}
    decide = decision("histogram_likelihood", task, setting, n=100)
    scenes = draw_scenes(task, find_setting(setting), "test", 0, 300)
    images = render(scenes)
    levels = np.append(np.arange(90, 111), 0)
    limits = np.array([-np.inf, *np.arange(0.5, 255), np.inf])
    seen = np.diff(stats.norm.cdf(limits, levels[:, None], 0.02 * 255), axis=1)
    mixture = 20 / 64 * seen[:-1] + 44 / 64 * seen[-1]
    with np.errstate(divide="ignore"):
        logs = np.log(mixture)[:, images.reshape(300, -1)].sum(axis=-1)
    odds = np.exp(logs - logs.max(axis=0))
    expected = odds[levels[:-1] > 100].sum(axis=0) > odds[levels[:-1] <= 100].sum(axis=0)
    assert np.array_equal(decide(images), expected)
    assert 0.8 < (decide(images) == scenes.label).mean() < 1


def test_linear_histogram_is_linear_in_pixels() -> None:
    decide = decision("linear_histogram", HARD, n=4000)
    images = render(draw_scenes(HARD, SETTINGS[ON_BLACK], "test", 0, 50))
    shuffled = np.random.default_rng(0).permuted(images.reshape(50, -1), axis=1)
    assert np.array_equal(decide(shuffled.reshape(images.shape)), decide(images))


@pytest.mark.parametrize("reader", READERS)
def test_decisions_are_classes_and_do_not_depend_on_the_batch(reader: str) -> None:
    task, setting = (BANDS, "squares") if reader == "histogram_likelihood" else (HARD, "discs")
    decide = decision(reader, task, setting, n=300)
    images = render(draw_scenes(task, find_setting(setting), "test", 0, 20))
    classes = decide(images)
    assert classes.shape == (20,)
    assert np.issubdtype(classes.dtype, np.integer)
    assert set(classes.tolist()) <= {-1, 0, 1, 2}
    assert classes.tolist() == [decide(one[None])[0] for one in images]


# Accuracies


def accuracy(reader: str, task: Task, setting: Any) -> float:
    """Share of 3 000 test scenes read right."""
    right, n = reader_accuracy(reader, task, find_setting(setting), 3000, 8000)
    assert n == 3000
    return right / n


@pytest.mark.parametrize(
    ("reader", "setting", "low", "high"),
    [
        ("mean_intensity", ON_BLACK, 0.28, 0.34),
        ("mean_posterior", ON_BLACK, 0.40, 0.48),
        ("most_frequent_level", ON_BLACK, 0.998, 1),
        ("most_frequent_level", ON_ANY, 0.998, 1),
        ("most_frequent_level", SHUFFLED, 0.998, 1),
        ("most_frequent_class", ON_BLACK, 0.985, 1),
        ("linear_histogram", ON_BLACK, 0.985, 1),
        ("linear_histogram", ON_ANY, 0.30, 0.40),
        ("edge_amplitude", ON_BLACK, 0.995, 1),
        ("edge_amplitude", ON_ANY, 0.31, 0.38),
    ],
)
def test_what_can_be_read_on_hard(reader: str, setting: Any, low: float, high: float) -> None:
    assert low <= accuracy(reader, HARD, setting) <= high


@pytest.mark.parametrize(
    ("reader", "low", "high"),
    [
        ("mean_posterior", 0.70, 0.77),
        ("patch_mean", 0.99, 1),
        ("histogram_likelihood", 0.98, 0.999),
    ],
)
def test_what_can_be_read_on_three_bands(reader: str, low: float, high: float) -> None:
    assert low <= accuracy(reader, BANDS, "squares") <= high


def test_the_mean_is_read_better_by_its_posterior_than_plainly() -> None:
    assert accuracy("mean_posterior", HARD, ON_BLACK) > accuracy("mean_intensity", HARD, ON_BLACK)


def test_readers_learn_from_training_scenes_and_are_judged_on_test_scenes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def recorded(task: Task, options: Any, split: str, start: int, count: int) -> Scenes:
        asked.append((split, start, count))
        return draw_scenes(task, options, split, start, count)

    monkeypatch.setattr("intensity.readers.draw_scenes", recorded)
    reader_accuracy("linear_histogram", HARD, SETTINGS[ON_BLACK], 30, 500)
    assert asked == [("train", 0, 500), ("test", 0, 30)]


def test_blocks_come_back_in_order() -> None:
    scenes = draw_scenes(HARD, SETTINGS[ON_BLACK], "train", 0, 2500)
    means = over_images(scenes, lambda images: images.mean(axis=(1, 2)))
    assert np.array_equal(means, render(scenes).mean(axis=(1, 2)))


# Readers that do not apply


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("discs", ("noise", "SquareNoise", "Gaussian of scale 1")),
        ({}, ("noise", "None", "Gaussian of scale 1")),
        (
            {"noise": {"kind": "gaussian", "scales": (1, 4, 16)}},
            ("noise", "(1, 4, 16)", "Gaussian of scale 1"),
        ),
        (
            {"setting": "squares", "background": "random"},
            ("background", "random", "constant background"),
        ),
        (
            {"areas": (197,), "noise": {"kind": "gaussian"}, "distractor": "square"},
            ("distractor", "square", "no distractor"),
        ),
    ],
)
def test_the_likelihood_refuses_scenes_that_its_model_does_not_describe(
    setting: Any, words: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        reader_accuracy("histogram_likelihood", BANDS, find_setting(setting), 10, 100)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_unknown_readers_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="reader: 'oracle' is unknown; allowed: mean_intensity,"):
        reader_accuracy("oracle", HARD, SETTINGS[ON_BLACK], 10)
