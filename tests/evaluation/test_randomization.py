"""Sanity checks: what must change changes, what must not does not."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, deep, images_of, linear, rectified
from intensity.attribution.edge_filters import sobel_edges
from intensity.attribution.incremental.stages import stages_of
from intensity.attribution.methods.gradient import gradient, gradient_x_input
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.windows import Repaint
from intensity.evaluation.randomization import (
    class_agreement,
    polarity_agreement,
    reads_negatives,
    twin,
    weight_randomization,
)
from intensity.models.build import build
from intensity.training.presets import NETWORKS, TASKS
from intensity.values import InvalidInput


def of_class_0(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Gradient of one class."""
    return gradient(model, images, classes=0)


def test_shuffled_weights_change_the_gradient_and_not_the_image() -> None:
    model, images = rectified(), images_of(3)
    weights = model.get_weights()
    found = weight_randomization(of_class_0, model, images, order="cascading", part="absolute")
    assert list(found) == [layer.name for layer in reversed(model.layers) if layer.weights]
    assert all((agreement < 0.9).all() for agreement in found.values())
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    edges = weight_randomization(
        lambda _, images: sobel_edges(images), model, images, order="cascading", part="absolute"
    )
    assert all((agreement > 1 - 1e-9).all() for agreement in edges.values())


def test_one_at_a_time_restores_what_came_before() -> None:
    model, images = rectified(), images_of(2)
    shown: list[list[np.ndarray]] = []

    def watching(seen: keras.Model, images: np.ndarray) -> np.ndarray:
        shown.append([layer.get_weights()[0] for layer in seen.layers if hasattr(layer, "kernel")])
        return of_class_0(seen, images)

    for order, changed in (("independent", [1, 1, 1, 1]), ("cascading", [1, 2, 3, 4])):
        shown.clear()
        weight_randomization(watching, model, images, order=order, part="signed")  # type: ignore[arg-type]
        first, *later = shown
        differ = [sum((a != b).any() for a, b in zip(first, k, strict=True)) for k in later]
        assert differ == changed
        for kernels in later:
            for a, b in zip(first, kernels, strict=True):
                np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))


def test_models_of_one_architecture_share_a_twin_and_keep_their_weights() -> None:
    first, second = (build(NETWORKS["bn_tiny"], 24, 3, seed) for seed in (0, 1))
    before = [model.get_weights() for model in (first, second)]
    assert twin(first) is twin(second)
    assert twin(first) is not twin(deep())
    twin(first).set_weights(second.get_weights())
    images = np.random.default_rng(0).integers(0, 256, (2, 24, 24), np.uint8)
    np.testing.assert_array_equal(of_class_0(twin(first), images), of_class_0(second, images))
    for model, weights in zip((first, second), before, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


def test_other_orders_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^order: 'random' is not allowed"):
        weight_randomization(of_class_0, linear()[0], images_of(1), order="random", part="signed")  # type: ignore[arg-type]


def test_negatives_are_read_as_the_images_are() -> None:
    model, images = deep(), images_of(4)
    negative = reads_negatives(model)
    for one, other in ((images, 255 - images), (images.astype("f"), 255 - images.astype("f"))):
        np.testing.assert_array_equal(
            negative.predict_on_batch(other[..., None]), model.predict_on_batch(one[..., None])
        )


def test_networks_that_read_negatives_are_computed_incrementally_too() -> None:
    assert stages_of(reads_negatives(deep())) is not None


def test_what_depends_on_the_polarity_and_what_does_not() -> None:
    model, images, other = deep(), images_of(3), images_of(3, seed=8)
    plain, inverted = (Repaint(TASKS["hard"], 4, inverted=x) for x in (False, True))
    fixed = {"classes": 0}
    repainted = polarity_agreement(
        lambda m, x: occlusion(m, x, fill=plain, window=2, stride=1, **fixed),
        lambda m, x: occlusion(m, x, fill=inverted, window=2, stride=1, **fixed),
        model, images, "signed",
    )  # fmt: skip
    assert (repainted > 0.99).all()
    between = polarity_agreement(
        lambda m, x: integrated_gradients(m, x, baseline=other, steps=9, **fixed).maps,
        lambda m, x: integrated_gradients(m, x, baseline=255 - other, steps=9, **fixed).maps,
        model, images, "signed",
    )  # fmt: skip
    assert (between > 0.99).all()
    times = polarity_agreement(
        lambda m, x: gradient_x_input(m, x, classes=0),
        lambda m, x: gradient_x_input(m, x, classes=0),
        model, images, "signed",
    )  # fmt: skip
    assert (times < 0.9).all()


def test_agreement_of_classes() -> None:
    images = keras.Input((HEIGHT, WIDTH, 1))
    logits = keras.layers.Dense(3)
    model = keras.Model(images, logits(keras.layers.Flatten()(images)))
    weights = np.random.default_rng(0).normal(size=(HEIGHT * WIDTH, 1))
    logits.set_weights([weights * [0, -3, 2], np.array([5e5, 4e5, 0])])
    found = class_agreement(
        lambda m, x, classes: gradient(m, x, classes=classes), model, images_of(4)
    )
    assert found["blank"].tolist() == [[True, False]] * 4
    assert np.isnan(found["correlation"]).all()
    logits.set_weights([weights * [1, -3, 2], np.array([5e5, 4e5, 0])])
    found = class_agreement(
        lambda m, x, classes: gradient(m, x, classes=classes), model, images_of(4)
    )
    assert not found["blank"].any()
    np.testing.assert_allclose(found["correlation"], -1)
