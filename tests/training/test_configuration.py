"""Configurations: one text and one hash for one meaning, and wrong input refused in one line."""

from typing import Any

import pytest

from intensity.training.configuration import Configuration, Recipe
from intensity.training.presets import (
    TASKS,
    configure,
    find_setting,
)
from intensity.values import InvalidInput

RECIPE = {"epochs": 2, "epoch_images": 100}


def configuration(**changed: Any) -> Configuration:
    """A configuration by names, with some fields changed."""
    fields = {"task": "hard", "scenes": "discs", "network": "bn_compact", "recipe": RECIPE}
    return configure(**(fields | changed))


def test_a_configuration_survives_its_own_text() -> None:
    first = configuration(scenes="squares", network="large", task="three_bands", seed=3)
    again = Configuration.model_validate_json(first.canonical())
    assert again.canonical() == first.canonical()


FAMILY: dict[str, Any] = {
    "absolute": "backgrounds",
    "contrast": "backgrounds",
    "distractor": "pairs",
    "shape": "shapes",
    "conjunction": {"setting": "shapes", "shapes": ("disc", "square")},
}
"""Tasks that separate the cues, each with its scenes."""


@pytest.mark.parametrize("name", FAMILY)
def test_every_task_has_scenes_by_name(name: str) -> None:
    made = configuration(task=name, scenes=FAMILY[name])
    assert (made.task, made.scenes) == (TASKS[name], find_setting(FAMILY[name]))
    again = Configuration.model_validate_json(made.canonical())
    assert again == made


@pytest.mark.parametrize(
    "change",
    [
        {"task": "medium"},
        {"task": "distractor"},
        {"task": TASKS["hard"].model_dump() | {"balanced": True}},
        {"scenes": {"setting": "discs", "noise": None}},
        {"scenes": {"setting": "discs", "hollow": True}},
        {"network": {"network": "bn_compact", "scaling": "raw"}},
        {"recipe": RECIPE | {"weight_decay": 1e-7}},
        {"recipe": RECIPE | {"repeat": True}},
        {"seed": 1},
        {"validation_images": 999},
        {"test_images": 19_999},
    ],
)
def test_every_field_counts(change: dict[str, Any]) -> None:
    assert configuration(**change).canonical() != configuration().canonical()


def test_nothing_can_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        configuration().seed = 5


def test_images_shown_are_counted_with_repetitions() -> None:
    assert Recipe(epochs=10, epoch_images=200_000, repeat=True).images == 2_000_000


def test_the_cost_grows_with_images_and_multiplications() -> None:
    plain = configuration()
    assert configuration(recipe=RECIPE | {"epochs": 4}).cost == 2 * plain.cost
    assert configuration(network="bn_huge").cost > plain.cost
    assert configuration(network="bn_tiny").cost < plain.cost


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": {"epochs": 1}}, r"epoch_images: .* is not allowed: Field required$"),
        ({"recipe": RECIPE | {"epochs": 0}}, r"epochs: 0 is not allowed"),
        ({"recipe": RECIPE | {"learning_rate": 0}}, r"learning_rate: 0 is not allowed"),
        ({"recipe": RECIPE | {"schedule": "step"}}, r"schedule: 'step' .*'constant' or 'cosine'$"),
        ({"recipe": RECIPE | {"momentum": 0.9}}, r"momentum: 0\.9 is not allowed"),
        ({"seed": -1}, r"^Configuration\.seed: -1 is not allowed"),
        ({"seed": 2**31}, r"^Configuration\.seed: 2147483648 is not allowed"),
        ({"test_images": 0}, r"^Configuration\.test_images: 0 is not allowed"),
        ({"tset_images": 5}, r"^Recipe\.tset_images: 5 is not allowed"),
        (
            {"scenes": {"size": 10, "areas": (21,)}, "network": "bn_tiny"},
            r"size: 10 is too small for network bn_tiny",
        ),
        (
            {"task": "absolute"},
            r"^Configuration: background: 0 is not allowed in scenes of task absolute",
        ),
        (
            {"task": "contrast", "scenes": {"setting": "backgrounds", "distractor": "square"}},
            r"^Configuration: distractor: square is not allowed .* task contrast; allowed: none$",
        ),
        (
            {"task": "shape"},
            r"^Configuration: shapes: \('disc',\) is not allowed in scenes of task shape",
        ),
        (
            {"task": "conjunction", "scenes": "shapes"},
            r"^Configuration: shapes: .*'triangle'\) is not allowed .*; allowed: \('disc', ",
        ),
        (
            {"task": "distractor", "scenes": {"setting": "pairs", "shapes": ("disc", "square")}},
            r"^Configuration: distractor: square is not allowed .*; allowed: a shape that",
        ),
    ],
)
def test_wrong_input_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as error:
        configuration(**change)
    assert "\n" not in str(error.value)
