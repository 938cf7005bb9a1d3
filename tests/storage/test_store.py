"""The store: whole folders, found again by content, computed again when anything changed."""

import functools
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes
from intensity.data.tasks import Task
from intensity.storage import store as store_module
from intensity.storage.code_digest import code_digest
from intensity.storage.store import Store
from intensity.training.presets import TASKS
from intensity.values import InvalidInput

Code = Callable[[str], None]


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

    return change


def contents(folder: Path) -> set[str]:
    """Names of everything below a folder, hidden or not, but for locks and digests."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {n for n in names if not (n.startswith("locks") or n.endswith("sha256.json"))}


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
    *(TASKS["easy"], TASKS["hard"], SceneOptions(), SceneOptions(size=32)),
]


def test_different_arguments_are_different_measurements(
    store: Store, measured: Measurement
) -> None:
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
    ],
)  # fmt: skip
def test_equal_content_is_one_measurement(
    store: Store, measured: Measurement, one: Any, same: Any
) -> None:
    store.measure(measured.function, one)
    store.measure(measured.function, same)
    assert len(measured.calls) == 1


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


@pytest.mark.parametrize(
    "theirs", ["runs/tensorboard/events", "checkpoints/best.pt", "measurements/lab/a", "notes.txt"]
)
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(
    tmp_path: Path, theirs: str
) -> None:
    path = tmp_path / theirs
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("theirs")
    (tmp_path / ".hidden").touch()
    strange = "/".join(Path(theirs).parts[:2])
    with pytest.raises(InvalidInput, match=rf"store: .* is not allowed: .*; {strange} is no part"):
        Store(tmp_path)
    assert path.read_text() == "theirs"


def test_a_store_is_known_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add("runs", f"a-b-{'0' * 16}", {"a": b""})
    with store.lock("runs"):
        assert Store(tmp_path).find("runs", f"a-b-{'0' * 16}")
