"""Measured numbers: what one is, and the book that a notebook keeps them in, each under one id."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pydantic import Field, FiniteFloat, NonNegativeInt, model_validator

from intensity.statistics.intervals import (
    ONE_SEED,
    OVER_SCENES,
    OVER_SEEDS,
    Interval,
    interval_of_difference,
    paired_interval,
    seed_interval,
    wilson,
)
from intensity.units import FRACTION, Unit, find_unit
from intensity.values import InvalidInput, Value

MEASUREMENT_ID = r"^[A-Za-z0-9_.+-]+(/[A-Za-z0-9_.+-]+){2,}$"
"""Words with slashes between them: `<quantity>/<task>/<network or baseline>[/<detail>]`."""


class Counted(Value):
    """How much a measurement rests on."""

    seeds: NonNegativeInt
    """Trainings; 0 for what is not trained."""
    scenes: NonNegativeInt
    """Scenes that each seed's number was counted on."""


class Measurement(Value):
    """A number that leaves the project, with its interval and what it rests on.

    Raises:
        InvalidInput: a number is not finite, the ends are in the wrong order, a measurement
            without an interval does not say that it is exact, the unit is unknown or cannot
            have the value.
    """

    id: Annotated[str, Field(pattern=MEASUREMENT_ID)]
    value: FiniteFloat
    ci95: tuple[FiniteFloat, FiniteFloat] | None
    """The ends of the 95 % interval; none for what is exact."""
    exact: bool = False
    n: Counted
    seeds: tuple[FiniteFloat, ...] | None = None
    """Every seed's number, where there are seeds."""
    unit: str
    method: str
    """How the interval was made."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse what contradicts itself."""
        unit = find_unit(self.unit)
        if self.unit == FRACTION and self.n.scenes < 1:
            raise InvalidInput("n.scenes: 0 is not allowed: a fraction is of 1 scene or more")
        for number in (self.value, *(self.seeds or ())):
            if not unit.holds(number):
                bounds = f"{unit.name}, {unit.low:g}..{unit.high:g}"
                raise InvalidInput(f"value: {number} is not allowed: {bounds}")
        if self.exact != (self.ci95 is None):
            raise InvalidInput(f"ci95: {self.ci95} is not allowed: none if and only if exact")
        if self.ci95 is not None and self.ci95[0] > self.ci95[1]:
            raise InvalidInput(f"ci95: {self.ci95} is not allowed: the lower end first")
        return self

    @property
    def about(self) -> tuple[str, ...]:
        """What it is of: the quantity, the task, the network or baseline, and details."""
        return tuple(self.id.split("/"))

    @property
    def text(self) -> str:
        """The number and its interval for people, for example "99.20 % [98.90, 99.50]"."""
        if self.ci95 is None:
            return self._unit.format(self.value)
        if self.ci95[0] == self.ci95[1]:
            return f"{self._unit.format(self.value)}, the same in all {self.n.seeds} seeds"
        return self._unit.estimate(self.value, *self.ci95, self._places)

    def at_level(self, level: float) -> "Measurement":
        """The same with the interval over seeds of another level, 0..1, in place of the 95 %."""
        if not self.seeds:
            return self
        interval, _ = seed_interval(self.seeds, self._unit, self.n.scenes, level)
        return self.model_copy(update={"ci95": interval[:2]})

    @property
    def _unit(self) -> Unit:
        return find_unit(self.unit)

    @property
    def _places(self) -> int:
        """Decimals that show half the interval's width with two digits; 1 to 3 of them.

        So whoever reads the printed ends can check a verdict by them.
        """
        low, high = self.ci95 or (0.0, 0.0)
        half = self._unit.scale * (high - low) / 2
        return min(max(1 - math.floor(math.log10(half)), 1), 3) if half else 2


class Results:
    """The measurements of one notebook, in the order in which they were made.

    Each is kept under an id, `name`, and rests on `scenes` scenes (of each seed; 0 for none), in a
    `unit` by its name. Numbers of seeds are (seeds,), two seeds or more. What cannot be is refused
    with InvalidInput, and so is another measurement under an id that is taken.

    Args:
        notebook: the notebook's name without its ending, for example "01_data".
        output: the run's folder, absolute or from the checkout, for example "runs/lab".
    """

    def __init__(self, notebook: str, output: str | Path) -> None:
        self.notebook = notebook
        self.output = output
        self._measurements: dict[str, Measurement] = {}

    def over_seeds(
        self, name: str, values: ArrayLike, *, scenes: int, unit: str = FRACTION
    ) -> Measurement:
        """Keep one number a seed, with Student's t interval over the seeds.

        It is made on the scale that `on_scale` chooses, and cut at the bounds of what cannot be
        negative.
        """
        with _naming(name):
            interval, method = seed_interval(values, find_unit(unit), scenes)
        return self._add_seeds(name, interval, np.asarray(values), scenes, unit, method)

    def difference(
        self, name: str, first: ArrayLike, second: ArrayLike, *, scenes: int, unit: str = FRACTION
    ) -> Measurement:
        """Keep first - second, paired within seed, with Student's t interval over the seeds.

        `unit` is that of the two numbers; the measurement has that of their difference.
        """
        with _naming(name):
            interval = paired_interval(first, second)
        differences = np.asarray(first) - np.asarray(second)
        method, unit = f"{OVER_SEEDS}, paired", find_unit(unit).difference.name
        return self._add_seeds(name, interval, differences, scenes, unit, method)

    def counts(self, name: str, successes: int, scenes: int, *, seeds: int = 0) -> Measurement:
        """Keep a rate with Wilson's interval over the scenes.

        It is of something that is not trained, or (`seeds` 1) of a single training: then the
        interval says nothing of other seeds.
        """
        with _naming(name):
            low, high, value = wilson(successes, scenes)
        n, method = {"seeds": seeds, "scenes": scenes}, OVER_SCENES
        return self._add(id=name, value=value, ci95=(low, high), n=n, unit=FRACTION, method=method)

    def count_difference(
        self, name: str, first: tuple[int, int], second: ArrayLike, *, unit: str = FRACTION
    ) -> Measurement:
        """Keep the rate of a single training minus that of another, of which there are seeds.

        `first` has successes and scenes, `second` a rate a seed; the interval is made of Wilson's
        and Student's t.
        """
        with _naming(name):
            other, _ = seed_interval(second, find_unit(unit), first[1])
            low, high, value = interval_of_difference(wilson(*first), other)
        n, unit = {"seeds": 1, "scenes": first[1]}, find_unit(unit).difference.name
        return self._add(id=name, value=value, ci95=(low, high), n=n, unit=unit, method=ONE_SEED)

    def interval(
        self, name: str, interval: Interval, *, scenes: int, method: str, unit: str = FRACTION
    ) -> Measurement:
        """Keep a number that rests on no training, with an interval that was made elsewhere."""
        low, high, value = interval
        n = {"seeds": 0, "scenes": scenes}
        return self._add(id=name, value=value, ci95=(low, high), n=n, unit=unit, method=method)

    def exact(
        self, name: str, value: float, *, scenes: int, unit: str, seeds: int = 0
    ) -> Measurement:
        """Keep a number without an interval: a count of parameters, the largest p over seeds.

        `seeds` says how many trainings it rests on; one that rests on none is the same anywhere.
        """
        n = {"seeds": seeds, "scenes": scenes}
        return self._add(
            id=name, value=value, ci95=None, exact=True, n=n, unit=unit, method="exact"
        )

    def measurements(self, prefix: str) -> list[Measurement]:
        """What was kept under ids that begin with a prefix, in the order of keeping."""
        return [m for name, m in self._measurements.items() if name.startswith(prefix)]

    def measurement_rows(self, prefixes: Sequence[str]) -> pd.DataFrame:
        """Measurements as a table for people, by how their ids begin.

        Returns:
            Columns id, text ("99.20 % [98.90, 99.50]"), seeds, scenes (counts), method (how the
            interval was made).
        """
        kept = [m for prefix in prefixes for m in self.measurements(prefix)]
        rows = [(m.id, m.text, m.n.seeds, m.n.scenes, m.method) for m in kept]
        return pd.DataFrame(rows, columns=["id", "text", "seeds", "scenes", "method"])

    def _add_seeds(
        self, name: str, interval: Interval, seeds: ArrayLike, scenes: int, unit: str, method: str
    ) -> Measurement:
        """Keep one number a seed with the interval made from them, within what is possible."""
        low, high, value = interval
        with _naming(name):
            ends = find_unit(unit).clip(low, high)
        numbers = np.asarray(seeds, dtype=np.float64).tolist()
        n = {"seeds": len(numbers), "scenes": scenes}
        return self._add(
            id=name, value=value, ci95=ends, n=n, seeds=numbers, unit=unit, method=method
        )

    def _add(self, **fields: Any) -> Measurement:
        """Keep a measurement; the same one again is fine, another under its id is not."""
        with _naming(fields["id"]):
            measurement = Measurement(**fields)
        add_unique(self._measurements, measurement)
        return measurement


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Let a refusal say which measurement it is about."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None


def add_unique(kept: dict[str, Measurement], measurement: Measurement) -> None:
    """Put a measurement under its id; a different one that stands there is refused."""
    known = kept.setdefault(measurement.id, measurement)
    if known != measurement:
        texts = f"{measurement.text} after {known.text}"
        raise InvalidInput(f"{measurement.id}: {texts} is not allowed: one measurement an id")
