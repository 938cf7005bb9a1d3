"""Locks: one holder at a time, none after its holder's death, everybody where there are none."""

import errno
import fcntl
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
assert lock.take()
print("held", flush=True)
time.sleep(120)
"""


def test_two_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    first, second = (Lock(tmp_path / "new" / "lock") for _ in range(2))
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_dies_with_its_holder(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert not Lock(path).take()
        other.send_signal(number)
        with Lock(path):  # waits for the process to end
            assert not Lock(path).take()
        other.wait()


@pytest.mark.parametrize("answer", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_on_a_disk_without_locks_everybody_gets_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(answer, "this disk has no locks")

    monkeypatch.setattr(fcntl, "flock", fail)
    path = tmp_path / "lock"
    first, second = Lock(path), Lock(path)
    with Lock(path), Lock(path).acquire(blocking=False):
        assert first.take()
        assert second.take()
    first.release()


def test_a_disk_that_fails_is_no_disk_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match="the disk fails"):
        Lock(tmp_path / "lock").take()
