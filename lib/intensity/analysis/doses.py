"""Doses: how many pixels it takes to change answers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from intensity.values import InvalidInput


class HalfDose(NamedTuple):
    """The number of pixels that changes half as many answers as the highest dose does.

    above, at_most: the two neighboring doses, 0 included, that it lies between; both 0 where
        nothing changes at all. This is measured.
    pixels: its place between them, where shares are taken as straight lines. This is interpolated.
    """

    above: int
    at_most: int
    pixels: float


def half_dose(shares: Sequence[float], counts: Sequence[int]) -> HalfDose:
    """Where changed answers reach half of those at the highest dose.

    Args:
        shares: changed answers at each dose.
        counts: the doses, increasing numbers of pixels.

    Raises:
        InvalidInput: there is not one share a dose.
    """
    if len(shares) != len(counts):
        raise InvalidInput(
            f"shares: {len(shares)} are not allowed: one for each of {tuple(counts)} pixels"
        )
    doses, curve = [0, *counts], np.array([0.0, *shares])
    first = int(np.argmax(curve >= curve[-1] / 2))
    if not first:
        return HalfDose(0, 0, 0.0)
    low, high = doses[first - 1], doses[first]
    share = (curve[-1] / 2 - curve[first - 1]) / (curve[first] - curve[first - 1])
    return HalfDose(low, high, float(low + share * (high - low)))
