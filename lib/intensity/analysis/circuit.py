"""The circuit of a small network: its kernels in grey levels, and its first block in closed form.

At inference batch norm is an affine map, so it can be folded into the convolution before it, and
the rescaling of grey levels into the first one. What is left is ReLU(kernel * image + bias).

On a black scene without noise a first-layer unit sees, at each position, some of the object's
pixels and nothing else. Its pre-activation is bias + weight I with weight = the sum of the kernel
over these pixels, so its mean response is a sum of hinges in the intensity I:

    r(I) = sum over weights of share * ReLU(bias + weight I),   threshold = -bias / weight.

Most of an object's positions are interior: the whole kernel lies on it, weight = sum of the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from intensity.analysis.unit_profiles import response_profiles
from intensity.data.levels import as_levels
from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.models.inputs import check_scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

NEGLIGIBLE = 1e-6
"""What is smaller than this share of its own terms is rounding."""


def folded(model: keras.Model, convolution: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """A convolution with the layers around it folded in.

    With g = gamma / sqrt(variance + epsilon) of batch norm's averages, kernel' = g kernel and
    bias' = g (bias - mean) + beta. The first convolution takes the rescaling s x + t in as well:
    kernel'' = s kernel' and bias'' = bias' + t sum(kernel'), so that it acts on raw grey levels.

    Args:
        model: with the layers rescale, conv1, norm1, ..., as they are built here.
        convolution: name of the convolution.
        norm: name of the batch norm that follows it.

    Returns:
        Kernel (height, width, inputs, outputs) and bias (outputs,), both float64.

    Raises:
        InvalidInput: there is no such layer, or the first convolution has padding.
    """
    conv, after = _layer(model, convolution), _layer(model, norm)
    gain = _array(after.gamma) / np.sqrt(_array(after.moving_variance) + after.epsilon)
    start = _array(conv.bias) if conv.use_bias else 0.0
    kernel = _array(conv.kernel) * gain
    bias = (start - _array(after.moving_mean)) * gain + _array(after.beta)
    if convolution != "conv1":
        return kernel, bias
    if conv.padding != "valid":
        raise InvalidInput(
            f"model: padding {conv.padding} of conv1 is not allowed: valid, "
            "since the zeros that it adds after rescaling are not black"
        )
    rescale = _layer(model, "rescale")
    return rescale.scale * kernel, bias + rescale.offset * kernel.sum(axis=(0, 1, 2))


def folded_kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """All convolutions of a network of blocks, each with its batch norm folded in.

    Args:
        model: with layers conv1, norm1, conv2, norm2, ...

    Returns:
        For every convolution `conv1_kernel` (height, width, inputs, outputs) and `conv1_bias`
        (outputs,), float64; those of conv1 act on raw grey levels.

    Raises:
        InvalidInput: a convolution has no batch norm, or as for `folded`.
    """
    arrays: dict[str, np.ndarray] = {}
    for name in [layer.name for layer in model.layers if layer.name.startswith("conv")]:
        kernel, bias = folded(model, name, name.replace("conv", "norm"))
        arrays |= {f"{name}_kernel": kernel, f"{name}_bias": bias}
    return arrays


def final_maps(model: keras.Model) -> dict[str, np.ndarray]:
    """Weights of a logit layer that reads flattened maps, as maps.

    Args:
        model: with the layers flatten and logits, one after the other.

    Returns:
        `maps` (height, width, channels, classes) float64: what a unit at a place adds to a logit.

    Raises:
        InvalidInput: the network has no such head.
    """
    shape = _layer(model, "flatten").input.shape[1:]
    weights = _array(_layer(model, "logits").kernel)
    if len(weights) != np.prod(shape):
        raise InvalidInput(
            f"model: logits read {len(weights)} units, which is not allowed: the flattened {shape}"
        )
    return {"maps": weights.reshape(*shape, -1)}


def closed_form(model: keras.Model, scenes: Scenes, levels: np.ndarray) -> dict[str, np.ndarray]:
    """Responses of a network's first block, predicted from kernels and masks, beside measured ones.

    Layer relu1 is predicted as the sum of hinges, relu2 by convolving the predicted maps of relu1.
    That is exact by algebra: a fit of 1 checks how kernels, batch norm and masks are put together.
    The crude prediction knows no places: it takes object and background as two uniform planes,
    weighted by their areas, so that relu1 has one hinge at its interior threshold. It may fail.

    Args:
        model: whose first block is conv1 (no padding), norm1, relu1, conv2, norm2, relu2.
        scenes: n scenes of one whole object on black; their noise is left out.

    Returns:
        `levels` (k,); for the u units of relu1 and relu2 `layer`, `unit` (u,), and mean activation
        over space and scenes (u, k): `measured`, `predicted`, `interior` (the crude prediction);
        `r2` and `r2_interior` (u,), the fit of the two predictions over the levels; `threshold`
        (u,) = -bias / sum(kernel) in grey levels where `has_threshold` (u,), else 0: units of relu2
        have none of their own, nor has a unit of relu1 whose kernel sums to nothing.

    Raises:
        InvalidInput: levels are wrong, the scenes or the block are of another kind.
    """
    swept, still = as_levels(levels), scenes.without_noise()
    first, second = folded(model, "conv1", "norm1"), folded(model, "conv2", "norm2")
    visible, stride = _visible(model, still), _layer(model, "conv1").strides[0]
    profiles = response_profiles(model, still, swept, ["relu1", "relu2"])
    weights = _correlate(visible[..., None], first[0], stride)
    seen, shares = hinges(first[0], visible, stride)
    one = np.einsum("p,upk->uk", shares, _relu(first[1][:, None, None] + seen.T[..., None] * swept))
    predicted = np.concatenate([one, _second_layer(weights, first[1], *second, swept)])
    area = visible.mean()
    interior = area * _uniform(first, second, swept) + (1 - area) * _uniform(first, second, [0])
    return {
        **{name: profiles[name] for name in ("levels", "layer", "unit")},
        **{"measured": profiles["space"], "predicted": predicted, "interior": interior},
        "r2": goodness(profiles["space"], predicted),
        "r2_interior": goodness(profiles["space"], interior),
        **_thresholds(*first, units=len(predicted)),
    }


def hinges(kernel: np.ndarray, visible: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """What first-layer units see of objects: a weight for each pattern of object pixels.

    Args:
        kernel: (height, width, 1, units) on grey levels.
        visible: (n, h, w) bool, pixels of the objects.
        stride: pixels from one position of the kernel to the next; no padding.

    Returns:
        (p, units) sum of the kernel over the object pixels of each pattern that occurs, and (p,)
        its share of all positions in all images; shares sum to 1.
    """
    height, width, _, units = kernel.shape
    bits = np.arange(height * width)
    names = _correlate(visible[..., None], (2.0**bits).reshape(height, width, 1, 1), stride)
    patterns, counts = np.unique(names.astype(np.int64), return_counts=True)
    seen = (patterns[:, None] >> bits) & 1
    return seen @ kernel.reshape(-1, units), counts / counts.sum()


def goodness(measured: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """R2 = 1 - sum (measured - predicted)^2 / sum (measured - mean)^2, row by row.

    A row that does not vary has nothing to explain: 1 where it is predicted, 0 elsewhere.

    Args:
        measured: (u, k) responses.
        predicted: (u, k).

    Returns:
        (u,) float64, at most 1.
    """
    left = ((measured - predicted) ** 2).sum(axis=1)
    total = ((measured - measured.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    rounding = measured.shape[1] * (NEGLIGIBLE * np.abs(measured).max(axis=1)) ** 2
    constant = (left <= rounding).astype(float)
    return 1 - np.divide(left, total, out=1 - constant, where=total > rounding)


def _second_layer(
    weights: np.ndarray, start: np.ndarray, kernel: np.ndarray, bias: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """(u, k) mean responses of the second convolution; weights (n, h, w, units) are the first's."""
    rows, columns = (side // 2 for side in kernel.shape[:2])
    border = ((0, 0), (rows, rows), (columns, columns), (0, 0))
    means = []
    for level in levels:
        maps = np.pad(_relu(start + weights * level), border)
        means.append(_relu(_correlate(maps, kernel, 1) + bias).mean(axis=(0, 1, 2)))
    return np.stack(means, axis=1)


def _uniform(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray], levels: ArrayLike
) -> np.ndarray:
    """(u, k) responses of both layers where all that a unit sees has one level."""
    grey = np.asarray(levels, float)[:, None]
    one = _relu(grey @ first[0].sum(axis=(0, 1)) + first[1])
    two = _relu(one @ second[0].sum(axis=(0, 1)) + second[1])
    return np.concatenate([one, two], axis=1).T


def _thresholds(kernel: np.ndarray, bias: np.ndarray, units: int) -> dict[str, np.ndarray]:
    """The interior thresholds of the first of `units` units, and which there are."""
    weight, size = kernel.sum(axis=(0, 1, 2)), np.abs(kernel).sum(axis=(0, 1, 2))
    exists = np.zeros(units, bool)
    exists[: len(bias)] = np.abs(weight) > NEGLIGIBLE * size
    threshold = np.zeros(units)
    threshold[exists] = (-bias / np.where(weight, weight, 1))[exists[: len(bias)]]
    return {"threshold": threshold, "has_threshold": exists}


def _visible(model: keras.Model, still: Scenes) -> np.ndarray:
    """(n, h, w) bool, pixels of the objects, once they are known to be all that is seen."""
    check_scenes(model, still)
    visible = masks(still).object
    if (render(still) != visible * still.intensity[:, None, None]).any():
        raise InvalidInput("scenes: only whole objects, alone on a black background, are allowed")
    return visible


def _correlate(maps: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    windows = sliding_window_view(maps, kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.tensordot(windows, kernel, axes=([4, 5, 3], [0, 1, 2]))


def _relu(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0)


def _layer(model: keras.Model, name: str) -> keras.Layer:
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise InvalidInput(f"model: has no layer {name}, only {', '.join(names)}")
    return model.get_layer(name)


def _array(weights: keras.Variable) -> np.ndarray:
    return np.asarray(weights).astype(np.float64)
