"""Probes: what a linear function of a layer's units can decode.

The object's intensity and its class are decoded from every layer, from the mean of each unit's
activation over space and over the visible object. Some scenes fit, others test; scenes that fit
must not be of the split "test". Two controls: shuffled targets of the fit show what fitting alone
yields, and probes of `untrained` networks what random weights yield. The class selectivity of a
single unit is the share of its variance that lies between classes.

Reference: Alain, Bengio (2016), Understanding intermediate layers using linear classifier probes.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.linalg import solve

from intensity.analysis.unit_profiles import response_scatter
from intensity.data.scenes import Scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

RIDGE = 1.0
"""Weight of the sum of squared coefficients, beside squared errors summed over scenes."""
SHUFFLES = 100
"""Controls that are averaged; one alone is right about a whole band of intensities by chance."""
CONSTANT = 1e-6
"""A unit is constant when it spreads by less than this share of its largest response."""


class Read(NamedTuple):
    """What a layer answers to n scenes, and what is to be predicted from it.

    features: (n, u) responses of u units.
    intensity: (n,) float, grey levels.
    label: (n,) classes.
    """

    features: np.ndarray
    intensity: np.ndarray
    label: np.ndarray


def probes(model: keras.Model, training: Scenes, test: Scenes) -> dict[str, np.ndarray]:
    """Intensity and class read linearly from each layer.

    Args:
        training: scenes that fit, noise included, of another split than `test`; a few times as
            many as a layer has units.
        test: as many scenes of the same task that test.

    Returns:
        `layer` (k,) and `over` (k,), "space" or "object": what was read; layers without space have
        the same in both. For each the measures of `read_out`, (k,) float64. `chance` (): accuracy
        on `test` of always naming the most frequent class of `training`.

    Raises:
        InvalidInput: `training` or `test` lacks a class or has one intensity only, or they are not
            as many, scenes do not fit, or an object is invisible.
    """
    _check(training, test)
    scatters = [response_scatter(model, part) for part in (training, test)]
    names = scatters[0]["layer"]
    places = list(product(dict.fromkeys(names.tolist()), ("space", "object")))
    read = []
    for layer, over in places:
        seen, new = (
            Read(scatter[over][names == layer].T, scenes.intensity.astype(float), scenes.label)
            for scatter, scenes in zip(scatters, (training, test), strict=True)
        )
        read.append(read_out(seen, new, test.task.classes))
    measures = {name: np.array([row[name] for row in read]) for name in read[0]}
    layer, over = np.array(places).T
    chance = np.mean(test.label == np.bincount(training.label).argmax())
    return {"layer": layer, "over": over, **measures, "chance": np.array(chance)}


def read_out(training: Read, test: Read, classes: int) -> dict[str, float]:
    """How well intensity and class follow from features, fitted on some scenes, tested on others.

    The class is the largest of one linear function a class, each fitted to 1 for its own class and
    0 for others. The control fits both to targets that were permuted among the scenes.

    Args:
        training: what fits; features are constant where they say nothing.
        test: what tests; its intensities are not all the same.
        classes: how many there are.

    Returns:
        Of the test scenes `r2`: 1 - squared error / squared deviation from the mean; 0 for always
        predicting that mean, below 0 for worse. `rmse`: root of the mean squared error, grey
        levels. `accuracy`: share of right classes. `selectivity`: mean over units of
        `class_selectivity`. `shuffled_r2` and `shuffled_accuracy`: means over the controls;
        `shuffled_selectivity`: mean over all permutations of the classes.
    """
    random = np.random.Generator(np.random.Philox(key=0))
    targets = np.column_stack([training.intensity, np.eye(classes)[training.label]])
    count = len(targets)
    orders = [np.arange(count), *(random.permutation(count) for _ in range(SHUFFLES))]
    aims = np.hstack([targets[order] for order in orders])
    fitted = ridge_predictions(training.features, aims, test.features)
    read = fitted.reshape(-1, len(orders), 1 + classes)
    error = ((read[..., 0] - test.intensity[:, None]) ** 2).mean(axis=0)
    r2 = 1 - error / np.var(test.intensity)
    accuracy = (read[..., 1:].argmax(axis=2) == test.label[:, None]).mean(axis=0)
    return {
        "r2": float(r2[0]),
        "rmse": float(np.sqrt(error[0])),
        "accuracy": float(accuracy[0]),
        "selectivity": float(class_selectivity(test.features.T, test.label).mean()),
        "shuffled_r2": float(r2[1:].mean()),
        "shuffled_accuracy": float(accuracy[1:].mean()),
        "shuffled_selectivity": chance_selectivity(test.label),
    }


def ridge_predictions(features: np.ndarray, targets: np.ndarray, test: np.ndarray) -> np.ndarray:
    """What ridge regression on some scenes says about others.

    It minimizes |x b + c - y|^2 + RIDGE |b|^2, where x are the features scaled to mean 0 and
    variance 1 in the scenes that fit. A unit that is constant there is left out. There may be more
    units than scenes, but then the fit says little.

    Args:
        features: (m, u) of the scenes that fit.
        targets: (m, t) of the same scenes.
        test: (n, u) of the others.

    Returns:
        (n, t) predictions for the others.

    Reference: Hoerl, Kennard (1970), Ridge regression: biased estimation.
    """
    mean = targets.mean(axis=0)
    center, spread = (f(features, axis=0) for f in (np.mean, np.std))
    varies = spread > CONSTANT * np.abs(features).max(axis=0)
    seen, new = ((x[:, varies] - center[varies]) / spread[varies] for x in (features, test))
    squares = seen.T @ seen + RIDGE * np.eye(seen.shape[1])
    weights = solve(squares, seen.T @ (targets - mean), assume_a="pos")
    predictions: np.ndarray = new @ weights + mean
    return predictions


def class_selectivity(responses: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Class selectivity of a unit: the share of its responses' variance that lies between classes.

    eta^2 = sum n_c (mean_c - mean)^2 / sum (x - mean)^2 over scenes: 0 where all classes have the
    same mean, 1 where a class has one response. `chance_selectivity` is its mean for labels that
    have nothing to do with the responses.

    Args:
        responses: (..., n) of units to scenes, for example `space` of `response_scatter`.
        labels: (n,) classes of the scenes.

    Returns:
        (...) float64 in 0..1; 0 for a constant response.

    Raises:
        InvalidInput: not one label for each scene, or fewer than two classes.

    Reference: Pearson (1905), On the general theory of skew correlation and non-linear regression.
    """
    values = np.asarray(responses, np.float64)
    if np.shape(labels) != values.shape[-1:]:
        raise InvalidInput(
            f"labels: shape {np.shape(labels)} is not allowed: {values.shape[-1:]}, one a scene"
        )
    place, count = _classes(labels)
    values = values - values.mean(axis=-1, keepdims=True)
    means = values @ (np.eye(len(count))[place] / count)
    share: np.ndarray = np.divide(
        means**2 @ count,
        (values**2).sum(axis=-1),
        out=np.zeros(values.shape[:-1]),
        where=np.ptp(responses, axis=-1) > 0,
    )
    return share.clip(0, 1)


def chance_selectivity(labels: np.ndarray) -> float:
    """What `class_selectivity` is on average where labels are shuffled: (classes - 1) / (n - 1).

    Args:
        labels: (n,) classes of the scenes.

    Raises:
        InvalidInput: fewer than two classes.
    """
    _, count = _classes(labels)
    return (len(count) - 1) / (len(labels) - 1)


def _classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the classes that occur each scene has, and how many scenes each of them has."""
    classes, place, count = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InvalidInput(f"labels: {classes.tolist()} is not allowed: at least two classes")
    return place, count


def _check(training: Scenes, test: Scenes) -> None:
    """Refuse scenes that do not show every class and more than one intensity, or not as many."""
    if len(training) != len(test):
        raise InvalidInput(
            f"test: {len(test)} scenes is not allowed: {len(training)}, as many as fit"
        )
    for name, scenes in (("training", training), ("test", test)):
        if (scenes.label < 0).any():
            raise InvalidInput(f"{name}: an object without a class is not allowed")
        missing = set(range(test.task.classes)) - set(scenes.label.tolist())
        if missing:
            raise InvalidInput(
                f"{name}: class {min(missing)} is not in {len(scenes)} scenes; "
                "every class is needed"
            )
        if np.ptp(scenes.intensity) == 0:
            raise InvalidInput(f"{name}: there is one intensity only; it must vary")
