"""A run is killed, or its disk is full: the next call ends as if nothing had happened."""

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from conftest import Checkout
from intensity import __main__
from intensity.values import ROOT

PROFILE = """
seeds: [0, 1]
test_images: 100
validation_images: 50
trainings: {tiny: {task: hard, scenes: discs, network: pixels, epochs: 6, epoch_images: 64}}
06_units:
  trainings: [bn_compact: tiny, baseline: tiny, monotone: tiny, bn_tiny_full: tiny]
  profile_scenes: 1
  step: 1
  scatter_scenes: 1
  probe_scenes: 1
"""
CELLS = (
    """
import pandas as pd
from matplotlib.figure import Figure
from intensity.runner.book import Book
book = Book("06_units", profile)
(runs, *_) = book.train(book.parameters.trainings).values()
""",
    """
accuracies = [run.metrics["accuracy"] for run in runs]
book.over_seeds("accuracy/hard/pixels", accuracies, scenes=100)
fig = Figure()
fig.subplots().plot(accuracies)
book.show("accuracy", fig, pd.DataFrame({"accuracy": accuracies * 30_000}))
book.save();
""",
)
"""What these runs execute: two trainings, a measurement, a figure with half a megabyte of data."""

VICTIMS = ("the whole run", "one worker")
"""What is killed."""


def small_checkout(folder: Path) -> Path:
    """A folder with the project's code, a notebook and a profile for that."""
    made = Checkout(folder)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lib", made.root / "lib", ignore=skip)
    shutil.copy(ROOT / "CITATION.cff", made.root)
    made.notebook("06_units", *CELLS)
    words = "figures: {accuracy: {caption: Two accuracies., alt: A line.}}"
    made.layout.captions("06_units").write_text(words)
    made.profile("fault", PROFILE)
    return made.root


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which runs are disturbed, one after the other."""
    return small_checkout(tmp_path_factory.mktemp("checkout"))


def start(checkout: Path) -> "subprocess.Popen[bytes]":
    """Start a run in a process group of its own, on an empty store or on what was left."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "lib")}
    environment.pop("INTENSITY_STORE", None)
    command = [sys.executable, "-m", "intensity", "run", "--profile", "fault", "--workers", "1"]
    with (checkout / "stderr").open("ab") as errors:
        return subprocess.Popen(
            command, cwd=checkout, env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip


def finish(process: "subprocess.Popen[bytes]", checkout: Path) -> dict[str, str]:
    """Wait for a run; all that it has computed, by name, but for times."""
    assert process.wait(600) == 0, (checkout / "stderr").read_text(errors="replace")[-2000:]
    found = {}
    for run in (checkout / "store" / "runs").glob("[!.]*"):
        metrics = json.loads((run / "metrics.json").read_text())
        found[f"{run.name}/metrics"] = json.dumps(metrics | {"seconds": 0})
        for name in ("history.csv", "predictions.csv"):
            found[f"{run.name}/{name}"] = (run / name).read_text()
        with zipfile.ZipFile(run / "model.keras") as archive:
            found[f"{run.name}/weights"] = digest(archive.read("model.weights.h5"))
    folder = checkout / "runs" / "fault"
    found["results.json"] = (folder / "results.json").read_text()
    return found | {path.name: digest(path.read_bytes()) for path in folder.glob("figures/*")}


def digest(content: bytes) -> str:
    """Stands for bytes in what a failed test prints."""
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def undisturbed(checkout: Path) -> dict[str, str]:
    """What a run leaves that nothing happens to."""
    return finish(start(checkout), checkout)


def workers(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The processes that train for a run."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def disturbed(checkout: Path, victim: str, now: Callable[[], bool]) -> dict[str, str] | None:
    """What a run leaves, begun on an empty store, that is killed when it is time, and then ends.

    None if it ended before, or had no worker any more.
    """
    for part in ("store", "runs"):
        shutil.rmtree(checkout / part)
    process = start(checkout)
    while not (now() and (victim != VICTIMS[1] or workers(process))):
        if process.poll() is not None:
            return None
        time.sleep(0.01)
    if victim == VICTIMS[1]:
        workers(process)[0].kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process = start(checkout)
    return finish(process, checkout)


def test_a_run_that_is_killed_while_it_trains_ends_as_if_nothing_had_happened(
    checkout: Path, undisturbed: dict[str, str]
) -> None:
    checkpoints = checkout / "store" / "checkpoints"
    found = disturbed(checkout, VICTIMS[0], lambda: any(checkpoints.glob("[!.]*")))
    assert found == undisturbed


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounts a small disk")
def test_a_full_disk_is_a_line_and_the_run_resumes_when_there_is_room(
    checkout: Path, undisturbed: dict[str, str]
) -> None:
    runs = checkout / "runs"
    shutil.rmtree(runs)
    runs.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(runs)]
    if subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    try:
        (checkout / "stderr").unlink()
        assert start(checkout).wait(600) == 1
        lines = (checkout / "stderr").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith("intensity: ")]
        assert "No space left on device" in line
        subprocess.run(["mount", "-o", "remount,size=100m", str(runs)], check=True)
        assert finish(start(checkout), checkout) == undisturbed
    finally:
        subprocess.run(["umount", "-l", str(runs)], check=True)


def test_what_the_system_refuses_is_a_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/smoke/results.json")

    monkeypatch.setitem(__main__.COMMANDS, "run", refuse)
    assert __main__.main(["run"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("intensity: runs/smoke/results.json: No space left on device; ")
