"""Matrices of changed answers: networks and baselines against interventions.

A `matrix` is one of `tables.effect_matrix_table`. Numbers are percent on a shade; scenes that are
unlike those of training are hatched in the heads, where no number stands.
"""

from collections.abc import Sequence
from itertools import groupby
from textwrap import fill
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from intensity.figures import style
from intensity.tables.names import title_of

_PALE = 0.55
"""Shares above this are written in white."""

_NOTHING = "#777777"
"""Color of zeros, and of dashes where an intervention does not apply."""

_HATCH: dict[str, Any] = {"facecolor": "white", "edgecolor": "#777777", "hatch": "//////", "lw": 0}
"""How heads look whose scenes are unlike those of training."""

_HEAD = 0.4
"""Height of the hatched heads, in cells."""

_LETTERS = 11
"""Letters in a line of a column's label."""

_ABREAST = 14
"""Networks and baselines that stand side by side, at most."""

_ROW = 0.145
"""Height of a row, in inches."""

_NAMES = 9.0
"""Height of the longest name above a column, in rows: titles stand above it, all at one height."""


@style.styled
def main_effects(matrix: pd.DataFrame, changes: Sequence[str], figure: style.Into = None) -> Figure:
    """Share of changed answers for a few interventions: a block a task, a row a name.

    Args:
        matrix: columns task, name, kind, intervention, label, value (missing where it does not
            apply), unusual (bool).
        changes: the interventions, from the left.
    """
    tasks = _by_task(matrix[matrix["intervention"].isin(changes)])
    sizes = [rows["name"].nunique() for rows in tasks.values()]
    height = 0.155 * sum(sizes) + 0.72 * len(sizes) + 0.8
    fig = style.new_figure(style.PAGE, height, figure)
    axes = fig.subplots(len(tasks), 1, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        names, labels = list(dict.fromkeys(rows["name"])), _labels(rows, changes)
        _cells(ax, _wide(rows, "name", names, "intervention", changes))
        _hatch_heads(ax, rows, changes, "x")
        _name_axis(ax.yaxis, rows, names)
        ax.set_xticks(range(len(changes)), [fill(label, _LETTERS) for label in labels])
        ax.tick_params(length=0, pad=1, top=True, labeltop=True, bottom=False, labelbottom=False)
        networks = rows.loc[rows["kind"] == "network", "name"].nunique()
        ax.axhline(networks - 0.5, color="white", linewidth=2.5)
        ax.set_title(f"trained and tested on {title_of(task)}", fontweight="bold")
    _keys(fig)
    return fig


@style.styled
def effect_matrix(matrix: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Share of changed answers for all interventions: a row each, by groups; a panel a task.

    What applies nowhere is left out.

    Args:
        matrix: columns task, name, kind, group, intervention, label, value (missing where it does
            not apply), unusual (bool).
    """
    chosen = matrix[matrix.groupby("intervention")["value"].transform("count") > 0]
    changes, tasks = list(chosen["intervention"].unique()), _by_task(chosen)
    tiers = _tiers(tasks)
    height = (_ROW * len(changes) + 1.55) * len(tiers) + 0.7
    fig = style.new_figure(style.PAGE, height, figure)
    parts = fig.subfigures(len(tiers), 1, squeeze=False)[:, 0]
    for part, tier in zip(parts, tiers, strict=True):
        widths = [tasks[task]["name"].nunique() + 0.5 for task in tier]
        axes = part.subplots(1, len(tier), squeeze=False, width_ratios=widths)[0]
        for ax, task in zip(axes, tier, strict=True):
            _task_panel(ax, tasks[task], changes)
            ax.set_title(title_of(task), fontweight="bold", y=1 + _NAMES / len(changes))
        axes[0].set_yticks(range(len(changes)), _labels(chosen, changes))
        _group_names(axes[-1], chosen)
    _keys(fig)
    return fig


def _by_task(matrix: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each task, networks first."""
    ordered = matrix.sort_values("kind", kind="stable", ascending=False)
    return {task: ordered[ordered["task"] == task] for task in matrix["task"].unique()}


def _tiers(tasks: dict[str, pd.DataFrame]) -> list[list[str]]:
    """Tasks that stand side by side, in their order."""
    tiers: list[list[str]] = [[]]
    for task in tasks:
        names = pd.concat([tasks[one][["task", "name"]] for one in [*tiers[-1], task]])
        if tiers[-1] and len(names.drop_duplicates()) > _ABREAST:
            tiers.append([])
        tiers[-1].append(task)
    return tiers


def _task_panel(ax: Axes, rows: pd.DataFrame, changes: Sequence[str]) -> None:
    """One task: interventions in rows, names above columns."""
    names = list(dict.fromkeys(rows["name"]))
    _cells(ax, _wide(rows, "intervention", changes, "name", names))
    _hatch_heads(ax, rows, changes, "y")
    ax.set_yticks([])
    look: dict[str, Any] = {"top": True, "labeltop": True, "bottom": False, "labelbottom": False}
    ax.tick_params(axis="x", rotation=90, **look)
    ax.tick_params(length=0, pad=1)
    _name_axis(ax.xaxis, rows, names)  # of the labels that are shown
    networks = rows.loc[rows["kind"] == "network", "name"].nunique()
    ax.axvline(networks - 0.5, color="white", linewidth=2.5)
    for _, first, _ in _groups(rows)[1:]:
        ax.axhline(first - 0.5, color="#555555", linewidth=0.7)


def _wide(
    rows: pd.DataFrame, down: str, index: Sequence[str], across: str, columns: Sequence[str]
) -> np.ndarray:
    """Shares as an array; missing where there is none."""
    table = rows.pivot(index=down, columns=across, values="value")
    return table.reindex(index=list(index), columns=list(columns)).to_numpy(float)


def _cells(ax: Axes, values: np.ndarray) -> None:
    """Shades and percent; what is changed shall be seen first, so zeros are grey."""
    style.picture(ax, 100 * values, "Blues", 0, 100)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        text = "-" if np.isnan(value) else f"{100 * value:.0f}"
        color = "white" if value > _PALE else _NOTHING if text in ("-", "0") else "black"
        ax.text(x, y, text, ha="center", va="center", fontsize=7, color=color)


def _hatch_heads(
    ax: Axes, rows: pd.DataFrame, changes: Sequence[str], along: Literal["x", "y"]
) -> None:
    """Heads of interventions that lead away from the scenes of training, above or left of cells."""
    odd = rows[rows["value"].notna()].groupby("intervention")["unusual"].any()
    for place in (number for number, change in enumerate(changes) if odd.get(change, False)):
        corner, size = ((place - 0.5, -0.5 - _HEAD), (1.0, _HEAD))
        if along == "y":
            corner, size = corner[::-1], size[::-1]
        ax.add_patch(Rectangle(corner, *size, **_HATCH))
    ax.set(**{"ylim" if along == "x" else "xlim": _with_head(ax, along)})


def _with_head(ax: Axes, along: Literal["x", "y"]) -> tuple[float, float]:
    """The limits of the other axis with room for the heads."""
    if along == "x":
        return ax.get_ylim()[0], -0.5 - _HEAD
    return -0.5 - _HEAD, ax.get_xlim()[1]


def _name_axis(axis: Axis, rows: pd.DataFrame, names: Sequence[str]) -> None:
    """Names of networks and baselines; baselines are slanted and dark."""
    axis.set_ticks(range(len(names)), [title_of(name) for name in names])
    kinds = rows.drop_duplicates("name").set_index("name")["kind"]
    for name, label in zip(names, axis.get_ticklabels(), strict=True):
        if kinds[name] == "baseline":
            label.set(fontstyle="italic", color=style.BASELINE_COLOR)


def _labels(matrix: pd.DataFrame, changes: Sequence[str]) -> list[str]:
    labels = matrix.drop_duplicates("intervention").set_index("intervention")["label"]
    return [labels.get(change, change) for change in changes]


def _group_names(ax: Axes, matrix: pd.DataFrame) -> None:
    """The names of the groups of interventions, on the right."""
    beside = ax.secondary_yaxis("right")
    places = {(first + last) / 2: name for name, first, last in _groups(matrix)}
    beside.set_yticks(list(places), list(places.values()))
    beside.tick_params(length=0, pad=3)
    beside.spines["right"].set_visible(False)


def _groups(matrix: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Name, first and last row of every group of interventions."""
    names = list(matrix.drop_duplicates("intervention")["group"])
    found = groupby(range(len(names)), lambda row: names[row])
    rows = [(name, list(group)) for name, group in found]
    return [(name, group[0], group[-1]) for name, group in rows]


def _keys(fig: Figure) -> None:
    """The legend, above all."""
    numbers = style.line_handle("number, shade: share of changed answers (%)", "none")
    hatched = Patch(**_HATCH, label="unlike the scenes of training")
    missing = style.line_handle("does not apply", _NOTHING, "none", "$-$")
    slanted = style.line_handle("slanted: baseline, needs no network", "none")
    style.legend_above(fig, [numbers, slanted, hatched, missing], 2)
