"""Runs: named by all that they depend on, kept whole, and measured once."""

import io
import json
import os
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.storage.store import Store
from intensity.training import runs as runs_module
from intensity.training.configuration import Configuration
from intensity.training.presets import TASKS, configure
from intensity.training.runs import Run, add_run, find_run, run_name
from intensity.values import InvalidInput

RECIPE = {"epochs": 1, "epoch_images": 10}
FILES = {"history.csv": b"epoch,loss\n1,0.5\n2,0.25\n", "metrics.json": b'{"accuracy": 0.75}'}
NAME = "bn_tiny-hard-0123456789abcdef"

Code = Callable[[str], None]


def configuration(**changed: Any) -> Configuration:
    """A configuration with some fields changed."""
    fields = {"task": "hard", "scenes": "discs", "network": "bn_tiny", "recipe": RECIPE}
    return configure(**(fields | changed))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


def contents(folder: Path) -> set[str]:
    """Names of everything below a folder, hidden or not, but for locks and digests."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {n for n in names if not (n.startswith("locks") or n.endswith("sha256.json"))}


@pytest.fixture
def set_code(monkeypatch: pytest.MonkeyPatch) -> Code:
    """Lets the code of training look changed."""
    return lambda version: monkeypatch.setattr(runs_module, "training_code", lambda: version)


def test_a_run_is_found_again_as_it_was_kept(store: Store) -> None:
    assert find_run(NAME, store) is None
    record = {"configuration": configuration().model_dump(mode="json")}
    kept = add_run(NAME, FILES | {"config.json": json.dumps(record).encode()}, store)
    again = find_run(NAME, Store(store.root))
    assert again == kept
    assert contents(kept.path) == {"config.json", "history.csv", "metrics.json"}
    assert again.configuration.canonical() == configuration().canonical()
    assert again.metrics == {"accuracy": 0.75}
    assert again.history.to_dict("list") == {"epoch": [1, 2], "loss": [0.5, 0.25]}
    assert find_run("another", store) is None


def test_a_store_is_empty_until_something_is_kept(store: Store) -> None:
    assert store.is_empty
    add_run(NAME, FILES, store)
    assert not store.is_empty


def test_names_say_what_it_is() -> None:
    network, task, digest = run_name(configuration()).split("-")
    assert (network, task) == ("bn_tiny", "hard")
    assert len(digest) == 16
    assert int(digest, 16) >= 0


def test_the_name_of_a_known_run_never_changes(set_code: Code) -> None:
    """What is in people's stores and in pretrained/ is found by it, on every supported Python."""
    set_code("0123456789abcdef")
    assert run_name(configuration()) == "bn_tiny-hard-00bde2c5ce338901"
    other = configuration(
        task={"name": "mine", "boundaries": [80, 160], "labels": [0, 1, 0]},
        scenes={"setting": "squares", "background": 1},
        network={"network": "small", "scaling": "raw"},
        seed=3,
    )
    assert run_name(other) == "small-mine-fa7db31a442a9e31"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"recipe": RECIPE | {"weight_decay": 1e-9}},
        {"scenes": {"setting": "discs", "background": 1}},
        {"task": TASKS["hard"].model_dump() | {"drawn": (5, 253)}},
        {"network": {"network": "bn_tiny", "scaling": "raw"}},
        {"test_images": 1},
    ],
)
def test_whatever_changes_changes_the_name(change: dict[str, Any]) -> None:
    assert run_name(configuration(**change)) != run_name(configuration())


def test_other_code_and_another_backend_are_other_runs(
    set_code: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for backend in ("tensorflow", "jax", ""):
        monkeypatch.setenv("INTENSITY_BACKEND", backend)
        monkeypatch.setenv("KERAS_BACKEND", "torch")
        names.append(run_name(configuration()))
    for version in ("1", "2"):
        set_code(version)
        names.append(run_name(configuration()))
    assert len(set(names)) == len(names)


def test_what_is_older_than_fresh_since_counts_as_absent(store: Store) -> None:
    run = add_run(NAME, FILES, store)
    os.utime(run.path, (1000, 1000))
    assert find_run(NAME, Store(store.root, fresh_since=1000)) == run
    fresh = Store(store.root, fresh_since=1001)
    assert find_run(NAME, fresh) is None
    add_run(NAME, FILES, fresh)
    assert find_run(NAME, fresh) == run


def test_the_environment_says_where_and_how_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = add_run(NAME, FILES, store)
    os.utime(run.path, (1000, 1000))
    monkeypatch.setenv("INTENSITY_STORE", str(store.root))
    monkeypatch.delenv("INTENSITY_FRESH", raising=False)
    assert find_run(NAME, Store()) == run
    monkeypatch.setenv("INTENSITY_FRESH", "1000.5")
    assert find_run(NAME, Store()) is None


def test_a_newer_run_replaces_all_of_one_that_is_too_old(store: Store) -> None:
    run = add_run(NAME, {"old": b"1", "both": b"1"}, store)
    os.utime(run.path, (1000, 1000))
    add_run(NAME, {"new": b"2", "both": b"2"}, Store(store.root, fresh_since=1001))
    names = {"runs", f"runs/{run.name}", f"runs/{run.name}/new", f"runs/{run.name}/both"}
    assert contents(store.root) == names
    assert (run.path / "both").read_bytes() == b"2"


@pytest.mark.parametrize("earlier", [True, False])
def test_of_many_that_keep_the_same_run_at_once_one_is_kept_whole(
    store: Store, earlier: bool
) -> None:
    for seed in range(20):
        same = configuration(seed=seed)
        if earlier:
            os.utime(add_run(run_name(same), FILES | {"old": b""}, store).path, (1000, 1000))
        fresh = Store(store.root, fresh_since=1001)
        together = threading.Barrier(4)

        def keep(
            _: int, same: Any = same, fresh: Any = fresh, together: Any = together
        ) -> dict[str, float]:
            """Keep the run when all others do, and read it at once."""
            together.wait()
            return add_run(run_name(same), FILES, fresh).metrics

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(keep, range(4))) == [{"accuracy": 0.75}] * 4
    assert len(contents(store.root)) == 1 + 20 * (1 + len(FILES))


@pytest.mark.parametrize("earlier", [True, False])
def test_nothing_is_left_of_a_run_that_could_not_be_written(store: Store, earlier: bool) -> None:
    if earlier:
        os.utime(add_run(NAME, FILES, store).path, (1000, 1000))
    before = contents(store.root)
    with pytest.raises(TypeError):
        add_run(NAME, {"first": b"whole", "second": None}, Store(store.root, 1001))
    assert contents(store.root) | {"runs"} == before | {"runs"}
    assert (find_run(NAME, store) is not None) == earlier


Calls = list[tuple[Any, ...]]


@pytest.fixture
def calls() -> Calls:
    """What the function `count` was given."""
    return []


@pytest.fixture
def count(calls: Calls) -> Callable[..., dict[str, np.ndarray]]:
    """A function that counts its calls, in the place of one of the package's modules."""

    def count(*arguments: Any, **options: Any) -> dict[str, np.ndarray]:
        """How many calls there were."""
        calls.append((*arguments, options))
        return {"calls": np.array(len(calls))}

    count.__module__, count.__qualname__ = "intensity.statistics.intervals", "count"
    return count


def saved(weights: bytes, year: int = 2000) -> bytes:
    """A network's file that holds nothing but weights."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("model.weights.h5", (year, 1, 1, 0, 0, 0)), weights)
    return file.getvalue()


def test_a_measurement_of_a_run_is_made_once_and_given_its_model(
    store: Store, count: Any, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "model", property(lambda run: f"model of {run.name}"))
    run = add_run(NAME, FILES | {"model.keras": saved(b"1")}, store)
    for again in (run, find_run(NAME, store)):
        assert again.measure(count, 5, by="level")["calls"] == 1
    assert calls == [(f"model of {NAME}", 5, {"by": "level"})]
    (path,) = (store.root / "measurements").iterdir()
    inputs = json.loads((path / "config.json").read_text())["inputs"]
    assert inputs == {
        "arguments": [{"run": NAME, "weights": run.weights}, 5],
        "options": {"by": "level"},
    }


def test_only_name_and_weights_of_a_run_count(
    store: Store, count: Any, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "model", None)
    for place, weights, year in (("a", b"1", 1990), ("b", b"1", 2000), ("c", b"2", 2000)):
        files = FILES | {"model.keras": saved(weights, year)}
        path = add_run(NAME, files, Store(store.root / place)).path
        Run(path, store).measure(count)
    assert len(calls) == 2


def test_a_run_is_no_argument_of_a_measurement(store: Store, count: Any, calls: Calls) -> None:
    with pytest.raises(InvalidInput, match="argument: a Run cannot name a measurement"):
        store.measure(count, 1, Run(store.root, store))
    assert calls == []


def test_a_run_says_which_versions_trained_it(store: Store) -> None:
    versions = {"keras": "3.14.0", "numba": "0.68", "numpy": "2.4", "jax": "1", "pandas": "3"}
    record = json.dumps({"backend": "jax", "versions": versions}).encode()
    run = add_run(NAME, FILES | {"config.json": record}, store)
    assert run.trained_with == {"jax": "1", "keras": "3.14.0", "numba": "0.68", "numpy": "2.4"}
