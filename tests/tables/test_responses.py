"""Tables of responses against short curves and profiles whose rows are known."""

import numpy as np
import pytest

from fakes import HALF, rows
from intensity import tables


def test_logit_curves_are_means_over_scenes_with_intervals_over_seeds() -> None:
    levels = np.array([5, 6])
    logits = np.array([[[0.0, 1.0], [2.0, 3.0]], [[2.0, 3.0], [4.0, 5.0]]])
    curves = [{"levels": levels, "logits": logits}, {"levels": levels, "logits": logits + 2}]
    table = tables.logit_curves("large", curves)
    assert list(table) == ["network", "intensity", "class", "logit", "low", "high"]
    assert rows(table[["network", "intensity", "class", "logit"]]) == [
        ("large", 5, 0, 2.0),
        ("large", 5, 1, 3.0),
        ("large", 6, 0, 4.0),
        ("large", 6, 1, 5.0),
    ]
    assert (table["logit"] - table["low"]).tolist() == pytest.approx([HALF] * 4)
    assert (table["high"] - table["logit"]).tolist() == pytest.approx([HALF] * 4)


def profile(peak: float) -> dict[str, np.ndarray]:
    """Responses at three levels: of relu1 monotone ones, of relu2 one that comes back to 1."""
    return {
        "layer": np.array(["relu1", "relu1", "relu2", "logits"]),
        "unit": np.array([0, 1, 0, 0]),
        "space": np.array([[0.0, 1, 2], [2, 1, 0], [0, peak, 1], [0, 1, 0]]),
    }


def test_monotonicity_by_depth_leaves_logits_out() -> None:
    # Up by p and down by p - 1: M = 1 / (2 p - 1).
    groups = {"trained": [profile(2), profile(3)], "random": [profile(1), profile(1)]}
    table = tables.monotonicity_by_depth(groups)
    assert list(table) == ["condition", "layer", "depth", "seed", "monotonicity"]
    expected = [
        ("trained", "relu1", 0, 0, 1.0),
        ("trained", "relu2", 1, 0, 1 / 3),
        ("trained", "relu1", 0, 1, 1.0),
        ("trained", "relu2", 1, 1, 1 / 5),
        ("random", "relu1", 0, 0, 1.0),
        ("random", "relu2", 1, 0, 1.0),
        ("random", "relu1", 0, 1, 1.0),
        ("random", "relu2", 1, 1, 1.0),
    ]
    assert rows(table) == expected
    means = tables.depth_summary(table)
    assert list(means) == ["condition", "layer", "depth", "monotonicity", "low", "high"]
    assert rows(means[["condition", "layer", "depth"]]) == [row[:3] for row in expected[:2]] + [
        row[:3] for row in expected[4:6]
    ]
    assert means["monotonicity"].tolist() == pytest.approx([1, 4 / 15, 1, 1])
    assert means["low"].tolist() == pytest.approx([1, 0, 1, 1])
    assert means["high"].tolist() == pytest.approx([1, 1, 1, 1])


def test_the_last_layer_has_a_number_a_seed_in_the_order_of_seeds() -> None:
    table = tables.monotonicity_by_depth({"trained": [profile(2), profile(3)]})
    assert tables.last_layer(table.iloc[::-1]) == {"trained": [1 / 3, 1 / 5]}
