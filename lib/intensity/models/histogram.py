"""A network of single pixels that averages over them, evaluated once per grey level.

The mean over pixels of f(level) is the sum over levels of share * f(level), so 256 evaluations of f
replace those of all pixels.
"""

from functools import lru_cache
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from intensity.data.rendering import histograms


class HistogramModel(keras.Model):
    """A permutation invariant network that takes images and evaluates their histogram.

    Histograms are counted outside of the backend, whose own counts take ten times as long. So
    images are arrays; tensors are taken for histograms.

    Args:
        model: one for which `is_permutation_invariant` holds; its layers and weights are shared.
    """

    def __init__(self, model: keras.Model) -> None:
        """Divide the layers into those of pixels and those after the average."""
        super().__init__()
        pooling = _pooling(model)
        self.body, self.head = model.layers[1:pooling], model.layers[pooling + 1 :]

    @property
    def layers(self) -> list[keras.Layer]:
        """All layers with weights, in order."""
        return [*self.body, *self.head]

    def call(self, shares: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Logits (n, classes) of histograms (n, 256) given as shares of all pixels."""
        x = ops.reshape(ops.arange(256, dtype="float32"), (1, 1, 256, 1))
        for stage in self.body:
            x = stage(x)
        x = ops.matmul(shares, x[0, 0])
        for stage in self.head:
            trains = isinstance(stage, layers.BatchNormalization)
            x = stage(x, training=training) if trains else stage(x)
        return x

    def __call__(self, images: Any, *arguments: Any, **options: Any) -> Any:
        """Logits of (n, height, width, 1) grey levels."""
        return super().__call__(_shares(images), *arguments, **options)

    def train_on_batch(self, x: np.ndarray, *arguments: Any, **options: Any) -> Any:
        """A step of training on (n, height, width, 1) uint8 grey levels."""
        return super().train_on_batch(_shares(x), *arguments, **options)

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        """Logits of (n, height, width, 1) uint8 grey levels."""
        return super().predict_on_batch(_shares(x))


def _shares(images: Any) -> Any:
    if not isinstance(images, np.ndarray) or images.ndim != 4:
        return images
    return histograms(images[..., 0]).astype(np.float32) / images[0].size


def is_permutation_invariant(model: keras.Model) -> bool:
    """Whether a built model reads every pixel alone and averages: only the histogram matters."""
    pooling = _pooling(model)
    body, head = model.layers[1:pooling], model.layers[pooling + 1 :]
    return (
        pooling > 0
        and _is_chain(model)
        and all(map(_reads_pixels_alone, body))
        and all(isinstance(stage, _READ_ROWS) for stage in head)
    )


_READ_ROWS = (
    *(layers.Dense, layers.BatchNormalization, layers.Dropout),
    *(layers.ReLU, layers.Activation, layers.Softmax, layers.Rescaling),
)
"""Layers that may stand after the average."""


def _pooling(model: keras.Model) -> int:
    """The place of the layer that averages; 0 where there is none."""
    places = (place for place, stage in enumerate(model.layers) if _averages(stage))
    return next(places, 0)


def _averages(stage: keras.Layer) -> bool:
    is_average = isinstance(stage, layers.GlobalAveragePooling2D)
    return is_average and stage.data_format == "channels_last" and not stage.keepdims


def _is_chain(model: keras.Model) -> bool:
    """Whether every layer reads the one before it and nothing else, and the last is the output."""
    stages = model.layers
    return (
        isinstance(stages[0], layers.InputLayer)
        and all(b.input is a.output for a, b in pairwise(stages))
        and len(model.outputs) == 1
        and model.outputs[0] is stages[-1].output
    )


def _reads_pixels_alone(stage: keras.Layer) -> bool:
    if isinstance(stage, layers.Conv2D):
        alone = stage.kernel_size == stage.strides == (1, 1)
        return bool(alone and stage.data_format == "channels_last")
    return isinstance(stage, layers.ReLU | layers.Rescaling)


@lru_cache(maxsize=16)
def by_histogram(model: keras.Model) -> keras.Model | None:
    """The model that takes the same images and reads their histogram, if that is all that counts.

    Args:
        model: from (n, height, width, 1) uint8 grey levels to (n, classes) logits.
    """
    if isinstance(model, HistogramModel):
        return model
    return HistogramModel(model) if is_permutation_invariant(model) else None
