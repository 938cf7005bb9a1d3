"""Locks: one holder at a time, among threads and processes, and none after its holder's death."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from intensity.storage.locks import if_free, lock_at, taken

HOLDER = """
import sys, time
from pathlib import Path
from intensity.storage.locks import lock_at, taken
lock = lock_at(Path(sys.argv[1]))
assert taken(lock)
print("held", flush=True)
time.sleep(120)
"""


def test_two_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    first, second = (lock_at(tmp_path / "new" / "lock") for _ in range(2))
    assert taken(first)
    assert not taken(second)
    with if_free(tmp_path / "new" / "lock") as free:
        assert not free
    assert not taken(second)
    first.release()
    with if_free(tmp_path / "new" / "lock") as free:
        assert free
        assert not taken(second)
    assert taken(second)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_dies_with_its_holder(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert not taken(lock_at(path))
        other.send_signal(number)
        with lock_at(path):  # waits for the process to end
            assert not taken(lock_at(path))
        other.wait()
