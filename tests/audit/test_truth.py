"""The audit of the audit: by mask it says what rendering the scene again says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import untrained
from intensity.audit.base import Shown, choose_donors
from intensity.audit.registry import EDITS
from intensity.audit.truth import (
    EXACT,
    KNOWN,
    NETWORK,
    compare,
    known_errors,
    scene_cases,
    visible_scenes,
)
from intensity.data.rendering import masks, render
from intensity.environment import Layout
from intensity.storage.store import Store
from intensity.training import runs
from intensity.training.presets import TASKS, usual_setting

FAR = 0.05
"""How far a share may be off."""


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    """Of the networks that ship with the project."""
    return known_errors()


@pytest.mark.parametrize("task", KNOWN)
def test_every_row_is_near_the_exact_intervention(task: str, errors: pd.DataFrame) -> None:
    rows = errors[errors["network"] == task]
    assert set(rows["edit"]) >= set(EXACT) - {"offset+0.5"}
    off = rows.set_index("label")["difference"].dropna().abs()
    assert off.max() <= FAR, off.idxmax()
    assert rows["audit"].max() > 0.5


def test_slopes_part_absolute_levels_from_contrast(errors: pd.DataFrame) -> None:
    slope = errors[errors["edit"] == "slope"].set_index("network")["audit"]
    assert slope["absolute"] <= 0.1
    assert slope["contrast"] >= 0.9


@pytest.mark.parametrize("task", KNOWN)
def test_levels_by_mask_are_those_of_the_renderer_to_the_pixel(task: str) -> None:
    scenes = visible_scenes(task, 40)
    cases = scene_cases(scenes)
    donors = choose_donors(cases)
    edited = EDITS["level"](Shown(cases, np.arange(len(cases)), donors))
    exact = EXACT["level"](scenes, edited.dose, scenes[donors[:, 0]])
    np.testing.assert_array_equal(edited.pixels[..., 0], exact)


def test_rendering_again_knows_what_no_mask_can() -> None:
    """Noise squares stay when the surround moves; by mask they move with it."""
    scenes = visible_scenes("absolute", 40)
    cases = scene_cases(scenes)
    donors = choose_donors(cases)
    edited = EDITS["surround"](Shown(cases, np.arange(len(cases)), donors))
    exact = EXACT["surround"](scenes, edited.dose, scenes[donors[:, 0]])
    noise = masks(scenes).noise
    np.testing.assert_array_equal(exact[noise], render(scenes)[noise])
    assert (edited.pixels[..., 0][noise] != exact[noise]).mean() > 0.5
    assert edited.pixels[..., 0][~noise & edited.applies[:, None, None]] == pytest.approx(
        exact[~noise & edited.applies[:, None, None]], abs=1
    )


def test_a_network_that_reads_the_object_alone_agrees_exactly() -> None:
    """Of scenes on black without squares, masks know all that the renderer does."""
    import handmade

    scenes = visible_scenes("hard", 60).without_noise()
    found = compare(handmade.reads_the_mean(TASKS["hard"]), scenes)
    rows = dict(zip(found["edit"], found["differ"], strict=True))
    assert rows["level"] == rows["flat"] == 0


def test_without_such_networks_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    untrained.keep(store)
    monkeypatch.setattr(runs, "usual_store", lambda: store)
    assert known_errors().empty


def test_networks_trained_in_passing_do_not_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, published=Layout().pretrained)
    scenes = usual_setting(TASKS["absolute"])
    untrained.keep(store, task="absolute", scenes=scenes, network=NETWORK, seed=0)
    monkeypatch.setattr(runs, "usual_store", lambda: store)
    found = known_errors(40).set_index(["network", "edit"])["audit"]
    assert abs(found["absolute", "slope"]) <= 0.1
