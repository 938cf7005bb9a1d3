"""The audit on patches: the truth it is compared with, and networks that cannot know something."""

from typing import Any

import numpy as np
import pytest

from intensity.audit.plane import MOST
from intensity.audit.tissue import (
    EXACT,
    EXAMPLE_SEED,
    tissue_cases,
    tissue_effects,
    tissue_level_plane,
    whole_patches,
)
from intensity.data.tissue import Patches, evaluation_patches
from intensity.environment import Layout
from intensity.models.tissue import Kind, build_tissue
from intensity.runner.profiles import load_profile
from intensity.training.presets import TASKS
from intensity.training.tissue import TissueTraining

COUNT = 90


@pytest.fixture(scope="module")
def patches() -> Patches:
    """Patches whose levels can move by 20 without being cut."""
    found = evaluation_patches("validation", 60)
    dark = found.images.max(axis=(1, 2)) < 235
    bright = np.where(found.inside, found.images, 255).min(axis=(1, 2)) > 20
    return found[np.flatnonzero(dark & bright & ~found.object.all(axis=(1, 2)))]


def mean(images: np.ndarray, region: np.ndarray) -> np.ndarray:
    return (images * region).sum(axis=(1, 2)) / region.sum(axis=(1, 2))


@pytest.mark.parametrize(("name", "inside"), [("level", True), ("surround", False)])
def test_mask_and_maps_change_the_mean_of_a_region_by_the_same_dose(
    patches: Patches, name: str, inside: bool
) -> None:
    assert len(patches) > 20
    region = patches.object if inside else patches.inside & ~patches.object
    dose = np.full(len(patches), -12.0)
    changed = EXACT[name](patches, patches.images, dose)
    moved = mean(changed, region) - mean(patches.images, region)
    assert np.abs(moved - dose).max() < 0.1
    still = ~patches.inside | (patches.soft == (0 if inside else 1))
    assert np.array_equal(changed[still], patches.images[still])


def test_both_move_alike_in_the_brain_and_nothing_around_it(patches: Patches) -> None:
    changed = EXACT["whole"](patches, patches.images, np.full(len(patches), 9.0))
    assert np.allclose(changed - patches.images, 9 * patches.inside)


def test_a_flat_object_loses_its_texture_and_no_other_has_changed(patches: Patches) -> None:
    changed = EXACT["flat"](patches, patches.images, np.zeros(len(patches)))
    for i in range(0, len(patches), 5):
        pure = patches.soft[i] == 1
        if pure.sum() > 5:
            assert np.ptp(changed[i][pure]) < 1e-2
    none = patches.soft == 0
    assert np.array_equal(changed[none], patches.images[none])


def test_cases_have_hard_masks_blocks_and_black_as_padding() -> None:
    for task in (None, TASKS["hard"]):
        found, cases = tissue_cases(task, COUNT)
        assert np.array_equal(cases.masks, found.object)
        assert not cases.masks.all(axis=(1, 2)).any()
        assert np.array_equal(np.unique(cases.group), np.unique(found.group))
        assert cases.padding == 0
        assert len(cases.classes) == 3


@pytest.fixture(scope="module")
def effects() -> dict[str, dict[str, Any]]:
    """Effects on untrained networks: what they cannot know does not depend on weights."""
    found = {}
    for kind in ("pixel", "zscored", "raw"):
        arrays = tissue_effects(build_tissue(kind, 1), None, COUNT)
        columns = zip(*arrays.values(), strict=True)
        found[kind] = {row[0]: dict(zip(arrays, row, strict=True)) for row in columns}
    return found


def test_the_surround_changes_nothing_for_the_pixel_network(effects: dict[str, Any]) -> None:
    for name in ("surround", "padding"):
        assert effects["pixel"][name]["changed"] == 0


def test_a_gain_changes_nothing_for_the_standardized_network(effects: dict[str, Any]) -> None:
    assert effects["zscored"]["gain_0.8"]["changed"] == 0
    assert effects["raw"]["gain_0.8"]["changed"] > 0


def test_effects_are_compared_where_the_maps_can_render_them(effects: dict[str, Any]) -> None:
    for rows in effects.values():
        rendered = {name for name, row in rows.items() if np.isfinite(row["exact"])}
        assert rendered == set(EXACT)
        assert rows["whole"]["exact"] == rows["whole"]["changed"]
        assert min(row["cases"] for row in rows.values()) >= 10
        assert {"core", "ring", "offset+20", "offset-20", "mask+1", "feather_1"} <= set(rows)


@pytest.mark.parametrize(("kind", "slope"), [("pixel", 0.0), ("zscored", 1.0)])
def test_the_slope_has_its_known_values(kind: Kind, slope: float) -> None:
    found = whole_patches(build_tissue(kind, 2), COUNT)
    assert found["slope_whole"] == pytest.approx(slope, abs=1e-3)
    assert 0 < found["cases_whole"] < found["cases"] <= COUNT
    if kind == "zscored":
        assert found["gain_whole"] == 0


def test_the_plane_of_the_pixel_network_does_not_depend_on_the_surround() -> None:
    found = tissue_level_plane(build_tissue("pixel", 3), COUNT, 5)
    assert found["share"].shape == (5, 5, 3)
    assert np.allclose(found["share"], found["share"][:1])
    assert not found["seen"].all()
    assert found["cases"] == MOST


def test_the_example_is_a_network_of_the_standard_run() -> None:
    layout = Layout()
    sections = load_profile(layout, "standard")
    trainings = sections["09_real_images"].tissue_trainings
    assert trainings["raw"][0] == TissueTraining(seed=EXAMPLE_SEED)
