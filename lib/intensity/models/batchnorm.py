"""Batch norm: as one kernel in training, its averages recalibrated and frozen, its offsets spread.

On a processor the several passes of Keras' batch norm take more time than the convolutions;
TensorFlow's one kernel is 2 to 3 times as fast. A fused copy learns and gives its weights back, so
no saved network depends on this module.
"""

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np
from keras import ops


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch norm over channels, by TensorFlow's kernel while training; it can be frozen."""

    frozen = False
    """Whether the averages count in training too; scale and offset learn on."""

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
        training = bool(training) and not self.frozen
        one_kernel = keras.backend.backend() == "tensorflow" and len(inputs.shape) == 4
        if not training or mask is not None or not one_kernel:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

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
    """A copy of a network that trains faster and whose batch norm can be frozen.

    Args:
        model: a functional Keras model.

    Returns:
        A model of the same layers in the same order, with the same weights.
    """

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
    norms = _norms(model)
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    for before, images in enumerate(batches):
        for norm in norms:
            norm.momentum = before / (before + 1)  # so each batch counts the same
        model(images, training=True)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def spread_thresholds(
    model: keras.Model,
    norms: Sequence[str],
    batches: Callable[[], Iterable[np.ndarray]],
    seed: int,
) -> None:
    """Have the units behind some norms begin with thresholds at different grey levels, in place.

    Offsets are chosen such that, in a network of uniform images, unit k of n passes 0 at level
    255 k / (n + 1), in random order.

    Args:
        model: untrained, from (n, height, width, 1) grey levels.
        norms: names of layers, each of n units, from the input on.
        batches: gives images as those of training, over which averages are taken.
        seed: of the order.
    """
    random = np.random.Generator(np.random.Philox(key=seed))
    for name in norms:
        recalibrate_batchnorm(model, batches())
        norm = model.get_layer(name)
        units = norm.beta.shape[0]
        levels = random.permutation(np.linspace(0, 255, units + 2)[1:-1])
        uniform = np.ones((units, *model.input_shape[1:]), np.float32) * levels[:, None, None, None]
        values = np.asarray(keras.Model(model.input, norm.output)(uniform, training=False))
        middle = values[:, values.shape[1] // 2, values.shape[2] // 2]
        norm.beta.assign(norm.beta - np.diagonal(middle))


def freeze_batchnorm(learner: keras.Model) -> None:
    """Have a learning copy train on with batch norm's averages as they are, in place.

    With an object an image, the averages of 16 images vary by some 15 % from step to step, and with
    them the grey level at which a unit switches. Frozen, training sees the network that is used
    later, and thresholds can become sharp.

    Args:
        learner: from `learning_copy`, compiled.

    Reference: Wu, Johnson (2021), Rethinking "batch" in batchnorm, section 4.
    """
    for norm in _norms(learner):
        norm.frozen = True
    learner.make_train_function(force=True)


def _norms(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [stage for stage in model.layers if isinstance(stage, keras.layers.BatchNormalization)]
