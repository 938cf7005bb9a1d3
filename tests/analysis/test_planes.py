"""Planes: hand-wired networks that read intensity, contrast or background, and labels by hand."""

import keras
import numpy as np
import pytest

from intensity.analysis import planes
from intensity.analysis.planes import (
    background_answers,
    class_plane,
    label_conflicts,
    plane_agreement,
    plane_labels,
)
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.data.tasks import Task
from intensity.models.inference import predicted_classes
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

SIZE = 16
TWO = Task(name="two", boundaries=(99,), labels=(0, 1), balanced="both")
CONTRAST = Task(name="two_c", boundaries=(99,), labels=(0, 1), balanced="both", cue="contrast")
"""Two classes on each side of 99.5: of the intensity, and of its contrast to the background."""


def scenes_of(count: int, task: Task = TWO) -> Scenes:
    noise = SquareNoise(count=(1, 2), sides=(1, 2))
    options = SceneOptions(size=SIZE, areas=(21,), background="random", noise=noise)
    return draw_scenes(task, options, "test", 0, count)


def centered(count: int) -> Scenes:
    """Scenes without noise whose object covers the pixel (8, 8), but not the corner."""
    return scenes_of(count).without_noise().replace(center=[[8, 8]])


def pixel_reader(*, relative: bool) -> keras.Model:
    """A network that says 1 where the middle pixel is above 99.5, or that far from the corner."""
    images = keras.Input((SIZE, SIZE, 1))
    middle = keras.layers.Flatten()(keras.layers.Cropping2D(((8, 7), (8, 7)))(images))
    corner = keras.layers.Flatten()(keras.layers.Cropping2D(((0, 15), (0, 15)))(images))
    one = keras.layers.Subtract()([middle, corner]) if relative else middle
    other = keras.layers.Subtract()([corner, middle]) if relative else middle
    level = keras.layers.Maximum()([one, other])
    logits = keras.layers.Dense(2, name="logits")
    model = keras.Model(images, logits(level))
    logits.set_weights([np.array([[0.0, 1.0]]), np.array([0, -99.5])])
    return model


@pytest.mark.parametrize("relative", [False, True])
def test_a_network_agrees_with_the_labels_that_it_reads(relative: bool) -> None:
    plane = class_plane(pixel_reader(relative=relative), centered(3), 17)
    own, other = (CONTRAST, TWO) if relative else (TWO, CONTRAST)
    assert plane["share"].shape == (16, 16, 2)
    assert plane_agreement(**plane, task=own) == 1
    # the other labels are right where both agree, and only there
    both = [plane_labels(task, plane["intensity"], plane["background"]) for task in (own, other)]
    agree = (both[0] == both[1])[both[0] >= 0].mean()
    assert plane_agreement(**plane, task=other) == pytest.approx(agree)
    assert agree < 0.9


def test_rows_are_backgrounds_and_columns_intensities() -> None:
    plane = class_plane(pixel_reader(relative=False), centered(1), 51)
    assert (
        plane["intensity"].tolist() == plane["background"].tolist() == [0, 51, 102, 153, 204, 255]
    )
    np.testing.assert_array_equal(plane["share"][..., 1], np.tile([0, 0, 1, 1, 1, 1], (6, 1)))


def test_shares_are_those_of_single_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "RENDERED", 7)  # chunks cut through pairs and scenes
    scenes, model = scenes_of(5), pixel_reader(relative=False)
    plane = class_plane(model, scenes, 100)
    for b, background in enumerate(plane["background"]):
        for i, intensity in enumerate(plane["intensity"]):
            shown = scenes.replace(intensity=intensity, background=background)
            predicted = predicted_classes(model, shown)["predicted"]
            expected = np.bincount(predicted, minlength=2) / 5
            np.testing.assert_allclose(plane["share"][b, i], expected)
    assert 0 < plane["share"][..., 1].mean() < 1


def test_hollow_objects_stay_hollow() -> None:
    hollow = centered(2).only_edge()
    plane = class_plane(pixel_reader(relative=False), hollow, 51)
    # the middle pixel is background
    np.testing.assert_array_equal(plane["share"][:, 0, 1], [0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(plane["share"], plane["share"][:, :1].repeat(6, axis=1))


def test_labels_by_hand() -> None:
    levels = np.array([3, 50, 54, 55, 200])
    found = plane_labels(TWO, levels, np.array([50, 190]))
    assert found.tolist() == [[-1, -1, -1, 0, 1], [-1, 0, 0, 0, 1]]
    found = plane_labels(CONTRAST, levels, np.array([50, 190]))
    assert found.tolist() == [[-1, -1, -1, 0, 1], [-1, 1, 1, 1, 0]]


@pytest.mark.parametrize("name", ["absolute", "contrast"])
def test_labels_are_those_of_scenes(name: str) -> None:
    scenes = scenes_of(200, TASKS[name])
    grid = np.arange(256)
    labels = plane_labels(TASKS[name], grid, grid)
    np.testing.assert_array_equal(labels[scenes.background, scenes.intensity], scenes.label)


def test_wrong_input_is_refused_by_name() -> None:
    model, scenes = pixel_reader(relative=False), scenes_of(1)
    with pytest.raises(InvalidInput, match=r"^step: 0 is not allowed: a whole number, 1\.\.255"):
        class_plane(model, scenes, 0)
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        class_plane(model, scenes[:0], 51)
    grid = np.array([60, 200])
    with pytest.raises(InvalidInput, match=r"^task: conjunction .* depends on the shape"):
        plane_labels(TASKS["conjunction"], grid, grid)
    with pytest.raises(
        InvalidInput, match=r"^share: shape \(2, 2, 2\) is not allowed: \(2, 2, 3\)"
    ):
        plane_agreement(grid, grid, np.ones((2, 2, 2)), TASKS["hard"])
    with pytest.raises(InvalidInput, match=r"^intensity, background: no pair can be drawn by"):
        plane_agreement(grid[:1], grid[:1], np.ones((1, 1, 2)), TWO)


def test_answers_name_the_class_of_the_object_the_background_or_neither() -> None:
    drawn = draw_scenes(TASKS["hard"], find_setting("backgrounds"), "test", 0, 200)
    task = drawn.task
    around = task.label(drawn.background)
    differ = (around >= 0) & (around != drawn.label)
    third = 3 - drawn.label - around
    for answer, shares in (
        (drawn.label, (1, 0, 0)),
        (around, (0, 1, 0)),
        (np.where(differ, third, 0), (0, 0, 1)),
    ):
        found = background_answers(drawn, answer)
        assert (found["object"], found["background"], found["third"]) == shares
        assert found["scenes"] == differ.sum()


def test_answers_by_background_need_an_answer_a_scene_and_another_class() -> None:
    scenes = draw_scenes(TASKS["hard"], find_setting("backgrounds"), "test", 0, 4)
    with pytest.raises(InvalidInput, match=r"predicted: shape \(3,\)"):
        background_answers(scenes, scenes.label[:3])
    with pytest.raises(InvalidInput, match="with 0 backgrounds of another class"):
        background_answers(scenes.replace(background=scenes.intensity), scenes.label)


def test_conflicts_are_scenes_with_another_class_by_another_task() -> None:
    scenes = centered(3).replace(intensity=[200, 200, 50], background=[90, 120, 200])
    assert scenes.label.tolist() == [1, 1, 0]
    conflicting, other = label_conflicts(scenes, CONTRAST)
    assert conflicting.intensity.tolist() == [200, 50]
    assert other.tolist() == [0, 1]
