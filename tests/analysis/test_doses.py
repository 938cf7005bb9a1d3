"""Half doses of curves whose half is known; logits of a network that counts pixels."""

import keras
import numpy as np
import pytest

import handmade
from intensity.analysis.doses import (
    DOSES,
    changed_by_pixels,
    dose_correlations,
    dose_logits,
    half_dose,
    monotone_share,
)
from intensity.data.sampling import draw_scenes
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

COUNTS = (1, 10, 40)


@pytest.mark.parametrize(
    ("shares", "dose", "between"),
    [
        ((0.0, 0.0, 0.0), 0.0, (0, 0)),
        ((1.0, 1.0, 1.0), 0.5, (0, 1)),
        ((0.0, 0.0, 0.4), 25.0, (10, 40)),
        ((0.0, 0.2, 0.4), 10.0, (1, 10)),
        ((0.1, 0.3, 0.4), 5.5, (1, 10)),
    ],
)
def test_the_half_dose_is_read_between_two_doses(
    shares: tuple[float, ...], dose: float, between: tuple[int, int]
) -> None:
    found = half_dose(shares, COUNTS)
    assert found.pixels == pytest.approx(dose)
    assert (found.above, found.at_most) == between


@pytest.mark.parametrize("shares", [(), (0.1, 0.2), (0.1, 0.2, 0.3, 0.4)])
def test_a_half_dose_needs_a_share_for_every_dose(shares: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="shares"):
        half_dose(shares, COUNTS)


SCENES = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 30)


def sums(sign: float) -> keras.Model:
    """Every logit is the sum of the image's levels, with a sign."""
    images = handmade.grey()
    total = keras.layers.Dense(3, use_bias=False)
    model = keras.Model(images, total(keras.layers.Flatten()(images)))
    total.set_weights([np.full((handmade.SIZE**2, 3), sign)])
    return model


def test_pixels_of_the_core_are_changed_one_after_the_other() -> None:
    shown = dose_logits(sums(1), SCENES)
    total = shown["logits"][..., 0].astype(int)
    step = total[:, 1] - total[:, 0]
    # Each pixel changes the sum by as much as the first one, on discs of one level.
    assert np.array_equal(total - total[:, :1], step[:, None] * np.array(DOSES))
    assert 20 < len(step) <= 30
    expected = np.sign(step)
    np.testing.assert_allclose(dose_correlations(DOSES, shown["new"], shown["logits"]), expected)
    brighter = monotone_share(shown["doses"], shown["new"], shown["logits"])
    assert brighter == (step > 0).mean()
    darker = dose_logits(sums(-1), SCENES)
    assert monotone_share(darker["doses"], darker["new"], darker["logits"]) == 1 - brighter


def test_a_logit_that_never_moves_is_not_monotone() -> None:
    logits = np.zeros((2, 3, 2))
    logits[1, :, 1] = [0, 5, 6]
    assert dose_correlations(np.array([0, 1, 2]), np.array([1, 1]), logits).tolist() == [0, 1]


def test_scenes_without_so_large_a_core_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^scenes: none is allowed: a core .* 190 pixels"):
        dose_logits(sums(1), SCENES, (0, 190))


def brightest_is(level: int) -> keras.Model:
    """Class 1 where any pixel is brighter than a level, else class 0."""
    images = handmade.grey()
    most = keras.layers.GlobalMaxPooling2D()(images)
    head = keras.layers.Dense(2)
    model = keras.Model(images, head(most))
    head.set_weights([np.array([[0.0, 1.0]]), np.array([0.0, -level - 0.5])])
    return model


def test_a_network_of_single_pixels_is_changed_by_one_of_them_anywhere() -> None:
    options = find_setting("discs").model_copy(update={"noise": None})
    plain = draw_scenes(TASKS["hard"], options, "test", 0, 30)
    dark = plain.replace(intensity=np.full(30, 20), core_intensity=np.full(30, 20))
    grid = changed_by_pixels(brightest_is(30), dark, (1, 5, 500), ("core", "edge", "outside"))
    # All levels of another class are above 30; the core has fewer than 500 pixels, as has the edge.
    assert grid["changed"][:, :2].tolist() == [[1, 1]] * 3
    assert np.isnan(grid["changed"][:2, 2]).all()
    assert grid["scenes"].tolist() == [[30, 30, 0], [30, 30, 0], [30, 30, 30]]
    nothing = changed_by_pixels(brightest_is(255), dark, (1,), ("core",))
    assert nothing["changed"].tolist() == [[0]]
