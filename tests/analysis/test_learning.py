"""Images that a history names, and the exponent of a power law."""

import numpy as np
import pandas as pd
import pytest

from intensity.analysis.learning import growth_exponent, images_needed
from intensity.values import InvalidInput

HISTORY = pd.DataFrame(
    {"images": [100, 200, 300, 400], "validation_accuracy": [0.3, 0.92, 0.85, 0.95]}
)


@pytest.mark.parametrize(("goal", "images"), [(0.2, 100), (0.9, 200), (0.93, 400), (0.99, 400)])
def test_images_are_counted_to_the_first_epoch_that_is_good_enough(
    goal: float, images: int
) -> None:
    assert images_needed(HISTORY, goal) == images


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 1.0, 2.0])
def test_a_power_law_has_its_exponent(exponent: float) -> None:
    counts = [2, 4, 8, 16]
    images = [1000 * count**exponent for count in counts]
    assert growth_exponent(counts, images) == pytest.approx(exponent)
    assert growth_exponent(counts, np.array(images) * 7) == pytest.approx(exponent)


@pytest.mark.parametrize(("counts", "images"), [([2], [5]), ([2, 2], [5, 6]), ([2, 4], [5])])
def test_a_slope_needs_two_places(counts: list[int], images: list[int]) -> None:
    with pytest.raises(InvalidInput, match=r"^counts: "):
        growth_exponent(counts, images)
