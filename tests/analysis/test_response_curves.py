"""Curves: a hand-wired network that reads every level right, and curves written by hand."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from intensity.analysis import response_curves as module
from intensity.analysis.response_curves import (
    class_response_curves,
    crossing_distance,
    crossings,
    has_boundaries,
    levels_read_right,
    recolor_outcomes,
    transition_widths,
    transitions,
    width_trend,
)
from intensity.data.levels import drawable
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.data.tasks import Task
from intensity.models.build import build
from intensity.models.inference import logits, predicted_classes
from intensity.training.presets import TASKS, find_network, find_setting
from intensity.values import InvalidInput

SIZE = 16
EVERY = np.arange(256)


def scenes_of(count: int, task: Task = TASKS["hard"]) -> Scenes:
    noise = SquareNoise(count=(6, 6), sides=(1, 3))
    options = SceneOptions(size=SIZE, areas=(21,), noise=noise)
    return draw_scenes(task, options, "test", 0, count)


def on_backgrounds(task: str, *backgrounds: int) -> Scenes:
    """Scenes of a task of random backgrounds, with these."""
    scenes = draw_scenes(TASKS[task], find_setting("backgrounds"), "test", 0, len(backgrounds))
    return scenes.replace(background=backgrounds)


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
    scenes = scenes_of(2, task).without_noise()
    curves = class_response_curves(band_reader(task), scenes, EVERY, batch=100)
    assert curves["logits"].shape == (2, 256, task.classes)
    assert levels_read_right(**curves, scenes=scenes) == 1
    assert crossing_distance(**curves, scenes=scenes) == 0
    found = crossings(**curves, scenes=scenes)
    assert found.loc[found["scene"] == 1, "level"].tolist() == task.edges.tolist()
    table = transitions(**curves, scenes=scenes)
    assert table["place"].tolist() == table["boundary"].tolist() == task.edges.tolist()
    assert not table[["width", "missing"]].any(axis=None)
    assert table["before"].tolist() == [band.label for band in task.bands[:-1]]
    assert table["after"].tolist() == [band.label for band in task.bands[1:]]


def test_shifted_bands_are_measured_as_shifted() -> None:
    task, scenes = TASKS["hard"], scenes_of(1).without_noise()
    curves = class_response_curves(band_reader(task, shift=4), scenes, EVERY)
    wrong = 4 * len(task.edges) / len(task.levels)
    assert levels_read_right(**curves, scenes=scenes) == pytest.approx(1 - wrong)
    assert crossing_distance(**curves, scenes=scenes) == 4
    assert (transitions(**curves, scenes=scenes)["place"] - task.edges).tolist() == 8 * [4]


def test_curves_are_logits_of_scenes_with_noise_and_occluders_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    scenes, levels = scenes_of(3), np.array([7, 90, 200])
    monkeypatch.setattr(module, "RENDERED", 5)  # chunks cut through scenes
    curves = class_response_curves(model, scenes, levels, batch=4)
    for k, level in enumerate(levels):
        shown = render(scenes.replace(intensity=level)).reshape(3, -1)
        np.testing.assert_array_equal(curves["logits"][:, k], shown)


def test_curves_of_a_network_that_sees_no_shape_are_its_logits() -> None:
    model, scenes, levels = build(find_network("pixels"), SIZE, 3, 0), scenes_of(2), [7, 90, 200]
    curves = class_response_curves(model, scenes, np.array(levels))
    for k, level in enumerate(levels):
        images = render(scenes.replace(intensity=level))[..., None].astype(np.float32)
        expected = logits(model, images)
        np.testing.assert_allclose(curves["logits"][:, k], expected, rtol=1e-4, atol=1e-5)


def logits_of(*predicted: list[int]) -> np.ndarray:
    """Logits (n, k, 3) with the classes given on top."""
    return np.eye(3)[np.array(predicted)]


TWO = Task(name="two", boundaries=(99,), labels=(0, 1), drawn=(50, 150))
SWEEP = np.array([60, 80, 100, 120, 140])


def two(count: int, intensity: int = 60) -> Scenes:
    """Scenes of the task `two`."""
    return scenes_of(count, TWO).replace(intensity=intensity)


def test_only_levels_that_can_be_drawn_count() -> None:
    logits = logits_of([2, 0, 0, 1, 1, 2], [2, 0, 0, 0, 1, 2])
    levels = np.array([10, 60, 98, 100, 140, 200])
    assert levels_read_right(logits, levels, two(2)) == 7 / 8
    with pytest.raises(InvalidInput, match=r"^levels: none of \[10, 20\]"):
        levels_read_right(logits[:, :2], np.array([10, 20]), two(2))


def test_gaps_between_bands_do_not_count() -> None:
    curves, scenes = logits_of([0, 2, 1, 2]), scenes_of(1, TASKS["three_bands"])
    assert levels_read_right(curves, np.array([30, 60, 130, 220]), scenes) == 1


def test_the_right_class_follows_from_the_contrast() -> None:
    scenes = on_backgrounds("contrast", 10, 250)
    levels = np.array([5, 20, 140, 245])  # contrasts 5, 10, 130, 235 and 245, 230, 110, 5
    assert drawable(scenes, levels).all()
    assert levels_read_right(logits_of([0, 0, 1, 1], [1, 1, 1, 0]), levels, scenes) == 1
    assert levels_read_right(logits_of([0, 0, 1, 1], [0, 0, 1, 1]), levels, scenes) == 5 / 8


def test_the_right_class_of_a_shape_is_the_same_at_every_level() -> None:
    scenes = draw_scenes(TASKS["shape"], find_setting("shapes"), "test", 0, 2)
    scenes = scenes.replace(shape=[2, 0])
    assert (
        levels_read_right(logits_of([2, 2, 2], [0, 0, 1]), np.array([5, 99, 254]), scenes) == 5 / 6
    )


def test_crossings_by_hand() -> None:
    found = crossings(logits_of([0, 0, 1, 1, 0], [1, 1, 1, 1, 1]), SWEEP, two(2))
    assert found.to_dict("list") == {
        "scene": [0, 0], "level": [90, 130], "before": [0, 1], "after": [1, 0]
    }  # fmt: skip


def test_crossings_pass_over_levels_that_cannot_be_drawn() -> None:
    scenes, levels = on_backgrounds("absolute", 80, 255), np.array([60, 78, 82, 100, 120])
    found = crossings(logits_of([0, 1, 2, 0, 1], [0, 1, 0, 0, 0]), levels, scenes)
    assert found.to_dict("list") == {
        "scene": [0, 1, 1], "level": [110, 69, 80], "before": [0, 0, 1], "after": [1, 1, 0]
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
    assert crossing_distance(logits_of(*curves), SWEEP, two(len(curves))) == distance


THREE = Task(name="three", boundaries=(49, 99), labels=(0, 1, 0), drawn=(0, 200))
TENS = np.arange(0, 201, 10)


def steps(*places: int) -> np.ndarray:
    """(1, 21, 2) logits over TENS of a class that changes, from 0 on, right after these levels."""
    return np.eye(2)[np.searchsorted(places, TENS) % 2][None]


def test_transitions_by_hand() -> None:
    curves = np.concatenate([steps(30, 80), steps(40, 100), steps(50, 120), steps(60), steps(130)])
    table = transitions(curves, TENS, scenes_of(5, THREE))
    assert table[["boundary", "before", "after"]].to_numpy().tolist() == [
        [49.5, 0, 1],
        [99.5, 1, 0],
    ]
    # boundaries are 50 apart, so a crossing counts within 25 levels of one of them
    assert table["place"].tolist() == [50, 95]  # 125 is 25.5 levels away
    assert table["missing"].tolist() == pytest.approx([0.2, 0.6])
    assert table["width"].tolist() == pytest.approx([62 - 38, 103 - 87])


def test_the_nearest_crossing_is_that_of_a_boundary() -> None:
    table = transitions(steps(30, 50, 60), TENS, scenes_of(1, THREE))
    assert table["place"].iloc[0] == 55


def test_of_two_crossings_equally_near_the_lower_one_counts() -> None:
    scenes = scenes_of(1, Task(name="one", boundaries=(94,), labels=(0, 1)))
    table = transitions(logits_of([0, 1, 1, 0]), np.array([84, 89, 100, 105]), scenes)
    assert table["place"].tolist() == [86.5]  # and 102.5; the boundary is at 94.5


def test_a_boundary_that_no_scene_shows_has_no_place() -> None:
    table = transitions(steps(50), TENS, scenes_of(1, THREE))
    assert table["missing"].tolist() == [0, 1]
    assert table["place"].isna().tolist() == table["width"].isna().tolist() == [False, True]
    assert table["place"].iloc[1] is pd.NA


def test_a_boundary_that_no_scene_shows_is_as_wide_as_its_range() -> None:
    table = transitions(np.concatenate([steps(40), steps(60)]), TENS, scenes_of(2, THREE))
    assert transition_widths(table).tolist() == [pytest.approx(16), 50]
    lonely = transitions(
        steps()[:, :, :2], TENS, scenes_of(1, Task(name="one", boundaries=(99,), labels=(0, 1)))
    )
    assert transition_widths(lonely).tolist() == [256]


@pytest.mark.parametrize(("width", "trend"), [((1, 2), 1), ((2, 1), -1), ((3, 3), 0)])
def test_widths_grow_with_the_level_that_images_have(width: tuple[int, int], trend: int) -> None:
    table = transitions(steps(50, 100), TENS, scenes_of(1, THREE)).assign(width=width)
    assert table["shown"].tolist() == table["boundary"].tolist()
    assert width_trend(table) == trend
    scenes = scenes_of(1, THREE)
    dark = replace(scenes, options=scenes.options.model_copy(update={"inverted": True}))
    negative = transitions(steps(50, 100), TENS, dark).assign(width=width)
    assert negative["shown"].tolist() == [255 - 49.5, 255 - 99.5]
    assert width_trend(negative) == -trend


@pytest.mark.parametrize(
    ("task", "setting", "fixed"),
    [
        *(("hard", "discs", True), ("absolute", "backgrounds", True)),
        *(("contrast", "backgrounds", False), ("distractor", "pairs", False)),
        ("three_bands", "squares", False),
    ],
)
def test_boundaries_are_fixed_between_neighboring_levels_only(
    task: str, setting: str, fixed: bool
) -> None:
    scenes = draw_scenes(TASKS[task], find_setting(setting), "test", 0, 1)
    assert has_boundaries(scenes) == fixed
    if task == "three_bands":
        with pytest.raises(InvalidInput, match=r"^task: three_bands is not allowed: .* never draw"):
            crossing_distance(logits_of([0, 1, 2]), np.array([0, 130, 220]), scenes)


def test_a_lonely_boundary_has_the_whole_sweep() -> None:
    scenes = scenes_of(2, Task(name="one", boundaries=(99,), labels=(0, 1)))
    table = transitions(np.concatenate([steps(190), steps()]), TENS, scenes)
    assert table[["place", "missing"]].to_numpy().tolist() == [[195, 0.5]]


def test_outcomes_of_recoloring_by_hand() -> None:
    scenes = two(3, intensity=80)  # true class 0 below 100
    logits = logits_of([0, 0, 1, 2, 0], [1, 1, 1, 1, 0], [0, 2, 2, 2, 2])
    table = recolor_outcomes(logits, SWEEP, scenes, np.array([0, 1, 2]))
    assert table.to_dict("list") == {
        "recoloring": ["other_class", "other_class", "other_class", "same_class"],
        "step": [20, 40, 60, 20],
        "count": [3, 3, 3, 3],
        # a prediction that was the new class already is kept
        "kept": pytest.approx([2 / 3, 2 / 3, 2 / 3, 2 / 3]),
        "follows": pytest.approx([1 / 3, 0, 0, 1 / 3]),
        "third": pytest.approx([0, 1 / 3, 1 / 3, 0]),
    }


def test_sizes_of_recoloring_are_counted_in_tens() -> None:
    levels = np.array([60, 61, 70, 71, 80])
    table = recolor_outcomes(logits_of([0, 0, 0, 1, 1]), levels, two(1), np.array([0]))
    assert table["step"].tolist() == [10, 20]
    assert table["count"].tolist() == [2, 2]
    assert table["kept"].tolist() == [1, 0]


def test_a_network_that_reads_bands_follows_every_recoloring() -> None:
    model, scenes = band_reader(TASKS["hard"]), scenes_of(6).without_noise()
    curves = class_response_curves(model, scenes, EVERY)
    predicted = predicted_classes(model, scenes)["predicted"]
    table = recolor_outcomes(**curves, scenes=scenes, predicted=predicted)
    other = table["recoloring"] == "other_class"
    assert (table.loc[other, "follows"] == 1).all()
    assert (table.loc[~other, "kept"] == 1).all()
    assert table["count"].sum() == 6 * (len(TASKS["hard"].levels) - 1)


def test_wrong_input_is_refused_by_name() -> None:
    logits, ends = logits_of([0, 0, 1]), np.array([1, 50, 90])
    with pytest.raises(InvalidInput, match=r"^logits: shape \(1, 3, 3\) is not allowed: .* 2 lev"):
        crossings(logits, np.array([1, 2]), two(1))
    with pytest.raises(
        InvalidInput, match=r"^logits: shape \(1, 3, 3\) is not allowed: \(2 scenes"
    ):
        levels_read_right(logits, ends, two(2))
    with pytest.raises(InvalidInput, match=r"^levels: 1\.\.90 .* boundaries 99\.5\.\.99\.5"):
        crossing_distance(logits, ends, two(1))
    with pytest.raises(InvalidInput, match=r"^predicted: shape \(2,\) is not allowed: \(1,\)"):
        recolor_outcomes(logits, ends, two(1), np.array([0, 1]))
    with pytest.raises(InvalidInput, match=r"^levels: \[1, 60\] hold no other level"):
        recolor_outcomes(logits[:, :2], np.array([1, 60]), two(1), np.array([0]))
    with pytest.raises(InvalidInput, match=r"^levels: "):
        class_response_curves(band_reader(TWO), scenes_of(1), np.array([3]))
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        class_response_curves(band_reader(TWO), scenes_of(1)[:0], SWEEP)


@pytest.mark.parametrize("name", ["contrast", "shape", "conjunction"])
def test_boundaries_must_be_fixed_in_intensity(name: str) -> None:
    scenes = replace(scenes_of(1), task=TASKS[name])
    for function in (crossing_distance, transitions):
        with pytest.raises(InvalidInput, match=rf"^task: {name} is not allowed: its class changes"):
            function(logits_of([0, 0, 1, 1, 1]), SWEEP, scenes)
