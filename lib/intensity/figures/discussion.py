"""The figure of the claims: how far each lies from its threshold, and the verdict."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.figures import style
from intensity.values import InvalidInput

_YES, _NO, _OPEN = ("#0077BB", "o"), ("#CC3311", "s"), ("#666666", "D")
_LOOKS = {
    **{"reproduced": _YES, "holds": _YES},
    **{"not reproduced": _NO, "does not hold": _NO},
    "undecided": _OPEN,
}
"""Color and marker of each verdict: of the paper's claims, and of ours."""

_LEGEND = {"reproduced, holds": _YES, "not reproduced, does not hold": _NO, "undecided": _OPEN}

_MOST = 10.0
"""Distances from a threshold beyond this, in half intervals, are drawn at the edge, as arrows."""

_WIDTH = 40
"""Letters in a line of a part's words, of which there are two at most."""

_WANTED = "#E6F0F6"
"""Color of the side of the threshold where claims put their intervals."""

_SOURCES = {"P": "the paper's claims", "R": "our claims, real images"}
"""Headings by the first letter of a claim's id; other claims are ours, too."""


@style.styled
def claims_overview(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Every claim in a line: how far the part that is the least sure lies from its threshold.

    The unit of the axis is half the part's interval, so that all claims share it: every interval is
    2 long, and a part holds if all of it is right of 0.

    Args:
        table: one row a part, parts of a claim together: columns claim (its id), claim_verdict,
            part (the measurement in words), value, low, high (the interval that decides; both
            equal to value where it is exact), text (value and interval for people), threshold,
            limit (the threshold for people), side ("lower" if the lower end of the interval has to
            pass the threshold, else "upper"), verdict (of the part).

    Raises:
        InvalidInput: no claim was judged.
    """
    if table.empty:
        raise InvalidInput("claims: none is allowed: one that was judged, or more")
    rows = least_sure(table)
    heads = rows["claim"].str[0].map(_SOURCES).fillna("our claims")
    number = heads.ne(heads.shift()).cumsum()  # of the list, from 1 on
    y = (rows.index + 1.3 * number).to_list()
    ax = style.new_axes(style.PAGE, 0.25 * (max(y) + 1) + 0.8, ax)
    ax.axvspan(0, _MOST + 2, color=_WANTED, linewidth=0, zorder=0)
    ax.axvline(0, color="#222222", linewidth=1)
    for place, row in zip(y, style.records(rows), strict=True):
        _line(ax, place, row)
    above = ax.get_yaxis_transform()
    for first in number.drop_duplicates().index:
        ax.text(-0.02, y[first] - 1, heads[first], transform=above, ha="right", va="center",
                fontweight="bold", fontsize=8)  # fmt: skip
    ax.set_yticks(y, [_label(row) for row in style.records(rows)], fontsize=7)
    ax.set(xlim=(-_MOST - 0.7, _MOST + 0.7), ylim=(max(y) + 0.8, -0.2))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("value minus threshold, towards the claimed side (in half intervals)")
    verdicts = [style.line_handle(v, c, marker=m) for v, (c, m) in _LEGEND.items()]
    wanted = Patch(color=_WANTED, label="the side claimed")
    far = style.line_handle("farther than the axis", "#222222", "none", ">")
    style.legend_above(ax, [*verdicts, wanted, far], 3)
    return style.figure_of(ax)


def least_sure(table: pd.DataFrame) -> pd.DataFrame:
    """One part of every claim: the one whose interval is the least far on the claimed side.

    Args:
        table: as for `claims_overview`.

    Returns:
        Its rows, with columns parts (how many the claim has), and low, value and high as distances
        from the threshold towards the claimed side in half intervals (`start`, `middle`, `end`).
    """
    sign = table["side"].map({"lower": 1.0, "upper": -1.0})
    half = (table["high"] - table["low"]) / 2
    half = half.where(half > 0, np.finfo(float).tiny)
    low, high = (sign * (table[name] - table["threshold"]) / half for name in ("low", "high"))
    placed = table.assign(
        start=low.where(low < high, high),
        end=high.where(low < high, low),
        middle=sign * (table["value"] - table["threshold"]) / half,
        parts=table.groupby("claim")["claim"].transform("size"),
    )
    return placed.loc[placed.groupby("claim", sort=False)["start"].idxmin()].reset_index(drop=True)


def _line(ax: Axes, place: float, row: Mapping[str, Any]) -> None:
    """One claim: interval and value, or an arrow, and what was measured beside it."""
    color, marker = _LOOKS[row["verdict"]]
    middle = float(np.clip(row["middle"], -_MOST, _MOST))
    if abs(row["middle"]) > _MOST:
        marker = ">" if row["middle"] > 0 else "<"
    else:
        ends = np.clip([row["start"], row["end"]], -_MOST - 0.7, _MOST + 0.7)
        ax.plot(ends, [place, place], color=color, linewidth=1.5)
    ax.plot(middle, place, marker, color=color, markersize=4)
    sign = "at least" if row["side"] == "lower" else "at most"
    words = f"{row['text']}\n{sign} {row['limit']}: {row['claim_verdict']}"
    ax.text(1.02, place, words, color=color, transform=ax.get_yaxis_transform(), va="center",
            fontsize=7)  # fmt: skip


def _label(row: Mapping[str, Any]) -> str:
    """The claim's id and the part in words, shortened where there is no room."""
    more = f" (1 of {row['parts']})" if row["parts"] > 1 else ""
    words = f"{row['claim']}: {row['part']}{more}"
    return fill(words, _WIDTH, max_lines=2, placeholder=" ..." + more)
