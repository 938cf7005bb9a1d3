"""The parameters of each notebook: what a section of a profile may say, as pydantic models."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)

from intensity.training.configuration import Configuration
from intensity.training.presets import configure, find_setting
from intensity.training.search import random_trials
from intensity.values import InvalidInput


@dataclass(frozen=True, eq=False)
class Training:
    """One training of a profile.

    Args:
        name: how notebooks call it.
        table: task, scenes, network, and fields of a `Recipe` or `Configuration`.
        seeds: with how many of the seeds it is trained; None for all.
    """

    name: str
    table: Mapping[str, Any]
    seeds: int | None = None

    @property
    def slug(self) -> str:
        """The name as a part of a measurement's id."""
        return re.sub(r"\W+", "_", self.name)

    @cache  # noqa: B019 - one a row and seed, for as long as the process lasts
    def configuration(self, seed: int, test_images: int, validation_images: int) -> Configuration:
        """What is trained with a seed; the table's own numbers of images go first."""
        sizes = {"test_images": test_images, "validation_images": validation_images}
        try:
            return configure(**{**sizes, "seed": seed, **self.table})
        except InvalidInput as error:
            raise InvalidInput(f"{self.name}: {error}") from None
        except (TypeError, ValueError) as error:  # a list for a name
            raise InvalidInput(f"{self.name}: {' '.join(str(error).split())}") from None


def _found(listed: Any, info: ValidationInfo) -> dict[str, Training]:
    """The trainings that a section lists, by its names for them."""
    if not isinstance(listed, list):
        raise InvalidInput(f"{listed!r} is not allowed: a list of names")
    pairs = [pair for item in listed for pair in _pairs(item)]
    return {name: _row(name, known, info) for name, known in pairs}


def _pairs(item: Any) -> list[tuple[str, str]]:
    """A name, or `name here: name in the table`."""
    return [(str(a), str(b)) for a, b in item.items()] if isinstance(item, dict) else [(item, item)]


def _row(name: str, known: Any, info: ValidationInfo) -> Training:
    """A row of the table of trainings."""
    tables = (info.context or {}).get("trainings", {})
    if not isinstance(known, str) or known not in tables:
        raise InvalidInput(f"{known!r} is not allowed: one of {', '.join(tables)}")
    return Training(name, tables[known])


def _checked_setting(value: Any) -> Any:
    """A setting, by name or with changes, that can be found."""
    find_setting(value)
    return value


def _checked_seeds(seeds: tuple[int, ...]) -> tuple[int, ...]:
    """Seeds over which an interval can be made."""
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise InvalidInput(f"{list(seeds)} is not allowed: two seeds or more, all different")
    return seeds


Count = Annotated[int, Field(ge=1, strict=True)]
Seeds = Annotated[
    tuple[Annotated[int, Field(ge=0, strict=True)], ...], AfterValidator(_checked_seeds)
]
Setting = Annotated[str | dict[str, Any], AfterValidator(_checked_setting)]
Trainings = Annotated[
    dict[str, Training],
    BeforeValidator(_found),
    PlainSerializer(lambda rows: {name: dict(row.table) for name, row in rows.items()}),
]
OneTraining = Annotated[
    Training,
    BeforeValidator(lambda name, info: _row(str(name), name, info)),
    PlainSerializer(lambda row: dict(row.table)),
]
Groups = dict[str, tuple[str, ...]]


class Section(BaseModel):
    """The parameters of a notebook; one without a model of its own has none."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @property
    def rows(self) -> dict[str, Training]:
        """All trainings by name, wherever the section lists them."""
        return {}

    @property
    def configurations(self) -> dict[str, list[Configuration]]:
        """What the notebook trains, by name, one for each seed."""
        return {name: self.configured(row) for name, row in self.rows.items()}

    def configured(self, row: Training, seeds: Sequence[int] | None = None) -> list[Configuration]:
        """A training with each of its seeds, or with others."""
        raise NotImplementedError


class WithTrainings(Section):
    """The parameters of a notebook that trains networks.

    Args:
        seeds: of every training; intervals are made over them.
        test_images: scenes that a network is tested on, unless its training says otherwise.
        validation_images: scenes of the look at validation after every epoch.
        trainings: what is trained, by name.
    """

    NEEDED: ClassVar[tuple[str, ...]] = ()

    seeds: Seeds
    test_images: Count
    validation_images: Count
    trainings: Trainings

    @property
    def rows(self) -> dict[str, Training]:
        """The trainings, and those of other fields."""
        return self.trainings

    def configured(self, row: Training, seeds: Sequence[int] | None = None) -> list[Configuration]:
        """A training with each of its seeds, or with others."""
        sizes = (self.test_images, self.validation_images)
        return [row.configuration(s, *sizes) for s in seeds or self.seeds[: row.seeds]]

    @model_validator(mode="after")
    def _check(self) -> "WithTrainings":
        """Refuse a section that lacks a training the notebook needs, or has one that cannot be."""
        for name in self.NEEDED:
            if name not in self.rows:
                raise InvalidInput(f"trainings: {name} is missing; the notebook needs it")
        _ = self.configurations
        return self


class Data(Section):
    """Parameters of 01_data.

    Args:
        setting: of the scenes of `hard`.
        scenes: test scenes that are counted.
        training_scenes: scenes that a baseline may learn from.
    """

    setting: Setting
    scenes: Count
    training_scenes: Count


class TrainingResults(WithTrainings):
    """Parameters of 02_training; `training_scenes` are what a baseline may learn from."""

    NEEDED = ("large", "small", "small_as_large", "bn_compact", "pixels")

    training_scenes: Count


class Ablations(WithTrainings):
    """Parameters of 03_ablations.

    Args:
        training_scenes: scenes that a baseline may learn from.
        baseline_scenes: test scenes that baselines are judged on.
        tasks: trainings of one network on tasks that decorrelate cues.
        groups: screens on `hard` that are compared with `baseline`, by what they change.
        summary_groups: likewise on `three_bands`, with `summary recipe`.
        trials: of the random search.
        trial: the training whose learning rate and weight decay are searched.
    """

    NEEDED = ("baseline", "summary recipe")

    training_scenes: Count
    baseline_scenes: Count
    tasks: Trainings
    groups: Groups
    summary_groups: Groups
    trials: Count
    trial: OneTraining

    @property
    def search(self) -> dict[str, Training]:
        """The trials of the random search, each with the first seed alone."""
        drawn = random_trials(self.trial.table, self.trials)
        return {name: Training(name, table, 1) for name, table in drawn.items()}

    @property
    def rows(self) -> dict[str, Training]:
        """Screens, tasks and trials."""
        return self.trainings | self.tasks | self.search

    @model_validator(mode="after")
    def _check_groups(self) -> "Ablations":
        """Refuse a group of what is not trained."""
        for field in ("groups", "summary_groups"):
            names = [name for group in getattr(self, field).values() for name in group]
            for name in (name for name in names if name not in self.trainings):
                known = ", ".join(self.trainings)
                raise InvalidInput(f"{field}: {name!r} is not allowed: one of {known}")
        return self


class Visualization(WithTrainings):
    """Parameters of 04_visualization.

    Args:
        tasks: trainings on tasks that decorrelate cues.
        layers: the layer whose feature maps are shown, by training.
        scenes: test scenes on which the share of saliency on the object is measured.
        score_scenes: test scenes on which methods are scored.
        check_scenes: of these, those of which maps are compared with others.
        weight_scenes: of these, those for which weights and labels are shuffled.
        heart_scenes: training scenes whose shuffled labels are learned by heart.
        step: grey levels from one recoloring to the next.
        sweep_scenes: test scenes of each class that the last figure holds.
    """

    NEEDED = ("large", "small", "bn_compact")

    tasks: Trainings
    layers: dict[str, str] = {"large": "relu2", "small": "relu1", "bn_compact": "relu2"}
    scenes: Count
    score_scenes: Count
    check_scenes: Count
    weight_scenes: Count
    heart_scenes: Count
    step: Count
    sweep_scenes: Count

    @property
    def rows(self) -> dict[str, Training]:
        """Networks of the paper and those on other tasks."""
        return self.trainings | self.tasks


class Responses(WithTrainings):
    """Parameters of 05_responses.

    Args:
        curve_scenes: scenes whose class-response curves are measured.
        step: grey levels from one point of a curve to the next.
        plane_scenes: scenes whose intensity and background are swept.
        plane_step: grey levels from one point of the plane to the next.
        scenes: test scenes on which two labels are compared.
    """

    NEEDED = ("bn_compact", "absolute", "contrast")

    curve_scenes: Count
    step: Count
    plane_scenes: Count
    plane_step: Count
    scenes: Count


class Units(WithTrainings):
    """Parameters of 06_units.

    Args:
        profile_scenes: scenes that response profiles are averaged over.
        step: grey levels from one point of a profile to the next.
        scatter_scenes: noisy test scenes of the scatter figure.
        probe_scenes: noisy validation scenes that probes are fitted on, and test scenes that test.
    """

    NEEDED = ("bn_compact", "baseline", "monotone", "bn_tiny_full")

    profile_scenes: Count
    step: Count
    scatter_scenes: Count
    probe_scenes: Count


class Interventions(WithTrainings):
    """Parameters of 07_interventions.

    Args:
        training_scenes: scenes that a baseline may learn from.
        scenes: test scenes of the matrix of all interventions.
        dot_scenes: of single pixels, and of random backgrounds.
        cue_scenes: of parts in conflict and covered.
        scan_scenes: that offset and gain choose theirs from.
        curve_scenes: of recoloring to every level.
        step: grey levels from one point of a curve to the next.
    """

    NEEDED = ("bn_compact", "pixels", "absolute", "contrast", "distractor", "shape")

    training_scenes: Count
    scenes: Count
    dot_scenes: Count
    cue_scenes: Count
    scan_scenes: Count
    curve_scenes: Count
    step: Count


SECTIONS: dict[str, type[Section]] = {
    "01_data": Data,
    "02_training": TrainingResults,
    "03_ablations": Ablations,
    "04_visualization": Visualization,
    "05_responses": Responses,
    "06_units": Units,
    "07_interventions": Interventions,
}
"""What the section of each notebook may say."""
