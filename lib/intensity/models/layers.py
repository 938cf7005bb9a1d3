"""The calls of layers that a network is made of, those inside of inner models too."""

from __future__ import annotations

from collections.abc import Callable
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

    Args:
        model: functional or sequential.
        call: of a layer and what it takes -> what stands for its result.

    Returns:
        A functional model that computes the same, and the calls of its layers in order.
    """
    import keras

    calls: list[Call] = []

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The output of a layer, noted as a call."""
        if isinstance(layer, keras.Model) and len(layer.inputs) == 1:
            opened(layer, arguments[0])
            return calls[-1].output  # in order of depth, so that of the inner model
        output = call(layer, *arguments, **options)
        given = keras.tree.flatten((arguments, options))
        tensors = [value for value in given if isinstance(value, keras.KerasTensor)]
        calls.append(Call(layer, tensors, output))
        return output

    def opened(inner: keras.Model, images: keras.KerasTensor) -> keras.Model:
        """A nested model called layer by layer."""
        return keras.models.clone_model(
            keras.Model(inner.inputs, inner.outputs),
            input_tensors=[images],
            clone_function=lambda layer: layer,
            call_function=called,
        )

    first = model.inputs[0]
    return opened(model, keras.Input(batch_shape=first.shape, dtype=first.dtype)), calls
