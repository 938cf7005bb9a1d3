"""The units of measured numbers: what values are possible, and how they are printed.

They are a module of their own so that a new unit changes the name of no trained network.
"""

import math
from dataclasses import dataclass

from intensity.values import InvalidInput

PERCENT = 100.0
"""The scale of shares of a whole."""

ROUNDING = 1e-9
"""How far a sum in floating point may lie beyond a bound, as a share of the bound."""


@dataclass(frozen=True)
class Unit:
    """A unit of measurement.

    Args:
        name: as results and expected values call it.
        low: the least value that is possible.
        high: the largest value that is possible.
        scale: by which a value is multiplied for people, for example 100 for percent.
        suffix: what is printed behind the number, with its leading space.
        log: whether means and intervals are made on the logarithm, as for ratios.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    scale: float = 1.0
    suffix: str = ""
    log: bool = False

    @property
    def difference(self) -> "Unit":
        """The unit of one such number minus another, within low - high .. high - low."""
        return Unit(
            f"difference in {self.name}",
            self.low - self.high,
            self.high - self.low,
            self.scale,
            " points" if self.scale == PERCENT else self.suffix,
        )

    def clip(self, low: float, high: float) -> tuple[float, float]:
        """The two ends of an interval, cut at the bounds of what cannot be negative.

        A signed number's interval that leaves what is possible shows how little is known.
        """
        return (max(low, 0), min(high, self.high)) if self.low == 0 else (low, high)

    def holds(self, value: float) -> bool:
        """Whether a value is possible, up to rounding."""
        return self.low - ROUNDING <= value <= self.high + ROUNDING

    def number(self, value: float, places: int | None = None) -> str:
        """A value for people, without the unit.

        Args:
            value: in this unit.
            places: decimals; without them whole numbers have none, others four digits.
        """
        shown = self.scale * value
        if places is not None:
            return f"{shown:z,.{places}f}"
        return f"{shown:,.0f}" if shown.is_integer() else f"{shown:.4g}"

    def format(self, value: float, places: int | None = None) -> str:
        """A value for people with its unit, for example "96.1 % of levels"; as for `number`."""
        number = self.number(value, places)
        alone = number in ("1", "-1") and "%" not in self.suffix
        return number + (self.suffix.removesuffix("s") if alone else self.suffix)

    def estimate(self, value: float, low: float, high: float, places: int | None = None) -> str:
        """A value and its interval for people, for example "96.1 % [95.8, 96.4]"."""
        ends = ", ".join(self.number(end, places) for end in (low, high))
        return f"{self.format(value, places)} [{ends}]"


FRACTION = "fraction"
"""The unit of a rate: a share of the `n.scenes` scenes that were counted."""

DIFFERENCE = "difference in fraction"
"""The unit of one rate minus another."""

_MEASURED = (
    Unit(FRACTION, 0, 1, PERCENT, " %"),
    Unit("share of levels", 0, 1, PERCENT, " % of levels"),
    Unit("share of map", 0, 1, PERCENT, " % of the map"),
    Unit("share of maps", 0, 1, PERCENT, " % of maps"),
    Unit("share of plane", 0, 1, PERCENT, " % of the plane"),
    Unit("share of range", 0, 1, PERCENT, " % of the range"),
    Unit("AUC", 0, 1),
    Unit("monotonicity", 0, 1),
    Unit("correlation", -1, 1),
    Unit("rank correlation", -1, 1),
    Unit("R2", high=1),
    Unit("p value", 0, 1),
    Unit("ratio", 0, log=True),
    Unit("grey levels", 0, 255, suffix=" grey levels"),
    Unit("slope"),
    Unit("score"),
    Unit("pixels", suffix=" pixels"),
    Unit("parameters", 0, suffix=" parameters"),
)

PLAIN = Unit("number")
"""The unit of numbers in tables whose heads name their unit."""

UNITS = {unit.name: unit for one in _MEASURED for unit in (one, one.difference)}
"""All units by name, each followed by that of its differences."""


def find_unit(name: str) -> Unit:
    """The unit of a name.

    Raises:
        InvalidInput: there is none.
    """
    if name not in UNITS:
        known = ", ".join(unit.name for unit in _MEASURED)
        raise InvalidInput(
            f"unit: {name!r} is not allowed: {known}, or a difference in one of them"
        )
    return UNITS[name]
