"""Where trainings run: workers of this machine, or a Dask cluster that somebody else has started.

A cluster's workers need this project (the same code, which is checked), and no disk of ours. One on
TLS is reached with certificates that Dask's own settings name (`DASK_DISTRIBUTED__COMM__TLS__...`).
"""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster, Security, fire_and_forget
from distributed.comm.core import connect as connect_comm
from distributed.system import MEMORY_LIMIT

from intensity.environment import FAST, ONE_THREAD, settings
from intensity.training.configuration import Configuration
from intensity.training.runs import training_code
from intensity.training.speed import Kind, seconds_an_image
from intensity.values import ROOT, InvalidInput

PATIENCE = 8
"""Seconds in which a scheduler has to answer."""

STARTS = 3
"""How often a cluster of this machine is begun at most."""

LEAST_MEMORY = 2 * 2**30
"""Bytes that a worker may have at least; TensorFlow alone takes a quarter of it."""

WORKER = FAST | ONE_THREAD | {"TF_CPP_MIN_LOG_LEVEL": "3"}
"""Environment of a worker of this machine."""

DASK = {
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.nanny.pre-spawn-environ": FAST,
    "distributed.scheduler.allowed-failures": 3,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.worker.profile.enabled": False,
}
"""Settings of a cluster of this machine. Memory is kept from the start of a worker on. Dask does
not look at tasks of minutes many times a second, which would cost a tenth of the time. A worker has
one task at a time, so that its death is counted against what it ran; a task is done again three
times. A worker that needs too much memory is replaced, never paused: what it has freed it keeps, so
it would wait for ever."""

SILENCED = """
import os
from intensity.environment import stderr_to
silence = stderr_to(os.devnull)
silence.__enter__()
"""
"""What a worker of this machine runs first: no notes of TensorFlow stand in the middle of the
progress line; the error of a training comes back by itself."""


@contextmanager
def local_cluster(workers: int, checkpoints: Path) -> Iterator[str]:
    """Workers on this machine while the block runs, one thread each; everything on loopback.

    Args:
        workers: how many; fewer where memory does not suffice.
        checkpoints: the folder where trainings keep how far they are.

    Returns:
        The scheduler's address.
    """
    scratch = ROOT / ".cache" / "dask"
    scratch.mkdir(parents=True, exist_ok=True)
    workers = max(1, min(workers, MEMORY_LIMIT // LEAST_MEMORY))
    own = {"INTENSITY_CHECKPOINTS": str(checkpoints), "KERAS_BACKEND": settings().backend}
    with dask.config.set(DASK):
        cluster = _started(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1",
            dashboard_address="127.0.0.1:0", local_directory=str(scratch), env=WORKER | own,
            memory_limit=max(LEAST_MEMORY, MEMORY_LIMIT // workers),
            silence_logs="ERROR", preload=[SILENCED],
        )  # fmt: skip
        try:
            yield cluster.scheduler_address
        finally:
            with suppress(Exception):  # a worker that is just being replaced cannot be joined
                cluster.close()


def _started(**options: Any) -> LocalCluster:
    """A cluster; begun again where a worker dies on its way, which Dask does not do by itself."""
    for _ in range(STARTS - 1):
        with suppress(RuntimeError):
            return LocalCluster(**options)
    return LocalCluster(**options)


@contextmanager
def connect(address: str) -> Iterator[Client]:
    """A client of a scheduler, for example of "tls://login.cluster.org:8786".

    Raises:
        InvalidInput: nobody answers there in time, or not as Dask does.
    """
    with _refused(address):
        client = Client(address, set_as_default=False, timeout=PATIENCE)
    with client:
        yield client


def check_workers(address: str) -> None:
    """Refuse a scheduler's cluster that would train with other code than ours.

    Raises:
        InvalidInput: scheduler and workers do not answer in time, or a worker lacks this project,
            has another version of it or trains with another backend.
    """
    answer = Future[Any]()
    # Names are looked up, and answers waited for, without a limit in places: hence the thread.
    threading.Thread(target=lambda: answer.set_result(_ask_workers(address)), daemon=True).start()
    with _refused(address):
        codes = answer.result(PATIENCE)
        if isinstance(codes, Exception):
            raise codes
    for worker, found in codes.items():
        if found != training_code():
            raise InvalidInput(
                f"scheduler: {address!r} is not allowed: {other_code(worker, found)}"
            )


def _ask_workers(address: str) -> Any:
    """What trains on each worker of a cluster, or the error that came instead."""
    try:
        socket.getaddrinfo(urlsplit(address).hostname, None)  # in no pool, which would never end
        asyncio.run(_greet(address))
        with Client(address, set_as_default=False, timeout=PATIENCE) as client:
            return client.run(training_code, on_error="return")
    except Exception as error:
        return error


async def _greet(address: str) -> None:
    """Connect and hang up; a client would try again and again."""
    comm = await connect_comm(address, **Security().get_connection_args("client"))
    await comm.close()


@contextmanager
def _refused(address: str) -> Iterator[None]:
    """Say in one line that there is no scheduler to be reached."""
    try:
        yield
    except Exception as error:  # what is no scheduler may answer anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(
            f"scheduler: {address!r} is not allowed: a Dask scheduler that answers within "
            f"{PATIENCE} s ({reason[:200]})"
        ) from None


def other_code(worker: str, found: object) -> str:
    """What is said about a worker that trains with other code, or on another backend.

    Args:
        worker: its address.
        found: what trains there, as `training_code` tells, or the error that came instead.
    """
    theirs = found if isinstance(found, str) else f"none ({' '.join(str(found).split())[:120]})"
    return (
        f"its worker {worker} has another version of this project, "
        f"digest {theirs}, not {training_code()}"
    )


def load_keras(address: str) -> None:
    """Have every worker of a scheduler's cluster load Keras, without waiting for it."""
    with connect(address) as client:
        for worker in client.nthreads():
            fire_and_forget(client.submit(import_module, "keras", workers=worker, pure=False))


def time_trainings(
    address: str, chosen: Mapping[Kind, Configuration]
) -> tuple[int, dict[Kind, float]]:
    """The number of a cluster's workers, and seconds an image of trainings, all workers at work."""
    with connect(address) as client:
        count = len(client.nthreads())
        tables = [c.model_dump(mode="json") for c in chosen.values() for _ in range(count)]
        seconds = client.gather(client.map(seconds_an_image, tables, pure=False))
        return count, {kind: max(seconds[i * count :][:count]) for i, kind in enumerate(chosen)}
