"""Comparisons hold what effects are, and are kept in the store."""

from pathlib import Path

import numpy as np
import pytest

import handmade
from intensity.baselines.registry import BASELINES
from intensity.data.scenes import draw_scenes
from intensity.interventions.comparison import compared_effects, with_room
from intensity.interventions.effects import baseline_effects, network_effects
from intensity.interventions.transforms import INTERVENTIONS, OFFSET
from intensity.storage.store import Store
from intensity.training.presets import TASKS, find_setting

HARD = TASKS["hard"]
SCENES = draw_scenes(HARD, find_setting("discs"), "test", 0, 24)
NAMES = ("recolor", "moved")


def test_a_comparison_is_the_networks_seeds_then_its_baselines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = Store(tmp_path), []
    models = [handmade.reads_the_mean(HARD), handmade.reads_edge_amplitude(HARD)]

    def measure(function: object, *arguments: object) -> dict[str, np.ndarray]:
        """Without a folder for each run: models stand for them."""
        asked.append(getattr(function, "__name__", ""))
        return function(*arguments)  # type: ignore[operator]

    monkeypatch.setattr(store, "measure", measure)
    baselines = [BASELINES[name] for name in ("edge_amplitude", "most_frequent_level")]
    network, *read = compared_effects(
        store,
        models,  # type: ignore[arg-type]
        SCENES,
        NAMES,
        baselines,
        called="net",
        training_scenes=2,
    )
    assert (network.name, network.kind, len(network.seeds)) == ("net", "network", 2)
    for seed, model in zip(network.seeds, models, strict=True):
        expected = network_effects(model, SCENES, NAMES)
        assert seed["value"].tolist() == expected["value"].tolist()
    assert [(one.name, one.kind, len(one.seeds)) for one in read] == [
        ("edge_amplitude", "reader", 1),
        ("most_frequent_level", "reader", 1),
    ]
    expected = baseline_effects(BASELINES["edge_amplitude"], SCENES, NAMES, 2)
    assert read[0].seeds[0]["value"].tolist() == expected["value"].tolist()
    assert all(one.scenes is SCENES for one in (network, *read))
    assert asked == ["network_effects"] * 2 + ["baseline_effects"] * 2


def test_baselines_are_read_from_the_store(tmp_path: Path) -> None:
    made = [
        compared_effects(
            Store(tmp_path), [], SCENES, NAMES, [BASELINES["most_frequent_level"]], called="net"
        )[1]
        for _ in range(2)
    ]
    assert len(list((tmp_path / "measurements").iterdir())) == 1
    assert made[0].seeds[0]["value"].tolist() == made[1].seeds[0]["value"].tolist()


def test_no_image_with_room_clips() -> None:
    scenes = draw_scenes(TASKS["absolute"], find_setting("backgrounds"), "test", 0, 400)
    room = with_room(scenes)
    assert 0 < len(room) < len(scenes)
    assert INTERVENTIONS["offset"](room).rows.tolist() == list(range(len(room)))
    # Scenes are left out for what is hidden too, so some more would not clip.
    assert len(INTERVENTIONS["offset"](scenes).rows) >= len(room)


def test_the_brightest_level_that_has_room_is_the_offset_below_white() -> None:
    plain = draw_scenes(HARD, find_setting({"noise": None}), "test", 0, 2)
    levels = np.array([255 - OFFSET, 256 - OFFSET], np.uint8)
    assert with_room(plain.replace(intensity=levels)).intensity.tolist() == [255 - OFFSET]
    assert len(with_room(plain.replace(intensity=10, distractor_intensity=250))) == 2
    assert len(with_room(plain.replace(intensity=10, background=levels))) == 1
