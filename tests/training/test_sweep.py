"""Sweeps: the same weights on any number of workers, nothing twice, and failures that speak."""

import json
import os
import pickle
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from hypothesis import given
from hypothesis import strategies as st

from intensity.environment import cores
from intensity.storage.locks import Lock
from intensity.storage.store import Store
from intensity.training import loop as training
from intensity.training import sweep as sweeps
from intensity.training import workers as cluster
from intensity.training.configuration import Configuration, Recipe
from intensity.training.loop import Trained
from intensity.training.presets import configure
from intensity.training.progress import Progress, _SharedLine
from intensity.training.runs import Run, find_run, run_name, training_code

NETWORK = {
    "name": "tiny",
    "layers": [
        {"kind": "block", "channels": 3, "stride": 2},
        {"kind": "flatten"},
        {"kind": "dropout", "rate": 0.5},
    ],
}


def configuration(seed: int = 0, epochs: int = 2) -> Configuration:
    """A training of a second."""
    return configure(
        task="hard",
        scenes={"size": 16, "areas": (21,), "noise": {"kind": "squares", "count": (3, 5)}},
        network=NETWORK,
        recipe=Recipe(epochs=epochs, epoch_images=100),
        seed=seed,
        validation_images=50,
        test_images=60,
    )


SWEEP = """
import json, os, sys
from pathlib import Path
import psutil
from intensity.environment import FAST
from intensity.storage.store import Store
from intensity.training.configuration import Configuration
from intensity.training import sweep

listening, lacking = set(), set()

class Watched(Store):
    def add(self, *arguments):
        client = psutil.Process()
        for process in (client, *client.children(recursive=True)):
            sockets = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
            listening.update(socket.laddr.ip for socket in sockets)
            if sockets and process != client:
                started = process.environ()
                lacking.update(name for name in FAST if started.get(name) != FAST[name])
        return super().add(*arguments)

wanted = [Configuration(**table) for table in json.loads(sys.argv[2])]
runs, workers = [], []
with sweep._client(Watched(Path(sys.argv[1], "0")), len(wanted)) as client:
    os.environ["INTENSITY_SCHEDULER"] = client.scheduler.address
    for since in (0, 1):
        workers.append(len(client.nthreads()))
        store = Watched(Path(sys.argv[1], str(since)), fresh_since=since)
        runs.append([str(run.path) for run in sweep.train_each(wanted, store)])
        client.retire_workers([*client.nthreads()][1:])
heavy = sorted({"keras", "tensorflow"} & set(sys.modules))
print(json.dumps({"runs": runs, "listening": sorted(listening), "workers": workers,
                  "heavy": heavy, "lacking": sorted(lacking)}))
"""


class Sweeps(NamedTuple):
    """What a process left that trained two networks twice."""

    runs: list[list[Run]]
    printed: dict[str, Any]
    terminal: str


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Sweeps:
    """The same two trainings on two workers that the sweep started, then on one of these."""
    tables = json.dumps([configuration(seed).model_dump(mode="json") for seed in (0, 1)])
    names = ("INTENSITY_SCHEDULER", "INTENSITY_TERMINAL")
    done = subprocess.run(
        [sys.executable, "-c", SWEEP, str(tmp_path_factory.mktemp("stores")), tables],
        env={name: value for name, value in os.environ.items() if name not in names},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    runs = [[Run(Path(path)) for path in paths] for paths in printed["runs"]]
    return Sweeps(runs, printed, done.stderr)


def test_the_number_of_workers_changes_nothing(real: Sweeps) -> None:
    assert real.printed["workers"] == [min(2, cores()), 1]
    for two, one in zip(*real.runs, strict=True):
        assert one.name == two.name
        assert one.path != two.path
        for a, b in zip(one.model.get_weights(), two.model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert {**one.metrics, "seconds": 0} == {**two.metrics, "seconds": 0}
        pd.testing.assert_frame_equal(one.history, two.history)
        pd.testing.assert_frame_equal(one.predictions, two.predictions)


def test_runs_come_in_the_order_asked_for_with_their_configurations(real: Sweeps) -> None:
    for runs in real.runs:
        texts = [run.configuration.canonical() for run in runs]
        assert texts == [configuration(seed).canonical() for seed in (0, 1)]


def test_runs_hold_what_was_trained_with_versions_and_machine(real: Sweeps) -> None:
    run = real.runs[1][0]
    record = json.loads((run.path / "config.json").read_text())
    assert {"configuration", "code", "python", "versions", "processor", "cores"} <= set(record)
    assert record["backend"] == "tensorflow"
    assert {path.name for path in run.path.iterdir()} == {
        *("config.json", "history.csv", "metrics.json", "predictions.csv", "model.keras"),
        "sha256.json",
    }
    metrics, _ = training.evaluate(
        run.model,
        training.evaluation_scenes(configuration().task, configuration().scenes, "test", 60),
    )
    assert metrics["loss"] == pytest.approx(run.metrics["loss"], rel=1e-5)
    assert run.history["images"].tolist() == [100, 200]
    assert run.predictions["count"].sum() == 60


def test_all_listening_is_on_loopback(real: Sweeps) -> None:
    assert real.printed["listening"] == ["127.0.0.1"]


def test_workers_keep_their_memory_from_their_start(real: Sweeps) -> None:
    assert real.printed["lacking"] == []


def test_the_process_that_asks_imports_no_deep_learning(real: Sweeps) -> None:
    assert real.printed["heavy"] == []


def test_the_terminal_shows_the_progress_line_alone(real: Sweeps) -> None:
    lines = [line for line in re.split(r"[\r\n]", real.terminal) if line.strip()]
    assert all(re.match(r" *\d+ % of training \|", line) for line in lines), real.terminal
    assert lines[-1].startswith("100 %")
    assert "2/2 networks; tiny on hard, seed " in lines[-1]


class Saved:
    """Stands in for a network that can be saved."""

    def __init__(self, text: str) -> None:
        """What the file will hold."""
        self.text = text

    def save(self, path: Path) -> None:
        """Write the file."""
        path.write_text(self.text)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster whose one worker is a thread of this process."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="CRITICAL",
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def trained(
    scheduler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[tuple[int, int]]:
    """(seed, epochs) of every training on that cluster; seed 13 fails, the others take no time."""
    calls: list[tuple[int, int]] = []

    def train(c: Configuration, progress: Callable[[int], None], checkpoint: Any) -> Trained:
        """Tell how far it is, and fail or finish."""
        calls.append((c.seed, c.recipe.epochs))
        progress(c.recipe.images // 2)
        if c.seed == 13:
            raise ArithmeticError("the loss is not finite")
        table = pd.DataFrame({"epoch": [c.recipe.epochs]})
        return Trained(Saved(str(c.seed)), table, {"accuracy": c.seed / 100}, table)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setenv("INTENSITY_SCHEDULER", scheduler)
    monkeypatch.setenv("INTENSITY_TERMINAL", str(tmp_path / "terminal"))
    return calls


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store", fresh_since=0)


def test_runs_come_in_the_arrangement_asked_for(
    trained: list[tuple[int, int]], store: Store
) -> None:
    wanted = {
        "b": [configuration(seed) for seed in (3, 1)],
        "empty": [],
        "a": [configuration(1), configuration(2)],
    }
    runs = sweeps.train_all(wanted, store)
    read = {name: [run.metrics["accuracy"] for run in group] for name, group in runs.items()}
    assert read == {"b": [0.03, 0.01], "empty": [], "a": [0.01, 0.02]}
    assert list(read) == ["b", "empty", "a"]
    assert sorted(trained) == [(1, 2), (2, 2), (3, 2)]
    assert (runs["a"][1].path / "model.keras").read_text() == "2"


def test_only_what_is_missing_is_trained(trained: list[tuple[int, int]], store: Store) -> None:
    first = sweeps.train_each([configuration(1)], store)
    assert sweeps.train_each([configuration(2), configuration(1)], store)[1] == first[0]
    sweeps.train_each([configuration(1), configuration(2)], store)
    assert trained == [(1, 2), (2, 2)]


def test_long_trainings_start_first(trained: list[tuple[int, int]], store: Store) -> None:
    sweeps.train_each([configuration(epochs=epochs) for epochs in (1, 9, 4)], store)
    assert [epochs for _, epochs in trained] == [9, 4, 1]


def test_a_failed_training_is_named_and_the_others_are_kept(
    trained: list[tuple[int, int]], store: Store
) -> None:
    wanted = [configuration(13, epochs=5), configuration(4)]
    message = r"^tiny on hard, seed 13: .*ArithmeticError.*the loss is not finite"
    with pytest.raises(sweeps.TrainingFailed, match=message) as error:
        sweeps.train_each(wanted, store)
    (note,) = error.value.__notes__
    assert wanted[0].canonical() in note
    assert "Traceback (most recent call last)" in note
    assert find_run(run_name(wanted[0]), store) is None
    assert find_run(run_name(wanted[1]), store).metrics == {"accuracy": 0.04}


class Gate:
    """Trainings that wait until they are let go; how many images each has shown is told before."""

    def __init__(self) -> None:
        """Closed."""
        self.calls: list[int] = []
        self.opened = threading.Event()
        self.refused: set[str] = set()

    def train(self, c: Configuration, progress: Callable[[int], None], _: Any = None) -> Trained:
        """Count the call, wait, tell; fail or finish."""
        self.calls.append(c.seed)
        assert self.opened.wait(30)
        progress(c.recipe.images // 2)
        if c.seed == 13:
            raise ArithmeticError("the loss is not finite")
        table = pd.DataFrame({"epoch": [1]})
        return Trained(Saved(str(c.seed)), table, {"accuracy": c.seed / 100}, table)


@pytest.fixture
def gate(trained: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Such trainings on the cluster."""
    gate, take_it = Gate(), Lock.take

    def take(lock: Lock) -> bool:
        """Remember who is turned away."""
        got = take_it(lock)
        if not got:
            gate.refused.add(f"{threading.get_ident()} {lock.lock_file}")
        return got

    monkeypatch.setattr(training, "train", gate.train)
    monkeypatch.setattr(Lock, "take", take)
    return gate


def at_once(
    scheduler: str, gate: Gate, wishes: int, refused: int, *asking: Callable[[], Any]
) -> list[Future[Any]]:
    """Call functions in threads; trainings are let go when all have asked for what they want.

    So many wishes are known to the scheduler then, and so many times somebody waits for another.
    """
    with Client(scheduler, set_as_default=False) as client, ThreadPoolExecutor() as threads:
        futures = [threads.submit(ask) for ask in asking]
        until = time.monotonic() + 30
        while client.run_on_scheduler(count_wishes) < wishes or len(gate.refused) < refused:
            assert time.monotonic() < until
            time.sleep(0.05)
        gate.opened.set()
    return futures


def count_wishes(dask_scheduler: Any) -> int:
    """For how many pairs of a client and a training the client waits for the training."""
    return sum(len(task.who_wants or ()) for task in dask_scheduler.tasks.values())


def test_what_two_sweeps_want_at_once_is_trained_once(
    scheduler: str, gate: Gate, store: Store, tmp_path: Path
) -> None:
    other = Store(tmp_path / "other", fresh_since=0)
    both = at_once(
        scheduler,
        gate,
        3,
        1,
        lambda: sweeps.train_each([configuration(1), configuration(2)], store),
        lambda: sweeps.train_each([configuration(1)], store),
        lambda: sweeps.train_each([configuration(1)], other),
    )
    first, second, third = (future.result() for future in both)
    assert sorted(gate.calls) == [1, 2]
    assert first[0] == second[0]
    assert [run.metrics["accuracy"] for run in (*first, *third)] == [0.01, 0.02, 0.01]
    assert third[0].path.is_relative_to(other.root)


def test_a_failure_reaches_every_sweep_that_waits_for_it(
    scheduler: str, gate: Gate, store: Store
) -> None:
    asking = [lambda: sweeps.train_each([configuration(13)], store)] * 2
    for future in at_once(scheduler, gate, 1, 1, *asking):
        with pytest.raises(sweeps.TrainingFailed, match=r"seed 13: .*the loss is not finite"):
            future.result()
    # A failure is not remembered: who has waited tries again, unless both share the one.
    assert gate.calls in ([13], [13, 13])


def test_a_fresh_sweep_takes_what_another_finishes_meanwhile(
    scheduler: str, gate: Gate, store: Store
) -> None:
    fresh = Store(store.root, fresh_since=time.time())
    asking = [lambda s=s: sweeps.train_each([configuration(1)], s) for s in (store, fresh)]
    for future in at_once(scheduler, gate, 1, 1, *asking):
        future.result()
    assert gate.calls == [1]


def test_messages_reach_every_sweep_that_waits(
    scheduler: str, gate: Gate, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    monkeypatch.setattr(Progress, "on_event", lambda progress, name, event: heard.append(event[1]))
    asking = [lambda: sweeps.train_each([configuration(1)], store)] * 2
    for future in at_once(scheduler, gate, 1, 1, *asking):
        future.result()
    assert heard == [configuration(1).recipe.images // 2] * 2


@pytest.mark.parametrize("status", ["lost", "cancelled"])
def test_a_scheduler_that_went_away_is_a_failure_and_no_endless_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    future = mock.Mock(status=status, done=lambda: status != "lost")
    client = SimpleNamespace(submit=lambda *_, **__: future, subscribe_topic=lambda *_: None)
    monkeypatch.setattr(sweeps, "_client", lambda *_: nullcontext(client))
    with pytest.raises(sweeps.TrainingFailed, match="the scheduler has lost it or is gone"):
        sweeps.train_each([configuration(1)], store)
    assert store.lock(run_name(configuration(1))).take()


class Late:
    """A training whose result gets lost on its way once: its worker dies, another does it again."""

    status = "finished"
    tries = 0

    def result(self, timeout: float) -> dict[str, bytes]:
        """What it has left, the second time."""
        self.tries += 1
        if self.tries == 1:
            raise TimeoutError
        return {"metrics.json": b'{"accuracy": 0.5}'}

    def release(self) -> None:
        """Nothing to let go of."""


def test_a_result_that_is_lost_on_its_way_is_waited_for(store: Store) -> None:
    progress: Any = SimpleNamespace(finish=lambda name, run: None)
    wanted, client, future = configuration(1), SimpleNamespace(), Late()
    name = run_name(wanted)
    sweep = sweeps._Sweep({name: wanted}, store, client, progress)
    sweep.locks, sweep.futures = {name: store.lock(name)}, {future: name}
    sweep._take(future)
    assert sweep.futures == {future: name}
    assert find_run(name, store) is None
    sweep._take(future)
    assert [sweep.futures, sweep.failures] == [{}, {}]
    assert find_run(name, store) is not None


def test_an_error_travels_as_text_alone(
    trained: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = SimpleNamespace(log_event=print, address="tcp://here")
    monkeypatch.setattr(sweeps, "get_worker", lambda: worker)
    table, code = configuration(13).model_dump(mode="json"), training_code()
    with pytest.raises(sweeps.WorkerError, match=r"^ArithmeticError: the loss") as error:
        sweeps.train_on_worker(table, "topic", code, 0.0)
    assert error.value.__cause__ is error.value.__context__ is None
    again = pickle.loads(pickle.dumps(error.value))  # noqa: S301 as Dask sends it
    assert str(again) == "ArithmeticError: the loss is not finite"
    assert "in train" in again.trace


def test_a_worker_with_other_code_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = SimpleNamespace(log_event=print, address="tcp://here")
    monkeypatch.setattr(sweeps, "get_worker", lambda: worker)
    monkeypatch.setattr(cluster, "training_code", lambda: "0123")
    table = configuration(13).model_dump(mode="json")
    with pytest.raises(sweeps.WorkerError, match=r"tcp://here has .* not 0123") as refusal:
        sweeps.train_on_worker(table, "topic", "0123", 0.0)
    assert refusal.value.trace == ""


def test_progress_is_written_where_the_terminal_is_read_from(
    trained: list[tuple[int, int]], store: Store, tmp_path: Path
) -> None:
    sweeps.train_each([configuration(1), configuration(2)], store)
    text = (tmp_path / "terminal").read_text()
    shown = [int(percent) for percent in re.findall(r"(\d+) % of training", text)]
    assert shown == sorted(shown)
    assert shown[-1] == 100
    assert "2/2 networks" in text


def test_one_sweep_at_a_time_has_the_line(tmp_path: Path) -> None:
    path = tmp_path / "terminal"
    first, second = (_SharedLine(path) for _ in range(2))
    for line, text in ((first, "1"), (second, "not seen"), (first, "2")):
        line.write(text)
    first.close()
    second.write("3")
    second.close()
    assert path.read_text() == "123"


events = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 1), st.integers(0, 500)), st.tuples(st.integers(0, 1), st.none())
    ),
    max_size=12,
)


@given(events)
def test_progress_never_goes_back_and_ends_at_all(sequence: list[tuple[int, int | None]]) -> None:
    order = {str(i): configuration(i, epochs=3 - 2 * i) for i in (0, 1)}
    with Progress(order) as progress:
        shown = [0.0]
        for index, images in (*sequence, (0, None), (1, None)):
            if images is None:
                progress.finish(str(index))
            else:
                progress.on_event(str(index), (0.0, images))
            shown.append(progress.bar.n)
    assert shown == sorted(shown)
    assert shown[-1] == pytest.approx(sum(c.cost for c in order.values()))


def test_half_of_the_images_are_half_of_the_work() -> None:
    order = {str(i): configuration(i, epochs=3 - 2 * i) for i in (0, 1)}
    with Progress(order) as progress:
        for _ in range(2):
            progress.on_event("0", (0.0, 150))
            assert progress.bar.n == pytest.approx(0.5 * order["0"].cost)


def test_what_an_interrupted_training_had_done_is_no_speed() -> None:
    order = {"0": configuration(0)}
    with Progress(order) as progress:
        progress.bar.start_t -= 100  # a network is tested meanwhile, and nothing is said
        progress.on_event("0", (0.0, 150))  # of 200: it goes on there
        progress.on_event("0", (0.0, 175))
        told = progress.bar.format_dict
        speed = (told["n"] - told["initial"]) / told["elapsed"]
        assert told["rate"] is None  # of the whole time, not of the last messages
        assert speed * told["elapsed"] == pytest.approx(0.125 * order["0"].cost)


def test_every_worker_gets_ready_without_anybody_waiting(
    scheduler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cluster, "import_module", os.mkdir)  # leaves a trace of what was loaded
    cluster.load_keras(scheduler)
    until = time.monotonic() + 30
    while not (tmp_path / "keras").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
