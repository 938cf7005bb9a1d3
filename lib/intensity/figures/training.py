"""Figures of what the networks learned: curves, accuracies beside readers, where errors sit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import LineStyleType

from intensity.data.tasks import LEVELS, Band
from intensity.figures.forest import named_rows
from intensity.figures.style import (
    BASELINE_COLOR,
    PAGE,
    SEEDS_INTERVAL,
    class_bands,
    class_handles,
    colors,
    dots,
    estimate,
    intensity_axis,
    interval_handle,
    legend_above,
    line_handle,
    new_figure,
    parts,
    records,
    reference_handle,
    reference_line,
    seed_handle,
    styled,
)

_SPLITS: dict[str, tuple[LineStyleType, float]] = {
    "training": ("--", 0.8),
    "validation": ("-", 1.4),
}
"""Line style and width of each split."""


@styled
def learning_curves(table: pd.DataFrame) -> Figure:
    """Accuracy while training, one panel a task, one line a seed, a dot where validation ends.

    Args:
        table: columns network, task, seed, images (training images seen), split ("training" or
            "validation"), accuracy.

    Returns:
        A figure with one panel a task, in the table's order.
    """
    tasks = parts(table, "task")
    fig = new_figure(PAGE, 2.7)
    axes = fig.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    palette = colors(table["network"])
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        for network, runs in parts(rows, "network").items():
            for run in parts(runs, "seed").values():
                _learning_curve(ax, run, palette[network])
        ax.set(title=task, xlabel="training images seen (thousands)", ylim=(0, 1.03))
    axes[0].set_ylabel("accuracy (share of images)")
    handles = [line_handle(name, color) for name, color in palette.items()]
    splits = [line_handle(split, "#333333", style) for split, (style, _) in _SPLITS.items()]
    legend_above(fig, [*handles, *splits, seed_handle()], 6)
    return fig


def _learning_curve(ax: Axes, run: pd.DataFrame, color: str) -> None:
    """Both splits of one seed."""
    for split, (style, width) in _SPLITS.items():
        part = run[run["split"] == split].sort_values("images")
        x, y = part["images"] / 1000, part["accuracy"]
        ax.plot(x, y, style, color=color, linewidth=width, alpha=0.8)
        if split == "validation":
            dots(ax, x[-1:], y[-1:], color)


@styled
def accuracy_overview(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    chance: Mapping[str, float],
    interval: str = SEEDS_INTERVAL,
) -> Figure:
    """Test accuracy of networks and readers, one panel a task, with chance; values beside it.

    Args:
        runs: one row a trained network: columns task, name, seed, accuracy.
        summary: one row a network or reader: columns task, name, kind ("network" or "reader"),
            accuracy, low, high.
        chance: task -> accuracy of guessing the most frequent class.
        interval: what low and high are for networks; readers' are Wilson's over scenes.

    Returns:
        A figure with at most two panels a row, one a task; rows in the summary's order.
    """
    tasks = parts(summary, "task")
    fig, axes = _task_panels([len(rows) for rows in tasks.values()])
    for ax, (task, rows) in zip(axes, tasks.items(), strict=True):
        _accuracy_panel(ax, runs[runs["task"] == task], rows)
        reference_line(ax, chance[task])
        ax.set_title(task)
    for ax in axes[-2:]:
        ax.set_xlabel("test accuracy (share of images)")
    network = interval_handle(interval, what="network: mean")
    reader = line_handle("reader, 95 % interval over scenes (Wilson)", BASELINE_COLOR, marker="D")
    legend_above(fig, [network, reader, seed_handle(), reference_handle()], 2)
    return fig


def _task_panels(counts: Sequence[int]) -> tuple[Figure, list[Axes]]:
    """A figure with at most two panels a row, as high as the names that they hold need."""
    columns = min(2, len(counts))
    most = [max(counts[start : start + columns]) for start in range(0, len(counts), columns)]
    fig = new_figure(PAGE, 0.24 * sum(most) + 0.35 * len(most) + 0.8)
    apart = {"wspace": 0.06}  # between the values of one panel and the names of the next
    grid = fig.subplots(len(most), columns, squeeze=False, height_ratios=most, gridspec_kw=apart)
    axes = list(grid.flat)
    for ax in axes[len(counts) :]:
        ax.remove()
    return fig, axes[: len(counts)]


def _accuracy_panel(ax: Axes, runs: pd.DataFrame, summary: pd.DataFrame) -> None:
    """The networks and readers of one task."""
    names = list(summary["name"])
    palette = colors(names)
    named_rows(ax, names)
    for y, row in enumerate(records(summary)):
        reader = row["kind"] == "reader"
        color = BASELINE_COLOR if reader else palette[row["name"]]
        ends = (row["low"], row["high"])
        estimate(ax, row["accuracy"], y, ends, color, "D" if reader else "o")
        values = runs.loc[runs["name"] == row["name"], "accuracy"]
        dots(ax, values, [y + 0.25] * len(values), color)
        ax.text(1.06, y, f"{row['accuracy']:.3f}", va="center", fontsize=7)
    ax.set_xlim(0, 1.03)


@styled
def confusion_matrices(table: pd.DataFrame) -> Figure:
    """Which class is taken for which, one panel a network and task.

    Args:
        table: columns network, task, label (true class), predicted (class), share (of the scenes
            of the true class; the shares of a label sum to 1).

    Returns:
        A figure with at most four panels a row, in the table's order.
    """
    panels = parts(table.assign(panel=table["network"] + "\non " + table["task"]), "panel")
    columns = min(4, len(panels))
    lines = -(-len(panels) // columns)
    fig = new_figure(PAGE, 1.9 * lines + 0.2)
    axes = fig.subplots(lines, columns, squeeze=False)
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    for ax, (title, rows) in zip(axes.flat, panels.items(), strict=False):
        _confusion(ax, rows.pivot(index="label", columns="predicted", values="share"))
        ax.set_title(title)
    shown = axes.flat[0].collections[0]
    fig.colorbar(shown, ax=axes, label="share of the true class", ticks=(0, 0.5, 1))
    return fig


def _confusion(ax: Axes, shares: pd.DataFrame) -> None:
    """One matrix with its numbers."""
    import seaborn as sns

    look: dict[str, Any] = {"vmin": 0, "vmax": 1, "cmap": "Blues", "cbar": False, "square": True}
    sns.heatmap(shares, ax=ax, annot=True, fmt=".3f", annot_kws={"fontsize": 7}, **look)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.tick_params(length=0, rotation=0)


@styled
def accuracy_by_intensity(
    table: pd.DataFrame, bands: Sequence[Band], interval: str = SEEDS_INTERVAL
) -> Figure:
    """Where errors sit: accuracy at every intensity, in front of the classes.

    Args:
        table: columns network, intensity (grey level), accuracy (share of the test scenes of that
            level), low, high; levels without scenes are left out and break the line.
        bands: the task's bands; dotted lines mark where a class ends.
        interval: what low and high are; drawn as a shaded area.

    Returns:
        A figure with one panel a network, one below the other.
    """
    networks = parts(table, "network")
    fig = new_figure(PAGE, 1.25 * len(networks) + 0.85)
    axes = fig.subplots(len(networks), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        class_bands(ax, bands)
        _mark_boundaries(ax, bands)
        _accuracy_line(ax, rows.set_index("intensity"), colors(networks)[network])
        ax.set_title(network)
    intensity_axis(axes[-1], step=30)
    curve = line_handle("accuracy, shaded: " + interval, "#333333")
    boundary = line_handle("class boundary", "#333333", ":")
    legend_above(fig, [curve, boundary, *class_handles(bands)], 5)
    return fig


def _mark_boundaries(ax: Axes, bands: Sequence[Band]) -> None:
    """A dotted line at both ends of every band of a class, half-way to the next level."""
    ends = {end for low, high, label in bands if label is not None for end in (low, high + 1)}
    for end in sorted(ends - {0, LEVELS}):
        ax.axvline(end - 0.5, color="#333333", linestyle=":", linewidth=0.8, zorder=1)


def _accuracy_line(ax: Axes, rows: pd.DataFrame, color: str) -> None:
    """Accuracy over intensity with its interval; a point without scenes leaves a gap."""
    step = np.diff(rows.index).min()
    levels = np.arange(rows.index.min(), rows.index.max() + step, step)
    rows = rows.reindex(levels)
    ax.fill_between(levels, rows["low"], rows["high"], color=color, alpha=0.3, linewidth=0)
    ax.plot(levels, rows["accuracy"], color=color)
    ax.set(ylim=(-0.03, 1.03), ylabel="accuracy\n(share of scenes)")
