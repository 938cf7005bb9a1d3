"""A run is killed, its disk is full, it is started twice: it ends as if undisturbed."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from intensity import __main__
from intensity.runner import ownership
from intensity.values import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import faults

pytestmark = pytest.mark.processes

TRAIN = "    return pack(configuration, train("
COUNT = "    (Path(__file__).parents[2] / 'trained').open('a').write(path.name + ' ')\n"
"""Where a worker begins a training, and what it then notes in the checkout."""


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A checkout with one of the notebooks, and with smaller networks than the benchmark has."""
    with faults.small_checkout(faults.NOTEBOOKS[:1]) as folder:
        path = folder / "params" / "fault.yaml"
        profile = yaml.safe_load(path.read_text())
        for table in profile["02_training"]["trainings"].values():
            table |= {"epochs": 2, "epoch_images": 64}
            table["network"] = table["network"].replace("small", "pixels")
        for name in ("fault", "other"):
            (folder / "params" / f"{name}.yaml").write_text(yaml.safe_dump(profile))
        sweeps = folder / "lib" / "intensity" / "sweeps.py"
        sweeps.write_text(sweeps.read_text().replace(TRAIN, COUNT + TRAIN))
        assert COUNT in sweeps.read_text()
        yield folder


@pytest.fixture(scope="module")
def undisturbed(checkout: Path) -> faults.Contents:
    """What a run leaves that nothing happens to."""
    faults.finish(faults.start(checkout), checkout)
    return faults.contents(checkout)


@pytest.mark.parametrize("kind", faults.KINDS)
def test_a_run_that_is_killed_while_it_trains_ends_as_if_nothing_had_happened(
    checkout: Path, undisturbed: faults.Contents, kind: str
) -> None:
    checkpoints, trained = checkout / "store" / "checkpoints", checkout / "trained"
    trained.unlink()
    fault = faults.disturbed(checkout, kind, lambda _: any(checkpoints.glob("[!.]*")), undisturbed)
    assert fault.differences == []
    starts = trained.read_text().split()
    assert len(starts) > len(set(starts)), "no training was interrupted"


def test_three_at_once_all_end_well_and_train_nothing_twice(
    checkout: Path, undisturbed: faults.Contents
) -> None:
    for part in ("store", "runs"):
        shutil.rmtree(checkout / part)
    trained = checkout / "trained"
    trained.unlink()
    profiles = ("fault", "other", "fault")
    runs = [faults.start(checkout, profile) for profile in profiles]
    assert [run.wait(600) for run in runs] == [0, 0, 0]
    for profile in profiles[:2]:
        assert faults.contents(checkout, profile) == undisturbed
    starts = trained.read_text().split()
    assert sorted(starts) == sorted(set(starts))
    assert len(starts) == len(list((checkout / "store" / "runs").glob("[!.]*")))
    assert "fault is being run by process" in (checkout / "stderr").read_text()


def test_ctrl_c_ends_all_of_it_within_five_seconds_and_says_how_to_go_on(
    checkout: Path, undisturbed: faults.Contents
) -> None:
    for part in ("store", "runs"):
        shutil.rmtree(checkout / part)
    process = faults.start(checkout)
    while not any((checkout / "store" / "checkpoints").glob("[!.]*")):
        assert process.poll() is None
        time.sleep(0.01)
    owner = f"{process.pid} since {psutil.Process(process.pid).create_time()}"
    assert list(ownership._started_by(owner))
    os.kill(process.pid, signal.SIGINT)
    began = time.monotonic()
    assert process.wait(60) == 130
    assert time.monotonic() - began < 5
    assert not list(ownership._started_by(owner))
    last = (checkout / "stderr").read_text().splitlines()[-1]
    assert "To go on: ./run_all.sh --profile fault" in last


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounts a small disk")
def test_a_full_disk_is_said_in_a_line_and_after_making_room_it_goes_on(
    checkout: Path, undisturbed: faults.Contents
) -> None:
    runs = checkout / "runs"
    shutil.rmtree(runs)
    runs.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(runs)]
    if subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    try:
        (checkout / "stderr").unlink()
        assert faults.start(checkout).wait(600) == 1
        lines = (checkout / "stderr").read_text().splitlines()
        said = [line for line in lines if line.startswith("intensity: ")]
        assert len(said) == 1, lines[-5:]
        assert "No space left on device" in said[0]
        subprocess.run(["mount", "-o", "remount,size=100m", str(runs)], check=True)
        faults.finish(faults.start(checkout), checkout)
        assert faults.contents(checkout) == undisturbed
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
