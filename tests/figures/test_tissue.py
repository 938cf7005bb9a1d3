"""Figures of real images: outlines of objects, planes with surrounds upwards, masks and truth."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from intensity.data.tissue import TISSUES
from intensity.figures import level_planes, mask_effects, patch_examples
from intensity.figures.style import CLASS_COLORS, tint

Ends = Callable[[Axes], list[tuple[float, float]]]


def test_examples_outline_the_object_in_the_first_column_alone() -> None:
    images = np.arange(4)[:, None, None] * np.full((4, 32, 32), 20.0)
    objects = np.zeros((2, 32, 32), bool)
    objects[:, 8:20, 8:20] = True
    fig = patch_examples(images, objects, ["fluid", "white"], ["patch", "changed"])
    first, second, third, fourth, _ = fig.axes
    assert [bool(ax.collections) for ax in (first, second, third, fourth)] == [True, False] * 2
    assert third.get_ylabel() == "white"
    assert second.get_title(loc="center") == "changed"
    assert fourth.images[0].get_array()[0, 0] == 60


def test_a_plane_has_the_object_to_the_right_the_surround_upwards_and_hatches() -> None:
    levels = np.array([50.0, 100.0, 150.0])
    around, level = (axis.ravel() for axis in np.meshgrid(levels, levels, indexing="ij"))
    table = pd.DataFrame({"object": level, "surround": around, "share": 1.0})
    table["class"] = np.where((level == 150) & (around == 50), 2, 0)
    table["seen"] = around < 150
    both = pd.concat([table.assign(network="raw"), table.assign(network="pixel")])
    fig = level_planes(both)
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["raw", "pixel"]
    shown = fig.axes[0].images[0].get_array()
    np.testing.assert_allclose(shown[0, 2], tint(CLASS_COLORS[2], 0.8))
    np.testing.assert_allclose(shown[2, 0], tint(CLASS_COLORS[0], 0.8))
    (hatched,) = fig.axes[0].collections
    assert hatched.hatches == ["////"]
    (path,) = hatched.get_paths()
    assert np.allclose(path.get_extents().get_points(), [(25, 125), (175, 175)])  # whole cells
    words = [text.get_text() for text in fig.legends[0].texts]
    assert words[:2] == [TISSUES[0], TISSUES[2]]


def test_masks_and_truth_stand_in_one_row_where_there_is_a_truth(intervals: Ends) -> None:
    rows = {
        "label": ["level", "core"],
        "changed": [0.7, 0.4],
        "low": [0.6, 0.3],
        "high": [0.8, 0.5],
    }
    summary = pd.DataFrame(rows | {"exact": [0.9, np.nan], "unusual": [False, True]})
    fig = mask_effects(pd.concat([summary.assign(network=name) for name in ("raw", "pixel")]))
    left, _ = fig.axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["level", "core"]
    assert np.allclose(intervals(left), [(60, 80), (30, 50)])
    truth = [line.get_xdata()[0] for line in left.lines if line.get_marker() == "D"]
    assert np.allclose(truth, [90, np.nan], equal_nan=True)
    values = {line.get_marker(): line.get_xdata()[0] for line in left.lines}
    assert values["o"] == pytest.approx(70)
    assert values["X"] == pytest.approx(40)  # unlike the data
