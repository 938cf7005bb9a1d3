"""Probes: what can be read from a layer by one linear function of its units.

The object's intensity and its class are read from every layer, from the mean of each unit's
activation over space and over the visible object. The first half of the scenes fits, the second
half tests. The same with shuffled targets in the first half says what fitting alone yields, and
the probes of `untrained` networks say what random weights do: much can be read without learning.

Reference: Alain, Bengio (2016), Understanding intermediate layers using linear classifier probes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve

from intensity.responses.profiles import response_scatter
from intensity.scenes import Scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

RIDGE = 1.0
"""Weight of the sum of squared coefficients, beside squared errors summed over scenes."""
SHUFFLES = 100
"""Controls that are averaged; one alone is right about a whole band of intensities by chance."""
CONSTANT = 1e-6
"""A unit is constant when it spreads by less than this share of its largest response."""


def probes(
    model: keras.Model,
    scenes: Scenes,
    layers: Sequence[str] | None = None,
    *,
    batch: int = 64,
) -> dict[str, np.ndarray]:
    """Intensity and class read linearly from each layer.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes, noise included; a few times as many as a layer has units.
        layers: names of layers; rectified layers and logits where None.
        batch: images that pass through the model at once.

    Returns:
        `layer` (k,) and `over` (k,), "space" or "object": what was read; layers without space have
        the same in both. For each the measures of `read_out`, (k,) float64. `chance` (): accuracy
        on the second half of always naming the most frequent class of the first.

    Raises:
        InvalidInput: a half of the scenes lacks a class or has one intensity only, layers are
            wrong, scenes do not fit, or an object is invisible.
    """
    _check_halves(scenes)
    scatter = response_scatter(model, scenes, layers, batch=batch)
    level, label, classes = scenes.intensity.astype(float), scenes.label, scenes.task.classes
    places = list(product(dict.fromkeys(scatter["layer"].tolist()), ("space", "object")))
    read = [
        read_out(scatter[over][scatter["layer"] == layer].T, level, label, classes)
        for layer, over in places
    ]
    measures = {name: np.array([row[name] for row in read]) for name in read[0]}
    layer, over = np.array(places).T
    return {"layer": layer, "over": over, **measures, "chance": np.array(_chance(label))}


def read_out(
    features: np.ndarray, intensity: np.ndarray, label: np.ndarray, classes: int
) -> dict[str, float]:
    """How well intensity and class follow from features, fitted on one half of n scenes.

    The class is the largest of one linear function a class, each fitted to 1 for its own class and
    0 for others. The control fits both to targets that were permuted among the scenes.

    Args:
        features: (n, u), constant where they say nothing.
        intensity: (n,) float, grey levels; not all the same in the second half.
        label: (n,) classes.
        classes: how many there are.

    Returns:
        `r2`: 1 - squared error / squared deviation from the mean, in the second half; 0 for a
        reader that names that mean, below 0 for worse. `rmse`: root of the mean squared error, grey
        levels. `accuracy`: share of right classes. `shuffled_r2` and `shuffled_accuracy`: means
        over the controls.
    """
    half, random = len(label) // 2, np.random.Generator(np.random.Philox(key=0))
    targets = np.column_stack([intensity, np.eye(classes)[label]])
    orders = [np.arange(half), *(random.permutation(half) for _ in range(SHUFFLES))]
    fitted = ridge_predictions(features, np.hstack([targets[order] for order in orders]))
    read = fitted.reshape(-1, len(orders), 1 + classes)
    error = ((read[..., 0] - intensity[half:, None]) ** 2).mean(axis=0)
    r2 = 1 - error / np.var(intensity[half:])
    accuracy = (read[..., 1:].argmax(axis=2) == label[half:, None]).mean(axis=0)
    return {
        "r2": float(r2[0]),
        "rmse": float(np.sqrt(error[0])),
        "accuracy": float(accuracy[0]),
        "shuffled_r2": float(r2[1:].mean()),
        "shuffled_accuracy": float(accuracy[1:].mean()),
    }


def ridge_predictions(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """What ridge regression on the first scenes says about the others.

    It minimizes |x b + c - y|^2 + RIDGE |b|^2, where x are the features scaled to mean 0 and
    variance 1 in the first scenes. A unit that is constant there is left out. There may be more
    units than scenes, but then the fit says little.

    Args:
        features: (n, u).
        targets: (m, t) of the first m scenes.

    Returns:
        (n - m, t) predictions for the others.

    Reference: Hoerl, Kennard (1970), Ridge regression: biased estimation.
    """
    fitted, mean = len(targets), targets.mean(axis=0)
    center, spread = (f(features[:fitted], axis=0) for f in (np.mean, np.std))
    varies = spread > CONSTANT * np.abs(features[:fitted]).max(axis=0)
    x = (features[:, varies] - center[varies]) / spread[varies]
    seen = x[:fitted]
    squares = seen.T @ seen + RIDGE * np.eye(x.shape[1])
    weights = solve(squares, seen.T @ (targets - mean), assume_a="pos")
    predictions: np.ndarray = x[fitted:] @ weights + mean
    return predictions


def _chance(label: np.ndarray) -> float:
    """Accuracy on the second half of the most frequent class of the first."""
    half = len(label) // 2
    return float(np.mean(label[half:] == np.bincount(label[:half]).argmax()))


def _check_halves(scenes: Scenes) -> None:
    """Refuse scenes whose halves do not show every class and more than one intensity."""
    label, classes, half = scenes.label, scenes.task.classes, len(scenes) // 2
    if (label < 0).any():
        raise InvalidInput("scenes: an object without a class is not allowed")
    for name, rows in (("first", slice(half)), ("second", slice(half, None))):
        missing = set(range(classes)) - set(label[rows].tolist())
        if missing:
            raise InvalidInput(
                f"scenes: class {min(missing)} is not in the {name} half of {len(scenes)} scenes; "
                "each half needs every class"
            )
        if np.ptp(scenes.intensity[rows]) == 0:
            raise InvalidInput(f"scenes: the {name} half has one intensity only; it must vary")
