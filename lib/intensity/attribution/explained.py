"""The front door of attribution: what a model is, asked once, and the network that is explained.

Whatever a model is made of, methods see one functional network from float images to logits, in
float32, without inner models and without a softmax or sigmoid at its end. It shares the model's
weights, so it stays right while the model trains.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from intensity.models.layers import Call, is_graph, layer_calls, sharing
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

End = Literal["softmax", "sigmoid", "linear", "unknown"]
HANDING_ON = ("ActivityRegularization", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze")
"""Layers and operations that change no number, between a softmax and the output."""


class Explained(NamedTuple):
    """A network to explain.

    network: functional, from (n, h, w, c) float32 images to (n, classes) logits.
    end: the activation that the model ends with and the network does not.
    classes: of the model; 1 where the network has two, of logits -z/2 and z/2.
    """

    network: keras.Model
    end: End
    classes: int


def explained(model: Any, shape: tuple[int, ...]) -> Explained:
    """The network of a model that methods explain; the same one while its layers stay the same.

    Args:
        model: a built Keras model of one input, images with channels last, and one output.
        shape: of the images: (h, w), (n, h, w) or (n, h, w, c); taken where a model names none.

    Raises:
        InvalidInput: it is something else.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise InvalidInput(f"model: {type(model).__name__} is not allowed: a built Keras model")
    if not model.built:
        raise InvalidInput("model: not built is not allowed: call it on images first")
    pixels = shape[1:] if len(shape) > 2 else shape
    size = None if is_graph(model) else (*pixels, 1)[:3]
    return _explained(model, size, _parts(model))


def as_pixels(images: np.ndarray, network: keras.Model) -> np.ndarray:
    """Images that a network takes, as (n, h, w, c) and in their own type.

    Args:
        images: (h, w), (n, h, w) or (n, h, w, c), integers or floats.
        network: from `explained`.

    Raises:
        InvalidInput: wrong shape, wrong size for the network, no image, not numbers, or not finite.
    """
    given, (*size, channels) = np.asarray(images), network.input_shape[1:]
    pixels = given[None] if given.ndim == 2 else given
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    if pixels.ndim != 4 or 0 in pixels.shape or pixels.shape[-1] != channels:
        allowed = "(n, height, width)" if channels == 1 else f"(n, height, width, {channels})"
        raise InvalidInput(f"images: shape {given.shape} is not allowed: {allowed} with n >= 1")
    if any(taken not in (None, side) for side, taken in zip(pixels.shape[1:3], size, strict=True)):
        raise InvalidInput(
            f"images: {pixels.shape[1]} x {pixels.shape[2]} pixels is not allowed: "
            "the model takes {} x {}".format(*size)
        )
    if pixels.dtype.kind not in "uif" or not np.isfinite(pixels).all():
        raise InvalidInput(
            f"images: {pixels.dtype} with NaN, infinity or no numbers is not allowed: "
            "finite numbers"
        )
    return pixels


def _parts(model: keras.Model) -> tuple[Hashable, ...]:
    """What tells whether a model still computes the same way: layers, activations, types."""
    return tuple(
        (layer, _activation(layer), layer.dtype_policy.name, tuple(map(id, layer.variables)))
        for layer in model._flatten_layers()
    )


def quantized_layer(model: keras.Model) -> str | None:
    """The name of a layer whose weights are whole numbers, if there is one."""
    layers = (
        (call.layer.name, part)
        for call in layer_calls(model)[1]
        for part in getattr(call.layer, "_flatten_layers", list)()
    )
    return next((name for name, part in layers if part.dtype_policy.quantization_mode), None)


@lru_cache(maxsize=16)
def _explained(
    model: keras.Model, size: tuple[int, ...] | None, parts: tuple[Hashable, ...]
) -> Explained:
    first = next((p[0] for p in parts if _is_channels_first(p[0])), None)  # type: ignore[index]
    if first is not None:
        raise InvalidInput(f"model: {first.name} with channels first is not allowed: channels last")
    opened, calls = layer_calls(_graph(model, size), _in_float32())
    _check_shapes(opened)
    classes = opened.output_shape[-1]
    place, end = _ending(calls, opened.outputs[0])
    if end == "softmax" and classes == 1:
        raise InvalidInput("model: a softmax of one output is not allowed: it is always 1")
    network = _without_end(opened, place) if end in ("softmax", "sigmoid") else opened
    return Explained(_of_two(network) if classes == 1 else network, end, classes)


def _graph(model: keras.Model, size: tuple[int, ...] | None) -> keras.Model:
    """The model as a functional one.

    Raises:
        InvalidInput: it has several inputs or outputs, or cannot be called symbolically.
    """
    import keras

    if size is not None:
        images = keras.Input(size, dtype="float32")
        try:
            model = keras.Model(images, model(images, training=False))
        except Exception:
            raise InvalidInput(
                f"model: {type(model).__name__} is not allowed on images of {size}: "
                "a functional model, or one that can be called on a keras.Input"
            ) from None
    for name, tensors in (("input", model.inputs), ("output", model.outputs)):
        if len(tensors) != 1:
            raise InvalidInput(f"model: {len(tensors)} {name}s are not allowed: one {name}")
    return model


def _check_shapes(opened: keras.Model) -> None:
    taken, returned = opened.input_shape, opened.output_shape
    if len(taken) != 4 or taken[-1] is None or len(returned) != 2 or returned[-1] is None:
        raise InvalidInput(
            f"model: input {taken}, output {returned} is not allowed: "
            "from (n, height, width, channels) images to (n, classes) logits"
        )


def _is_channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", None) == "channels_first"


def _in_float32() -> Callable[..., Any]:
    """Calls layers in float32, whatever they compute in; their weights stay shared."""
    import keras

    twins: dict[int, Any] = {}

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The output of the layer or its twin."""
        policy = getattr(layer, "dtype_policy", None)
        if policy and policy.compute_dtype in ("float16", "bfloat16", "float64"):
            single = keras.DTypePolicy("float32")
            single._variable_dtype = policy.variable_dtype
            layer = twins.setdefault(id(layer), sharing(layer, _dtype_policy=single))
        return layer(*arguments, **options)

    return called


def _activation(layer: Any) -> Any:
    """The function that a layer ends with, where it can be told from what comes before."""
    return vars(layer).get("activation")


def _ending(calls: list[Call], output: Any) -> tuple[int, End]:
    """The place of the last call that computes, and what it ends with."""
    made = {id(call.output): place for place, call in enumerate(calls)}
    place = made.get(id(output), len(calls) - 1)
    while type(calls[place].layer).__name__ in HANDING_ON and _reads(calls[place]) in made:
        place = made[_reads(calls[place])]
    return place, _end(calls[place], output.shape[-1])


def _reads(call: Call) -> int:
    return id(call.inputs[0])


def _end(call: Call, classes: int) -> End:
    """What a call ends with; a softmax only if it is one over all classes."""
    import keras
    import tensorflow as tf

    layer, kinds, given = call.layer, keras.activations, _activation(call.layer)
    name, axis = type(layer).__name__, getattr(layer, "axis", -1)
    if name == "Softmax" or given in (kinds.softmax, keras.ops.softmax, tf.nn.softmax):
        along = axis if name == "Softmax" and isinstance(axis, int) else -1
        return "softmax" if call.output.shape[along] == classes else "unknown"
    if name == "Sigmoid" or given in (kinds.sigmoid, keras.ops.sigmoid, tf.nn.sigmoid):
        return "sigmoid"
    known = given in (None, kinds.linear, kinds.relu, kinds.tanh)
    own = type(layer).__module__.startswith("keras.") and bool(getattr(layer, "weights", ()))
    plain = known and own and len(layer._flatten_layers()) == 1
    return "linear" if plain or (name in ("Activation", "ReLU") and known) else "unknown"


def _without_end(opened: keras.Model, end: int) -> keras.Model:
    """The same network without the activation of one call."""
    import keras

    done: list[Any] = []
    calls = [call.layer for call in layer_calls(opened)[1]]

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The output of a layer, or what its activation would take."""
        done.append(layer)
        if len(done) - 1 != end:
            return layer(*arguments, **options)
        if type(layer).__name__ in ("Activation", "Sigmoid", "Softmax"):
            return arguments[0]
        others = {"name": f"{layer.name}.last"} if calls.count(layer) > 1 else {}
        return sharing(layer, activation=keras.activations.linear, **others)(*arguments, **options)

    return layer_calls(opened, called)[0]


def _of_two(network: keras.Model) -> keras.Model:
    """Logits -z/2 and z/2 of a network with one output z, whose softmax is the sigmoid of z."""
    import keras

    both = keras.layers.Dense(
        2,
        use_bias=False,
        dtype="float32",
        name="two_classes",
        kernel_initializer=lambda shape, dtype=None: np.array([[-0.5, 0.5]], np.float32),
    )
    return keras.Model(network.inputs, both(network.outputs[0]))


def check_logits(found: Explained, values: np.ndarray, several: bool) -> None:
    """Refuse probabilities that come from where no softmax or sigmoid can be taken away.

    Args:
        found: a network.
        values: (n, classes) what it returns for the images.
        several: whether probabilities of several labels are refused too.

    Raises:
        InvalidInput: all are in 0..1, and every row sums to 1 or is one number, or `several`.
    """
    if found.end != "unknown":
        return
    rows = values[:, 1:] * 2 if found.classes == 1 else values
    inside = (rows >= 0).all() and (rows <= 1 + 1e-3).all()
    several = several or found.classes == 1
    if inside and (several or np.allclose(rows.sum(axis=1), 1, atol=5e-3)):
        raise InvalidInput("model: returns probabilities; give one that returns logits")
