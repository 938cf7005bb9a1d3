"""Figures of what interventions do to answers.

Tables come from `tables.interventions`; labels and groups are those of their rows.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from intensity.figures import style
from intensity.figures.forest import forest
from intensity.tables.names import title_of

_NAMED = "#0077BB"
"""The baseline that a network is nearest to."""

_PALE = 0.55
"""Shares above this are written in white."""

_NOTHING = "#777777"
"""Color of zeros, and of dashes where an intervention does not apply."""


@style.styled
def effect_matrix(matrix: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Share of changed answers: a network or baseline a row, an intervention a column.

    Cells are hatched where scenes are unlike those of training; what applies nowhere is left out.

    Args:
        matrix: columns task, name, kind, group, intervention, label, value (missing where it does
            not apply), unusual (bool).
    """
    chosen = matrix[matrix.groupby("intervention")["value"].transform("count") > 0]
    ordered = chosen.sort_values("kind", kind="stable", ascending=False)
    tasks = {task: ordered[ordered["task"] == task] for task in dict.fromkeys(chosen["task"])}
    sizes = [rows["name"].nunique() for rows in tasks.values()]
    changes = chosen.drop_duplicates("intervention")
    fig = style.new_figure(style.PAGE, 0.16 * sum(sizes) + 0.25 * len(sizes) + 2.3, figure)
    axes = fig.subplots(len(tasks), 1, squeeze=False, sharex=True, height_ratios=sizes)[:, 0]
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        shown = _cells(ax, rows, list(changes["intervention"]))
        _borders(ax, rows)
        ax.set_title(f"trained and tested on {title_of(task)}")
        ax.tick_params(length=0)
    _headings(axes[0], chosen)
    axes[-1].set_xticks(range(len(changes)), list(changes["label"]), rotation=90)
    bar: dict[str, Any] = {"aspect": 50, "location": "top", "pad": 0.01}
    fig.colorbar(shown, ax=axes, label="share of changed answers (%)", **bar)
    hatched = Patch(facecolor="white", edgecolor="#999999", hatch="////")
    hatched.set_label("unlike the scenes of training")
    missing = style.line_handle("does not apply", "#999999", "none", "$-$")
    slanted = style.line_handle("slanted: baseline, needs no network", "none")
    style.legend_above(fig, [hatched, missing, slanted], 3)
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
    shown = style.picture(ax, 100 * values, "Blues", 0, 100)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        text, color = f"{100 * value:.0f}", "white" if value > _PALE else "black"
        if text == "0" or np.isnan(value):  # what is changed shall be seen first
            color = _NOTHING
        if np.isnan(value):
            text = "-"
        elif odd[y, x]:
            ax.add_patch(_hatched(x, y, value > _PALE))
        ax.text(x, y, text, ha="center", va="center", fontsize=7, color=color)
    ax.set_yticks(range(len(names)), [title_of(name) for name in names])
    baselines = {title_of(name) for name in rows.loc[rows["kind"] == "baseline", "name"]}
    for label in ax.get_yticklabels():
        if label.get_text() in baselines:
            label.set(fontstyle="italic", color=style.BASELINE_COLOR)
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
    places = {(first + last) / 2: heading for heading, first, last in _groups(matrix)}
    above = ax.secondary_xaxis("top")
    above.set_xticks(list(places), list(places.values()), fontsize=7)
    above.tick_params(length=0, pad=1)
    above.spines["top"].set_visible(False)


def _groups(matrix: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Heading, first and last column of every group of interventions."""
    headings = list(matrix.drop_duplicates("intervention")["group"])
    found = groupby(range(len(headings)), lambda column: headings[column])
    columns = [(heading, list(group)) for heading, group in found]
    return [(heading, group[0], group[-1]) for heading, group in columns]


def _hatched(x: float, y: float, dark: bool) -> Rectangle:
    color = "#DDDDDD" if dark else "#999999"
    look: dict[str, Any] = {"fill": False, "hatch": "////", "edgecolor": color, "linewidth": 0}
    return Rectangle((x - 0.5, y - 0.5), 1, 1, alpha=0.6, **look)


@style.styled
def fingerprint_distances(
    seeds: pd.DataFrame, table: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """How far every network's effects are from those of each baseline of its task, a panel each.

    The title says which baseline is named, if any, and in which intervention the network is least
    like it; its row is blue.

    Args:
        seeds: columns task, name, baseline, seed, distance.
        table: columns task, name, baseline, distance, low, high, nearest (bool: named), unlike (the
            intervention in which the two differ most), own, other (shares changed of both).
    """
    groups = dict(iter(table.groupby(["task", "name"], sort=False)))
    sizes = [len(rows) for rows in groups.values()]
    fig = style.new_figure(style.PAGE, 0.24 * sum(sizes) + 0.32 * len(groups) + 0.8, figure)
    axes = fig.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, ((task, name), rows) in zip(axes, groups.items(), strict=True):
        own = seeds[(seeds["task"] == task) & (seeds["name"] == name)]
        color = rows["nearest"].map({True: _NAMED, False: style.BASELINE_COLOR})
        shown = rows.assign(kind="baseline", color=color)
        forest(ax, shown, own, name="baseline", value="distance")
        named = [_nearest(row) for row in style.records(rows[rows["nearest"]])]
        ax.set_title(f"{name} on {title_of(task)}: {', '.join(named) or 'none of these'}")
    axes[-1].set_xlabel("distance of effects (root mean square over groups of interventions)")
    axes[-1].set_xlim(left=0)
    nearest = style.line_handle("baseline that is named", _NAMED, "-", "D")
    other = style.line_handle(f"mean, {style.SEEDS_INTERVAL}", style.BASELINE_COLOR, "-", "D")
    style.legend_above(fig, [nearest, other, style.seed_handle()], 3)
    return fig


def _nearest(row: dict[str, Any]) -> str:
    """A baseline that is named, and what speaks against it."""
    shares = f"{100 * row['own']:.0f} against {100 * row['other']:.0f} %"
    return f"nearest {title_of(row['baseline'])}; unlike it: {row['unlike']} ({shares})"


@style.styled
def cue_conflicts(
    table: pd.DataFrame, summary: pd.DataFrame, effects: Sequence[str], figure: style.Into = None
) -> Figure:
    """Chosen effects of networks and baselines, one panel an effect, those of a unit on one scale.

    Args:
        table: columns task, name, kind, effect, seed, value.
        summary: columns task, name, kind, effect, label, unit, parity, value, low, high.
        effects: in the order of the panels.
    """
    shown, table = (
        rows[rows["effect"].isin(effects)].assign(
            row=rows["name"].map(title_of) + " (" + rows["task"] + ")"
        )
        for rows in (summary, table[table["kind"] == "network"])
    )
    shown["color"] = shown["name"].map(style.colors(shown["name"]))
    shown.loc[shown["kind"] == "baseline", "color"] = style.BASELINE_COLOR
    names = list(dict.fromkeys(shown["row"]))
    fig = style.new_figure(style.PAGE, 0.2 * len(names) + 1.2, figure)
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
    network = style.interval_handle(what="network: mean")
    style.legend_above(fig, [network, style.baseline_handle(), style.seed_handle()], 2)
    return fig


def _one_scale(axes: Sequence[Axes]) -> None:
    limits = [ax.get_xlim() for ax in axes]
    for ax in axes:
        ax.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))
