"""Estimates of trainings' time: by hand, and measured on a network that is trained in a moment."""

import pytest

from intensity.training.presets import configure
from intensity.training.speed import core_seconds, costliest, nominal_seconds, seconds_an_image


def trainings() -> list[object]:
    """Two seeds of a costly network, one of a cheap one."""
    costly = [
        configure(network="bn_large", epochs=2, epoch_images=1000, seed=seed) for seed in (0, 1)
    ]
    return [*costly, configure(network="bn_tiny", epochs=1, epoch_images=1000)]


def test_what_is_little_work_is_not_measured() -> None:
    assert list(costliest(trainings())) == [("bn_large", 64)]
    assert set(costliest(trainings()[1:] * 1)) == {("bn_large", 64)}
    assert list(costliest(trainings()[2:])) == [("bn_tiny", 64)]


def test_seconds_are_those_of_the_measured_and_the_others_in_proportion() -> None:
    large, _, tiny = trainings()
    assert core_seconds([large, large], {("bn_large", 64): 0.01}) == pytest.approx(40)
    both = core_seconds([large, tiny], {("bn_large", 64): 0.01})
    assert both == pytest.approx(20 * (1 + tiny.cost / large.cost))
    measured = {("bn_large", 64): 0.01, ("bn_tiny", 64): 0.002}
    assert core_seconds([large, tiny], measured) == pytest.approx(22)


def test_a_nominal_second_is_ten_billion_multiplications() -> None:
    assert nominal_seconds(trainings()) == pytest.approx(sum(c.cost for c in trainings()) / 1e10)


def test_speed_is_measured_without_training_to_the_end() -> None:
    endless = configure(network="bn_compact", epochs=10**6, epoch_images=10**4, batch=4)
    assert 0 < seconds_an_image(endless.model_dump(mode="json")) < 1
