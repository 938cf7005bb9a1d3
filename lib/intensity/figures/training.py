"""What networks learned: curves, errors beside those of baselines, where errors lie."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.data.tasks import Band
from intensity.figures import style
from intensity.figures.errors import drawn_errors, error_axis, none_handles, noted_errors
from intensity.figures.forest import forest
from intensity.tables.names import title_of

_SPLITS: dict[Any, dict[str, Any]] = {
    "training": {"linestyle": "--", "linewidth": 0.8},
    "validation": {"linestyle": "-", "linewidth": 1.4},
}
"""How each split looks."""


@style.styled
def learning_curves(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Error while training, one panel a task, one line a seed, a dot where validation ends.

    Args:
        table: columns network, task, seed, images (training images seen), split ("training" or
            "validation"), error, scenes.
    """
    tasks = style.parts(drawn_errors(table), "task")
    fig, axes = style.new_panels(len(tasks), len(tasks), 2.7, 0, figure, sharey=True)
    palette = style.colors(table["network"])
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        for (network, _, split), part in rows.groupby(["network", "seed", "split"], sort=False):
            line = part.sort_values("images")
            x, y = line["images"] / 1000, line["error"]
            ax.plot(x, y, color=palette[network], alpha=0.8, **_SPLITS[split])
            if split == "validation":
                style.dots(ax, x[-1:], y[-1:], palette[network])
        ax.set(title=title_of(task), xlabel="training images seen (thousands)")
    for ax in axes:
        error_axis(ax, "y", "error")
    for ax in axes[1:]:
        ax.set_ylabel("")
    handles = [style.line_handle(name, color) for name, color in palette.items()]
    for split, look in _SPLITS.items():
        handles.append(style.line_handle(split, "#333333", look["linestyle"]))
    style.legend_above(fig, [*handles, style.seed_handle()], 6)
    return fig


@style.styled
def error_overview(
    seeds: pd.DataFrame,
    summary: pd.DataFrame,
    chance: Mapping[str, float],
    figure: style.Into = None,
) -> Figure:
    """Test errors of networks and baselines, at most two panels a row, one a task.

    Args:
        seeds: one row a trained network: columns task, name, error, scenes.
        summary: one row a network or baseline: columns task, name, kind ("network" or
            "baseline"), error, low, high, scenes.
        chance: task -> accuracy of guessing the most frequent class.
    """
    shown, seeds = noted_errors(summary), drawn_errors(seeds)
    tasks = style.parts(shown, "task")
    counts = [len(rows) for rows in tasks.values()]
    most = [max(counts[first : first + 2]) for first in range(0, len(counts), 2)]
    apart = {"wspace": 0.06}  # between the values of one panel and the names of the next
    size: dict[str, Any] = {
        "height": 0.24 * float(np.mean(most)) + 0.35,
        "margin": 0.8,
        "figure": figure,
    }
    shared: dict[str, Any] = {"sharex": True, "height_ratios": most, "gridspec_kw": apart}
    fig, axes = style.new_panels(len(tasks), 2, **size, **shared)
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        own = seeds[seeds["task"] == task]
        forest(ax, rows, own, value="error", reference=1 - chance[task], note="note")
        ax.set_title(title_of(task))
    for ax in axes:
        error_axis(ax, "x", "test error")
        ax.tick_params(labelbottom=True)
    for ax in axes[:-2]:
        ax.set_xlabel("")
    network = style.interval_handle(what="network: mean")
    handles = [network, style.baseline_handle(), style.seed_handle(), style.reference_handle()]
    style.legend_above(fig, [*handles, *none_handles(summary, "x")], 2)
    return fig


@style.styled
def confusion_matrices(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """Which class is taken for which, one panel a network and task.

    Args:
        table: columns network, task, label (true class), predicted (class), share (of the scenes
            of the true class; the shares of a label sum to 1).
    """
    import seaborn as sns

    panel = table["network"] + "\non " + table["task"].map(title_of)
    panels = style.parts(table.assign(panel=panel), "panel")
    fig, axes = style.new_panels(len(panels), 4, 1.9, 0.2, figure)
    look: dict[str, Any] = {"vmin": 0, "vmax": 1, "cmap": "Blues", "cbar": False, "square": True}
    for ax, (title, rows) in zip(axes, panels.items(), strict=True):
        shares = rows.pivot(index="label", columns="predicted", values="share")
        sns.heatmap(shares, ax=ax, annot=True, fmt=".3f", annot_kws={"fontsize": 7}, **look)
        ax.set(xlabel="predicted class", ylabel="true class", title=title)
        ax.tick_params(length=0, rotation=0)
    shown = axes[0].collections[0]
    fig.colorbar(shown, ax=axes, label="share of the true class", ticks=(0, 0.5, 1))
    return fig


@style.styled
def error_over_intensity(
    table: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None
) -> Figure:
    """Where errors lie: their rate at every intensity, one panel a network, each on its own scale.

    Args:
        table: columns network, intensity (grey level), error (share of the test scenes of that
            level), low, high; levels without scenes are left out and break the line.
        bands: dotted lines mark where a class ends.
    """
    networks, palette = style.parts(table, "network"), style.colors(table["network"])
    fig, axes = style.new_panels(len(networks), 1, 1.15, 0.85, figure, sharex=True)
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        style.class_bands(ax, bands)
        style.mark_boundaries(ax, bands)
        _error_line(ax, rows.set_index("intensity"), palette[network])
        ax.set_title(network)
    style.intensity_axis(axes[-1], step=30)
    fig.supylabel("test error (%)")
    curve = style.line_handle(f"error, shaded: {style.SEEDS_INTERVAL}", "#333333")
    boundary = style.line_handle("class boundary", "#333333", ":")
    style.legend_above(fig, [curve, boundary, *style.class_handles(bands)], 5)
    return fig


def _error_line(ax: Axes, rows: pd.DataFrame, color: str) -> None:
    """Error over intensity with its interval; a point without scenes leaves a gap."""
    step = np.diff(rows.index).min()
    levels = np.arange(rows.index.min(), rows.index.max() + step, step)
    rows = rows.reindex(levels)
    ax.fill_between(levels, rows["low"], rows["high"], color=color, alpha=0.3, linewidth=0)
    ax.plot(levels, rows["error"], color=color)
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    ax.set_ylim(0, max(1.05 * rows["high"].max(), 0.01))


@style.styled
def error_by_distance(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """How errors fall with the distance from the nearest class boundary, a line a network.

    Args:
        table: columns network, distance (grey levels), error (share of the test scenes at that
            distance), low, high, scenes.
    """
    ax = style.new_axes(style.PAGE, 2.7, ax)
    looks = style.looks(table["network"])
    for network, rows in style.parts(drawn_errors(table), "network").items():
        x, look = rows["distance"], looks[network]
        ax.fill_between(x, rows["low"], rows["high"], color=look["color"], alpha=0.15, linewidth=0)
        ax.plot(x, rows["error"], **look)
    error_axis(ax, "y", "test error")
    ax.set_xlabel("distance of the intensity from the nearest class boundary (grey levels)")
    networks = [style.line_handle(name, **look) for name, look in looks.items()]
    band = Patch(color="#DDDDDD", label=style.SEEDS_INTERVAL)
    style.legend_above(ax, [*networks, band], 5)
    return style.figure_of(ax)
