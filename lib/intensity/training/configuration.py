"""What to train, on what, and how: everything that a trained network depends on, as a value.

A `Configuration` names a run on disk. Nothing here computes, so describing runs costs no import of
a deep-learning library.
"""

from typing import Annotated, Literal

from pydantic import Field

from intensity.data.sampling import check_drawable
from intensity.data.scenes import SceneOptions
from intensity.data.tasks import Task
from intensity.models.architectures import Network, feature_sizes, multiplications
from intensity.values import Preset, Value

Positive = Annotated[int, Field(ge=1)]

RECALIBRATION = 64
"""Batches, and scenes in each, over which batch norm's averages are taken after training."""


class Recipe(Preset):
    """How to train.

    Args:
        epochs: passes, each followed by a look at validation.
        epoch_images: images a pass.
        repeat: every pass has the same images (a fixed training set); otherwise never twice.
        batch: images a step.
        learning_rate: of Adam; with a schedule, the highest.
        schedule: constant, or a linear warm-up over the first 5 % of steps and a cosine to zero.
        beta_2: of Adam, how long it remembers squared gradients.
        weight_decay: L2 coefficient on kernels.
        clip_norm: the gradient of all weights together is made no longer than this; none for any.
        freeze_after: epochs after which batch norm keeps the averages that it then has, taken over
            many batches; none for never.
        jitter: brightness of each training image is shifted by up to so many grey levels, and cut
            at 0 and 255, while its label stays.
    """

    epochs: Positive
    epoch_images: Positive
    repeat: bool = False
    batch: Positive = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-2
    schedule: Literal["constant", "cosine"] = "cosine"
    beta_2: Annotated[float, Field(gt=0, lt=1)] = 0.999
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    freeze_after: Positive | None = None
    jitter: Annotated[int, Field(ge=0, le=255)] = 0

    @property
    def images(self) -> int:
        """Images shown in all, repetitions counted."""
        return self.epochs * self.epoch_images


class Configuration(Value):
    """Everything that a trained network depends on, in full; `presets.configure` takes names."""

    task: Task
    scenes: SceneOptions
    network: Network
    recipe: Recipe
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    validation_images: Positive = 1000
    test_images: Positive = 20_000

    def model_post_init(self, _: object) -> None:
        """Refuse scenes that the network cannot take or that do not have the task's classes."""
        feature_sizes(self.network, self.scenes.size)
        check_drawable(self.task, self.scenes)

    @property
    def cost(self) -> float:
        """Work to be done, for progress and order: multiplications of all images shown."""
        return self.recipe.images * (5e4 + multiplications(self.network, self.scenes.size))
