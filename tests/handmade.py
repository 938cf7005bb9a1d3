"""Networks made by hand, whose answers are known exactly.

Each reads one number from an image of 64 x 64 pixels and names the class of the band that the
number lies in. On discs of 197 pixels without noise, on black, most numbers are the disc's level.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from intensity.data.tasks import Task

SIZE = 64
AREA = 197
"""Pixels of the disc."""
PATCH = 5
"""Side of the patches that are flat or not, pixels."""

Tensor = keras.KerasTensor


def naming(
    images: Tensor, number: Tensor, boundaries: Sequence[float], labels: Sequence[int]
) -> keras.Model:
    """A network that names the label of the band that a number (n, 1) of its images lies in.

    Band k scores k * x - (sum of the first k boundaries), which is largest within the band; a sharp
    softmax turns the scores into one-hot, a dense layer the bands into classes.
    """
    scores = keras.layers.Dense(len(labels), name="bands")
    classes = keras.layers.Dense(max(labels) + 1, use_bias=False, name="logits")
    sharp = keras.layers.Rescaling(1000)(scores(number))
    model = keras.Model(images, classes(keras.layers.Softmax()(sharp)))
    offsets = np.concatenate([[0], np.cumsum(boundaries)])
    scores.set_weights([np.arange(len(labels), dtype=float)[None], -offsets])
    classes.set_weights([np.eye(max(labels) + 1)[list(labels)]])
    return model


def naming_levels(images: Tensor, number: Tensor, task: Task) -> keras.Model:
    """A network that takes the number for the object's level."""
    labels = [band.label for band in task.bands if band.label is not None]
    assert len(labels) == len(task.bands), "every level needs a class"
    return naming(images, number, [boundary + 0.5 for boundary in task.boundaries], labels)


def grey() -> Tensor:
    """Images as networks take them."""
    return keras.Input((SIZE, SIZE, 1))


def reads_the_mean(task: Task) -> keras.Model:
    """Takes the image mean, as many times larger as the image is than a disc, for the level."""
    images = grey()
    mean = keras.layers.GlobalAveragePooling2D()(images)
    return naming_levels(images, keras.layers.Rescaling(SIZE**2 / AREA)(mean), task)


def reads_one_pixel(task: Task, row: int, column: int) -> keras.Model:
    """Takes the grey level of one pixel for the object's."""
    images = grey()
    return naming_levels(images, images[:, row, column], task)


def reads_a_flat_patch(task: Task) -> keras.Model:
    """Takes the mean of the brightest patch of 5 x 5 equal pixels for the level, 0 without one."""
    images = grey()
    options = {"pool_size": PATCH, "strides": 1}
    mean = keras.layers.AveragePooling2D(**options)(images)
    most, least = (
        sign * keras.layers.MaxPooling2D(**options)(sign * images) for sign in (1.0, -1.0)
    )
    flat = ops.max(mean - 256 * (most - least), axis=(1, 2))
    return naming_levels(images, ops.maximum(flat, 0.0), task)


def steps(images: Tensor) -> list[Tensor]:
    """Absolute differences of pixels and their neighbors, below and to the right."""
    below, beside = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
    return [ops.abs(below), ops.abs(beside)]


def reads_edge_amplitude(task: Task) -> keras.Model:
    """Takes the largest step between neighbors for the level."""
    images = grey()
    largest = [ops.max(step, axis=(1, 2)) for step in steps(images)]
    return naming_levels(images, ops.maximum(*largest), task)


def counts_edges(boundaries: Sequence[float], labels: Sequence[int]) -> keras.Model:
    """Counts the pairs of neighbors that differ, by however much, and names the count's label."""
    images = grey()
    counts = [ops.sum(ops.minimum(step, 1.0), axis=(1, 2)) for step in steps(images)]
    return naming(images, ops.add(*counts), boundaries, labels)
