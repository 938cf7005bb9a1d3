"""The figure of an audit: the level plane beside the effects of all edits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from intensity.audit.answer import Answer
from intensity.audit.base import Shown, choose_donors
from intensity.audit.registry import CONTROL, EDITS
from intensity.figures import style
from intensity.figures.forest import forest

_UNSEEN: dict[str, Any] = {
    "fill": False, "hatch": "////", "edgecolor": "#FFFFFF", "linewidth": 0, "alpha": 0.7,
}  # fmt: skip
"""How levels are drawn that the data do not have."""
_STRENGTH = 0.8
"""How strong a class color is where all images agree."""
COLUMNS = 4
"""Pictures in a row."""
EXAMPLES = {
    "level": "level", "surround": "surround", "whole": "both", "core": "core",
    "ring": "ring", "edge": "contour", "permuted": "permuted", "shape": "shape",
    "background": "background", "gain_0.8": "x 0.8", "field": "field",
}  # fmt: skip
"""Edits that have a picture."""
USUAL, UNUSUAL, CONTROL_COLOR = "#0077BB", "#EE7733", style.BASELINE_COLOR


@style.styled
def audit_figure(answer: Answer, figure: style.Into = None) -> Figure:
    """The class answered at every level of object and surround, and what each edit changes.

    Args:
        answer: of an audit.
        figure: to draw into; else a new one.
    """
    rows = answer.rows
    height = max(6.0, 0.17 * (len(rows) + rows["group"].nunique()) + 1.0)
    fig = style.new_figure(style.PAGE, height, figure)
    grid = fig.add_gridspec(2, 2, height_ratios=[1.4, 1])
    left, right = fig.add_subplot(grid[0, 0]), fig.add_subplot(grid[:, 1])
    _examples(fig.add_subplot(grid[1, 0]), answer)
    if answer.plane is None:
        left.text(0.5, 0.5, "surrounds are too small", ha="center", va="center")
        left.set_axis_off()
    else:
        _plane(left, answer)
    _effects(right, rows, answer)
    return fig


def figure_data(answer: Answer) -> pd.DataFrame:
    """The numbers behind the figure: one row a mark.

    Returns:
        Columns panel ("plane" or "effects"), object, surround (levels), class, share, edit,
        changed, low, high, unusual.
    """
    rows = answer.rows.assign(panel="effects")
    effects = rows[["panel", "edit", "changed", "low", "high", "unusual"]]
    if answer.plane is None:
        return effects
    plane, names = answer.plane, answer.cases.classes or ("score",)
    grid = np.stack(np.meshgrid(plane.levels, plane.levels, indexing="ij"), axis=-1)
    around, level = grid.reshape(-1, 2).T
    best = plane.share.argmax(axis=-1).ravel()
    points = pd.DataFrame({
        "panel": "plane", "object": level, "surround": around,
        "class": np.array(names)[best], "share": plane.share.max(axis=-1).ravel(),
        "unusual": ~plane.seen.ravel(),
    })  # fmt: skip
    return pd.concat([points, effects], ignore_index=True)


def _plane(ax: Axes, answer: Answer) -> None:
    plane = answer.plane
    assert plane is not None
    size = plane.levels[1] - plane.levels[0]
    edges = np.append(plane.levels, plane.levels[-1] + size) - size / 2
    if answer.scores:
        shown = ax.pcolorfast(edges, edges, plane.share[..., 0], cmap="viridis")
        ax.figure.colorbar(shown, ax=ax, location="top", label="mean score", shrink=0.8)
    else:
        best, share = plane.share.argmax(axis=-1), plane.share.max(axis=-1)
        colors = [
            style.tint(style.class_color(c), _STRENGTH * s)
            for c, s in zip(best.ravel(), share.ravel(), strict=True)
        ]
        ax.pcolorfast(edges, edges, np.array(colors).reshape(*best.shape, 3))
        _legend(ax, sorted(set(best.ravel().tolist())), answer.cases.classes)
    for y, x in np.argwhere(~plane.seen):
        ax.add_patch(Rectangle((edges[x], edges[y]), size, size, **_UNSEEN))
    ax.plot(edges[[0, -1]], edges[[0, -1]], color=style.INK, linewidth=0.7, linestyle=":")
    ax.set(xlim=edges[[0, -1]], ylim=edges[[0, -1]])
    ax.set_aspect("equal")
    ax.set_xlabel(f"level of the object ({answer.cases.unit})")
    ax.set_ylabel(f"level of the surround ({answer.cases.unit})")


def _examples(ax: Axes, answer: Answer) -> None:
    """The case whose answers change most often, as it is and with some edits."""
    cases = answer.cases
    low, high = cases.spread.low.min(), cases.spread.high.max()
    first = np.flatnonzero(cases.names == answer.by_case["image"].iloc[0])[:1]
    shown = Shown(cases, first, choose_donors(cases))
    edits = [row for name in EXAMPLES if (row := EDITS.get(name)) and name in answer.effects]
    pictures = {"as it is": shown.pixels[0]}
    pictures |= {EXAMPLES[row.name]: row(shown).pixels[0] for row in edits}
    for place, (name, pixels) in enumerate(pictures.items()):
        line, column = divmod(place, COLUMNS)
        left, bottom = 1.1 * column, -1.35 * line
        grey = pixels.mean(axis=-1)
        style.picture(ax, grey, "gray", low, high, (left, left + 1, bottom, bottom + 1))
        ax.text(left + 0.5, bottom - 0.04, name, ha="center", va="top", fontsize=6.5)
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal")
    last = (len(pictures) - 1) // COLUMNS
    ax.set(xlim=(0, 1.1 * COLUMNS - 0.1), ylim=(-1.35 * last - 0.25, 1))
    ax.set_title(f"{cases.names[first[0]]} with edits", fontsize=7)


def _legend(ax: Axes, labels: list[int], classes: tuple[str, ...]) -> None:
    """The classes that are answered, what is hatched, and the line of no contrast."""
    handles: list[Any] = [
        Patch(color=style.tint(style.class_color(c), _STRENGTH), label=f"answer: {classes[c]}")
        for c in labels
    ]
    hatched = Patch(facecolor="#888888", edgecolor="white", hatch="////", label="not in the data")
    handles += [hatched, style.line_handle("no contrast", style.INK, ":")]
    ax.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=2)


def _effects(ax: Axes, rows: pd.DataFrame, answer: Answer) -> None:
    """A forest of the effects, controls last."""
    scores, over = answer.scores, "groups" if answer.cases.grouped else "images"
    color = np.where(rows["unusual"], UNUSUAL, USUAL)
    color = np.where(rows["group"] == CONTROL, CONTROL_COLOR, color)
    marker = np.where(rows["unusual"], "X", "o")
    scale = 1 if scores else 100
    value, form = scale * rows["changed"], "{:.2g}" if scores else "{:.0f}"
    shown = rows.assign(
        color=color, marker=marker, value=value, note=value.map(form.format),
        low=scale * rows["low"], high=scale * rows["high"],
    )  # fmt: skip
    forest(ax, shown, name="label", group="group", note="note")
    ax.set_xlabel("mean size of change" if scores else "changed answers (%)")
    ax.set_xlim(left=-0.02 * ax.get_xlim()[1], right=None if scores else 102)
    interval = f"95 % interval over {over}" if rows["low"].notna().any() else "no interval"
    handles = [
        style.line_handle(interval, USUAL, marker="o"),
        style.line_handle("images unlike the data", UNUSUAL, marker="X"),
        style.line_handle(CONTROL, CONTROL_COLOR, marker="o"),
    ]
    ax.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=2)
