"""Presets by name: tasks, settings, networks and recipes; and trainings made of them.

A `Configuration` keeps its presets in full, so a new row here leaves every stored run as it is.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeVar

from intensity.data.scenes import GaussianNoise, SceneOptions, SquareNoise
from intensity.data.tasks import Task
from intensity.models.architectures import (
    Average,
    Block,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Network,
    Norm,
    Pool,
)
from intensity.training.configuration import Configuration, Recipe
from intensity.values import InvalidInput, Value

V = TypeVar("V", bound=Value)

_MEDIUM: dict[str, Any] = {"boundaries": (100, 150, 200), "labels": (0, 1, 2, 1)}
_PAPER, _CONTROL, _CUES = "the paper's", "control", "decorrelated cues"

TASKS = {
    task.name: task
    for task in (
        Task(
            name="three_bands", title="three bands", group=_PAPER, setting="squares",
            boundaries=(30, 119, 150, 209, 240), labels=(0, None, 1, None, 2, None),
            drawn=(0, 240), balanced=True,
        ),
        Task(name="easy", group=_PAPER, boundaries=(149,), labels=(0, 1)),
        Task(name="medium", group=_PAPER, **_MEDIUM),
        Task(
            name="hard", group=_PAPER,
            boundaries=(30, 60, 90, 120, 150, 180, 210, 240),
            labels=(0, 1, 2, 1, 0, 1, 2, 0, 2),
        ),
        Task(name="monotone", group=_CONTROL, boundaries=(87, 171), labels=(0, 1, 2)),
        Task(
            name="absolute", title="absolute intensity", group=_CUES, setting="backgrounds",
            **_MEDIUM, balanced="both",
        ),
        Task(
            name="contrast", group=_CUES, setting="backgrounds",
            **_MEDIUM, balanced="both", cue="contrast",
        ),
        Task(name="distractor", group=_CUES, setting="pairs", **_MEDIUM),
        Task(
            name="shape", group=_CUES, setting="shapes",
            boundaries=(), labels=(0,), cue="shape", shapes=("disc", "square", "triangle"),
        ),
        Task(
            name="conjunction", title="intensity and shape", group=_CUES, setting="shapes",
            boundaries=(149,), labels=(0, 1), cue="conjunction", shapes=("disc", "square"),
        ),
    )
}  # fmt: skip
"""Tasks by name: the paper's; a control with classes in order; and those that decorrelate cues, on
random backgrounds, beside a second object of another class, at random intensity, or with both."""

JITTERED = tuple(range(158, 237))
"""Areas within 20 % of the disc of radius 8 (197 pixels)."""

_SQUARES = SquareNoise(margin=4)
"""Of half scale: the authors' squares begin in rows and columns 9..118 of 128."""

SETTINGS = {
    "squares": SceneOptions(
        title="squares in Gaussian noise", group=_PAPER, shapes=("square",),
        areas=tuple((2 * half) ** 2 for half in range(10, 32)), placement="anywhere",
        noise=GaussianNoise(),
    ),
    "discs": SceneOptions(title="discs at half scale", group=_PAPER, noise=_SQUARES),
    "discs_full": SceneOptions(
        title="discs at full scale", group=_PAPER, size=128, areas=(797, 901),
        noise=SquareNoise(sides=(1, 8), margin=9),
    ),
    "backgrounds": SceneOptions(
        title="discs on random backgrounds", group=_CUES, size=48, background="random",
        noise=SquareNoise(count=(20, 29), margin=3),
    ),
    "pairs": SceneOptions(
        title="a disc beside a square", group=_CUES, areas=JITTERED, distractor="square",
        noise=_SQUARES,
    ),
    "shapes": SceneOptions(
        title="three shapes", group=_CUES, shapes=("disc", "square", "triangle"), areas=JITTERED,
        noise=_SQUARES,
    ),
}  # fmt: skip
"""Families of scenes by name: those of the published summary and of its authors' experiment; and
ours, which decorrelate cues. Those on random backgrounds are smaller, since they are learned
slowly; areas of pairs and of shapes say nothing about the class."""


def _stack(channels: tuple[int, ...]) -> tuple[Layer, ...]:
    pairs = [(Convolution(channels=c), Convolution(channels=c), Pool()) for c in channels]
    return tuple(layer for pair in pairs for layer in pair)


def _blocks(*shapes: tuple[int, int]) -> tuple[Layer, ...]:
    """Blocks of (channels, stride) as the paper's authors built them: strided ones unpadded.

    Thresholds of a first block are spread, but not of one that is strided: it has too few units.
    """
    padding: dict[bool, Literal["same", "valid"]] = {True: "valid", False: "same"}
    return tuple(
        Block(
            channels=channels,
            stride=stride,
            padding=padding[stride > 1],
            spread=first == 0 and stride == 1,
        )
        for first, (channels, stride) in enumerate(shapes)
    )


_HEAD = (Flatten(), Dense(units=128), Dropout(rate=0.5))
_LARGE = ((16, 1), (32, 2), (32, 2), (64, 2))
_COMPACT = (
    Block(channels=8, bias=False, spread=True),
    Block(channels=16, stride=2, bias=False),
    Block(channels=32, stride=2, bias=False),
)

_SUMMARY, _AUTHORS, _OURS = "the published summary's", "the authors'", "ours"

NETWORKS = {
    network.name: network
    for network in (
        Network(
            name="small", group=_SUMMARY, color="#44AA99", scaling="unit",
            layers=(Convolution(channels=16), Pool(), *_HEAD),
        ),
        Network(
            name="large", group=_SUMMARY, color="#332288", scaling="unit",
            layers=(*_stack((16, 32, 64)), *_HEAD),
        ),
        Network(
            name="bn_tiny", group=_AUTHORS, color="#999933",
            layers=(*_blocks((2, 4), (6, 4)), Flatten()),
        ),
        Network(
            name="bn_medium", group=_AUTHORS, color="#88CCEE",
            layers=(*_blocks((16, 1), (32, 1)), Average()),
        ),
        Network(
            name="bn_large", group=_AUTHORS, color="#117733",
            layers=(*_blocks(*_LARGE), Average()),
        ),
        Network(
            name="bn_large_flat", group=_AUTHORS, color="#DDCC77",
            layers=(*_blocks(*_LARGE), Flatten()),
        ),
        Network(
            name="bn_huge", group=_AUTHORS, color="#AA4499",
            layers=(*_blocks(*_LARGE, (64, 1), (128, 1)), Average()),
        ),
        Network(
            name="bn_compact", group=_OURS, color="#882255", layers=(*_COMPACT, Average()),
        ),
        Network(
            name="pixels", group=_OURS, color="#CC6677", scaling="centered",
            layers=(
                Convolution(channels=64, kernel=1, spread=0.5), Convolution(channels=64, kernel=1),
                Average(), Norm(),
            ),
        ),
        Network(
            name="unbiased", group=_OURS, color="#661100", bias=False,
            layers=(
                *(Convolution(channels=8), Convolution(channels=8), Pool()),
                *(Convolution(channels=16), Convolution(channels=16), Pool()),
                *(Convolution(channels=32), Convolution(channels=32), Average()),
            ),
        ),
    )
}  # fmt: skip
"""Networks by name; `bn_compact` learns the authors' task in a minute on a laptop, `pixels` sees no
shape, `unbiased` no level: its answer is the same at any gain."""

RECIPES = {
    "summary": Recipe(
        title="a fixed training set, Adam at 1e-3", group=_SUMMARY,
        epochs=10, epoch_images=200_000, repeat=True, learning_rate=1e-3, schedule="constant",
    ),
    "authors": Recipe(
        title="as many images as the authors' code shows", group=_AUTHORS,
        epochs=25, epoch_images=250_000, batch=128,
    ),
    "half_scale": Recipe(
        title="batch norm frozen after half of the images", group=_OURS,
        epochs=8, epoch_images=12_500, batch=16, beta_2=0.95, clip_norm=0.5, freeze_after=4,
    ),
}  # fmt: skip
"""Recipes by name."""


def usual_setting(task: Task) -> SceneOptions:
    """The scenes that a task is meant for; `discs` for a task that is not among the presets."""
    options = SETTINGS[TASKS.get(task.name, task).setting]
    return options.model_copy(update={"shapes": task.shapes}) if task.shapes else options


def _find(
    kind: str, presets: Mapping[str, V], made: type[V], given: str | Mapping[str, Any] | V
) -> V:
    """A value by name, as it is, or from a table of fields; its key `kind` names where to start.

    Raises:
        InvalidInput: the name is unknown or a field is wrong.
    """
    if isinstance(given, made):
        return given
    if isinstance(given, Mapping):
        start = _find(kind, presets, made, given[kind]).model_dump() if kind in given else {}
        return made(**start | {key: value for key, value in given.items() if key != kind})
    if not isinstance(given, str) or given not in presets:
        names = ", ".join(presets)
        raise InvalidInput(f"{kind}: {given!r} is unknown; allowed: {names}, or a table")
    return presets[given]


find_task = partial(_find, "task", TASKS, Task)
find_setting = partial(_find, "setting", SETTINGS, SceneOptions)
find_network = partial(_find, "network", NETWORKS, Network)
find_recipe = partial(_find, "recipe", RECIPES, Recipe)


def configure(
    task: str | Mapping[str, Any] | Task = "hard",
    scenes: str | Mapping[str, Any] | SceneOptions = "discs",
    network: str | Mapping[str, Any] | Network = "bn_compact",
    recipe: str | Mapping[str, Any] | Recipe | None = None,
    **fields: Any,
) -> Configuration:
    """One training, its parts by name, in full, or as a preset with changes.

    Args:
        task: a task.
        scenes: scene options.
        network: an architecture.
        recipe: where the recipe starts; without one, `epochs` and `epoch_images` are needed.
        fields: of the recipe, and `seed`, `validation_images` and `test_images`.

    Raises:
        InvalidInput: a name or field is unknown, a value is not allowed, or parts do not fit.
    """
    own = {key: fields.pop(key) for key in Configuration.model_fields if key in fields}
    start = {} if recipe is None else find_recipe(recipe).model_dump()
    return Configuration(
        task=find_task(task), scenes=find_setting(scenes), network=find_network(network),
        recipe=Recipe(**start | fields), **own,
    )  # fmt: skip


def configurations(
    trainings: Mapping[str, Mapping[str, Any]], seeds: Sequence[int], **common: Any
) -> dict[str, list[Configuration]]:
    """The configurations that a table of trainings describes, one for each seed.

    Args:
        trainings: by name, what `configure` takes.
        seeds: of the trainings.
        common: further arguments of all, for example `test_images`; a row's own come first.

    Returns:
        Name -> configurations in the order of the seeds.

    Raises:
        InvalidInput: as for `configure`.
    """
    return {
        name: [configure(**{**common, "seed": seed, **row}) for seed in seeds]
        for name, row in trainings.items()
    }
