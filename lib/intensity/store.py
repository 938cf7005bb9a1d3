"""Finished runs and measurements on disk, one folder each, named by what produced it.

    store/runs/<network>-<task>-<digest>/       config.json history.csv metrics.json
                                                predictions.csv model.keras
    store/measurements/<function>-<digest>/     config.json arrays.npz

The digest covers the canonical configuration and the code that computes the result. Folders are
written aside and renamed: one that exists is whole, and what it holds is never computed again.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from intensity.configurations import Configuration
from intensity.digests import code_digest, provenance
from intensity.scenes import COLUMNS, Scenes
from intensity.values import ROOT, InvalidInput, canonical_json

if TYPE_CHECKING:
    import keras

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """A finished training on disk.

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
        record = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
        return Configuration(**record["configuration"])

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Test metrics, and the seconds that training took."""
        metrics: dict[str, float] = json.loads((self.path / "metrics.json").read_text("utf-8"))
        return metrics

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row an epoch: images, loss, accuracy, validation_loss, validation_accuracy."""
        return pd.read_csv(self.path / "history.csv")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Test scenes counted by intensity, label and predicted class."""
        return pd.read_csv(self.path / "predictions.csv")

    @cached_property
    def model(self) -> "keras.Model":
        """The trained network."""
        import keras  # costs seconds, and most readers of a run need its tables only

        return keras.models.load_model(self.path / "model.keras", compile=False)


class Store:
    """Runs and measurements below one folder.

    Args:
        root: the folder; by default INTENSITY_STORE, or store/ in the checkout.
        fresh_since: Unix time; what is older counts as absent and is replaced as it is computed.
            By default INTENSITY_FRESH, or nothing is too old.
    """

    def __init__(self, root: Path | None = None, fresh_since: float | None = None) -> None:
        """Remember where and how old."""
        self.root = root or Path(os.environ.get("INTENSITY_STORE", ROOT / "store"))
        given = os.environ.get("INTENSITY_FRESH", "0")
        self.fresh_since = float(given) if fresh_since is None else fresh_since

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been trained yet."""
        return not (self.root / "runs").is_dir()

    def path(self, configuration: Configuration) -> Path:
        """The folder of a run, whether it exists or not."""
        digest = _digest(configuration.canonical(), code_digest("intensity.training"))
        name = f"{configuration.network.name}-{configuration.task.name}-{digest}"
        return self.root / "runs" / name

    def find(self, configuration: Configuration) -> Run | None:
        """The finished run of a configuration, if there is one."""
        path = self.path(configuration)
        return Run(path) if self._is_valid(path) else None

    def add(self, configuration: Configuration, files: Mapping[str, bytes]) -> Run:
        """Keep a finished run.

        Args:
            configuration: what was trained.
            files: contents by file name, as `sweeps.pack` makes them.
        """
        return Run(self._add(self.path(configuration), files))

    def measure(self, function: Callable[..., Arrays], *arguments: Any, **options: Any) -> Arrays:
        """What a function returns, computed once for each set of arguments and version of its code.

        Args:
            function: returns arrays by name.
            arguments: a `Run` is named by its folder and handed on as its model; values, scenes,
                arrays, numbers and texts are named by their content and handed on as they are.
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
        digest = _digest(canonical_json(inputs), code_digest(function.__module__))
        path = self.root / "measurements" / f"{function.__name__}-{digest}"
        if not self._is_valid(path):
            given = [_handed_on(a) for a in arguments]
            arrays = function(*given, **{name: _handed_on(a) for name, a in options.items()})
            record = {"function": function.__name__, "inputs": inputs, **provenance()}
            self._add(path, {"config.json": _json(record), "arrays.npz": _npz(arrays)})
        with np.load(path / "arrays.npz", allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def _is_valid(self, path: Path) -> bool:
        """Whether a folder exists and is not too old."""
        return path.is_dir() and path.stat().st_mtime >= self.fresh_since

    def _add(self, path: Path, files: Mapping[str, bytes]) -> Path:
        """Make a folder whole or not at all; one of the same name is replaced if it is too old."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=".new-"))
        try:
            for name, content in files.items():
                (aside / name).write_bytes(content)
            aside.chmod(0o755)
            with _alone_in(path.parent):
                if not self._is_valid(path):  # of two processes that made the same, one was first
                    _put_in_place(aside, path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return path


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let no two processes rename in a folder at once, if its file system can lock folders."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _put_in_place(new: Path, path: Path) -> None:
    """Rename a folder, moving what stands there out of the way first."""
    if path.exists():
        old = Path(tempfile.mkdtemp(dir=path.parent, prefix=".old-"))
        path.replace(old / path.name)
        new.replace(path)
        shutil.rmtree(old, ignore_errors=True)
    else:
        new.replace(path)


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
        return {"run": argument.name}
    if isinstance(argument, BaseModel):
        return argument.model_dump(mode="json")
    if isinstance(argument, np.ndarray) and not argument.dtype.hasobject:
        content = hashlib.sha256(np.ascontiguousarray(argument).tobytes()).hexdigest()
        return {"dtype": str(argument.dtype), "shape": argument.shape, "sha256": content}
    if isinstance(argument, Scenes):
        columns = {name: _identity(getattr(argument, name)) for name in COLUMNS}
        return columns | {"task": _identity(argument.task), "options": _identity(argument.options)}
    if isinstance(argument, list | tuple):
        return [_identity(item) for item in argument]
    try:
        canonical_json(argument)
    except (TypeError, ValueError) as error:
        kind = type(argument).__name__
        raise InvalidInput(f"argument: a {kind} cannot name a measurement: {error}") from None
    return argument
