"""Effects, slope and plane of networks that are known: exactly 0 where nothing can be."""

import numpy as np
import pytest

from audited import contrast, discs, mean_of_surround, pixel, standardised
from intensity.audit.base import choose_donors
from intensity.audit.cases import Cases
from intensity.audit.effects import Effect, run_edits
from intensity.audit.plane import level_plane, level_slope
from intensity.audit.prediction import Predict, open_network, predict_all
from intensity.audit.registry import CONTROLS, EDITS

CASES = discs(80)


def labeled_by(predict: Predict, cases: Cases = CASES) -> Cases:
    """The same images, with the classes that a network gives them."""
    from dataclasses import replace

    return replace(cases, label=predict(cases.images.astype(np.float32)).argmax(axis=1))


def effects_of(predict: Predict, *names: str) -> dict[str, Effect]:
    """Effects of some edits, or of all."""
    cases = labeled_by(predict)
    network = open_network(predict, cases)
    before = predict_all(network, cases)[None]
    rows = {**EDITS, **CONTROLS}
    edits = [rows[name] for name in names or rows]
    found = run_edits([network], cases, before, edits, choose_donors(cases))
    return {effect.edit.name: effect for effect in found}


def changed(predict: Predict, *names: str) -> dict[str, float]:
    """Shares of changed answers."""
    return {name: e.changed.value for name, e in effects_of(predict, *names).items()}


def test_a_network_of_one_pixel_knows_no_surround() -> None:
    found = changed(pixel)
    blind = ("surround", "ring", "background", "background_same", "sham", "identity", "edge")
    assert {name: found[name] for name in blind} == dict.fromkeys(blind, 0.0)
    assert found["level"] > 0.8
    assert found["core"] == found["level"]
    assert found["whole"] == found["object"] > 0.3
    assert found["polarity"] > 0.8


def test_a_network_that_standardises_each_image_knows_no_scanner() -> None:
    found = changed(standardised)
    blind = ("whole", "gain_0.8", "gain_1.2", "renormalised", "identity")
    blind += tuple(name for name in found if name.startswith("offset"))
    assert {name: found[name] for name in blind} == dict.fromkeys(blind, 0.0)
    assert found["object"] == found["surround"] > 0.1


def test_a_network_of_the_surround_does_not_know_the_object() -> None:
    found = changed(mean_of_surround)
    blind = ("level", "object", "core", "ring", "flat", "permuted", "mask-1", "level_same")
    assert {name: found[name] for name in blind} == dict.fromkeys(blind, 0.0)
    assert found["surround"] > 0.1
    assert found["background"] > found["background_same"] == 0


def test_answers_follow_the_level_to_its_class() -> None:
    effect = effects_of(pixel, "level")["level"]
    assert effect.follows.value > 0.85
    assert effects_of(pixel, "ring")["ring"].follows.value == 0


@pytest.mark.parametrize(("predict", "slope"), [(pixel, 0.0), (standardised, 1.0), (contrast, 1.0)])
def test_the_slope_is_0_of_a_level_and_1_of_a_contrast(predict: Predict, slope: float) -> None:
    cases = labeled_by(predict)
    network = open_network(predict, cases)
    before = predict_all(network, cases)[None]
    found = level_slope([network], cases, before, choose_donors(cases))
    assert found is not None
    assert found.groups.value == pytest.approx(slope, abs=5e-4)
    assert found.groups.high - found.groups.low < 5e-4
    assert found.cases == len(cases)


def test_a_network_of_half_a_contrast_lies_between() -> None:
    def half(images: np.ndarray) -> np.ndarray:
        """Reads the middle pixel less half the corner."""
        x = images.astype(float)
        number = x[:, 12, 12, 0] - 0.5 * x[:, 0, 0, 0]
        return number[:, None] * [0, 1, 2] - [0, 40, 120]

    cases = labeled_by(half)
    network = open_network(half, cases)
    before = predict_all(network, cases)[None]
    found = level_slope([network, network], cases, before.repeat(2, 0), choose_donors(cases))
    assert found is not None
    assert found.groups.value == pytest.approx(0.5, abs=1e-3)
    assert found.seeds == pytest.approx([0.5, 0.5], abs=1e-3)


def test_a_surround_at_the_end_of_the_range_moves_one_way_only() -> None:
    cases = discs(40)
    images = np.where(cases.masks[..., None], cases.images, 0)
    black = discs(40, images=images, label=cases.label)
    network = open_network(pixel, black)
    before = predict_all(network, black)[None]
    found = level_slope([network], black, before, choose_donors(black))
    assert found is not None
    assert found.groups.value == 0


def test_the_plane_has_stripes_across_for_a_level_and_along_the_diagonal_for_a_contrast() -> None:
    for predict in (pixel, contrast):
        cases = labeled_by(predict)
        plane = level_plane(open_network(predict, cases), cases, choose_donors(cases), 9)
        assert plane is not None
        answer = plane.share.argmax(axis=-1)
        expected = np.digitize(plane.levels, (90, 130))[None].repeat(9, 0)
        if predict is contrast:
            expected = np.digitize(plane.levels - plane.levels[:, None], (-20, 20))
        agree = (answer == expected)[plane.share.max(axis=-1) > 0.9]
        assert agree.all()
        assert len(agree) > 60
        assert plane.seen.any()
        assert not plane.seen.all()


def test_scores_have_changes_in_their_own_unit() -> None:
    def level(images: np.ndarray) -> np.ndarray:
        """A score: the middle pixel."""
        return images[:, 12, 12, 0]

    cases = discs(40, label=None)
    network = open_network(level, cases, output="score")
    before = predict_all(network, cases)[None]
    donors = choose_donors(cases)
    rows = [EDITS[name] for name in ("level", "surround", "offset-0.5")]
    found = {e.edit.name: e for e in run_edits([network], cases, before, rows, donors)}
    np.testing.assert_allclose(found["level"].score[0], found["level"].dose, rtol=1e-4)
    assert found["surround"].changed.value == 0
    assert found["offset-0.5"].changed.value == pytest.approx(0.5 * cases.spread.step, rel=1e-4)
    assert found["offset-0.5"].score.mean() < 0


def test_several_networks_have_an_interval_of_their_own() -> None:
    cases = labeled_by(pixel)
    networks = [open_network(one, cases) for one in (pixel, standardised, contrast)]
    before = np.stack([predict_all(one, cases) for one in networks])
    (effect,) = run_edits(networks, cases, before, [EDITS["surround"]], choose_donors(cases))
    own = np.abs(effect.score).mean(axis=1)
    assert own[0] == 0
    assert effect.changed.value == pytest.approx(own.mean())
    assert effect.over_seeds is not None
    assert effect.over_seeds.value == pytest.approx(own.mean())


def test_memory_is_bounded_by_the_batch() -> None:
    asked = []

    def watched(images: np.ndarray) -> np.ndarray:
        """Notes how many images it is given at once."""
        asked.append(len(images))
        return pixel(images)

    cases = labeled_by(pixel, discs(150))
    network = open_network(watched, cases)
    before = predict_all(network, cases)[None]
    counted: list[int] = []
    donors = choose_donors(cases)
    run_edits([network], cases, before, [EDITS["level"]], donors, counted.append)
    assert max(asked) == 64
    assert sum(counted) == 150
