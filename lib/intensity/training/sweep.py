"""Many configurations -> many runs, on Dask.

INTENSITY_SCHEDULER names the scheduler that work is sent to: the one that the engine starts for all
notebooks of a run, or a cluster of other machines. Without it a sweep starts workers of its own.
Workers get configurations and return the files of finished runs, so they need no shared disk.

A sweep holds the locks of the runs that it is having trained. What another process is having
trained meanwhile it waits for. Within one scheduler, the process that was started first has its
trainings done first.
"""

import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import psutil  # type: ignore[import-untyped]
from distributed import Client, Future, KilledWorker, get_worker

from intensity.environment import cores, settings
from intensity.storage.locks import Lock
from intensity.storage.store import Store
from intensity.training.configuration import Configuration
from intensity.training.progress import Progress, title
from intensity.training.runs import Run, add_run, find_run, pack, run_name, training_code
from intensity.training.workers import connect, local_cluster, other_code

Files = dict[str, bytes]

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
        super().__init__(text, trace)
        self.text, self.trace = text, trace

    def __str__(self) -> str:
        return self.text


class TrainingFailed(RuntimeError):
    """Some trainings of a sweep ended with an error; the others are finished and kept.

    Its notes have each one's configuration and traceback.
    """


def train_all(
    wanted: Mapping[str, Sequence[Configuration]], store: Store | None = None
) -> dict[str, list[Run]]:
    """Finished runs of all configurations, arranged as these are; as for `train_each`."""
    runs = iter(train_each([c for group in wanted.values() for c in group], store))
    return {name: [next(runs) for _ in group] for name, group in wanted.items()}


def train_each(wanted: Sequence[Configuration], store: Store | None = None) -> list[Run]:
    """Finished runs of all configurations; those that the store lacks are trained first.

    Args:
        wanted: what to train.
        store: where runs are found and kept.

    Returns:
        A run for each, in the same order.

    Raises:
        TrainingFailed: at least one training ended with an error.
    """
    store = store or Store()
    names = [run_name(c) for c in wanted]
    runs = {name: find_run(name, store) for name in names}
    missing = {name: c for name, c in zip(names, wanted, strict=True) if runs[name] is None}
    if missing:
        ordered = dict(sorted(missing.items(), key=lambda item: -item[1].cost))
        with _client(store, len(ordered)) as client, Progress(ordered) as progress:
            _Sweep(ordered, store, client, progress).run()
    return [runs[name] or Run(store.root / "runs" / name, store) for name in names]


@contextmanager
def _client(store: Store, tasks: int) -> Iterator[Client]:
    """A client of the scheduler that the environment names, or of workers for `tasks` at most."""
    there = settings().scheduler
    workers = min(cores(), tasks)
    cluster = nullcontext(there) if there else local_cluster(workers, store.checkpoints)
    with cluster as address, connect(address) as client:
        yield client


class _Sweep:
    """The trainings of one sweep by name: those sent to workers, and those that others have."""

    def __init__(
        self, wanted: Mapping[str, Configuration], store: Store, client: Client, progress: Progress
    ) -> None:
        self.wanted, self.store, self.client, self.progress = wanted, store, client, progress
        self.waiting = list(wanted)
        self.locks: dict[str, Lock] = {}
        self.futures: dict[Future[Files], str] = {}
        self.failures: dict[str, BaseException] = {}

    def run(self) -> None:
        """Train what is missing, longest first, and keep each run as it comes."""
        for name in self.waiting:
            self.client.subscribe_topic(self._topic(name), partial(self.progress.on_event, name))
        try:
            while self.waiting or self.futures:
                self.waiting = [name for name in self.waiting if not self._claim(name)]
                time.sleep(PAUSE)
                for future in [f for f in self.futures if f.done() or f.status == "lost"]:
                    self._take(future)
        finally:
            for lock in self.locks.values():
                lock.release()
        if self.failures:
            raise _failed([(self.wanted[name], error) for name, error in self.failures.items()])

    def _claim(self, name: str) -> bool:
        """Send a training to the workers, unless another process has it or has finished it."""
        lock = self.store.lock(name)
        if not lock.take():
            return False
        self.locks[name] = lock
        run = find_run(name, self.store)
        if run:
            self._finish(name, run)
        else:
            self.futures[self._submit(name)] = name
        return True

    def _submit(self, name: str) -> "Future[Files]":
        """Send a training to the scheduler, which takes what has one name for one and the same."""
        return self.client.submit(
            train_on_worker,
            self.wanted[name].model_dump(mode="json"),
            self._topic(name),
            training_code(),
            self.store.fresh_since,
            key=("train_on_worker", self._topic(name)),
            priority=-psutil.Process().create_time(),
        )

    def _topic(self, name: str) -> str:
        return f"{name} since {self.store.fresh_since}"

    def _take(self, future: "Future[Files]") -> None:
        """Keep what a training has left, or why it has left nothing."""
        name, run = self.futures[future], None
        try:
            files = _files(future)
        except TimeoutError:  # its worker died before it was fetched, so it is being done again
            return
        except Exception as error:
            self.failures[name] = error
        else:
            run = add_run(name, files, self.store)
        del self.futures[future]
        future.release()
        self._finish(name, run)

    def _finish(self, name: str, run: Run | None) -> None:
        self.progress.finish(name, run)
        self.locks.pop(name).release()


def _files(future: "Future[Files]") -> Files:
    if future.status in ("lost", "cancelled"):
        raise RuntimeError("the scheduler has lost it or is gone")
    return future.result(timeout=FETCHING)


def _failed(failures: Sequence[tuple[Configuration, BaseException]]) -> TrainingFailed:
    """One error about trainings that have failed."""
    error = TrainingFailed("; ".join(f"{title(c)}: {_reason(e)}" for c, e in failures))
    for configuration, cause in failures:
        trace = cause.trace if isinstance(cause, WorkerError) else ""
        error.add_note(f"{title(configuration)}: {configuration.canonical()}\n{trace}")
    return error


def _reason(error: BaseException) -> str:
    if isinstance(error, KilledWorker):
        return "its worker died, and so did those that did it again"
    return str(error) or type(error).__name__


def train_on_worker(table: dict[str, Any], topic: str, code: str, since: float) -> Files:
    """Train one configuration where a Dask worker runs, and report how far it is.

    Args:
        table: the configuration's fields.
        topic: of its messages, to the sweep that waits for it.
        code: what it has to be trained with, as `training_code` says.
        since: Unix time; what is kept of an older, interrupted training is not used.

    Returns:
        The files of the finished run.

    Raises:
        WorkerError: with text and traceback of any error.
    """
    worker = get_worker()
    if training_code() != code:
        raise WorkerError(other_code(worker.address, training_code()), "")
    sent = -math.inf

    def report(images: int) -> None:
        """Send the number of images shown, once a second at most."""
        nonlocal sent
        if time.monotonic() - sent >= TELLING:
            sent = time.monotonic()
            worker.log_event(topic, images)

    try:
        return _train(Configuration(**table), report, since)
    except Exception as error:
        text, trace = f"{type(error).__name__}: {error}", traceback.format_exc()
    raise WorkerError(text, trace)  # out here, since an error's context would travel with it


def _train(configuration: Configuration, report: Callable[[int], None], since: float) -> Files:
    """Train, going on from what an interrupted training has left on this machine."""
    from intensity.training.checkpoints import Checkpoint  # who submits does not load Keras
    from intensity.training.loop import train

    folder = settings().checkpoints
    checkpoint = Checkpoint(folder / run_name(configuration), since) if folder else None
    return pack(configuration, train(configuration, report, checkpoint))
