"""The methods that are compared, each with all that it leaves open settled once.

What a method needs beside images and classes comes from the scenes: a baseline is the same scene
rendered again without its objects, or with its object in another level; a window is repainted as
the scene generator would. `Case` holds these, so that a method can be asked the same about
negatives of all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.attribution.edge_filters import BASELINES
from intensity.attribution.methods.deeplift import deeplift
from intensity.attribution.methods.finite_differences import finite_differences
from intensity.attribution.methods.grad_cam import grad_cam
from intensity.attribution.methods.gradient import gradient, gradient_x_input
from intensity.attribution.methods.guided_backprop import guided_backprop
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.methods.pca_direction import pca_direction
from intensity.attribution.methods.smooth_grad import smooth_grad
from intensity.attribution.windows import Repaint
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.evaluation.randomization import reads_negatives
from intensity.models.inference import logits
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

BATCH = 128
"""Images that pass through a network at once."""
STEPS = 32
"""Gradients between two images; the completeness error is reported."""
SAMPLES = 16
"""Noisy copies of SmoothGrad."""
SETTINGS = 6
"""Grey levels that finite differences set a pixel to."""
WINDOW, STRIDE = 8, 4
"""Side of occluding windows and their distance, pixels."""


class Case(NamedTuple):
    """What is explained, and what methods may compare it with.

    model: from (n, h, w, 1) grey levels to (n, classes) logits.
    images: (n, h, w), grey levels.
    classes: (n,) int32, the class that is explained.
    empty: (n, h, w), the scenes without object and distractor.
    recolored: (n, h, w), the scenes with the object in another level.
    repaint: how the scene generator would paint over a window.
    """

    model: keras.Model
    images: np.ndarray
    classes: np.ndarray
    empty: np.ndarray
    recolored: np.ndarray
    repaint: Repaint


def case_of(model: keras.Model, scenes: Scenes, levels: np.ndarray) -> Case:
    """Scenes as a case; what is explained is the class that the network predicts.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        levels: (n,) integers 0..255, to which objects are recolored.
    """
    images = render(scenes)
    return Case(
        model,
        images,
        logits(model, images, BATCH).argmax(axis=1).astype(np.int32),
        render(scenes.replace(area=0, distractor_area=0)),
        render(scenes.replace(intensity=levels)),
        Repaint(scenes.task),
    )


def negative(case: Case) -> Case:
    """The same question about negatives, to the same network behind an exact layer 255 - x."""
    return case._replace(
        model=reads_negatives(case.model),
        images=255 - case.images,
        empty=255 - case.empty,
        recolored=255 - case.recolored,
        repaint=replace(case.repaint, inverted=True),
    )


def _integrated(case: Case, baseline: np.ndarray | float) -> np.ndarray:
    """Integrated gradients from a baseline."""
    return integrated_gradients(
        case.model,
        case.images,
        baseline=baseline,
        steps=STEPS,
        classes=case.classes,
        batch=BATCH,
    ).maps


def _occluded(case: Case, fill: float | Repaint) -> np.ndarray:
    """Occlusion with a fill."""
    return occlusion(
        case.model,
        case.images,
        fill=fill,
        window=WINDOW,
        stride=STRIDE,
        classes=case.classes,
        batch=BATCH,
    )


def _plain(method: Callable[..., np.ndarray], **options: int) -> Callable[[Case], np.ndarray]:
    """A method that compares with nothing."""
    return lambda case: method(
        case.model, case.images, classes=case.classes, batch=BATCH, **options
    )


METHODS: dict[str, Callable[[Case], np.ndarray]] = {
    "gradient": _plain(gradient),
    "gradient_x_input": _plain(gradient_x_input),
    "smooth_grad": _plain(smooth_grad, samples=SAMPLES),
    "guided_backprop": _plain(guided_backprop),
    "grad_cam": _plain(grad_cam),
    "pca_direction": _plain(pca_direction),
    "deeplift": lambda case: deeplift(
        case.model, case.images, baseline=case.empty, classes=case.classes, batch=BATCH
    ),
    "integrated_gradients": lambda case: _integrated(case, case.empty),
    "integrated_gradients_black": lambda case: _integrated(case, 0.0),
    "integrated_gradients_recolor": lambda case: _integrated(case, case.recolored),
    "occlusion_black": lambda case: _occluded(case, 0.0),
    "occlusion_generator": lambda case: _occluded(case, case.repaint),
    "finite_differences": lambda case: (
        finite_differences(
            case.model, case.images, levels=SETTINGS, classes=case.classes, batch=BATCH
        ).largest
    ),
}
"""Case -> (n, h, w) maps, by name. "black" stays grey level 0 for negatives: it is the convention
of those methods, whatever black means to the network."""


def maps_of(name: str, case: Case) -> np.ndarray:
    """Maps of a method, or of a baseline that needs no network.

    Args:
        name: a key of `METHODS` or of `BASELINES`.
        case: what is explained.

    Returns:
        (n, h, w).

    Raises:
        InvalidInput: there is no such method.
    """
    if name in BASELINES:
        return BASELINES[name](case.images)
    if name not in METHODS:
        known = ", ".join((*METHODS, *BASELINES))
        raise InvalidInput(f"method: {name!r} is not allowed: {known}")
    return METHODS[name](case)
