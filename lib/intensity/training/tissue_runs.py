"""Networks for patches on disk, as other trainings are: named by what trains them, never twice.

    store/tissue/<network>-<task>-<digest>/   config.json history.csv metrics.json model.keras
                                              sha256.json

A training takes seconds, so one that was interrupted is begun again.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from distributed import Client

from intensity.environment import cores, settings
from intensity.storage.code_digest import code_digest, provenance
from intensity.storage.store import Store, digest
from intensity.training.runs import Run
from intensity.training.tissue import TissueTraining, train_tissue
from intensity.training.workers import connect, local_cluster

KIND = "tissue"
"""Their folder in a store."""


def tissue_run_name(training: TissueTraining) -> str:
    """The name of a training's run, here and now: by what is trained, code and backend."""
    code, backend = code_digest("intensity.training.tissue"), settings().backend
    code = code if backend == "tensorflow" else f"{code} on {backend}"
    return f"{training.kind}-{training.about}-{digest(training.canonical(), code)}"


def train_tissues(wanted: Sequence[TissueTraining], store: Store) -> list[Run]:
    """Finished runs of all trainings, in their order; those that the store lacks are trained first.

    Args:
        wanted: what to train.
        store: where runs are found and kept.
    """
    names = [tissue_run_name(training) for training in wanted]
    missing = {n: t for n, t in zip(names, wanted, strict=True) if not store.find(KIND, n)}
    if missing:
        with _client(store, len(missing)) as client:
            first = -psutil.Process().create_time()  # as in sweeps: who came first is served first
            sent = {
                name: client.submit(
                    train_files, t.model_dump(mode="json"), key=("train", name), priority=first
                )
                for name, t in missing.items()
            }
            for name, future in sent.items():
                store.add(KIND, name, future.result())
    return [Run(store.root / KIND / name, store) for name in names]


@contextmanager
def _client(store: Store, tasks: int) -> Iterator[Client]:
    """A client of the scheduler that the environment names, or of workers for `tasks` at most."""
    there = settings().scheduler
    cluster = nullcontext(there) if there else local_cluster(min(cores(), tasks), store.checkpoints)
    with cluster as address, connect(address) as client:
        yield client


def train_files(table: dict[str, Any]) -> dict[str, bytes]:
    """The files of a run, trained where a worker is.

    Args:
        table: fields of a `TissueTraining`.
    """
    training, clock = TissueTraining(**table), time.monotonic()
    model, history = train_tissue(training)
    metrics = {"seconds": time.monotonic() - clock, "accuracy": history["accuracy"].iloc[-1]}
    record = {"training": table, "code": code_digest("intensity.training.tissue"), **provenance()}
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        content = (Path(folder) / "model.keras").read_bytes()
    return {
        "config.json": json.dumps(record, indent=2, sort_keys=True).encode(),
        "history.csv": history.to_csv(index=False).encode(),
        "metrics.json": json.dumps(metrics, indent=2, sort_keys=True).encode(),
        "model.keras": content,
    }
