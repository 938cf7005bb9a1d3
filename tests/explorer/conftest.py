"""What tests of the explorer share: untrained networks, and a store for them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import untrained
from intensity.explorer.view import Subject
from intensity.storage.store import Store
from intensity.training.runs import Run


@pytest.fixture
def make_subject() -> Callable[..., Subject]:
    """Makes an untrained network of a configuration with some fields changed."""

    def make(**changed: Any) -> Subject:
        """One of them."""
        c = untrained.configuration(**changed)
        return Subject("fresh", untrained.untrained(c), c)

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
def keep(store: Store) -> Callable[..., Run]:
    """Puts an untrained network into the store, as if it had been trained."""
    return partial(untrained.keep, store)
