"""Errors on logarithmic axes, on which accuracies that crowd at one can be told apart.

A table has exact errors, and `scenes`, on how many each was counted. An error of 0 has no place on
such an axis: it is drawn at half a scene, as a triangle that points to less; ends of intervals
below half a scene are drawn there too.
"""

import math
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from intensity.figures import style
from intensity.units import FRACTION, UNITS

NONE = {"x": "<", "y": "v"}
"""Marker of an error of 0, by the axis that it is drawn along."""

_TICKS = 30
"""More ticks than any axis has, so that none is left out."""

_SUBS = {10.0: (1, 2, 3, 5, 7), 100.0: (1, 2, 5), math.inf: (1,)}
"""Where in every decade an axis has ticks, by the ratio of its ends up to which it has them."""


def drawn_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Errors, and low and high where they are columns, no lower than half a scene."""
    names = [name for name in ("error", "low", "high") if name in table]
    return table.assign(**{name: table[name].clip(0.5 / table["scenes"]) for name in names})


def noted_errors(table: pd.DataFrame, **looks: Any) -> pd.DataFrame:
    """The same as rows of a forest plot: with column note, the exact error for people, and marker.

    Args:
        table: columns error, low, high, scenes and, for `forest`, kind.
    """
    note = [UNITS[FRACTION].format(error, 2 if error else None) for error in table["error"]]
    kinds = table.get("kind", pd.Series("", table.index))
    marker = kinds.map({"baseline": "D"}).fillna("o").mask(table["error"] == 0, NONE["x"])
    return drawn_errors(table).assign(note=note, marker=marker, **looks)


def error_axis(ax: Axes, which: Literal["x", "y"], label: str) -> None:
    """Let an axis be a logarithmic one of errors in percent; after all is drawn.

    Args:
        ax: whose numbers are shares, 0..1.
        which: x or y.
        label: what is wrong of what, for example "test error".
    """
    ax.set(**{f"{which}scale": "log", f"{which}label": f"{label} (%, logarithmic)"})
    axis, (low, high) = (ax.xaxis, ax.get_xlim()) if which == "x" else (ax.yaxis, ax.get_ylim())
    ax.set(**{f"{which}lim": (low, min(high, 1.0))})
    subs = next(subs for ratio, subs in _SUBS.items() if high < ratio * low)
    axis.set_major_locator(LogLocator(subs=subs, numticks=_TICKS))
    axis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    axis.set_minor_formatter(NullFormatter())
    ax.grid(axis=which, color="#EEEEEE")


def none_handles(table: pd.DataFrame, which: Literal["x", "y"]) -> list[Line2D]:
    """Legend entries of errors of 0, if there are any in the table."""
    handle = style.line_handle("no error: at half a scene", "#333333", "none", NONE[which])
    return [handle] if (table["error"] == 0).any() else []
