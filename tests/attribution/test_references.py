"""Maps equal those of captum, xplique and PAIR saliency, stored in references/ (see there)."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from intensity.attribution.methods.deeplift import deeplift
from intensity.attribution.methods.grad_cam import grad_cam
from intensity.attribution.methods.gradient import gradient, gradient_x_input
from intensity.attribution.methods.guided_backprop import guided_backprop
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.windows import place_windows
from intensity.models.architectures import Network
from intensity.models.build import build
from intensity.models.inference import logits

FILE = Path(__file__).parent / "references" / "peers.npz"
REFERENCES = dict(np.load(FILE))
IMAGES, CLASSES = REFERENCES["images"], REFERENCES["classes"]
SHAPE = IMAGES.shape[1:]

every_network = pytest.mark.parametrize("network", ["convolutional", "residual"])


@cache
def model_of(network: str) -> keras.Model:
    """A network with the weights that the peers explained."""
    plan = json.loads(REFERENCES[f"{network}/plan"].item())
    architecture = Network(name=network, layers=plan["layers"], scaling=plan["scaling"])
    classes = len(REFERENCES[f"{network}/weights/logits/bias"])
    model = peers_order(build(architecture, SHAPE[0], classes, seed=0))
    for layer in model.layers:
        names = [f"{network}/weights/{layer.name}/{weight.name}" for weight in layer.weights]
        layer.set_weights([REFERENCES[name] for name in names])
    return model


def peers_order(model: keras.Model) -> keras.Model:
    """The same layers, the sum of a skip before the last ReLU of its block as the peers had it."""
    tensors = {model.layers[0].name: keras.Input(model.input_shape[1:])}
    start = tensors[model.layers[0].name]
    for stage, after in pairwise([*model.layers[1:], None]):
        if isinstance(stage, keras.layers.Add):
            continue
        x = tensors[stage.input._keras_history.operation.name]
        if isinstance(after, keras.layers.Add):
            x = after([tensors[after.input[0]._keras_history.operation.name], x])
        tensors[stage.name] = stage(x)
        if isinstance(after, keras.layers.Add):
            tensors[after.name] = tensors[stage.name]
    return keras.Model(start, tensors[model.layers[-1].name])


def assert_equal(maps: np.ndarray, network: str, peer: str, method: str) -> None:
    """Median difference 1e-5 of a map's largest value, 1e-4 in every image."""
    theirs = REFERENCES[f"{network}/{peer}/{method}"].astype(np.float64)
    assert maps.shape == theirs.shape
    largest = np.abs(theirs).max(axis=(1, 2))
    assert (largest > 0).all(), "a map of nothing shows nothing"
    apart = np.abs(maps - theirs).max(axis=(1, 2)) / largest
    assert np.median(apart) <= 1e-5
    assert apart.max() <= 1e-4


@every_network
@pytest.mark.parametrize("peer", ["captum", "xplique", "pair"])
def test_peers_explained_the_same_network(network: str, peer: str) -> None:
    values = logits(model_of(network), IMAGES)
    theirs = REFERENCES[f"{network}/{peer}/logits"]
    np.testing.assert_allclose(values, theirs, atol=1e-5 * np.abs(theirs).max())


@every_network
def test_gradient(network: str) -> None:
    maps = gradient(model_of(network), IMAGES, classes=CLASSES)
    assert_equal(maps, network, "captum", "gradient")
    assert_equal(maps, network, "pair", "gradient")
    assert_equal(np.abs(maps), network, "xplique", "gradient")


@every_network
def test_gradient_x_input(network: str) -> None:
    maps = gradient_x_input(model_of(network), IMAGES, classes=CLASSES)
    assert_equal(maps, network, "captum", "gradient_x_input")


@every_network
@pytest.mark.parametrize("peer", ["captum", "xplique"])
def test_guided_backprop(network: str, peer: str) -> None:
    maps = guided_backprop(model_of(network), IMAGES, classes=CLASSES)
    assert_equal(maps, network, peer, "guided_backprop")


def from_black(network: str, steps: int) -> np.ndarray:
    """Ours, at the middles of equal steps."""
    model = model_of(network)
    return integrated_gradients(
        model, IMAGES, baseline="black", steps=steps, classes=CLASSES
    ).maps.astype(np.float64)


def at_both_ends(network: str, doublings: int) -> tuple[np.ndarray, np.ndarray]:
    """The trapezoidal rule with 1 step, and with as many as doublings make of it.

    Twice as many steps add the middles of the old ones, so the new sum is the mean of the old one
    and of ours.
    """
    model, pixels = model_of(network), IMAGES.astype(np.float64)
    ends = [gradient(model, images, classes=CLASSES) for images in (IMAGES, 0 * IMAGES)]
    first = maps = pixels * np.mean(ends, axis=0)
    for k in range(doublings):
        maps = (maps + from_black(network, 2**k)) / 2
    return first, maps


@every_network
def test_integrated_gradients_at_middles(network: str) -> None:
    assert_equal(from_black(network, 20), network, "captum", "integrated_gradients")


@every_network
def test_integrated_gradients_at_both_ends(network: str) -> None:
    first, maps = at_both_ends(network, doublings=4)
    assert_equal(maps, network, "xplique", "integrated_gradients")
    mean_of_points = (16 * maps + first) / 17  # both ends count as much as points between
    assert_equal(mean_of_points, network, "pair", "integrated_gradients")


def counts(window: int, stride: int) -> np.ndarray:
    """(h, w), how many windows cover a pixel."""
    windows = place_windows(SHAPE, window, stride)
    return np.outer(windows.rows.sum(axis=0), windows.columns.sum(axis=0))


@every_network
def test_occlusion_with_windows_cut_by_the_border(network: str) -> None:
    maps = occlusion(model_of(network), IMAGES, fill=0, window=6, stride=4, classes=CLASSES)
    assert_equal(maps, network, "captum", "occlusion")


@every_network
@pytest.mark.parametrize(("peer", "window", "stride"), [("xplique", 6, 5), ("pair", 5, 1)])
def test_occlusion_summed_over_windows(network: str, peer: str, window: int, stride: int) -> None:
    options = {"window": window, "stride": stride}
    maps = occlusion(model_of(network), IMAGES, fill=0, classes=CLASSES, **options)
    assert_equal(maps * counts(**options), network, peer, "occlusion")


def enlarging(method: str, places: int, pixels: int) -> np.ndarray:
    """(pixels, places), how an enlarged line is made of a line."""
    line = np.eye(places)[..., None]
    return tf.image.resize(line, (pixels, places), method=method).numpy()[..., 0].astype(np.float64)


@every_network
def test_grad_cam(network: str) -> None:
    model = model_of(network)
    maps = grad_cam(model, IMAGES, classes=CLASSES)
    last = max(layer.name for layer in model.layers if layer.name.startswith("conv"))
    sizes = model.get_layer(last).output.shape[1], SHAPE[0]
    turn = enlarging("bicubic", *sizes) @ np.linalg.pinv(enlarging("bilinear", *sizes))
    assert_equal(turn @ maps @ turn.T, network, "xplique", "grad_cam")


@every_network
def test_deeplift(network: str) -> None:
    maps = deeplift(model_of(network), IMAGES, baseline="black", classes=CLASSES)
    assert_equal(maps, network, "captum", "deeplift")
