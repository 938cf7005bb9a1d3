"""Locks between processes that end with their owner, however it ends: filelock's, by flock(2).

The lock's file stays where it is: one that is removed could be locked by two, the old file by one
and the new one by the other.
"""

import errno
import stat
from pathlib import Path
from typing import Any, Self

from filelock import AcquireReturnProxy, FileLock, Timeout

LOCKLESS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}
"""What file systems without locks answer."""


class Lock(FileLock):
    """A lock by a file, which is made with its folder; two of one process exclude each other.

    On a file system without locks everybody gets it: what is written is whole all the same, but may
    be computed twice.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # as the umask says, for the others of a group; filelock would say 644
        mode = stat.S_IMODE(path.stat().st_mode)
        super().__init__(path, mode=mode, thread_local=False, fallback_to_soft=False)

    def acquire(self, *arguments: Any, **options: Any) -> AcquireReturnProxy[Self]:
        """Wait for it, as filelock does."""
        try:
            return super().acquire(*arguments, **options)
        except OSError as error:
            if error.errno not in LOCKLESS:
                raise
            return AcquireReturnProxy(self)

    def take(self) -> bool:
        """Take it, unless somebody else has it; whether it is held now."""
        try:
            self.acquire(blocking=False)
        except Timeout:
            return False
        return True
