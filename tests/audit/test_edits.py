"""Edits change what they say, by the dose they say, and nothing else."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audited import SIZE, arrays, discs
from intensity.audit.base import Edited, Shown, choose_donors, shifted
from intensity.audit.cases import Cases
from intensity.audit.masks import elsewhere, feathered, grown, inner_halves, near_contour
from intensity.audit.registry import CONTROLS, EDITS

CASES = discs(40)
DONORS = choose_donors(CASES)
ALL = {**EDITS, **CONTROLS}


def shown_of(cases: Cases = CASES) -> Shown:
    """All cases."""
    return Shown(cases, np.arange(len(cases)), choose_donors(cases))


SHOWN = shown_of()


def made(name: str, shown: Shown = SHOWN) -> tuple[Edited, np.ndarray]:
    """An edit, and how it differs from the images as they are, (n, h, w)."""
    edited = ALL[name](shown)
    return edited, (edited.pixels.astype(float) - shown.pixels)[..., 0]


def test_donors_are_others_of_another_class_and_of_the_own() -> None:
    other, same = DONORS.T
    assert (CASES.label[other] != CASES.label).all()
    assert (CASES.label[same] == CASES.label).all()
    alone = choose_donors(discs(20, group=np.zeros(20)))
    assert (alone != np.arange(20)[:, None]).all()
    assert (alone >= 0).all()
    assert (CASES.group[DONORS] != CASES.group[:, None]).all()
    np.testing.assert_array_equal(DONORS, choose_donors(CASES))


def test_where_no_other_group_has_another_class_nothing_takes_a_level() -> None:
    label = (np.arange(20) == 19).astype(int)
    cases = discs(20, label=label, group=np.arange(20) // 10)
    shown = shown_of(cases)
    for name in ("level", "object", "core", "ring", "sham", "mask+1"):
        assert not made(name, shown)[0].applies[10:19].any()
        assert made(name, shown)[0].applies[:10].any()


def test_a_donor_of_the_own_class_is_as_far_away_as_one_of_another() -> None:
    level = CASES.spread.level
    far = np.abs(level[DONORS] - level[:, None])
    for i, (wanted, got) in enumerate(far):
        alike = (CASES.label == CASES.label[i]) & (CASES.group != CASES.group[i])
        possible = np.abs(level[alike] - level[i])
        assert abs(got - wanted) == pytest.approx(np.abs(possible - wanted).min())


def test_an_object_gets_the_level_of_one_of_another_class() -> None:
    edited, change = made("level")
    np.testing.assert_allclose(change, SHOWN.step[:, None, None] * SHOWN.mask, atol=1e-4)
    np.testing.assert_allclose(edited.dose, SHOWN.step)
    np.testing.assert_array_equal(edited.label, CASES.label[DONORS[:, 0]])


def test_object_surround_and_both_move_by_one_step() -> None:
    step, can = SHOWN.common_step
    assert all(part.all() for part in can.values())
    at = step[:, None, None]
    np.testing.assert_allclose(made("object")[1], at * SHOWN.mask, atol=1e-4)
    np.testing.assert_allclose(made("surround")[1], -at * ~SHOWN.mask, atol=1e-4)
    np.testing.assert_allclose(made("whole")[1], at * np.ones_like(SHOWN.mask), atol=1e-4)
    share = np.log2(SHOWN.step / step)
    np.testing.assert_allclose(share, np.rint(share), atol=1e-6)


def test_the_common_step_stays_among_the_levels_of_the_data_where_it_can() -> None:
    step, _ = SHOWN.common_step
    usual = CASES.spread.usual
    fine = [
        usual("around", CASES.spread.around + s) & usual("around", CASES.spread.around - s)
        & usual("level", CASES.spread.level + s)
        for s in (step, 2 * step, step / 2)
    ]  # fmt: skip
    assert fine[0].mean() > 0.9
    larger = np.abs(2 * step) <= np.abs(SHOWN.step)
    assert not (fine[0] & fine[1] & larger).any()


def test_a_surround_at_the_end_of_the_range_moves_one_way() -> None:
    images = np.where(CASES.masks[..., None], CASES.images, 0)
    black = shown_of(discs(40, images=images))
    step, can = black.common_step
    np.testing.assert_array_equal(can["object"], step != 0)
    np.testing.assert_array_equal(can["surround"], step < 0)
    np.testing.assert_array_equal(can["both"], step > 0)
    assert made("surround", black)[0].unusual[can["surround"]].all()


def test_an_object_of_its_own_class_gives_its_level_too() -> None:
    edited, change = made("level_same")
    level = CASES.spread.level
    wanted = (level[DONORS[:, 1]] - level)[:, None, None] * SHOWN.mask
    np.testing.assert_allclose(change, wanted, atol=1e-4)
    np.testing.assert_array_equal(edited.label, CASES.label)


def test_core_and_ring_are_halves_of_the_object() -> None:
    core, ring = (made(part)[1] != 0 for part in ("core", "ring"))
    np.testing.assert_array_equal(core | ring, SHOWN.mask)
    assert not (core & ring).any()
    assert np.abs(core.sum(axis=(1, 2)) - ring.sum(axis=(1, 2))).max() <= 1
    depth = (np.indices((SIZE, SIZE)) - (SIZE - 1) / 2) ** 2
    far = depth.sum(axis=0)
    assert all(far[c].max() <= far[r].max() for c, r in zip(core, ring, strict=True))


def test_a_hole_in_an_object_is_no_edge() -> None:
    mask = np.zeros((1, 20, 20), bool)
    mask[0, 4:16, 4:16] = True
    mask[0, 9:11, 9:11] = False
    assert inner_halves(mask)[0, 8, 8:12].all()


def test_an_edge_is_blurred_near_the_contour_alone() -> None:
    _, change = made("edge")
    band = near_contour(SHOWN.mask, 2.0)
    assert not change[~band].any()
    assert np.abs(change[band]).mean() > 1
    straight = np.zeros((1, 8, 8), bool)
    straight[..., 4:] = True
    np.testing.assert_array_equal(near_contour(straight, 2.0)[0, 0], [0, 0, 1, 1, 1, 1, 0, 0])


def test_a_surface_becomes_flat_or_changes_places() -> None:
    flat, permuted = (ALL[name](SHOWN).pixels[..., 0] for name in ("flat", "permuted"))
    for i, mask in enumerate(SHOWN.mask):
        own = SHOWN.pixels[i, mask, 0]
        np.testing.assert_allclose(flat[i, mask], own.mean(), rtol=1e-5)
        np.testing.assert_array_equal(np.sort(permuted[i, mask]), np.sort(own))
        assert (permuted[i, mask] != own).any()
        np.testing.assert_array_equal(permuted[i, ~mask], SHOWN.pixels[i, ~mask, 0])
    assert made("flat")[0].unusual.all()


def test_a_background_comes_from_the_donor_and_its_object_is_filled_from_around_it() -> None:
    for name, column in (("background", 0), ("background_same", 1)):
        edited, _ = made(name)
        for i, donor in enumerate(DONORS[:, column]):
            own, others = SHOWN.mask[i], SHOWN.mask[donor]
            new, theirs = edited.pixels[i, ..., 0], SHOWN.pixels[donor, ..., 0]
            np.testing.assert_array_equal(new[own], SHOWN.pixels[i, own, 0])
            np.testing.assert_array_equal(new[~own & ~others], theirs[~own & ~others])
            assert set(new[~own & others]) <= set(theirs[~others])


def test_an_image_that_is_nearly_all_object_gives_no_background() -> None:
    given = arrays(20)
    given["masks"][::2] = np.indices((SIZE, SIZE))[0] > 0
    shown = shown_of(discs(20, **given))
    applies = made("background", shown)[0].applies
    np.testing.assert_array_equal(applies, (np.arange(20) % 2 == 1) & (shown.donors[:, 0] % 2 == 1))
    assert applies.any()


def test_a_shape_comes_from_another_class_with_the_own_levels() -> None:
    edited, _ = made("shape")
    assert edited.unusual.all()
    for i in np.flatnonzero(edited.applies):
        new, own = edited.pixels[i, ..., 0], SHOWN.pixels[i, SHOWN.mask[i], 0]
        like_own = np.isin(new, own)
        area = CASES.spread.area[CASES.label == edited.label[i]]
        assert like_own.sum() in area
        assert edited.label[i] != CASES.label[i]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("offset+0.5", lambda x: x + 0.5 * CASES.spread.step),
        ("gain_0.8", lambda x: 0.8 * x),
        ("gamma_1.25", lambda x: 255 * (x / 255) ** 1.25),
        ("eight_bit", np.rint),
        ("polarity", lambda x: 255 - x),
        ("identity", lambda x: x),
    ],
)
def test_scanners_are_functions_of_levels(name: str, expected: Callable[..., Any]) -> None:
    np.testing.assert_allclose(ALL[name](SHOWN).pixels, expected(SHOWN.pixels), atol=1e-3)


def test_a_scanner_that_gives_levels_that_do_not_occur_is_unusual() -> None:
    """In air's unit soft tissue is far from the lowest value, which a gain starts from."""
    images = np.stack([CASES.images[..., 0], 0 * CASES.images[..., 0]], axis=-1)
    for cases in (CASES, discs(40, values=(-1024, 3071), images=CASES.images - 90),
                  discs(40, images=images, channel=0)):  # fmt: skip
        shown = shown_of(cases)
        for name in ("offset+0.5", "gain_0.8"):
            edited = EDITS[name](shown)
            after = edited.pixels.mean(-1) if cases.channel is None else edited.pixels[..., 0]
            level = (after * cases.masks).sum(axis=(1, 2)) / cases.spread.area
            low, high = np.quantile(cases.spread.level, (0.01, 0.99))
            far = 0.1 * cases.spread.step + 1e-4
            odd = (level < low - far) | (level > high + far)
            np.testing.assert_array_equal(edited.unusual, odd)
            assert odd.sum() > 0
    units = discs(40, values=(-1024, 3071), images=CASES.images - 90)
    assert EDITS["gain_0.8"](shown_of(units)).unusual.all()


def test_a_field_is_a_gain_that_rises_evenly() -> None:
    gain = ALL["field"](SHOWN).pixels / SHOWN.pixels
    assert gain.min() == pytest.approx(0.8, abs=1e-3)
    assert gain.max() == pytest.approx(1.2, abs=1e-3)
    np.testing.assert_allclose(np.diff(gain, 2, axis=1), 0, atol=1e-4)


def test_images_are_normalised_to_what_they_are_on_average() -> None:
    pixels = ALL["renormalised"](SHOWN).pixels
    np.testing.assert_allclose(pixels.mean(axis=(1, 2, 3)), CASES.spread.mean.mean(), rtol=1e-4)
    np.testing.assert_allclose(pixels.std(axis=(1, 2, 3)), CASES.spread.deviation.mean(), rtol=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_padding_is_touched_by_its_own_edit_alone_and_nothing_leaves_the_range(name: str) -> None:
    given = arrays(20)
    given["images"][:, :3] = 0
    shown = shown_of(discs(20, images=given["images"], padding=0, values=(0, 200)))
    edited, change = made(name, shown)
    frame = change[edited.applies][:, :3]
    assert (frame == (100 if name == "padding" else 0)).all()
    assert edited.pixels.min() >= 0
    assert edited.pixels.max() <= 200
    assert edited.applies.any()


@pytest.mark.parametrize("name", sorted(set(ALL) - {"identity", "padding", "sham", "eight_bit"}))
def test_one_channel_alone_is_changed_where_it_is_meant(name: str) -> None:
    given = arrays(20)
    images = np.stack([given["images"], given["images"][:, ::-1]], axis=-1)
    shown = shown_of(discs(20, images=images, channel=1))
    change = ALL[name](shown).pixels - shown.pixels
    assert not change[..., 0].any()
    assert change[..., 1].any() or name == "window"


def test_a_dose_that_the_range_would_cut_is_halved() -> None:
    cases = discs(20, values=(0, 170))
    shown = shown_of(cases)
    pixels, step = shifted(shown, shown.mask, np.full(20, 64.0))
    assert step.all()
    assert set(np.unique(64 / step)) <= {1.0, 2.0, 4.0, 8.0, 16.0, 32.0}
    inside = np.where(shown.mask, pixels[..., 0], 0)
    assert ((inside > 170).sum(axis=(1, 2)) < 0.01 * cases.spread.area).all()
    assert not shifted(shown, shown.mask, np.full(20, -1e6))[1].any()


def test_the_share_that_the_range_cuts_is_told() -> None:
    cases = discs(20, values=(0, 165))
    edited = ALL["gain_1.2"](shown_of(cases))
    expected = (1.2 * cases.images > 165).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(edited.clipped, expected)


def test_what_the_data_do_not_have_is_unusual() -> None:
    edited, _ = made("surround")
    low, high = np.quantile(CASES.spread.around, (0.01, 0.99))
    new = CASES.spread.around + edited.dose
    np.testing.assert_array_equal(edited.unusual, (new < low - 0.01) | (new > high + 0.01))


def test_masks_grow_shrink_and_get_soft_edges() -> None:
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 3:6, 3:6] = True
    assert grown(mask, 1).sum() == 21
    assert grown(mask, -1).sum() == 1
    straight = np.zeros((1, 1, 8), bool)
    straight[..., 4:] = True
    np.testing.assert_allclose(feathered(straight, 1)[0, 0, 2:6], [0, 1 / 3, 2 / 3, 1], atol=1e-6)
    steps = made("mask+1")[1] != 0
    np.testing.assert_array_equal(steps, grown(SHOWN.mask, 1))


def test_a_sham_has_the_objects_shape_elsewhere() -> None:
    edited, change = made("sham")
    for i in np.flatnonzero(edited.applies):
        moved = change[i] != 0
        assert moved.sum() == SHOWN.mask[i].sum()
        assert not (moved & SHOWN.mask[i]).any()
    assert not elsewhere(SHOWN.mask[0], SHOWN.mask[0] & False, np.random.default_rng(0)).any()


def test_edits_do_not_depend_on_the_batch() -> None:
    some = Shown(CASES, np.array([7, 3]), DONORS)
    for edit in ALL.values():
        whole, part = edit(SHOWN), edit(some)
        np.testing.assert_allclose(part.pixels, whole.pixels[[7, 3]], atol=1e-4)
        np.testing.assert_array_equal(part.applies, whole.applies[[7, 3]])
