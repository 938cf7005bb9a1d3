"""Every method on every kind of model: right beside a direct computation, or refused in one line.

The computation beside it is Keras' own, in float64, and knows where the logits are: gradients are
differences of these, changes are passes of whole images, maps of Grad-CAM are its formula.
"""

import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import correlate

from intensity import attribution
from intensity.attribution.explained import explained
from intensity.attribution.incremental.stages import stages_of
from intensity.values import InvalidInput

layers = keras.layers
SIDE, CLASS, COUNT = 8, 1, 2
METHODS: dict[str, dict[str, Any]] = {
    "gradient": {},
    "gradient_x_input": {},
    "smooth_grad": {"samples": 2, "sigma": 0.1},
    "integrated_gradients": {"baseline": 0.0, "steps": 3},
    "pca_direction": {"sides": (3,)},
    "guided_backprop": {},
    "deeplift": {"baseline": 0.0},
    "grad_cam": {},
    "occlusion": {"fill": 0.0, "window": 4, "stride": 4},
    "finite_differences": {"levels": 3, "span": (0, 255)},
}
BY_PASSES = ("occlusion", "finite_differences")
Stages = list[Callable[[Any], Any]]


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    Args:
        middle: stages from the rescaled image to feature maps, by the ReLU they use.
        head: stages from feature maps to what the last layer takes.
        last: activation of the last layer, and `after` what follows it.
        outputs: of the last layer.
        channels: of the images; `low` and `high` their values.
        policy: what layers compute in.
        change: done to the stages of both models, `made` to the model under test alone.
        refused: method, or "all" -> what is said.
    """

    middle: Callable[[Any], Stages] = lambda relu: [layers.Conv2D(3, 3, activation=relu)]
    head: Callable[[], Stages] = lambda: [layers.Flatten()]
    last: Any = None
    after: Callable[[], Stages] = list
    outputs: int = 3
    channels: int = 1
    low: float = 0
    high: float = 255
    policy: str = "float32"
    change: Callable[[Stages], None] = lambda stages: None
    made: Callable[[keras.Model], Any] = lambda model: model
    refused: dict[str, str] = field(default_factory=dict)


@contextmanager
def computing_in(policy: str) -> Any:
    """Layers compute in another type."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build(kind: Kind, policy: str, relu: Any, plain: bool) -> tuple[keras.Model, Stages, int]:
    """A model, its stages and which of them returns the last maps; `plain` up to its logits."""
    with computing_in(policy):
        last = layers.Dense(kind.outputs, activation=None if plain else kind.last, name="last")
        scale = 4 / (kind.high - kind.low)
        middle = [layers.Rescaling(scale, -scale * kind.low - 2), *kind.middle(relu)]
        stages = [*middle, *kind.head(), last, *([] if plain else kind.after())]
        images = x = pixels((SIDE, SIDE, kind.channels))
        for stage in stages:
            x = stage(x)
    kind.change(stages)
    return keras.Model(images, x), stages, len(middle) - 1


def pixels(shape: tuple[int, ...]) -> Any:
    """Symbolic images, as exact as what layers compute in now."""
    double = keras.config.dtype_policy().compute_dtype == "float64"
    return keras.Input(shape, dtype="float64" if double else "float32")


def guided(x: Any) -> Any:
    """A ReLU that passes back what is positive."""

    @tf.custom_gradient
    def rectified(x: Any) -> Any:
        return tf.nn.relu(x), lambda back: tf.nn.relu(back) * tf.cast(x > 0, x.dtype)

    return rectified(x)


def rescaled(x: Any) -> Any:
    """A ReLU of images and as many baselines after them that passes back DeepLIFT's quotients."""

    @tf.custom_gradient
    def rectified(x: Any) -> Any:
        y = tf.nn.relu(x)

        def quotients(back: Any) -> Any:
            dy, dx = (v - tf.concat(tf.split(v, 2)[::-1], axis=0) for v in (y, x))
            return back * dy / dx

        return y, quotients

    return rectified(x)


class Truth:
    """What methods should say of a model, computed directly."""

    def __init__(self, kind: Kind, weights: list[np.ndarray], shown: np.ndarray) -> None:
        self.kind, self.shown = kind, shown.astype(float)
        self.model, self.stages, self.maps = build(kind, "float64", "relu", plain=True)
        self.weights = weights
        self.model.set_weights(weights)

    def logits(self, images: np.ndarray) -> np.ndarray:
        """(n, classes), of two where there is one output."""
        flat = images.reshape(-1, SIDE, SIDE, self.kind.channels)
        return self.of_two(np.asarray(self.model(flat, training=False)))

    def of_two(self, values: Any) -> Any:
        """-z/2 and z/2 of a single z."""
        return values * [-0.5, 0.5] if self.kind.outputs == 1 else values

    def score(self, images: np.ndarray, output: str = "logit") -> np.ndarray:
        """(n,) of the class."""
        values = self.logits(images)
        if output == "probability":
            values = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
        return values[:, CLASS].reshape(images.shape[:-3])

    def slope(self, images: np.ndarray, output: str = "logit") -> np.ndarray:
        """(n, h, w, c) central differences."""
        step = 1e-5 * (self.kind.high - self.kind.low)
        size = images[0].size
        each = step * np.eye(size).reshape(size, 1, *images.shape[1:])
        found = self.score(images + each, output) - self.score(images - each, output)
        return (found / (2 * step)).T.reshape(images.shape)

    def gradient(self, output: str = "logit") -> np.ndarray:
        """What the method of this name returns."""
        return self.slope(self.shown, output).sum(axis=-1)

    def gradient_x_input(self) -> np.ndarray:
        """What the method of this name returns."""
        return (self.slope(self.shown) * self.shown).sum(axis=-1)

    def smooth_grad(self) -> np.ndarray:
        """What the method of this name returns."""
        stream = np.random.Generator(np.random.Philox(key=0))
        noise = stream.standard_normal((2, *self.shown.shape[1:]), np.float32)
        return np.mean([self.slope(self.shown + 0.1 * one) for one in noise], axis=0).sum(axis=-1)

    def integrated_gradients(self) -> np.ndarray:
        """What the method of this name returns."""
        slopes = [self.slope(self.shown * t) for t in (1 / 6, 3 / 6, 5 / 6)]
        return (self.shown * np.mean(slopes, axis=0)).sum(axis=-1)

    def pca_direction(self) -> np.ndarray:
        """What the method of this name returns."""
        return np.array([
            sum(correlate(s[..., c], component(x[..., c]), mode="same") for c in range(x.shape[-1]))
            for x, s in zip(self.shown, self.slope(self.shown), strict=True)
        ])  # fmt: skip

    def by_rule(self, relu: Any, shown: np.ndarray) -> np.ndarray:
        """What comes back to images through other ReLUs."""
        model, *_ = build(self.kind, "float64", relu, plain=True)
        model.set_weights(self.weights)
        images = tf.constant(shown)
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = self.of_two(model(images))[:, CLASS]
        return tape.gradient(score, images).numpy()

    def guided_backprop(self) -> np.ndarray:
        """What the method of this name returns."""
        return self.by_rule(guided, self.shown).sum(axis=-1)

    def deeplift(self) -> np.ndarray:
        """What the method of this name returns."""
        both = np.concatenate([self.shown, 0 * self.shown])
        return (self.by_rule(rescaled, both)[: len(self.shown)] * self.shown).sum(axis=-1)

    def grad_cam(self) -> np.ndarray:
        """What the method of this name returns."""
        x = tf.constant(self.shown)
        for stage in self.stages[: self.maps + 1]:
            x = stage(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = x
            for stage in self.stages[self.maps + 1 :]:
                values = stage(values)
            score = self.of_two(values)[:, CLASS]
        weights = tf.reduce_mean(tape.gradient(score, x), axis=(1, 2), keepdims=True)
        small = tf.nn.relu(tf.reduce_sum(weights * x, axis=-1, keepdims=True))
        return tf.image.resize(small, (SIDE, SIDE)).numpy()[..., 0]

    def occlusion(self, output: str = "logit") -> np.ndarray:
        """What the method of this name returns."""
        found = np.zeros(self.shown.shape[:3])
        for top, left in np.ndindex(2, 2):
            covered = np.s_[:, 4 * top : 4 * top + 4, 4 * left : 4 * left + 4]
            other = self.shown.copy()
            other[covered] = 0
            change = self.score(self.shown, output) - self.score(other, output)
            found[covered] = change[:, None, None]
        return found

    def finite_differences(self) -> np.ndarray:
        """The largest and the steepest change, each with its sign."""
        other = np.repeat(self.shown[None, None], SIDE * SIDE, 1).repeat(3, 0)
        step = np.zeros(other.shape[:3])
        for place, (row, column) in enumerate(np.ndindex(SIDE, SIDE)):
            for i, level in enumerate(np.linspace(0, 255, 3)):
                each = level - self.shown[:, row, column]
                step[i, place] = np.sqrt((each**2).mean(axis=-1)) * np.sign(each.mean(axis=-1))
                other[i, place, :, row, column] = level
        change = self.score(other) - self.score(self.shown)
        steep = np.divide(change, step, out=0 * change, where=step != 0)
        most = [np.take_along_axis(x, np.abs(x).argmax(axis=0)[None], 0) for x in (change, steep)]
        return np.stack([x[0].T.reshape(self.shown.shape[:3]) for x in most])


def component(image: np.ndarray) -> np.ndarray:
    """The leading principal component of windows of 3 x 3."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3)).reshape(-1, 9)
    vector = np.linalg.svd(windows - windows.mean(axis=0))[2][0]
    return (vector * np.sign(vector.sum())).reshape(3, 3)


class Subclass(keras.Model):
    """A model without a graph, around the layers of one with a graph."""

    def __init__(self, inner: keras.Model, symbolic: bool = True) -> None:
        super().__init__()
        self.parts, self.symbolic = inner.layers[1:], symbolic

    def call(self, x: Any) -> Any:
        """One layer after the other."""
        x = x if self.symbolic else keras.ops.convert_to_numpy(x)
        for part in self.parts:
            x = part(x)
        return x


def called(model: keras.Model) -> keras.Model:
    """The model after it was called on images."""
    model(np.zeros((1, SIDE, SIDE, 1), np.float32))
    return model


def inner(*parts: Any, shape: tuple[int, ...] = (SIDE, SIDE, 1), name: str = "") -> keras.Model:
    """A model inside a model."""
    images = x = pixels(shape)
    for part in parts:
        x = part(x)
    return keras.Model(images, x, name=name or None)


def swapped(model: keras.Model) -> keras.Model:
    """Another last activation, after a first call."""
    attribution.gradient(model, np.ones((1, SIDE, SIDE)))
    attribution.occlusion(model, np.ones((1, SIDE, SIDE)), fill=0, window=4, stride=4)
    model.layers[-1].activation = keras.activations.softmax
    return model


def quantized(model: keras.Model) -> keras.Model:
    """Whole numbers for weights."""
    model.quantize("int8")
    return model


def adapted(stages: Stages) -> None:
    """A last layer with a low-rank addition that is not zero."""
    stages[-1].enable_lora(2)  # type: ignore[attr-defined]


def frozen(model: keras.Model) -> keras.Model:
    """Nothing trains."""
    model.trainable = False
    return model


def shared(relu: Any) -> Stages:
    """One convolution, called twice."""
    conv = layers.Conv2D(1, 3, activation=relu)
    return [conv, conv]


def residual(relu: Any) -> Stages:
    """A sum of a map and what a convolution adds; the sum is what the head reads."""
    conv, other = layers.Conv2D(3, 3, activation=relu), layers.Conv2D(3, 1, padding="same")
    return [conv, lambda x: layers.Add()([x, other(x)]), layers.Conv2D(2, 2)]


def rectifier(relu: Any) -> Any:
    """A ReLU that is a layer of its own."""
    return layers.ReLU() if relu == "relu" else layers.Activation(relu)


def with_layers(relu: Any) -> Stages:
    """What is computed incrementally."""
    return [layers.Conv2D(3, 3), rectifier(relu), layers.Conv2D(2, 3)]


def joined(relu: Any) -> Callable[[Any], Any]:
    """An inner model that takes two maps."""
    both = pixels((SIDE, SIDE, 2)), pixels((SIDE, SIDE, 2))
    joint = keras.Model(both, layers.Conv2D(2, 3)(layers.Concatenate()(list(both))))
    left, right = (layers.Conv2D(2, 3, padding="same", activation=relu) for _ in range(2))
    return lambda x: joint([left(x), right(x)])


def conv(filters: int, relu: Any, **options: Any) -> Any:
    """A convolution, called "conv" wherever it is."""
    return layers.Conv2D(filters, 3, padding="same", activation=relu, name="conv", **options)


def pooled() -> Stages:
    """A head of 1 x 1 convolutions after the mean."""
    mean = layers.GlobalAveragePooling2D(keepdims=True)
    return [mean, layers.Conv2D(4, 1, activation="tanh"), layers.Flatten()]


NO_GRADIENT = dict.fromkeys(set(METHODS) - set(BY_PASSES), "model: .* is quantized")
OPAQUE = {
    "deeplift": "model: .* is not allowed: linear operations",
    "grad_cam": "layer: the model has no convolution",
    "guided_backprop": "model: . of . ReLUs are not allowed",
}
KINDS = {
    "plain": Kind(),
    "softmax in Dense": Kind(last="softmax"),
    "softmax layer": Kind(after=lambda: [layers.Softmax()]),
    "one sigmoid": Kind(last="sigmoid", outputs=1),
    "one logit": Kind(outputs=1),
    "several sigmoids": Kind(last="sigmoid"),
    "nested functional": Kind(lambda relu: [inner(layers.Conv2D(2, 3, activation=relu))]),
    "nested Sequential": Kind(
        lambda r: [keras.Sequential([pixels((SIDE, SIDE, 1)), conv(2, r)])]
    ),
    "two layers of one name": Kind(
        lambda r: [inner(conv(2, r), name="a"), inner(conv(3, r), shape=(SIDE, SIDE, 2), name="b")]
    ),
    "shared": Kind(shared),
    "separable": Kind(lambda relu: [layers.SeparableConv2D(3, 3, activation=relu)]),
    "depthwise": Kind(lambda relu: [layers.DepthwiseConv2D(3, activation=relu)]),
    "transposed": Kind(lambda relu: [layers.Conv2DTranspose(2, 3, activation=relu)]),
    "1 x 1 head": Kind(head=pooled),
    "residual": Kind(residual),
    "mixed_float16": Kind(policy="mixed_float16"),
    "mixed_bfloat16": Kind(policy="mixed_bfloat16"),
    "float64": Kind(policy="float64"),
    "int8": Kind(made=quantized, refused=NO_GRADIENT),
    "ReLU layers": Kind(with_layers),
    "ReLU layers, mixed_float16": Kind(with_layers, policy="mixed_float16"),
    "ReLU layers, int8": Kind(with_layers, made=quantized, refused=NO_GRADIENT),
    "subclass": Kind(made=lambda model: called(Subclass(model)), refused=OPAQUE),
    "Sequential": Kind(made=lambda model: keras.Sequential(model.layers)),
    "called twice": Kind(lambda r: [inner(conv(1, r), name="a")] * 2),
    "inner of two inputs": Kind(lambda r: [joined(r)]),
    "three channels": Kind(channels=3),
    "0..1": Kind(high=1),
    "-1000..3000": Kind(low=-1000, high=3000),
    "swapped": Kind(last="tanh", made=swapped),
    "LoRA": Kind(change=adapted),
    "frozen": Kind(made=frozen),
    "numeric subclass": Kind(
        made=lambda model: called(Subclass(model, symbolic=False)),
        refused={"all": "model: Subclass is not allowed on images of"},
    ),
    "unbuilt": Kind(
        made=Subclass, refused={"all": "model: not built is not allowed: call it on images first"}
    ),
    "channels first": Kind(
        made=lambda model: inner(
            layers.Flatten(data_format="channels_first")
        ),
        refused={"all": "model: .* with channels first is not allowed"},
    ),
    "two outputs": Kind(
        made=lambda model: keras.Model(model.inputs, [model.outputs[0]] * 2),
        refused={"all": "model: 2 outputs are not allowed: one output"},
    ),
    "two inputs": Kind(
        made=lambda model: keras.Model([model.inputs[0], keras.Input((2,))], model.outputs[0]),
        refused={"all": "model: 2 inputs are not allowed: one input"},
    ),
    "maps": Kind(
        made=lambda model: inner(layers.Conv2D(2, 3)),
        refused={"all": "model: input .*, output .* is not allowed"},
    ),
    "no Keras model": Kind(
        made=lambda model: model.predict, refused={"all": "model: method is not allowed"}
    ),
}  # fmt: skip


def explain(name: str, model: Any, images: np.ndarray, **options: Any) -> np.ndarray:
    """The maps of a method; of integrated gradients the first of what it returns."""
    found = getattr(attribution, name)(model, images, classes=CLASS, **METHODS[name], **options)
    if name == "finite_differences":
        return np.stack(found)
    return found[0] if isinstance(found, tuple) else found


def close(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal to what float32 allows, and not all the same."""
    assert np.ptp(expected) > 0, "the kind of model tells nothing"
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * np.abs(expected).max())


def test_every_method_is_tried() -> None:
    functions = {name for name in attribution.__all__ if name in dir(attribution)
                 and re.fullmatch("[a-z_]+", name)}  # fmt: skip
    assert functions - {"case_of", "find_method"} == set(METHODS)


@pytest.mark.parametrize("name", KINDS)
def test_right_or_refused(name: str) -> None:
    kind = KINDS[name]
    keras.utils.set_random_seed(1)
    start, *_ = build(kind, kind.policy, "relu", plain=False)
    stream = np.random.default_rng(2)
    weights = [w + stream.normal(0, 0.2, w.shape) for w in start.get_weights()]
    weights = [np.abs(w) if w.ndim == 2 else w for w in weights]  # so that something is excited
    start.set_weights(weights)
    model = kind.made(start)
    shown = stream.uniform(kind.low, kind.high, (COUNT, SIDE, SIDE, kind.channels))
    shown = shown.astype(np.uint8 if kind.high == 255 else np.float32)
    images = shown[..., 0] if kind.channels == 1 else shown
    truth = Truth(kind, weights, shown) if "all" not in kind.refused else None
    if "int8" in name:
        truth.logits = lambda images: np.asarray(  # type: ignore[method-assign, union-attr]
            model(images.reshape(-1, SIDE, SIDE, 1).astype(np.float32), training=False)
        )
    for method in METHODS:
        says = kind.refused.get("all", kind.refused.get(method))
        if says is not None:
            with pytest.raises(InvalidInput, match=f"^{says}") as error:
                explain(method, model, images)
            assert "\n" not in str(error.value)
            continue
        found = explain(method, model, images)
        if method == "deeplift" and name == "1 x 1 head":  # of tanh: what the maps sum to
            expected = truth.score(truth.shown) - truth.score(0 * truth.shown)
            np.testing.assert_allclose(found.sum(axis=(1, 2)), expected, rtol=1e-3, atol=1e-4)
            continue
        several = method == "finite_differences"
        expected = getattr(truth, method)()
        for one, other in zip(found, expected, strict=True) if several else [(found, expected)]:
            close(one, other)


def test_relu_layers_are_computed_incrementally() -> None:
    for policy in ("float32", "mixed_float16"):
        model, *_ = build(Kind(with_layers), policy, "relu", plain=True)
        assert stages_of(explained(model, ()).network)
    for policy in ("float32", "mixed_bfloat16"):
        model, *_ = build(Kind(with_layers), policy, "relu", plain=True)
        assert stages_of(explained(quantized(model), ()).network) is None


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_the_callers_precision_does_not_matter(policy: str) -> None:
    model, *_ = build(Kind(with_layers), "float32", "relu", plain=True)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    shown = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE), np.uint8)
    for method in METHODS:
        with computing_in(policy):
            found = explain(method, copy, shown)
        np.testing.assert_array_equal(found, explain(method, model, shown))


@pytest.mark.parametrize("name", ["softmax in Dense", "one sigmoid", "swapped"])
def test_probabilities_are_right(name: str) -> None:
    kind = KINDS[name]
    keras.utils.set_random_seed(1)
    model, *_ = build(kind, kind.policy, "relu", plain=False)
    model = kind.made(model)
    shown = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 1), np.uint8)
    truth = Truth(kind, model.get_weights(), shown)
    for method in ("gradient", "occlusion"):
        found = explain(method, model, shown, output="probability")
        close(found, getattr(truth, method)("probability"))


def test_pca_direction_is_the_derivative_along_a_pattern() -> None:
    model, *_ = build(KINDS["three channels"], "float32", "relu", plain=True)
    shown = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
    slopes = explain("gradient", model, shown, channels="each")
    found = explain("pca_direction", model, shown)
    for image, slope, one in zip(shown, slopes, found, strict=True):
        patterns = [component(image[..., c].astype(float)) for c in range(3)]
        for row, column in np.ndindex(SIDE - 2, SIDE - 2):
            window = slope[row : row + 3, column : column + 3]
            expected = sum((window[..., c] * patterns[c]).sum() for c in range(3))
            np.testing.assert_allclose(one[row + 1, column + 1], expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m not in ("grad_cam", "pca_direction", *BY_PASSES)]
)
def test_channels_are_summed_or_apart(method: str) -> None:
    model, *_ = build(KINDS["three channels"], "float32", "relu", plain=True)
    shown = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
    each = explain(method, model, shown, channels="each")
    assert each.shape == shown.shape
    np.testing.assert_allclose(each.sum(axis=-1), explain(method, model, shown), rtol=1e-4)
    with pytest.raises(InvalidInput, match=r"^channels: 'all' is not allowed: sum or each"):
        explain(method, model, shown, channels="all")
