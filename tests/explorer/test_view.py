"""What is shown is what the library computes for the scene that a view describes."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from scipy.special import softmax

from intensity.analysis.activations import activations
from intensity.analysis.planes import class_plane
from intensity.analysis.response_curves import class_response_curves
from intensity.attribution.cases import BATCH
from intensity.attribution.registry import IMAGE_MAPS, METHODS, find_method
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.evaluation.cases import predicted_case
from intensity.explorer.files import ImageFile
from intensity.explorer.view import (
    PLANE_STEP,
    SCENES,
    SWEPT,
    Subject,
    View,
    bands,
    scale_noise,
)
from intensity.models.inference import logits
from intensity.training.presets import SETTINGS, TASKS
from intensity.values import InvalidInput

Make = Callable[..., Subject]


def changed(view: View, **fields: Any) -> View:
    """A view with some fields changed."""
    return View(**(dict(view) | fields))


@pytest.mark.parametrize(
    ("task", "scenes"),
    [
        ("hard", "discs"),
        ("three_bands", "squares"),
        ("absolute", "backgrounds"),
        ("distractor", "pairs"),
        ("shape", "shapes"),
        ("hard", {"setting": "discs", "hollow": True}),
        ("hard", {"setting": "discs", "permutation": "fresh"}),
    ],
)
def test_a_start_is_the_test_scene_as_it_was_drawn(
    make_subject: Make, task: str, scenes: Any
) -> None:
    subject = make_subject(task=task, scenes=scenes)
    for number in (0, 3, 1500):
        drawn = draw_scenes(subject.task, subject.options, "test", number, 1)
        answer = subject.answer(subject.start(number))
        np.testing.assert_array_equal(answer.image, render(drawn)[0])
        assert answer.label == drawn.label[0]


def test_every_control_changes_its_part_of_the_scene(subject: Subject) -> None:
    start, drawn = subject.start(3), draw_scenes(subject.task, subject.options, "test", 3, 1)
    other = draw_scenes(subject.task, subject.options, "test", 8, 1)
    for fields, wanted in [
        ({"intensity": 7}, drawn.replace(intensity=7)),
        ({"area": 120}, drawn.replace(area=120)),
        ({"row": 9, "column": 20}, drawn.replace(center=(9, 20))),
        ({"shape": "triangle"}, drawn.replace(shape="triangle")),
        ({"background": 90}, drawn.replace(background=90)),
        ({"hollow": True}, drawn.only_edge()),
        ({"noise": 0}, drawn.without_noise()),
        ({"noise_scene": 8}, drawn.replace(noise_squares=other.noise_squares)),
    ]:
        image = subject.answer(changed(start, **fields)).image
        np.testing.assert_array_equal(image, render(wanted)[0], err_msg=str(fields))
        assert (image != render(drawn)[0]).any(), fields


def test_a_second_object_can_be_taken_away_and_recolored(make_subject: Make) -> None:
    subject = make_subject(task="distractor", scenes="pairs")
    start, drawn = subject.start(0), draw_scenes(subject.task, subject.options, "test", 0, 1)
    alone = subject.answer(changed(start, distractor=False)).image
    np.testing.assert_array_equal(alone, render(drawn.replace(distractor_area=0))[0])
    recolored = subject.answer(changed(start, distractor_intensity=33)).image
    np.testing.assert_array_equal(recolored, render(drawn.replace(distractor_intensity=33))[0])


def test_half_the_noise_squares_are_left_of_all() -> None:
    scenes = draw_scenes(TASKS["hard"], SETTINGS["discs"], "test", 0, 1)
    there = scenes.noise_squares[scenes.noise_squares[..., 2] > 0]
    half = scale_noise(scenes, 50).noise_squares
    np.testing.assert_array_equal(half[half[..., 2] > 0], there[: round(len(there) / 2)])


def test_half_the_gaussian_noise_has_half_the_sigmas() -> None:
    scenes = draw_scenes(TASKS["three_bands"], SETTINGS["squares"], "test", 0, 1)
    assert scale_noise(scenes, 50).options.noise.sigmas == (0.05, 0.1, 0.2)
    assert scale_noise(scenes, 0).options.noise is None
    assert scale_noise(scenes, 100) is scenes


def test_answers_are_those_of_the_network(subject: Subject) -> None:
    view = changed(subject.start(5), intensity=140)
    answer = subject.answer(view)
    said = logits(subject.model, render(subject.scenes(view)), BATCH)[0]
    np.testing.assert_array_equal(answer.logits, said)
    np.testing.assert_allclose(answer.probabilities, softmax(said))
    assert answer.predicted == said.argmax()
    assert answer.label == TASKS["hard"].label(140)


def test_feature_maps_are_the_activations_of_any_layer(subject: Subject) -> None:
    view = changed(subject.start(5), row=12)
    images = render(subject.scenes(view))
    assert subject.layers == [layer.name for layer in subject.model.layers[1:]]
    for layer, values in activations(subject.model, images, subject.layers).items():
        np.testing.assert_array_equal(subject.features(view, layer), values[0], err_msg=layer)
    with pytest.raises(InvalidInput, match="layer: 'conv99' is not allowed: rescale, conv1"):
        subject.features(view, "conv99")


@pytest.mark.parametrize("method", ["grad_cam", "sobel"])
def test_maps_are_those_of_methods_and_of_edge_filters(subject: Subject, method: str) -> None:
    view = changed(subject.start(5), noise=50)
    scenes = subject.scenes(view)
    wanted = find_method(method)(predicted_case(subject.model, scenes))[0]
    np.testing.assert_array_equal(subject.map(view, method), wanted)


def test_curves_are_sweeps_of_this_very_scene(subject: Subject) -> None:
    view = changed(subject.start(5), area=60)
    curve = subject.curve(view)
    swept = class_response_curves(subject.model, subject.scenes(view), SWEPT)
    np.testing.assert_array_equal(curve.logits, swept["logits"][0])
    assert (curve.levels[0], curve.levels[-1]) == (0, 255)
    assert curve.bands == TASKS["hard"].bands


@pytest.mark.parametrize("hollow", [False, True])
def test_the_plane_is_that_of_the_analysis_and_has_the_answer_of_every_view(
    make_subject: Make, hollow: bool
) -> None:
    subject = make_subject(scenes={"setting": "discs", "size": 32, "hollow": hollow})
    view = changed(subject.start(5), area=200, row=16, column=16)
    plane = subject.plane(view)
    swept = class_plane(subject.model, subject.scenes(view), PLANE_STEP)
    np.testing.assert_array_equal(plane.levels, swept["intensity"])
    np.testing.assert_array_equal(plane.answers, swept["share"].argmax(axis=2))
    for row, column in [(0, 3), (3, 0), (17, 17), (9, 4)]:
        intensity, background = plane.levels[[column, row]].tolist()
        answer = subject.answer(changed(view, intensity=intensity, background=background))
        assert plane.answers[row, column] == answer.predicted


def test_a_plane_is_kept_for_a_scene_whatever_its_levels_are(subject: Subject) -> None:
    view = subject.start(5)
    plane = subject.plane(view)
    assert subject.plane(changed(view, intensity=9, background=70)) is plane
    assert subject.plane(changed(view, row=3)) is not plane
    assert subject.plane(subject.start(6)) is not plane


def test_a_file_has_the_answer_and_activations_of_its_pixels(subject: Subject) -> None:
    view = subject.start(5)
    scene = subject.answer(view)
    file = ImageFile("a.png", scene.image)
    answer = subject.answer(file)
    np.testing.assert_array_equal(answer.image, scene.image)
    np.testing.assert_array_equal(answer.logits, scene.logits)
    assert answer.label == -1
    layer = subject.deepest
    np.testing.assert_array_equal(subject.features(file, layer), subject.features(view, layer))
    larger = ImageFile("a.png", scene.image.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(subject.answer(larger).image, scene.image)


@pytest.mark.parametrize("method", [*METHODS, *IMAGE_MAPS])
def test_a_file_has_the_maps_that_need_no_other_rendering(subject: Subject, method: str) -> None:
    view = subject.start(5)
    file = ImageFile("a.png", subject.answer(view).image)
    rendered = {"empty", "recolored", "repaint"} & set(find_method(method).options.values())
    if rendered:
        with pytest.raises(InvalidInput, match=r"no map of .*: the method compares"):
            subject.map(file, method)
    else:
        np.testing.assert_array_equal(subject.map(file, method), subject.map(view, method))


def test_no_level_of_a_file_is_changed(subject: Subject) -> None:
    file = ImageFile("a.png", np.zeros((32, 32), np.uint8))
    for sweep in (subject.curve, subject.plane):
        with pytest.raises(InvalidInput, match="which of its pixels are the object is unknown"):
            sweep(file)


def test_bands_follow_the_scene_where_the_class_is_no_function_of_the_intensity() -> None:
    contrast = draw_scenes(TASKS["contrast"], SETTINGS["backgrounds"], "test", 0, 1)
    found = bands(contrast.replace(background=60))
    assert [(b.low, b.high, b.label) for b in found] == [
        (0, 160, 0),
        (161, 210, 1),
        (211, 255, 2),
    ]
    shapes = draw_scenes(TASKS["shape"], SETTINGS["shapes"], "test", 0, 1)
    assert [b.label for b in bands(shapes.replace(shape="triangle"))] == [2]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"intensity": 256}, "View.intensity: 256 is not allowed"),
        ({"intensity": -1}, "View.intensity: -1 is not allowed"),
        ({"scene": SCENES}, f"View.scene: {SCENES} is not allowed"),
        ({"noise": 101}, "View.noise: 101 is not allowed"),
        ({"area": 0}, "View.area: 0 is not allowed"),
        ({"shape": "star"}, "View.shape: 'star' is not allowed"),
        ({"row": 32}, "row: 32 is not allowed: 0..31"),
        ({"column": 40}, "column: 40 is not allowed: 0..31"),
        ({"area": 10**6}, "area: 1000000..1000000 is not allowed"),
    ],
)
def test_views_that_cannot_be_are_refused(
    subject: Subject, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        subject.answer(changed(subject.start(0), **fields))


def test_a_scene_that_there_is_not_is_refused(subject: Subject) -> None:
    with pytest.raises(InvalidInput, match=r"scene: -1 is not allowed: 0\.\.19999"):
        subject.start(-1)


def _model(size: int, classes: int, name: str = "relu1") -> keras.Model:
    """A small model with one hidden layer of this name."""
    images = keras.Input((size, size, 1))
    x = keras.layers.ReLU(name=name)(keras.layers.Flatten()(images))
    return keras.Model(images, keras.layers.Dense(classes)(x))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (_model(16, 3), "mine: image: 16 x 16 pixels is not allowed: 32 x 32"),
        (_model(32, 2), "mine: classes: 2 are not allowed: 3"),
        (_model(32, 3, "bend"), "mine: layers: none is named relu... or logits"),
    ],
)
def test_models_that_do_not_fit_their_scenes_are_refused(
    subject: Subject, model: keras.Model, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        Subject("mine", model, subject.configuration)
