"""How files come to be, whole or not at all even where power fails; how YAML and JSON are read."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import yaml

from intensity.values import InvalidInput, Value, shown

Record = TypeVar("Record", bound=Value)


def write_aside(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed.

    Args:
        path: the file to make or replace; its folder is made where it is missing.
        content: text (written as UTF-8) or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _beside(path, f".{path.name}.")  # not of tempfile, which lets nobody else read it
    try:
        _write(aside, content.encode() if isinstance(content, str) else content)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_folder(path: Path, files: Mapping[str, bytes], durable: bool = True) -> None:
    """Write a folder whole or not at all; one that has its name is replaced.

    While it is replaced, and where the process ends just then, there is neither for a moment.

    Args:
        path: the folder; its parents are made where they are missing.
        files: contents by file name.
        durable: whether to wait until it is on the disk, milliseconds a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _beside(path, ".new-")
    aside.mkdir()
    try:
        for name, content in files.items():
            _write(aside / name, content, durable)
        if path.exists():  # a folder that is not empty can only be renamed out of the way
            old = _beside(path, ".old-")
            path.replace(old)
            aside.replace(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_value(path: Path, value: Value) -> None:
    """Write a value as JSON, whole or not at all, with a line for each of its fields."""
    data = value.model_dump(mode="json")
    write_aside(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_value(path: Path, kind: type[Record]) -> Record:
    """A value that was written as JSON.

    Raises:
        InvalidInput: it is not there, or not what this version writes.
    """
    try:
        return kind(**json.loads(path.read_text("utf8")))
    except FileNotFoundError:
        raise InvalidInput(f"{shown(path)} is not there: run the notebooks first") from None
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{shown(path)}: not what this version writes: {error}") from None


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping with texts as keys.

    Raises:
        InvalidInput: it is no YAML, a key occurs twice, or it holds something else.
    """
    try:
        data = yaml.load(path.read_text("utf8"), _Loader) or {}
    except (yaml.YAMLError, ValueError) as error:  # the latter: no UTF-8, the 32nd of a month
        text = " ".join(str(error).split())
        raise InvalidInput(f"{shown(path)}: this is no YAML: {text}") from None
    if not isinstance(data, dict):
        raise InvalidInput(f"{shown(path)}: {data!r} is not allowed: a mapping")
    return {str(key): value for key, value in data.items()}


class _Loader(yaml.SafeLoader):
    """Reads YAML, and refuses a key that occurs twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; what comes with "<<" may be set anew."""
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if (key.tag, key.value) in seen and key.value != "<<":
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"{key.value!r} stands twice, again in line {line}")
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def is_half_written(path: Path) -> bool:
    """Whether a file is one that `write_aside` was writing when its process was killed."""
    return re.fullmatch(r"\..+\.[0-9a-f]{32}", path.name) is not None


def _beside(path: Path, prefix: str) -> Path:
    """A name beside a place that nobody else has; the umask decides who may read what gets it."""
    return path.with_name(f"{prefix}{uuid4().hex}")


def _write(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file; wait until it is on the disk: a rename may get there before its content."""
    with path.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
