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
FIRST_TEST = 1_000_000
"""Number of the first test scene that is measured on; earlier ones served to explore."""
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
    jitter: int = 0,
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
        jitter: grey levels by which an image may become brighter or darker, cut at 0 and 255.

    Returns:
        (batch, height, width, 1) uint8 grey levels of each step, and their labels (batch,).
    """
    first = seed * SEED_STRIDE + (0 if repeat else epoch * epoch_images)
    scenes = draw_scenes(task, options, "train", first, epoch_images)
    key = np.array([(ORDER << 32) + seed, epoch], np.uint64)
    generator = np.random.Generator(np.random.Philox(key=key))
    order = generator.permutation(epoch_images)
    shifts = generator.integers(-jitter, jitter + 1, (epoch_images, 1, 1, 1), np.int16)
    for start in range(0, epoch_images, batch):
        shown = scenes[order[start : start + batch]]
        images = render(shown)[..., None]
        if jitter:
            images = np.clip(images + shifts[start : start + batch], 0, 255).astype(np.uint8)
        yield images, shown.label


def evaluation_scenes(task: Task, options: SceneOptions, split: str, count: int) -> Scenes:
    """Scenes of the split "validation" or "test": the same for every network and seed."""
    first = FIRST_TEST if split == "test" else 0
    return draw_scenes(task, options, split, first, count)
