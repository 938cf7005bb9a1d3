"""Real images: patches and what is changed in them, level planes, edits by mask and the truth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.data.tissue import TISSUES
from intensity.figures import style
from intensity.figures.data import image_grid
from intensity.figures.forest import named_rows

_STRENGTH = 0.8
"""How strong a class color is where all images agree."""
_OUTLINE = "#EE7733"
_MASK, _EXACT = "#0077BB", "#EE7733"
"""Colors of edits by mask, and of exact rendering."""


@style.styled
def patch_examples(
    images: np.ndarray,
    objects: np.ndarray,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    figure: style.Into = None,
) -> Figure:
    """Patches in rows, what is changed in columns; the first column shows the mask's outline.

    Args:
        images: (rows * columns, h, w) grey levels, row by row.
        objects: (rows, h, w) bool, the masks.
        row_labels, column_labels: as for `image_grid`.
    """
    fig = image_grid(images, row_labels, column_labels, figure)
    for ax, mask in zip(fig.axes[:: len(column_labels)], objects, strict=False):
        ax.contour(mask, levels=[0.5], colors=_OUTLINE, linewidths=0.8)
    return fig


@style.styled
def level_planes(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """The tissue answered for every level of object and surround, a panel a network.

    Args:
        table: of `tables.mask_plane_table`.
    """
    networks = style.parts(table, "network")
    shared = {"sharex": True, "sharey": True}
    fig, axes = style.new_panels(len(networks), len(networks), 1.75, 0.75, figure, **shared)
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        levels = np.unique(rows["object"])
        both = zip(rows["class"], rows["share"], strict=True)
        colors = [style.tint(style.class_color(label), _STRENGTH * share) for label, share in both]
        half = (levels[1] - levels[0]) / 2
        edges = np.append(levels - half, levels[-1] + half)
        grid = (len(levels), len(levels))
        ax.pcolorfast(edges, edges, np.array(colors).reshape(*grid, 3))
        unseen = ~rows["seen"].to_numpy().reshape(grid)
        if unseen.any():
            ends = np.repeat(edges, 2)[1:-1]  # of every cell, so that whole cells are hatched
            cells = np.kron(unseen, np.ones((2, 2)))
            ax.contourf(ends, ends, cells, levels=[0.5, 1.5], colors="none", hatches=["////"])
        ax.plot(edges[[0, -1]], edges[[0, -1]], color=style.INK, linewidth=0.7, linestyle=":")
        ax.set(xlim=edges[[0, -1]], ylim=edges[[0, -1]], title=network)
        ax.set_aspect("equal")
    axes[0].set_ylabel("level of the surround")
    fig.supxlabel("level of the object (grey level)")
    handles: list[Any] = [
        Patch(color=style.tint(style.class_color(label), _STRENGTH), label=TISSUES[label])
        for label in sorted(set(table["class"]))
    ]
    hatched = Patch(facecolor="white", edgecolor="#555555", hatch="////", label="not in the data")
    handles += [hatched, style.line_handle("no contrast", style.INK, ":")]
    style.legend_above(fig, handles, len(handles))
    return fig


@style.styled
def mask_effects(summary: pd.DataFrame, figure: style.Into = None) -> Figure:
    """What edits by mask change, beside the same changes rendered exactly; a panel a network.

    Args:
        summary: of `tables.mask_effect_summary`.
    """
    networks = style.parts(summary, "network")
    labels = list(dict.fromkeys(summary["label"]))
    height = 0.17 * len(labels) + 0.5
    fig, axes = style.new_panels(len(networks), len(networks), height, 0.4, figure, sharey=True)
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        named_rows(ax, labels)
        for row in style.records(rows):
            y, ends = labels.index(row["label"]), (100 * row["low"], 100 * row["high"])
            marker = "X" if row["unusual"] else "o"
            style.estimate(ax, 100 * row["changed"], y, ends, _MASK, marker)
            ax.plot(100 * row["exact"], y, marker="D", color=_EXACT, markersize=6,
                    markerfacecolor="none", linestyle="none", zorder=6)  # fmt: skip
        ax.set(xlim=(-4, 104), title=network, xticks=(0, 50, 100))
    fig.supxlabel("changed answers (%)")
    handles = [
        style.line_handle("by mask: mean and range of seeds", _MASK, marker="o"),
        style.line_handle("likewise, images unlike the data", _MASK, marker="X"),
        style.line_handle("rendered again", _EXACT, "none", "D"),
    ]
    handles[-1].set_markerfacecolor("none")
    style.legend_above(fig, handles, len(handles))
    return fig
