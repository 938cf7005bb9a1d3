"""What the explorer shows for given controls: values in, arrays out, no widget and no drawing.

A `View` is a test scene with some factors changed; a `Subject` is a trained network. All numbers
are those of the library for that one scene, rendered again: logits, activations, an attribution
map, response curves over the object's intensity, and the plane of object and background. Of an
image file there are those for which nobody has to know where its object is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field
from scipy.special import softmax

from intensity.analysis.activations import layer_outputs, rectified_layers
from intensity.analysis.planes import class_plane
from intensity.analysis.response_curves import class_response_curves
from intensity.attribution.cases import BATCH, Case
from intensity.attribution.registry import find_method
from intensity.attribution.windows import Repaint
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes, SquareNoise
from intensity.data.shapes import SHAPES, pixel_order
from intensity.data.tasks import LEVELS, Band, Level, Shape
from intensity.evaluation.cases import predicted_case, shared_copy
from intensity.explorer.files import ImageFile
from intensity.models.inference import logits
from intensity.models.inputs import image_shape
from intensity.training.configuration import Configuration
from intensity.values import InvalidInput, Value

if TYPE_CHECKING:
    import keras

SCENES = 20_000
"""Test scenes that one can start from; their numbers are 0 .. SCENES - 1."""

SWEPT = np.arange(0, LEVELS, 5)
"""Grey levels of a curve: 0, 5, ... 255."""

PLANE_STEP = 15
"""Grey levels from one point of the plane to the next: 0, 15, ... 255, on both axes."""

KEPT = 64
"""Drawn scenes, and planes, that are kept: a block of a thousand scenes is drawn for each."""

SceneNumber = Annotated[int, Field(ge=0, lt=SCENES)]


class View(Value):
    """A test scene, and what is different in it.

    Args:
        scene: number of the test scene.
        intensity: the object's grey level.
        area: the object's pixels, before border and noise cover any.
        row: of the object's center, pixels from the top.
        column: of the object's center, pixels from the left.
        shape: the object's.
        hollow: only the object's rim, one pixel wide, is painted.
        background: grey level.
        noise: percent of the scene's noise: of its squares, or of its standard deviations.
        noise_scene: number of the test scene whose noise it is.
        distractor: whether the second object is there, in settings that have one.
        distractor_intensity: the second object's grey level.
    """

    scene: SceneNumber
    intensity: Level
    area: Annotated[int, Field(ge=1)]
    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0)]
    shape: Shape
    hollow: bool
    background: Level
    noise: Annotated[int, Field(ge=0, le=100)]
    noise_scene: SceneNumber
    distractor: bool
    distractor_intensity: Level


Shown = View | ImageFile
"""What a network is shown."""


class Answer(NamedTuple):
    """The response of a network to one image.

    image: (h, w) uint8, grey levels.
    logits: (classes,) float32.
    label: the true class; -1 where the object has none, or nobody knows.
    """

    image: np.ndarray
    logits: np.ndarray
    label: int

    @property
    def probabilities(self) -> np.ndarray:
        """(classes,) softmax of the logits."""
        return np.asarray(softmax(self.logits))

    @property
    def predicted(self) -> int:
        """The class with the largest logit."""
        return int(self.logits.argmax())


class Curve(NamedTuple):
    """The response curves of one scene over the intensity of its object.

    levels: (k,) grey levels.
    logits: (k, classes) float32.
    bands: the true class of each level.
    """

    levels: np.ndarray
    logits: np.ndarray
    bands: list[Band]


class Plane(NamedTuple):
    """The class that is answered at every level of one scene's object and background.

    levels: (k,) grey levels of both.
    answers: (k, k) classes, by background and object.
    """

    levels: np.ndarray
    answers: np.ndarray


class Subject:
    """A trained network, and the test scenes of its task.

    Args:
        name: its name in error messages.
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        configuration: of its training; gives task and scenes.

    Raises:
        InvalidInput: the model does not fit its configuration.
    """

    def __init__(self, name: str, model: keras.Model, configuration: Configuration) -> None:
        self.model, self.configuration = model, configuration
        self.task, self.options = configuration.task, configuration.scenes
        try:
            taken, size = image_shape(model), self.options.size
            if taken != (size, size):
                found = f"{taken[0]} x {taken[1]} pixels"
                raise InvalidInput(f"image: {found} is not allowed: {size} x {size}, as its scenes")
            if model.output_shape[-1] != self.task.classes:
                found = f"{model.output_shape[-1]} are not allowed"
                raise InvalidInput(f"classes: {found}: {self.task.classes}, as its task")
            rectified_layers(model)
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}") from None

    @cached_property
    def layers(self) -> list[str]:
        """Names of all layers, from the first after the input to the logits."""
        return [layer.name for layer in self.model.layers[1:]]

    @cached_property
    def deepest(self) -> str:
        """The last rectified layer with spatial extent: the one that is shown first."""
        spatial = [one.name for one in self.model.layers if len(one.output.shape) == 4]
        rectified = [name for name in rectified_layers(self.model) if name in spatial]
        return rectified[-1] if rectified else self.layers[-1]

    @cached_property
    def areas(self) -> list[int]:
        """Areas to choose from: discs of radius 1, 2, ... and what the setting draws; pixels."""
        radii = np.arange(1, self.options.size // 2)
        discs = np.round(np.pi * radii**2).astype(int).tolist()
        most = min(len(pixel_order(shape).offsets) for shape in SHAPES) - 1
        return sorted({area for area in (*discs, *self.options.areas) if area <= most})

    def start(self, scene: int) -> View:
        """A test scene as it was drawn.

        Raises:
            InvalidInput: there is no such scene.
        """
        if not 0 <= scene < SCENES:
            raise InvalidInput(f"scene: {scene} is not allowed: 0..{SCENES - 1}")
        drawn = self.drawn(scene)
        return View(
            scene=scene,
            intensity=int(drawn.intensity[0]),
            area=int(drawn.area[0]),
            row=int(drawn.center[0, 0]),
            column=int(drawn.center[0, 1]),
            shape=SHAPES[drawn.shape[0]],
            hollow=self.options.hollow,
            background=int(drawn.background[0]),
            noise=100,
            noise_scene=scene,
            distractor=self.options.distractor is not None,
            distractor_intensity=int(drawn.distractor_intensity[0]),
        )

    @cached_property
    def drawn(self) -> Callable[[int], Scenes]:
        """The test scene of a number, as one scene."""
        return lru_cache(KEPT)(partial(draw_scenes, self.task, self.options, "test", count=1))

    def scenes(self, view: View) -> Scenes:
        """The one scene that a view describes.

        Raises:
            InvalidInput: the object's center lies outside, or its area is too large.
        """
        last = self.options.size - 1
        for name, found in (("row", view.row), ("column", view.column)):
            if found > last:
                raise InvalidInput(f"{name}: {found} is not allowed: 0..{last}")
        drawn, noisy = self.drawn(view.scene), self.drawn(view.noise_scene)
        changed = drawn.replace(
            intensity=view.intensity,
            area=view.area,
            center=(view.row, view.column),
            shape=view.shape,
            core_area=0,
            background=view.background,
            distractor_intensity=view.distractor_intensity,
            distractor_area=drawn.distractor_area if view.distractor else 0,
            noise_squares=noisy.noise_squares,
            noise_seed=noisy.noise_seed,
        )
        return scale_noise(changed.only_edge() if view.hollow else changed, view.noise)

    def image(self, shown: Shown) -> np.ndarray:
        """(h, w) uint8, the grey levels that the network is shown."""
        if isinstance(shown, ImageFile):
            return shown.fitted(self.options.size)
        return render(self.scenes(shown))[0]

    def answer(self, shown: Shown) -> Answer:
        """The image of a view or file, and its logits."""
        label = -1 if isinstance(shown, ImageFile) else int(self.scenes(shown).label[0])
        image = self.image(shown)
        return Answer(image, logits(self.model, image[None], BATCH)[0], label)

    @cached_property
    def _activations(self) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
        return layer_outputs(self.model, self.layers)

    def features(self, shown: Shown, layer: str) -> np.ndarray:
        """Activations of a layer: (h, w, channels), or (units,) without spatial extent."""
        if layer not in self.layers:
            raise InvalidInput(f"layer: {layer!r} is not allowed: {', '.join(self.layers)}")
        return self._activations(self.image(shown)[None])[layer][0]

    def map(self, shown: Shown, method: str) -> np.ndarray:
        """The (h, w) map of an attribution method or an edge filter, for the predicted class.

        Raises:
            InvalidInput: there is no such method, no level to recolor the object to, or the method
                compares with renderings of the scene, which an image file has not.
        """
        row = find_method(method)
        if not isinstance(shown, ImageFile):
            return row(predicted_case(self.model, self.scenes(shown)))[0]
        if not row.depends_on_black:  # but on the scene rendered again
            why = "the method compares with the scene rendered anew"
            raise InvalidInput(f"An image file has no map of {row.label}: {why}")
        answer = self.answer(shown)
        images, classes = answer.image[None], np.array([answer.predicted], np.int32)
        none = images[:0]  # of what only methods that are refused compare with
        model = shared_copy(self.model)
        return row(Case(model, images, classes, none, none, Repaint(self.task)))[0]

    def curve(self, shown: Shown) -> Curve:
        """The logits over the object's intensity, with everything else as in the view.

        Raises:
            InvalidInput: it is an image file.
        """
        if isinstance(shown, ImageFile):
            raise InvalidInput(f"An image file has no curve: {_UNKNOWN}")
        scenes = self.scenes(shown)
        found = class_response_curves(self.model, scenes, SWEPT)
        return Curve(found["levels"], found["logits"][0], bands(scenes))

    def plane(self, shown: Shown) -> Plane:
        """The answers at every level of object and background, all else as in the view.

        Raises:
            InvalidInput: it is an image file.
        """
        if isinstance(shown, ImageFile):
            raise InvalidInput(f"An image file has no plane: {_UNKNOWN}")
        return self._plane(without_levels(shown))

    @cached_property
    def _plane(self) -> Callable[[View], Plane]:
        def swept(view: View) -> Plane:
            """The plane of a view, whatever its levels are."""
            found = class_plane(self.model, self.scenes(view), PLANE_STEP)
            return Plane(found["intensity"], found["share"].argmax(axis=2))

        return lru_cache(KEPT)(swept)


_UNKNOWN = "which of its pixels are the object is unknown"
"""Why what replaces levels is refused."""


def without_levels(view: View) -> View:
    """The view with levels 0, by which views are equal that differ in these two only."""
    return view.model_copy(update={"intensity": 0, "background": 0})


def scale_noise(scenes: Scenes, percent: int) -> Scenes:
    """The same scenes with some percent of their noise: of its squares, or of its sigmas."""
    noise = scenes.options.noise
    if percent == 100 or noise is None:
        return scenes
    if percent == 0:
        return scenes.without_noise()
    if isinstance(noise, SquareNoise):
        squares = scenes.noise_squares.copy()
        there = (squares[..., 2] > 0).cumsum(axis=1)
        squares[there > np.round(there[:, -1:] * percent / 100), 2] = 0
        return scenes.replace(noise_squares=squares)
    sigmas = tuple(sigma * percent / 100 for sigma in noise.sigmas)
    less = noise.model_copy(update={"sigmas": sigmas})
    return replace(scenes, options=scenes.options.model_copy(update={"noise": less}))


def bands(scenes: Scenes) -> list[Band]:
    """The true class of the first scene's object at every level, as bands over 0..255."""
    labels = scenes[:1].label_at(np.arange(LEVELS)[None])[0].tolist()
    found = []
    for label, levels in groupby(range(LEVELS), key=labels.__getitem__):
        own = list(levels)
        found.append(Band(own[0], own[-1], None if label < 0 else label))
    return found
