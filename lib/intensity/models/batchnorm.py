"""Batch norm: as one kernel while a network trains, and its averages recalibrated afterwards.

On a processor the several passes of Keras' batch norm take more time than the convolutions;
TensorFlow's one kernel is 2 to 3 times as fast. A fused copy learns and gives its weights back, so
no saved network depends on this module.
"""

from collections.abc import Iterable

import keras
import numpy as np
from keras import ops


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch norm over the channels of feature maps, by TensorFlow's kernel while training."""

    def call(
        self,
        inputs: keras.KerasTensor,
        training: bool | None = None,
        mask: keras.KerasTensor | None = None,
    ) -> keras.KerasTensor:
        """Normalized maps; statistics are kept as Keras keeps them, the variance with divisor n.

        Args:
            inputs: (n, height, width, channels); of another rank, Keras' own code is used.
            training: whether batch statistics are used and moving ones updated.
            mask: of the inputs; Keras' own code is used where there is one.

        Returns:
            The shape of the inputs.

        Reference: Ioffe, Szegedy (2015), Batch normalization, algorithm 1.
        """
        if not training or mask is not None or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf  # only where it is the backend: see `fused`

        nothing = tf.zeros(0)
        result = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma, offset=self.beta, mean=nothing, variance=nothing,
            epsilon=self.epsilon, is_training=True,
        )  # fmt: skip
        values = ops.cast(ops.size(inputs) // ops.shape(inputs)[-1], "float32")
        variance = result.batch_variance * (values - 1) / values  # the kernel's has divisor n - 1
        averages = (self.moving_mean, result.batch_mean), (self.moving_variance, variance)
        for moving, now in averages:
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return result.y


def fused(model: keras.Model) -> keras.Model:
    """A copy of a network that trains faster; the network itself where the backend has no kernel.

    Args:
        model: a functional Keras model.

    Returns:
        A model of the same layers in the same order, with the same weights.
    """
    if keras.backend.backend() != "tensorflow":
        return model

    def clone(layer: keras.Layer) -> keras.Layer:
        """The same layer, fused where it is batch norm."""
        batch_norm = type(layer) is keras.layers.BatchNormalization
        kind = FusedBatchNormalization if batch_norm else type(layer)
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def recalibrate_batchnorm(model: keras.Model, batches: Iterable[np.ndarray]) -> None:
    """Set batch norm's averages to the mean over many batches, in place.

    The running averages of training rest on its last one or two hundred images, too few for units
    with sharp thresholds: single networks lose up to 2 % of accuracy. Untrained, they are 0 and 1.

    Args:
        model: takes the images of the batches.
        batches: (n, height, width, 1) grey levels each, n the same for all; none is read where
            there is no batch norm.

    Reference: Wu, Johnson (2021), Rethinking "batch" in batchnorm, section 3.
    """
    norms = [stage for stage in model.layers if isinstance(stage, keras.layers.BatchNormalization)]
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    for before, images in enumerate(batches):
        for norm in norms:
            norm.momentum = before / (before + 1)  # so each batch counts the same
        model(images, training=True)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
