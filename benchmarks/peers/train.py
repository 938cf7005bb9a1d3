"""Two epochs of one training in a process of its own; prints the seconds of the second.

    python peers/train.py ours|plain|torch FOLDER NETWORK THREADS

The folder holds the images, and for PyTorch the exported network. What is printed with the seconds
are the logits of the first images before any step: the same network is trained, or it would not be
a comparison.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

BATCH, SHOWN = 64, 8


def with_keras(folder: Path, network: str, threads: int, fuse: bool) -> tuple:
    """The step of Keras, as this project trains or as anyone would, and the first logits."""
    import keras
    import tensorflow as tf

    from intensity.models.batchnorm import fused
    from intensity.models.build import build
    from intensity.training.presets import NETWORKS

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    data = np.load(folder / f"{network}.npz")
    size, classes = data["images"].shape[1], int(data["labels"].max()) + 1
    model = build(NETWORKS[network], size, classes, seed=0)
    first = np.asarray(model(data["images"][:SHOWN], training=False))
    learner = fused(model) if fuse else model
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    learner.compile(keras.optimizers.Adam(1e-3), loss)
    return learner.train_on_batch, first, version("keras")


def with_torch(folder: Path, network: str, threads: int) -> tuple:
    """The step of PyTorch, and the first logits."""
    import torch
    import torch_network

    torch.set_num_threads(threads)
    model = torch_network.load(folder)
    data = np.load(folder / f"{network}.npz")

    def tensor(images: np.ndarray) -> torch.Tensor:
        """(n, 1, h, w) float32."""
        return torch.from_numpy(images[..., 0].astype(np.float32))[:, None]

    with torch.inference_mode():
        first = model(tensor(data["images"][:SHOWN])).numpy()
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7)
    loss = torch.nn.CrossEntropyLoss()

    def step(images: np.ndarray, labels: np.ndarray) -> None:
        """One batch."""
        optimizer.zero_grad()
        loss(model(tensor(images)), torch.from_numpy(labels.astype(np.int64))).backward()
        optimizer.step()

    return step, first, version("torch")


def epoch(step: Callable[..., object], folder: Path, network: str) -> float:
    """Seconds for all images once."""
    data = np.load(folder / f"{network}.npz")
    images, labels = data["images"], data["labels"]
    start = time.perf_counter()
    for at in range(0, len(images), BATCH):
        step(images[at : at + BATCH], labels[at : at + BATCH])
    return time.perf_counter() - start


def main() -> None:
    """Warm up with one epoch, time the next."""
    program, folder, network, threads = (
        sys.argv[1],
        Path(sys.argv[2]),
        sys.argv[3],
        int(sys.argv[4]),
    )
    if program == "torch":
        step, first, made_by = with_torch(folder, network, threads)
    else:
        step, first, made_by = with_keras(folder, network, threads, program == "ours")
    epoch(step, folder, network)
    found = {"seconds": epoch(step, folder, network), "logits": first.tolist(), "version": made_by}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
