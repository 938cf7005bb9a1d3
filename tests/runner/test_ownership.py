"""A run's folder has one engine; what a dead one has left is ended before anything is written."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import psutil
import pytest

from intensity.environment import RUN
from intensity.runner import ownership
from intensity.runner.ownership import lock_of, owned
from intensity.storage.locks import Lock

ENGINE = """
import subprocess, sys, time
from pathlib import Path
from intensity.runner.ownership import owned
with owned(Path(sys.argv[1])):
    child = subprocess.Popen(["sleep", "120"], start_new_session=True)
    print(child.pid, flush=True)
    time.sleep(120)
"""


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """An engine's folder is in its environment; tests leave none behind."""
    with mock.patch.dict(os.environ):
        yield


def start_engine(folder: Path) -> tuple["subprocess.Popen[str]", psutil.Process]:
    """A process that owns a folder, and the child that it has started."""
    command = [sys.executable, "-c", ENGINE, str(folder)]
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    child = psutil.Process(int(engine.stdout.readline()))
    while RUN not in child.environ():  # it has none for a moment, until its program has begun
        time.sleep(0.01)
    return engine, child


@pytest.mark.parametrize("same", [True, False])
def test_what_a_killed_engine_has_left_is_ended(tmp_path: Path, same: bool) -> None:
    engine, child = start_engine(tmp_path / "smoke")
    with engine:
        assert child.is_running()
        engine.kill()
    assert child.is_running()
    with owned(tmp_path / ("smoke" if same else "standard")):
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_an_engine_that_lives_is_waited_for_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, child = start_engine(tmp_path / "smoke")
    with owned(tmp_path / "standard"):
        assert child.is_running(), "another folder's engine lives"
    got = threading.Event()

    def wait() -> None:
        """Take the folder when it is free."""
        with owned(tmp_path / "smoke"):
            got.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    with engine:
        assert not got.wait(0.5)
        engine.send_signal(signal.SIGTERM)
    waiting.join(30)
    assert got.is_set()
    said = "intensity: smoke is being run by another process; waiting"
    assert capsys.readouterr().err.startswith(said)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_the_folder_is_locked_and_its_engine_named_to_all_that_it_starts(tmp_path: Path) -> None:
    lock = Lock(lock_of(tmp_path / "run"))
    with owned(tmp_path / "run"):
        assert os.environ[RUN].startswith(f"{os.getpid()} ")
        assert os.environ[RUN].endswith(f" {tmp_path}")
        assert not lock.take()
    assert lock.take()


OWNER = """
import sys
from pathlib import Path
from intensity.runner.ownership import owned
with owned(Path(sys.argv[1])):
    print("owned", flush=True)
"""


def test_an_engine_started_from_what_a_dead_one_has_left_ends_neither_itself_nor_its_ancestors(
    tmp_path: Path,
) -> None:
    dead = os.environ | {RUN: f"{os.getpid()} 1.0 {tmp_path}"}  # the process had another start
    shell = [*("sh", "-c", '"$@"; echo survived', "sh"), sys.executable, "-c", OWNER]
    found = subprocess.run(
        [*shell, str(tmp_path / "smoke")], env=dead, capture_output=True, text=True, check=False
    )
    assert found.stdout.split() == ["owned", "survived"], found.stderr


def test_what_cannot_be_ended_is_waited_for_no_longer_than_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        monkeypatch.setattr(ownership, "_is_left", lambda process, runs: process.pid == child.pid)
        monkeypatch.setattr(psutil.Process, "kill", lambda process: None)
        monkeypatch.setattr(ownership, "PATIENCE", 0.2)
        with owned(tmp_path / "smoke"):
            assert "1 processes of a dead run do not end" in capsys.readouterr().err
        child.terminate()


def test_a_process_id_that_was_given_again_is_not_taken_for_the_engine() -> None:
    parent = psutil.Process(os.getppid())
    assert not ownership._lives(parent.pid, 1.0)
    assert ownership._lives(parent.pid, parent.create_time())
