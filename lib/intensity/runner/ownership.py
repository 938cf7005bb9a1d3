"""One engine at a time for a run's folder, and none beside what a dead one has left running.

The engine holds the folder's lock while it lives. Kernels and workers may outlive it by seconds
when it is killed: all of them carry its name in their environment, and whoever comes next ends them
before anything is written.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from intensity.environment import RUN, set_variables, tell
from intensity.storage.locks import Lock

PATIENCE = 5.0
"""Seconds that processes which were killed may take to be gone."""


def lock_of(folder: Path) -> Path:
    """The file beside a run's folder that its engine has locked."""
    return folder.with_name(f".{folder.name}.lock")


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Have a run's folder for oneself while the block runs.

    Waits, with a line, for an engine that works there. Ends what dead engines of this checkout have
    left running.

    Args:
        folder: of a run; the folders of other runs lie beside it.
    """
    lock = Lock(lock_of(folder))
    if not lock.take():
        tell(f"{folder.name} is being run by another process; waiting until it has ended")
        lock.acquire()
        time.sleep(0.1)  # a process that is killed is gone a moment after its locks
    try:
        _end_left(folder.parent)
        set_variables({RUN: f"{os.getpid()} {psutil.Process().create_time()} {folder.parent}"})
        yield
    finally:
        lock.release()


def _end_left(runs: Path) -> None:
    """End what dead engines have left, and what that starts meanwhile; wait until it is gone."""
    until, me = time.monotonic() + PATIENCE, psutil.Process()
    own = {me.pid, *(process.pid for process in me.parents())}
    while left := [p for p in psutil.process_iter() if p.pid not in own and _is_left(p, runs)]:
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=max(0.0, until - time.monotonic()))
        if time.monotonic() > until:
            tell(f"{len(left)} processes of a dead run do not end; going on beside them")
            return


def _is_left(process: psutil.Process, runs: Path) -> bool:
    """Whether a process was started by an engine that is dead, for one of these runs."""
    with suppress(psutil.Error, ValueError):  # it is gone, another user's, or no engine started it
        pid, started, place = process.environ().get(RUN, "").split(" ", 2)
        return place == str(runs) and not _lives(int(pid), float(started))
    return False


def _lives(pid: int, started: float) -> bool:
    """Whether a process runs; ids are given again, with another start."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and bool(process.create_time() == started)
    return False
