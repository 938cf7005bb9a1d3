"""Attribution here beside captum, xplique and PAIR saliency.

The same network, weights, images, machine and run:

    ./benchmarks/run.sh          # makes the peers' environment, then runs this

For every method that both have: images a second, peak memory, and how far the maps differ after
the stated conversion. Every library runs in a process of its own, is warmed up, uses its best of a
few batch sizes, and has its maps compared before anything is timed; then they take turns for five
rounds and medians count. The first call's surplus, compilation, is reported apart.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from intensity.configurations import configurations
from intensity.datasets import evaluation_scenes
from intensity.digests import processor
from intensity.networks import predict_logits
from intensity.rendering import render
from intensity.sweeps import train_all
from intensity.values import write_aside

HERE = Path(__file__).resolve().parent
ROUNDS = 5
THREADS = 2
LARGE = {
    "task": "three_bands",
    "scenes": "squares",
    "network": "large",
    "epochs": 3,
    "epoch_images": 4000,
    "learning_rate": 1e-3,
}
"""The network of the standard profile, so that its training is found in the store."""
SIZE = 64


class Case(NamedTuple):
    """A method with its options, on how many images, at which batch sizes.

    peers: libraries that have it, each with what turns our maps into theirs.
    """

    name: str
    method: str
    options: dict[str, int]
    images: int
    batches: tuple[int, ...]
    peers: dict[str, Callable[[np.ndarray], np.ndarray]]


def same(maps: np.ndarray) -> np.ndarray:
    """The same convention."""
    return maps


def summed(stride: int) -> Callable[[np.ndarray], np.ndarray]:
    """Our means over covering windows as sums over the windows that lie in the image."""
    starts = np.arange(0, SIZE - 8 + 1, stride)
    covered = ((np.arange(SIZE) >= starts[:, None]) & (np.arange(SIZE) < starts[:, None] + 8)).sum(
        axis=0
    )
    return lambda maps: maps * np.outer(covered, covered)


CASES = (
    Case(
        "gradient",
        "gradient",
        {},
        1024,
        (64, 128, 256),
        {"captum": same, "xplique": np.abs, "pair": same},
    ),
    Case(
        "guided backprop",
        "guided_backprop",
        {},
        1024,
        (64, 128, 256),
        {"captum": same, "xplique": same},
    ),
    Case(
        "integrated gradients, 50 steps",
        "integrated_gradients",
        {"steps": 50},
        32,
        (64, 128, 256, 512),
        {"captum": same, "xplique": same, "pair": same},
    ),
    Case(
        "occlusion 8 x 8, stride 8",
        "occlusion",
        {"stride": 8},
        64,
        (64, 256, 1024),
        {"captum": same, "xplique": summed(8)},
    ),
    Case(
        "occlusion 8 x 8, stride 1",
        "occlusion",
        {"stride": 1},
        4,
        (64, 256, 1024),
        {"captum": same, "xplique": summed(1)},
    ),
)


class Worker:
    """One library in its own process."""

    def __init__(self, python: str, library: str, folder: Path) -> None:
        """Start it and wait until the network is loaded."""
        command = [python, str(HERE / "peers" / "serve.py"), library, str(folder), str(THREADS)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.library = library
        self.started = self._read()
        self.versions = self.started["versions"]

    def ask(self, case: Case, batch: int, images: int | None = None, save: str = "") -> dict:
        """Explain a case's images once."""
        request = {
            "method": case.method,
            "images": images or case.images,
            "options": {**case.options, "batch": batch},
        }
        return self.request(request | ({"save": save} if save else {}))

    def request(self, request: dict) -> dict:
        """Send a request and wait for the answer."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait()

    def _read(self) -> dict:
        """One answer."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.library} ended with exit code {self.process.wait()}")
        return json.loads(line)


def export(folder: Path) -> None:
    """The network, its weights by layer, and test images with their predicted classes."""
    run = train_all(
        configurations({"large": LARGE}, [0], test_images=20000, validation_images=500)
    )["large"][0]
    model, c = run.model, run.configuration
    model.save(folder / "model.keras")
    arrays = {}
    for layer in model.layers:
        for weight in layer.weights:
            arrays[f"{layer.name}/{weight.name}"] = np.asarray(weight)
    np.savez(folder / "weights.npz", **arrays)
    rescale = model.get_layer("rescale")
    rows = {"flatten": "flatten", "average": "average"}
    plan = {
        "rescale": [float(rescale.scale), float(rescale.offset)],
        "layers": [layer.model_dump(mode="json") for layer in c.network.layers],
        "features": [
            int(model.get_layer(rows[layer.kind]).output.shape[-1]) if layer.kind in rows else None
            for layer in c.network.layers
        ],
        "classes": c.task.classes,
    }
    (folder / "network.json").write_text(json.dumps(plan))
    images = render(evaluation_scenes(c.task, c.scenes, "test", 1024))
    classes = predict_logits(model, images[..., None]).argmax(axis=1)
    np.savez(folder / "images.npz", images=images, classes=classes)


def best_batch(worker: Worker, case: Case) -> tuple[int, float]:
    """The batch size with the shortest second call, and the surplus of the first call."""
    times, surplus = {}, 0.0
    for batch in case.batches:
        first, second = worker.ask(case, batch)["seconds"], worker.ask(case, batch)["seconds"]
        times[batch] = second
        surplus = surplus or first - second
    return min(times, key=times.get), surplus


def differences(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Largest differences of maps, relative to each map's largest value."""
    scale = np.abs(theirs).max(axis=(1, 2))
    apart = np.abs(ours - theirs).max(axis=(1, 2)) / np.where(scale > 0, scale, 1)
    return {
        "max_difference": float(apart.max()),
        "median_difference": float(np.median(apart)),
        "within_1e-4": float((apart <= 1e-4).mean()),
    }


def compare(workers: dict[str, Worker], case: Case, folder: Path) -> list[dict]:
    """One case: agreement first, then five rounds in turn."""
    names = ["ours", *case.peers]
    batches, surplus = {}, {}
    for name in names:
        batches[name], surplus[name] = best_batch(workers[name], case)
        workers[name].ask(case, batches[name], save=f"{name}.npy")
    maps = {name: np.load(folder / f"{name}.npy") for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            times[name].append(workers[name].ask(case, batches[name])["seconds"])
    speed = {name: case.images / median(seconds) for name, seconds in times.items()}
    rows = []
    for name, turn in case.peers.items():
        agreement = differences(turn(maps["ours"].astype(np.float64)), maps[name])
        row = {
            "name": case.name,
            "ours": speed["ours"],
            "peer": speed[name],
            "peer_name": name,
            "peer_version": workers[name].versions,
            "unit": "images/s",
            "ratio": median(b / a for a, b in zip(times["ours"], times[name], strict=True)),
            **agreement,
            "batch": {"ours": batches["ours"], "peer": batches[name]},
            "first_call_surplus_s": {"ours": surplus["ours"], "peer": surplus[name]},
            "seconds": {"ours": times["ours"], "peer": times[name]},
        }
        print(
            f"{case.name:32} {name:8} ours {speed['ours']:9.1f}/s  theirs {speed[name]:9.1f}/s  "
            f"ratio {row['ratio']:6.2f}  median difference {agreement['median_difference']:.1e}  "
            f"within 1e-4 {agreement['within_1e-4']:.3f}",
            flush=True,
        )
        rows.append(row)
    return rows


def peak_memory(
    pythons: dict[str, str], case: Case, batches: dict[str, int], folder: Path
) -> dict[str, float]:
    """Peak resident memory of each library in a fresh process that does this case alone, MB."""
    peaks = {}
    for name, batch in batches.items():
        worker = Worker(pythons[name], LIBRARIES[name], folder)
        peaks[name] = worker.ask(case, batch)["peak_mb"]
        worker.close()
    return peaks


LIBRARIES = {
    "ours": "ours",
    "captum": "captum_peer",
    "xplique": "xplique_peer",
    "pair": "pair_peer",
}


def main() -> None:
    """Run all cases and write attribution.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", required=True, help="Python of the peers' environment")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    pythons = dict.fromkeys(LIBRARIES, arguments.peers) | {"ours": sys.executable}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        export(folder)
        workers = {
            name: Worker(pythons[name], library, folder) for name, library in LIBRARIES.items()
        }
        check_logits(workers, folder)
        rows = []
        for case in CASES:
            if arguments.only in case.name:
                found = compare(workers, case, folder)
                used = {"ours": found[0]["batch"]["ours"]} | {
                    r["peer_name"]: r["batch"]["peer"] for r in found
                }
                peaks = peak_memory(pythons, case, used, folder)
                rows += [
                    r | {"peak_mb": {"ours": peaks["ours"], "peer": peaks[r["peer_name"]]}}
                    for r in found
                ]
        for worker in workers.values():
            worker.close()
    record = {
        "results": rows,
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": THREADS,
        "date": datetime.date.today().isoformat(),
        "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy")},
    }
    write_aside(HERE / "attribution.json", json.dumps(record, indent=1) + "\n")


def check_logits(workers: dict[str, Worker], folder: Path) -> None:
    """All libraries have to explain the same numbers."""
    case = Case("logits", "logits", {}, 64, (64,), {})
    found = {}
    for name, worker in workers.items():
        worker.ask(case, 64, save="logits.npy")
        found[name] = np.load(folder / "logits.npy")
    for name, logits in found.items():
        apart = np.abs(logits - found["ours"]).max() / np.abs(found["ours"]).max()
        if apart > 1e-4:
            raise SystemExit(f"{name}: logits differ by {apart:.1e} of the largest")


if __name__ == "__main__":
    main()
