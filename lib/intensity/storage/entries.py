"""An entry of the store: a folder that says what is in it, and is read only as it was written.

Beside its files an entry has `sha256.json`: its own name, and the SHA-256 of every file. What is
read is compared with that, so a file that was cut, flipped, edited, emptied, mixed up or removed is
noticed and never used.
"""

import errno
import hashlib
import json
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from intensity.storage.files import write_folder

DIGESTS = "sha256.json"
"""The file with the digests of all others."""

SET_ASIDE = ".damaged-"
"""How the folders begin that damaged entries are moved to, beside their places."""

DAMAGE = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP),
    *(errno.EACCES, errno.EPERM, errno.EIO),
}
"""Errors in reading that are the entry's. Others, as too many open files, say nothing about it."""


class Damaged(OSError):
    """An entry that is not what was written; one line says in what."""


def keep(path: Path, files: Mapping[str, bytes], durable: bool = True) -> None:
    """Write an entry whole or not at all; an earlier one of its name is replaced.

    Args:
        path: its folder.
        files: contents by file name.
        durable: whether to wait until it is on the disk; if not, power failure may damage it.
    """
    try:
        check(path)
    except Damaged:
        if path.exists():  # what somebody has put there is not ours to remove
            set_aside(path)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    record = json.dumps({"entry": path.name, "files": digests}, indent=1, sort_keys=True) + "\n"
    write_folder(path, {**files, DIGESTS: record.encode()}, durable)


def read(path: Path, name: str) -> bytes:
    """The content of one file of an entry, as it was written.

    Args:
        path: the entry's folder.
        name: the file's name.

    Raises:
        Damaged: the file or its digest is missing, unreadable or not what was written.
    """
    try:
        return _read_once(path, name)
    except Damaged:  # or replaced by another process just now
        time.sleep(0.1)
        return _read_once(path, name)


def _read_once(path: Path, name: str) -> bytes:
    digests = _digests(path)
    if name not in digests:
        raise Damaged(f"{path.name}: {name} has no digest in {DIGESTS}")
    content = _read(path, name)
    if hashlib.sha256(content).hexdigest() != digests[name]:
        raise Damaged(f"{path.name}: {name} is not what was written")
    return content


def names(path: Path) -> list[str]:
    """The names of an entry's files.

    Raises:
        Damaged: they are not what was written.
    """
    return list(_digests(path))


def check(path: Path) -> None:
    """Read an entry whole.

    Raises:
        Damaged: as for `read`, for any of its files, or there is a file that was not written;
            hidden ones, which systems and editors leave, do not count.
    """
    digests = _digests(path)
    for name in digests:
        read(path, name)
    try:
        files = {file.name for file in path.iterdir() if not file.name.startswith(".")}
    except OSError as error:
        raise _damaged(path.name, error) from None
    if more := files - {*digests, DIGESTS}:
        raise Damaged(f"{path.name}: {min(more)} was not written with it")


def set_aside(path: Path) -> Path | None:
    """Move a damaged entry out of the way.

    Returns:
        The folder that it is in now; nothing where another process was faster.
    """
    # Beside its place: a folder without permissions cannot be moved into another one.
    place = Path(tempfile.mkdtemp(dir=path.parent, prefix=f"{SET_ASIDE}{path.name}-"))
    folder = path.is_dir() and not path.is_symlink()
    try:
        return path.rename(place if folder else place / path.name)
    except FileNotFoundError:
        with suppress(OSError):
            place.rmdir()
        return None


def _digests(path: Path) -> dict[str, str]:
    try:
        record = json.loads(_read(path, DIGESTS))
        name, digests = record["entry"], dict(record["files"])
    except (ValueError, TypeError, KeyError):
        raise Damaged(f"{path.name}: {DIGESTS} is not what was written") from None
    if name != path.name:
        raise Damaged(f"{path.name}: it was written as {name!r}")
    return digests


def _read(path: Path, name: str) -> bytes:
    try:
        return (path / name).read_bytes()
    except OSError as error:
        raise _damaged(f"{path.name}: {name}", error) from None


def _damaged(what: str, error: OSError) -> OSError:
    return Damaged(f"{what}: {error.strerror}") if error.errno in DAMAGE else error
