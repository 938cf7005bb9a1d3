"""Numbered, endless, disjoint splits of scenes, and batches of them, made on the fly.

Nothing that trains or selects draws from the split "test": `training_batches` reads "train", and
`evaluation_scenes` names its split.
"""

from collections.abc import Iterator

import numpy as np

from intensity.data.rendering import render
from intensity.data.sampling import SPLITS, draw_scenes
from intensity.data.scenes import SceneOptions, Scenes
from intensity.data.tasks import Task

SEED_STRIDE = 10**9
"""Training seed s reads the scenes from number s * SEED_STRIDE on, so seeds share none."""
ORDER = len(SPLITS)
"""In keys in place of the number of a split, so that orders share no random bits with scenes."""


def training_batches(
    task: Task,
    options: SceneOptions,
    *,
    seed: int,
    epoch: int,
    epoch_images: int,
    repeat: bool,
    batch: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The training scenes of an epoch, a batch at a time.

    Args:
        task: of the scenes.
        options: of the scenes.
        seed: which part of the split "train" is read, and the order.
        epoch: from 0 on.
        epoch_images: scenes an epoch.
        repeat: every epoch has the same scenes in another order; otherwise no scene comes twice.
        batch: scenes a step; the last step may have fewer.

    Returns:
        (batch, height, width, 1) uint8 grey levels of each step, and their labels (batch,).
    """
    first = seed * SEED_STRIDE + (0 if repeat else epoch * epoch_images)
    scenes = draw_scenes(task, options, "train", first, epoch_images)
    key = np.array([(ORDER << 32) + seed, epoch], np.uint64)
    order = np.random.Generator(np.random.Philox(key=key)).permutation(epoch_images)
    for start in range(0, epoch_images, batch):
        shown = scenes[order[start : start + batch]]
        yield render(shown)[..., None], shown.label


def evaluation_scenes(task: Task, options: SceneOptions, split: str, count: int) -> Scenes:
    """The first scenes of the split "validation" or "test": the same for every network and seed."""
    return draw_scenes(task, options, split, 0, count)
