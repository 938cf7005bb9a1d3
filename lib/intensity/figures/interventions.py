"""Figures of what interventions do to answers.

Tables come from `tables.interventions` and `tables.curves`; labels and groups are those of their
rows. Every figure is drawn into `figure` where one is given, else into a new one.
"""

from collections.abc import Sequence
from itertools import cycle, groupby
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.typing import LineStyleType

from intensity.figures.forest import forest
from intensity.figures.style import (
    BASELINE_COLOR,
    PAGE,
    SEEDS_INTERVAL,
    Canvas,
    baseline_handle,
    colors,
    dots,
    figure_of,
    interval_handle,
    legend_above,
    line_handle,
    new_axes,
    new_figure,
    parts,
    picture,
    seed_handle,
    styled,
)

_NAMED = "#0077BB"
"""The baseline that a network is nearest to."""

_REGIONS: tuple[tuple[str, LineStyleType, str], ...] = (
    ("#0077BB", "-", "o"),
    ("#EE7733", (0, (4, 3)), "s"),
    ("#777777", (0, (1, 1.5)), "^"),
)
"""Color, line and marker of regions in order: where two curves are the same, both show."""

_OUTCOMES: dict[str, tuple[str, str, LineStyleType, str]] = {
    "follows": ("follows to the new class", "#0077BB", "-", "o"),
    "kept": ("keeps its answer", "#777777", (0, (4, 3)), "s"),
    "third": ("a third class", "#CC3311", (0, (1, 1.5)), "^"),
}
"""Outcomes of a recoloring: words, color, line and marker of each."""

_RECOLORINGS = {"other_class": "recolored into another class", "same_class": "within the class"}
"""Kinds of recolorings in words."""

_BASELINES: tuple[tuple[str, str, LineStyleType], ...] = (
    ("#0077BB", "D", (0, (4, 2))),
    ("#EE7733", "s", (0, (1, 1.5))),
    ("#009988", "^", (0, (6, 2, 1, 2))),
    ("#CC3311", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#6699CC", "P", (0, (2, 2))),
)
"""Color, marker and line of baselines in order of appearance; none is the grey of keys."""

_BASELINE_INTERVAL = "baseline, 95 % interval over scenes"
"""What is drawn around effects on baselines."""

_PALE = 0.55
"""Shares above this are written in white."""


@styled
def effect_matrix(
    matrix: pd.DataFrame, groups: Sequence[str] | None = None, figure: Canvas | None = None
) -> Figure:
    """Share of changed answers, networks and baselines against interventions.

    Args:
        matrix: columns task, name, kind, group, intervention, label, value (missing where it does
            not apply), unusual (bool).
        groups: of interventions, to draw the columns of these alone; all where None.
        figure: to draw into; else a new one.

    Returns:
        A figure with a network or baseline a row and an intervention a column, tasks one below the
        other, baselines below networks, columns in groups; the share in percent in every cell,
        hatched where scenes are unlike those of training. What applies nowhere is left out.
    """
    chosen = matrix if groups is None else matrix[matrix["group"].isin(groups)]
    chosen = chosen[chosen.groupby("intervention")["value"].transform("count") > 0]
    ordered = chosen.sort_values("kind", kind="stable", ascending=False)
    tasks = {task: ordered[ordered["task"] == task] for task in dict.fromkeys(chosen["task"])}
    sizes = [rows["name"].nunique() for rows in tasks.values()]
    changes = chosen.drop_duplicates("intervention")
    fig = new_figure(PAGE, 0.16 * sum(sizes) + 0.25 * len(sizes) + 2.3, figure)
    axes = fig.subplots(len(tasks), 1, squeeze=False, sharex=True, height_ratios=sizes)[:, 0]
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        shown = _cells(ax, rows, list(changes["intervention"]))
        _borders(ax, rows)
        ax.set_title(f"trained and tested on {task}")
        ax.tick_params(length=0)
    _headings(axes[0], chosen)
    axes[-1].set_xticks(range(len(changes)), list(changes["label"]), rotation=90)
    bar: dict[str, Any] = {"aspect": 50, "location": "top", "pad": 0.01}
    fig.colorbar(shown, ax=axes, label="share of changed answers (%)", **bar)
    hatched = Patch(facecolor="white", edgecolor="#999999", hatch="////")
    hatched.set_label("unlike the scenes of training")
    missing = line_handle("does not apply", "#999999", "none", "$-$")
    slanted = line_handle("slanted: baseline, needs no network", "none")
    legend_above(fig, [hatched, missing, slanted], 3)
    return fig


def _cells(ax: Axes, rows: pd.DataFrame, changes: Sequence[str]) -> Any:
    """One task: colors, numbers and hatching; names of baselines are slanted."""
    names = list(dict.fromkeys(rows["name"]))
    values, odd = (
        rows.pivot(index="name", columns="intervention", values=column)
        .reindex(index=names, columns=list(changes))
        .to_numpy(kind)
        for column, kind in (("value", float), ("unusual", bool))
    )
    shown = picture(ax, 100 * values, "Blues", 0, 100)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        text, color = f"{100 * value:.0f}", "white" if value > _PALE else "black"
        if np.isnan(value):
            text, color = "-", "#777777"
        elif odd[y, x]:
            ax.add_patch(_hatched(x, y, value > _PALE))
        ax.text(x, y, text, ha="center", va="center", fontsize=7, color=color)
    ax.set_yticks(range(len(names)), names)
    baselines = set(rows.loc[rows["kind"] == "baseline", "name"])
    for label in ax.get_yticklabels():
        if label.get_text() in baselines:
            label.set(fontstyle="italic", color=BASELINE_COLOR)
    return shown


def _borders(ax: Axes, rows: pd.DataFrame) -> None:
    """Lines between groups of columns, and a white one between networks and baselines."""
    for _, first, _ in _groups(rows)[1:]:
        ax.axvline(first - 0.5, color="#555555", linewidth=0.7)
    networks = rows.loc[rows["kind"] == "network", "name"].nunique()
    if 0 < networks < rows["name"].nunique():
        ax.axhline(networks - 0.5, color="white", linewidth=2.5)


def _headings(ax: Axes, matrix: pd.DataFrame) -> None:
    """The names of the groups of columns, above them."""
    groups = _groups(matrix)
    above = ax.secondary_xaxis("top")
    middles = [(first + last) / 2 for _, first, last in groups]
    above.set_xticks(middles, [heading for heading, _, _ in groups], fontsize=7)
    above.tick_params(length=0, pad=1)
    above.spines["top"].set_visible(False)


def _groups(matrix: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Heading, first and last column of every group of interventions."""
    headings = list(matrix.drop_duplicates("intervention")["group"])
    found = groupby(range(len(headings)), lambda column: headings[column])
    columns = [(heading, list(group)) for heading, group in found]
    return [(heading, group[0], group[-1]) for heading, group in columns]


def _hatched(x: float, y: float, dark: bool) -> Rectangle:
    """Thin hatching over one cell, lighter where the cell is dark."""
    color = "#DDDDDD" if dark else "#999999"
    look: dict[str, Any] = {"fill": False, "hatch": "////", "edgecolor": color, "linewidth": 0}
    return Rectangle((x - 0.5, y - 0.5), 1, 1, alpha=0.6, **look)


@styled
def fingerprint_distances(
    seeds: pd.DataFrame,
    table: pd.DataFrame,
    interval: str = SEEDS_INTERVAL,
    figure: Canvas | None = None,
) -> Figure:
    """How far every network's effects are from those of each baseline of its task.

    Args:
        seeds: columns task, name, baseline, seed, distance.
        table: columns task, name, baseline, distance, low, high, nearest (bool: named).
        interval: what low and high are.
        figure: to draw into; else a new one.

    Returns:
        A figure with one panel a network, a row a baseline; the title says which one is named, if
        any, and its row is blue.
    """
    groups = dict(iter(table.groupby(["task", "name"], sort=False)))
    sizes = [len(rows) for rows in groups.values()]
    fig = new_figure(PAGE, 0.24 * sum(sizes) + 0.32 * len(groups) + 0.8, figure)
    axes = fig.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, ((task, name), rows) in zip(axes, groups.items(), strict=True):
        own = seeds[(seeds["task"] == task) & (seeds["name"] == name)]
        color = rows["nearest"].map({True: _NAMED, False: BASELINE_COLOR})
        shown = rows.assign(kind="baseline", color=color)
        forest(ax, shown, own, name="baseline", value="distance")
        named = ", ".join(rows.loc[rows["nearest"], "baseline"]) or "none of these"
        ax.set_title(f"{name} on {task}: {named}")
    axes[-1].set_xlabel("distance of effects (root mean square over groups of interventions)")
    axes[-1].set_xlim(left=0)
    nearest = line_handle("baseline that is named", _NAMED, "-", "D")
    other = line_handle(f"mean, {interval}", BASELINE_COLOR, "-", "D")
    legend_above(fig, [nearest, other, seed_handle()], 3)
    return fig


@styled
def recolor_curves(
    seeds: pd.DataFrame,
    table: pd.DataFrame,
    interval: str = SEEDS_INTERVAL,
    figure: Canvas | None = None,
) -> Figure:
    """What becomes of answers when the object is recolored, by the size of the step.

    Args:
        seeds: columns name, recoloring, step, outcome, seed, share.
        table: columns name, recoloring (other_class, same_class), step (grey levels, up to),
            outcome, share, low, high.
        interval: what low and high are.
        figure: to draw into; else a new one.

    Returns:
        A figure with a row a network, recolorings into another and within the same class beside
        each other, one line an outcome.
    """
    names = parts(table, "name")
    fig = new_figure(PAGE, 1.6 * len(names) + 0.85, figure)
    axes = fig.subplots(len(names), 2, sharex=True, sharey=True, squeeze=False)
    for row, (name, rows) in zip(axes, names.items(), strict=True):
        own = seeds[seeds["name"] == name]
        for ax, (kind, words) in zip(row, _RECOLORINGS.items(), strict=True):
            _outcomes(ax, own[own["recoloring"] == kind], rows[rows["recoloring"] == kind])
            ax.set_title(f"{name}, {words}")
        row[0].set_ylabel("share of answers")
    for ax in axes[-1]:
        ax.set_xlabel("recolored by up to (grey levels)")
    handles = [line_handle(*look) for look in _OUTCOMES.values()]
    band = Patch(color="#DDDDDD", label=interval)
    legend_above(fig, [*handles, band, line_handle("open mark: one seed", "none")], 3)
    return fig


def _outcomes(ax: Axes, seeds: pd.DataFrame, rows: pd.DataFrame) -> None:
    """One panel: a line an outcome with its band, and its seeds as open marks."""
    for outcome, (_, color, style, marker) in _OUTCOMES.items():
        part = rows[rows["outcome"] == outcome].sort_values("step")
        x = part["step"].to_numpy()
        ax.fill_between(x, part["low"], part["high"], color=color, alpha=0.2, linewidth=0)
        ax.plot(x, part["share"], color=color, linestyle=style)
        own = seeds[seeds["outcome"] == outcome]
        _open_marks(ax, own["step"], own["share"], color, marker)
    ax.set_ylim(-0.03, 1.03)
    ax.grid(axis="y", color="#EEEEEE")


def _open_marks(ax: Axes, x: pd.Series, y: pd.Series, color: str, marker: str) -> None:
    """Every seed as an open mark of its line's form."""
    look: dict[str, Any] = {"linestyle": "none", "markersize": 2.6, "markeredgewidth": 0.6}
    ax.plot(x, y, marker=marker, markerfacecolor="white", markeredgecolor=color, zorder=6, **look)


@styled
def cue_conflicts(
    table: pd.DataFrame,
    summary: pd.DataFrame,
    effects: Sequence[str],
    interval: str = SEEDS_INTERVAL,
    figure: Canvas | None = None,
) -> Figure:
    """Chosen effects of networks and baselines, one panel an effect.

    Args:
        table: columns task, name, kind, effect, seed, value.
        summary: columns task, name, kind, effect, label, unit, parity, value, low, high.
        effects: in the order of the panels.
        interval: what low and high are for networks.
        figure: to draw into; else a new one.

    Returns:
        A figure with the panels side by side, those of one unit on one scale; rows are networks and
        baselines, named with their task; a dash where one has no such effect.
    """
    shown, table = (
        rows[rows["effect"].isin(effects)].assign(row=rows["name"] + " (" + rows["task"] + ")")
        for rows in (summary, table[table["kind"] == "network"])
    )
    shown["color"] = shown["name"].map(colors(shown["name"]))
    shown.loc[shown["kind"] == "baseline", "color"] = BASELINE_COLOR
    names = list(dict.fromkeys(shown["row"]))
    fig = new_figure(PAGE, 0.2 * len(names) + 1.2, figure)
    axes = fig.subplots(1, len(effects), sharey=True, squeeze=False)[0]
    units: dict[str, list[Axes]] = {}
    for ax, effect in zip(axes, effects, strict=True):
        own = shown[shown["effect"] == effect]
        seeds, about = table[table["effect"] == effect], own.iloc[0]
        forest(ax, own, seeds, name="row", names=names, reference=about["parity"])
        units.setdefault(about["unit"], []).append(ax)
        ax.xaxis.set_major_formatter("{x:g}")  # short, so that labels of narrow panels do not meet
        ax.set_title(about["label"].replace(", ", ",\n", 1))
    for alike in units.values():
        _one_scale(alike)
    fig.supxlabel("share of answers, or difference of accuracies; losses have one scale")
    legend_above(
        fig, [interval_handle(interval, what="network: mean"), baseline_handle(), seed_handle()], 2
    )
    return fig


def _one_scale(axes: Sequence[Axes]) -> None:
    """Let panels have the limits that hold what is in all of them."""
    limits = [ax.get_xlim() for ax in axes]
    for ax in axes:
        ax.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))


@styled
def piece_losses(
    table: pd.DataFrame,
    summary: pd.DataFrame,
    interval: str = SEEDS_INTERVAL,
    ax: Axes | None = None,
) -> Figure:
    """Accuracy lost when the object is cut into pieces and scattered, histogram kept.

    Args:
        table: columns name, kind, side (pixels), seed, value, of one task.
        summary: columns name, kind, side, value, low, high, of one task.
        interval: what low and high are for networks.
        ax: to draw into; else a new one.

    Returns:
        A figure with one axes, one line a network or baseline.
    """
    ax = new_axes(PAGE, 2.7, ax)
    sides = sorted(summary["side"].unique(), reverse=True)
    names, looks = parts(summary, "name"), _piece_lines(summary)
    networks = table[(table["kind"] == "network") & table["side"].isin(sides)]
    for number, (name, rows) in enumerate(names.items()):
        shift = 0.05 * (number - (len(names) - 1) / 2)
        ordered = rows.sort_values("side", ascending=False)
        error = np.abs(ordered[["low", "high"]].to_numpy().T - ordered["value"].to_numpy())
        x = [sides.index(side) + shift for side in ordered["side"]]
        ax.errorbar(x, ordered["value"], error, capsize=0, **looks[name])
        seeds = networks[networks["name"] == name]
        x = [sides.index(side) + shift + 0.02 for side in seeds["side"]]
        dots(ax, x, seeds["value"], looks[name]["color"])
    ax.set_xticks(range(len(sides)), [f"{side} px" for side in sides])
    ax.set(xlabel="side of the pieces", ylabel="accuracy lost\n(share of scenes)")
    ax.grid(axis="y", color="#EEEEEE")
    handles = [
        line_handle(name, look["color"], look["linestyle"], look["marker"])
        for name, look in looks.items()
    ]
    words = (f"filled circles: network's mean, {interval}", f"other marks: {_BASELINE_INTERVAL}")
    keys = [line_handle(text, "none") for text in words]
    legend_above(ax, [*handles, *keys, seed_handle()], 3)
    return figure_of(ax)


def _piece_lines(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How the line of every network and baseline looks."""
    networks = summary.loc[summary["kind"] == "network", "name"]
    look: dict[str, Any] = {"linestyle": "-", "marker": "o"}
    looks = {name: {"color": color, **look} for name, color in colors(networks).items()}
    baselines = summary.loc[summary["kind"] == "baseline", "name"].unique()
    for name, (color, marker, line) in zip(baselines, cycle(_BASELINES)):
        looks[name] = {"color": color, "linestyle": line, "marker": marker}
    return {name: looks[name] for name in summary["name"].unique()}


@styled
def dose_curves(table: pd.DataFrame, figure: Canvas | None = None) -> Figure:
    """Share of changed answers against the number of pixels set to a level of another class.

    Args:
        table: columns name, region, pixels, seed, value, of one task.
        figure: to draw into; else a new one.

    Returns:
        A figure with one panel a name, one line a region through the means over seeds.
    """
    names, looks = parts(table, "name"), dict(zip(parts(table, "region"), cycle(_REGIONS)))
    fig = new_figure(PAGE, 2.4, figure)
    axes = fig.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for ax, (name, rows) in zip(axes, names.items(), strict=True):
        for region, part in parts(rows, "region").items():
            color, line, marker = looks[region]
            mean = part.groupby("pixels")["value"].mean()
            ax.plot(mean.index, mean, color=color, linestyle=line)
            _open_marks(ax, part["pixels"], part["value"], color, marker)
        ax.set(xscale="log", xlabel="pixels changed (logarithmic)", title=name)
        doses = sorted(rows["pixels"].unique())
        ax.set_xticks(doses, [str(count) for count in doses])
        ax.minorticks_off()
        ax.grid(axis="y", color="#EEEEEE")
    axes[0].set_ylabel("share of changed answers")
    handles = [line_handle(region, *look) for region, look in looks.items()]
    legend_above(fig, [*handles, line_handle("line: mean, open mark: one seed", "none")], 4)
    return fig
