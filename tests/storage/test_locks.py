"""Locks: one holder at a time, among threads and processes, and none after its holder's death."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from intensity.storage.locks import Lock

HOLDER = """
import sys, time
from pathlib import Path
from intensity.storage.locks import Lock
lock = Lock(Path(sys.argv[1]))
assert lock.acquire(wait=False)
print("held", flush=True)
time.sleep(120)
"""


def test_two_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    first, second = (Lock(tmp_path / "new" / "lock") for _ in range(2))
    assert first.acquire()
    assert not second.acquire(wait=False)
    first.release()
    assert second.acquire(wait=False)
    second.release()
    with first:
        assert not second.acquire(wait=False)
    assert second.acquire(wait=False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_dies_with_its_holder(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert not Lock(path).acquire(wait=False)
        other.send_signal(number)
        assert Lock(path).acquire()  # waits for the process to end
        other.wait()


def test_where_there_are_no_locks_everybody_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert Lock(tmp_path / "lock").acquire(wait=False)
    assert Lock(tmp_path / "lock").acquire(wait=False)


def test_nothing_stays_open_where_it_is_not_got(tmp_path: Path) -> None:
    with Lock(tmp_path / "lock"):
        before = len(os.listdir("/dev/fd"))
        assert not Lock(tmp_path / "lock").acquire(wait=False)
        assert len(os.listdir("/dev/fd")) == before
