"""Many configurations -> many runs, on Dask.

INTENSITY_SCHEDULER names the scheduler that work is sent to: the one that the engine starts for all
notebooks of a run, or a cluster of other machines. Without it a sweep starts workers of its own.
Workers get configurations and return the files of finished runs, so they need no shared disk.

A sweep holds the locks of the runs that it is having trained. What another process is having
trained meanwhile it waits for. Within one scheduler, the process that was started first has its
trainings done first.
"""

import fcntl
import json
import math
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import psutil  # type: ignore[import-untyped]
from distributed import Client, Future, KilledWorker, get_worker
from tqdm import tqdm

from intensity.environment import cores
from intensity.storage.code_digest import code_digest, provenance, training_code
from intensity.storage.locks import Lock
from intensity.storage.store import Run, Store, run_name
from intensity.training.configuration import Configuration
from intensity.training.workers import CHECKPOINTS, connect, local_cluster, other_code

if TYPE_CHECKING:
    from intensity.training.loop import Trained

PAUSE = 0.1
"""Seconds between two looks at what is not finished."""

TELLING = 1.0
"""Seconds from one message of a training to its next: a scheduler may have a thousand workers."""

FETCHING = 60
"""Seconds that a finished run may take on its way from a worker."""


class WorkerError(RuntimeError):
    """What ended a training on a worker, as text.

    The error itself would load the library that it comes from where it arrives, or arrive empty.
    """

    def __init__(self, text: str, trace: str) -> None:
        """Keep the error's text and where it was raised."""
        super().__init__(text, trace)
        self.text, self.trace = text, trace

    def __str__(self) -> str:
        return self.text


class TrainingFailed(RuntimeError):
    """Some trainings of a sweep ended with an error; the others are finished and kept.

    Its notes have each one's configuration and traceback.
    """


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
    found = {store.path(c).name: store.find(c) for c in wanted}
    missing = {store.path(c).name: c for c in wanted if found[store.path(c).name] is None}
    if missing:
        order = sorted(missing.values(), key=lambda c: -c.cost)
        with _client(store, len(order)) as client, _Progress(order) as progress:
            _Sweep(order, store, client, progress).run()
    return [found[store.path(c).name] or Run(store.path(c)) for c in wanted]


@contextmanager
def _client(store: Store, tasks: int) -> Iterator[Client]:
    """A client of the scheduler that the environment names, or of workers for `tasks` at most."""
    address = os.environ.get("INTENSITY_SCHEDULER")
    if address:
        with connect(address) as client:
            yield client
        return
    with (
        local_cluster(min(cores(), tasks), store.checkpoints) as own,
        connect(own) as client,
    ):
        yield client


class _Sweep:
    """The trainings of one sweep: those that it has sent to workers, and those that others have."""

    def __init__(
        self, order: Sequence[Configuration], store: Store, client: Client, progress: "_Progress"
    ) -> None:
        """Nothing is sent yet."""
        self.order, self.store, self.client, self.progress = order, store, client, progress
        self.waiting = list(range(len(order)))
        self.locks: dict[int, Lock] = {}
        self.futures: dict[Future[dict[str, bytes]], int] = {}
        self.failures: list[tuple[Configuration, BaseException]] = []

    def run(self) -> None:
        """Train what is missing, longest first, and keep each run as it comes."""
        for index in self.waiting:
            listener = partial(self.progress.on_event, index)
            self.client.subscribe_topic(self._topic(index), listener)
        try:
            while self.waiting or self.futures:
                self.waiting = [index for index in self.waiting if not self._claim(index)]
                for future in self._done():
                    self._take(future)
        finally:
            for lock in self.locks.values():
                lock.release()
        if self.failures:
            raise _failed(self.failures)

    def _claim(self, index: int) -> bool:
        """Send a training to the workers, unless another process has it or has finished it."""
        configuration = self.order[index]
        lock = self.store.lock(self.store.path(configuration))
        if not lock.acquire(wait=False):
            return False
        self.locks[index] = lock
        run = self.store.find(configuration)
        if run:
            self._finish(index, run)
        else:
            self.futures[self._submit(index)] = index
        return True

    def _submit(self, index: int) -> "Future[dict[str, bytes]]":
        """Send a training to the scheduler, which takes what has one name for one and the same."""
        return self.client.submit(
            train_on_worker,
            self.order[index].model_dump(mode="json"),
            self._topic(index),
            training_code(),
            self.store.fresh_since,
            key=("train_on_worker", self._topic(index)),
            priority=-psutil.Process().create_time(),
        )

    def _topic(self, index: int) -> str:
        """What the messages of a training are about."""
        return f"{self.store.path(self.order[index]).name} since {self.store.fresh_since}"

    def _done(self) -> list["Future[dict[str, bytes]]"]:
        """What has ended since the last look."""
        time.sleep(PAUSE)
        return [f for f in self.futures if f.done() or f.status == "lost"]

    def _take(self, future: "Future[dict[str, bytes]]") -> None:
        """Keep what a training has left, or why it has left nothing."""
        index, run = self.futures[future], None
        try:
            files = _files(future)
        except TimeoutError:  # its worker died before it was fetched, so it is being done again
            return
        except Exception as error:
            self.failures.append((self.order[index], error))
        else:
            run = self.store.add(self.order[index], files)
        del self.futures[future]
        future.release()
        self._finish(index, run)

    def _finish(self, index: int, run: Run | None) -> None:
        """Count a training as done and let go of it."""
        self.progress.finish(index, run)
        self.locks.pop(index).release()


def _files(future: "Future[dict[str, bytes]]") -> dict[str, bytes]:
    """What a training that has ended has left."""
    if future.status in ("lost", "cancelled"):
        raise RuntimeError("the scheduler has lost it or is gone")
    return future.result(timeout=FETCHING)


def _failed(failures: Sequence[tuple[Configuration, BaseException]]) -> TrainingFailed:
    """One error about trainings that have failed."""
    error = TrainingFailed("; ".join(f"{_title(c)}: {_reason(e)}" for c, e in failures))
    for configuration, cause in failures:
        trace = cause.trace if isinstance(cause, WorkerError) else ""
        error.add_note(f"{_title(configuration)}: {configuration.canonical()}\n{trace}")
    return error


def _reason(error: BaseException) -> str:
    """Why a training failed, in a few words."""
    if isinstance(error, KilledWorker):
        return "its worker died, and so did those that did it again"
    return str(error) or type(error).__name__


def train_on_worker(table: dict[str, Any], topic: str, code: str, since: float) -> dict[str, bytes]:
    """Train one configuration where a Dask worker runs, and tell how far it is.

    Args:
        table: the configuration's fields.
        topic: of its messages, to the sweep that waits for it.
        code: what it has to be trained with, as `training_code` tells.
        since: Unix time; what is kept of an older, interrupted training is not used.

    Returns:
        The files of the finished run.

    Raises:
        WorkerError: with text and traceback of any error.
    """
    worker = get_worker()
    if training_code() != code:
        raise WorkerError(other_code(worker.address, training_code()), "")
    configuration = Configuration(**table)
    told = -math.inf

    def report(images: int) -> None:
        """Send the number of images shown so far, not too often."""
        nonlocal told
        if time.monotonic() - told >= TELLING:
            told = time.monotonic()
            worker.log_event(topic, images)

    try:
        return _train(configuration, report, since)
    except Exception as error:
        text, trace = f"{type(error).__name__}: {error}", traceback.format_exc()
    raise WorkerError(text, trace)  # out here, since an error's context would travel with it


def _train(configuration: Configuration, report: Any, since: float) -> dict[str, bytes]:
    """Train, going on from what an interrupted training has left on this machine."""
    from intensity.training.checkpoints import (
        Checkpoint,  # a process that submits does not load Keras
    )
    from intensity.training.loop import train

    folder = os.environ.get(CHECKPOINTS)
    path = Path(folder or "", run_name(configuration, training_code()))
    checkpoint = Checkpoint(path, since) if folder else None
    return pack(configuration, train(configuration, report, checkpoint))


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
        "code": code_digest("intensity.training.loop"),
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
        self.last = ""

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

    def finish(self, index: int, run: Run | None = None) -> None:
        """Count a training as done, and show what came of it."""
        self.finished += 1
        accuracy = f"{run.metrics['accuracy']:.1%}" if run else "failed"
        self.last = f"{_title(self.order[index])}: {accuracy}"
        self._advance(index, 1.0)

    def _advance(self, index: int, share: float) -> None:
        """Move the line on; late messages never move it back."""
        with self.lock:  # messages come in another thread
            step = max(0.0, min(share, 1.0) - self.done[index])
            self.done[index] += step
            shown = self.last or _title(self.order[index])
            self.bar.set_description_str(
                f"{self.finished}/{len(self.order)} networks; {shown}", refresh=False
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
        with suppress(OSError):  # on a full disk nothing is shown
            self.file.write(text)

    def flush(self) -> None:
        """Have the terminal show it."""
        with suppress(OSError):
            self.file.flush()

    def close(self) -> None:
        """Give the line to others."""
        self.file.close()
