"""Networks in which activations pass back something else than their gradients."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from intensity.models.layers import sharing

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

NUMBERS = count()
"""Tell names of layers apart: a layer may be called several times."""
LAYERS = ("ELU", "LeakyReLU", "ReLU")
"""Layers that are nothing but an activation; `Activation` and others have one."""


def activation_of(layer: Any) -> Any:
    """The function that a layer is or ends with; None where it has none, or the identity."""
    import keras

    if type(layer).__name__ in LAYERS:
        return layer
    found = getattr(layer, "activation", None)
    return None if found is keras.activations.linear else found


def before_activation(layer: Any, read: keras.KerasTensor) -> keras.KerasTensor:
    """What a layer hands to its activation, by its own weights."""
    import keras

    if type(layer).__name__ in (*LAYERS, "Activation"):
        return read
    name = f"{layer.name}.{next(NUMBERS)}"
    return sharing(layer, name=name, activation=keras.activations.linear)(read)


def as_layer(function: Callable[..., Any]) -> keras.layers.Layer:
    """A function of tensors as a layer, of a name that no other layer has."""
    import keras

    return keras.layers.Lambda(function, name=f"rule.{next(NUMBERS)}", dtype="float32")


def with_rule(function: Callable[..., Any], rule: Callable[..., tf.Tensor]) -> Callable[..., Any]:
    """A function y of x that passes back rule(x, y, what comes back to y)."""
    import tensorflow as tf

    def forward(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        """The value, and the rule in place of its gradient."""
        y = function(x)
        return y, lambda back: rule(x, y, back)

    replaced: Callable[..., Any] = tf.custom_gradient(forward)
    return replaced
