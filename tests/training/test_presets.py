"""Presets: found by name, changed by a table, kept in full, and of no weight in training's code."""

from collections.abc import Callable
from typing import Any

import pytest

from intensity.storage import code_digest as digests
from intensity.training.configuration import Configuration, Recipe
from intensity.training.presets import (
    NETWORKS,
    RECIPES,
    SETTINGS,
    TASKS,
    configurations,
    configure,
    find_network,
    find_recipe,
    find_setting,
    find_task,
)
from intensity.values import InvalidInput

KINDS: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "task": (find_task, TASKS),
    "setting": (find_setting, SETTINGS),
    "network": (find_network, NETWORKS),
    "recipe": (find_recipe, RECIPES),
}
CHANGES = {
    "task": {"name": "mine"},
    "setting": {"background": 9},
    "network": {"scaling": "raw"},
    "recipe": {"epochs": 3},
}
ROW = {"task": "hard", "network": "bn_tiny", "epochs": 2, "epoch_images": 100}


@pytest.mark.parametrize("kind", KINDS)
def test_a_preset_is_found_by_name_as_it_is_and_by_its_own_text(kind: str) -> None:
    find, presets = KINDS[kind]
    for name, preset in presets.items():
        assert find(name) is find(preset) is preset
        again = find(preset.model_dump(mode="json"))
        assert again.canonical() == preset.canonical()
        assert hash(again) == hash(preset)
    assert len({preset.canonical() for preset in presets.values()}) == len(presets)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_may_start_from_a_preset(kind: str) -> None:
    find, presets = KINDS[kind]
    name, preset = next(iter(presets.items()))
    assert find({kind: name, **CHANGES[kind]}) == preset.model_copy(update=CHANGES[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", ["harder", ["hard"], 5])
def test_an_unknown_name_is_refused_with_the_known_ones(kind: str, given: object) -> None:
    find, presets = KINDS[kind]
    allowed = ", ".join(presets)
    for wrong in (given, {kind: given}):
        with pytest.raises(InvalidInput) as error:
            find(wrong)
        assert str(error.value) == f"{kind}: {given!r} is unknown; allowed: {allowed}, or a table"


@pytest.mark.parametrize("presets", [TASKS, NETWORKS])
def test_what_has_a_name_stands_under_it(presets: dict[str, Any]) -> None:
    assert all(name == preset.name for name, preset in presets.items())


def test_a_configuration_keeps_its_presets_in_full() -> None:
    named = configure("hard", "discs", "bn_tiny", "summary", epochs=2, seed=3, test_images=7)
    recipe = Recipe(
        epochs=2, epoch_images=200_000, repeat=True, learning_rate=1e-3, schedule="constant"
    )
    full = Configuration(
        task=TASKS["hard"], scenes=SETTINGS["discs"], network=NETWORKS["bn_tiny"],
        recipe=recipe, seed=3, test_images=7,
    )  # fmt: skip
    assert named == full == Configuration.model_validate_json(full.canonical())
    assert hash(named) == hash(full)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "harder"}, r"^task: 'harder' is unknown"),
        ({"epoch": 5}, r"^Recipe\.epoch: 5 is not allowed"),
        ({"epochs": 0}, r"^Recipe\.epochs: 0 is not allowed"),
        ({"seed": -1}, r"^Configuration\.seed: -1 is not allowed"),
    ],
)
def test_a_wrong_row_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as error:
        configurations({"a": ROW | change}, seeds=[0])
    assert "\n" not in str(error.value)


def test_a_table_of_trainings_has_one_configuration_a_seed() -> None:
    made = configurations({"a": ROW, "b": ROW | {"epochs": 5}}, seeds=[3, 1], test_images=50)
    assert list(made) == ["a", "b"]
    assert made["a"] == [configure(**ROW, seed=seed, test_images=50) for seed in (3, 1)]
    assert [c.recipe.epochs for c in made["b"]] == [5, 5]


def test_a_row_may_say_otherwise_than_all() -> None:
    made = configurations({"a": ROW | {"test_images": 7}}, seeds=[0], test_images=50)
    assert made["a"][0].test_images == 7


@pytest.mark.parametrize(
    "module",
    ["training.loop", "training.sweep", "data.batches", "models.build", "baselines.registry"],
)
def test_presets_belong_to_no_code_that_computes(module: str) -> None:
    closure = digests._closure(f"intensity.{module}")
    assert "intensity.training.presets" not in closure
