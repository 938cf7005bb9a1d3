"""The store: what is finished is found again, what changed is not, and folders are whole."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from intensity import store as store_module
from intensity.architectures import NETWORKS
from intensity.configurations import Configuration, Recipe
from intensity.scenes import SETTINGS, Scenes, draw_scenes
from intensity.store import Run, Store
from intensity.tasks import TASKS
from intensity.values import InvalidInput

FILES = {"metrics.json": b'{"accuracy": 0.5}', "history.csv": b"epoch,loss\n1,0.25\n"}


def configuration(**changed: Any) -> Configuration:
    recipe = Recipe(epochs=1, epoch_images=10)
    fields = {"task": "hard", "scenes": "discs", "network": "bn_tiny", "recipe": recipe}
    return Configuration(**(fields | changed))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store", fresh_since=0)


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Digests of modules that a test may change; all others are constant."""
    digests: dict[str, str] = {}
    monkeypatch.setattr(store_module, "code_digest", lambda module: digests.get(module, "0"))
    return digests


def everything(store: Store) -> set[str]:
    """All that lies in the store, hidden folders included."""
    return {path.relative_to(store.root).as_posix() for path in store.root.rglob("*")}


def test_a_run_is_found_again_by_an_equal_configuration(store: Store) -> None:
    assert store.find(configuration()) is None
    added = store.add(configuration(), FILES)
    again = Configuration(**configuration().model_dump(mode="json"))
    assert store.find(again) == added
    assert added.metrics == {"accuracy": 0.5}
    assert added.history.to_dict("list") == {"epoch": [1], "loss": [0.25]}
    assert Store(store.root).find(configuration()) == added


def test_a_run_is_named_by_network_task_and_a_digest(store: Store) -> None:
    path = store.path(configuration())
    assert path.parent == store.root / "runs"
    network, task, digest = path.name.split("-")
    assert (network, task) == ("bn_tiny", "hard")
    assert len(digest) == 16
    assert int(digest, 16) >= 0


def test_a_changed_configuration_is_not_found(store: Store) -> None:
    store.add(configuration(), FILES)
    assert store.find(configuration(seed=1)) is None
    assert store.find(configuration(recipe=Recipe(epochs=1, epoch_images=11))) is None


def test_changed_code_of_training_is_not_found(store: Store, code: dict[str, str]) -> None:
    store.add(configuration(), FILES)
    code["intensity.sweeps"] = "1"
    assert store.find(configuration())
    code["intensity.training"] = "1"
    assert store.find(configuration()) is None


def test_what_is_older_than_asked_counts_as_absent_and_is_replaced(store: Store) -> None:
    path = store.add(configuration(), FILES).path
    os.utime(path, (1000, 1000))
    fresh = Store(store.root, fresh_since=2000)
    assert store.find(configuration())
    assert fresh.find(configuration()) is None
    fresh.add(configuration(), {"metrics.json": b'{"accuracy": 0.75}'})
    assert fresh.find(configuration()).metrics == {"accuracy": 0.75}
    assert sorted(file.name for file in path.iterdir()) == ["metrics.json"]
    assert everything(store) == {"runs", f"runs/{path.name}", f"runs/{path.name}/metrics.json"}


def test_the_environment_says_where_and_how_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENSITY_STORE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("INTENSITY_FRESH", "12.5")
    assert Store().root == tmp_path / "elsewhere"
    assert Store().fresh_since == 12.5
    assert Store(fresh_since=0).fresh_since == 0


def test_a_run_that_cannot_be_written_leaves_nothing(store: Store) -> None:
    with pytest.raises(TypeError):
        store.add(configuration(), FILES | {"model.keras": "no bytes"})
    assert everything(store) == {"runs"}


def test_a_run_that_cannot_be_written_leaves_the_older_one(store: Store) -> None:
    store.add(configuration(), FILES)
    with pytest.raises(TypeError):
        store.add(configuration(), {"metrics.json": b"{}", "model.keras": "no bytes"})
    assert store.find(configuration()).metrics == {"accuracy": 0.5}
    assert len(list((store.root / "runs").iterdir())) == 1


def test_folders_are_readable_by_others(store: Store) -> None:
    assert store.add(configuration(), FILES).path.stat().st_mode & 0o777 == 0o755


Measured = Callable[..., dict[str, np.ndarray]]


@pytest.fixture
def calls() -> list[tuple[Any, ...]]:
    """Arguments with which `spread` was called."""
    return []


@pytest.fixture
def spread(calls: list[tuple[Any, ...]]) -> Measured:
    """A measurement of the package, as far as the store can tell."""

    def spread(*arguments: Any, **options: Any) -> dict[str, np.ndarray]:
        """Two arrays of different types."""
        calls.append((*arguments, options))
        return {"levels": np.arange(len(calls), dtype=np.uint8), "mean": np.array([[0.5]])}

    spread.__module__ = "intensity.responses.spread"
    return spread


@pytest.fixture
def measured(store: Store, code: dict[str, str], spread: Measured) -> Measured:
    """The measurement through the store."""
    return lambda *arguments, **options: store.measure(spread, *arguments, **options)


def drawn(count: int = 5, start: int = 0) -> Scenes:
    return draw_scenes(TASKS["hard"], SETTINGS["discs"], "validation", start, count)


def test_a_measurement_is_computed_once(measured: Measured, calls: list[Any]) -> None:
    first, again = measured(np.arange(3), step=2), measured(np.arange(3), step=2)
    assert len(calls) == 1
    assert list(first) == list(again) == ["levels", "mean"]
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.dtype == again[name].dtype
    assert again["mean"].shape == (1, 1)


@pytest.mark.parametrize(
    "same",
    [
        (np.eye(3)[:2], np.asfortranarray(np.eye(3)[:2])),
        (np.arange(6)[::2], np.array([0, 2, 4])),
        (TASKS["hard"], TASKS["hard"].model_copy()),
        ([1, "a", None], (1, "a", None)),
        (drawn(5), drawn(8)[:5]),
    ],
    ids=["array", "view", "value", "list", "scenes"],
)
def test_equal_content_is_the_same_argument(
    measured: Measured, calls: list[Any], same: tuple[Any, Any]
) -> None:
    for argument in same:
        measured(argument)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "different",
    [
        (np.arange(6), np.arange(6).reshape(2, 3)),
        (np.zeros(4, np.int32), np.zeros(4, np.float32)),
        (np.array([0.0, 1.0]), np.array([1.0, 0.0])),
        (TASKS["hard"], TASKS["medium"]),
        (drawn(5), drawn(5, start=5)),
        (drawn(5), drawn(5).replace(intensity=200)),
        (drawn(5), drawn(5).without_noise()),
        (1, True),
        ("1", 1),
        ([1, 2], [[1], 2]),
    ],
)
def test_other_content_is_another_argument(
    measured: Measured, calls: list[Any], different: tuple[Any, Any]
) -> None:
    for argument in different:
        measured(argument)
    assert len(calls) == 2


def test_positions_and_names_of_arguments_count(measured: Measured, calls: list[Any]) -> None:
    measured(1, 2)
    measured(2, 1)
    measured(1, second=2)
    measured(1, third=2)
    assert len(calls) == 4


def test_the_functions_own_code_counts(
    measured: Measured, calls: list[Any], code: dict[str, str]
) -> None:
    measured(1)
    code["intensity.training"] = "1"
    measured(1)
    assert len(calls) == 1
    code["intensity.responses.spread"] = "1"
    measured(1)
    assert len(calls) == 2


def test_measurements_grow_old(
    store: Store, measured: Measured, spread: Measured, calls: list[Any]
) -> None:
    measured(1)
    (path,) = (store.root / "measurements").iterdir()
    os.utime(path, (1000, 1000))
    renewed = Store(store.root, fresh_since=2000).measure(spread, 1)
    assert len(calls) == 2
    assert renewed["levels"].size == 2
    assert len(list((store.root / "measurements").iterdir())) == 1


def test_a_measurement_that_fails_leaves_nothing_and_is_tried_again(
    store: Store, measured: Measured, spread: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_npz", lambda arrays: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            measured(1)
    assert not list(store.root.rglob("*.npz"))
    assert measured(1)["mean"] == 0.5


def test_a_function_cannot_be_an_argument(measured: Measured, calls: list[Any]) -> None:
    for argument in (max, [max], {"key": np.zeros(2)}, float("nan")):
        with pytest.raises(InvalidInput, match=r"^argument: a \w+ cannot name a measurement: "):
            measured(argument)
    with pytest.raises(InvalidInput, match=r"^argument: a builtin_function_or_method cannot"):
        measured(option=max)
    assert not calls


def test_a_function_outside_the_package_cannot_be_measured(store: Store) -> None:
    with pytest.raises(InvalidInput, match=r"^function: drawn of .*test_store.* is not allowed: "):
        store.measure(drawn)


def test_a_run_is_named_by_its_folder_and_handed_on_as_its_model(
    store: Store, measured: Measured, calls: list[Any], tmp_path: Path
) -> None:
    from intensity.networks import build

    model = build(NETWORKS["bn_tiny"], 16, 3, seed=5)
    model.save(tmp_path / "model.keras")
    content = {"model.keras": (tmp_path / "model.keras").read_bytes()}
    run, other = (store.add(configuration(seed=seed), content) for seed in (0, 1))
    measured(run, other=other)
    (given, options), *_ = calls
    for network in (given, options["other"]):
        assert isinstance(network, keras.Model)
        for ours, theirs in zip(network.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    measured(Run(run.path), other=Run(other.path))
    assert len(calls) == 1
    measured(other, other=run)
    assert len(calls) == 2
