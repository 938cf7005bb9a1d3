"""Kernels are stopped with the engine, and the environment is what it is said to be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

from intensity.kernels import relayed_to_terminal, set_environment

ENGINE = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
from pathlib import Path
from intensity.reproduce import Reproduction, Request
from intensity.settings import Layout
assert not {"tensorflow", "keras"} & set(sys.modules), "the engine computes nothing"
sys.exit(Reproduction(Request(profile="smoke"), Layout(Path(sys.argv[1]))).execute())
"""
WAIT = """\
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "120"], start_new_session=True)
pathlib.Path(output, "pids.part").write_text(f"{os.getpid()} {child.pid}")
pathlib.Path(output, "pids.part").rename(pathlib.Path(output, "pids"))
time.sleep(120)"""


def test_an_interrupt_stops_the_kernel_workers_and_what_they_started(checkout: Any) -> None:
    checkout.notebook("01_data", WAIT)
    checkout.profile("smoke", "01_data: {}\n")
    folder = checkout.layout.run("smoke")
    command = [sys.executable, "-c", ENGINE, str(checkout.root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as engine:
        pids = wait_for(folder / "pids", engine)
        pids += [child.pid for child in psutil.Process(engine.pid).children(recursive=True)]
        engine.send_signal(signal.SIGINT)
        _, said = engine.communicate(timeout=60)
    assert engine.returncode == 130
    assert said.splitlines()[-1].endswith("To go on: ./run_all.sh --profile smoke --from 01")
    assert not any(is_running(pid) for pid in pids)
    assert not list((folder / "notebooks").iterdir())
    assert "Not run yet" in (folder / "report" / "index.html").read_text()


def wait_for(path: Path, engine: subprocess.Popen[str]) -> list[int]:
    """The process ids that a notebook writes once it runs."""
    until = time.monotonic() + 120
    while not path.exists():
        assert engine.poll() is None, engine.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    return [int(pid) for pid in path.read_text().split()]


def is_running(pid: int) -> bool:
    """Is there such a process, other than one that has ended and is not yet collected?"""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_caches_stay_inside_the_checkout(tmp_path: Path) -> None:
    with mock.patch.dict(os.environ, {"INTENSITY_FRESH": "1"}):
        set_environment(tmp_path, {"INTENSITY_TERMINAL": "a", "INTENSITY_FRESH": None})
        assert os.environ["INTENSITY_TERMINAL"] == "a"
        assert "INTENSITY_FRESH" not in os.environ
        for name in ("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "KERAS_HOME"):
            assert Path(os.environ[name]).is_relative_to(tmp_path / ".cache")


def test_all_that_is_appended_reaches_the_terminal(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "progress"
    path.write_text("of an earlier run")
    with relayed_to_terminal(path):
        for text in ("10 %\r", "90 %\r", "done\n"):
            with path.open("a", newline="") as file:
                file.write(text)
    assert capsys.readouterr().err == "10 %\r90 %\rdone\n"
