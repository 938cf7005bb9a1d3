"""A new row in a registry costs nothing else: no run and no measurement changes its name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.attribution.registry import METHODS
from intensity.storage import code_digest as code_digests
from intensity.storage import store as store_module
from intensity.storage.code_digest import code_digest
from intensity.storage.store import Store
from intensity.training import presets
from intensity.training.presets import configure
from intensity.training.runs import run_name
from intensity.values import Registered

KINDS = {"TASKS": "task", "SETTINGS": "setting", "NETWORKS": "network", "RECIPES": "recipe"}


@pytest.fixture
def measured() -> list[str]:
    """The rows that `count` was called with."""
    return []


@pytest.fixture
def count(measured: list[str]) -> Callable[[Registered], dict[str, np.ndarray]]:
    """A function that takes a row, in the place of one of the package's modules."""

    def count(row: Registered) -> dict[str, np.ndarray]:
        """How many calls there were."""
        measured.append(row.name)
        return {"calls": np.array(len(measured))}

    count.__module__, count.__qualname__ = "intensity.statistics.intervals", "count"
    return count


@pytest.mark.parametrize("registry", KINDS)
def test_a_preset_more_renames_no_run(registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def name() -> str:
        """Of a run made of the first preset of each kind."""
        return run_name(configure("hard", "discs", "bn_tiny", "summary", epochs=1))

    before, rows = name(), getattr(presets, registry)
    monkeypatch.setitem(rows, "another", next(iter(rows.values())))
    assert name() == before


def test_no_registry_is_in_the_code_of_trainings_or_of_one_method() -> None:
    registries = {"training.presets", "attribution.registry"}
    modules = {row.function.__module__ for row in METHODS.values()} | {"intensity.training.loop"}
    for module in modules:
        assert not {f"intensity.{name}" for name in registries} & code_digests._closure(module)


def test_a_change_in_one_methods_module_changes_its_measurements_alone(
    tmp_path: Path, count: Any, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, fresh_since=0)
    names = list(METHODS)
    changed = METHODS[names[-1]].function.__module__
    its = [name for name in names if METHODS[name].function.__module__ == changed]
    for _ in range(2):
        for name in names:
            store.measure(count, METHODS[name])
    assert measured == names
    monkeypatch.setattr(
        store_module, "code_digest", lambda m: "other" if m == changed else code_digest(m)
    )
    for name in names:
        store.measure(count, METHODS[name])
    assert measured == names + its
    assert len(its) < len(names)
