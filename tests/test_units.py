"""Units say what is possible and print numbers for people."""

import math

import pytest

from intensity.units import UNITS, Unit, find_unit
from intensity.values import InvalidInput


@pytest.mark.parametrize(
    ("name", "value", "places", "text"),
    [
        ("fraction", 0.992, 2, "99.20 %"),
        ("share of levels", 0.961, None, "96.1 % of levels"),
        ("difference in fraction", -0.0004, 1, "0.0 points"),
        ("difference in fraction", 0.01, None, "1 point"),
        ("share of levels", 0.01, None, "1 % of levels"),
        ("grey levels", 1.0, 2, "1.00 grey levels"),
        ("parameters", 1234567, None, "1,234,567 parameters"),
        ("ratio", 3.14159, None, "3.142"),
    ],
)
def test_numbers_are_printed_with_their_unit(
    name: str, value: float, places: int | None, text: str
) -> None:
    assert UNITS[name].format(value, places) == text


def test_a_difference_goes_from_the_least_minus_the_largest_to_the_reverse() -> None:
    levels = Unit("levels", 10, 30, suffix=" levels")
    assert levels.difference == Unit("difference in levels", -20, 20, suffix=" levels")
    assert UNITS["AUC"].difference == UNITS["difference in AUC"]
    assert UNITS["ratio"].difference.high == math.inf


def test_intervals_are_cut_at_the_bounds_of_what_cannot_be_negative() -> None:
    assert UNITS["fraction"].clip(-0.2, 1.5) == (0, 1)
    assert UNITS["correlation"].clip(-2, 1.5) == (-2, 1.5)
    assert UNITS["R2"].clip(-9, 1.5) == (-9, 1.5)


def test_rounding_leaves_a_number_possible() -> None:
    assert UNITS["correlation"].holds(-1 - 1e-12)
    assert not UNITS["correlation"].holds(1.001)


def test_an_unknown_unit_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidInput, match=r"^unit: 'miles' is not allowed: fraction, "):
        find_unit("miles")
