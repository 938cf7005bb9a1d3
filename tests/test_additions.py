"""A new row in a registry costs nothing else: no run and no measurement changes its name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.attribution.registry import METHODS
from intensity.baselines.registry import BASELINES
from intensity.claims.definitions import load_claims
from intensity.claims.judge import judge
from intensity.interventions.registry import INTERVENTIONS
from intensity.statistics.measurements import Measurement
from intensity.storage import code_digest as code_digests
from intensity.storage import store as store_module
from intensity.storage.code_digest import code_digest
from intensity.storage.store import Store
from intensity.training import presets
from intensity.training.presets import NETWORKS, TASKS, configure
from intensity.training.runs import run_name
from intensity.values import Registered

REGISTRIES: dict[str, dict[str, Any]] = {
    "attribution": METHODS, "baselines": BASELINES, "interventions": INTERVENTIONS,
}  # fmt: skip
NAMES = ("hard", "bn_tiny")
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


def test_words_for_people_and_colors_rename_no_run() -> None:
    words = {"title": "another", "group": "others"}
    task = TASKS["hard"].model_copy(update=words | {"setting": "pairs"})
    network = NETWORKS["bn_tiny"].model_copy(update=words | {"color": "#000000"})
    assert task == TASKS["hard"]
    one, other = (configure(t, "discs", n, "summary") for t, n in ((task, network), NAMES))
    assert run_name(one) == run_name(other)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_registry_is_in_the_code_of_trainings_or_of_one_row(registry: str) -> None:
    modules = {row.function.__module__ for row in REGISTRIES[registry].values()}
    for module in modules | {"intensity.training.loop"}:
        closure = code_digests._closure(module)
        assert not {"intensity.training.presets", f"intensity.{registry}.registry"} & closure
        assert not any(name.startswith("intensity.claims") for name in closure)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_a_row_more_is_measured_alone(
    tmp_path: Path, registry: str, count: Any, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, rows = Store(tmp_path, fresh_since=0), REGISTRIES[registry]
    for row in rows.values():
        store.measure(count, row)
    last = next(reversed(rows.values()))
    monkeypatch.setitem(rows, "another", replace(last, name="another"))
    for row in rows.values():
        store.measure(count, row)
    assert measured == list(rows)


@pytest.mark.parametrize(
    ("rows", "words", "computes"),
    [
        (METHODS, {"label": "other"}, {"group": "image"}),
        (BASELINES, {"label": "other", "group": "bound"}, {"by_level": False}),
        (BASELINES, {"label": "other", "group": "bound"}, {"knows_place": True}),
        (INTERVENTIONS, {"label": "other", "group": "-", "needs": "-"}, {"options": {"key": 1}}),
        (INTERVENTIONS, {"in_distribution": bool}, {"function": store_module.digest}),
    ],
)
def test_a_row_is_named_by_its_fields_that_compute_and_by_no_words(
    rows: dict[str, Any], words: dict[str, Any], computes: dict[str, Any]
) -> None:
    row = next(iter(rows.values()))
    assert store_module._identity(replace(row, **words)) == store_module._identity(row)
    assert store_module._identity(replace(row, **computes)) != store_module._identity(row)


def test_two_functions_of_one_module_are_two_rows() -> None:
    one, other = (Registered("a", "a", f) for f in (code_digest, code_digests.versions))
    assert store_module._identity(one) != store_module._identity(other)


def test_a_claim_more_changes_no_other_verdict() -> None:
    claims = load_claims().claims
    interval = {"value": 0.96, "ci95": (0.94, 0.98), "n": {"seeds": 0, "scenes": 1000}}
    names = ("accuracy/three_bands/large", "accuracy/three_bands/small")
    known = [Measurement(id=i, **interval, unit="fraction", method="Wilson") for i in names]
    left = [claim.id for claim in claims if all(part.profile for part in claim.parts)]
    before = judge(known, claims)
    another = claims[0].model_copy(update={"id": "another"})
    assert [one for one in judge(known, [another, *claims]) if one.id != "another"] == before
    assert [one.id for one in before] == ["P11", *left]


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
