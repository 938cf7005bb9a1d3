"""Scenes as cases that attribution methods explain, and their maps; no score is made here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.attribution.base import MOST_COMPILED
from intensity.attribution.cases import Case, Method, case_of
from intensity.data.levels import drawable
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras


def predicted_case(model: keras.Model, scenes: Scenes) -> Case:
    """Scenes as a case, with `recoloring_levels` for the baseline of another level.

    Its network is the one copy that all models of an architecture share, so that what methods
    compile is compiled once for all seeds: a case is good until the next one is made.
    """
    return case_of(shared_copy(model), scenes, recoloring_levels(scenes))


def shared_copy(model: keras.Model, weights: Sequence[np.ndarray] | None = None) -> keras.Model:
    """The copy that all models of an architecture share, with a model's weights or with others."""
    copy = _clone(_Architecture(_description(model), model))
    copy.set_weights(model.get_weights() if weights is None else weights)
    return copy


def method_maps(model: keras.Model, scenes: Scenes, method: Method) -> dict[str, np.ndarray]:
    """`maps` (n, h, w) of a method for the predicted classes."""
    return {"maps": method(predicted_case(model, scenes))}


def _description(model: keras.Model) -> str:
    """Layers and their connections, without the seeds of initial weights."""

    def unseeded(pairs: dict[str, object]) -> dict[str, object]:
        """The same pairs without any seed."""
        return {key: value for key, value in pairs.items() if key != "seed"}

    parts = json.loads(model.to_json(), object_hook=unseeded)
    return json.dumps(parts["config"] | {"name": ""})


@dataclass(frozen=True)
class _Architecture:
    """Layers of a model; two with one description are equal but for their weights."""

    description: str
    model: keras.Model = field(compare=False)


@lru_cache(maxsize=MOST_COMPILED)
def _clone(architecture: _Architecture) -> keras.Model:
    import keras

    return keras.models.clone_model(architecture.model)


def recoloring_levels(scenes: Scenes) -> np.ndarray:
    """A level for every object to be recolored to: of another class, at random.

    Where no level would change the class, as on the task of shape, any other level.

    Returns:
        (n,) uint8, the same for the same scenes.

    Raises:
        InvalidInput: an object can have one level only.
    """
    every = np.arange(LEVELS)
    allowed = drawable(scenes, every) & (every != scenes.intensity[:, None])
    other = allowed & (scenes.label_at(np.tile(every, (len(scenes), 1))) != scenes.label[:, None])
    allowed = np.where(other.any(axis=1, keepdims=True), other, allowed)
    if not allowed.any(axis=1).all():
        raise InvalidInput("scenes: an object can have no other level; draw them from more levels")
    stream = np.random.Generator(np.random.Philox(key=0))
    drawn = np.where(allowed, stream.random(allowed.shape), -1.0)
    return drawn.argmax(axis=1).astype(np.uint8)
