"""Finished runs and measurements on disk, one folder each, named by what produced it.

    store/runs/<network>-<task>-<digest>/       config.json history.csv metrics.json
                                                predictions.csv model.keras sha256.json
    store/measurements/<function>-<digest>/     config.json arrays.npz sha256.json
    store/checkpoints/<name of the run>         how far a training is that has not ended
    store/locks/<name>                          locked by the process that computes it

The name's digest covers the canonical configuration and the code that computes the result: of a run
with its backend, of a measurement with the weights that it has read. What is in the store is never
computed again, by no two processes at once, and never used unless it is what was written: a damaged
folder is set aside (`.damaged-...`) with one line, and computed again.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from intensity.data.scenes import COLUMNS, Scenes
from intensity.environment import tell
from intensity.storage import entries
from intensity.storage.code_digest import code_digest, provenance, training_code
from intensity.storage.locks import Lock
from intensity.training.configuration import Configuration
from intensity.values import ROOT, InvalidInput, Registered, canonical_json

if TYPE_CHECKING:
    import keras

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """A finished training on disk, in the store or in pretrained/.

    Args:
        path: its folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """The folder's name, which tells one run from every other."""
        return self.path.name

    @cached_property
    def configuration(self) -> Configuration:
        """What was trained."""
        record = json.loads(entries.read(self.path, "config.json"))
        return Configuration(**record["configuration"])

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Test metrics, and the seconds that training took."""
        metrics: dict[str, float] = json.loads(entries.read(self.path, "metrics.json"))
        return metrics

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row an epoch: images, loss, accuracy, validation_loss, validation_accuracy."""
        return pd.read_csv(io.BytesIO(entries.read(self.path, "history.csv")))

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Test scenes counted by intensity, label and predicted class."""
        return pd.read_csv(io.BytesIO(entries.read(self.path, "predictions.csv")))

    @cached_property
    def weights(self) -> str:
        """SHA-256 of the network's weights: a training may end in others on another machine."""
        saved = io.BytesIO(entries.read(self.path, "model.keras"))
        with zipfile.ZipFile(saved) as archive:
            return hashlib.sha256(archive.read("model.weights.h5")).hexdigest()

    @cached_property
    def model(self) -> "keras.Model":
        """The trained network."""
        import keras  # costs seconds, and most readers of a run need its tables only

        entries.read(self.path, "model.keras")  # is it what was written?
        return keras.models.load_model(self.path / "model.keras", compile=False)


class Store:
    """Runs and measurements below one folder.

    Args:
        root: the folder; by default INTENSITY_STORE, or store/ in the checkout.
        fresh_since: Unix time; what is older counts as absent and is replaced as it is computed.
            By default INTENSITY_FRESH, or nothing is too old.
        published: a folder of runs that come before those of the store. By default
            INTENSITY_PRETRAINED, or there are none.
    """

    def __init__(
        self,
        root: Path | None = None,
        fresh_since: float | None = None,
        published: Path | None = None,
    ) -> None:
        """Remember where and how old."""
        there = os.environ.get("INTENSITY_PRETRAINED")
        self.published = published or (Path(there) if there else None)
        self.root = root or Path(os.environ.get("INTENSITY_STORE", ROOT / "store"))
        given = os.environ.get("INTENSITY_FRESH", "0")
        self.fresh_since = float(given) if fresh_since is None else fresh_since

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been trained yet."""
        return not (self.root / "runs").is_dir()

    def path(self, configuration: Configuration) -> Path:
        """The folder of a run, whether it exists or not."""
        return self.root / "runs" / run_name(configuration, training_code())

    def find(self, configuration: Configuration) -> Run | None:
        """The finished run of a configuration, if there is one and it is what was written."""
        path = self.path(configuration)
        return self.find_published(path.name) or (Run(path) if self._has(path) else None)

    def find_published(self, name: str) -> Run | None:
        """The published run of a name, if there is one and it is what was written."""
        if self.published is None or not (self.published / name).is_dir():
            return None
        try:
            entries.check(self.published / name)
        except entries.Damaged as error:
            tell(f"{self.published.name}: {error}; it is not used")
            return None
        return Run(self.published / name)

    def lock(self, path: Path) -> Lock:
        """What the process holds that computes an entry."""
        return Lock(self.root / "locks" / path.name)

    @property
    def checkpoints(self) -> Path:
        """Where trainings on this machine keep how far they are, a file each."""
        return self.root / "checkpoints"

    def add(self, configuration: Configuration, files: Mapping[str, bytes]) -> Run:
        """Keep a finished run.

        Args:
            configuration: what was trained.
            files: contents by file name, as `sweeps.pack` makes them.
        """
        path = self.path(configuration)
        with Lock(self.root / "locks" / "runs"):
            if not self._is_there(path):  # of two that made the same, one was first
                entries.keep(path, files)
        (self.checkpoints / path.name).unlink(missing_ok=True)
        return Run(path)

    def measure(self, function: Callable[..., Arrays], *arguments: Any, **options: Any) -> Arrays:
        """What a function returns, computed once for each set of arguments and version of its code.

        Args:
            function: returns arrays by name.
            arguments: a `Run` is named by its folder and weights and handed on as its model;
                values, scenes, arrays, numbers and texts are named by their content and handed on
                as they are.
            options: likewise, by keyword.

        Returns:
            The function's arrays.

        Raises:
            InvalidInput: the function's code cannot be found again, or an argument has no name.
        """
        _check_nameable(function)
        inputs = {
            "arguments": [_identity(a) for a in arguments],
            "options": {name: _identity(value) for name, value in options.items()},
        }
        code = code_digest(function.__module__)
        name = f"{function.__name__}-{_digest(canonical_json(inputs), code)}"
        path = self.root / "measurements" / name
        with suppress(entries.Damaged):
            if self._is_there(path):
                return _arrays(entries.read(path, "arrays.npz"))
        with self.lock(path):
            if not self._has(path):  # another process may have made it meanwhile
                given = [_handed_on(a) for a in arguments]
                arrays = function(*given, **{name: _handed_on(a) for name, a in options.items()})
                record = {"function": function.__name__, "module": function.__module__,
                          "code": code, "inputs": inputs, **provenance()}  # fmt: skip
                entries.keep(path, {"config.json": _json(record), "arrays.npz": _npz(arrays)})
            return _arrays(entries.read(path, "arrays.npz"))

    def _has(self, path: Path) -> bool:
        """Whether an entry is there, not too old and what was written; else it is set aside."""
        if not self._is_there(path):
            return False
        try:
            entries.check(path)
        except entries.Damaged:
            return self._set_aside(path)
        return True

    def _set_aside(self, path: Path) -> bool:
        """Set a damaged entry aside and say so; whether another process has replaced it already."""
        with Lock(self.root / "locks" / path.parent.name):
            try:
                entries.check(path)
            except entries.Damaged as error:
                place = entries.set_aside(path)
                if place is not None:
                    tell(f"{error}; set aside as {place.name}, to be computed again")
                return False
        return True

    def _is_there(self, path: Path) -> bool:
        """Whether a folder exists and is not too old."""
        try:
            return path.stat().st_mtime >= self.fresh_since
        except OSError:
            return False


def run_name(configuration: Configuration, code: str) -> str:
    """The name that tells one run from every other.

    Args:
        configuration: what is trained.
        code: what trains it, as `training_code` tells.
    """
    digest = _digest(configuration.canonical(), code)
    return f"{configuration.network.name}-{configuration.task.name}-{digest}"


def _digest(*texts: str) -> str:
    """Sixteen hexadecimal digits that name some texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _json(record: object) -> bytes:
    """JSON for people, with sorted keys."""
    return (json.dumps(record, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def _npz(arrays: Arrays) -> bytes:
    """Arrays as one file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _arrays(data: bytes) -> Arrays:
    """The arrays of such a file."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _check_nameable(function: Callable[..., Arrays]) -> None:
    """Refuse what name and code of a module do not tell: methods, lambdas, closures, partials."""
    name = getattr(function, "__qualname__", repr(function))
    if not (function.__module__.startswith("intensity.") and name.isidentifier()):
        raise InvalidInput(
            f"function: {name} of {function.__module__} is not allowed: "
            "only functions of modules of the package intensity can be named"
        )


def _handed_on(argument: Any) -> Any:
    """What a measured function gets for an argument: the model of a run, all else as it is."""
    return argument.model if isinstance(argument, Run) else argument


def _identity(argument: Any) -> Any:
    """What names an argument of a measurement: JSON data that differ when the argument does."""
    if isinstance(argument, Run):
        return {"run": argument.name, "weights": argument.weights}
    if isinstance(argument, Registered):
        code = code_digest(argument.function.__module__)
        return {"name": argument.name, "options": _identity(argument.options), "code": code}
    if isinstance(argument, BaseModel):
        return argument.model_dump(mode="json")
    if isinstance(argument, np.ndarray) and not argument.dtype.hasobject:
        content = hashlib.sha256(np.ascontiguousarray(argument).tobytes()).hexdigest()
        return {"dtype": str(argument.dtype), "shape": argument.shape, "sha256": content}
    if isinstance(argument, Scenes):
        columns = {name: _identity(getattr(argument, name)) for name in COLUMNS}
        return columns | {"task": _identity(argument.task), "options": _identity(argument.options)}
    if isinstance(argument, Mapping) and all(isinstance(name, str) for name in argument):
        return {name: _identity(value) for name, value in argument.items()}
    if isinstance(argument, list | tuple):
        return [_identity(item) for item in argument]
    try:
        if isinstance(argument, Mapping):
            raise TypeError("keys must be texts")
        canonical_json(argument)
    except (TypeError, ValueError) as error:
        kind = type(argument).__name__
        raise InvalidInput(f"argument: a {kind} cannot name a measurement: {error}") from None
    return argument
