"""What was computed once: entries on disk, one folder each, named by what produced them.

    store/runs/<name>/                          trainings, see `intensity.training.runs`
    store/tissue/<name>/                        those on real images, `training.tissue_runs`
    store/measurements/<function>-<digest>/     config.json arrays.npz sha256.json
    store/locks/<name>                          locked by the process that computes it

A measurement's digest covers its arguments and the code that computes it. What is in the store is
never computed again, by no two processes at once, and never used unless it is what was written: a
damaged folder is set aside (`.damaged-...`) with one line, and computed again.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import BaseModel

from intensity.data.scenes import COLUMNS, Scenes
from intensity.environment import settings, tell
from intensity.storage import entries
from intensity.storage.code_digest import code_digest, provenance
from intensity.storage.locks import Lock
from intensity.values import InvalidInput, Registered, canonical_json, shown

KINDS = ("checkpoints", "locks", "measurements", "runs", "tissue")
"""The folders of a store."""

_NAME = re.compile(r".+-[0-9a-f]{16}|measurements|runs|tissue")
"""What is in them: entries, and locks on entries or on all of a kind."""

_SYSTEM = ("lost+found", "@eaDir", "$RECYCLE.BIN", "System Volume Information")
"""What systems keep at the top of a disk, where a store may be too."""

Arrays = dict[str, np.ndarray]
P = ParamSpec("P")


class Store:
    """Entries below one folder.

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
        given = settings()
        self.published = published or given.pretrained
        self.root = root or given.store
        self.fresh_since = given.fresh if fresh_since is None else fresh_since
        _check_ours(self.root)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been trained yet."""
        return not (self.root / "runs").is_dir()

    @property
    def checkpoints(self) -> Path:
        """Where trainings on this machine keep how far they are, a file each."""
        return self.root / "checkpoints"

    def find(self, kind: str, name: str) -> Path | None:
        """The folder of an entry, by one of `KINDS`, if it is there, whole, not too old."""
        path = self.root / kind / name
        return path if self._has(path) else None

    def find_published(self, name: str) -> Path | None:
        """The folder of a published run, if there is one and it is what was written."""
        if self.published is None or not (self.published / name).is_dir():
            return None
        try:
            entries.check(self.published / name)
        except entries.Damaged as error:
            tell(f"{self.published.name}: {error}; it is not used")
            return None
        return self.published / name

    def lock(self, name: str) -> Lock:
        """The lock that the process holds which computes an entry."""
        return Lock(self.root / "locks" / name)

    def add(self, kind: str, name: str, files: Mapping[str, bytes]) -> Path:
        """Keep an entry of these files by kind and name; its folder."""
        path = self.root / kind / name
        with self.lock(kind):
            if not self._is_there(path):  # of two that made the same, one was first
                entries.keep(path, files)
        return path

    def measure(
        self, function: Callable[P, Arrays], *arguments: P.args, **options: P.kwargs
    ) -> Arrays:
        """What a function returns, computed once for each set of arguments and version of its code.

        Args:
            function: returns arrays by name; a function of this package.
            arguments: values, scenes, arrays, numbers and texts, and lists and tables of them.
            options: likewise, by keyword.

        Raises:
            InvalidInput: the function's code cannot be found again, or an argument has no name.
        """
        return self.once(function, partial(function, *arguments, **options), arguments, options)

    def once(
        self,
        function: Callable[..., Arrays],
        compute: Callable[[], Arrays],
        arguments: tuple[Any, ...],
        options: Mapping[str, Any],
    ) -> Arrays:
        """What `compute` returns, kept under the name of a function and of its arguments.

        Raises:
            InvalidInput: as for `measure`.
        """
        _check_nameable(function)
        inputs = {"arguments": _identity(arguments), "options": _identity(options)}
        code = code_digest(function.__module__)
        name = f"{function.__name__}-{digest(canonical_json(inputs), code)}"
        path = self.root / "measurements" / name
        with suppress(entries.Damaged):
            if self._is_there(path):
                return _arrays(entries.read(path, "arrays.npz"))
        with self.lock(name):
            if not self._has(path):  # another process may have made it meanwhile
                arrays = compute()
                record = {"function": function.__name__, "module": function.__module__,
                          "code": code, "inputs": inputs, **provenance()}  # fmt: skip
                files = {"config.json": _json(record), "arrays.npz": _npz(arrays)}
                entries.keep(path, files, durable=False)  # many, and each soon made again
            return _arrays(entries.read(path, "arrays.npz"))

    def _has(self, path: Path) -> bool:
        """Whether an entry is there, not too old and what was written; else it is set aside."""
        if not self._is_there(path):
            return False
        with suppress(entries.Damaged):
            entries.check(path)
            return True
        with self.lock(path.parent.name):  # another process may have replaced it meanwhile
            try:
                entries.check(path)
            except entries.Damaged as error:
                place = entries.set_aside(path)
                if place is not None:
                    tell(f"{error}; set aside as {place.name}, to be computed again")
                return False
        return True

    def _is_there(self, path: Path) -> bool:
        try:
            return path.stat().st_mtime >= self.fresh_since
        except OSError:
            return False


_SCENES: WeakKeyDictionary[Scenes, dict[str, Any]] = WeakKeyDictionary()
"""What names scenes, for as long as they live: a thousand measurements may be of the same ones."""


def digest(*texts: str) -> str:
    """Sixteen hexadecimal digits that name some texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _json(record: object) -> bytes:
    return (json.dumps(record, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def _npz(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _arrays(data: bytes) -> Arrays:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _check_ours(root: Path) -> None:
    """Refuse a folder in which somebody else keeps things."""
    if root.exists() and not root.is_dir():
        raise InvalidInput(f"store: {shown(root)} is not allowed: a folder")
    inside = [path for kind in KINDS for path in (root / kind).glob("[!.]*")]
    strange = [p for p in root.glob("[!.]*") if p.name not in (*KINDS, *_SYSTEM)]
    strange += [path for path in inside if not _NAME.fullmatch(path.name)]
    if strange:
        raise InvalidInput(
            f"store: {shown(root)} is not allowed: a new folder, or one that was made as a store; "
            f"{strange[0].relative_to(root)} is no part of one"
        )


def _check_nameable(function: Callable[..., Arrays]) -> None:
    """Refuse what module and name do not say: methods, lambdas, closures, partials."""
    name = getattr(function, "__qualname__", repr(function))
    if not (function.__module__.startswith("intensity.") and name.isidentifier()):
        raise InvalidInput(
            f"function: {name} of {function.__module__} is not allowed: "
            "only functions of modules of the package intensity can be named"
        )


def _identity(argument: Any) -> Any:
    """What names an argument of a measurement: JSON data that differ when the argument does."""
    if isinstance(argument, Registered):
        function, left_out = argument.function, {*argument.PRESENTATION, "function"}
        names = [field.name for field in fields(argument) if field.name not in left_out]
        code = {"function": function.__qualname__, "code": code_digest(function.__module__)}
        return {name: _identity(getattr(argument, name)) for name in names} | code
    if isinstance(argument, BaseModel):
        return argument.model_dump(mode="json")
    if isinstance(argument, np.ndarray) and not argument.dtype.hasobject:
        content = hashlib.sha256(np.ascontiguousarray(argument).tobytes()).hexdigest()
        return {"dtype": str(argument.dtype), "shape": argument.shape, "sha256": content}
    if isinstance(argument, Scenes):
        if argument not in _SCENES:
            columns = (*COLUMNS, "task", "options")
            _SCENES[argument] = {name: _identity(getattr(argument, name)) for name in columns}
        return _SCENES[argument]
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
