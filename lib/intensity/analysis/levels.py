"""Scenes that a model can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intensity.attribution.inputs import as_images
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def check_scenes(model: keras.Model, scenes: Scenes) -> None:
    """Refuse scenes that a model cannot be shown, before work starts.

    Raises:
        InvalidInput: there is no scene, or images do not fit the model.
    """
    if not len(scenes):
        raise InvalidInput("scenes: 0 scenes are not allowed: at least one")
    as_images(render(scenes[:1]), model)
