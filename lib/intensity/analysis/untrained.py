"""Networks with random weights, measured like trained ones: what structure alone yields.

As built, batch norm's averages are 0 and 1, whatever the inputs are: all units of a first layer
without biases switch at the grey level that is rescaled to 0, and some units of deeper layers never
respond at all. Training would have changed that before it learned anything else. So batch norm is
recalibrated first, on training scenes; all weights stay as they were drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.analysis.linear_probes import probes
from intensity.analysis.unit_profiles import response_profiles
from intensity.data.batches import training_batches
from intensity.data.scenes import SceneOptions, Scenes
from intensity.data.tasks import Task
from intensity.models.architectures import Network

if TYPE_CHECKING:
    import keras

NORM_SCENES = 1024
"""Training scenes for the averages of batch norm; four times as many give the same profiles."""
NORM_BATCH = 64
"""Scenes in each of its batches."""


def untrained(network: Network, task: Task, options: SceneOptions, seed: int) -> keras.Model:
    """A network with fresh weights and batch norm's averages as the scenes make them.

    Args:
        network: the architecture.
        task: which intensities occur, and the number of classes.
        options: what the scenes look like.
        seed: of the weights, and of the training scenes as for a network trained with it.

    Returns:
        A model from (n, size, size, 1) grey levels to (n, classes) logits.
    """
    from intensity.models.batchnorm import recalibrate_batchnorm
    from intensity.models.build import build

    model = build(network, options.size, task.classes, seed)
    batches = training_batches(
        task, options, seed=seed, epoch=0, epoch_images=NORM_SCENES, repeat=False, batch=NORM_BATCH
    )
    recalibrate_batchnorm(model, (images for images, _ in batches))
    return model


def untrained_profiles(
    network: Network, seed: int, scenes: Scenes, levels: np.ndarray
) -> dict[str, np.ndarray]:
    """`response_profiles` of a network with fresh weights, recalibrated on scenes like these."""
    model = untrained(network, scenes.task, scenes.options, seed)
    return response_profiles(model, scenes, levels)


def untrained_probes(
    network: Network, seed: int, training: Scenes, test: Scenes
) -> dict[str, np.ndarray]:
    """`probes` of a network with fresh weights, recalibrated on scenes like these."""
    model = untrained(network, training.task, training.options, seed)
    return probes(model, training, test)
