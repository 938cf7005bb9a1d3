"""Checks that a map has to pass before it is believed: weights, labels, class, polarity.

A map that does not change when weights or labels are shuffled does not show what was learned. One
that changes when the same network is given negatives depends on the polarity of the image. One that
is the same for two classes explains neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from intensity.attribution.cases import BATCH, Method
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.evaluation.cases import predicted_case, shared_copy
from intensity.models.architectures import Network
from intensity.models.inference import logits
from intensity.statistics.correlation import correlation, rank_correlation
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Order = Literal["cascading", "independent"]
ORDERS: tuple[Order, ...] = get_args(Order)
EPOCHS, RATE, LEARNED_AT_ONCE = 40, 3e-3, 64
"""How labels in random order are learned: by Adam, without noise, from the same images again."""


def weight_randomization(
    explain: Callable[[keras.Model], np.ndarray], model: keras.Model, order: Order
) -> dict[str, np.ndarray]:
    """Similarity of maps while kernels are shuffled, from the logits down or one at a time.

    A kernel's numbers are put in random order. Biases and norms stay, so that activations keep
    their scale and a map does not go blank for that reason.

    Args:
        explain: model -> (n, h, w) maps, of classes that do not depend on the model: shuffled
            weights predict another.
        model: it is left as it is; `shared_copy` is changed.
        order: "cascading" keeps shuffled what is above; "independent" restores it.

    Returns:
        (n,) Spearman's correlation of magnitudes with the maps of the model, by layer from the
        logits down; NaN where a map is the same everywhere.

    Raises:
        InvalidInput: there is no such order, or the model has no kernel.

    Reference: Adebayo et al. (2018), Sanity checks for saliency maps, section 3.
    Departs from the paper: kernels are shuffled, not drawn from their initial distribution.
    """
    import keras

    if order not in ORDERS:
        raise InvalidInput(f"order: {order!r} is not allowed: {' or '.join(ORDERS)}")
    copy = shared_copy(model)
    stream = np.random.Generator(np.random.Philox(key=0))
    before, found = np.abs(explain(copy)), {}
    kernels = _kernels(copy)
    for name in reversed(kernels):
        values = [keras.ops.convert_to_numpy(kernel) for kernel in kernels[name]]
        for kernel, value in zip(kernels[name], values, strict=True):
            kernel.assign(stream.permutation(value.ravel()).reshape(value.shape))
        found[name] = rank_correlation(before, np.abs(explain(copy)))
        if order == "independent":
            for kernel, value in zip(kernels[name], values, strict=True):
                kernel.assign(value)
    return found


def _kernels(model: keras.Model) -> dict[str, list[keras.Variable]]:
    """Weights with two axes or more, by layer in order; those of inner models by their paths.

    Raises:
        InvalidInput: there is none.
    """
    found: dict[str, list[keras.Variable]] = {}
    for weight in model.weights:
        if len(weight.shape) > 1:
            found.setdefault(weight.path.rpartition("/")[0], []).append(weight)
    if not found:
        raise InvalidInput("model: has no kernel; its weights cannot be shuffled")
    return found


def randomized_weights(
    model: keras.Model, scenes: Scenes, method: Method, order: Order
) -> dict[str, np.ndarray]:
    """`weight_randomization` of a method; all methods meet the same shuffled kernels."""
    case = predicted_case(model, scenes)
    return weight_randomization(
        lambda shuffled: method(case._replace(model=shuffled)), model, order
    )


def learned_by_heart(network: Network, scenes: Scenes, seed: int) -> dict[str, np.ndarray]:
    """A network trained until it knows shuffled labels of a few scenes.

    Args:
        network: the architecture.
        scenes: n scenes that are learned with labels in random order.
        seed: of weights and labels.

    Returns:
        `accuracy` (), of the shuffled labels; `weight_000`, ...: the weights in Keras' order.
    """
    import keras

    from intensity.models.build import build

    stream = np.random.Generator(np.random.Philox(key=seed))
    images, labels = render(scenes)[..., None], stream.permutation(scenes.label)
    model = build(network, scenes.options.size, scenes.task.classes, seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss)
    for _ in range(EPOCHS):
        order = stream.permutation(len(labels))
        for rows in np.array_split(order, max(1, len(labels) // LEARNED_AT_ONCE)):
            model.train_on_batch(images[rows], labels[rows])
    predicted = logits(model, images).argmax(axis=1)
    weights = {f"weight_{i:03}": values for i, values in enumerate(model.get_weights())}
    return {"accuracy": np.array((predicted == labels).mean()), **weights}


def randomized_labels(
    model: keras.Model, scenes: Scenes, method: Method, learned: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Similarity of maps to those of the same architecture trained on shuffled labels.

    Args:
        method: gives the maps, for the classes that `model` predicts.
        learned: from `learned_by_heart`, of the same architecture.

    Returns:
        `labels` (n,), Spearman's correlation of magnitudes.

    Reference: Adebayo et al. (2018), Sanity checks for saliency maps, section 4.
    """
    case = predicted_case(model, scenes)
    before = np.abs(method(case))
    shared_copy(model, [learned[name] for name in sorted(learned) if name.startswith("weight_")])
    return {"labels": rank_correlation(before, np.abs(method(case)))}


def map_checks(model: keras.Model, scenes: Scenes, method: Method) -> dict[str, np.ndarray]:
    """Similarity of maps to those of negatives, and of two classes.

    Returns:
        `classes` (n,), Pearson's correlation of the maps for the two highest classes, NaN where one
        is the same everywhere; `blank` (n, 2) bool, whether these are 0 everywhere; `polarity`
        (n,), Spearman's of signed maps with those of the same network on negatives, but for methods
        whose maps are then the same by an identity.

    Reference: Kindermans et al. (2019), The (un)reliability of saliency methods.
    """
    case = predicted_case(model, scenes)
    second = np.argsort(-logits(model, case.images, BATCH), axis=1, kind="stable")[:, 1]
    first, other = method(case), method(case._replace(classes=second.astype(np.int32)))
    found = {
        "classes": correlation(first, other),
        "blank": np.stack([~maps.any(axis=(1, 2)) for maps in (first, other)], axis=1),
    }
    if method.depends_on_black:
        found["polarity"] = rank_correlation(first, method(case.negative()))
    return found
