"""Figures of sweeps color the class that is named, and draw the true one exactly."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from intensity.figures import (
    answers_off_black,
    boundary_widths,
    class_planes,
    transition_places,
)
from intensity.figures.style import CLASS_COLORS, tint
from intensity.training.presets import TASKS

Dots = Callable[[Axes], list[tuple[float, float]]]

GRID = np.arange(0, 256, 15)


def plane(network: str, task: str, share: float = 1.0) -> pd.DataFrame:
    """A network that names class 2 from intensity 150 on, on backgrounds below 90; class 0 else."""
    intensity, background = (axis.ravel() for axis in np.meshgrid(GRID, GRID))
    return pd.DataFrame(
        {
            "network": network,
            "task": task,
            "intensity": intensity,
            "background": background,
            "class": np.where((intensity >= 150) & (background < 90), 2, 0),
            "share": share,
        }
    )


def borders(ax: Axes) -> np.ndarray:
    """(m, 2) corners of all borders of true classes."""
    lines = [c for c in ax.collections if len(c.get_edgecolor()) and not c.get_facecolor().size]
    paths = [path.vertices for lines in lines for path in lines.get_paths()]
    return np.concatenate([vertices for vertices in paths if len(vertices)])


def test_a_plane_has_intensity_to_the_right_and_background_upwards() -> None:
    (ax,) = class_planes(plane("bn_compact", "absolute"), TASKS).axes
    (image,) = ax.images
    shown = image.get_array()
    assert shown.shape == (18, 18, 3)
    np.testing.assert_allclose(shown[:6, 10:], np.tile(tint(CLASS_COLORS[2], 0.8), (6, 8, 1)))
    np.testing.assert_allclose(shown[6:, 10:], np.tile(tint(CLASS_COLORS[0], 0.8), (12, 8, 1)))
    assert (image.origin, *image.get_extent()) == ("lower", -7.5, 262.5, -7.5, 262.5)
    assert ax.get_xlim() == ax.get_ylim() == (-0.5, 255.5)
    assert (ax.get_title(loc="left"), ax.get_ylabel()) == ("bn_compact", "background (grey level)")
    assert ax.get_xlabel() == "object intensity (grey level)"


def test_a_class_that_fewer_scenes_get_is_paler() -> None:
    table = pd.concat([plane("sure", "absolute"), plane("torn", "absolute", 0.4)])
    sure, torn = (ax.images[0].get_array()[0, 0] for ax in class_planes(table, TASKS).axes)
    np.testing.assert_allclose(sure, tint(CLASS_COLORS[0], 0.8))
    np.testing.assert_allclose(torn, tint(CLASS_COLORS[0], 0.32))


def test_borders_stand_upright_for_intensity_and_aslant_for_contrast() -> None:
    table = pd.concat([plane("a", "absolute"), plane("c", "contrast")])
    upright, aslant = class_planes(table, TASKS).axes
    edges = {100.5, 150.5, 200.5}
    assert set(borders(upright)[:, 0]) == edges
    assert set(np.abs(np.diff(borders(aslant), axis=1)).ravel()) == edges
    assert [text.get_text() for text in upright.texts] == ["0", "1", "1", "2"]
    numbers = {(round(t.get_position()[0]), t.get_text()) for t in upright.texts}
    assert numbers == {(50, "0"), (126, "1"), (228, "1"), (176, "2")}
    assert sorted(text.get_text() for text in aslant.texts) == ["0", *"1111", "2", "2"]


def test_pairs_that_are_not_drawn_are_covered() -> None:
    (ax,) = class_planes(plane("a", "absolute"), TASKS).axes
    (cover,) = (c for c in ax.collections if len(c.get_facecolor()))
    assert to_hex(cover.get_facecolor()[0]) == "#aaaaaa"
    inside = [
        any(path.contains_point(point) for path in cover.get_paths())
        for point in ((60, 60), (60, 63), (60, 67), (120, 60), (2, 100), (9, 100))
    ]
    assert inside == [True, True, False, False, True, False]


@pytest.fixture
def table() -> pd.DataFrame:
    """Two seeds of two networks; `small` lacks the second boundary in one seed."""
    rows = [
        ("large", 0, 10.5, 12.5, 3.0, 0.0),
        ("large", 0, 20.5, 20.5, 3.0, 0.5),
        ("large", 1, 10.5, 14.5, 5.0, 0.0),
        ("large", 1, 20.5, 20.5, 3.0, 0.5),
        ("small", 0, 10.5, 10.5, 3.0, 0.0),
        ("small", 0, 20.5, pd.NA, pd.NA, 1.0),
    ]
    columns = ["network", "seed", "boundary", "place", "width", "missing"]
    made = pd.DataFrame(rows, columns=columns).astype({"place": "Float64", "width": "Float64"})
    return made.assign(shown=255 - made["boundary"])


@pytest.fixture
def summary() -> pd.DataFrame:
    """Their means."""
    rows = [
        ("large", 10.5, 13.5, 12.0, 15.0, 4.0, 0.0),
        ("large", 20.5, 20.5, 20.0, 21.0, 3.0, 0.5),
        ("small", 10.5, 10.5, pd.NA, pd.NA, 3.0, 0.0),
        ("small", 20.5, pd.NA, pd.NA, pd.NA, pd.NA, 1.0),
    ]
    columns = ["network", "boundary", "place", "low", "high", "width", "missing"]
    optional = dict.fromkeys(["place", "low", "high", "width"], "Float64")
    made = pd.DataFrame(rows, columns=columns).astype(optional)
    return made.assign(shown=255 - made["boundary"])


def test_places_are_drawn_from_their_boundary_and_missing_ones_are_not(
    table: pd.DataFrame, summary: pd.DataFrame, seed_dots: Dots
) -> None:
    axes = transition_places(table, summary).axes
    place, width, missing, *small = axes
    assert sorted(y for _, y in seed_dots(place)) == [0, 0, 2, 4]
    assert sorted(y for _, y in seed_dots(width)) == [3, 3, 3, 5]
    assert sorted(y for _, y in seed_dots(missing)) == [0, 0, 0.5, 0.5]
    ends = [line.get_ydata() for line in place.lines if line.get_linewidth() == 1.6]
    assert [list(map(float, end)) for end in ends] == [[-0.5, 0.5], [1.5, 4.5]]
    (absent, found), (lacking, _) = (seed_dots(ax) for ax in (small[0], small[2]))
    assert np.isnan(absent[1])
    assert (found[1], lacking[1]) == (0, 1)


def test_networks_have_rows_over_the_level_that_images_show(
    table: pd.DataFrame, summary: pd.DataFrame
) -> None:
    axes = transition_places(table, summary).axes
    assert [ax.get_ylabel() for ax in axes] == ["large", "", "", "small", "", ""]
    means = [line for line in axes[1].lines if line.get_linewidth() == 0.8]
    assert [list(line.get_xdata()) for line in means] == [[234.5, 244.5]]
    assert list(map(float, means[0].get_ydata())) == [3, 4]
    assert [ax.get_title(loc="left") for ax in axes[:3]] == [
        "place minus boundary (grey levels)",
        "width (grey levels)",
        "missing (share of scenes)",
    ]
    assert axes[-1].get_xlabel() == "boundary (grey level, as shown)"


def test_classes_of_backgrounds_are_written_where_training_had_one() -> None:
    absolute, hard = class_planes(
        pd.concat([plane("a", "absolute"), plane("h", "hard")]), TASKS
    ).axes
    assert not [text for text in absolute.texts if text.get_position()[0] > 255]
    beside = [text for text in hard.texts if text.get_position()[0] > 255]
    assert [text.get_text() for text in beside] == [str(band.label) for band in TASKS["hard"].bands]
    dashed = [line.get_ydata()[0] for line in hard.lines]
    assert dashed == TASKS["hard"].edges.tolist()


def test_answers_off_black_stand_beside_logits_on_black() -> None:
    levels = np.arange(0, 256, 51)
    plane = pd.DataFrame(
        [(x, y, int(TASKS["hard"].label(np.array([y]))[0]), 1.0) for x in levels for y in levels],
        columns=["intensity", "background", "class", "share"],
    )
    curve = pd.DataFrame(
        [(level, label, float(label)) for level in (5, 254) for label in range(3)],
        columns=["intensity", "class", "logit"],
    )
    fig = answers_off_black(plane, curve, TASKS["hard"])
    left, right = fig.axes
    boxes = [text.get_text() for text in right.texts]
    assert boxes == [str(label) for label in TASKS["hard"].labels]
    assert [line.get_ydata().tolist() for line in left.lines[-3:]] == [[0, 0], [1, 1], [2, 2]]
    assert len({str(line._dash_pattern) for line in left.lines[-3:]}) == 3
    assert (right.get_ylabel(), right.get_xlabel()) == (
        "level of the background",
        "level of the object",
    )


def test_widths_lie_over_the_shown_level_beside_a_line_through_the_origin(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {"network": ["bn_compact", "bn_compact", "inverted"], "shown": [30.5, 60.5, 100.0],
         "width": [1.0, 2.0, 4.0], "low": 0.5, "high": 5.0, "proportional": [1.0, 2.0, 4.0]}
    )  # fmt: skip
    fig = boundary_widths(summary.assign(seed=0), summary)
    first, second = fig.axes
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["bn_compact", "inverted"]
    (law,) = (line for line in first.lines if line.get_linestyle() == "--")
    assert law.get_xydata().tolist() == [[0, 0], [30.5, 1], [60.5, 2]]
    assert [y for _, y in seed_dots(first)] == [1, 2]
    assert [y for _, y in seed_dots(second)] == [4]
    assert (first.get_ylim()[0], first.get_xlim()) == (0, (-0.5, 255.5))
    assert fig.get_supylabel() == "width of the transition (grey levels)"
    assert fig.get_supxlabel() == "level of the boundary, as shown (grey level)"
