"""Locks between processes that die with their owner, however it ends.

A lock is an empty file that one process at a time holds with flock(2). The system lets go of it
when its holder ends, so nothing has to be cleared up after a crash. The file itself stays: one that
is removed could be locked by two, the old file by one and the new one by the other.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Lock:
    """A file that one holder at a time has locked; two of one process exclude each other too."""

    def __init__(self, path: Path) -> None:
        """Remember the file; nothing is locked yet.

        Args:
            path: the file; it is made, with its folder, where it is missing.
        """
        self.path = path
        self._handle: int | None = None

    def acquire(self, wait: bool = True) -> bool:
        """Lock it.

        On a file system that has no locks everybody gets it: results are still written whole, but
        may be computed twice.

        Args:
            wait: until it is free; otherwise come back at once.

        Returns:
            Whether it is held now.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:
            pass
        except BaseException:  # an interrupt while it waits
            os.close(handle)
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Hold it while the block runs, unless somebody else has it; whether it is held."""
        try:
            yield self.acquire(wait=False)
        finally:
            self.release()

    def __enter__(self) -> "Lock":
        """Wait for it."""
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.release()
