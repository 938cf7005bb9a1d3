"""Images a second of one training: with fused batch norm and a fast environment, and without.

Run with the project installed, on a machine that does nothing else:

    python benchmarks/training.py

Every measurement is a process of its own with one thread, as on a worker, since the environment
counts from a process's start. Variants take turns; medians are printed, and written to
training.json.
"""

import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from intensity.digests import processor
from intensity.processes import FAST, ONE_THREAD
from intensity.values import canonical_json, write_aside

ROUNDS = 3
IMAGES = 960
NETWORKS = {"bn_compact": ("hard", "discs"), "small": ("three_bands", "squares")}
VARIANTS = {
    "plain": (False, {}),
    "environment": (False, FAST),
    "environment and fused": (True, FAST),
}
"""Name -> whether batch norm is fused, and the environment."""


def rate(network: str, fuse: bool) -> float:
    """Images a second in the second of two epochs."""
    import keras

    from intensity.architectures import NETWORKS as ARCHITECTURES
    from intensity.datasets import training_batches
    from intensity.fused import fused
    from intensity.networks import build
    from intensity.scenes import SETTINGS
    from intensity.tasks import TASKS

    task, setting = NETWORKS[network]
    model = build(ARCHITECTURES[network], SETTINGS[setting].size, TASKS[task].classes, seed=0)
    model = fused(model) if fuse else model
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    for epoch in range(2):
        begin = time.perf_counter()
        batches = training_batches(
            TASKS[task], SETTINGS[setting], seed=0, epoch=epoch, epoch_images=IMAGES,
            repeat=True, batch=64,
        )  # fmt: skip
        for images, labels in batches:
            model.train_on_batch(images, labels)
    return IMAGES / (time.perf_counter() - begin)


def in_a_process(network: str, variant: str) -> float:
    """The same in a new process with the variant's environment."""
    fuse, chosen = VARIANTS[variant]
    inherited = {name: value for name, value in os.environ.items() if name not in FAST}
    command = [sys.executable, __file__, network, str(int(fuse))]
    environment = inherited | ONE_THREAD | chosen
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure in turns, print and write."""
    cases = [(network, variant) for network in NETWORKS for variant in VARIANTS]
    rounds = [{case: in_a_process(*case) for case in cases} for _ in range(ROUNDS)]
    rates = {case: median(turn[case] for turn in rounds) for case in cases}
    ratios = {
        case: median(turn[case] / turn[case[0], "plain"] for turn in rounds) for case in cases
    }
    for network, variant in cases:
        value, ratio = rates[network, variant], ratios[network, variant]
        print(f"{network:12} {variant:24} {value:7.0f} images/s, {ratio:.1f} times plain")
    result = {
        "images_per_second": {" ".join(case): round(value) for case, value in rates.items()},
        "over_plain": {" ".join(case): round(value, 2) for case, value in ratios.items()},
        "rounds": [
            {" ".join(case): round(value) for case, value in turn.items()} for turn in rounds
        ],
        "machine": {"cores": os.cpu_count(), "processor": processor()},
        "versions": {name: version(name) for name in ("numpy", "keras", "tensorflow")},
    }
    write_aside(Path(__file__).with_suffix(".json"), canonical_json(result) + "\n")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(rate(sys.argv[1], sys.argv[2] == "1"))
    else:
        main()
