"""Clusters: ours survives its workers, others are reached by TLS and refused where they differ."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from shutil import which
from typing import Any

import dask
import pandas as pd
import pytest
from distributed import LocalCluster, Security

from intensity.storage.store import Store
from intensity.training import loop as training
from intensity.training import sweep as sweeps
from intensity.training import workers as cluster
from intensity.training.loop import Trained
from intensity.training.presets import configure
from intensity.training.runs import training_code
from intensity.training.workers import check_workers
from intensity.values import InvalidInput

DYING = """
import os, sys
from pathlib import Path
from distributed import KilledWorker
from intensity.training.workers import connect, local_cluster

def die(path, times):
    with open(path, "a") as file:
        file.write("x")
    if Path(path).stat().st_size <= times:
        os._exit(1)
    return os.environ["INTENSITY_CHECKPOINTS"]

folder = Path(sys.argv[1])
with local_cluster(1, folder / "checkpoints") as address, connect(address) as client:
    limits = client.run(lambda dask_worker: dask_worker.memory_manager.memory_limit)
    print(client.submit(die, str(folder / "a"), 1).result(), *limits.values())
    try:
        client.submit(die, str(folder / "b"), 9).result()
    except KilledWorker:
        print("given up after", (folder / "b").stat().st_size)
"""


def test_what_a_dead_worker_ran_is_done_again_three_times(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DYING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    first, last = done.stdout.splitlines()
    checkpoints, limit = first.split()
    assert checkpoints == str(tmp_path / "checkpoints")
    assert int(limit) >= cluster.LEAST_MEMORY
    assert last == "given up after 4"


@pytest.mark.parametrize("answers", [False, True])
def test_a_scheduler_that_does_not_answer_is_refused_in_time(
    monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    assert cluster.PATIENCE < 10
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        if answers:
            threading.Thread(target=talk, args=(server,), daemon=True).start()
        address = f"tcp://127.0.0.1:{port}"
        began = time.monotonic()
        with pytest.raises(InvalidInput, match=f"scheduler: '{address}' is not allowed") as refusal:
            check_workers(address)
        assert time.monotonic() - began < 3
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("slow", ["getaddrinfo", "workers"])
def test_slow_names_and_frozen_workers_are_refused_in_time(
    monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    released = threading.Event()

    class Frozen(Workers):
        def run(self, function: Any, on_error: str) -> dict[str, object]:
            """Wait for ever."""
            released.wait()
            return {}

    if slow == "getaddrinfo":
        monkeypatch.setattr(cluster.socket, "getaddrinfo", lambda *_: released.wait())
    monkeypatch.setattr(cluster, "_greet", lambda address: asyncio.sleep(0))
    monkeypatch.setattr(cluster, "Client", lambda *_, **__: nullcontext(Frozen("")))
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    try:
        with pytest.raises(InvalidInput, match=r"scheduler: 'tcp://127\.0\.0\.1:1' is not allowed"):
            check_workers("tcp://127.0.0.1:1")
    finally:
        released.set()


def talk(server: socket.socket) -> None:
    """Say something that is not Dask's."""
    with closing(server.accept()[0]) as connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 100)


class Workers:
    """Stands in for a client whose workers have some code."""

    def __init__(self, found: object) -> None:
        """What one of them has."""
        self.found = found

    def run(self, function: Any, on_error: str) -> dict[str, object]:
        """What each worker says."""
        assert on_error == "return"
        return {"tcp://same": function(), "tcp://other": self.found}


@pytest.mark.parametrize(
    "found",
    ["0123", f"{training_code()} on jax", ModuleNotFoundError("No module named 'intensity'")],
)
def test_workers_with_other_code_are_refused_with_both_digests(
    monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    monkeypatch.setattr(cluster, "_greet", lambda address: asyncio.sleep(0))
    monkeypatch.setattr(cluster, "Client", lambda *_, **__: nullcontext(Workers(found)))
    with pytest.raises(InvalidInput, match="its worker tcp://other has another version") as error:
        check_workers("tcp://127.0.0.1:1")
    assert f"{found}" in str(error.value)
    assert str(error.value).endswith(f", not {training_code()}")
    monkeypatch.setattr(cluster, "Client", lambda *_, **__: nullcontext(Workers(training_code())))
    check_workers("tcp://127.0.0.1:1")


def certificate(folder: Path, name: str) -> tuple[str, str]:
    """A key and a certificate that vouches for itself."""
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", pem], capture_output=True, check=True)
    return str(key), str(pem)


@contextmanager
def certified(key: str, pem: str) -> Iterator[None]:
    """Dask's settings, as DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY and its like make them."""
    settings = {"ca-file": pem, "client.key": key, "client.cert": pem}
    with dask.config.set({f"distributed.comm.tls.{name}": file for name, file in settings.items()}):
        yield


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """A cluster on loopback that talks TLS only: its address, and the key and certificate."""
    if which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, pem = certificate(tmp_path_factory.mktemp("tls"), "cluster")
    roles = ("scheduler", "worker", "client")
    files = {
        f"tls_{role}_{kind}": file for role in roles for kind, file in (("key", key), ("cert", pem))
    }
    security = Security(tls_ca_file=pem, require_encryption=True, **files)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tls://", host="127.0.0.1",
        security=security, dashboard_address="127.0.0.1:0", silence_logs="CRITICAL",
    ) as made:  # fmt: skip
        yield made.scheduler_address, key, pem


def test_networks_are_trained_over_tls(
    secured: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, key, pem = secured
    assert address.startswith("tls://127.0.0.1:")
    table = pd.DataFrame({"epoch": [1]})
    model = type("Saved", (), {"save": lambda _, path: path.write_text("weights")})()
    trained = Trained(model, table, {"accuracy": 0.5}, table)
    monkeypatch.setattr(training, "train", lambda *_: trained)
    monkeypatch.setenv("INTENSITY_SCHEDULER", address)
    recipe = {"epochs": 1, "epoch_images": 10}
    wanted = configure(task="hard", scenes="discs", network="bn_tiny", recipe=recipe)
    with certified(key, pem):
        check_workers(address)
        (run,) = sweeps.train_each([wanted], Store(tmp_path, fresh_since=0))
    assert json.loads((run.path / "metrics.json").read_text()) == {"accuracy": 0.5}


def test_without_the_right_certificate_there_is_no_connection(
    secured: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    with (
        certified(*certificate(tmp_path, "stranger")),
        pytest.raises(InvalidInput, match="tls://"),
    ):
        check_workers(secured[0])
    with pytest.raises(InvalidInput, match="tls://"):
        check_workers(secured[0])


@pytest.mark.parametrize(("gigabytes", "count"), [(1, 1), (5, 2), (64, 4)])
def test_memory_limits_the_workers(
    gigabytes: int, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {}

    class Cluster:
        scheduler_address = "tcp://127.0.0.1:1"

        def __init__(self, **options: object) -> None:
            given.update(options)

        def close(self) -> None:
            pass

    monkeypatch.setattr(cluster, "LocalCluster", Cluster)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", gigabytes * 2**30)
    with cluster.local_cluster(4, tmp_path):
        assert given["n_workers"] == count
        assert given["memory_limit"] >= cluster.LEAST_MEMORY


def test_a_worker_that_dies_on_its_way_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    class Cluster:
        scheduler_address = "tcp://127.0.0.1:1"

        def __init__(self, **_: object) -> None:
            begun.append(1)
            if len(begun) < cluster.STARTS:
                raise RuntimeError("Nanny failed to start.")

        def close(self) -> None:
            pass

    monkeypatch.setattr(cluster, "LocalCluster", Cluster)
    with cluster.local_cluster(1, tmp_path) as address:
        assert address == Cluster.scheduler_address
    monkeypatch.setattr(cluster, "STARTS", 1)
    begun.clear()
    monkeypatch.setattr(cluster, "LocalCluster", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError), cluster.local_cluster(1, tmp_path):
        pass
