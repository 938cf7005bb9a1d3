"""Figures of what interventions do to answers."""

from collections.abc import Sequence
from itertools import cycle, groupby
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.typing import LineStyleType

from intensity.figures.forest import named_rows
from intensity.figures.style import (
    BASELINE_COLOR,
    PAGE,
    SEEDS_INTERVAL,
    colors,
    dots,
    estimate,
    interval_handle,
    legend_above,
    line_handle,
    new_figure,
    parts,
    picture,
    records,
    seed_handle,
    styled,
)

CHANGES = {
    "recolor_other_class": "recolored, other class",
    "recolor_same_class": "recolored, same class",
    "recolor": "recolored, any level",
    "core_recolored": "core recolored",
    "ring_recolored": "ring recolored",
    "cover_core": "core covered, 20 px",
    "cover_edge": "edge covered, 20 px",
    "cover_outside": "outside covered, 20 px",
    "pieces_8": "in pieces of 8 px",
    "pieces_4": "in pieces of 4 px",
    "pieces_2": "in pieces of 2 px",
    "pieces_1": "in single pixels",
    "shape_swapped": "other shape",
    "moved": "moved",
    "resized": "other size",
    "object_removed": "object removed",
    "noise_removed": "noise removed",
    "random_background": "other background",
    "offset": "all levels + 20",
    "gain": "all levels x 0.8",
    "distractor_recolored": "distractor recolored",
    **{
        f"pixels_{count}_{region}": f"{count} px changed, {region}"
        for count in (1, 10, 40)
        for region in ("core", "edge", "outside")
    },
    "edge_only": "edge only",
    "blurred": "blurred",
}
"""Interventions in words for people."""

REGION_COLORS = {"core": "#0077BB", "edge": "#EE7733", "outside": "#777777"}
"""One color a region of a scene."""

_REGION_LOOKS: dict[str, tuple[LineStyleType, str]] = {
    "core": ("-", "o"),
    "edge": ((0, (4, 3)), "s"),
    "outside": ((0, (1, 1.5)), "^"),
}
"""One line and marker a region: where two curves are the same, both show."""

_OUTCOMES: dict[str, tuple[str, str, LineStyleType, str]] = {
    "follows": ("follows to the new class", "#0077BB", "-", "o"),
    "kept": ("keeps its answer", "#777777", (0, (4, 3)), "s"),
    "third": ("a third class", "#CC3311", (0, (1, 1.5)), "^"),
}
"""Outcomes of a recoloring: words, color, line and marker of each."""

_RECOLORINGS = {"other_class": "recolored into another class", "same_class": "within the class"}
"""Kinds of recolorings in words."""

_READER_LOOKS: tuple[tuple[str, str, LineStyleType], ...] = (
    ("#0077BB", "D", (0, (4, 2))),
    ("#EE7733", "s", (0, (1, 1.5))),
    ("#009988", "^", (0, (6, 2, 1, 2))),
    ("#CC3311", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#6699CC", "P", (0, (2, 2))),
)
"""Color, marker and line of readers in the order of their appearance; none is the grey of keys."""

_LOSSES = ("loss_core", "loss_edge", "loss_outside", "loss_core_edge")
"""Effects that are compared with each other, and have one scale."""

_READER_INTERVAL = "reader, 95 % interval over scenes"
"""What is drawn around readers' effects."""

_PALE = 0.55
"""Shares above this are written in white."""


@styled
def effect_matrix(matrix: pd.DataFrame) -> Figure:
    """Share of changed answers, networks and readers against interventions.

    Args:
        matrix: columns task, name, kind, group, intervention, value (missing where it does not
            apply), unusual (bool).

    Returns:
        A figure with a network or reader a row and an intervention a column, tasks one below the
        other, readers below networks, columns in groups; the share in percent in every cell,
        hatched where scenes are unlike those of training. What applies nowhere is left out.
    """
    matrix = matrix[matrix.groupby("intervention")["value"].transform("count") > 0]
    tasks = parts(matrix.sort_values("kind", kind="stable"), "task")
    tasks = {task: tasks[task] for task in dict.fromkeys(matrix["task"])}
    names = {task: list(dict.fromkeys(rows["name"])) for task, rows in tasks.items()}
    changes = list(dict.fromkeys(matrix["intervention"]))
    sizes = [len(rows) for rows in names.values()]
    fig = new_figure(PAGE, 0.16 * sum(sizes) + 0.25 * len(sizes) + 2.3)
    axes = fig.subplots(len(tasks), 1, squeeze=False, sharex=True, height_ratios=sizes)[:, 0]
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        shown = _cells(ax, rows, names[task], changes)
        _borders(ax, rows)
        ax.set_title(f"trained and tested on {task}")
        ax.tick_params(length=0)
    _headings(axes[0], matrix)
    axes[-1].set_xticks(range(len(changes)), [CHANGES[change] for change in changes], rotation=90)
    bar: dict[str, Any] = {
        "label": "share of changed answers (%)",
        "aspect": 50,
        "location": "top",
        "pad": 0.01,
    }
    fig.colorbar(shown, ax=axes, **bar)
    hatched = Patch(facecolor="white", edgecolor="#999999", hatch="////")
    hatched.set_label("unlike the scenes of training")
    missing = line_handle("does not apply", "#999999", "none", "$-$")
    slanted = line_handle("slanted: reader, needs no network", "none")
    legend_above(fig, [hatched, missing, slanted], 3)
    return fig


def _cells(ax: Axes, rows: pd.DataFrame, names: Sequence[str], changes: Sequence[str]) -> Any:
    """One task: colors, numbers and hatching; readers' names are slanted."""
    values, odd = (
        rows.pivot(index="name", columns="intervention", values=column)
        .reindex(index=list(names), columns=list(changes))
        .to_numpy(kind)
        for column, kind in (("value", float), ("unusual", bool))
    )
    shown = picture(ax, 100 * values, "Blues", 0, 100)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        if np.isnan(value):
            ax.text(x, y, "-", ha="center", va="center", fontsize=7, color="#777777")
            continue
        color = "white" if value > _PALE else "black"
        ax.text(x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=7, color=color)
        if odd[y, x]:
            ax.add_patch(_hatched(x, y, value > _PALE))
    readers = set(rows.loc[rows["kind"] == "reader", "name"])
    ax.set_yticks(range(len(names)), names)
    for label in ax.get_yticklabels():
        if label.get_text() in readers:
            label.set(fontstyle="italic", color=BASELINE_COLOR)
    return shown


def _borders(ax: Axes, rows: pd.DataFrame) -> None:
    """Lines between groups of columns, and a white one between networks and readers."""
    for _, first, _ in _groups(rows)[1:]:
        ax.axvline(first - 0.5, color="#555555", linewidth=0.7)
    networks = rows.loc[rows["kind"] == "network", "name"].nunique()
    if 0 < networks < rows["name"].nunique():
        ax.axhline(networks - 0.5, color="white", linewidth=2.5)


def _headings(ax: Axes, matrix: pd.DataFrame) -> None:
    """The names of the groups of columns, above them."""
    groups = _groups(matrix)
    middles = [(first + last) / 2 for _, first, last in groups]
    above = ax.secondary_xaxis("top")
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
    seeds: pd.DataFrame, table: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """How far every network's effects are from those of each reader of its task.

    Args:
        seeds: columns task, name, reader, seed, distance.
        table: columns task, name, reader, distance, low, high, nearest (bool: named).
        interval: what low and high are.

    Returns:
        A figure with one panel a network, a row a reader; the title says which one is named, if
        any, and its row is blue.
    """
    groups = dict(iter(table.groupby(["task", "name"], sort=False)))
    sizes = [len(rows) for rows in groups.values()]
    fig = new_figure(PAGE, 0.24 * sum(sizes) + 0.32 * len(groups) + 0.8)
    axes = fig.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, ((task, name), rows) in zip(axes, groups.items(), strict=True):
        _reader_rows(ax, seeds[(seeds["task"] == task) & (seeds["name"] == name)], rows)
        named = ", ".join(rows.loc[rows["nearest"], "reader"]) or "none of these"
        ax.set_title(f"{name} on {task}: {named}")
    axes[-1].set_xlabel("distance of effects (root mean square over groups of interventions)")
    axes[-1].set_xlim(left=0)
    nearest = line_handle("reader that is named", "#0077BB", "-", "D")
    other = line_handle(f"mean, {interval}", BASELINE_COLOR, "-", "D")
    legend_above(fig, [nearest, other, seed_handle()], 3)
    return fig


def _reader_rows(ax: Axes, seeds: pd.DataFrame, rows: pd.DataFrame) -> None:
    """One network: a row a reader, its mean distance with interval, the seeds below."""
    named_rows(ax, list(rows["reader"]))
    for y, row in enumerate(records(rows)):
        color = "#0077BB" if row["nearest"] else BASELINE_COLOR
        estimate(ax, row["distance"], y, (row["low"], row["high"]), color, "D")
        own = seeds.loc[seeds["reader"] == row["reader"], "distance"]
        dots(ax, own, [y + 0.3] * len(own), color)


@styled
def recolor_outcomes(
    seeds: pd.DataFrame, table: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """What becomes of answers when the object is recolored, by the size of the step.

    Args:
        seeds: columns name, recoloring, step, outcome, seed, share.
        table: columns name, recoloring (other_class, same_class), step (grey levels, up to),
            outcome, share, low, high.
        interval: what low and high are.

    Returns:
        A figure with a row a network, recolorings into another and within the same class beside
        each other, one line an outcome.
    """
    names = parts(table, "name")
    fig = new_figure(PAGE, 1.6 * len(names) + 0.85)
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
    open_marks = line_handle("open mark: one seed", "none")
    legend_above(fig, [*handles, band, open_marks], 3)
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
    """Every seed as an open mark, whose form tells its line."""
    look: dict[str, Any] = {"linestyle": "none", "markersize": 2.6, "markeredgewidth": 0.6}
    ax.plot(x, y, marker=marker, markerfacecolor="white", markeredgecolor=color, zorder=6, **look)


@styled
def cue_conflicts(
    table: pd.DataFrame,
    summary: pd.DataFrame,
    words: dict[str, str],
    interval: str = SEEDS_INTERVAL,
) -> Figure:
    """Chosen effects of networks and readers, one panel an effect.

    Args:
        table: columns task, name, effect, seed, value.
        summary: columns task, name, kind, effect, value, low, high.
        words: effects in the order of the panels, and each in words; may hold line breaks.
        interval: what low and high are for networks.

    Returns:
        A figure with the panels side by side, losses on one scale; rows are networks and readers,
        named with their task; a dash where one has no such effect.
    """
    shown = summary[summary["effect"].isin(words)]
    rows = list(dict.fromkeys(zip(shown["task"], shown["name"], strict=True)))
    fig = new_figure(PAGE, 0.2 * len(rows) + 1.2)
    axes = fig.subplots(1, len(words), sharey=True, squeeze=False)[0]
    named_rows(axes[0], [f"{name} ({task})" for task, name in rows])
    for ax, (effect, title) in zip(axes, words.items(), strict=True):
        _effect_rows(ax, table[table["effect"] == effect], shown[shown["effect"] == effect], rows)
        parity = effect.startswith("core_share")
        ax.axvline(0.5 if parity else 0.0, color="#999999", linewidth=0.8)
        ax.grid(axis="y", color="#EEEEEE")
        ax.tick_params(axis="y", length=0)
        ax.xaxis.set_major_formatter("{x:g}")  # short, so that labels of narrow panels do not meet
        ax.set_title(title)
    _one_scale([ax for ax, effect in zip(axes, words, strict=True) if effect in _LOSSES])
    fig.supxlabel("share of answers, or difference of accuracies; losses have one scale")
    reader = line_handle(_READER_INTERVAL, BASELINE_COLOR, marker="D")
    legend_above(fig, [interval_handle(interval, what="network: mean"), reader, seed_handle()], 2)
    return fig


def _one_scale(axes: Sequence[Axes]) -> None:
    """Let panels have the limits that hold what is in all of them."""
    limits = [ax.get_xlim() for ax in axes]
    for ax in axes:
        ax.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))


def _effect_rows(
    ax: Axes, table: pd.DataFrame, summary: pd.DataFrame, rows: Sequence[tuple[str, str]]
) -> None:
    """One effect: every network and reader that has it, in its row, and a dash in the others."""
    palette = colors(summary["name"])
    have = set(zip(summary["task"], summary["name"], strict=True))
    for y in (y for y, row in enumerate(rows) if row not in have):
        place: dict[str, Any] = {
            "transform": ax.get_yaxis_transform(),
            "ha": "center",
            "va": "center",
        }
        ax.text(0.5, y, "-", color="#999999", **place)
    for row in records(summary):
        y, reader = rows.index((row["task"], row["name"])), row["kind"] == "reader"
        color = BASELINE_COLOR if reader else palette[row["name"]]
        estimate(ax, row["value"], y, (row["low"], row["high"]), color, "D" if reader else "o")
        own = (table["task"] == row["task"]) & (table["name"] == row["name"])
        if not reader:
            values = table.loc[own, "value"]
            dots(ax, values, [y + 0.28] * len(values), color)


@styled
def pieces(table: pd.DataFrame, summary: pd.DataFrame, interval: str = SEEDS_INTERVAL) -> Figure:
    """Accuracy lost when the object is cut into pieces and scattered, histogram kept.

    Args:
        table: columns name, side (pixels), seed, value: networks' seeds, of one task.
        summary: columns name, kind, side, value, low, high, of one task.
        interval: what low and high are for networks.

    Returns:
        A figure with one axes, one line a network or reader.
    """
    fig = new_figure(PAGE, 2.7)
    ax = fig.subplots()
    sides = sorted(summary["side"].unique(), reverse=True)
    names, looks = parts(summary, "name"), _piece_lines(summary)
    for number, (name, rows) in enumerate(names.items()):
        shift = 0.05 * (number - (len(names) - 1) / 2)
        _lost(ax, rows, sides, shift, looks[name])
        seeds = table[(table["name"] == name) & table["side"].isin(sides)]
        x = [sides.index(side) + shift + 0.02 for side in seeds["side"]]
        dots(ax, x, seeds["value"], looks[name]["color"])
    ax.set_xticks(range(len(sides)), [f"{side} px" for side in sides])
    ax.set(xlabel="side of the pieces", ylabel="accuracy lost\n(share of scenes)")
    ax.grid(axis="y", color="#EEEEEE")
    handles = [
        line_handle(name, look["color"], look["linestyle"], look["marker"])
        for name, look in looks.items()
    ]
    words = (f"filled circles: network's mean, {interval}", f"other marks: {_READER_INTERVAL}")
    keys = [line_handle(text, "none") for text in words]
    legend_above(fig, [*handles, *keys, seed_handle()], 3)
    return fig


def _piece_lines(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How the line of every network and reader looks."""
    networks = summary.loc[summary["kind"] == "network", "name"]
    look: dict[str, Any] = {"linestyle": "-", "marker": "o"}
    looks = {name: {"color": color, **look} for name, color in colors(networks).items()}
    readers = summary.loc[summary["kind"] == "reader", "name"].unique()
    for name, (color, marker, line) in zip(readers, cycle(_READER_LOOKS)):
        looks[name] = {"color": color, "linestyle": line, "marker": marker}
    return {name: looks[name] for name in summary["name"].unique()}


def _lost(
    ax: Axes, rows: pd.DataFrame, sides: Sequence[int], shift: float, look: dict[str, Any]
) -> None:
    """The line of one network or reader, a little beside the others."""
    ordered = rows.sort_values("side", ascending=False)
    x = [sides.index(side) + shift for side in ordered["side"]]
    error = np.abs(ordered[["low", "high"]].to_numpy().T - ordered["value"].to_numpy())
    ax.errorbar(x, ordered["value"], error, capsize=0, **look)


@styled
def dose_curves(table: pd.DataFrame) -> Figure:
    """Share of changed answers against the number of pixels set to a level of another class.

    Args:
        table: columns name, region, pixels, seed, value, of one task.

    Returns:
        A figure with one panel a name, one line a region through the means over seeds.
    """
    names = parts(table, "name")
    fig = new_figure(PAGE, 2.4)
    axes = fig.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for ax, (name, rows) in zip(axes, names.items(), strict=True):
        for region, part in parts(rows, "region").items():
            color, (line, marker) = REGION_COLORS[region], _REGION_LOOKS[region]
            mean = part.groupby("pixels")["value"].mean()
            ax.plot(mean.index, mean, color=color, linestyle=line)
            _open_marks(ax, part["pixels"], part["value"], color, marker)
        ax.set(xscale="log", xlabel="pixels changed (logarithmic)", title=name)
        doses = sorted(rows["pixels"].unique())
        ax.set_xticks(doses, [str(count) for count in doses])
        ax.minorticks_off()
        ax.grid(axis="y", color="#EEEEEE")
    axes[0].set_ylabel("share of changed answers")
    handles = [
        line_handle(region, color, *_REGION_LOOKS[region])
        for region, color in REGION_COLORS.items()
    ]
    keys = line_handle("line: mean, open mark: one seed", "none")
    legend_above(fig, [*handles, keys], 4)
    return fig
