"""How files come to be: whole or not at all, even where power fails in between."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_aside(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed.

    Args:
        path: the file to make or replace; its folder is made where it is missing.
        content: text (written as UTF-8) or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        _write(Path(aside), content.encode() if isinstance(content, str) else content)
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder whole or not at all; one that has its name is replaced.

    While it is replaced, and where the process ends just then, there is neither for a moment.

    Args:
        path: the folder; its parents are made where they are missing.
        files: contents by file name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=".new-"))
    try:
        for name, content in files.items():
            _write(aside / name, content)
        aside.chmod(0o755)
        if path.exists():  # a folder that is not empty can only be renamed out of the way
            old = Path(tempfile.mkdtemp(dir=path.parent, prefix=".old-"))
            path.replace(old / path.name)
            aside.replace(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk: a rename may get there before its content."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
