"""The parameters of each notebook: what a section of a profile may say, as pydantic models."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Self

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
from intensity.training.presets import TASKS, configure, find_setting
from intensity.training.tissue import KINDS, TissueTraining
from intensity.values import InvalidInput


@dataclass(frozen=True, eq=False)
class Training:
    """One training of a profile."""

    name: str
    table: Mapping[str, Any]
    """Task, scenes, network, and fields of a `Recipe` or `Configuration`."""
    seeds: int | None = None
    """How many seeds it is trained with, those of the profile first; None for just these."""

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


def _rows(listed: Any, info: ValidationInfo) -> dict[str, Training]:
    """The trainings of a list of names and of `name here: name in the table`."""
    if not isinstance(listed, list):
        raise InvalidInput(f"{listed!r} is not allowed: a list of names")
    pairs = [
        pair
        for item in listed
        for pair in (item.items() if isinstance(item, dict) else [(item, item)])
    ]
    rows: dict[str, Training] = {}
    for name, known in pairs:
        if str(name) in rows:
            raise InvalidInput(f"{name!r} is not allowed: it stands in the list twice")
        rows[str(name)] = _row(name, known, info)
    return rows


def _row(name: Any, known: Any, info: ValidationInfo) -> Training:
    """A row of the table of trainings."""
    tables = (info.context or {}).get("trainings", {})
    if not isinstance(known, str) or known not in tables:
        raise InvalidInput(f"{known!r} is not allowed: one of {', '.join(tables)}")
    return training(str(name), tables[known])


def training(name: str, table: Mapping[str, Any]) -> Training:
    """A training from its table in a profile."""
    own = dict(table)
    seeds = own.pop("seeds", None)
    if seeds is not None and (not isinstance(seeds, int) or seeds < 1):
        raise InvalidInput(f"{name}: seeds: {seeds!r} is not allowed: a number, 1 or more")
    return Training(name, own, seeds)


def _checked_setting(value: Any) -> Any:
    find_setting(value)
    return value


def _checked_seeds(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise InvalidInput(f"{list(seeds)} is not allowed: two seeds or more, all different")
    return seeds


Count = Annotated[int, Field(ge=1, strict=True)]
Thirds = Annotated[int, Field(ge=3, multiple_of=3, strict=True)]
Step = Annotated[int, Field(ge=1, le=255, strict=True)]
Seed = Annotated[int, Field(ge=0, strict=True)]
Seeds = Annotated[tuple[Seed, ...], AfterValidator(_checked_seeds)]
Setting = Annotated[str | dict[str, Any], AfterValidator(_checked_setting)]
Trainings = Annotated[
    dict[str, Training],
    BeforeValidator(_rows),
    PlainSerializer(lambda rows: {name: dict(row.table) for name, row in rows.items()}),
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
        return {}


class WithTrainings(Section):
    """The parameters of a notebook that trains networks."""

    NEEDED: ClassVar[tuple[str, ...]] = ()
    """Trainings that the notebook names."""
    FEWEST_SEEDS: ClassVar[int] = 2
    """What the notebook needs of each training; an interval over seeds needs two."""

    seeds: Seeds  # of every training; intervals are made over them
    test_images: Count  # that a network is tested on, unless its training says otherwise
    validation_images: Count  # of the look at validation after every epoch
    trainings: Trainings

    @property
    def rows(self) -> dict[str, Training]:
        """The trainings, and those of other fields."""
        return self.trainings

    @property
    def configurations(self) -> dict[str, list[Configuration]]:
        """What the notebook trains, by name, one for each seed."""
        return {name: self.configured(row) for name, row in self.rows.items()}

    def configured(self, row: Training, seeds: Sequence[int] | None = None) -> list[Configuration]:
        """A training with each of its seeds, or with others."""
        sizes = (self.test_images, self.validation_images)
        last = max(self.seeds)
        more = range(last + 1, last + 1 + (row.seeds or 0))
        chosen = seeds or (*self.seeds, *more)[: row.seeds or len(self.seeds)]
        return [row.configuration(s, *sizes) for s in chosen]

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse a section that lacks a training the notebook needs, or has one that cannot be."""
        for name in self.NEEDED:
            if name not in self.rows:
                raise InvalidInput(f"trainings: {name} is missing; the notebook needs it")
        for name, group in self.configurations.items():
            if len(group) < self.FEWEST_SEEDS:
                allowed = f"{self.FEWEST_SEEDS} or more, for an interval"
                raise InvalidInput(f"{name}: seeds: {len(group)} is not allowed: {allowed}")
        return self


class WithTasks(WithTrainings):
    """The parameters of a notebook that also trains on tasks that decorrelate cues."""

    tasks: Trainings

    @property
    def rows(self) -> dict[str, Training]:
        """The trainings and those on other tasks."""
        return self.trainings | self.tasks

    @model_validator(mode="after")
    def _check_tasks(self) -> Self:
        """Refuse a name that means two trainings."""
        for name in self.tasks:
            if name in self.trainings:
                raise InvalidInput(f"tasks: {name!r} is not allowed: it is one of trainings")
        return self


def _check_names(field: str, names: Iterable[str], trainings: Mapping[str, Training]) -> None:
    for name in names:
        if name not in trainings:
            raise InvalidInput(f"{field}: {name!r} is not allowed: one of {', '.join(trainings)}")


class Data(Section):
    """Parameters of 01_data."""

    setting: Setting  # of the scenes of `hard`
    scenes: Count  # test scenes that are counted
    training_scenes: Count  # that a baseline may learn from


class TrainingResults(WithTrainings):
    """Parameters of 02_training."""

    NEEDED = ("large", "small", "bn_compact", "bn_large", "pixels")

    training_scenes: Count  # that a baseline may learn from


class Ablations(WithTasks):
    """Parameters of 03_ablations."""

    NEEDED = (
        *("baseline", "permuted", "bn_large", "bn_large, permuted"),
        *("summary recipe", "unbiased"),
    )

    training_scenes: Count  # that a baseline may learn from
    baseline_scenes: Count  # test scenes that baselines are judged on
    groups: Groups  # screens on `hard` that are compared with `baseline`, by what they change
    summary_groups: Groups  # likewise on `three_bands`, with `summary recipe`
    recipe: dict[str, str]  # trainings with one thing of the recipe changed, by what is said of it
    backgrounds: dict[int, str]  # trainings by the share of their scenes off black, in percent
    jitter: dict[int, str]  # trainings by how far brightness was shifted, grey levels
    varied_scenes: Count  # test scenes with random backgrounds
    curve_scenes: Count  # whose class-response curves are measured
    step: Step  # grey levels from one point of a curve to the next

    @model_validator(mode="after")
    def _check_groups(self) -> Self:
        """Refuse a group of what is not trained."""
        for group in (*self.groups.values(), *self.summary_groups.values()):
            _check_names("groups", group, self.trainings)
        for field in ("recipe", "backgrounds", "jitter"):
            _check_names(field, getattr(self, field).values(), self.trainings)
        return self


class Visualization(WithTasks):
    """Parameters of 04_visualization."""

    NEEDED = ("large", "small", "bn_compact", "absolute", "distractor", "shape")

    layers: dict[str, str] = {"large": "relu2", "small": "relu1", "bn_compact": "relu2"}
    """The layer whose feature maps are shown, by training."""
    scenes: Count  # test scenes on which the share of saliency on the object is measured
    score_scenes: Count  # test scenes on which methods are scored
    task_scenes: Count  # likewise on tasks that no claim about methods rests on
    check_scenes: Count  # of these, those of which maps are compared with others
    weight_scenes: Count  # of these, those for which weights and labels are shuffled
    heart_scenes: Count  # training scenes whose shuffled labels are learned by heart
    margin_scenes: Count  # test scenes on which gradient and recoloring are compared
    step: Step  # grey levels from one recoloring to the next
    sweep_scenes: Count  # test scenes of each class that the last figure holds

    @model_validator(mode="after")
    def _check_layers_and_scenes(self) -> Self:
        """Refuse a layer of what is not trained, and more scenes than are scored."""
        _check_names("layers", self.layers, self.trainings)
        for field in ("check_scenes", "weight_scenes"):
            if (count := getattr(self, field)) > self.score_scenes:
                allowed = f"at most score_scenes, {self.score_scenes}"
                raise InvalidInput(f"{field}: {count} is not allowed: {allowed}")
        return self


class Responses(WithTrainings):
    """Parameters of 05_responses."""

    NEEDED = ("bn_compact", "absolute", "contrast")

    curve_scenes: Count  # whose class-response curves are measured
    step: Step  # grey levels from one point of a curve to the next
    plane_scenes: Count  # whose intensity and background are swept
    plane_step: Step  # grey levels from one point of the plane to the next
    scenes: Count  # test scenes on which two labels are compared


class Units(WithTrainings):
    """Parameters of 06_units."""

    NEEDED = ("bn_compact", "baseline", "monotone", "bn_tiny_full")

    profile_scenes: Count  # that response profiles are averaged over
    step: Step  # grey levels from one point of a profile to the next
    scatter_scenes: Count  # noisy test scenes of the scatter figure
    probe_scenes: Count  # noisy scenes that probes are fitted on, and as many that test them


class Interventions(WithTrainings):
    """Parameters of 07_interventions."""

    NEEDED = ("bn_compact", "pixels", "absolute", "contrast", "distractor", "shape")

    training_scenes: Count  # that a baseline may learn from
    scenes: Count  # test scenes of the matrix of all interventions
    claim_scenes: Count  # of recolorings, shapes and rectangles that claims rest on
    pair_scenes: Count  # of which some have pairs of levels far from all boundaries
    pixel_scenes: Count  # of a single pixel changed
    dot_scenes: Count  # of some pixels, and of random backgrounds
    dose_scenes: Count  # of which logits are followed from pixel to pixel
    cue_scenes: Count  # of pieces in conflict and covered
    scan_scenes: Count  # that offset and gain choose theirs from
    curve_scenes: Count  # of recoloring to every level
    step: Step  # grey levels from one point of a curve to the next


SIZES = ("bn_tiny", "bn_medium", "bn_large", "bn_huge")
"""The authors' networks, the smallest first."""


class PaperScale(WithTrainings):
    """Parameters of 08_paper_scale."""

    FEWEST_SEEDS = 1
    NEEDED = (
        *("large", "small", "bn_compact", "bn_large", "large_full", "small_full"),
        *(f"{name}_full" for name in SIZES),
        *(f"{name}_full, permuted" for name in SIZES),
        *("absolute", "absolute, standardized", "unseen levels"),
    )

    boundaries: dict[int, str]  # trainings by the number of boundaries of their label function
    goal: Annotated[float, Field(gt=0, lt=1)]  # validation accuracy that counts as learned
    profile_scenes: Count  # that response profiles are averaged over
    scatter_scenes: Count  # noisy test scenes of the scatter figure
    curve_scenes: Count  # on which levels that training never showed are read
    pixel_scenes: Count  # of which some pixels are changed
    step: Step  # grey levels from one point of a profile to the next

    @model_validator(mode="after")
    def _check_boundaries(self) -> Self:
        """Refuse a number of boundaries of what is not trained."""
        _check_names("boundaries", self.boundaries.values(), self.trainings)
        return self


RENDERED = ("hard", "absolute", "contrast")
"""Tasks that patches are rendered again for."""


class RealImages(WithTrainings):
    """Parameters of 09_real_images."""

    NEEDED = ("bn_compact", "absolute", "contrast")

    parts: dict[str, Count]  # draws of patches in a training, by what it learns: tissue, or a task
    reader_patches: Count  # that readers without a network learn from
    test_patches: Thirds  # as they are, of each tissue as many
    task_patches: Count  # rendered again for a task
    audit_patches: Thirds  # of which single things are changed, by mask and by rendering
    audit_scenes: Count  # likewise, of scenes
    plane_patches: Count  # of which both levels are swept by rendering
    plane_step: Step  # grey levels from one point of that plane to the next
    plane_grid: Count  # points on each axis of the plane by mask

    @property
    def tissue_trainings(self) -> dict[str, list[TissueTraining]]:
        """By network for the tissues, and by task for patches rendered again: one for each seed."""
        kinds = {kind: {"kind": kind, "parts": self.parts["tissue"]} for kind in KINDS}
        tasks = {name: {"task": TASKS[name], "parts": self.parts[name]} for name in RENDERED}
        return {
            name: [TissueTraining(**fields, seed=seed) for seed in self.seeds]
            for name, fields in (kinds | tasks).items()
        }

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        """Refuse parts of what is not trained, and none of what is."""
        wanted = ("tissue", *RENDERED)
        if set(self.parts) != set(wanted):
            raise InvalidInput(f"parts: {list(self.parts)} is not allowed: {', '.join(wanted)}")
        return self


SECTIONS: dict[str, type[Section]] = {
    "01_data": Data,
    "02_training": TrainingResults,
    "03_ablations": Ablations,
    "04_visualization": Visualization,
    "05_responses": Responses,
    "06_units": Units,
    "07_interventions": Interventions,
    "08_paper_scale": PaperScale,
    "09_real_images": RealImages,
}
"""What the section of each notebook may say."""
