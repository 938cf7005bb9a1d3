"""Numbered, endless, disjoint splits of scenes, and batches of them for Keras, made on the fly.

Test scenes come from the split "test"; nothing here that trains or selects can ask for it:
`TrainingBatches` reads "train", `evaluation_scenes` is told its split by name.
"""

import math

import keras
import numpy as np

from intensity.rendering import histograms, render
from intensity.scenes import SceneOptions, Scenes, draw_scenes
from intensity.tasks import Task

SEED_STRIDE = 10**9
"""Training seed s reads the scenes from number s * SEED_STRIDE on, so seeds share none."""


class TrainingBatches(keras.utils.PyDataset):
    """Batches of training scenes for `fit`.

    Args:
        task: which intensities occur and their classes.
        options: what the scenes look like.
        seed: which part of the split "train" is read, and the order.
        epoch_images: scenes an epoch.
        repeat: every epoch has the same scenes in a new order; otherwise no scene comes twice.
        batch: scenes a step; the last step of an epoch may have fewer.
        as_histograms: give histograms (batch, 256), as shares of all pixels, in place of images
            (batch, height, width, 1) uint8.
    """

    def __init__(
        self,
        task: Task,
        options: SceneOptions,
        *,
        seed: int,
        epoch_images: int,
        repeat: bool,
        batch: int,
        as_histograms: bool = False,
    ) -> None:
        """Draw the first epoch's scenes."""
        super().__init__()
        self.task, self.options, self.seed = task, options, seed
        self.epoch_images, self.repeat, self.batch = epoch_images, repeat, batch
        self.as_histograms = as_histograms
        self._begin(epoch=0)

    def _begin(self, epoch: int) -> None:
        """Draw the scenes of an epoch and the order in which they come."""
        self.epoch = epoch
        first = self.seed * SEED_STRIDE + (0 if self.repeat else epoch * self.epoch_images)
        if epoch == 0 or not self.repeat:
            self.scenes = draw_scenes(self.task, self.options, "train", first, self.epoch_images)
        order = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        self.order = order.permutation(self.epoch_images)

    def __len__(self) -> int:
        """Steps an epoch."""
        return math.ceil(self.epoch_images / self.batch)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and labels (batch,) of one step."""
        rows = self.order[step * self.batch : (step + 1) * self.batch]
        scenes = self.scenes[rows]
        return inputs(scenes, self.as_histograms), scenes.label

    def on_epoch_end(self) -> None:
        """Go on to the next epoch."""
        self._begin(self.epoch + 1)


def inputs(scenes: Scenes, as_histograms: bool = False) -> np.ndarray:
    """What a network is fed with for some scenes.

    Args:
        scenes: n scenes.
        as_histograms: for networks that were rewritten to read histograms.

    Returns:
        (n, height, width, 1) uint8 grey levels, or (n, 256) float32 shares of all pixels.
    """
    images = render(scenes)
    if not as_histograms:
        return images[..., None]
    return histograms(images).astype(np.float32) / images[0].size


def evaluation_scenes(task: Task, options: SceneOptions, split: str, count: int) -> Scenes:
    """The first scenes of the split "validation" or "test": the same for every network and seed."""
    return draw_scenes(task, options, split, 0, count)
