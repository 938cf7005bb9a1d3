"""The figure of the claims: every measurement beside its threshold, and the verdict."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intensity.figures import style

_YES, _NO, _OPEN = ("#0077BB", "o"), ("#CC3311", "s"), ("#666666", "D")
_LOOKS = {
    **{"reproduced": _YES, "holds": _YES},
    **{"not reproduced": _NO, "does not hold": _NO},
    "undecided": _OPEN,
}
"""Color and marker of each verdict: of the paper's claims, and of ours."""

_LEGEND = {"reproduced, holds": _YES, "not reproduced, does not hold": _NO, "undecided": _OPEN}

_WIDTH = 48
"""Letters in a line of a part's words."""

_WANTED = "#E6F0F6"
"""Color of the side of the threshold where the claim puts the interval."""


@style.styled
def claims_overview(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Every part of every claim on an axis of its own: value, interval, threshold, verdict.

    Axes have different units and are not to be compared; each shows whether its interval lies
    wholly on the side of the threshold that the claim names (shaded).

    Args:
        table: one row a part, parts of a claim together: columns claim (its id), claim_verdict,
            part (the measurement in words), value, low, high (the interval that decides; both
            equal to value where it is exact), text (value and interval for people), seeds (tuple
            of values, empty where there are none), threshold, limit (the threshold for people),
            side ("lower" if the lower end of the interval has to pass the threshold, else
            "upper"), verdict (of the part; "reproduced", "not reproduced" or "undecided" of the
            paper's claims, "holds", "does not hold" or "undecided" of ours).
    """
    fig = style.new_figure(style.PAGE, 0.42 * len(table) + 0.65, figure)
    axes = fig.subplots(len(table), 1, squeeze=False)[:, 0]
    first = ~table["claim"].duplicated()
    for ax, row, new in zip(axes, style.records(table), first, strict=True):
        _part(ax, row)
        _words(ax, row, new)
    verdicts = [style.line_handle(v, c, marker=m) for v, (c, m) in _LEGEND.items()]
    threshold = style.line_handle("threshold (shaded: the side claimed)", "#222222", "none", "|")
    threshold.set_markersize(9)
    line = style.line_handle("interval that decides", "#222222")
    style.legend_above(fig, [*verdicts, style.seed_handle(), line, threshold], 3)
    return fig


def _part(ax: Axes, row: Mapping[str, Any]) -> None:
    """One measurement with its interval and its seeds, beside its threshold."""
    color, marker = _LOOKS[row["verdict"]]
    low, high = _limits(row)
    wanted = (row["threshold"], high) if row["side"] == "lower" else (low, row["threshold"])
    ax.axvspan(*wanted, color=_WANTED, linewidth=0, zorder=0)
    ax.axvline(row["threshold"], color="#222222", linewidth=1)
    style.estimate(ax, row["value"], 0.6, (row["low"], row["high"]), color, marker)
    style.dots(ax, row["seeds"], [0.15] * len(row["seeds"]), color)
    ax.set(xlim=(low, high), ylim=(-0.15, 1.05), yticks=[])
    ax.set_xticks([row["threshold"]], [row["limit"]])
    ax.tick_params(axis="x", length=2, pad=1)
    ax.spines["left"].set_visible(False)


def _limits(row: Mapping[str, Any]) -> tuple[float, float]:
    marks = [row["low"], row["high"], row["threshold"], row["value"], *row["seeds"]]
    room = 0.15 * (max(marks) - min(marks)) or 0.01
    return min(marks) - room, max(marks) + room


def _words(ax: Axes, row: Mapping[str, Any], new: bool) -> None:
    """The claim at its first part; the measured number and the verdict beside every part."""
    name = f"{row['claim']}: {row['part']}" if new else row["part"]
    ax.set_ylabel(fill(name, _WIDTH), rotation=0, ha="right", va="center", fontsize=7)
    color, words = _LOOKS[row["verdict"]][0], f"{row['text']}\n{row['verdict']}"
    ax.text(1.02, 0.5, words, color=color, transform=ax.transAxes, va="center", fontsize=7)
