"""Attribution here beside captum, xplique and PAIR saliency, and beside our own full passes.

The same network, weights, images, machine and run:

    python benchmarks/attribution.py --peers benchmarks/.venv/bin/python

For every method that both have: images a second, peak memory, and how far the maps differ after
the stated conversion. Every library runs in a process of its own, is warmed up, uses its best of a
few batch sizes, and has its maps compared before anything is timed; then they take turns for five
rounds and medians count. The first call's surplus, compilation, is reported separately. Rows are
kept in results.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from record import THREADS, Row, keep

from intensity.data.batches import evaluation_scenes
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes
from intensity.environment import FAST
from intensity.models.architectures import Network
from intensity.models.build import build
from intensity.models.inference import logits
from intensity.training.presets import NETWORKS, SETTINGS, TASKS, configurations
from intensity.training.sweep import train_all

HERE = Path(__file__).resolve().parent
ROUNDS = 5
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
    theirs: images that peers explain in the same time or so; as many as ours where 0.
    """

    name: str
    method: str
    options: dict[str, int]
    images: int
    batches: tuple[int, ...]
    peers: dict[str, Callable[[np.ndarray], np.ndarray]]
    theirs: int = 0

    def count(self, library: str) -> int:
        """Images that a library explains."""
        return self.theirs if self.theirs and library != "ours" else self.images


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
    Case("PCA direction", "pca_direction", {}, 64, (64, 256), {"full passes": same}, theirs=1),
)
ON_MEDIUM = (
    Case(
        "finite differences, 2 levels, bn_medium",
        "finite_differences",
        {"levels": 2},
        1,
        (64,),
        {"full passes": same},
    ),
)
"""On an untrained network at 64 px: its cost does not depend on the weights."""


class Worker:
    """One library in its own process."""

    def __init__(self, python: str, library: str, folder: Path) -> None:
        """Start it and wait until the network is loaded."""
        command = [python, str(HERE / "peers" / "serve.py"), library, str(folder), str(THREADS)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | FAST,  # for all of them: what helps one library may help another
        )
        self.library = library
        self.name = next(name for name, module in LIBRARIES.items() if module == library)
        versions = self._read()["versions"]
        self.version = " ".join(f"{versions[name]}" for name in list(versions)[:1])
        self.versions = versions

    def ask(self, case: Case, batch: int, images: int | None = None, save: str = "") -> dict:
        """Explain a case's images once."""
        request = {
            "method": case.method,
            "images": images or case.count(self.name),
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


def export_network(folder: Path, model: object, network: Network, classes: int) -> None:
    """A Keras model as it is, and its weights and layers for other libraries."""
    model.save(folder / "model.keras")
    arrays = {
        f"{layer.name}/{weight.name}": np.asarray(weight)
        for layer in model.layers
        for weight in layer.weights
    }
    np.savez(folder / "weights.npz", **arrays)
    rescale = model.get_layer("rescale")
    ends = ("flatten", "average")
    plan = {
        "rescale": [float(rescale.scale), float(rescale.offset)],
        "layers": [layer.model_dump(mode="json") for layer in network.layers],
        "features": [
            int(model.get_layer(layer.kind).output.shape[-1]) if layer.kind in ends else None
            for layer in network.layers
        ],
        "classes": classes,
    }
    (folder / "network.json").write_text(json.dumps(plan))


def export_images(folder: Path, model: object, scenes: Scenes) -> None:
    """Images with their predicted classes."""
    images = render(scenes)
    classes = logits(model, images).argmax(axis=1)
    np.savez(folder / "images.npz", images=images, classes=classes)


def export_large(folder: Path) -> None:
    """`large` as trained for the standard profile, and test images."""
    wanted = configurations({"large": LARGE}, [0], test_images=20000, validation_images=500)
    run = train_all(wanted)["large"][0]
    c = run.configuration
    export_network(folder, run.model, c.network, c.task.classes)
    export_images(folder, run.model, evaluation_scenes(c.task, c.scenes, "test", 1024))


def export_medium(folder: Path) -> None:
    """`bn_medium` with fresh weights, and test images."""
    task, options = TASKS["hard"], SETTINGS["discs"]
    model = build(NETWORKS["bn_medium"], options.size, task.classes, seed=0)
    export_network(folder, model, NETWORKS["bn_medium"], task.classes)
    export_images(folder, model, draw_scenes(task, options, "test", 0, 8))


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
    ours = ours[: len(theirs)]
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
    speed = {name: case.count(name) / median(seconds) for name, seconds in times.items()}
    rows = []
    for name, turn in case.peers.items():
        agreement = differences(turn(maps["ours"].astype(np.float64)), maps[name])
        pairs = zip(times["ours"], times[name], strict=True)
        row = {
            "name": case.name,
            "ours": speed["ours"],
            "peer": speed[name],
            "peer_name": name,
            "peer_version": workers[name].version,
            "versions": workers[name].versions,
            "unit": "images/s",
            "ratio": median((b / case.count(name)) / (a / case.images) for a, b in pairs),
            **agreement,
            "batch": {"ours": batches["ours"], "peer": batches[name]},
            "images": {"ours": case.images, "peer": case.count(name)},
            "first_call_surplus_s": {"ours": surplus["ours"], "peer": surplus[name]},
            "seconds": {"ours": times["ours"], "peer": times[name]},
        }
        print(
            f"{case.name:40} {name:12} ours {speed['ours']:9.2f}/s  theirs {speed[name]:9.3f}/s  "
            f"ratio {row['ratio']:7.2f}  median difference {agreement['median_difference']:.1e}  "
            f"within 1e-4 {agreement['within_1e-4']:.3f}",
            flush=True,
        )
        rows.append(row)
    if case.method == "integrated_gradients":
        complete(rows, maps, workers["ours"], folder)
        resolve(rows, maps, workers["captum"], case, folder)
    return rows


def complete(rows: list[Row], maps: dict[str, np.ndarray], ours: Worker, folder: Path) -> None:
    """Add the median completeness error of each library's maps to rows of integrated gradients."""
    data = np.load(folder / "images.npz")
    count = len(maps["ours"])
    case = Case("ends", "ends", {}, count, (64,), {})
    ours.ask(case, 64, save="ends.npy")
    ends = np.load(folder / "ends.npy")[:, np.arange(count), data["classes"][:count]]
    difference = ends[0] - ends[1]
    errors = {
        name: float(np.median(np.abs(own.sum(axis=(1, 2)) - difference) / np.abs(difference)))
        for name, own in maps.items()
    }
    for row in rows:
        row["completeness_error"] = {"ours": errors["ours"], "peer": errors[row["peer_name"]]}


def resolve(
    rows: list[Row], maps: dict[str, np.ndarray], captum: Worker, case: Case, folder: Path
) -> None:
    """Add how far our and captum's maps are from captum's in float64 to captum's row.

    A kink that float32 puts on the other side of a step moves a map by a share of the jump there.
    """
    options = {**case.options, "double": True}
    captum.ask(case._replace(options=options), min(case.batches), save="double.npy")
    exact = np.load(folder / "double.npy")
    row = next(row for row in rows if row["peer_name"] == "captum")
    row["from_float64"] = {
        name: differences(maps[own], exact) for name, own in (("ours", "ours"), ("peer", "captum"))
    }
    print(f"{'':40} from captum in float64: {row['from_float64']}", flush=True)


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
    "full passes": "full_passes",
}
OWN = ("ours", "full passes")


def run(
    cases: tuple[Case, ...], names: tuple[str, ...], pythons: dict[str, str], folder: Path
) -> None:
    """Some cases on the network that lies in a folder; rows are kept case by case."""
    workers = {name: Worker(pythons[name], LIBRARIES[name], folder) for name in names}
    check_logits(workers, folder)
    for case in cases:
        rows = compare(workers, case, folder)
        used = {row["peer_name"]: row["batch"]["peer"] for row in rows}
        peaks = peak_memory(pythons, case, {"ours": rows[0]["batch"]["ours"]} | used, folder)
        for row in rows:
            row["peak_mb"] = {"ours": peaks["ours"], "peer": peaks[row["peer_name"]]}
        keep(rows)
    for worker in workers.values():
        worker.close()


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", required=True, help="Python of the peers' environment")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    pythons = dict.fromkeys(LIBRARIES, arguments.peers) | dict.fromkeys(OWN, sys.executable)
    stages = ((CASES, tuple(LIBRARIES), export_large), (ON_MEDIUM, OWN, export_medium))
    for cases, names, export in stages:
        chosen = tuple(case for case in cases if arguments.only in case.name)
        if chosen:
            with tempfile.TemporaryDirectory() as place:
                export(Path(place))
                run(chosen, names, pythons, Path(place))


def check_logits(workers: dict[str, Worker], folder: Path) -> None:
    """All libraries have to explain the same numbers."""
    count = min(64, len(np.load(folder / "images.npz")["classes"]))
    case = Case("logits", "logits", {}, count, (64,), {})
    found = {}
    for name, worker in workers.items():
        worker.ask(case, 64, save="logits.npy")
        found[name] = np.load(folder / "logits.npy")
    for name, values in found.items():
        apart = np.abs(values - found["ours"]).max() / np.abs(found["ours"]).max()
        if apart > 1e-4:
            raise SystemExit(f"{name}: logits differ by {apart:.1e} of the largest")


if __name__ == "__main__":
    main()
