"""Comparisons hold what effects are; answers to each intervention are kept by themselves."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import handmade
from intensity.analysis.recoloring import pair_shares
from intensity.baselines.registry import BASELINES
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes
from intensity.evaluation.comparison import (
    compared_effects,
    recolored_pairs,
    rectangle_answers,
)
from intensity.interventions.answers import answers, baseline_answers
from intensity.interventions.base import Changed
from intensity.interventions.effects import UNCHANGED, effects
from intensity.interventions.geometry import moved
from intensity.interventions.registry import INTERVENTIONS, RATIOS
from intensity.storage.store import Store
from intensity.training.presets import TASKS, find_setting

SCENES = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 24)
CHANGES = [INTERVENTIONS[name] for name in ("recolor", "moved")]
CUES = [BASELINES[name] for name in ("edge_amplitude", "most_frequent_level")]


def runs_of(root: Path, *models: Any) -> Any:
    """Runs of networks that were trained elsewhere."""
    made = SimpleNamespace(network=SimpleNamespace(name="net"))
    return [
        SimpleNamespace(
            measure=lambda function, *arguments, own=own: function(own, *arguments),
            store=Store(root), configuration=made,
        )
        for own in models
    ]  # fmt: skip


def test_a_comparison_is_the_networks_seeds_then_its_baselines(tmp_path: Path) -> None:
    models = [handmade.reads_the_mean(TASKS["hard"]), handmade.reads_edge_amplitude(TASKS["hard"])]
    runs = runs_of(tmp_path, *models)
    network, *baselines = compared_effects(runs, SCENES, CHANGES, CUES, training_scenes=2)
    assert (network.name, network.kind, len(network.seeds)) == ("net", "network", 2)
    for seed, model in zip(network.seeds, models, strict=True):
        given = {change.name: answers(model, SCENES, change) for change in CHANGES}
        assert seed.equals(effects(SCENES, {UNCHANGED: answers(model, SCENES), **given}))
    assert [(one.name, one.kind) for one in baselines] == [(row.name, "baseline") for row in CUES]
    given = {change.name: baseline_answers(CUES[0], SCENES, 2, change) for change in CHANGES}
    before = baseline_answers(CUES[0], SCENES, 2)
    assert baselines[0].seeds[0].equals(effects(SCENES, {UNCHANGED: before, **given}))


def test_another_intervention_leaves_the_measurements_of_the_others(tmp_path: Path) -> None:
    runs = runs_of(tmp_path, handmade.reads_the_mean(TASKS["hard"]))

    def kept(count: int) -> set[str]:
        compared_effects(runs, SCENES, CHANGES[:count], CUES[1:], training_scenes=2)
        return {path.name for path in (tmp_path / "measurements").iterdir()}

    one, both, again = kept(1), kept(2), kept(1)
    assert one < both == again
    assert len(both - one) == 1


def test_an_interventions_images_are_made_once_for_all(tmp_path: Path) -> None:
    made = []

    def count(scenes: Scenes, key: int) -> Changed:
        made.append(len(scenes))
        return moved(scenes, key)

    model = handmade.reads_the_mean(TASKS["hard"])
    counted = replace(INTERVENTIONS["moved"], function=count)
    compared_effects(runs_of(tmp_path, model, model, model), SCENES, [counted])
    assert made == [len(SCENES)]


def test_a_network_that_reads_the_level_follows_every_pair(tmp_path: Path) -> None:
    clean, reader = SCENES.without_noise(), handmade.reads_the_mean(TASKS["hard"])
    for margin in (0, 5):
        one, other = recolored_pairs(runs_of(tmp_path, reader, reader), clean, margin)
        assert one.equals(other)
        assert one["distance"].min() >= margin
        assert pair_shares(one)[["followed", "changed"]].tolist() == [1, 0]


def test_the_brightest_of_two_flat_regions_is_answered_at_every_ratio(tmp_path: Path) -> None:
    """By a network that reads the brightest flat patch, whatever its area."""
    runs = runs_of(tmp_path, handmade.reads_a_flat_patch(TASKS["hard"]))
    table = rectangle_answers(runs, SCENES.without_noise())
    assert list(table) == ["ratio", "seed", "outcome", "share", "scenes"]
    shares = table.pivot(index="ratio", columns="outcome", values="share")
    assert shares.index.tolist() == list(RATIOS)
    assert not shares["the third class"].any()
    assert shares.nunique().tolist() == [1, 1, 1]
    assert 0.2 < shares["the rectangle's class"].iloc[0] < 0.8
    assert table["scenes"].nunique() == 1
