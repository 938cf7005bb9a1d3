"""What would decide: against worked examples, closed forms and simulation."""

import numpy as np
import pytest

from intensity.statistics.deciding import (
    MOST,
    scenes_for_width,
    seeds_for_power,
    seeds_for_width,
    what_decides,
)
from intensity.statistics.intervals import t_interval
from intensity.units import UNITS

FIRST_EDITION = {
    "training makes deep units non-monotone": (0.107, 0.065, 4, 6),
    "guided backprop is blind to the class": (0.00429, 0.0200, 86, 173),
    "recoloring is followed": (0.00106, 0.0127, 550, 1100),
    "recoloring within the class is ignored": (0.00056, 0.0167, 3350, 6800),
    "AUC of the PCA direction": (0.256, 0.106, 4, 4),
    "AUC of guided backprop": (0.144, 0.043, 3, 3),
}
"""Distance to the threshold, standard deviation, and the seeds that a referee computed."""


@pytest.mark.parametrize(
    ("gap", "spread", "width", "power"), FIRST_EDITION.values(), ids=FIRST_EDITION
)
def test_worked_examples(gap: float, spread: float, width: int, power: int) -> None:
    near = 0.03  # the examples have rounded gaps
    assert seeds_for_width(gap, spread) == pytest.approx(width, rel=near)
    assert seeds_for_power(gap, spread) == pytest.approx(power, rel=near)


def test_the_power_is_what_simulation_finds() -> None:
    gap, spread = 1.0, 0.9
    seeds = seeds_for_power(gap, spread)
    generator = np.random.default_rng(0)
    decided = [
        np.mean([t_interval(one).low > 0 for one in generator.normal(gap, spread, (2000, n))])
        for n in (seeds - 1, seeds)
    ]
    assert decided[0] - 0.027 < 0.8 < decided[1] + 0.027  # three standard errors


def test_it_is_computed_on_the_scale_of_the_interval() -> None:
    seeds, rate = [0.006, 0.008, 0.0075, 0.009, 0.007], UNITS["fraction"]
    found = what_decides(seeds, 0.01, rate, 4000)
    counts = np.array(seeds) * 4000
    logits = np.log((counts + 0.5) / (4000.5 - counts))
    assert found.gap == pytest.approx(np.log(0.01 / 0.99) - logits.mean())
    assert found.counting == pytest.approx(1 / np.sqrt(30), rel=0.05)
    assert found.spread == pytest.approx(max(logits.std(ddof=1), found.counting))
    assert found.limited_by_scenes


def test_scenes_limit_where_counting_makes_half_of_the_variance() -> None:
    rate, seeds = UNITS["fraction"], [0.5, 0.55, 0.45, 0.52, 0.48]
    assert what_decides(seeds, 0.4, rate, 100).counting == pytest.approx(0.05)
    assert what_decides(seeds, 0.4, rate, 100).limited_by_scenes
    assert not what_decides(seeds, 0.4, rate, 10000).limited_by_scenes
    assert what_decides(seeds, 0.4, UNITS["AUC"], 100).counting == 0


def test_a_value_on_its_threshold_is_decided_by_no_number_of_seeds() -> None:
    found = what_decides([0.4, 0.6], 0.5, UNITS["AUC"], 1)
    assert found.hopeless
    assert found.for_power > MOST
    assert seeds_for_power(1.0, 0.0) == seeds_for_width(1.0, 0.0) == 2


def test_a_quarter_of_the_width_takes_sixteen_times_the_scenes() -> None:
    assert scenes_for_width(100, half=0.04, gap=0.01) == 1600
    assert scenes_for_width(100, half=0.04, gap=0) > 10**6
