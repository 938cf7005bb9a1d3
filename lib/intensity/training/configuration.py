"""What to train, on what, and how: everything that a trained network depends on, as a value.

A `Configuration` names a run on disk. Nothing here computes, so describing runs costs no import of
a deep-learning library.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, field_validator

from intensity.data.scenes import SceneOptions, check_drawable, find_setting
from intensity.data.tasks import Task, find_task
from intensity.models.architectures import Network, feature_sizes, find_network, multiplications
from intensity.values import Value

Positive = Annotated[int, Field(ge=1)]

SETTLED = 64
"""Batches, and scenes in each, over which batch norm's statistics are averaged after training."""


class Recipe(Value):
    """How to train.

    Args:
        epochs: passes, each followed by a look at validation.
        epoch_images: images a pass.
        repeat: every pass has the same images (a fixed training set); otherwise never twice.
        batch: images a step.
        learning_rate: of Adam; with a schedule, the highest.
        schedule: constant, or a linear warm-up over the first 5 % of steps and a cosine to zero.
        weight_decay: L2 coefficient on kernels.
    """

    epochs: Positive
    epoch_images: Positive
    repeat: bool = False
    batch: Positive = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-2
    schedule: Literal["constant", "cosine"] = "cosine"
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def images(self) -> int:
        """Images shown in all, repetitions counted."""
        return self.epochs * self.epoch_images


class Configuration(Value):
    """Everything that a trained network depends on.

    Tasks, scenes and networks may be given by name; they are kept in full.
    """

    task: Task
    scenes: SceneOptions
    network: Network
    recipe: Recipe
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    validation_images: Positive = 1000
    test_images: Positive = 20_000

    @field_validator("task", mode="before")
    @classmethod
    def _task(cls, task: str | dict[str, Any] | Task) -> Task:
        """Look a task up by its name."""
        return find_task(task)

    @field_validator("scenes", mode="before")
    @classmethod
    def _scenes(cls, scenes: str | dict[str, Any] | SceneOptions) -> SceneOptions:
        """Look scene options up by name."""
        return find_setting(scenes)

    @field_validator("network", mode="before")
    @classmethod
    def _network(cls, network: str | dict[str, Any] | Network) -> Network:
        """Look a network up by its name."""
        return find_network(network)

    def model_post_init(self, _: object) -> None:
        """Refuse scenes that the network cannot take or that do not have the task's classes."""
        feature_sizes(self.network, self.scenes.size)
        check_drawable(self.task, self.scenes)

    @property
    def cost(self) -> float:
        """Work to be done, for progress and order: multiplications of all images shown."""
        return self.recipe.images * (5e4 + multiplications(self.network, self.scenes.size))


def configurations(
    trainings: Mapping[str, Mapping[str, Any]], seeds: Sequence[int], **common: Any
) -> dict[str, list[Configuration]]:
    """The configurations that a table of trainings describes, one for each seed.

    Args:
        trainings: by name: task, scenes, network, and the fields of a `Recipe`.
        seeds: of the trainings.
        common: further fields of every `Configuration`, for example test_images.

    Returns:
        Name -> configurations in the order of the seeds.

    Raises:
        InvalidInput: a field is unknown or has a value that is not allowed.
    """
    return {
        name: [_configuration(table, seed=seed, **common) for seed in seeds]
        for name, table in trainings.items()
    }


def _configuration(table: Mapping[str, Any], **common: Any) -> Configuration:
    """One row of a table of trainings as a configuration."""
    recipe = {key: value for key, value in table.items() if key in Recipe.model_fields}
    others = {key: value for key, value in table.items() if key not in recipe}
    return Configuration(recipe=Recipe(**recipe), **(common | others))


def random_trials(
    training: Mapping[str, Any],
    trials: int,
    learning_rates: tuple[float, float] = (1e-4, 1e-1),
    weight_decays: tuple[float, float] = (1e-7, 1e-1),
) -> dict[str, dict[str, Any]]:
    """Trainings that differ in learning rate and weight decay, both drawn log-uniformly.

    Args:
        training: task, scenes, network and the other fields of a `Recipe`.
        trials: how many to draw; the first of more are the same.
        learning_rates: lowest and highest.
        weight_decays: lowest and highest.

    Returns:
        A table of trainings for `configurations`, by names "trial 1", "trial 2", ...

    Reference: Bergstra, Bengio (2012), Random search for hyper-parameter optimization.
    """
    uniform = np.random.Generator(np.random.Philox(key=0)).random((trials, 2))
    low, high = np.log10([learning_rates, weight_decays]).T
    drawn = 10 ** (low + uniform * (high - low))
    return {
        f"trial {i + 1}": {
            **training,
            "learning_rate": float(f"{a:.3g}"),
            "weight_decay": float(f"{b:.3g}"),
        }
        for i, (a, b) in enumerate(drawn)
    }
