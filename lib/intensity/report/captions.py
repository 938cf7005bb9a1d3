"""Captions and alternative texts: a YAML file beside each notebook, with places for values.

    figures:
      learning-curves:
        caption: Accuracy on {validation_images} validation scenes; see [Table](#table-accuracy).
        alt: "A line for each network and seed. At the end: {final}."
        found:
          final: {rows: split == "validation", names: [network], value: accuracy, how: last}
    tables:
      accuracy: {caption: Test accuracy.}

A place holds a parameter, a measurement by its id, a value that the notebook hands over, or a list
found in the figure's data.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, Field

from intensity.storage.files import read_yaml
from intensity.tables.names import title_of
from intensity.values import InvalidInput, Value, shown

PLACES = {"first": 0, "last": -1}
"""Which of an item's rows is meant."""


def _balanced(text: str) -> str:
    try:
        list(Formatter().parse(text))
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    return text


Text = Annotated[str, AfterValidator(_balanced)]
"""Text with places."""


class Found(Value):
    """A column of a table as a list within a sentence."""

    value: str
    """The column, or an expression of columns."""
    table: str = ""
    """The name of the value that is the table; by default it is the figure's data."""
    rows: str = ""
    """Which rows count, as a condition of pandas' `query`; by default all."""
    names: tuple[str, ...] = ()
    """Columns that say what an item is; without any there is one number."""
    how: Literal["mean", "max", "min", "first", "last", "range", "count"] = "mean"
    """What is said of an item of several rows."""
    form: str = "{:z.2f}"

    def words(self, data: pd.DataFrame, values: Mapping[str, Any]) -> str:
        """The list, for example "hard pixels: 0.97; hard bn_tiny: 0.51"; "none" if it is empty.

        Args:
            data: one or more rows an item; an item without a number is left out.
            values: what `@name` means in `rows`, and other tables.

        Raises:
            InvalidInput: there is no such other table.
        """
        if self.table:
            data = _table(self.table, values)
        rows = data.query(self.rows, local_dict=dict(values)) if self.rows else data
        numbers = pd.Series(rows.eval(self.value)).dropna()
        if numbers.empty:
            return "none"
        if not self.names:
            return self._said(numbers)
        items = numbers.groupby([rows.loc[numbers.index, name] for name in self.names], sort=False)
        said = (
            (name if isinstance(name, tuple) else (name,), self._said(one)) for name, one in items
        )
        return "; ".join(f"{', '.join(map(title_of, name))}: {number}" for name, number in said)

    def _said(self, numbers: pd.Series) -> str:
        """What is said of an item's numbers."""
        if self.how == "range":
            return f"{self.form.format(numbers.min())} to {self.form.format(numbers.max())}"
        place = PLACES.get(self.how)
        return self.form.format(numbers.agg(self.how) if place is None else numbers.iloc[place])


def _table(name: str, values: Mapping[str, Any]) -> pd.DataFrame:
    if not isinstance(table := values.get(name), pd.DataFrame):
        raise InvalidInput(f"table: {name!r} is not allowed: a table that the notebook hands over")
    return table


class Words(Value):
    """What is written under a figure or above a table."""

    caption: Text
    alt: Text = ""
    """What is on the figure, for those who cannot see it."""
    found: Mapping[str, Found] = {}
    """Lists made from the data, by the name of their place."""

    def filled(
        self, value: Callable[[str], Any], data: pd.DataFrame, values: Mapping[str, Any]
    ) -> tuple[str, str]:
        """Caption and alternative text with every place filled.

        Args:
            value: what a name means that is neither in `values` nor in `found`.
            data: what the figure or table shows.
            values: what the notebook hands over.

        Raises:
            InvalidInput: a place has no value.
        """
        lists = {name: found.words(data, values) for name, found in self.found.items()}
        places = _Places(value, {**lists, **values})
        return places.format(self.caption), places.format(self.alt)


class FigureWords(Words):
    """Words that are not complete without alternative text."""

    alt: Annotated[Text, Field(min_length=1)]
    paper: str = ""
    """The figure of the paper, its summary or its authors' code that this one repeats, if any."""


class Captions(Value):
    """The captions of a notebook, by the names of its figures and tables."""

    figures: Mapping[str, FigureWords] = {}
    tables: Mapping[str, Words] = {}


class _Places(Formatter):
    """Fills the places of a text; a name may hold any sign but braces, colon and "!"."""

    def __init__(self, value: Callable[[str], Any], known: Mapping[str, Any]) -> None:
        self.value, self.known = value, known

    def get_field(self, field_name: str, *_: Any) -> tuple[Any, str]:
        """What stands in a place."""
        known = field_name in self.known
        return (self.known[field_name] if known else self.value(field_name)), field_name


def load_captions(path: Path) -> Captions:
    """The captions of a notebook.

    Args:
        path: the YAML file; where there is none there are no captions.

    Raises:
        InvalidInput: it is no YAML, or an entry is not what it should be.
    """
    try:
        return Captions(**(read_yaml(path) if path.exists() else {}))
    except InvalidInput as error:
        raise InvalidInput(f"{shown(path)}: {error}") from None
