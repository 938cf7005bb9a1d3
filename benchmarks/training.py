"""Images a second of one training: ours beside plain Keras, and beside PyTorch.

    python benchmarks/training.py [--torch benchmarks/.venv/bin/python]

Every measurement is a process of its own, since the environment counts from a process's start. All
are fed the same images, rendered beforehand, and train by Adam on batches of 64. Beside plain Keras
there is one thread, as on a worker; beside PyTorch there are two. Variants take turns; medians are
kept in results.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from record import THREADS, Row, keep

from intensity.data.batches import training_batches
from intensity.environment import FAST, ONE_THREAD
from intensity.training.presets import NETWORKS as ARCHITECTURES
from intensity.training.presets import SETTINGS, TASKS

HERE = Path(__file__).resolve().parent
ROUNDS = 5
IMAGES = 960
CASES = {
    "bn_compact": ("hard", "discs", "plain Keras"),
    "small": ("three_bands", "squares", "plain Keras"),
    "large": ("three_bands", "squares", "PyTorch"),
}
"""Network -> its task, its scenes, and beside what it is trained."""


def render_batches(folder: Path, network: str) -> None:
    """The images and labels that a network is trained on, as arrays, and its description."""
    task, setting, _ = CASES[network]
    batches = training_batches(
        TASKS[task], SETTINGS[setting], seed=0, epoch=0, epoch_images=IMAGES, repeat=True, batch=64
    )
    images, labels = (np.concatenate(part) for part in zip(*batches, strict=True))
    np.savez(folder / f"{network}.npz", images=images, labels=labels)


def export(folder: Path, network: str) -> None:
    """The network with fresh weights, for PyTorch."""
    from attribution import export_network  # loads Keras
    from intensity.models.build import build

    task, setting, _ = CASES[network]
    model = build(ARCHITECTURES[network], SETTINGS[setting].size, TASKS[task].classes, seed=0)
    export_network(folder, model, ARCHITECTURES[network], TASKS[task].classes)


def seconds(python: str, program: str, folder: Path, network: str, threads: int) -> dict:
    """What a program in a new process answers: seconds of the second epoch, and first logits."""
    inherited = {name: value for name, value in os.environ.items() if name not in FAST}
    own = {} if program.endswith("plain") else FAST
    if threads == 1:
        own = own | ONE_THREAD
    command = [
        python,
        str(HERE / "peers" / "train.py"),
        program,
        str(folder),
        network,
        str(threads),
    ]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    environment = inherited | own | quiet
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{program}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(folder: Path, network: str, torch: str | None) -> list[Row]:
    """Ours and its peer in turns."""
    peer = CASES[network][2]
    if peer == "PyTorch" and torch is None:
        return []
    render_batches(folder, network)
    sides = {"ours": (sys.executable, "ours", 1), "peer": (sys.executable, "plain", 1)}
    if peer == "PyTorch":
        export(folder, network)
        sides = {"ours": (sys.executable, "ours", THREADS), "peer": (torch, "torch", THREADS)}
    rounds = []
    for _ in range(ROUNDS):
        turn = {}
        for side, (python, program, threads) in sides.items():
            turn[side] = seconds(python, program, folder, network, threads)
        rounds.append(turn)
    ours, theirs = (IMAGES / median(t[side]["seconds"] for t in rounds) for side in sides)
    first = [np.array(rounds[0][side]["logits"]) for side in sides]
    row = {
        "name": f"training {network}",
        "ours": ours,
        "peer": theirs,
        "peer_name": peer,
        "peer_version": rounds[0]["peer"]["version"],
        "unit": "images/s",
        "ratio": median(t["peer"]["seconds"] / t["ours"]["seconds"] for t in rounds),
        "max_difference": float(np.abs(first[0] - first[1]).max() / np.abs(first[0]).max()),
        "threads": sides["ours"][2],
        "seconds": {side: [turn[side]["seconds"] for turn in rounds] for side in sides},
        "versions": {"keras": version("keras"), "tensorflow": version("tensorflow")},
    }
    print(f"{row['name']:24} {ours:7.0f} images/s, {row['ratio']:.2f} times {peer}", flush=True)
    return [row]


def main() -> None:
    """Measure in turns, print and keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", help="Python of an environment with PyTorch")
    parser.add_argument("--only", default="", help="networks whose name holds this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for network in CASES:
            if arguments.only in network:
                keep(compare(Path(place), network, arguments.torch))


if __name__ == "__main__":
    main()
