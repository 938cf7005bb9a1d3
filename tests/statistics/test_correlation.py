"""Correlations of maps, by hand."""

import numpy as np
import pytest

from intensity.statistics.correlation import correlation, rank_correlation

FIRST = np.array([[[1.0, 2], [3, 4]], [[1, 1], [1, 1]], [[0, 1], [2, 9]]])


def test_correlation_by_hand() -> None:
    found = correlation(FIRST, 5 - 2 * FIRST)
    np.testing.assert_allclose(found, [-1, np.nan, -1])
    np.testing.assert_allclose(
        correlation(FIRST[[0]], np.array([[[1.0, 0], [0, 1]]])), [0], atol=1e-12
    )


def test_ranks_do_not_see_the_scale() -> None:
    found = rank_correlation(FIRST, np.exp(FIRST))
    np.testing.assert_allclose(found, [1, np.nan, 1])


def test_equal_values_share_their_rank() -> None:
    found = rank_correlation(np.array([[0, 0, 1, 1]]), np.array([[0, 1, 2, 3]]))
    # ranks 1.5 1.5 3.5 3.5 against 1 2 3 4
    np.testing.assert_allclose(found, [4 / np.sqrt(4 * 5)])


@pytest.mark.parametrize("level", [0.0, 0.1, 1e8])
def test_a_flat_map_agrees_with_nothing(level: float) -> None:
    flat = np.full((1, 3, 3), level, np.float32)
    assert np.isnan(correlation(flat, np.arange(9.0).reshape(1, 3, 3))).all()
