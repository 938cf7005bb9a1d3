"""Numbers leave a run in one place: a part for each notebook, merged into one results.json.

A notebook opens one `Results`, puts its measurements there under ids and saves them. After every
notebook the parts are merged, and only then are claims judged: a claim may rest on measurements of
two notebooks.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from intensity.claims import judge as claims
from intensity.statistics.intervals import (
    Interval,
    Measurement,
    holm_intervals,
    log_t_interval,
    paired_interval,
    t_interval,
    wilson,
)
from intensity.storage.files import write_aside
from intensity.units import FRACTION, find_unit
from intensity.values import ROOT, InvalidInput, shown


class Results:
    """The measurements of one notebook, in the order in which they were made.

    A unit of "fraction" says that each number is a share of `scenes` counted scenes; shares of
    anything else (levels, units) have another unit.
    """

    def __init__(self, notebook: str, output: str | Path) -> None:
        """Open an empty part.

        Args:
            notebook: the notebook's name without its ending, for example "01_data".
            output: the run's folder, absolute or from the checkout, for example "runs/lab".
        """
        self.notebook = notebook
        self.output = output
        self._measurements: dict[str, Measurement] = {}

    def over_seeds(
        self,
        name: str,
        values: ArrayLike,
        *,
        scenes: int,
        unit: str = FRACTION,
        log: bool = False,
    ) -> Measurement:
        """Keep one number a seed, with Student's t interval over the seeds.

        Args:
            name: the measurement's id.
            values: (seeds,) one number for each seed.
            scenes: how many scenes each seed's number rests on.
            unit: of the numbers.
            log: make the mean and the interval on the logarithm, for ratios.

        Returns:
            The measurement. The interval of a number that cannot be negative is cut at its bounds.

        Raises:
            InvalidInput: fewer than two seeds, a number that is not finite, an id that is taken.
        """
        with _naming(name):
            interval = log_t_interval(values) if log else t_interval(values)
        method = "Student t over seeds, on the logarithm" if log else "Student t over seeds"
        return self._add_seeds(name, interval, np.asarray(values), scenes, unit, method)

    def difference(
        self,
        name: str,
        first: ArrayLike,
        second: ArrayLike,
        *,
        scenes: int,
        unit: str = FRACTION,
    ) -> Measurement:
        """Keep first - second, paired within seed, with Student's t interval over the seeds.

        Args:
            name: the measurement's id.
            first: (seeds,) one number for each seed.
            second: (seeds,) the numbers to subtract, same seeds and scenes.
            scenes: how many scenes each seed's number rests on.
            unit: of the two numbers; the measurement has that of their difference.

        Returns:
            The measurement; its `seeds` are the differences.

        Raises:
            InvalidInput: as for `over_seeds`, or the numbers of seeds differ.
        """
        with _naming(name):
            interval = paired_interval(first, second)
        differences = np.asarray(first) - np.asarray(second)
        method, unit = "Student t over seeds, paired", find_unit(unit).difference.name
        return self._add_seeds(name, interval, differences, scenes, unit, method)

    def family(
        self, values: Mapping[str, ArrayLike], *, beyond: float, scenes: int, unit: str
    ) -> list[Measurement]:
        """Keep numbers that are tested together, with Student's t intervals corrected after Holm.

        Args:
            values: by id (seeds,) one number for each seed.
            beyond: each is tested to be above it.
            scenes: how many scenes each seed's number rests on.
            unit: of the numbers.

        Returns:
            The measurements, in their order.

        Raises:
            InvalidInput: as for `over_seeds`.
        """
        with _naming(next(iter(values), "family")):
            intervals = holm_intervals(list(values.values()), beyond)
        method = f"Student t over seeds, Holm over {len(values)}"
        return [
            self._add_seeds(name, interval, np.asarray(seeds), scenes, unit, method)
            for (name, seeds), interval in zip(values.items(), intervals, strict=True)
        ]

    def counts(self, name: str, successes: int, scenes: int) -> Measurement:
        """Keep a rate of something that is not trained, with Wilson's interval over the scenes.

        Args:
            name: the measurement's id.
            successes: on how many scenes it was so.
            scenes: how many there were.

        Returns:
            The measurement, a fraction.

        Raises:
            InvalidInput: impossible counts, or an id that is taken.
        """
        with _naming(name):
            low, high, value = wilson(successes, scenes)
        return self._add(
            id=name,
            value=value,
            ci95=(low, high),
            n={"seeds": 0, "scenes": scenes},
            unit=FRACTION,
            method="Wilson over scenes",
        )

    def exact(self, name: str, value: float, *, scenes: int, unit: str) -> Measurement:
        """Keep a number that has no spread, such as a count of parameters.

        Args:
            name: the measurement's id.
            value: the number.
            scenes: how many scenes it rests on; 0 where it rests on none.
            unit: of the number.

        Returns:
            The measurement, without an interval.

        Raises:
            InvalidInput: the number is not finite, or the id is taken.
        """
        n = {"seeds": 0, "scenes": scenes}
        return self._add(
            id=name, value=value, ci95=None, exact=True, n=n, unit=unit, method="exact"
        )

    def measurements(self, prefix: str) -> list[Measurement]:
        """What was kept under ids that begin with a prefix, in the order of keeping."""
        return [m for name, m in self._measurements.items() if name.startswith(prefix)]

    def measurement_rows(self, prefixes: Sequence[str]) -> pd.DataFrame:
        """Measurements as a short table for the page: id, text, seeds, scenes, method.

        Args:
            prefixes: how the ids begin, in the order of the rows.
        """
        kept = [m for prefix in prefixes for m in self.measurements(prefix)]
        return measurement_table(kept)[["id", "text", "seeds", "scenes", "method"]]

    def table(self, which: str | Sequence[str]) -> pd.DataFrame:
        """Measurements for display.

        Args:
            which: how their ids begin, or a list of ids.

        Returns:
            As `measurement_table`.

        Raises:
            InvalidInput: there is no such measurement.
        """
        known = self._measurements
        chosen = which
        if isinstance(which, str):
            chosen = [name for name in known if name.startswith(which)]
        if not chosen or not set(chosen) <= set(known):
            raise InvalidInput(f"table: {which!r} is not allowed: the ids so far, {list(known)}")
        return measurement_table(known[name] for name in chosen)

    def save(self) -> Path:
        """Write this notebook's part, whole or not at all, and say where."""
        path = _part(self.output, self.notebook)
        rows = [measurement.model_dump(mode="json") for measurement in self._measurements.values()]
        _write(path, {"notebook": self.notebook, "measurements": rows})
        return path

    def _add_seeds(
        self, name: str, interval: Interval, seeds: ArrayLike, scenes: int, unit: str, method: str
    ) -> Measurement:
        """Keep one number a seed with the interval made from them, within what is possible."""
        low, high, value = interval
        with _naming(name):
            bounds = find_unit(unit)
        # A signed number's interval that leaves what is possible shows how little is known.
        low, high = bounds.clip(low, high) if bounds.low == 0 else (low, high)
        numbers = np.asarray(seeds, dtype=np.float64).tolist()
        return self._add(
            id=name,
            value=value,
            ci95=(low, high),
            n={"seeds": len(numbers), "scenes": scenes},
            seeds=numbers,
            unit=unit,
            method=method,
        )

    def _add(self, **fields: Any) -> Measurement:
        """Keep a measurement; the same one again is fine, another under its id is not."""
        with _naming(fields["id"]):
            measurement = Measurement(**fields)
            _keep(self._measurements, measurement)
        return measurement


def measurement_table(measurements: Iterable[Measurement]) -> pd.DataFrame:
    """Measurements as a table for display.

    Args:
        measurements: what to show, in order.

    Returns:
        A row a measurement: id, value, low and high (equal to the value where it is exact), text
        ("99.20 % [98.90, 99.50]"), seeds and scenes (counts), method (how the interval was made).
    """
    columns = ["id", "value", "low", "high", "text", "seeds", "scenes", "method"]
    rows = [
        (m.id, m.value, *(m.ci95 or (m.value, m.value)), m.text, m.n.seeds, m.n.scenes, m.method)
        for m in measurements
    ]
    return pd.DataFrame(rows, columns=columns)


def gather(output: str | Path, notebooks: Sequence[str]) -> dict[str, Any]:
    """What the notebooks of a run have measured so far, and the claims that can be judged by it.

    Args:
        output: the run's folder, absolute or from the checkout.
        notebooks: the names of all notebooks of a whole run, in order; other parts are not read.

    Returns:
        `profile` (the folder's name), `complete` (is every notebook's part there?),
        `measurements` in the order of the notebooks, and `claims` as `claims.evaluate` has them.

    Raises:
        InvalidInput: two notebooks have different measurements under one id, or a part is broken.
    """
    there = [name for name in notebooks if _part(output, name).exists()]
    kept: dict[str, Measurement] = {}
    for name in there:
        for measurement in measurements_in(_read(_part(output, name))).values():
            with _naming(measurement.id):
                _keep(kept, measurement)
    return {
        "profile": Path(output).name,
        "complete": len(there) == len(notebooks),
        "measurements": [measurement.model_dump(mode="json") for measurement in kept.values()],
        "claims": claims.evaluate(kept.values()),
    }


def merge(output: str | Path, notebooks: Sequence[str]) -> dict[str, Any]:
    """Gather a run's parts and write them to its results.json.

    Args:
        output: as for `gather`.
        notebooks: as for `gather`.

    Returns:
        What was written.

    Raises:
        InvalidInput: as for `gather`.
    """
    merged = gather(output, notebooks)
    _write(ROOT / output / "results.json", merged)
    return merged


def load_results(output: str | Path) -> dict[str, Any]:
    """Read a run's results.json.

    Args:
        output: the run's folder, absolute or from the checkout.

    Returns:
        What `merge` wrote.

    Raises:
        InvalidInput: there is none yet, it is broken, or another version has written it.
    """
    path = ROOT / output / "results.json"
    results = _read(path)
    try:
        odd = _odd_parts(results)
    except (InvalidInput, KeyError, TypeError, AttributeError) as error:
        odd = [str(error)]
    if odd:
        raise InvalidInput(f"results: {shown(path)} is not what this version writes: {odd[0]}")
    return results


def _odd_parts(results: dict[str, Any]) -> list[str]:
    """What results of this version have otherwise, in a few words each."""
    judged = results["claims"]
    claims.claims_table(judged)
    named = {name for claim in judged for name in claim["measurement"]}
    verdicts = {claim["verdict"] for claim in judged} - set(claims.VERDICTS)
    absent = sorted(named - measurements_in(results).keys())
    absent += [name for name in ("profile", "complete") if name not in results]
    return [f"{name!r} is missing" for name in absent] + [f"{name!r}" for name in verdicts]


def measurements_in(merged: dict[str, Any]) -> dict[str, Measurement]:
    """The measurements of a merged run, by id and in order.

    Args:
        merged: what `gather`, `merge` or `load_results` gives.

    Returns:
        Each measurement under its id.

    Raises:
        InvalidInput: one of them is not a measurement.
    """
    return {row["id"]: Measurement(**row) for row in merged["measurements"]}


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Let a refusal say which measurement it is about."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None


def _keep(kept: dict[str, Measurement], measurement: Measurement) -> None:
    """Put a measurement under its id, unless a different one stands there."""
    known = kept.setdefault(measurement.id, measurement)
    if known != measurement:
        texts = f"{measurement.text} after {known.text}"
        raise InvalidInput(f"id: {texts} is not allowed: one measurement an id")


def _part(output: str | Path, notebook: str) -> Path:
    """Where a notebook's part of a run stands."""
    return ROOT / output / "results" / f"{notebook}.json"


def _write(path: Path, data: dict[str, Any]) -> None:
    """Write JSON that any reader takes: no NaN."""
    write_aside(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _read(path: Path) -> dict[str, Any]:
    """Read such JSON; what is missing or broken is refused in one line."""
    place = shown(path)
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf8"), parse_constant=_refuse)
    except FileNotFoundError:
        raise InvalidInput(f"results: {place} is not there: run the notebooks first") from None
    except ValueError as error:
        raise InvalidInput(f"results: {place} is not allowed: {error}") from None
    return data


def _refuse(word: str) -> NoReturn:
    """Refuse the words for numbers that are none."""
    raise InvalidInput(f"{word} in it, where numbers are finite")
