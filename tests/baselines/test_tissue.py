"""Readers of patches: the numbers they read, the best decision from one, and how they rank."""

import numpy as np
import pytest

from intensity.baselines import tissue
from intensity.baselines.tissue import READERS, level_readers, tissue_readers
from intensity.data.tissue import SIDE, Patches
from intensity.training.presets import TASKS


def disc(radius: float) -> Patches:
    """A grey disc of level 150 around the middle, in white of 220, black in the upper quarter."""
    away = np.hypot(*(np.indices((SIDE, SIDE)) - SIDE // 2))
    shares = np.zeros((1, 3, SIDE, SIDE), np.float32)
    shares[0, 1], shares[0, 2] = away < radius, away >= radius
    shares[0, :, : SIDE // 4] = 0
    images = np.float32(150) * shares[:, 1] + np.float32(220) * shares[:, 2]
    return Patches(np.zeros((1, 3), int), images, shares, np.array([1]))


def test_readers_read_level_contrast_thickness_and_black() -> None:
    found = {name: float(number(disc(5))[0]) for name, (_, number) in READERS.items()}
    area = (np.hypot(*(np.indices((SIDE, SIDE)) - SIDE // 2)) < 5).sum()
    rest = SIDE * SIDE * 3 // 4 - area
    mean = (150 * area + 220 * rest) / (area + rest)
    assert found["middle_level"] == 150
    assert found["contrast"] == pytest.approx(150 - mean, rel=1e-4)
    assert found["half_thickness"] == pytest.approx(5, abs=0.5)
    assert found["black_share"] == pytest.approx(0.25)


def test_the_best_decision_follows_bands_of_a_number_in_any_order() -> None:
    known = np.repeat(np.arange(300), 5)
    label = np.array([2, 0, 1])[known // 100]
    asked = np.array([10, 150, 250, -50, 400])
    assert tissue._decided(known, label, asked).tolist() == [2, 0, 1, 2, 1]


def test_level_tells_most_and_what_has_no_level_tells_least() -> None:
    found = tissue_readers(3000, 600)
    right = {name: found[name].mean() for name in READERS}
    assert len(np.unique(found["group"])) >= 10
    assert right["middle_level"] > 0.93
    assert right["middle_level"] > max(right["contrast"], right["half_thickness"])
    assert 0.34 < right["black_share"] < right["contrast"]


def test_the_mean_over_pure_pixels_shows_a_level_better_than_the_middle() -> None:
    found = level_readers(TASKS["hard"], 900)
    middle, pure = found["middle_level"].mean(), found["pure_mean"].mean()
    assert 0.8 < middle < pure < 1
    assert found["group"].shape == (900,)
