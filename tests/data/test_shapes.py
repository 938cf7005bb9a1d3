"""Objects against the geometry they stand for: discs, squares and triangles, nested and whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intensity.data.shapes import REACH, SHAPES, inner_area, pixel_order

shapes = st.sampled_from(SHAPES)
areas = st.integers(1, 4000)
few = settings(max_examples=25)  # of thousands of pixels each


def pixels(shape: str, area: int) -> set[tuple[int, int]]:
    """The pixels of an object around (0, 0)."""
    return {(int(row), int(column)) for row, column in pixel_order(shape).offsets[:area]}


@pytest.mark.parametrize(("area", "radius"), [(197, 8), (797, 16), (901, 17)])
def test_the_papers_discs_are_all_pixels_within_a_radius(area: int, radius: int) -> None:
    span = range(-20, 21)
    disc = {(r, c) for r in span for c in span if r * r + c * c <= radius * radius}
    assert pixels("disc", area) == disc


@pytest.mark.parametrize("half", [1, 2, 10, 31])
def test_squares_of_even_side_span_half_a_side_around_the_center(half: int) -> None:
    span = range(-half, half)
    assert pixels("square", (2 * half) ** 2) == {(r, c) for r in span for c in span}


@pytest.mark.parametrize("area", [197, 797, 2000])
def test_triangles_are_equilateral_with_the_apex_up(area: int) -> None:
    triangle = np.array(sorted(pixels("triangle", area)))
    rows, widths = np.unique(triangle[:, 0], return_counts=True)
    side = np.sqrt(area * 4 / np.sqrt(3))
    assert len(rows) == pytest.approx(side * np.sqrt(0.75), abs=2)
    assert widths[-2] == pytest.approx(side, abs=2.5)
    assert widths[0] <= 2
    # A row is 2 / sqrt(3) wider than the one above; the last may be under way.
    assert np.diff(widths[:-1]).mean() == pytest.approx(2 / np.sqrt(3), abs=0.15)


@pytest.mark.parametrize("shape", SHAPES)
def test_orders_hold_every_pixel_once_by_gauge_up_to_the_largest_image(shape: str) -> None:
    order = pixel_order(shape)
    assert len(np.unique(order.offsets, axis=0)) == len(order.offsets)
    assert (np.diff(order.gauge) >= 0).all()
    assert np.abs(order.offsets).max() <= REACH
    sides = np.abs(np.concatenate([order.offsets.min(0), order.offsets.max(0)]))
    assert sides.max() >= REACH - 1


@few
@given(shapes, areas)
def test_reach_is_the_bounding_box(shape: str, area: int) -> None:
    rows, columns = pixel_order(shape).offsets[:area].T
    expected = [-rows.min(), rows.max(), -columns.min(), columns.max()]
    assert pixel_order(shape).reach[area - 1].tolist() == expected


@few
@given(shapes, shapes, areas)
def test_any_two_shapes_can_have_the_same_number_of_pixels(a: str, b: str, area: int) -> None:
    assert len(pixels(a, area)) == len(pixels(b, area)) == area


@few
@given(shapes, areas, areas)
def test_smaller_objects_lie_inside_larger_ones(shape: str, one: int, other: int) -> None:
    assert pixels(shape, min(one, other)) <= pixels(shape, max(one, other))


@few
@given(shapes, areas)
def test_rows_and_columns_of_whole_level_sets_have_no_gaps(shape: str, area: int) -> None:
    order = pixel_order(shape)
    whole = order.gauge <= order.gauge[area - 1]
    for axis in (0, 1):
        lines = order.offsets[whole][:, axis], order.offsets[whole][:, 1 - axis]
        for line in np.unique(lines[0]):
            assert np.ptp(lines[1][lines[0] == line]) + 1 == (lines[0] == line).sum()


@pytest.mark.parametrize(
    ("shape", "area", "inner"),
    [("disc", 197, 149), ("disc", 797, 709), ("square", 100, 64), ("square", 400, 324)],
)
def test_the_rim_is_one_pixel_wide(shape: str, area: int, inner: int) -> None:
    assert inner_area(shape, area) == inner


@pytest.mark.parametrize(
    ("shape", "area", "width", "inner"),
    [
        ("square", 400, 2, 16 * 16),
        ("square", 400, 3, 14 * 14),
        ("square", 400, 9, 2 * 2),
        ("square", 400, 10, 0),
        ("disc", 197, 2, 113),  # all pixels within a radius of 6
        ("disc", 197, 7, 5),
        ("disc", 1, 5, 0),
    ],
)
def test_rims_may_be_wider(shape: str, area: int, width: int, inner: int) -> None:
    assert inner_area(shape, area, width) == inner


@few
@given(shapes, areas, st.integers(1, 6))
def test_a_rim_holds_every_pixel_within_its_width_of_the_outside(
    shape: str, area: int, width: int
) -> None:
    object_, core = pixels(shape, area), pixels(shape, inner_area(shape, area, width))
    span = range(-width, width + 1)
    near = [(r, c) for r in span for c in span if r * r + c * c <= width * width]
    assert core < object_
    assert all((row + r, column + c) in object_ for row, column in core for r, c in near)
    assert len(core) <= inner_area(shape, area, 1)


@few
@given(shapes, areas)
def test_the_rim_holds_every_pixel_that_touches_the_outside(shape: str, area: int) -> None:
    object_, core = pixels(shape, area), pixels(shape, inner_area(shape, area))
    assert core < object_
    for row, column in core:
        beside = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)}
        assert beside <= object_
