"""Comparisons hold what effects are; answers to each intervention are kept by themselves."""

from pathlib import Path
from types import SimpleNamespace

import handmade
from intensity.baselines.registry import BASELINES
from intensity.data.sampling import draw_scenes
from intensity.evaluation.comparison import compared_effects
from intensity.interventions.answers import answers, baseline_answers
from intensity.interventions.effects import UNCHANGED, effects
from intensity.interventions.registry import INTERVENTIONS
from intensity.storage.store import Store
from intensity.training.presets import TASKS, find_setting

SCENES = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 24)
CHANGES = [INTERVENTIONS[name] for name in ("recolor", "moved")]
CUES = [BASELINES[name] for name in ("edge_amplitude", "most_frequent_level")]


def test_a_comparison_is_the_networks_seeds_then_its_baselines(tmp_path: Path) -> None:
    models = [handmade.reads_the_mean(TASKS["hard"]), handmade.reads_edge_amplitude(TASKS["hard"])]
    runs = [
        SimpleNamespace(measure=lambda function, *arguments, own=own: function(own, *arguments))
        for own in models
    ]
    network, *baselines = compared_effects(
        Store(tmp_path),
        runs,  # type: ignore[arg-type]
        SCENES,
        CHANGES,
        CUES,
        name="net",
        training_scenes=2,
    )
    assert (network.name, network.kind, len(network.seeds)) == ("net", "network", 2)
    for seed, model in zip(network.seeds, models, strict=True):
        given = {change.name: answers(model, SCENES, change) for change in CHANGES}
        assert seed.equals(effects(SCENES, {UNCHANGED: answers(model, SCENES), **given}))
    assert [(one.name, one.kind) for one in baselines] == [(row.name, "baseline") for row in CUES]
    given = {change.name: baseline_answers(CUES[0], SCENES, change, 2) for change in CHANGES}
    before = baseline_answers(CUES[0], SCENES, training_scenes=2)
    assert baselines[0].seeds[0].equals(effects(SCENES, {UNCHANGED: before, **given}))


def test_another_intervention_leaves_the_measurements_of_the_others(tmp_path: Path) -> None:
    def kept(count: int) -> set[str]:
        compared_effects(
            Store(tmp_path), [], SCENES, CHANGES[:count], CUES[1:], name="net",
            training_scenes=2,
        )  # fmt: skip
        return {path.name for path in (tmp_path / "measurements").iterdir()}

    one, both, again = kept(1), kept(2), kept(1)
    assert one < both == again
    assert len(both - one) == 1
