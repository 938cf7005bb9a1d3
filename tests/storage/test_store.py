"""The store: whole folders, found again by content, computed again when anything changed."""

import functools
import io
import json
import math
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.data.scenes import SceneOptions, Scenes, draw_scenes
from intensity.data.tasks import Task
from intensity.storage import store as store_module
from intensity.storage.code_digest import code_digest
from intensity.storage.store import Run, Store, run_name
from intensity.training.configuration import Configuration
from intensity.training.presets import TASKS, configure
from intensity.values import InvalidInput

RECIPE = {"epochs": 1, "epoch_images": 10}
FILES = {"history.csv": b"epoch,loss\n1,0.5\n2,0.25\n", "metrics.json": b'{"accuracy": 0.75}'}

Code = Callable[[str], None]


def configuration(**changed: Any) -> Configuration:
    """A configuration by names, with some fields changed."""
    fields = {"task": "hard", "scenes": "discs", "network": "bn_tiny", "recipe": RECIPE}
    return configure(**(fields | changed))


def drawn(seed: int = 0) -> Scenes:
    """Two scenes."""
    return draw_scenes(TASKS["easy"], SceneOptions(size=32), "test", 2 * seed, 2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


@pytest.fixture
def set_code(monkeypatch: pytest.MonkeyPatch) -> Code:
    """Lets the code of all modules look changed, each in its way."""

    def change(version: str) -> None:
        """Give every module a digest of its own."""
        monkeypatch.setattr(store_module, "code_digest", lambda module: f"{module} {version}")
        monkeypatch.setattr(store_module, "training_code", lambda: version)

    return change


def contents(folder: Path) -> set[str]:
    """Names of everything below a folder, hidden or not, but for locks and digests."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {n for n in names if not (n.startswith("locks") or n.endswith("sha256.json"))}


def test_a_run_is_found_again_as_it_was_kept(store: Store) -> None:
    assert store.find(configuration()) is None
    record = {"configuration": configuration().model_dump(mode="json")}
    kept = store.add(configuration(), FILES | {"config.json": json.dumps(record).encode()})
    again = Store(store.root).find(configuration())
    assert again == kept
    assert contents(kept.path) == {"config.json", "history.csv", "metrics.json"}
    assert again.configuration.canonical() == configuration().canonical()
    assert again.metrics == {"accuracy": 0.75}
    assert again.history.to_dict("list") == {"epoch": [1, 2], "loss": [0.5, 0.25]}
    assert store.find(configuration(seed=1)) is None


def test_a_store_is_empty_until_something_is_kept(store: Store) -> None:
    assert store.is_empty
    store.add(configuration(), FILES)
    assert not store.is_empty


def test_names_say_what_it_is(store: Store) -> None:
    path = store.path(configuration())
    assert path.parent == store.root / "runs"
    network, task, digest = path.name.split("-")
    assert (network, task) == ("bn_tiny", "hard")
    assert len(digest) == 16
    assert int(digest, 16) >= 0


def test_the_name_of_a_known_run_never_changes() -> None:
    """What is in people's stores and in pretrained/ is found by it, on every supported Python."""
    assert run_name(configuration(), "0123456789abcdef") == "bn_tiny-hard-b1ed1d588747a73b"
    other = configuration(
        task={"name": "mine", "boundaries": [80, 160], "labels": [0, 1, 0]},
        scenes={"setting": "squares", "background": 1},
        network={"network": "small", "scaling": "raw"},
        seed=3,
    )
    assert run_name(other, "0123456789abcdef") == "small-mine-005d87a7324ee424"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"recipe": RECIPE | {"weight_decay": 1e-9}},
        {"scenes": {"setting": "discs", "background": 1}},
        {"task": TASKS["hard"].model_dump() | {"drawn": (5, 253)}},
        {"network": {"network": "bn_tiny", "scaling": "unit"}},
        {"test_images": 1},
    ],
)
def test_whatever_changes_changes_the_name(store: Store, change: dict[str, Any]) -> None:
    assert store.path(configuration(**change)) != store.path(configuration())


def test_another_backend_is_another_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENSITY_BACKEND", "tensorflow")
    store.add(configuration(), FILES)
    monkeypatch.setenv("INTENSITY_BACKEND", "jax")
    assert store.find(configuration()) is None
    monkeypatch.delenv("INTENSITY_BACKEND")
    assert store.find(configuration()) is not None
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert store.find(configuration()) is None


def test_other_code_is_another_run(store: Store, set_code: Code) -> None:
    set_code("1")
    store.add(configuration(), FILES)
    set_code("2")
    assert store.find(configuration()) is None
    set_code("1")
    assert store.find(configuration()) is not None


def test_what_is_older_than_fresh_since_counts_as_absent(store: Store) -> None:
    run = store.add(configuration(), FILES)
    os.utime(run.path, (1000, 1000))
    assert Store(store.root, fresh_since=1000).find(configuration()) == run
    fresh = Store(store.root, fresh_since=1001)
    assert fresh.find(configuration()) is None
    fresh.add(configuration(), FILES)
    assert fresh.find(configuration()) == run


def test_the_environment_says_where_and_how_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.add(configuration(), FILES)
    os.utime(run.path, (1000, 1000))
    monkeypatch.setenv("INTENSITY_STORE", str(store.root))
    monkeypatch.delenv("INTENSITY_FRESH", raising=False)
    assert Store().find(configuration()) == run
    monkeypatch.setenv("INTENSITY_FRESH", "1000.5")
    assert Store().find(configuration()) is None


def test_a_newer_run_replaces_all_of_one_that_is_too_old(store: Store) -> None:
    run = store.add(configuration(), {"old": b"1", "both": b"1"})
    os.utime(run.path, (1000, 1000))
    Store(store.root, fresh_since=1001).add(configuration(), {"new": b"2", "both": b"2"})
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
            os.utime(store.add(same, FILES | {"old": b""}).path, (1000, 1000))
        fresh = Store(store.root, fresh_since=1001)
        together = threading.Barrier(4)

        def keep(
            _: int, same: Any = same, fresh: Any = fresh, together: Any = together
        ) -> dict[str, float]:
            """Keep the run when all others do, and read it at once."""
            together.wait()
            return fresh.add(same, FILES).metrics

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(keep, range(4))) == [{"accuracy": 0.75}] * 4
    assert len(contents(store.root)) == 1 + 20 * (1 + len(FILES))


@pytest.mark.parametrize("earlier", [True, False])
def test_nothing_is_left_of_a_run_that_could_not_be_written(store: Store, earlier: bool) -> None:
    if earlier:
        os.utime(store.add(configuration(), FILES).path, (1000, 1000))
    before = contents(store.root)
    with pytest.raises(TypeError):
        Store(store.root, 1001).add(configuration(), {"first": b"whole", "second": None})
    assert contents(store.root) | {"runs"} == before | {"runs"}
    assert (store.find(configuration()) is not None) == earlier


class Measurement:
    """A function that counts its calls, in the place of one of the package's modules."""

    def __init__(self) -> None:
        """No call yet."""
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

        def total(*arguments: Any, **options: Any) -> dict[str, np.ndarray]:
            """Remember what was given; return something that could come from it."""
            self.calls.append((arguments, options))
            return {"calls": np.array(len(self.calls)), "text": np.array(["a", "bc"])}

        total.__module__, total.__qualname__ = "intensity.statistics.intervals", "total"
        self.function = total


@pytest.fixture
def measured() -> Iterator[Measurement]:
    """A fresh function."""
    return Measurement()


def test_a_measurement_is_made_once(store: Store, measured: Measurement) -> None:
    first = store.measure(measured.function, 1, by="level")
    again = Store(store.root).measure(measured.function, 1, by="level")
    assert measured.calls == [((1,), {"by": "level"})]
    assert first.keys() == again.keys() == {"calls", "text"}
    for name, array in first.items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name].dtype == array.dtype
    (path,) = (store.root / "measurements").iterdir()
    assert path.name.startswith("total-")
    assert contents(path) == {"config.json", "arrays.npz"}
    record = json.loads((path / "config.json").read_text())
    assert record["inputs"] == {"arguments": [1], "options": {"by": "level"}}
    assert set(record) == {
        *("function", "module", "code", "inputs", "backend"),
        *("python", "versions", "system", "processor", "cores"),
    }


def test_a_measurement_is_made_again_when_its_code_changes(
    store: Store, measured: Measurement, set_code: Code
) -> None:
    for version in ("1", "2", "1"):
        set_code(version)
        store.measure(measured.function, 1)
    assert len(measured.calls) == 2


def test_the_code_of_a_measurement_is_that_of_its_module(
    store: Store, measured: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        store_module, "code_digest", lambda module: asked.append(module) or code_digest(module)
    )
    store.measure(measured.function)
    assert asked == ["intensity.statistics.intervals"]


def test_a_measurement_too_old_is_made_again(store: Store, measured: Measurement) -> None:
    store.measure(measured.function, 1)
    (path,) = (store.root / "measurements").iterdir()
    os.utime(path, (1000, 1000))
    fresh = Store(store.root, fresh_since=2000)
    assert fresh.measure(measured.function, 1)["calls"] == 2
    assert fresh.measure(measured.function, 1)["calls"] == 2
    assert list((store.root / "measurements").iterdir()) == [path]


ARRAY = np.arange(6, dtype=np.int32)
DIFFERENT = [
    *(0, 1, 1.0, 1.5, True, None, "1", "", [], [1], [1, 1], [[1]], {"a": 1}, {"b": 1}),
    *(ARRAY, ARRAY + 1, ARRAY[::-1], ARRAY.reshape(2, 3), ARRAY.astype(np.int64), ARRAY[:5]),
    *(
        {"a": ARRAY},
        {"a": ARRAY + 1},
        ARRAY.astype(np.uint32),
        ARRAY.astype(float),
        np.array(["a"]),
        np.array(["b"]),
        [ARRAY],
    ),
    *(drawn(0), drawn(1), drawn(0)[:1], drawn(0).replace(background=1)),
    *(TASKS["easy"], TASKS["hard"], SceneOptions(), SceneOptions(size=32), configuration()),
    *(Run(Path("runs/a")), Run(Path("runs/b"))),
]


def test_different_arguments_are_different_measurements(
    store: Store, measured: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "model", None)
    monkeypatch.setattr(Run, "weights", "0123")
    for argument in DIFFERENT:
        store.measure(measured.function, argument)
        store.measure(measured.function, argument=argument)
    assert len(measured.calls) == 2 * len(DIFFERENT)
    assert len(list((store.root / "measurements").iterdir())) == 2 * len(DIFFERENT)


def test_scenes_count_with_their_task_and_options(store: Store, measured: Measurement) -> None:
    scenes = drawn()
    mirrored = Task(name="mirrored", boundaries=(149,), labels=(1, 0))
    other_task = Scenes(**(vars(scenes) | {"task": mirrored}))
    other_options = Scenes(**(vars(scenes) | {"options": SceneOptions(size=64)}))
    for argument in (scenes, other_task, other_options):
        store.measure(measured.function, argument)
    assert len(measured.calls) == 3


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (ARRAY, ARRAY.copy()),
        (ARRAY.reshape(2, 3), np.asfortranarray(ARRAY.reshape(2, 3))),
        (ARRAY[::2], np.ascontiguousarray(ARRAY[::2])),
        (drawn(), drawn()),
        (draw_scenes(TASKS["easy"], SceneOptions(), "test", 0, 4)[1:3],
         draw_scenes(TASKS["easy"], SceneOptions(), "test", 1, 2)),
        (TASKS["easy"], Task(**TASKS["easy"].model_dump())),
        ((1, 2), [1, 2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Run(Path("here/runs/a")), Run(Path("there/runs/a"))),
    ],
)  # fmt: skip
def test_equal_content_is_one_measurement(
    store: Store, measured: Measurement, one: Any, same: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "model", None)
    monkeypatch.setattr(Run, "weights", "0123")
    store.measure(measured.function, one)
    store.measure(measured.function, same)
    assert len(measured.calls) == 1


def test_other_weights_of_one_configuration_are_another_measurement(
    store: Store, measured: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "model", None)
    for place, weights, date in (("a", b"1", 1990), ("b", b"1", 2000), ("c", b"2", 2000)):
        saved = io.BytesIO()
        with zipfile.ZipFile(saved, "w") as archive:
            name = zipfile.ZipInfo("model.weights.h5", (date, 1, 1, 0, 0, 0))
            archive.writestr(name, weights)
        other = Store(store.root / place)
        run = other.add(configuration(), FILES | {"model.keras": saved.getvalue()})
        store.measure(measured.function, run)
    assert len(measured.calls) == 2


def test_a_run_is_handed_on_as_its_model(
    store: Store, measured: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "model", property(lambda run: f"model of {run.name}"))
    monkeypatch.setattr(Run, "weights", "0123")
    scenes = drawn()
    store.measure(measured.function, Run(Path("runs/a")), scenes, other=Run(Path("runs/b")))
    assert measured.calls == [(("model of a", scenes), {"other": "model of b"})]


@pytest.mark.parametrize(
    "argument",
    [
        *(math.sin, lambda x: x, Path("x"), {1, 2}, b"x", math.nan, [ARRAY, math.cos]),
        *({"a": math.sin}, {1: "a"}, np.array([{}], dtype=object)),
    ],
)
def test_arguments_without_a_name_are_refused(
    store: Store, measured: Measurement, argument: Any
) -> None:
    with pytest.raises(InvalidInput, match="cannot name a measurement") as error:
        store.measure(measured.function, argument)
    assert "\n" not in str(error.value)
    assert measured.calls == []


class Owner:
    """Has a method."""

    def method(self) -> dict[str, np.ndarray]:
        """Nothing."""
        return {}


def defined_inside() -> Callable[..., Any]:
    """A function whose code alone does not say what it does."""
    return lambda: {}


def elsewhere() -> dict[str, np.ndarray]:
    """A function of no module of the package."""
    return {}


@pytest.mark.parametrize("function", [Owner.method, defined_inside(), functools.partial(elsewhere)])
@pytest.mark.parametrize("module", ["intensity.statistics.intervals", "notebook"])
def test_code_without_a_name_is_refused(store: Store, function: Any, module: str) -> None:
    function.__module__ = module
    with pytest.raises(InvalidInput, match=r"^function: .* is not allowed: only functions"):
        store.measure(function)


def test_code_of_other_packages_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match=r"^function: elsewhere of .* is not allowed"):
        store.measure(elsewhere)
    assert not store.root.exists()


@pytest.mark.parametrize("returned", [{"a": np.array([{}], dtype=object)}, {"a": np.zeros}])
def test_nothing_is_left_of_a_measurement_that_could_not_be_written(
    store: Store, measured: Measurement, returned: dict[str, Any]
) -> None:
    def broken() -> dict[str, Any]:
        """Return something that is no array of numbers or texts."""
        return returned

    broken.__module__, broken.__qualname__ = "intensity.statistics.intervals", "broken"
    with pytest.raises(ValueError, match="cannot be saved"):
        store.measure(broken)
    assert not contents(store.root) - {"measurements"}


def test_a_failing_measurement_leaves_nothing(store: Store) -> None:
    def failing() -> dict[str, np.ndarray]:
        """Fail."""
        raise ZeroDivisionError

    failing.__module__, failing.__qualname__ = "intensity.statistics.intervals", "failing"
    with pytest.raises(ZeroDivisionError):
        store.measure(failing)
    assert not contents(store.root)
