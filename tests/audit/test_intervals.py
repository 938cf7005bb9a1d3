"""Intervals over groups."""

import numpy as np
import pytest

from intensity.audit.intervals import ratio_interval
from intensity.statistics.intervals import wilson


def test_the_value_is_the_ratio_of_sums() -> None:
    found = ratio_interval(np.array([1.0, 0, 3]), np.array([1.0, 1, 2]), np.arange(3))
    assert found.value == 1
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_fewer_than_ten_groups_have_no_interval() -> None:
    numbers = np.tile([0.0, 1.0], 50)
    assert np.isnan(ratio_interval(numbers, np.ones(100), np.arange(100) % 9).low)
    assert not np.isnan(ratio_interval(numbers, np.ones(100), np.arange(100) // 10).low)
    some = (np.arange(100) < 50).astype(float)  # five of ten groups count
    assert np.isnan(ratio_interval(numbers * some, some, np.arange(100) // 10).low)


def test_images_alike_within_groups_leave_as_much_open_as_their_groups() -> None:
    rng = np.random.default_rng(0)
    group_rates = rng.random(30) < 0.5
    widths = []
    for copies in (1, 20):
        rates = np.repeat(group_rates, copies).astype(float)
        group = np.repeat(np.arange(30), copies)
        low, high, _ = ratio_interval(rates, np.ones(len(rates)), group)
        widths.append(high - low)
    assert widths[0] == pytest.approx(widths[1])


def test_groups_that_all_agree_have_wilsons_interval_of_so_many_groups() -> None:
    none = ratio_interval(np.zeros(60), np.ones(60), np.arange(60) // 5)
    assert none == wilson(0, 12)
    some = (np.arange(60) % 5 < 2).astype(float) * (np.arange(60) < 50)
    assert ratio_interval(some, some, np.arange(60) // 5) == wilson(10, 10)


@pytest.mark.parametrize("groups", [10, 40])
def test_nineteen_of_twenty_intervals_hold_the_truth(groups: int) -> None:
    rng = np.random.default_rng(groups)
    held = []
    for _ in range(300):
        rate = np.repeat(rng.beta(4, 6, groups), 8)
        changed = (rng.random(len(rate)) < rate).astype(float)
        low, high, _ = ratio_interval(changed, np.ones(len(rate)), np.arange(len(rate)) // 8)
        held.append(low <= 0.4 <= high)
    assert 0.91 <= np.mean(held) <= 0.985
