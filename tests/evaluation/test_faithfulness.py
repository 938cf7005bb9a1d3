"""The model truth: closed forms, and agreement with it."""

import numpy as np

from explainable import HEIGHT, WIDTH, images_of, linear, logging
from intensity.attribution.windows import Repaint
from intensity.evaluation.faithfulness import (
    Effects,
    cell_means,
    repaint_effects,
    truth_agreement,
)
from intensity.training.presets import TASKS

REPAINT = Repaint(TASKS["hard"], draws=9, seed=2)


def test_of_a_linear_model() -> None:
    model, weights = linear()
    images = images_of(2)
    found = repaint_effects(model, images, repaint=REPAINT, classes=1)
    levels = REPAINT.levels(6).reshape(9, 1, 2, 3).repeat(4, axis=2).repeat(4, axis=3)
    losses = weights[1] * (images - levels[..., :HEIGHT, :WIDTH])
    loss = np.add.reduceat(np.add.reduceat(losses, (0, 4), axis=2), (0, 4, 8), axis=3)
    np.testing.assert_allclose(found.signed, loss.mean(axis=0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.absolute, np.abs(loss).mean(axis=0), rtol=1e-3, atol=1e-5)


def test_every_cell_is_repainted_as_often_as_there_are_draws() -> None:
    model, log = logging()
    found = repaint_effects(model, images_of(2), repaint=REPAINT)
    assert found.signed.shape == found.absolute.shape == (2, 2, 3)
    shown = np.concatenate(log.shown)
    assert len(shown) == 2 + 9 * 2 * 6
    painted = shown[2:].reshape(9, 2, 6, HEIGHT, WIDTH)
    np.testing.assert_array_equal(painted[:, :, 0, :4, :4].std(axis=(2, 3)), 0)


def test_means_of_cells_at_the_border_count_their_pixels() -> None:
    maps = np.arange(30.0).reshape(1, 5, 6)
    expected = [[10.5, 13.5], [25.5, 28.5]]
    np.testing.assert_allclose(cell_means(maps)[0], expected)


def test_agreement_compares_the_same_part() -> None:
    signed = np.random.default_rng(0).normal(size=(2, 2, 3))
    effects = Effects(signed, np.abs(signed))
    maps = np.repeat(np.repeat(signed, 4, axis=1), 4, axis=2)
    for part in ("signed", "absolute"):
        np.testing.assert_allclose(truth_agreement(maps, effects, part), 1)  # type: ignore[arg-type]
    np.testing.assert_allclose(truth_agreement(-maps, effects, "signed"), -1)
    np.testing.assert_allclose(truth_agreement(-maps, effects, "absolute"), 1)
    assert np.isnan(truth_agreement(0 * maps, effects, "signed")).all()
