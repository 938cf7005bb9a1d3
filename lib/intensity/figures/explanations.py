"""Figures of what maps are worth: side by side, their scores, and the checks they have to pass."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.typing import LineStyleType

from intensity.data.tasks import Band
from intensity.figures.forest import named_rows
from intensity.figures.style import (
    BASELINE_COLOR,
    NETWORK_COLORS,
    PAGE,
    SEEDS_INTERVAL,
    class_bands,
    class_handles,
    dots,
    estimate,
    grey_picture,
    intensity_axis,
    interval_handle,
    legend_above,
    line_handle,
    new_figure,
    parts,
    picture,
    records,
    seed_handle,
    styled,
    task_title,
)

_NO_NETWORK = "image"
"""The group of methods that need no network."""

_CURVES: tuple[tuple[str, LineStyleType, str], ...] = (
    ("#0077BB", "-", "o"),
    ("#EE7733", (0, (4, 2)), "s"),
    ("#009988", (0, (1, 1.5)), "^"),
    ("#333333", (0, (6, 2, 1, 2)), "D"),
)
"""Color, line and marker of curves in the order of their appearance."""

_PALE = 0.6
"""Magnitudes above this are written in white."""


@styled
def map_gallery(
    images: np.ndarray, maps: Mapping[str, np.ndarray], labels: Sequence[str], columns: int = 5
) -> Figure:
    """Maps of several methods for the same images.

    Args:
        images: (n, h, w), grey levels.
        maps: by label (n, h', w'), signed; each drawn from blue (against the class) over white to
            red (for it), up to its own largest magnitude.
        labels: one an image, above its rows; may hold line breaks.
        columns: of pictures.

    Returns:
        A figure with a block of rows for each image: the image, then a map for each method.
    """
    each = -(-(len(maps) + 1) // columns)
    fig = new_figure(PAGE, 1.62 * each * len(images) + 0.5)
    blocks = fig.subfigures(len(images), 1, squeeze=False)[:, 0]
    for number, (block, label) in enumerate(zip(blocks, labels, strict=True)):
        block.suptitle(label, x=0.01, ha="left", fontsize=8)
        axes = list(block.subplots(each, columns, squeeze=False).flat)
        grey_picture(axes[0], images[number])
        axes[0].set_title("image", fontsize=7)
        for ax, (name, values) in zip(axes[1:], maps.items(), strict=False):
            most = float(np.abs(values[number]).max()) or 1.0
            picture(ax, values[number], "RdBu_r", -most, most)
            ax.set_title(name, fontsize=7)
        for ax in axes[len(maps) + 1 :]:
            ax.remove()
    speaks = {"for the class": "#B2182B", "against it": "#2166AC"}
    legend_above(fig, [Patch(color=color, label=label) for label, color in speaks.items()])
    return fig


@styled
def score_panels(
    summary: pd.DataFrame,
    seeds: pd.DataFrame,
    rows: Mapping[str, str],
    references: Mapping[str, float],
) -> Figure:
    """Scores of methods: a panel for each score and task.

    Args:
        summary: columns task, label, group, score, value, low, high.
        seeds: columns task, label, score, value, a row for each seed.
        rows: scores, from the top, and what their axis is called.
        references: by score the value of a map that says nothing, drawn as a line.

    Returns:
        A figure with a row of panels a score, one a task; in them a row a method.
    """
    tasks = list(dict.fromkeys(summary["task"]))
    methods = list(dict.fromkeys(summary["label"]))
    fig = new_figure(PAGE, (0.155 * len(methods) + 0.55) * len(rows) + 0.4)
    axes = fig.subplots(len(rows), len(tasks), squeeze=False, sharey=True, sharex="row")
    for line, (score, label) in zip(axes, rows.items(), strict=True):
        for ax, task in zip(line, tasks, strict=True):
            means, own = (
                table[(table["task"] == task) & (table["score"] == score)]
                for table in (summary, seeds)
            )
            _score_panel(ax, means, own, methods, references.get(score))
        line[0].set_xlabel(label, loc="left")
    for ax, task in zip(axes[0], tasks, strict=True):
        ax.set_title(task_title(task))
    handles = [interval_handle(SEEDS_INTERVAL), seed_handle()]
    handles.append(line_handle("slanted: needs no network", BASELINE_COLOR, "none", "D"))
    if references:
        handles.append(line_handle("a map that says nothing", "#777777", ":"))
    legend_above(fig, handles)
    return fig


def _score_panel(
    ax: Axes,
    summary: pd.DataFrame,
    seeds: pd.DataFrame,
    methods: Sequence[str],
    reference: float | None,
) -> None:
    """One score on one task."""
    place = {name: row for row, name in enumerate(methods)}
    named_rows(ax, methods)
    if reference is not None:
        ax.axvline(reference, color="#777777", linestyle=":", linewidth=1.0)
    slanted = set()
    for row in records(summary):
        y, without = place[row["label"]], row["group"] == _NO_NETWORK
        color = BASELINE_COLOR if without else NETWORK_COLORS["bn_compact"]
        estimate(ax, row["value"], y, (row["low"], row["high"]), color, "D" if without else "o")
        own = seeds.loc[seeds["label"] == row["label"], "value"]
        dots(ax, own, [y + 0.28] * len(own), color)
        slanted |= {y} if without else set()
    for y, label in enumerate(ax.get_yticklabels()):
        if y in slanted:
            label.set(fontstyle="italic", color=BASELINE_COLOR)


@styled
def relevance_by_intensity(
    table: pd.DataFrame, bands: Sequence[Band], truths: Collection[str] = ()
) -> Figure:
    """Relevance in the object against its intensity, beside the true effect of recoloring.

    Args:
        table: columns name, intensity, value (1 on average), low, high.
        bands: classes of the task.
        truths: names of curves that are no method's.

    Returns:
        A figure with a panel a name, one below the other, over the true classes.
    """
    names = list(dict.fromkeys(table["name"]))
    fig = new_figure(PAGE, 0.85 * len(names) + 0.9)
    axes = fig.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    for ax, (name, rows) in zip(axes, parts(table, "name").items(), strict=True):
        color = BASELINE_COLOR if name in truths else NETWORK_COLORS["bn_compact"]
        class_bands(ax, bands)
        ax.axhline(1, color="#777777", linestyle=":", linewidth=0.8)
        ax.fill_between(rows["intensity"], rows["low"], rows["high"], color=color, alpha=0.3, lw=0)
        ax.plot(rows["intensity"], rows["value"], color=color)
        ax.set_ylim(0, None)
        ax.set_title(name)
        intensity_axis(ax, label=ax is axes[-1])
    fig.supylabel("relative to the mean over all intensities")
    handles = [line_handle("mean over seeds, shade: all seeds", "#333333"), *class_handles(bands)]
    legend_above(fig, handles)
    return fig


@styled
def check_matrix(table: pd.DataFrame) -> Figure:
    """Agreement of maps that should, or should not, be alike: methods against checks.

    Args:
        table: columns label, check, value (-1..1), side ("should differ", "should agree").

    Returns:
        A figure with a method a row and a check a column, the number in the cell.
    """
    methods, checks = (list(dict.fromkeys(table[name])) for name in ("label", "check"))
    wide = table.pivot(index="label", columns="check", values="value")
    values = wide.reindex(index=methods, columns=checks).to_numpy(float)
    fig = new_figure(PAGE, 0.2 * len(methods) + 1.5)
    ax = fig.subplots()
    shown = picture(ax, values, "RdBu_r", -1, 1)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        color = "white" if abs(value) > _PALE else "black"
        text = "-" if np.isnan(value) else f"{value:.2f}"
        ax.text(x, y, text, ha="center", va="center", fontsize=7, color=color)
    ax.set_yticks(range(len(methods)), methods)
    ax.set_xticks(range(len(checks)), checks)
    ax.tick_params(length=0)
    _group_headings(ax, table)
    bar: dict[str, Any] = {"label": "correlation of maps", "aspect": 30, "pad": 0.01}
    fig.colorbar(shown, ax=ax, **bar)
    return fig


def _group_headings(ax: Axes, table: pd.DataFrame) -> None:
    """What is asked of the columns, above them, and lines between."""
    groups = list(table.drop_duplicates("check")["side"])
    above = ax.secondary_xaxis("top")
    middles = {name: np.mean([x for x, own in enumerate(groups) if own == name]) for name in groups}
    above.set_xticks(list(middles.values()), list(middles))
    above.tick_params(length=0)
    above.spines["top"].set_visible(False)
    for x in range(1, len(groups)):
        if groups[x] != groups[x - 1]:
            ax.axvline(x - 0.5, color="black", linewidth=1.5)


@styled
def weight_randomization(table: pd.DataFrame) -> Figure:
    """How alike maps stay while kernels are shuffled: a panel for each order, a line a method.

    Args:
        table: columns label, order, step, layer, seed, value.

    Returns:
        A figure with the layers from the logits down on the x axis.
    """
    orders = parts(table, "order")
    fig = new_figure(PAGE, 3.1)
    axes = fig.subplots(1, len(orders), squeeze=False, sharey=True)[0]
    methods = list(dict.fromkeys(table["label"]))
    looks = {
        name: (_CURVES[number % len(_CURVES)][0], *_CURVES[(number // 4 + number) % 4][1:])
        for number, name in enumerate(methods)
    }
    for ax, (order, rows) in zip(axes, orders.items(), strict=True):
        for name, own in parts(rows, "label").items():
            mean = own.groupby("step")["value"].mean()
            color, style, marker = looks[name]
            ax.plot(mean.index, mean, color=color, linestyle=style, marker=marker, markersize=3)
        layers = rows.drop_duplicates("step")
        ax.set_xticks(layers["step"], layers["layer"], rotation=30, ha="right")
        ax.axhline(0, color="#777777", linewidth=0.8)
        ax.set(title=order, ylim=(-0.3, 1.02))
        ax.set_xlabel("kernels shuffled down to" if order == "cascading" else "kernel shuffled")
    axes[0].set_ylabel("rank correlation with the maps\nof the trained network")
    handles = [line_handle(name, *looks[name]) for name in methods]
    legend_above(fig, handles)
    return fig
