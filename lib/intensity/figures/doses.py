"""Curves of changed answers: by the step of a recoloring, the side of pieces, the count of pixels.

Tables come from `tables.interventions` and `tables.responses`.
"""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.typing import LineStyleType

from intensity.figures import style
from intensity.tables.names import title_of

_DARK = 0.55
"""Shares above this are written in white."""

_OUTCOMES: dict[str, tuple[str, str, LineStyleType, str]] = {
    "follows": ("follows to the new class", "#0077BB", "-", "o"),
    "kept": ("keeps its answer", "#777777", (0, (4, 3)), "s"),
    "third": ("a third class", "#CC3311", (0, (1, 1.5)), "^"),
}
"""Outcomes of a recoloring: words, color, line and marker of each."""

_RECOLORINGS = {"other_class": "recolored into another class", "same_class": "within the class"}
"""Kinds of recolorings in words."""

_BASELINE_LOOKS: tuple[tuple[str, str, LineStyleType], ...] = (
    ("#0077BB", "D", (0, (4, 2))),
    ("#EE7733", "s", (0, (1, 1.5))),
    ("#009988", "^", (0, (6, 2, 1, 2))),
    ("#CC3311", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#6699CC", "P", (0, (2, 2))),
)
"""Color, marker and line of baselines in order of appearance; none is the grey of keys."""


@style.styled
def recolor_curves(seeds: pd.DataFrame, table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """What becomes of answers when the object is recolored, by the size of the step.

    Args:
        seeds: columns name, recoloring, step, outcome, seed, share.
        table: columns name, recoloring (other_class, same_class), step (grey levels, up to),
            outcome, share, low, high.
    """
    names = style.parts(table, "name")
    fig = style.new_figure(style.PAGE, 1.6 * len(names) + 0.85, figure)
    axes = fig.subplots(len(names), 2, sharex=True, sharey=True, squeeze=False)
    for row, (name, rows) in zip(axes, names.items(), strict=True):
        own = seeds[seeds["name"] == name]
        for ax, (kind, words) in zip(row, _RECOLORINGS.items(), strict=True):
            _outcomes(ax, own[own["recoloring"] == kind], rows[rows["recoloring"] == kind])
            ax.set_title(f"{name}, {words}")
        row[0].set_ylabel("share of answers")
    for ax in axes[-1]:
        ax.set_xlabel("recolored by up to (grey levels)")
    handles = [style.line_handle(*look) for look in _OUTCOMES.values()]
    band = Patch(color="#DDDDDD", label=style.SEEDS_INTERVAL)
    style.legend_above(fig, [*handles, band, style.line_handle("open mark: one seed", "none")], 3)
    return fig


def _outcomes(ax: Axes, seeds: pd.DataFrame, rows: pd.DataFrame) -> None:
    """One panel: a line an outcome with its band, and its seeds as open marks."""
    for outcome, (_, color, line, marker) in _OUTCOMES.items():
        part = rows[rows["outcome"] == outcome].sort_values("step")
        x = part["step"].to_numpy()
        ax.fill_between(x, part["low"], part["high"], color=color, alpha=0.2, linewidth=0)
        ax.plot(x, part["share"], color=color, linestyle=line)
        own = seeds[seeds["outcome"] == outcome]
        _open_marks(ax, own["step"], own["share"], color, marker)
    ax.set_ylim(-0.03, 1.03)
    ax.grid(axis="y", color="#EEEEEE")


def _open_marks(ax: Axes, x: pd.Series, y: pd.Series, color: str, marker: str) -> None:
    look: dict[str, Any] = {"linestyle": "none", "markersize": 2.6, "markeredgewidth": 0.6}
    ax.plot(x, y, marker=marker, markerfacecolor="white", markeredgecolor=color, zorder=6, **look)


@style.styled
def piece_losses(table: pd.DataFrame, summary: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Accuracy lost when the object is cut into pieces and scattered, histogram kept.

    Args:
        table: columns name, kind, side (pixels), seed, value, of one task.
        summary: columns name, kind, side, value, low, high, of one task.
    """
    ax = style.new_axes(style.PAGE, 2.7, ax)
    sides = sorted(summary["side"].unique(), reverse=True)
    names, looks = style.parts(summary, "name"), _piece_lines(summary)
    networks = table[(table["kind"] == "network") & table["side"].isin(sides)]
    for number, (name, rows) in enumerate(names.items()):
        shift = 0.05 * (number - (len(names) - 1) / 2)
        ordered = rows.sort_values("side", ascending=False)
        error = np.abs(ordered[["low", "high"]].to_numpy().T - ordered["value"].to_numpy())
        x = [sides.index(side) + shift for side in ordered["side"]]
        ax.errorbar(x, ordered["value"], error, capsize=0, **looks[name])
        seeds = networks[networks["name"] == name]
        x = [sides.index(side) + shift + 0.02 for side in seeds["side"]]
        style.dots(ax, x, seeds["value"], looks[name]["color"])
    ax.set_xticks(range(len(sides)), [f"{side} px" for side in sides])
    ax.set(xlabel="side of the pieces", ylabel="accuracy lost\n(share of scenes)")
    ax.grid(axis="y", color="#EEEEEE")
    handles = [style.line_handle(title_of(name), *look.values()) for name, look in looks.items()]
    means = style.line_handle(f"filled circles: network's mean, {style.SEEDS_INTERVAL}", "none")
    others = style.line_handle("other marks: baseline, 95 % interval over scenes", "none")
    style.legend_above(ax, [*handles, means, others, style.seed_handle()], 3)
    return style.figure_of(ax)


def _piece_lines(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How the line of every network and baseline looks."""
    networks = summary.loc[summary["kind"] == "network", "name"]
    look: dict[str, Any] = {"linestyle": "-", "marker": "o"}
    looks = {name: {"color": color, **look} for name, color in style.colors(networks).items()}
    baselines = summary.loc[summary["kind"] == "baseline", "name"].unique()
    for name, (color, marker, line) in zip(baselines, cycle(_BASELINE_LOOKS)):
        looks[name] = {"color": color, "linestyle": line, "marker": marker}
    return {name: looks[name] for name in summary["name"].unique()}


@style.styled
def share_curves(
    seeds: pd.DataFrame,
    table: pd.DataFrame,
    x: str,
    label: str,
    equal: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Shares of answers against a number, a line an outcome.

    Args:
        seeds: columns outcome (in words), `x`, share.
        table: the same, with low and high.
        x: the column of the number, for example "distance".
        label: of its axis.
        equal: what 1 means where the number is a ratio; then its axis is logarithmic.
    """
    ax = style.new_axes(style.PAGE, 2.5, ax)
    looks = style.lines(table["outcome"])
    for outcome, (color, line, marker) in looks.items():
        part, own = (rows[rows["outcome"] == outcome].sort_values(x) for rows in (table, seeds))
        ax.fill_between(part[x], part["low"], part["high"], color=color, alpha=0.2, linewidth=0)
        ax.plot(part[x], part["share"], color=color, linestyle=line)
        _open_marks(ax, own[x], own["share"], color, marker)
    ax.set(xlabel=label, ylabel="share of answers", ylim=(-0.03, 1.03))
    ax.grid(axis="y", color="#EEEEEE")
    handles: list[Artist] = [style.line_handle(name, *look) for name, look in looks.items()]
    handles.append(Patch(color="#DDDDDD", label=style.SEEDS_INTERVAL))
    handles.append(style.line_handle("open mark: one seed", "none"))
    if equal:
        ax.set_xscale("log")
        ratios = sorted(table[x].unique())
        ax.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios])
        ax.minorticks_off()
        style.reference_line(ax, 1)
        handles.append(style.reference_handle(equal))
    style.legend_above(ax, handles, 3)
    return style.figure_of(ax)


@style.styled
def pixel_grid(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Share of changed answers by the number of changed pixels and where they lie.

    Args:
        table: columns name (a panel each), region, pixels, changed (share; missing where no scene
            has so many).
    """
    names = style.parts(table, "name")
    fig, axes = style.new_panels(len(names), 2, 1.5, 0.5, figure)
    for ax, (name, rows) in zip(axes, names.items(), strict=True):
        grid = rows.pivot(index="region", columns="pixels", values="changed")
        grid = grid.loc[list(style.parts(rows, "region"))]
        style.picture(ax, 100 * grid.to_numpy(), "Blues", 0, 100)
        ax.set_aspect("auto")
        for (y, x), value in np.ndenumerate(grid.to_numpy()):
            text = "-" if np.isnan(value) else f"{100 * value:.1f}"
            color = "white" if value > _DARK else "black"
            ax.text(x, y, text, ha="center", va="center", fontsize=8, color=color)
        ax.set_xticks(range(grid.shape[1]), [str(count) for count in grid.columns])
        ax.set_yticks(range(len(grid)), list(grid.index))
        ax.tick_params(length=0)
        ax.set_title(name)
    fig.supxlabel("pixels at a level of another class")
    return fig


@style.styled
def dose_dots(seeds: pd.DataFrame, table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Share of changed answers by the number of pixels set to a level of another class.

    Doses stand side by side, without lines: nothing was measured between them.

    Args:
        seeds: columns name, region, pixels, seed, value, of one task.
        table: columns name, region, pixels, value (mean over seeds), low, high.
    """
    names, regions = style.parts(table, "name"), style.lines(table["region"])
    doses = sorted(table["pixels"].unique())
    fig, axes = style.new_panels(len(names), len(names), 2.5, 0, figure, sharey=True)
    for ax, (name, rows) in zip(axes, names.items(), strict=True):
        for number, (region, (color, _, marker)) in enumerate(regions.items()):
            shift = 0.24 * (number - (len(regions) - 1) / 2)
            for row in style.records(rows[rows["region"] == region]):
                x, ends = doses.index(row["pixels"]) + shift, (row["low"], row["high"])
                style.estimate(ax, x, row["value"], ends, color, marker, upright=True)
            own = seeds[(seeds["name"] == name) & (seeds["region"] == region)]
            style.dots(ax, own["pixels"].map(doses.index) + shift + 0.08, own["value"], color)
        ax.set_xticks(range(len(doses)), [f"{dose} px" for dose in doses])
        ax.set(xlabel="pixels changed", title=name, xlim=(-0.5, len(doses) - 0.5))
        ax.grid(axis="y", color="#EEEEEE")
    axes[0].set_ylabel("share of changed answers")
    handles = [
        style.line_handle(region, color, "none", marker)
        for region, (color, _, marker) in regions.items()
    ]
    marks = [style.interval_handle(marker="|"), style.seed_handle()]
    style.legend_above(fig, [*handles, *marks], 5)
    return fig
