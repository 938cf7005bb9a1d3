"""Figures of the data: what the classes are, what the images look like, what needs no network."""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Patch

from intensity.data.tasks import LEVELS, Task
from intensity.figures.forest import named_rows
from intensity.figures.style import (
    BASELINE_COLOR,
    PAGE,
    SCENES_INTERVAL,
    class_bands,
    class_color,
    class_handles,
    colors,
    estimate,
    grey_picture,
    intensity_axis,
    interval_handle,
    legend_above,
    line_handle,
    new_figure,
    new_panels,
    parts,
    records,
    reference_handle,
    reference_line,
    styled,
)

_NOT_DRAWN: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "#BBBBBB",
    "hatch": "/////",
    "linewidth": 0,
}
"""How levels look that no object has."""
PANELS = 4
"""Most panels side by side."""
TITLE = 20
"""Most letters in one line of their titles."""


@styled
def intensity_functions(tasks: Sequence[Task]) -> Figure:
    """The class of every grey level, one row a task, over a ramp of the grey levels themselves.

    Args:
        tasks: from top to bottom.

    Returns:
        A figure whose last axes is the ramp; levels that no object has are hatched.
    """
    fig = new_figure(PAGE, 0.62 * len(tasks) + 0.95)
    ratios = [*[1.0] * len(tasks), 0.22]
    *rows, ramp = fig.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
    for ax, task in zip(rows, tasks, strict=True):
        _intensity_function(ax, task)
    ramp.imshow(np.arange(LEVELS)[None], extent=(-0.5, LEVELS - 0.5, 0, 1), aspect="auto")
    ramp.set_yticks([])
    intensity_axis(ramp, step=30)
    fig.supylabel("class", y=0.53)
    bands = [band for task in tasks for band in task.bands]
    legend_above(fig, [*class_handles(bands), Patch(**_NOT_DRAWN, label="not drawn")], 7)
    return fig


def _intensity_function(ax: Axes, task: Task) -> None:
    """One task's classes as steps in front of their bands."""
    class_bands(ax, task.bands)
    for low, high, label in task.bands:
        if label is not None:
            ax.hlines(label, low - 0.5, high + 0.5, color=class_color(label), linewidth=3)
    for low, high in _gaps(task.levels):
        ax.axvspan(low - 0.5, high + 0.5, zorder=3, **_NOT_DRAWN)
    ax.set_yticks(range(task.classes))
    ax.set_ylim(-0.6, task.classes - 0.4)
    ax.set_ylabel(task.name, rotation=0, ha="right", va="center")
    ax.tick_params(axis="x", which="both", length=0)


def _gaps(levels: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last level of every run of levels that are not drawn."""
    absent = ~np.isin(np.arange(LEVELS), levels)
    turns = np.flatnonzero(np.diff(np.concatenate(([False], absent, [False])).astype(int)))
    for low, after in turns.reshape(-1, 2).tolist():
        yield low, after - 1


@styled
def image_grid(
    images: np.ndarray, row_labels: Sequence[str], column_labels: Sequence[str]
) -> Figure:
    """Images in rows and columns, all on the same scale of grey levels 0..255.

    Args:
        images: (rows, columns, h, w) uint8, grey levels.
        row_labels: one a row, left of it; may hold line breaks.
        column_labels: one a column, above it.

    Returns:
        A figure with a bar that shows the grey scale.
    """
    rows, columns = images.shape[:2]
    side = min(1.0, 5.0 / columns)
    fig = new_figure(PAGE, rows * (side + 0.08) + 0.25)
    axes = fig.subplots(rows, columns, squeeze=False)
    for (row, column), ax in np.ndenumerate(axes):
        shown = grey_picture(ax, images[row, column])
        if row == 0:
            ax.set_title(column_labels[column], loc="center")
        if column == 0:
            ax.set_ylabel(row_labels[row], rotation=0, ha="right", va="center")
    ticks = range(0, 256, 51)
    fig.colorbar(shown, ax=axes, label="grey level", aspect=10 * rows, ticks=ticks)
    return fig


@styled
def class_balance(table: pd.DataFrame, interval: str = SCENES_INTERVAL) -> Figure:
    """How often each class is drawn, beside how often it should be; one panel a task.

    Args:
        table: columns task, class, expected (share), share, low, high.
        interval: what low and high are.

    Returns:
        A figure with one panel a task, in the table's order.
    """
    tasks = parts(table, "task")
    fig = new_figure(PAGE, 2.1)
    axes = fig.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    for ax, (task, shares) in zip(axes, tasks.items(), strict=True):
        _class_shares(ax, shares)
        ax.set_title(task)
    axes[0].set_ylim(0, None)
    axes[0].set_ylabel("share of scenes")
    expected = line_handle("expected", "#333333", style="none", marker="_")
    expected.set_markersize(12)
    legend_above(fig, [interval_handle(interval, what="drawn"), expected])
    return fig


def _class_shares(ax: Axes, table: pd.DataFrame) -> None:
    """One task's shares by class, with expected values as long ticks."""
    for row in records(table):
        x = row["class"]
        ax.plot(x, row["expected"], "_", color="#333333", markersize=24)
        estimate(ax, x, row["share"], (row["low"], row["high"]), class_color(x), upright=True)
    ax.set_xticks(sorted(table["class"]))
    ax.set_xlim(-0.6, table["class"].max() + 0.6)
    ax.set_xlabel("class")


@styled
def reader_accuracy(table: pd.DataFrame, interval: str = SCENES_INTERVAL) -> Figure:
    """How often each reader is right, one panel a condition, beside chance.

    Args:
        table: columns reader, condition (for example "hard"), accuracy, low, high, chance; a
            reader may lack a condition.
        interval: what low and high are.

    Returns:
        A figure with one panel a condition, at most four side by side, and one row a reader, in
        the table's order.
    """
    conditions = parts(table, "condition")
    readers = list(dict.fromkeys(table["reader"]))
    height = 0.17 * len(readers) + 0.35
    fig, axes = new_panels(len(conditions), PANELS, height, 0.75, sharex=True, sharey=True)
    for ax, (condition, rows) in zip(axes, conditions.items(), strict=True):
        _reader_panel(ax, rows, readers)
        ax.set_title(fill(condition.replace("_", " "), TITLE))
    fig.supxlabel("accuracy (share of scenes read right)")
    legend_above(fig, [interval_handle(interval, "D", "accuracy"), reference_handle()])
    return fig


def _reader_panel(ax: Axes, table: pd.DataFrame, readers: list[str]) -> None:
    """The readers under one condition."""
    named_rows(ax, readers)
    for row in records(table):
        y = readers.index(row["reader"])
        estimate(ax, row["accuracy"], y, (row["low"], row["high"]), BASELINE_COLOR, "D")
    reference_line(ax, float(table["chance"].iloc[0]))
    ax.set_xlim(0, 1.06)


@styled
def permutation_effect(
    images: np.ndarray, table: pd.DataFrame, interval: str = "95 % interval over scenes"
) -> Figure:
    """What permuting the pixels keeps (the histogram) and what it destroys (neighborhoods).

    Args:
        images: (n, h, w) uint8, grey levels: the same scene as it is and permuted.
        table: one row an image, in that order: columns image (its name), histogram_difference
            (pixels by which its histogram differs from the first image's), neighbor_correlation
            (of grey levels of neighboring pixels, -1..1), low, high.
        interval: what low and high are.

    Returns:
        A figure: images on top; their histograms and the correlations below.
    """
    names = list(table["image"])
    fig = new_figure(PAGE, 4.3)
    top, bottom = fig.subfigures(2, 1, squeeze=False, height_ratios=(1.15, 1))[:, 0]
    _named_images(top, images, names)
    left, right = bottom.subplots(1, 2, width_ratios=(1.7, 1))
    _histograms(left, images, table)
    for y, row in enumerate(records(table)):
        x, ends = row["neighbor_correlation"], (row["low"], row["high"])
        estimate(right, x, y, ends, colors(names)[row["image"]])
    named_rows(right, names)
    right.axvline(0, color="#999999", linewidth=0.8)
    right.set(xlim=(min(-0.05, table["low"].min() - 0.05), 1.05))
    right.set_xlabel(f"correlation of neighboring pixels\n(mean, {interval})")
    return fig


def _named_images(fig: FigureBase, images: np.ndarray, names: list[str]) -> None:
    """Images side by side with their names and one grey scale."""
    axes = fig.subplots(1, len(images), squeeze=False)[0]
    for ax, image, name in zip(axes, images, names, strict=True):
        shown = grey_picture(ax, image)
        ax.set_title(name, loc="center")
    fig.colorbar(shown, ax=axes, label="grey level", ticks=range(0, 256, 51))


def _histograms(ax: Axes, images: np.ndarray, table: pd.DataFrame) -> None:
    """Histograms over each other, wide lines behind narrow ones, so that equal ones all show."""
    names = list(table["image"])
    widths = np.linspace(4.5, 1.0, len(names))
    rows = zip(names, images, widths, table["histogram_difference"], strict=True)
    for name, image, width, difference in rows:
        counts, edges = np.histogram(image, bins=LEVELS // 8, range=(-0.5, LEVELS - 0.5))
        label = name if name == names[0] else f"{name}: differs in {difference:g} pixels"
        ax.stairs(counts, edges, color=colors(names)[name], linewidth=width, label=label)
    ax.set_yscale("log")
    ax.set_xlim(-4, LEVELS + 3)
    ax.set(xlabel="grey level of a pixel", ylabel="pixels per 8 grey levels (log)")
    ax.legend(loc="upper right")
