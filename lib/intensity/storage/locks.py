"""Locks between processes that die with their owner, however it ends.

They are filelock's, by flock(2). The lock's file stays where it is: one that is removed could be
locked by two, the old file by one and the new one by the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


def lock_at(path: Path) -> FileLock:
    """A lock by a file, which is made with its folder; two of one process exclude each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, thread_local=False)


def taken(lock: FileLock) -> bool:
    """Take a lock, unless somebody else has it; whether it is held now."""
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


@contextmanager
def if_free(path: Path) -> Iterator[bool]:
    """Hold a lock while the block runs, unless somebody else has it; whether it is held."""
    lock = lock_at(path)
    try:
        yield taken(lock)
    finally:
        lock.release()
