"""What people's models are taken for: the cases that were seen to go wrong, and their kinds."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from intensity.attribution import (
    deeplift,
    finite_differences,
    grad_cam,
    gradient,
    guided_backprop,
    integrated_gradients,
    occlusion,
)
from intensity.attribution.explained import explained
from intensity.evaluation.randomization import weight_randomization
from intensity.values import InvalidInput

layers = keras.layers
SIDE = 6
IMAGES = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE), np.uint8)


def stack(*parts: Any, seed: int = 0) -> keras.Model:
    """A functional model of layers in a row, from grey images."""
    keras.utils.set_random_seed(seed)
    images = x = keras.Input((SIDE, SIDE, 1))
    for part in (layers.Rescaling(1 / 64, -2), *parts):
        x = part(x)
    return keras.Model(images, x)


def ending(*parts: Any) -> keras.Model:
    """A small network that ends with some layers."""
    return stack(layers.Conv2D(3, 3, activation="relu"), layers.Flatten(), *parts)


def same_maps(model: keras.Model, other: keras.Model, **options: Any) -> None:
    """Both models have the same gradients and the same occlusion maps."""
    for method in (gradient, lambda *a, **o: occlusion(*a, fill=0, window=3, stride=3, **o)):
        maps = method(other, IMAGES, **options)
        assert np.ptp(maps) > 0
        found = method(model, IMAGES, **options)
        np.testing.assert_allclose(found, maps, rtol=1e-4, atol=1e-4 * np.abs(maps).max())


SOFTMAX_ENDS: dict[str, Callable[[], list[Any]]] = {
    "inside": lambda: [layers.Dense(3, activation="softmax")],
    "layer": lambda: [layers.Dense(3), layers.Softmax()],
    "activation": lambda: [layers.Dense(3), layers.Activation("softmax")],
    "operation": lambda: [layers.Dense(3), keras.ops.softmax],
    "handed on": lambda: [layers.Dense(3, activation="softmax"),
                          layers.Activation("linear", dtype="float32")],
    "reshaped": lambda: [layers.Dense(3), layers.Reshape((1, 3)), layers.Softmax(),
                         layers.Flatten()],
}  # fmt: skip


@pytest.mark.parametrize("output", ["logit", "probability"])
@pytest.mark.parametrize("end", SOFTMAX_ENDS)
def test_case_23_a_softmax_at_the_end_is_not_taken_twice(end: str, output: str) -> None:
    model, plain = ending(*SOFTMAX_ENDS[end]()), ending(layers.Dense(3))
    plain.set_weights(model.get_weights())
    same_maps(model, plain, output=output)
    model.set_weights([0.5 * w for w in model.get_weights()])  # the same network, trained on
    plain.set_weights(model.get_weights())
    same_maps(model, plain, output=output)


def test_case_23_probabilities_from_elsewhere_are_refused() -> None:
    images = keras.Input((SIDE, SIDE, 1))
    parts = [ending(layers.Dense(3, activation="softmax"))(images) for _ in range(2)]
    wrapped = layers.SpectralNormalization(layers.Dense(3, activation="softmax"))
    custom = layers.Dense(3, activation=lambda x: keras.ops.softmax(x / 2))
    average = keras.Model(images, layers.Average()(parts))
    followed = [
        ending(layers.Dense(3, activation="softmax"), last)
        for last in (
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(3, kernel_initializer="identity"),
        )
    ]
    for model in (average, ending(wrapped), ending(custom), *followed):
        with pytest.raises(InvalidInput, match=r"^model: returns probabilities; give one that"):
            gradient(model, IMAGES)
    labels = ending(layers.Dense(3, activation="hard_sigmoid"))
    with pytest.raises(InvalidInput, match=r"^model: returns probabilities"):
        gradient(labels, IMAGES, output="probability")


@pytest.mark.parametrize("last", [layers.ReLU, layers.BatchNormalization])
def test_logits_from_elsewhere_are_explained(last: type[layers.Layer]) -> None:
    model = ending(layers.Dense(3), last())
    step = np.eye(SIDE * SIDE).reshape(-1, SIDE, SIDE, 1)[:5] / 16
    images = IMAGES[0, ..., None]
    change = 8 * (model(images + step, training=False) - model(images - step, training=False))
    for c in range(3):
        found = gradient(model, IMAGES[:1], classes=c).ravel()[:5]
        np.testing.assert_allclose(found, change[:, c], atol=1e-4)


def test_case_24_one_sigmoid_is_two_classes() -> None:
    model = ending(layers.Dense(1, activation="sigmoid"))
    two = ending(layers.Dense(2))
    *first, kernel, bias = model.get_weights()
    two.set_weights([*first, kernel * [-0.5, 0.5], bias * [-0.5, 0.5]])
    for output in ("logit", "probability"):
        same_maps(model, two, output=output)
    up, down = (gradient(model, IMAGES, classes=c, output="probability") for c in (1, 0))
    np.testing.assert_allclose(up, -down, atol=1e-6)
    plain = ending(layers.Dense(1))
    plain.set_weights(model.get_weights())
    same_maps(plain, two, output="probability")


def test_case_24_several_sigmoids_have_no_softmax() -> None:
    model, plain = ending(layers.Dense(3, activation="sigmoid")), ending(layers.Dense(3))
    plain.set_weights(model.get_weights())
    same_maps(model, plain)
    with pytest.raises(InvalidInput, match=r"^output: 'probability' of several sigmoids"):
        gradient(model, IMAGES, output="probability")


@pytest.mark.parametrize("kind", ["SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose"])
def test_case_25_the_last_convolution_is_of_any_kind(kind: str) -> None:
    sizes = (3,) if kind == "DepthwiseConv2D" else (2, 3)
    last = getattr(layers, kind)(*sizes, name="last")
    head = [layers.Conv2D(3, 1), layers.Flatten()]
    model = stack(layers.Conv2D(2, 2), last, layers.GlobalAveragePooling2D(keepdims=True), *head)
    named = grad_cam(model, IMAGES, layer="last", classes=1)
    np.testing.assert_array_equal(grad_cam(model, IMAGES, classes=1), named)
    assert any(np.ptp(grad_cam(model, IMAGES, classes=c)) > 0 for c in range(3))


def test_case_25_a_head_of_one_place_has_no_map() -> None:
    model = stack(layers.Conv2D(2, SIDE), layers.Conv2D(3, 1), layers.Flatten())
    with pytest.raises(InvalidInput, match=r"^layer: the model has no convolution of several"):
        grad_cam(model, IMAGES)


def two_parts() -> tuple[keras.Model, list[keras.Model]]:
    """A network of two inner models, each with a layer of the same name."""
    images = x = keras.Input((SIDE, SIDE, 1))
    parts = []
    for name in ("left", "right"):
        start = keras.Input(x.shape[1:])
        inner = layers.Conv2D(2, 3, padding="same", activation="relu", name="conv")(start)
        parts.append(keras.Model(start, inner, name=name))
        x = parts[-1](x)
    return keras.Model(images, layers.Dense(3)(layers.Flatten()(x))), parts


def test_case_26_layers_of_one_name_have_paths() -> None:
    model, _ = two_parts()
    last, right, left = (grad_cam(model, IMAGES, classes=1, layer=name)
                         for name in (None, "right.conv", "left.conv"))  # fmt: skip
    np.testing.assert_array_equal(last, right)
    assert (left != right).any()
    with pytest.raises(InvalidInput, match=r"^layer: 'conv' is not allowed: left.conv, right.conv"):
        grad_cam(model, IMAGES, layer="conv")


def test_case_26_of_a_layer_that_is_called_twice_the_last_call_counts() -> None:
    conv, copy = (layers.Conv2D(1, 3, padding="same", name="conv") for _ in range(2))
    model = stack(conv, conv, layers.Flatten(), layers.Dense(3))
    apart = stack(copy, layers.Conv2D(1, 3, padding="same", name="last"), *model.layers[-2:])
    kernel = [np.full((3, 3, 1, 1), 0.3), np.zeros(1)]
    for layer in (conv, copy, apart.get_layer("last")):
        layer.set_weights(kernel)
    for c in range(3):
        expected = grad_cam(apart, IMAGES, layer="last", classes=c)
        np.testing.assert_allclose(grad_cam(model, IMAGES, classes=c), expected, rtol=1e-5)


def test_case_27_another_activation_gives_other_maps() -> None:
    model, plain = ending(layers.Dense(3, activation="softmax")), ending(layers.Dense(3))
    plain.set_weights(model.get_weights())
    same_maps(model, plain)
    model.layers[-1].activation = keras.activations.tanh
    other = ending(layers.Dense(3, activation="tanh"))
    other.set_weights(model.get_weights())
    same_maps(model, other)
    model.layers[2].activation = keras.activations.elu
    elu = stack(layers.Conv2D(3, 3, activation="elu"), layers.Flatten(),
                layers.Dense(3, activation="tanh"))  # fmt: skip
    elu.set_weights(model.get_weights())
    same_maps(model, elu)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
def test_case_28_any_precision_is_explained_in_float32(dtype: str) -> None:
    single = ending(layers.BatchNormalization(), layers.Dense(3))
    model = keras.models.clone_model(
        single, clone_function=lambda x: type(x).from_config({**x.get_config(), "dtype": dtype})
    )
    model.set_weights(single.get_weights())
    single.set_weights(model.get_weights())  # as they are in this precision
    same_maps(model, single, classes=1)
    for method, options in (
        (deeplift, {"baseline": 0.0}),
        (guided_backprop, {}),
        (grad_cam, {}),
        (finite_differences, {"levels": 3}),
        (integrated_gradients, {"baseline": 0.0, "steps": 3}),
    ):
        found, maps = (method(m, IMAGES, classes=1, **options) for m in (model, single))  # type: ignore[operator]
        found, maps = (x[0] if isinstance(x, tuple) else x for x in (found, maps))
        np.testing.assert_allclose(found, maps, rtol=1e-3, atol=1e-4 * np.abs(maps).max())


def test_case_29_all_kernels_are_shuffled() -> None:
    inner = stack(layers.SeparableConv2D(3, 3), layers.DepthwiseConv2D(2))
    images = keras.Input((SIDE, SIDE, 1))
    model = keras.Model(images, layers.Dense(3)(layers.Flatten()(inner(images))))
    seen: list[list[np.ndarray]] = []

    def explain(shown: keras.Model) -> np.ndarray:
        """Remember the kernels."""
        seen.append([w for w in shown.get_weights() if w.ndim > 1])
        return gradient(shown, IMAGES, classes=0)

    found = weight_randomization(explain, model, "cascading")
    assert len(found) == 3
    assert all((a != b).any() for a, b in zip(seen[0], seen[-1], strict=True))
    pooled = stack(layers.AveragePooling2D(3), layers.Flatten())
    with pytest.raises(InvalidInput, match=r"^model: has no kernel"):
        weight_randomization(explain, pooled, "cascading")


class Subclass(keras.Model):
    """A model without a graph."""

    def __init__(self, *parts: Any, symbolic: bool = True) -> None:
        super().__init__()
        self.parts, self.symbolic = parts, symbolic

    def call(self, x: Any) -> Any:
        """One layer after the other."""
        if not self.symbolic:
            x = keras.ops.convert_to_numpy(x)
        for part in self.parts:
            x = part(x)
        return x


def test_a_subclass_is_explained_if_it_can_be_called_symbolically() -> None:
    graph = ending(layers.Dense(3))
    model = Subclass(*graph.layers[1:])
    with pytest.raises(InvalidInput, match=r"^model: not built is not allowed: call it on images"):
        gradient(model, IMAGES)
    model(IMAGES[..., None].astype("f"))
    same_maps(model, graph)
    numeric = Subclass(*graph.layers[1:], symbolic=False)
    numeric(IMAGES[..., None].astype("f"))
    with pytest.raises(InvalidInput, match=r"^model: Subclass is not allowed on images of"):
        gradient(numeric, IMAGES)
    soft = Subclass(*ending(layers.Dense(3, activation="softmax")).layers[1:])
    soft(IMAGES[..., None].astype("f"))
    with pytest.raises(InvalidInput, match=r"^model: returns probabilities"):
        gradient(soft, IMAGES)
    several = Subclass(*graph.layers[1:], keras.ops.sigmoid)
    several(IMAGES[..., None].astype("f"))
    with pytest.raises(InvalidInput, match=r"^model: returns probabilities"):
        occlusion(several, IMAGES, fill=0, window=3, stride=3)


def rectified() -> keras.Model:
    """A network whose ReLU is a layer."""
    return stack(layers.Conv2D(3, 3), layers.ReLU(), layers.Flatten(), layers.Dense(3))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_weights_in_whole_numbers_keep_their_scale(policy: str) -> None:
    single = rectified()
    model = keras.models.clone_model(
        single, clone_function=lambda x: type(x).from_config({**x.get_config(), "dtype": policy})
    )
    model.set_weights(single.get_weights())
    model.quantize("int8")
    found, maps = (occlusion(m, IMAGES, fill=0, window=3, stride=3, classes=1)
                   for m in (model, single))  # fmt: skip
    np.testing.assert_allclose(found, maps, atol=0.1 * np.abs(maps).max())
    with pytest.raises(InvalidInput, match=r"^model: .* is quantized, which has no gradient"):
        gradient(model, IMAGES)


class Scaled(layers.Layer):
    """A layer with numbers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.by, self.shifts, self.function = 1.0, (1.0, 2.0, 3.0), keras.ops.tanh

    def call(self, x: Any) -> Any:
        """Scaled and shifted."""
        return self.function(self.by * x / 100) * list(self.shifts)


@pytest.mark.parametrize(
    ("layer", "attribute", "value"),
    [
        (lambda: layers.Rescaling(1.0), "scale", 3.0),
        (lambda: layers.LeakyReLU(0.1), "negative_slope", 0.9),
        (Scaled, "by", 2.0),
        (Scaled, "shifts", (3.0, 2.0, 1.0)),
        (Scaled, "function", keras.ops.sin),
    ],
)
def test_another_number_in_a_layer_gives_other_maps(
    layer: Callable[[], Any], attribute: str, value: Any
) -> None:
    changed = layer()
    model = stack(layers.Conv2D(3, 3), changed, layers.Flatten(), layers.Dense(3))
    before = gradient(model, IMAGES, classes=0)
    network = explained(model, ()).network
    model.predict(IMAGES[..., None], verbose=0)
    assert explained(model, ()).network is network, "found anew for nothing"
    setattr(changed, attribute, value)
    other = layer()
    setattr(other, attribute, value)
    fresh = stack(layers.Conv2D(3, 3), other, layers.Flatten(), layers.Dense(3))
    fresh.set_weights(model.get_weights())
    found = gradient(model, IMAGES, classes=0)
    assert (found != before).any()
    np.testing.assert_array_equal(found, gradient(fresh, IMAGES, classes=0))


def two_inputs(*names: str) -> keras.Model:
    """Twice the first of two maps less the second."""
    first, second = (keras.Input((SIDE, SIDE, 1), name=name) for name in names)
    return keras.Model([first, second], 2 * first - second)


def one_input(*shape: int) -> keras.Model:
    """Batch norm, which knows whether it trains."""
    images = keras.Input(shape)
    return keras.Model(images, layers.BatchNormalization()(layers.Dropout(0.0)(images)))


@pytest.mark.parametrize(
    "inner",
    [
        lambda x: two_inputs("z", "a")({"z": x, "a": x / 3}),
        lambda x: two_inputs("z", "a")([x, x / 3]),
        lambda x: two_inputs("z", "a")(inputs=(x, x / 3)),
        lambda x: one_input(SIDE, SIDE, 1)(x, training=True),
        lambda x: one_input(SIDE, SIDE, 1)(inputs=x),
        lambda x: layers.ReLU()(inputs=x),
        lambda x: layers.BatchNormalization()(x, training=True),
        lambda x: layers.Reshape((SIDE, SIDE, 1))(one_input(SIDE, SIDE)(x)),
    ],
)
def test_inner_models_are_called_as_they_were(inner: Callable[[Any], Any]) -> None:
    model = stack(inner, layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3))
    images = IMAGES[..., None].astype("f")
    found = explained(model, ()).network(images, training=False)
    np.testing.assert_allclose(found, model(images, training=False), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_inside_of_a_layer_is_refused(policy: str) -> None:
    dense = layers.Dense(3, dtype=policy)
    wrapped = ending(layers.Reshape((-1, 3)), layers.TimeDistributed(dense), layers.Flatten())
    normed = ending(layers.SpectralNormalization(layers.Dense(3, dtype=policy)))
    own = Subclass(layers.Flatten(), layers.Dense(3, dtype=policy))
    own(IMAGES[..., None].astype("f"))
    for model in (wrapped, normed, own):
        with pytest.raises(InvalidInput, match=r"^model: dense.* inside of .* is not allowed"):
            occlusion(model, IMAGES, fill=0, window=3, stride=3)
