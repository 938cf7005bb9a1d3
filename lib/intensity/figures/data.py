"""The data: what the classes are, what images look like, what needs no network."""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Patch

from intensity.data.tasks import LEVELS, Task
from intensity.figures import style
from intensity.figures.forest import forest, missing_handle
from intensity.tables.names import title_of

_NOT_DRAWN: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "#BBBBBB",
    "hatch": "/////",
    "linewidth": 0,
}
"""How levels look that no object has."""


@style.styled
def intensity_functions(tasks: Sequence[Task], figure: style.Into = None) -> Figure:
    """The class of every grey level, one row a task, over a ramp of the grey levels themselves.

    Args:
        tasks: from the top; levels that no object has are hatched.
    """
    fig = style.new_figure(style.PAGE, 0.62 * len(tasks) + 0.95, figure)
    ratios = [*[1.0] * len(tasks), 0.22]
    *rows, ramp = fig.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
    for ax, task in zip(rows, tasks, strict=True):
        _intensity_function(ax, task)
    ramp.imshow(np.arange(LEVELS)[None], extent=(-0.5, LEVELS - 0.5, 0, 1), aspect="auto")
    ramp.set_yticks([])
    style.intensity_axis(ramp, step=30)
    fig.supylabel("class", y=0.53)
    classes = style.class_handles([band for task in tasks for band in task.bands])
    style.legend_above(fig, [*classes, Patch(**_NOT_DRAWN, label="not drawn")], 7)
    return fig


def _intensity_function(ax: Axes, task: Task) -> None:
    """One task's classes as steps in front of their bands."""
    style.class_bands(ax, task.bands)
    for low, high, label in task.bands:
        if label is not None:
            color = style.class_color(label)
            ax.hlines(label, low - 0.5, high + 0.5, color=color, linewidth=3)
    for low, high in _gaps(task.levels):
        ax.axvspan(low - 0.5, high + 0.5, zorder=3, **_NOT_DRAWN)
    ax.set(yticks=range(task.classes), ylim=(-0.6, task.classes - 0.4))
    ax.set_ylabel(title_of(task.name), rotation=0, ha="right", va="center")
    ax.tick_params(axis="x", which="both", length=0)


def _gaps(levels: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last level of every run of levels that are not drawn."""
    absent = ~np.isin(np.arange(LEVELS), levels)
    turns = np.flatnonzero(np.diff(np.concatenate(([False], absent, [False])).astype(int)))
    for low, after in turns.reshape(-1, 2).tolist():
        yield low, after - 1


@style.styled
def image_grid(
    images: np.ndarray,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    figure: style.Into = None,
) -> Figure:
    """Images in rows and columns, all on the same scale of grey levels 0..255.

    Args:
        images: (rows * columns, h, w) uint8, grey levels, row by row.
        row_labels: one a row, left of it; may hold line breaks.
        column_labels: one a column, above it.
    """
    rows, columns = len(row_labels), len(column_labels)
    side = min(1.0, 5.0 / columns)
    fig = style.new_figure(style.PAGE, rows * (side + 0.08) + 0.25, figure)
    axes = fig.subplots(rows, columns, squeeze=False)
    for ax, image in zip(axes.flat, images, strict=True):
        shown = style.grey_picture(ax, image)
    for ax, label in zip(axes[0], column_labels, strict=True):
        ax.set_title(label, loc="center")
    for ax, label in zip(axes[:, 0], row_labels, strict=True):
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
    ticks = range(0, 256, 51)
    fig.colorbar(shown, ax=axes, label="grey level", aspect=10 * rows, ticks=ticks)
    return fig


@style.styled
def class_balance(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """How often each class is drawn, beside how often it should be; one panel a task.

    Args:
        table: columns task, class, expected (share), share, low, high.
    """
    tasks = style.parts(table, "task")
    fig, axes = style.new_panels(len(tasks), len(tasks), 2.1, 0, figure, sharey=True)
    for ax, (task, shares) in zip(axes, tasks.items(), strict=True):
        for row in style.records(shares):
            x, color = row["class"], style.class_color(row["class"])
            ax.plot(x, row["expected"], "_", color="#333333", markersize=24)
            style.estimate(ax, x, row["share"], (row["low"], row["high"]), color, upright=True)
        ax.set_xticks(sorted(shares["class"]))
        ax.set(xlim=(-0.6, shares["class"].max() + 0.6), xlabel="class", title=title_of(task))
    axes[0].set_ylim(0, None)
    axes[0].set_ylabel("share of scenes")
    expected = style.line_handle("expected", "#333333", style="none", marker="_")
    expected.set_markersize(12)
    style.legend_above(fig, [style.interval_handle(style.SCENES_INTERVAL, what="drawn"), expected])
    return fig


@style.styled
def baseline_accuracy(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """How often each baseline is right, one panel a condition, beside chance.

    Args:
        table: columns baseline, condition (for example "hard"), accuracy, low, high, chance; a
            baseline may lack a condition.
    """
    conditions = style.parts(table, "condition")
    names = list(dict.fromkeys(table["baseline"]))
    height = 0.17 * len(names) + 0.35
    shared = {"sharex": True, "sharey": True}
    fig, axes = style.new_panels(len(conditions), 4, height, 0.75, figure, **shared)
    for ax, (condition, rows) in zip(axes, conditions.items(), strict=True):
        rows = rows.assign(color=style.BASELINE_COLOR, marker="D")
        chance = rows["chance"].iloc[0]
        forest(ax, rows, name="baseline", value="accuracy", names=names, reference=chance)
        ax.set(xlim=(0, 1.06), title=fill(title_of(condition).replace("_", " "), 20))
    fig.supxlabel("accuracy (share of scenes)")
    accuracy = style.interval_handle(style.SCENES_INTERVAL, "D", "accuracy")
    style.legend_above(fig, [accuracy, missing_handle(), style.reference_handle()])
    return fig


@style.styled
def permutation_effect(
    images: np.ndarray, table: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """What permuting the pixels keeps (the histogram) and what it destroys (neighborhoods).

    Args:
        images: (n, h, w) uint8, grey levels: the same scene as it is and permuted.
        table: one row an image, in that order: columns image (its name), histogram_difference
            (pixels by which its histogram differs from the first image's), neighbor_correlation
            (of grey levels of neighboring pixels, -1..1; mean over scenes), low, high.
    """
    fig = style.new_figure(style.PAGE, 4.3, figure)
    top, bottom = fig.subfigures(2, 1, squeeze=False, height_ratios=(1.15, 1))[:, 0]
    _named_images(top, images, list(table["image"]))
    left, right = bottom.subplots(1, 2, width_ratios=(1.7, 1))
    _histograms(left, images, table)
    forest(right, table, name="image", value="neighbor_correlation")
    right.axvline(0, color="#999999", linewidth=0.8)
    right.set(xlim=(min(-0.05, table["low"].min() - 0.05), 1.05))
    right.set_xlabel("correlation of neighboring pixels\n(mean, 95 % interval over scenes)")
    return fig


def _named_images(fig: FigureBase, images: np.ndarray, names: Sequence[str]) -> None:
    """Images side by side with their names and one grey scale."""
    axes = fig.subplots(1, len(images), squeeze=False)[0]
    for ax, image, name in zip(axes, images, names, strict=True):
        shown = style.grey_picture(ax, image)
        ax.set_title(name, loc="center")
    fig.colorbar(shown, ax=axes, label="grey level", ticks=range(0, 256, 51))


def _histograms(ax: Axes, images: np.ndarray, table: pd.DataFrame) -> None:
    """Histograms over each other, wide lines behind narrow ones, so that equal ones all show."""
    palette, widths = style.colors(table["image"]), np.linspace(4.5, 1.0, len(images))
    rows = zip(palette.items(), images, widths, table["histogram_difference"], strict=True)
    for number, ((name, color), image, width, difference) in enumerate(rows):
        counts, edges = np.histogram(image, bins=LEVELS // 8, range=(-0.5, LEVELS - 0.5))
        label = f"{name}: differs in {difference:g} pixels" if number else name
        ax.stairs(counts, edges, color=color, linewidth=width, label=label)
    ax.set(yscale="log", xlim=(-4, LEVELS + 3))
    ax.set(xlabel="grey level of a pixel", ylabel="pixels per 8 grey levels (log)")
    ax.legend(loc="upper right")
