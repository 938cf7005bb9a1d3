"""The forest plot: rows of names, each with its value, its interval and one dot a seed."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from intensity.figures import style
from intensity.tables.names import title_of

_MISSING = "#999999"
"""Color of the dash where a row has no value."""

_BELOW = 0.27
"""How far under its row the dots of the seeds lie, in rows."""


def forest(
    ax: Axes,
    summary: pd.DataFrame,
    seeds: pd.DataFrame | None = None,
    *,
    name: str = "name",
    value: str = "value",
    group: str | None = None,
    names: Sequence[str] | None = None,
    reference: float | None = None,
    note: str = "",
) -> None:
    """Draw one row a value, the first on top; the caller names the x axis and its unit.

    Args:
        ax: where it is drawn.
        summary: one row a value: columns `name`, `value`, low, high and, where it has them,
            `group`; kind ("baseline": a dark diamond, its name slanted); color and marker,
            where they are not those of the name and kind.
        seeds: one row a seed: columns `name`, `value` and, where rows have groups, `group`.
        name: column with the names.
        value: column with the values.
        group: column with the headings under which rows are grouped; none without it.
        names: all names from the top, without groups; a dash where the summary lacks one.
        reference: a value that others are compared with, drawn as a dotted line.
        note: column with what is written beside the axes; nothing without it.
    """
    keys = [group, name] if group else [name]
    rows = dict(zip(_keys(summary, keys), style.records(_looks(summary, name)), strict=True))
    places, headings = _places([(one,) for one in names] if names else list(rows))
    named_rows(ax, [title_of(key[-1]) for key in places], list(places.values()))
    for y, heading in headings.items():
        _text(ax, 0.01, y, heading, weight="bold")
    for key in places.keys() - rows.keys():
        _text(ax, 0.5, places[key], "$-$", ha="center", color=_MISSING)
    rows = {key: row for key, row in rows.items() if key in places}
    slant(ax, [places[key] for key, row in rows.items() if row["slanted"]])
    for key, row in rows.items():
        y, ends = places[key], (row["low"], row["high"])
        style.estimate(ax, row[value], y, ends, row["color"], row["marker"])
        if note:
            _text(ax, 1.03, y, row[note], fontsize=7)
    if seeds is not None:
        for key, own in seeds.groupby(keys)[value]:
            if key in rows:
                style.dots(ax, own, [places[key] + _BELOW] * len(own), rows[key]["color"])
    if reference is not None:
        style.reference_line(ax, reference)


def missing_handle() -> Line2D:
    """Legend entry of the dash where a row has no value."""
    return style.line_handle("does not apply", _MISSING, "none", "$-$")


def _keys(table: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    return list(table[columns].itertuples(index=False, name=None))


def _looks(summary: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows with color, marker and slanted (bool)."""
    kinds = summary.get("kind", pd.Series("", summary.index))
    slanted = kinds == "baseline"
    color = summary[name].map(style.colors(summary.loc[~slanted, name]))
    color = color.where(~slanted, style.BASELINE_COLOR)
    marker = slanted.map({True: "D", False: "o"})
    own = {
        name: summary.get(name, default) for name, default in (("color", color), ("marker", marker))
    }
    return summary.assign(**own, slanted=slanted)


def _places(
    keys: Sequence[tuple[Any, ...]],
) -> tuple[dict[tuple[Any, ...], int], dict[int, str]]:
    """Where on the y axis every row lies, and every heading above the first row of its group."""
    places: dict[tuple[Any, ...], int] = {}
    headings: dict[int, str] = {}
    y = 0
    for group, own in groupby(keys, lambda key: key[:-1]):
        if group:
            headings[y] = str(group[0])
        places |= {key: place for place, key in enumerate(own, y + len(group))}
        y = len(places) + len(headings)
    return places, headings


def named_rows(ax: Axes, names: Sequence[str], places: Sequence[int] | None = None) -> None:
    """Let y be a list of names, the first on top, at 0, 1, ... or at other places."""
    places = range(len(names)) if places is None else places
    ax.set_yticks(places, names)
    ax.set_ylim(max(places, default=0) + 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color="#EEEEEE")


def slant(ax: Axes, places: Sequence[int]) -> None:
    """Write the names of some rows slanted and dark: baselines."""
    # panels that share their names with another have no labels
    for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=False):
        if place in places:
            label.set(fontstyle="italic", color=style.BASELINE_COLOR)


def _text(ax: Axes, x: float, y: float, text: str, **look: Any) -> None:
    ax.text(x, y, text, transform=ax.get_yaxis_transform(), va="center", **look)
