"""Half doses of curves whose half is known."""

import pytest

from intensity.analysis.doses import half_dose
from intensity.values import InvalidInput

COUNTS = (1, 10, 40)


@pytest.mark.parametrize(
    ("shares", "dose", "between"),
    [
        ((0.0, 0.0, 0.0), 0.0, (0, 0)),
        ((1.0, 1.0, 1.0), 0.5, (0, 1)),
        ((0.0, 0.0, 0.4), 25.0, (10, 40)),
        ((0.0, 0.2, 0.4), 10.0, (1, 10)),
        ((0.1, 0.3, 0.4), 5.5, (1, 10)),
    ],
)
def test_the_half_dose_is_read_between_two_doses(
    shares: tuple[float, ...], dose: float, between: tuple[int, int]
) -> None:
    found = half_dose(shares, COUNTS)
    assert found.pixels == pytest.approx(dose)
    assert (found.above, found.at_most) == between


@pytest.mark.parametrize("shares", [(), (0.1, 0.2), (0.1, 0.2, 0.3, 0.4)])
def test_a_half_dose_needs_a_share_for_every_dose(shares: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="shares"):
        half_dose(shares, COUNTS)
