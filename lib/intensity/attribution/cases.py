"""What attribution methods explain, and a method as a row of a registry.

What a method needs beside images and classes comes from the scenes: a baseline is the same scene
rendered without its objects, or with its object in another level; a window is repainted as the
scene generator would. `Case` holds these, so that a method can explain the negatives of them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from intensity.attribution.base import MOST_COMPILED
from intensity.attribution.windows import Repaint
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.inference import logits
from intensity.models.inputs import image_shape
from intensity.values import Registered

if TYPE_CHECKING:
    import keras

BATCH = 128
"""Images that pass through a network at once."""


class Case(NamedTuple):
    """A network, what it is shown, and what methods may compare that with.

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

    def negative(self) -> Case:
        """The same for negatives, 255 - x, with the same network behind an exact layer 255 - x."""
        return self._replace(
            model=with_inverted_input(self.model),
            images=255 - self.images,
            empty=255 - self.empty,
            recolored=255 - self.recolored,
            repaint=replace(self.repaint, inverted=True),
        )


@dataclass(frozen=True)
class Method(Registered):
    """A method with all its choices made: from a case to maps (n, h, w).

    An option "empty", "recolored" or "repaint" is replaced by what the case has of that name.
    "black" stays grey level 0 for negatives: it is the convention of such methods, whatever black
    means to the network.

    Args:
        group: "gradient", "perturbation", or "image" for maps that need no network.
    """

    group: Literal["gradient", "perturbation", "image"] = "gradient"

    @property
    def is_oracle(self) -> bool:
        """Whether a baseline contains the answer: only the object differs from the image."""
        return self.options.get("baseline") in ("empty", "recolored")

    @property
    def depends_on_black(self) -> bool:
        """Whether negatives may have other maps: none of those that compare with renderings."""
        return not {"empty", "recolored", "repaint"} & {str(v) for v in self.options.values()}

    def __call__(self, case: Case) -> np.ndarray:
        """Maps of a case; of several that the function returns, the first."""
        if self.group == "image":
            return self.function(case.images, **self.options)
        options = {
            name: getattr(case, value) if value in ("empty", "recolored", "repaint") else value
            for name, value in self.options.items()
        }
        found = self.function(case.model, case.images, classes=case.classes, batch=BATCH, **options)
        return found[0] if isinstance(found, tuple) else found


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


@lru_cache(maxsize=MOST_COMPILED)
def with_inverted_input(model: keras.Model) -> keras.Model:
    """The same network behind an exact first layer 255 - x; weights are shared.

    For whole grey levels 255 - (255 - x) is x to the last bit.
    """
    import keras

    images = keras.Input((*image_shape(model), 1))
    return keras.Model(images, model(keras.layers.Rescaling(-1.0, 255.0)(images)))
