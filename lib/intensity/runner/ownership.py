"""One engine at a time for a run's folder, and none beside what a dead one has left running.

The engine holds the folder's lock while it lives. Kernels and workers may outlive it by seconds
when it is killed: all of them carry its name in their environment, and whoever comes next ends them
before anything is written.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from intensity.environment import RUN, set_variables, tell
from intensity.storage.files import write_aside
from intensity.storage.locks import Lock, if_free

LOCK, OWNER = ".lock", ".owner.json"
"""Files of a run's folder: locked by its engine; the engine's process id and start time."""

DYING = 5.0
"""Seconds within which a process that has let go of its lock is gone."""


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Have a run's folder for oneself while the block runs.

    Waits, with a line, for an engine that works there. Ends what dead engines of this checkout have
    left running.

    Args:
        folder: of a run; the folders of other runs lie beside it.
    """
    lock = Lock(folder / LOCK)
    if not lock.take():
        pid = _owner(folder).get("pid", "?")
        tell(f"{folder.name} is being run by process {pid} already; waiting until it has ended")
        lock.acquire()
    try:
        _end_leftovers(folder)
        for other in folder.parent.glob(f"*/{OWNER}"):
            _end_unless_locked(other.parent)
        owner = {"pid": os.getpid(), "started": psutil.Process().create_time()}
        write_aside(folder / OWNER, json.dumps(owner))
        set_variables({RUN: _name(owner)})
        yield
    finally:
        lock.release()


def _end_unless_locked(folder: Path) -> None:
    """End what is left of a folder's engine, if that is dead."""
    with if_free(folder / LOCK) as free:
        if free:
            _end_leftovers(folder)


def _end_leftovers(folder: Path) -> None:
    """End every process that the last engine of a folder has started, and wait until it is gone."""
    owner = _owner(folder)
    if not owner or _stays(owner):  # it stays where the file system has no locks
        return
    while left := list(_started_by(_name(owner))):
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=5)


def _owner(folder: Path) -> dict[str, Any]:
    """Process id and start time of a folder's last engine; nothing where there was none."""
    try:
        owner: dict[str, Any] = json.loads((folder / OWNER).read_text("utf8"))
    except (OSError, ValueError):
        return {}
    return owner


def _name(owner: dict[str, Any]) -> str:
    """What an engine is called in the environment of its processes."""
    return f"{owner['pid']} since {owner['started']}"


def _stays(owner: dict[str, Any]) -> bool:
    """Whether an engine lives on: one that ends has let go of its lock some moments before."""
    ends = time.monotonic() + DYING
    while _lives(owner):
        if time.monotonic() > ends:
            return True
        time.sleep(0.02)
    return False


def _lives(owner: dict[str, Any]) -> bool:
    """Whether an engine runs, other than this process: ids are given again, with another start."""
    try:
        process = psutil.Process(owner["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        started = process.create_time()
    except psutil.Error:
        return False
    return owner["pid"] != os.getpid() and started == owner["started"]


def _started_by(name: str) -> Iterator[psutil.Process]:
    """All processes that an engine has started, but for those that only wait to be collected."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(RUN) == name and process.pid != os.getpid():
                yield process
