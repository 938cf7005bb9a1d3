"""Curves: a hand-wired network that reads every level right, and curves written by hand."""

import keras
import numpy as np
import pytest

from intensity.rendering import render
from intensity.responses.curves import (
    class_response_curves,
    crossing_distance,
    crossings,
    levels_read_right,
)
from intensity.scenes import SceneOptions, Scenes, SquareNoise, draw_scenes
from intensity.tasks import TASKS, Task
from intensity.values import InvalidInput

SIZE = 16
EVERY = np.arange(256)


def scenes_of(count: int) -> Scenes:
    noise = SquareNoise(count=(6, 6), sides=(1, 3))
    options = SceneOptions(size=SIZE, areas=(21,), noise=noise)
    return draw_scenes(TASKS["hard"], options, "test", 0, count)


def band_reader(task: Task, shift: float = 0.0) -> keras.Model:
    """A network that finds the band of the image's brightest pixel and names the band's class.

    Band k scores k * x - (sum of the first k boundaries), which is largest within the band; a
    sharp softmax turns the scores into one-hot, a dense layer the bands into classes.
    """
    images = keras.Input((SIZE, SIZE, 1))
    scores = keras.layers.Dense(len(task.bands), name="bands")
    classes = keras.layers.Dense(task.classes, use_bias=False, name="logits")
    x = scores(keras.layers.GlobalMaxPooling2D()(images))
    model = keras.Model(images, classes(keras.layers.Softmax()(keras.layers.Rescaling(50)(x))))
    ends = np.array([band.high + 0.5 + shift for band in task.bands[:-1]])
    slopes = np.arange(len(task.bands), dtype=float)[None]
    scores.set_weights([slopes, -np.concatenate([[0], np.cumsum(ends)])])
    classes.set_weights([np.eye(task.classes)[[band.label for band in task.bands]]])
    return model


@pytest.mark.parametrize("name", ["easy", "medium", "hard", "monotone"])
def test_a_network_that_reads_bands_follows_the_label_function(name: str) -> None:
    task = TASKS[name]
    scenes = scenes_of(2).without_noise()
    curves = class_response_curves(band_reader(task), scenes, EVERY, batch=100)
    assert curves["logits"].shape == (2, 256, task.classes)
    assert levels_read_right(curves["logits"], curves["levels"], task) == 1
    assert crossing_distance(curves["logits"], curves["levels"], task) == 0
    found = crossings(curves["logits"], curves["levels"])
    assert found.loc[found["scene"] == 1, "level"].tolist() == task.edges.tolist()


def test_shifted_bands_are_measured_as_shifted() -> None:
    task = TASKS["hard"]
    curves = class_response_curves(band_reader(task, shift=4), scenes_of(1).without_noise(), EVERY)
    wrong = 4 * len(task.edges) / len(task.levels)
    assert levels_read_right(**curves, task=task) == pytest.approx(1 - wrong)
    assert crossing_distance(**curves, task=task) == 4


def test_curves_are_logits_of_scenes_with_noise_and_occluders_kept() -> None:
    images = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    scenes, levels = scenes_of(3), np.array([7, 90, 200])
    curves = class_response_curves(model, scenes, levels, batch=4)
    for k, level in enumerate(levels):
        shown = render(scenes.replace(intensity=level)).reshape(3, -1)
        np.testing.assert_array_equal(curves["logits"][:, k], shown)


def logits_of(*predicted: list[int]) -> np.ndarray:
    """Logits (n, k, 3) with the classes given on top."""
    return np.eye(3)[np.array(predicted)]


TWO = Task(name="two", boundaries=(99,), labels=(0, 1), drawn=(50, 150))
SWEEP = np.array([60, 80, 100, 120, 140])


def test_only_levels_that_can_be_drawn_count() -> None:
    logits = logits_of([2, 0, 0, 1, 1, 2], [2, 0, 0, 0, 1, 2])
    levels = np.array([10, 60, 98, 100, 140, 200])
    assert levels_read_right(logits, levels, TWO) == 7 / 8
    with pytest.raises(InvalidInput, match=r"^levels: none of \[10, 20\]"):
        levels_read_right(logits[:, :2], np.array([10, 20]), TWO)


def test_gaps_between_bands_do_not_count() -> None:
    task = TASKS["three_bands"]
    curves = logits_of([0, 2, 1, 2])
    assert levels_read_right(curves, np.array([30, 60, 130, 220]), task) == 1


def test_crossings_by_hand() -> None:
    found = crossings(logits_of([0, 0, 1, 1, 0], [1, 1, 1, 1, 1]), SWEEP)
    assert found.to_dict("list") == {
        "scene": [0, 0], "level": [90, 130], "before": [0, 1], "after": [1, 0]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("curves", "distance"),
    [
        ([[0, 0, 1, 1, 1]], 9.5),  # crossing at 90, boundary at 99.5
        ([[0, 0, 0, 1, 0]], 10.5),  # crossings at 110 and 130
        ([[0, 0, 0, 0, 0]], 40.5),  # none: from 99.5 to 140
        ([[0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]], 10.5),
    ],
)
def test_crossing_distance_by_hand(curves: list[list[int]], distance: float) -> None:
    assert crossing_distance(logits_of(*curves), SWEEP, TWO) == distance


def test_wrong_input_is_refused_by_name() -> None:
    logits = logits_of([0, 0, 1])
    with pytest.raises(InvalidInput, match=r"^logits: shape \(1, 3, 3\) is not allowed: .* 2 lev"):
        crossings(logits, np.array([1, 2]))
    with pytest.raises(InvalidInput, match=r"^levels: 1\.\.90 .* boundaries 99\.5\.\.99\.5"):
        crossing_distance(logits, np.array([1, 50, 90]), TWO)
    with pytest.raises(InvalidInput, match=r"^levels: "):
        class_response_curves(band_reader(TWO), scenes_of(1), np.array([3]))
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        class_response_curves(band_reader(TWO), scenes_of(1)[:0], SWEEP)
