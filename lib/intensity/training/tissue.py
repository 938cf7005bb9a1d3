"""Trainings on patches of the template: what is trained, on what and how, and the training itself.

Patches are drawn anew for every part of a training: a third of each tissue where this is the class;
where a task classifies a level, those whose middles show it. Nothing here looks at other slabs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import numpy as np
import pandas as pd
from pydantic import Field

from intensity.data.tasks import LEVELS, Task
from intensity.data.tissue import labeled, training_patches
from intensity.models.tissue import Kind, build_tissue
from intensity.values import Value

if TYPE_CHECKING:
    import keras

KINDS: tuple[Kind, ...] = get_args(Kind)
"""All networks by name."""
PART = 256
"""Patches that are drawn at once."""
FEW = 4
"""Steps up to which compiling a network's step would take longer than taking it."""
BATCH = 64
WARM_UP = 20
"""One in so many steps, the first ones, raises the learning rate; a cosine lowers it to zero."""
GAIN, OFFSET, GAMMA = 0.3, 40.0, 0.35
"""How far levels are changed for `augmented`: factor 1 +- gain, grey levels, log of the power."""


class TissueTraining(Value):
    """Everything that a network for patches depends on.

    Args:
        kind: which network.
        task: of a training on re-rendered patches; without one the class is the tissue.
        parts: how often `PART` patches are drawn.
        learning_rate: the highest, of Adam.
        seed: of weights, patches and levels.
    """

    kind: Kind = "raw"
    task: Task | None = None
    parts: Annotated[int, Field(ge=1)] = 160
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 3e-3
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0

    @property
    def about(self) -> str:
        """What is learned, as measurements call it: "tissue", or "tissue_" and the task."""
        return f"tissue_{self.task.name}" if self.task else "tissue"


def train_tissue(training: TissueTraining) -> tuple[keras.Model, pd.DataFrame]:
    """Train one network; bit-identical for equal trainings on one machine with one thread.

    Returns:
        The network, and its history: patches, loss, accuracy, the two on the patches as they were
        trained.
    """
    from intensity.models.build import keras_defaults

    with keras_defaults():
        model, rows = build_tissue(training.kind, training.seed), []
        learner = _learning(model, training)
        for part in range(training.parts):
            images, label = _shown(training, part)
            scores = np.zeros(2)
            for first in range(0, PART, BATCH):
                batch = slice(first, first + BATCH)
                found = learner.train_on_batch(images[batch], label[batch], return_dict=True)
                scores += [float(found[name]) for name in ("loss", "accuracy")]
            rows.append(((part + 1) * PART, *(scores * BATCH / PART)))
    return model, pd.DataFrame(rows, columns=["patches", "loss", "accuracy"])


def _learning(model: keras.Model, training: TissueTraining) -> keras.Model:
    """What trains a network's weights; the network itself is kept without an optimizer."""
    import keras

    learner = keras.Model(model.inputs, model.outputs)
    steps = training.parts * PART // BATCH
    warm_up = max(1, steps // WARM_UP)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0, warmup_target=training.learning_rate,
        warmup_steps=warm_up, decay_steps=max(1, steps - warm_up),
    )  # fmt: skip
    learner.compile(
        keras.optimizers.Adam(rate, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        run_eagerly=steps <= FEW,
    )
    learner.optimizer.build(learner.trainable_variables)
    return learner


def _shown(training: TissueTraining, part: int) -> tuple[np.ndarray, np.ndarray]:
    """(PART, h, w, 1) float32 images and (PART,) labels of a part."""
    rng = np.random.Generator(np.random.Philox(key=np.array([training.seed, part], np.uint64)))
    patches = training_patches(training.seed, part, PART, pure=training.task is not None)
    shown = labeled(patches, training.task, rng)
    images = shown.images
    if training.kind == "augmented":
        images = augmented(images, patches.inside, rng)
    return images[..., None], shown.label


def augmented(images: np.ndarray, inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Patches as other scanners would show them: another gamma, gain and offset of each.

    What is outside of the brain stays black, as it does where skulls are stripped afterwards.

    Args:
        images: (n, h, w) grey levels.
        inside: (n, h, w) bool, the brain.
        rng: of the changes.

    Returns:
        (n, h, w) float32, cut at 0 and 255.
    """
    count, white = (len(images), 1, 1), LEVELS - 1
    power = np.exp(rng.uniform(-GAMMA, GAMMA, count))
    gain = rng.uniform(1 - GAIN, 1 + GAIN, count)
    offset = rng.uniform(-OFFSET, OFFSET, count)
    changed = gain * white * (images / white) ** power + offset
    return np.where(inside, np.clip(changed, 0, white), images).astype(np.float32)
