"""Baseline classifiers: what all have in common.

A baseline sees training scenes and returns a decision, images -> classes. What each may look at is
the point of it: a mean sees no single level, a histogram sees no layout, edges see no surface.
Their accuracies are the floors and ceilings between which networks are judged.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from intensity.data.rendering import render
from intensity.data.sampling import BLOCK, draw_scenes
from intensity.data.scenes import GaussianNoise, SceneOptions, Scenes
from intensity.data.tasks import Task
from intensity.values import InvalidInput, Registered

Decision = Callable[[np.ndarray], np.ndarray]
"""Images (n, height, width) uint8 -> classes (n,) int64, -1 for none of them."""

NEIGHBORS = 0.02
"""Share of the training scenes that vote on one image."""


@dataclass(frozen=True)
class Baseline(Registered):
    """A classifier that needs no network: training scenes -> a `Decision`.

    Args:
        group: "cue" follows one cue, as a network might; "bound" says how much a statistic holds.
        by_level: it names the class of a grey level, so classes may not depend on shape.
        noise: scenes that it is meant for: with "gaussian" noise, with "exact" levels, or "any".
        on_random_background: whether it says something only where backgrounds differ.
        one_object: whether it needs a single object whose background is not drawn with it.
        knows_place: it is given scenes in place of images: (n,) classes, all but intensity known.
    """

    PRESENTATION = ("label", "group")

    group: Literal["cue", "bound"] = "cue"
    by_level: bool = True
    noise: Literal["exact", "gaussian", "any"] = "exact"
    on_random_background: bool = False
    one_object: bool = False
    knows_place: bool = False

    def __hash__(self) -> int:
        """By name: options are a dict."""
        return hash(self.name)

    def applies(self, task: Task, options: SceneOptions) -> bool:
        """Whether its accuracy says something about such scenes."""
        noise = "gaussian" if isinstance(options.noise, GaussianNoise) else "exact"
        return (
            self.noise in (noise, "any")
            and not (self.by_level and task.shapes)
            and not (self.on_random_background and options.background != "random")
            and not (self.one_object and (options.distractor or task.draws_backgrounds))
        )

    def __call__(self, scenes: Scenes) -> Any:
        """The decision learned from training scenes; (n,) classes where it knows the place.

        Raises:
            InvalidInput: it names the class of a level, and classes depend on shape.
        """
        if self.by_level and scenes.task.shapes:
            raise InvalidInput(
                f"baseline: {self.name} names the class of a grey level; "
                f"the classes of task {scenes.task.name} depend on shape"
            )
        return super().__call__(scenes)


def correct_scenes(
    baseline: Baseline,
    task: Task,
    options: SceneOptions,
    scenes: int,
    training_scenes: int = 20_000,
) -> dict[str, np.ndarray]:
    """Which of the first test scenes a baseline classifies correctly.

    Args:
        baseline: a row of `BASELINES`.
        task: of the scenes.
        options: of the scenes.
        scenes: number of test scenes.
        training_scenes: number of scenes of the split "train" that the baseline learns from.

    Returns:
        `right`: (scenes,) bool.

    Raises:
        InvalidInput: the baseline does not apply to such scenes.
    """
    if baseline.knows_place:
        test = draw_scenes(task, options, "test", 0, scenes)
        return {"right": over_blocks(test, baseline) == test.label}
    decide = decision(baseline, task, options, training_scenes)
    test = draw_scenes(task, options, "test", 0, scenes)
    return {"right": over_images(test, decide) == test.label}


def decision(
    baseline: Baseline, task: Task, options: SceneOptions, training_scenes: int
) -> Decision:
    """What a baseline has learned from the first scenes of the split "train".

    Raises:
        InvalidInput: the baseline does not apply to such scenes, or decides on scenes.
    """
    if baseline.knows_place:
        raise InvalidInput(
            f"baseline: {baseline.name} is not allowed: it knows the object's place; "
            "allowed: one that decides on images"
        )
    return cast(Decision, baseline(draw_scenes(task, options, "train", 0, training_scenes)))


def over_images(scenes: Scenes, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A function of the images of scenes, block by block on all cores.

    Args:
        scenes: n scenes.
        function: images (m, height, width) uint8 -> (m, ...).

    Returns:
        (n, ...), in the order of the scenes.
    """
    return over_blocks(scenes, lambda block: function(render(block)))


def over_blocks(scenes: Scenes, function: Callable[[Scenes], np.ndarray]) -> np.ndarray:
    """A function of scenes, a block at a time on all cores."""
    blocks = [scenes[start : start + BLOCK] for start in range(0, len(scenes), BLOCK)]
    with ThreadPoolExecutor() as threads:
        return np.concatenate(list(threads.map(function, blocks)))


def most_probable(training: Scenes, measure: Decision) -> Decision:
    """The commonest class of the training scenes whose value of one number is nearest.

    Args:
        training: n scenes.
        measure: images (m, height, width) -> (m,) numbers.

    Reference: Fix, Hodges (1951), Discriminatory analysis: consistency properties.
    """
    values = over_images(training, measure)
    order = np.argsort(values)
    votes = math.ceil(NEIGHBORS * len(training))
    classes = np.eye(training.task.classes)[training.label[order]]
    before = np.concatenate([np.zeros_like(classes[:1]), np.cumsum(classes, axis=0)])

    def decide(images: np.ndarray) -> np.ndarray:
        """Predicted classes of images."""
        place = np.searchsorted(values[order], measure(images)) - votes // 2
        first = np.clip(place, 0, len(training) - votes)
        return (before[first + votes] - before[first]).argmax(axis=1)

    return decide
