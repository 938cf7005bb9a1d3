"""How the cost of a sweep grows: workers, images, image size, seeds, networks, many tasks.

    python benchmarks/scaling.py [--tasks 10000]

Writes scaling.json and the tables of docs/scaling.md. Needs a machine that does nothing else for
ten minutes.
"""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed import Client, get_worker

from intensity.environment import cores
from intensity.storage.code_digest import processor
from intensity.storage.files import write_aside
from intensity.training.workers import connect, local_cluster
from intensity.values import ROOT

RESULTS = Path(__file__).with_name("scaling.json")
PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- {} -->", "<!-- /{} -->"
ROUNDS = 3

BASE = {"task": "hard", "scenes": "discs", "network": "bn_compact", "batch": 16,
        "epochs": 2, "epoch_images": 2000}  # fmt: skip
"""The training that all others are variations of."""

SWEEP = """
import hashlib, json, os, sys, time
from pathlib import Path
from intensity.training.workers import connect, local_cluster
from intensity.training.presets import configurations
from intensity.storage.store import Store
from intensity.training.sweep import train_all

folder, workers, tables, seeds = Path(sys.argv[1]), int(sys.argv[2]), *map(json.loads, sys.argv[3:])
store = Store(folder, fresh_since=0)
wanted = configurations(tables, seeds, test_images=500, validation_images=200)
with local_cluster(workers, store.checkpoints) as address:
    with connect(address) as client:  # loading Keras is a matter of starting, not of the sweep
        client.run(lambda: __import__("intensity.training.loop") and None)
    os.environ["INTENSITY_SCHEDULER"] = address
    began = time.perf_counter()
    runs = train_all(wanted, store)
    seconds = time.perf_counter() - began
digest = hashlib.sha256()
for run in (run for group in runs.values() for run in group):
    for array in run.model.get_weights():
        digest.update(array.tobytes())
print(json.dumps({"seconds": seconds, "weights": digest.hexdigest()}))
"""
"""A sweep on an empty store, in a process of its own."""


def sweep(workers: int, tables: dict[str, Any], seeds: list[int]) -> dict[str, Any]:
    """Seconds of a sweep, and what its networks have learned."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SWEEP, folder, str(workers)]
        command += [json.dumps(tables), json.dumps(seeds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def compare_workers() -> dict[str, Any]:
    """One fixed sweep of six trainings on one worker and on two, in turns."""
    tables = {f"rate {rate}": BASE | {"learning_rate": rate} for rate in (0.01, 0.003)}
    found: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for workers, results in found.items():
            results.append(sweep(workers, tables, [0, 1, 2]))
    weights = {result["weights"] for results in found.values() for result in results}
    seconds = {str(n): [round(r["seconds"], 2) for r in results] for n, results in found.items()}
    one, two = (statistics.median(values) for values in seconds.values())
    return {"seconds": seconds, "ratio": one / two, "identical": len(weights) == 1}


def grow() -> list[dict[str, Any]]:
    """Seconds of sweeps that differ from the base in one thing, on one worker and on two."""
    points = [
        ("base: bn_compact, 4,000 images of 64 px, 2 seeds", BASE, [0, 1]),
        ("twice the images", BASE | {"epochs": 4}, [0, 1]),
        ("twice the image size", BASE | {"scenes": "discs_full"}, [0, 1]),
        ("twice the seeds", BASE, [0, 1, 2, 3]),
        ("network: pixels", BASE | {"network": "pixels"}, [0, 1]),
        ("network: bn_tiny", BASE | {"network": "bn_tiny"}, [0, 1]),
        ("network: bn_medium", BASE | {"network": "bn_medium"}, [0, 1]),
    ]
    return [
        {"what": what, **{str(n): sweep(n, {"a": table}, seeds)["seconds"] for n in (1, 2)}}
        for what, table, seeds in points
    ]


def nothing(number: int) -> int:
    """A task that costs nothing, so that only Dask's own work is left."""
    return number


@contextmanager
def own_client() -> Iterator[Client]:
    """A client of workers with our settings, one for each core."""
    with (
        tempfile.TemporaryDirectory() as folder,
        local_cluster(cores(), Path(folder)) as address,
        connect(address) as client,
    ):
        yield client


def many_tasks(tasks: int) -> dict[str, Any]:
    """What a scheduler needs for each of many short tasks with our settings, and their names."""
    argument = {"configuration": "x" * 1000}  # about as long as a training's table
    with own_client() as client:
        client.gather(client.map(nothing, range(100)))
        began = time.perf_counter()
        futures = [
            client.submit(call, number, argument, key=("train_on_worker", str(number)))
            for number in range(tasks)
        ]
        sent = time.perf_counter() - began
        client.gather(futures)
        seconds = time.perf_counter() - began
    return {"tasks": tasks, "seconds": seconds, "sent": sent, "each_ms": 1000 * seconds / tasks}


def many_messages(each: int = 1000) -> dict[str, Any]:
    """What a message of a training costs the process of scheduler and client, one after another."""
    heard = []
    with own_client() as client:
        client.subscribe_topic("progress", heard.append)
        client.submit(talk, 1).result()
        began = time.process_time()
        client.gather([client.submit(talk, each, pure=False) for _ in range(cores())])
        seconds = time.process_time() - began
    return {"messages": len(heard), "each_ms": 1000 * seconds / (cores() * each)}


def talk(messages: int) -> None:
    """Send messages that do not fit into one parcel."""
    for number in range(messages):
        get_worker().log_event("progress", number)
        time.sleep(0.005)


def call(number: int, _: dict[str, str]) -> int:
    """The same, with a training's arguments."""
    return number


def tables(record: dict[str, Any]) -> dict[str, str]:
    """What docs/scaling.md shows, by the names of its markers."""
    fixed, many = record["workers"], record["tasks"]
    one, two = (statistics.median(fixed["seconds"][n]) for n in ("1", "2"))
    same = "identical" if fixed["identical"] else "NOT identical"
    grown = ["| sweep | 1 worker | 2 workers | ratio | of the base |", "|" + " --- |" * 5]
    base = record["growth"][0]["1"]
    for point in record["growth"]:
        a, b = point["1"], point["2"]
        grown.append(f"| {point['what']} | {a:.1f} s | {b:.1f} s | {a / b:.2f} | {a / base:.2f} |")
    where = f"{record['processor']}, {record['cores']} cores, {record['date']}"
    return {
        "workers": f"One worker {one:.1f} s, two workers {two:.1f} s: {fixed['ratio']:.2f} times "
        f"as fast, with {same} weights (medians of {ROUNDS} rounds in turns; {where}).",
        "growth": "\n".join(grown),
        "tasks": f"{many['tasks']:,} tasks took {many['seconds']:.1f} s, {many['each_ms']:.2f} ms "
        f"each, of which sending them took {many['sent']:.1f} s. A message about progress takes "
        f"{record['messages']['each_ms']:.2f} ms, the client's part included ({where}).",
    }


def main() -> None:
    """Measure, keep, and renew the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=10_000)
    record = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "tasks": many_tasks(parser.parse_args().tasks),
        "messages": many_messages(),
        "workers": compare_workers(),
        "growth": grow(),
    }
    write_aside(RESULTS, json.dumps(record, indent=1) + "\n")
    text = PAGE.read_text("utf8")
    for name, table in tables(record).items():
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END.format(name))
        text = f"{before}{BEGIN.format(name)}\n\n{table}\n\n{END.format(name)}{after}"
    write_aside(PAGE, text)


if __name__ == "__main__":
    main()
