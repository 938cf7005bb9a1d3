"""Batch norm folded into the layer before it: the same logits in fewer passes over the maps.

At inference batch norm is affine, g x + b with g = gamma / sqrt(variance + epsilon), so its factor
can be a part of the kernel. What is left is one convolution with a bias, which TensorFlow computes
together with the ReLU that follows. Weights are shared and read at every call: a folded network
stays right while the other trains, and no saved network depends on this module.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import keras
from keras import ops

from intensity.models.layers import Call, is_graph, layer_calls

PLAIN = {
    "compute_dtype": "float32",
    "data_format": "channels_last",
    "groups": 1,
    "quantization_mode": None,
}
"""Options of layers that others than these are left as they are."""


class Folded(keras.layers.Layer):
    """A convolution or dense layer and the batch norm after it, as one.

    Args:
        layer: what has the kernel.
        norm: batch norm over its channels.
    """

    def __init__(self, layer: keras.Layer, norm: keras.Layer) -> None:
        """Take over the weights of both."""
        super().__init__(name=f"{layer.name}.{norm.name}", dtype="float32")
        self.layer, self.norm = layer, norm
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """(kernel g) x + g (bias - mean) + beta."""
        layer, norm = self.layer, self.norm
        gain = ops.rsqrt(norm.moving_variance + norm.epsilon)
        gain = gain * norm.gamma if norm.scale else gain
        start = gain * ((layer.bias if layer.use_bias else 0.0) - norm.moving_mean)
        start = start + norm.beta if norm.center else start
        if isinstance(layer, keras.layers.Dense):
            return ops.matmul(inputs, layer.kernel * gain) + start
        strides, dilation = layer.strides, layer.dilation_rate
        kernel, padding = layer.kernel * gain, layer.padding
        return ops.conv(inputs, kernel, strides, padding, "channels_last", dilation) + start

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """That of the layer."""
        return self.layer.compute_output_shape(input_shape)


def folded(model: keras.Model) -> keras.Model:
    """A network in which every batch norm that follows a convolution or dense layer is folded in.

    Args:
        model: any; one of other than Keras' own layers may have little to fold.

    Returns:
        A functional model with the same logits up to rounding; the model itself where nothing can
        be folded.
    """
    return _folded(model)[0] if is_graph(model) else model


def tapped(model: keras.Model, layers: Sequence[str]) -> keras.Model:
    """A folded network that returns what some layers of a network return, by their names.

    Args:
        model: a functional model.
        layers: names of its layers.
    """
    quick, calls = _folded(model)
    outputs = {layer.name: layer.output for layer in model.layers}
    found = {call.layer.name: call.output for call in calls}
    if quick is not model and set(layers) <= set(found):
        outputs = found
    else:
        quick = model
    return keras.Model(quick.inputs, {name: outputs[name] for name in layers})


@lru_cache(maxsize=16)
def _folded(model: keras.Model) -> tuple[keras.Model, list[Call]]:
    """The folded network, or the model itself where nothing is folded, and its calls."""
    before: dict[int, tuple[keras.Layer, Any]] = {}
    done = []

    def called(layer: Any, *arguments: Any, **options: Any) -> Any:
        """The output of a layer; of a batch norm, that of the layer before and it together."""
        start = before.get(id(arguments[0])) if len(arguments) == 1 else None
        if start and not options.get("training") and _is_norm(layer, len(arguments[0].shape)):
            done.append(layer)
            return Folded(start[0], layer)(start[1])
        output = layer(*arguments, **options)
        if len(arguments) == 1 and _has_kernel(layer):
            before[id(output)] = layer, arguments[0]
        return output

    found, calls = layer_calls(model, called)
    return (found if done else model), calls


def _is_plain(layer: Any) -> bool:
    return all(getattr(layer, option, usual) == usual for option, usual in PLAIN.items())


def _is_norm(layer: Any, rank: int) -> bool:
    known = type(layer) is keras.layers.BatchNormalization and _is_plain(layer)
    return known and layer.axis in (-1, rank - 1, [-1], [rank - 1])


def _has_kernel(layer: Any) -> bool:
    known = type(layer) in (keras.layers.Conv2D, keras.layers.Dense) and _is_plain(layer)
    return known and layer.activation is keras.activations.linear
