"""What tests of the explorer share: untrained networks, and stores that hold them."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import pandas as pd
import pytest

from intensity.configurations import Configuration
from intensity.explorer.view import Subject
from intensity.networks import build
from intensity.store import Run, Store
from intensity.sweeps import pack

Keep = Callable[..., Run]


def configuration(**changed: Any) -> Configuration:
    """A configuration of a tiny network, with some fields changed."""
    scenes = {"setting": "discs", "size": 32, "areas": (49, 81)}
    recipe = {"epochs": 1, "epoch_images": 64}
    fields = {"task": "hard", "scenes": scenes, "network": "bn_tiny", "recipe": recipe}
    return Configuration(**(fields | changed))


def untrained(c: Configuration) -> keras.Model:
    """Its network with fresh weights."""
    return build(c.network, c.scenes.size, c.task.classes, c.seed)


@pytest.fixture
def make_subject() -> Callable[..., Subject]:
    """Makes an untrained network that can be asked, of a configuration with some fields changed."""

    def make(**changed: Any) -> Subject:
        """One of them."""
        c = configuration(**changed)
        return Subject("fresh", untrained(c), c)

    return make


@pytest.fixture
def subject(make_subject: Callable[..., Subject]) -> Subject:
    """An untrained network for discs under noise squares."""
    return make_subject()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store, with an empty folder of published networks."""
    return Store(tmp_path / "store", published=tmp_path / "published")


@pytest.fixture
def keep(store: Store) -> Keep:
    """Puts an untrained network into the store, as if it had been trained."""

    def put(model: keras.Model | None = None, accuracy: float = 0.5, **changed: Any) -> Run:
        """A run of a configuration with some fields changed, perhaps with another's model."""
        c = configuration(**changed)
        trained = SimpleNamespace(
            model=model or untrained(c),
            history=pd.DataFrame(),
            metrics={"accuracy": accuracy},
            predictions=pd.DataFrame(),
        )
        return store.add(c, pack(c, trained))

    return put
