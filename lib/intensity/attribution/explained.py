"""The front door of attribution: what a model is, asked once, and the network that is explained.

Whatever a model is made of, methods see one functional network from float images to logits, in
float32, without inner models and without a softmax or sigmoid at its end. It shares the model's
weights, so it stays right while the model trains.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from numbers import Number
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from intensity.models.layers import Call, is_graph, layer_calls, sharing
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

End = Literal["softmax", "sigmoid", "linear", "unknown"]
HANDING_ON = ("ActivityRegularization", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze")
"""Layers and operations that change no number, between a softmax and the output."""
HALF = ("float16", "bfloat16")
"""Types in which a small change may be lost."""


class Itself:
    """Equal to nothing but what stands for the same object, which it keeps alive."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        """Whether both stand for one object."""
        return isinstance(other, Itself) and self.value is other.value

    def __hash__(self) -> int:
        """The object's own number."""
        return id(self.value)


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


def _parts(model: keras.Model) -> tuple[Hashable, ...]:
    """What tells whether a model still computes the same way: layers and all that they are of."""
    return tuple((layer, *_attributes(layer)) for layer in model._flatten_layers())


def _attributes(layer: keras.Layer) -> list[Hashable]:
    """Numbers and names by value, all else by identity; a graph is what its layers are."""
    own = () if is_graph(layer) else vars(layer).values()
    values = (*own, *layer.variables)
    return [v if isinstance(v, Number | str) else Itself(v) for v in values]


def quantized_layer(network: keras.Model) -> str | None:
    """The name of a layer of an explained network with weights in whole numbers, if it has one."""
    parts = ((layer.name, part) for layer in network.layers for part in layer._flatten_layers())
    return next((name for name, part in parts if part.dtype_policy.quantization_mode), None)


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
    network = _without_end(opened, calls, place) if end in ("softmax", "sigmoid") else opened
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
        """The output of the layer or its twin; of one in whole numbers, as it is."""
        _check_precision(layer)
        policy: Any = getattr(layer, "dtype_policy", None)
        whole = policy is None or policy.quantization_mode
        if not whole and policy.compute_dtype in (*HALF, "float64"):
            single = keras.DTypePolicy("float32")
            single._variable_dtype = policy.variable_dtype
            layer = twins.setdefault(id(layer), sharing(layer, _dtype_policy=single))
        return layer(*arguments, **options)

    return called


def _check_precision(layer: Any) -> None:
    """Refuse a layer around others that compute in half precision, where no twin can reach.

    Raises:
        InvalidInput: it is one.
    """
    import keras

    parts = getattr(layer, "_flatten_layers", lambda **_: ())(include_self=False)
    for part in parts:
        policy, own = part.dtype_policy, not isinstance(part, keras.layers.InputLayer)
        computes = own and not is_graph(part) and not policy.quantization_mode
        if computes and policy.compute_dtype in HALF:
            raise InvalidInput(
                f"model: {part.name} inside of {layer.name} in {policy.compute_dtype} "
                "is not allowed: float32, so that small changes are kept"
            )


def _kind(layer: Any) -> str:
    """Which layer or operation of Keras it is; "" where it is somebody's own."""
    return type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""


def _activation(layer: Any) -> Any:
    """The function that a layer of Keras ends with, if it can be told from what comes before."""
    return vars(layer).get("activation") if _kind(layer) else None


def _ending(calls: list[Call], output: Any) -> tuple[int, End]:
    """The place of the last call that computes, and what it ends with."""
    place = _source(calls, output)
    if place is None:
        return -1, "unknown"
    end = _end(calls[place], output.shape[-1])
    before = _source(calls, calls[place].inputs[0])
    if end == "linear" and before is not None and _is_softmax(calls[before].layer):
        return place, "unknown"
    return place, end


def _source(calls: list[Call], tensor: Any) -> int | None:
    """The place of the call that computes the numbers of a tensor, if there is one."""
    made = {id(call.output): place for place, call in enumerate(calls)}
    place = made.get(id(tensor))
    while place is not None and _hands_on(calls[place].layer):
        place = made.get(id(calls[place].inputs[0]))
    return place


def _hands_on(layer: Any) -> bool:
    import keras

    linear = _kind(layer) == "Activation" and _activation(layer) is keras.activations.linear
    return linear or _kind(layer) in HANDING_ON


def _is_softmax(layer: Any) -> bool:
    import keras
    import tensorflow as tf

    functions = (keras.activations.softmax, keras.ops.softmax, tf.nn.softmax)
    return _kind(layer) == "Softmax" or _activation(layer) in functions


def _end(call: Call, classes: int) -> End:
    """What a call ends with; a softmax only if it is one over all classes."""
    import keras
    import tensorflow as tf

    layer, kinds, given = call.layer, keras.activations, _activation(call.layer)
    name, axis = _kind(layer), getattr(layer, "axis", -1)
    if _is_softmax(layer):
        along = axis if name == "Softmax" and isinstance(axis, int) else -1
        return "softmax" if call.output.shape[along] == classes else "unknown"
    if name == "Sigmoid" or given in (kinds.sigmoid, keras.ops.sigmoid, tf.nn.sigmoid):
        return "sigmoid"
    plain = given in (None, kinds.linear, kinds.relu, kinds.tanh)
    return "linear" if plain and ("Dense" in name or "Conv" in name) else "unknown"


def _without_end(opened: keras.Model, calls: list[Call], end: int) -> keras.Model:
    """The same network without the activation of one of its calls."""
    import keras

    done: list[Any] = []
    again = [call.layer for call in calls].count(calls[end].layer) > 1

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The output of a layer, or what its activation would take."""
        done.append(layer)
        if len(done) - 1 != end:
            return layer(*arguments, **options)
        if _kind(layer) in ("Activation", "Sigmoid", "Softmax"):
            return arguments[0]
        others = {"name": f"{layer.name}.last"} if again else {}
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
        several: whether probabilities of several labels are refused where some are 0, too.

    Raises:
        InvalidInput: all are in 0..1, and none is 0, or every row sums to 1 or is one number, or
            `several`.
    """
    if found.end != "unknown":
        return
    rows = values[:, 1:] * 2 if found.classes == 1 else values
    inside = (rows >= 0).all() and (rows <= 1 + 1e-3).all()
    several = several or found.classes == 1 or bool((rows > 0).all())
    if inside and (several or np.allclose(rows.sum(axis=1), 1, atol=5e-3)):
        raise InvalidInput("model: returns probabilities; give one that returns logits")
