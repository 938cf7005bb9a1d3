"""Kill a run at random moments, let it finish, and compare what it leaves with an undisturbed run.

    python benchmarks/faults.py [KILLS]

Half of the kills are SIGKILL to the engine's process group, which its workers are in (kernels, in
groups of their own, outlive it by seconds), half to one worker. What has to be identical: weights,
histories, predictions and metrics of every network, results.json, the figures and the data behind
them; times alone may differ. Exit code 1 where anything does.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTEBOOKS = ("02_training", "05_responses")
"""What a fault run executes."""

KINDS = ("everything", "one worker")
"""What is killed, in turns."""

Contents = dict[str, str]
"""By name, what says everything about a result but its times."""


class Fault(NamedTuple):
    """What came of one kill.

    Args:
        kind: what was killed.
        after: seconds from the start to the kill.
        networks: how many were finished then.
        checkpoints: how many were in the middle of their training, with a state kept.
        seconds: from the kill to the end, the second start included.
        differences: names of results that are not those of the undisturbed run.
    """

    kind: str
    after: float
    networks: int
    checkpoints: int
    seconds: float
    differences: list[str]


@contextmanager
def small_checkout(notebooks: Sequence[str] = NOTEBOOKS) -> Iterator[Path]:
    """A folder with the project's code, some of its notebooks and what they need of fault.yaml."""
    with tempfile.TemporaryDirectory(prefix="intensity-faults-") as folder:
        checkout = Path(folder)
        for part in ("lib", "report"):
            shutil.copytree(
                ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "CITATION.cff", checkout)  # which the report quotes
        for part in ("notebooks", "params"):
            (checkout / part).mkdir()
        for name in notebooks:
            shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", checkout / "notebooks")
        profile = yaml.safe_load((HERE / "fault.yaml").read_text())
        needed = {name: profile[name] for name in notebooks}
        (checkout / "params" / "fault.yaml").write_text(yaml.safe_dump(needed))
        yield checkout


def start(checkout: Path, profile: str = "fault") -> "subprocess.Popen[bytes]":
    """Start a run in a process group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "lib")}
    for name in ("INTENSITY_STORE", "KERAS_BACKEND"):
        environment.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-m", "intensity", "run", "--profile", profile],
        cwd=checkout, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=(checkout / "stderr").open("ab"),
    )  # fmt: skip


def finish(process: "subprocess.Popen[bytes]", checkout: Path) -> None:
    """Wait for a run; what it said goes into the error where it failed."""
    if process.wait(timeout=600):
        raise RuntimeError((checkout / "stderr").read_text(errors="replace")[-2000:])


def contents(checkout: Path, profile: str = "fault") -> Contents:
    """All that a run has computed, by name."""
    found = {}
    for run in (checkout / "store" / "runs").glob("[!.]*"):
        metrics = json.loads((run / "metrics.json").read_text())
        found[f"{run.name}/metrics"] = json.dumps(metrics | {"seconds": 0})
        found[f"{run.name}/weights"] = _weights(run / "model.keras")
        for name in ("history.csv", "predictions.csv"):
            found[f"{run.name}/{name}"] = (run / name).read_text()
    folder = checkout / "runs" / profile
    results = json.loads((folder / "results.json").read_text())
    found["results.json"] = json.dumps(results | {"profile": ""})
    for path in (folder / "figures").iterdir():
        found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _weights(path: Path) -> str:
    """A digest of the file with all weight arrays of a saved network; it holds no time."""
    with zipfile.ZipFile(path) as archive:
        return hashlib.sha256(archive.read("model.weights.h5")).hexdigest()


def workers(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The Dask workers that a run has started."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def disturbed(
    checkout: Path, kind: str, moment: Callable[[float], bool], undisturbed: Contents
) -> Fault:
    """Start a run on an empty store, kill some of it, let it come to its end.

    Args:
        checkout: as `small_checkout` makes it.
        kind: of KINDS, what is killed.
        moment: tells from the seconds since the start whether it is time.
        undisturbed: the contents to compare with.

    Raises:
        RuntimeError: the run has ended before the moment came.
    """
    for part in ("store", "runs"):
        shutil.rmtree(checkout / part, ignore_errors=True)
    began, process = time.monotonic(), start(checkout)
    targets: list[psutil.Process] = []
    while not (moment(time.monotonic() - began) and (targets := workers(process))):
        time.sleep(0.01)
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before it was killed")
    if kind == "one worker":
        random.choice(targets).kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    killed = time.monotonic()
    runs, checkpoints = (
        len(list((checkout / "store" / part).glob("[!.]*"))) for part in ("runs", "checkpoints")
    )
    finish(process if kind == "one worker" else start(checkout), checkout)
    found = contents(checkout)
    names = sorted({*undisturbed, *found})
    differences = [name for name in names if undisturbed.get(name) != found.get(name)]
    return Fault(kind, killed - began, runs, checkpoints, time.monotonic() - killed, differences)


def later_than(moment: float) -> Callable[[float], bool]:
    """Tells whether so many seconds have passed."""
    return lambda seconds: seconds >= moment


def trial(kills: int) -> Iterator[Fault | float]:
    """The seconds of an undisturbed run, then what came of every kill."""
    with small_checkout() as checkout:
        began = time.monotonic()
        finish(start(checkout), checkout)
        seconds = time.monotonic() - began
        yield seconds
        undisturbed = contents(checkout)
        for number in range(kills):
            moment = later_than(random.uniform(0.05, 0.85) * seconds)  # then workers are gone
            yield disturbed(checkout, KINDS[number % 2], moment, undisturbed)


def main(kills: int) -> int:
    """Print a table; the exit code."""
    random.seed(0)
    faults = trial(kills)
    print(f"undisturbed: {next(faults):.0f} s", flush=True)
    print("| kill | of | after | networks finished | under way | to the end | identical |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    wrong = 0
    for number, fault in enumerate(faults, start=1):
        assert isinstance(fault, Fault)
        wrong += bool(fault.differences)
        same = ", ".join(fault.differences) or "yes"
        print(
            f"| {number} | {fault.kind} | {fault.after:.1f} s | {fault.networks} | "
            f"{fault.checkpoints} | {fault.seconds:.0f} s | {same} |",
            flush=True,
        )
    print(f"{kills - wrong} of {kills} ended with results identical to the undisturbed run's")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
