"""What an intensity sweep is: the same scenes, rendered again at a row of grey levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.inputs import as_images
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def as_levels(levels: np.ndarray) -> np.ndarray:
    """Grey levels to sweep over, (k,) int64.

    Args:
        levels: (k,) integers 0..255, increasing, at least two.

    Raises:
        InvalidInput: they are something else.
    """
    values = np.asarray(levels)
    good = values.dtype.kind in "ui" and values.ndim == 1 and len(values) > 1
    values = values.astype(np.int64) if good else values
    if not good or values[0] < 0 or values[-1] > 255 or (np.diff(values) <= 0).any():
        raise InvalidInput(
            f"levels: {values.dtype} of shape {values.shape} is not allowed: "
            "at least two increasing grey levels, integers 0..255"
        )
    return values


def check_scenes(model: keras.Model, scenes: Scenes) -> None:
    """Refuse scenes that a model cannot be shown, before work starts.

    Raises:
        InvalidInput: there is no scene, or images do not fit the model.
    """
    if not len(scenes):
        raise InvalidInput("scenes: 0 scenes are not allowed: at least one")
    as_images(render(scenes[:1]), model)
