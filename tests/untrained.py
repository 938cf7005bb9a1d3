"""Untrained networks that stand in a store as if they had been trained."""

from types import SimpleNamespace
from typing import Any

import keras
import pandas as pd

from intensity.models.build import build
from intensity.storage.store import Store
from intensity.training.configuration import Configuration
from intensity.training.presets import configure
from intensity.training.runs import Run, add_run, pack, run_name


def configuration(**changed: Any) -> Configuration:
    """A configuration of a tiny network for small images, with some fields changed."""
    scenes = {"setting": "discs", "size": 32, "areas": (49, 81)}
    recipe = {"epochs": 1, "epoch_images": 64}
    fields = {"task": "hard", "scenes": scenes, "network": "bn_tiny", "recipe": recipe}
    return configure(**(fields | changed))


def untrained(c: Configuration) -> keras.Model:
    """A configuration's network with fresh weights."""
    return build(c.network, c.scenes.size, c.task.classes, c.seed)


def keep(
    store: Store, model: keras.Model | None = None, accuracy: float = 0.5, **changed: Any
) -> Run:
    """A run in the store, of a configuration with some fields changed, perhaps of another model."""
    c = configuration(**changed)
    trained = SimpleNamespace(
        model=model or untrained(c),
        history=pd.DataFrame(),
        metrics={"accuracy": accuracy},
        predictions=pd.DataFrame(),
    )
    return add_run(run_name(c), pack(c, trained), store)
