"""The calls of layers that a network is made of, those inside of inner models too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import keras


class Call(NamedTuple):
    """One call of a layer or operation.

    layer: which.
    inputs: symbolic tensors that it takes.
    output: symbolic tensor that it returns.
    """

    layer: Any
    inputs: list[Any]
    output: Any


def layer_calls(
    model: keras.Model, call: Callable[..., Any] = lambda layer, *a, **o: layer(*a, **o)
) -> tuple[keras.Model, list[Call]]:
    """A network with its inner models opened; layers and weights are shared.

    Layers of one name in several inner models are called by their paths: "left.conv". An inner
    model that is called with more than its inputs in order stays closed, a layer like any other.
    Whether an inner model is told that it trains does not matter: a network that is called with
    training=False hands that on to all.

    Args:
        model: functional or sequential.
        call: of a layer and what it takes -> what stands for its result.

    Returns:
        A functional model of any number of float images that computes the same, and the calls of
        its layers in order.
    """
    import keras

    calls: list[Call] = []
    named = _with_names_of_their_own(model)

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The output of a layer, noted as a call."""
        if "inputs" in options:
            arguments = (options.pop("inputs"), *arguments)
        if _opens(layer) and _takes_as_given(layer, arguments, options):
            return opened(layer, keras.tree.flatten(arguments))[0]
        layer = named.get(id(layer), layer)
        output = call(layer, *arguments, **options)
        given = keras.tree.flatten((arguments, options))
        tensors = [value for value in given if isinstance(value, keras.KerasTensor)]
        calls.append(Call(layer, tensors, output))
        return output

    def opened(inner: keras.Model, tensors: list[Any]) -> list[Any]:
        """What a model returns, called layer by layer."""
        graph = keras.Model(inner.inputs, inner.outputs)
        found = graph._run_through_graph(tensors, lambda layer: layer, call_fn=called)
        return keras.tree.flatten(found)

    images = keras.Input(model.inputs[0].shape[1:], dtype="float32")
    return keras.Model(images, opened(model, [images])[0]), calls


def is_graph(layer: Any) -> bool:
    """Whether a layer is a built model that is nothing but the calls of its layers."""
    import keras

    own = type(layer).call.__module__ if isinstance(layer, keras.Model) and layer.built else ""
    return own.startswith("keras.") and hasattr(layer, "inputs")


def sharing(layer: Any, **changed: Any) -> Any:
    """The same layer, its weights shared, with other attributes; the layer stays as it is."""
    twin = object.__new__(type(layer))
    vars(twin).update(vars(layer), _inbound_nodes=[], _outbound_nodes=[], **changed)
    return twin


def _opens(layer: Any) -> bool:
    """Whether it is an inner model of one output."""
    return is_graph(layer) and len(layer.outputs) == 1


def _takes_as_given(inner: keras.Model, arguments: tuple[Any, ...], options: Any) -> bool:
    """Whether a call hands its tensors to the inputs of a model in order, and changes nothing."""
    import keras

    masks = keras.tree.flatten(options.get("mask"))
    if len(arguments) != 1 or any(mask is not None for mask in masks):
        return False
    given = [arguments[0]] if isinstance(arguments[0], keras.KerasTensor) else arguments[0]
    return isinstance(given, list | tuple) and all(
        isinstance(tensor, keras.KerasTensor)
        and len(tensor.shape) == len(taken.shape)
        and "float" in taken.dtype
        for tensor, taken in zip(given, inner.inputs, strict=True)
    )


def _with_names_of_their_own(model: keras.Model) -> dict[int, Any]:
    """Layers whose names occur several times -> the same layers under their paths."""
    paths = {id(layer): (path, layer) for path, layer in _paths(model, "")}
    names = Counter(layer.name for _, layer in paths.values())
    several = (found for found in paths.values() if names[found[1].name] > 1)
    return {id(layer): sharing(layer, name=path) for path, layer in several}


def _paths(model: keras.Model, start: str) -> Iterator[tuple[str, Any]]:
    import keras

    for layer in keras.Model(model.inputs, model.outputs).operations:
        path = f"{start}{layer.name}"
        if _opens(layer):
            yield from _paths(layer, f"{path}.")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield path, layer
