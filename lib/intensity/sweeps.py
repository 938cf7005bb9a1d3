"""Many configurations -> many runs, on Dask.

INTENSITY_SCHEDULER names the scheduler that work is sent to: the one that the engine starts for all
notebooks of a run, or a cluster of other machines. Without it a sweep starts workers of its own.
Workers get configurations and return the files of finished runs, so they need no shared disk.

Several sweeps may share a scheduler. What two of them ask for at the same time is trained once, and
the process that was started first has its trainings done first.
"""

import fcntl
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import dask
import psutil  # type: ignore[import-untyped]
from distributed import Client, Future, LocalCluster, as_completed, fire_and_forget, get_worker
from tqdm import tqdm

from intensity.configurations import Configuration
from intensity.digests import code_digest, provenance
from intensity.processes import FAST, ONE_THREAD, cores
from intensity.store import Run, Store
from intensity.values import ROOT

if TYPE_CHECKING:
    from intensity.training import Trained

WORKER = FAST | ONE_THREAD | {"TF_CPP_MIN_LOG_LEVEL": "3"}
"""Environment of a worker of this machine."""

DASK = {
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.nanny.pre-spawn-environ": FAST,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.worker.profile.enabled": False,
}
"""Settings of a cluster of this machine: memory is kept from the start of a worker on, and Dask
does not look at tasks of minutes many times a second, which would cost a tenth of the time."""

STDERR_TO_FILE = """
import os
os.dup2(os.open({path!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), 2)
"""
"""What a worker of this machine runs first. TensorFlow greets on standard error whatever its log
level, in the middle of the progress line; the error of a training comes back by itself."""


class TrainingFailed(RuntimeError):
    """Some trainings of a sweep ended with an error; the others are finished and kept."""


def train_all(
    wanted: Sequence[Configuration] | Mapping[str, Sequence[Configuration]],
    store: Store | None = None,
) -> Any:
    """Finished runs of all configurations; those that the store lacks are trained first.

    Args:
        wanted: configurations, or lists of them by name.
        store: where runs are found and kept.

    Returns:
        Runs in the same arrangement.

    Raises:
        TrainingFailed: at least one training ended with an error.
    """
    if isinstance(wanted, Mapping):
        flat = [configuration for group in wanted.values() for configuration in group]
        runs = iter(train_all(flat, store))
        return {name: [next(runs) for _ in group] for name, group in wanted.items()}
    store = store or Store()
    missing = {store.path(c).name: c for c in wanted if store.find(c) is None}
    if missing:
        _train(missing, store)
    return [Run(store.path(configuration)) for configuration in wanted]


def _train(missing: Mapping[str, Configuration], store: Store) -> None:
    """Train what is missing, longest first, and keep each run as it comes."""
    order = sorted(missing.values(), key=lambda c: -c.cost)
    futures, failures = {}, []
    with _client(len(order)) as client, _Progress(order) as progress:
        for index, configuration in enumerate(order):
            if store.find(configuration):  # another sweep was first, while this one began
                progress.finish(index)
            else:
                name = f"{store.path(configuration).name} since {store.fresh_since}"
                client.subscribe_topic(name, partial(progress.on_event, index))
                futures[_submit(client, configuration, name)] = index
        for future in as_completed(futures, loop=client.loop):
            index = futures[future]
            if future.status == "finished":
                store.add(order[index], future.result())
            else:
                failures.append(f"{_title(order[index])}: {future.exception()}")
            progress.finish(index)
            future.release()
    if failures:
        raise TrainingFailed("; ".join(failures))


def _submit(client: Client, configuration: Configuration, name: str) -> "Future[dict[str, bytes]]":
    """Send a training to the scheduler, which takes what has one name for one and the same."""
    return client.submit(
        train_on_worker,
        configuration.model_dump(mode="json"),
        name,
        key=("train_on_worker", name),
        priority=-psutil.Process().create_time(),
    )


@contextmanager
def _client(tasks: int) -> Iterator[Client]:
    """A client of the scheduler that the environment names, or of workers for `tasks` at most."""
    scheduler = os.environ.get("INTENSITY_SCHEDULER")
    with (
        nullcontext(scheduler) if scheduler else local_cluster(min(cores(), tasks)) as address,
        Client(address, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def local_cluster(workers: int) -> Iterator[str]:
    """Workers on this machine while the block runs, one thread each; everything on loopback.

    Args:
        workers: how many.

    Returns:
        The scheduler's address.
    """
    scratch = ROOT / ".cache" / "dask"
    scratch.mkdir(parents=True, exist_ok=True)
    log = scratch / "workers.log"
    log.unlink(missing_ok=True)
    with (
        dask.config.set(DASK),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1",
            dashboard_address="127.0.0.1:0", local_directory=str(scratch), env=WORKER,
            silence_logs="ERROR", preload=[STDERR_TO_FILE.format(path=str(log))],
        ) as cluster,
    ):  # fmt: skip
        yield cluster.scheduler_address


def load_keras(address: str) -> None:
    """Have every worker of a cluster load Keras, without waiting for it.

    Args:
        address: the scheduler's.
    """
    with Client(address, set_as_default=False) as client:
        for worker in client.nthreads():
            fire_and_forget(client.submit(import_module, "keras", workers=worker, pure=False))


def train_on_worker(table: dict[str, Any], topic: str) -> dict[str, bytes]:
    """Train one configuration where a Dask worker runs, and tell how far it is.

    Args:
        table: the configuration's fields.
        topic: of its messages, to every sweep that waits for it.

    Returns:
        The files of the finished run.

    Raises:
        TrainingFailed: with the text of any error. TensorFlow's own errors would arrive without
            it, and load TensorFlow where they arrive.
    """
    from intensity.training import train  # the process that submits does not load Keras

    configuration = Configuration(**table)
    worker = get_worker()

    def report(images: int) -> None:
        """Send the number of images shown so far."""
        worker.log_event(topic, images)

    try:
        return pack(configuration, train(configuration, report))
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
    raise TrainingFailed(message)  # out here, since an error's context would travel with it


def pack(configuration: Configuration, trained: "Trained") -> dict[str, bytes]:
    """The files of a run.

    Args:
        configuration: what was trained.
        trained: what came of it.

    Returns:
        Contents by file name.
    """
    record = {
        "configuration": configuration.model_dump(mode="json"),
        "code": code_digest("intensity.training"),
        **provenance(),
    }
    with tempfile.TemporaryDirectory() as folder:
        trained.model.save(Path(folder) / "model.keras")
        model = (Path(folder) / "model.keras").read_bytes()
    return {
        "config.json": json.dumps(record, indent=2, sort_keys=True).encode(),
        "history.csv": trained.history.to_csv(index=False).encode(),
        "metrics.json": json.dumps(trained.metrics, indent=2, sort_keys=True).encode(),
        "predictions.csv": trained.predictions.to_csv(index=False).encode(),
        "model.keras": model,
    }


def _title(configuration: Configuration) -> str:
    """A run in few words."""
    return f"{configuration.network.name} on {configuration.task.name}, seed {configuration.seed}"


class _Progress:
    """One line on the terminal: how much of the sweep is done, how long it will take, what runs.

    Under `run_all` the terminal belongs to another process, which shows what is written to the
    file that INTENSITY_TERMINAL names; elsewhere the line goes to standard error.
    """

    def __init__(self, order: Sequence[Configuration]) -> None:
        """Nothing is done yet."""
        self.order = order
        self.lock = threading.Lock()
        self.done = [0.0] * len(order)
        self.finished = 0

    def __enter__(self) -> "_Progress":
        """Open the line."""
        path = os.environ.get("INTENSITY_TERMINAL")
        self.file: TextIO | _SharedLine = sys.stderr
        if path:
            self.file = _SharedLine(Path(path).open("a", encoding="utf-8"))
        self.bar = tqdm(
            total=sum(c.cost for c in self.order),
            file=self.file,
            bar_format="{percentage:3.0f} % of training |{bar:20}| {elapsed}<{remaining} {desc}",
            ncols=100,
            mininterval=1.0,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Close the line."""
        self.bar.close()
        if self.file is not sys.stderr:
            self.file.close()

    def on_event(self, index: int, event: tuple[float, int]) -> None:
        """Take a worker's message: when, and how many images it has shown to a network."""
        self._advance(index, event[1] / self.order[index].recipe.images)

    def finish(self, index: int) -> None:
        """Count a run as done."""
        self.finished += 1
        self._advance(index, 1.0)

    def _advance(self, index: int, share: float) -> None:
        """Move the line on; late messages never move it back."""
        with self.lock:  # messages come in another thread
            step = max(0.0, min(share, 1.0) - self.done[index])
            self.done[index] += step
            self.bar.set_description_str(
                f"{self.finished}/{len(self.order)} networks; {_title(self.order[index])}",
                refresh=False,
            )
            self.bar.update(step * self.order[index].cost)


class _SharedLine:
    """The one line of the terminal: who writes first has it to the end, and others are not seen."""

    encoding = "utf-8"

    def __init__(self, file: TextIO) -> None:
        """Write to the file that the terminal shows."""
        self.file = file

    def write(self, text: str) -> None:
        """Write, unless another process has the line."""
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        except OSError:
            pass  # a file system without locks: everyone is seen
        self.file.write(text)

    def flush(self) -> None:
        """Have the terminal show it."""
        self.file.flush()

    def close(self) -> None:
        """Give the line to others."""
        self.file.close()
