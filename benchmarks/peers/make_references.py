"""Peers' maps of two small random networks, as arrays that the tests compare ours with.

Run by hand where the peers are installed (run.sh makes such an environment, benchmarks/.venv):

    CUDA_VISIBLE_DEVICES=-1 benchmarks/.venv/bin/python benchmarks/peers/make_references.py

It writes tests/attribution/references/peers.npz; the README there says what is in it.
"""

import json
import tempfile
from pathlib import Path

import captum_peer
import keras
import numpy as np
import pair_peer
import tensorflow as tf
import xplique_peer
from keras import layers

TARGET = Path(__file__).resolve().parents[2] / "tests" / "attribution" / "references" / "peers.npz"
SIZE, CLASSES, IMAGES = 16, 3, 4
STEPS = {"captum": 20, "xplique": 17, "pair": 17}
"""Of integrated gradients: middles of 20 steps; 17 points with both ends, so 16 steps."""
WINDOWS = {"captum": (6, 4), "xplique": (6, 5), "pair": (5, 1)}
"""Side and stride of occlusion. All overlap; captum's last ones are cut by the border."""


def block(channels: int, stride: int = 1, padding: str = "same", bias: bool = True) -> dict:
    """A residual block."""
    shape = {"channels": channels, "stride": stride, "padding": padding, "bias": bias}
    return {"kind": "block", **shape}


PLANS = {
    "convolutional": {
        "scaling": "unit",
        "rescale": [1 / 255, 0.0],
        "layers": [
            {"kind": "convolution", "channels": 4, "kernel": 3},
            {"kind": "convolution", "channels": 4, "kernel": 3},
            {"kind": "pool"},
            {"kind": "convolution", "channels": 6, "kernel": 3},
            {"kind": "pool"},
            {"kind": "flatten"},
            {"kind": "dense", "units": 12},
            {"kind": "dropout", "rate": 0.5},
        ],
    },
    "residual": {
        "scaling": "centered",
        "rescale": [1 / 64, -2.0],
        "layers": [
            block(4),
            block(4),
            block(6, stride=2, padding="valid", bias=False),
            {"kind": "average"},
        ],
    },
}
"""Architectures as intensity.models.architectures describes them."""


class Builder:
    """The layers of intensity.models.build by the same names: the peers lack that module."""

    def __init__(self) -> None:
        """Start counting."""
        self.counts: dict[str, int] = {}

    def named(self, kind: str) -> str:
        """The next name of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def convolve(self, x: keras.KerasTensor, channels: int, **options: object) -> keras.KerasTensor:
        """A linear convolution of 3 x 3."""
        options = {"padding": "same"} | options
        return layers.Conv2D(channels, 3, name=self.named("conv"), **options)(x)

    def relu(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """The positive part."""
        return layers.ReLU(name=self.named("relu"))(x)

    def norm(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Batch norm."""
        return layers.BatchNormalization(epsilon=1e-5, name=self.named("norm"))(x)

    def block(self, x: keras.KerasTensor, layer: dict) -> keras.KerasTensor:
        """Conv, norm, ReLU, conv, norm, maybe the skip, ReLU."""
        channels, bias = layer["channels"], layer["bias"]
        y = self.convolve(
            x, channels, strides=layer["stride"], padding=layer["padding"], use_bias=bias
        )
        y = self.norm(self.convolve(self.relu(self.norm(y)), channels, use_bias=bias))
        skips = layer["stride"] == 1 and x.shape[-1] == channels
        return self.relu(layers.Add(name=self.named("skip"))([x, y]) if skips else y)

    def apply(self, x: keras.KerasTensor, layer: dict) -> keras.KerasTensor:
        """One layer of an architecture."""
        match layer["kind"]:
            case "convolution":
                return self.relu(self.convolve(x, layer["channels"]))
            case "block":
                return self.block(x, layer)
            case "pool":
                return layers.MaxPooling2D(2, name=self.named("pool"))(x)
            case "flatten":
                return layers.Flatten(name="flatten")(x)
            case "average":
                return layers.GlobalAveragePooling2D(name="average")(x)
            case "dense":
                return self.relu(layers.Dense(layer["units"], name=self.named("dense"))(x))
            case "dropout":
                return layers.Dropout(layer["rate"], name=self.named("dropout"))(x)
        raise ValueError(layer)


def build(plan: dict) -> keras.Model:
    """An architecture as a Keras model."""
    builder, images = Builder(), keras.Input((SIZE, SIZE, 1))
    x = layers.Rescaling(*plan["rescale"], name="rescale")(images)
    for layer in plan["layers"]:
        x = builder.apply(x, layer)
    return keras.Model(images, layers.Dense(CLASSES, name="logits")(x))


def drawn(name: str, shape: tuple[int, ...], stream: np.random.Generator) -> np.ndarray:
    """Random weights that keep activations about as large from layer to layer."""
    match name:
        case "kernel":
            return stream.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        case "gamma" | "moving_variance":
            return stream.uniform(0.5, 1.5, shape)
    return stream.normal(0, 0.2, shape)


def draw_weights(model: keras.Model, stream: np.random.Generator) -> dict[str, np.ndarray]:
    """Fill a model with random weights, and return them by layer and name."""
    for layer in model.layers:
        layer.set_weights([drawn(w.name, tuple(w.shape), stream) for w in layer.weights])
    return {f"{x.name}/{w.name}": np.asarray(w) for x in model.layers for w in x.weights}


def draw_images(stream: np.random.Generator) -> np.ndarray:
    """(n, size, size) uint8, a square on noise.

    No pixel is black and hardly two neighbors are equal: where they are, the largest of a pooling
    window is no single pixel, and libraries may differ in which one they take.
    """
    images = stream.integers(1, 120, (IMAGES, SIZE, SIZE))
    for image, (top, left) in zip(images, stream.integers(0, SIZE - 5, (IMAGES, 2)), strict=True):
        image[top : top + 5, left : left + 5] += 120
    return images.astype(np.uint8)


def export(plan: dict, folder: Path, stream: np.random.Generator) -> dict[str, np.ndarray]:
    """Write a network for the peers, and return its weights."""
    model = build(plan)
    weights = draw_weights(model, stream)
    model.save(folder / "model.keras")
    np.savez(folder / "weights.npz", **weights)
    rows = [layer["kind"] in ("flatten", "average") for layer in plan["layers"]]
    features = [
        int(model.get_layer(layer["kind"]).output.shape[-1]) if row else None
        for layer, row in zip(plan["layers"], rows, strict=True)
    ]
    text = json.dumps(plan | {"features": features, "classes": CLASSES})
    (folder / "network.json").write_text(text)
    return weights


def explain(folder: Path, images: np.ndarray, classes: np.ndarray) -> dict[str, np.ndarray]:
    """Maps by library and method."""
    peers = {
        "captum": captum_peer.Peer(folder, 1),
        "xplique": xplique_peer.Peer(folder, 1),
        "pair": pair_peer.Peer(folder, 1),
    }
    found = {}
    for name, peer in peers.items():
        window, stride = WINDOWS[name]
        strides = {} if name == "pair" else {"stride": stride}
        requests = {
            "logits": {},
            "gradient": {},
            "gradient_x_input": {},
            "guided_backprop": {},
            "grad_cam": {},
            "deeplift": {},
            "integrated_gradients": {"steps": STEPS[name]},
            "occlusion": {"window": window, **strides},
        }
        for method, options in requests.items():
            if hasattr(peer, method):
                maps = getattr(peer, method)(images, classes, batch=64, **options)
                found[f"{name}/{method}"] = np.asarray(maps, np.float32)
    return found


def main() -> None:
    """Make both networks, ask the peers and write everything in one file."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    stream = np.random.Generator(np.random.Philox(key=7))
    images, classes = draw_images(stream), stream.integers(0, CLASSES, IMAGES)
    arrays = {"images": images, "classes": classes}
    for name, plan in PLANS.items():
        arrays[f"{name}/plan"] = np.array(json.dumps(plan))
        with tempfile.TemporaryDirectory() as folder:
            weights = export(plan, Path(folder), stream)
            maps = explain(Path(folder), images, classes)
        arrays |= {f"{name}/weights/{key}": value for key, value in weights.items()}
        arrays |= {f"{name}/{key}": value for key, value in maps.items()}
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(TARGET, **arrays)
    print(f"{TARGET}: {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
