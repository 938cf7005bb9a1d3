"""The inventory: what the store holds, and what goes because no profile needs it."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.runner import prune as inventory
from intensity.runner.prune import list_runs, needed_runs, prune
from intensity.storage.store import Run, Store
from intensity.training.configuration import Configuration
from intensity.training.presets import configure

TRAININGS = """
seeds = [0, 1]
test_images = 100
validation_images = 50
trials = 2
trial = {"task": "hard", "scenes": "discs", "network": "pixels", "epochs": 1, "epoch_images": 64}
trainings = {
    "tiny": {
        "task": "hard", "scenes": "discs", "network": "bn_tiny", "epochs": 1, "epoch_images": 64
    }
}"""
RECORD = b'{"configuration": %s}'


@pytest.fixture
def checkout(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A checkout whose profiles want two networks and a search, with a store of its own."""
    monkeypatch.setenv("INTENSITY_STORE", str(checkout.root / "store"))
    checkout.notebook("01_data", parameters="scenes = 5")
    checkout.notebook("02_training", parameters=TRAININGS)
    for name in ("smoke", "standard"):
        checkout.profile(name, f"01_data:\n02_training: {{test_images: {len(name)}00}}\n")
    return checkout


def configuration(**changed: Any) -> Configuration:
    """One that the smoke profile wants."""
    fields = {"task": "hard", "scenes": "discs", "network": "bn_tiny", "seed": 0}
    fields |= {"recipe": {"epochs": 1, "epoch_images": 64}, "test_images": 500}
    return configure(**(fields | {"validation_images": 50} | changed))


def keep(c: Configuration) -> Run:
    """A run in the store."""
    record = RECORD % c.canonical().encode()
    return Store().add(c, {"config.json": record, "metrics.json": b'{"accuracy": 0.75}'})


def total(*_: object) -> dict[str, np.ndarray]:
    """Something that takes long."""
    return {"sum": np.array(1)}


total.__module__ = "intensity.statistics.intervals"


def names(folder: Path) -> set[str]:
    """What is in a folder."""
    return {path.name for path in folder.glob("*")}


def test_profiles_say_which_runs_they_need(checkout: Any) -> None:
    needed = needed_runs(checkout.layout)
    assert len(needed) == 2 * (2 + 2 * 2)  # two profiles; any trial may be chosen
    assert needed[Store().path(configuration()).name] == ["smoke"]
    assert needed[Store().path(configuration(test_images=800)).name] == ["standard"]


def test_runs_are_listed_with_what_when_how_good_and_how_large(checkout: Any) -> None:
    run, other = keep(configuration()), keep(configuration(seed=7))
    os.utime(run.path, (0, 0))
    first, second, last = list_runs(checkout.layout)
    assert first.startswith("1970-01-01") or first.startswith("1969-12-31")
    assert "bn_tiny        hard         seed   0      64 images  75.0%" in first
    assert first.endswith(f"0.00 MB  smoke  {run.name}")
    assert second.endswith(f"no profile  {other.name}")
    assert last.startswith(f"{checkout.root / 'store'}: 2 runs, 0 measurements, 0.0 MB")
    (run.path / "metrics.json").write_text("{}")
    assert "damaged" in next(list_runs(checkout.layout))


def test_what_no_profile_needs_goes(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "model", None)
    monkeypatch.setattr(Run, "weights", "0123")
    store, run, other = Store(), keep(configuration()), keep(configuration(seed=7))
    for arguments in ((run, 1), (other, 1), ([1, {"a": 2}],)):
        store.measure(total, *arguments)
    kept = names(store.root / "measurements")
    store.checkpoints.mkdir()
    for name in ("finished", "unknown", store.path(configuration(seed=1)).name):
        (store.checkpoints / name).write_text("")
    (store.root / "runs" / ".damaged-a").mkdir(mode=0)
    for name, age in ((".new-a", 2 * inventory.YOUNG), (".new-b", 0)):
        path = store.root / "runs" / name
        path.mkdir()
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    *lines, last = prune(checkout.layout)
    assert f"removed runs/{other.name}" in lines
    assert last.startswith(f"{store.root}: removed 6, ")
    assert names(store.root / "runs") == {run.name, ".new-b"}
    assert names(store.checkpoints) == {store.path(configuration(seed=1)).name}
    assert len(names(store.root / "measurements") & kept) == 2
    monkeypatch.setattr(inventory, "code_digest", lambda module: "other code")
    list(prune(checkout.layout))
    assert names(store.root / "measurements") == set()
    assert list(prune(checkout.layout)) == [f"{store.root}: removed 0, 0.0 MB"]


def test_what_is_damaged_goes_though_it_is_needed(checkout: Any) -> None:
    store, run = Store(), keep(configuration())
    store.measure(total, 1)
    (measurement,) = (store.root / "measurements").iterdir()
    old = store.checkpoints / f".{run.name}.x"
    old.parent.mkdir()
    old.write_text("")
    os.utime(old, (0, 0))
    assert len(list(prune(checkout.layout))) == 2
    (run.path / "metrics.json").write_text("{}")
    (measurement / "arrays.npz").write_bytes(b"")
    assert len(list(prune(checkout.layout))) == 3
    assert not any(path.exists() for path in (run.path, measurement, old))


def test_a_run_with_fields_that_there_are_no_more_is_listed(checkout: Any) -> None:
    record = configuration().model_dump(mode="json") | {"momentum": 0.9}
    content = json.dumps({"configuration": record}).encode()
    Store().add(configuration(), {"config.json": content, "metrics.json": b'{"accuracy": 0.75}'})
    first, _ = list_runs(checkout.layout)
    assert "of other code" in first


def test_what_is_being_computed_stays(checkout: Any) -> None:
    store, other = Store(), keep(configuration(seed=7))
    with store.lock(other.path):
        assert len(list(prune(checkout.layout))) == 1
        assert other.path.exists()
    assert len(list(prune(checkout.layout))) == 2
    assert not other.path.exists()


def test_an_empty_store_has_nothing_to_list(checkout: Any) -> None:
    (line,) = list_runs(checkout.layout)
    assert ": 0 runs, 0 measurements, 0.0 MB" in line
