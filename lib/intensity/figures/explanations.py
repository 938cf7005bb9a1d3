"""Figures of what maps are worth: side by side, their scores, and the checks they have to pass."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.typing import LineStyleType

from intensity.data.tasks import Band
from intensity.evaluation.registry import SCORES
from intensity.figures import style
from intensity.figures.forest import forest
from intensity.tables.names import title_of

_NO_NETWORK = "image"
"""The group of methods that need no network."""

_COLOR = style.colors(["bn_compact"])["bn_compact"]
"""All methods explain this network."""

_CURVES: tuple[tuple[str, LineStyleType, str], ...] = (
    ("#0077BB", "-", "o"),
    ("#EE7733", (0, (4, 2)), "s"),
    ("#009988", (0, (1, 1.5)), "^"),
    ("#333333", (0, (6, 2, 1, 2)), "D"),
)
"""Color, line and marker of curves in the order of their appearance."""

_COLUMNS = 6
"""Pictures side by side in the gallery."""

_PALE = 0.6
"""Magnitudes above this are written in white."""


@style.styled
def map_gallery(
    images: np.ndarray,
    maps: Sequence[Mapping[str, np.ndarray]],
    labels: Sequence[str],
    figure: style.Into = None,
) -> Figure:
    """Maps of several methods, a block of rows for each image: the image, then its maps.

    Args:
        images: (n, h, w), grey levels.
        maps: for each image by label (h', w'), signed; each drawn from blue (against the class)
            over white to red (for it), up to its own largest magnitude.
        labels: one an image, above its rows; may hold line breaks.
    """
    each = -(-(len(maps[0]) + 1) // _COLUMNS)
    fig = style.new_figure(style.PAGE, 1.4 * each * len(images) + 0.5, figure)
    blocks = fig.subfigures(len(images), 1, squeeze=False)[:, 0]
    for block, image, own, label in zip(blocks, images, maps, labels, strict=True):
        block.suptitle(label, x=0.01, ha="left", fontsize=8)
        first, *others = block.subplots(each, _COLUMNS, squeeze=False).flat
        style.grey_picture(first, image)
        first.set_title("image", fontsize=7)
        for ax, (name, values) in zip(others, own.items(), strict=False):
            style.signed_picture(ax, values)
            ax.set_title(name, fontsize=7)
        for ax in others[len(own) :]:
            ax.remove()
    speaks = {"for the class": "#B2182B", "against it": "#2166AC"}
    style.legend_above(fig, [Patch(color=color, label=label) for label, color in speaks.items()])
    return fig


@style.styled
def map_rows(
    images: np.ndarray, maps: Sequence[Mapping[str, np.ndarray]], figure: style.Into = None
) -> Figure:
    """Images side by side, and below each its maps, a row a method.

    Args:
        images: (n, h, w), grey levels.
        maps: for each image by label (h, w), signed; each drawn from blue (against the class) over
            white to red (for it), up to its own largest magnitude.
    """
    names = list(maps[0])
    rows, columns = 1 + len(names), len(images)
    fig = style.new_figure(style.PAGE, 1.55 * rows + 0.3, figure)
    axes = fig.subplots(rows, columns, squeeze=False)
    for column, (image, own) in enumerate(zip(images, maps, strict=True)):
        style.grey_picture(axes[0, column], image)
        for ax, values in zip(axes[1:, column], own.values(), strict=True):
            style.signed_picture(ax, values)
    for ax, label in zip(axes[:, 0], ["image", *names], strict=True):
        ax.set_ylabel(label)
    speaks = {"for the class": "#B2182B", "against it": "#2166AC"}
    style.legend_above(fig, [Patch(color=color, label=label) for label, color in speaks.items()])
    return fig


@style.styled
def score_panels(
    summary: pd.DataFrame,
    seeds: pd.DataFrame,
    scores: Sequence[str],
    figure: style.Into = None,
) -> Figure:
    """Scores of methods: a row of panels a score, one a task; in them a row a method.

    A line is drawn at what a map has that says nothing.

    Args:
        summary: columns task, label, group, score, value, low, high.
        seeds: columns task, label, score, value, a row for each seed.
        scores: names of `SCORES`, from the top.
    """
    tasks, methods = (list(summary[name].unique()) for name in ("task", "label"))
    fig = style.new_figure(style.PAGE, (0.155 * len(methods) + 0.55) * len(scores) + 0.4, figure)
    axes = fig.subplots(len(scores), len(tasks), squeeze=False, sharey=True, sharex="row")
    without = summary["group"] == _NO_NETWORK
    looks = summary.assign(
        kind=np.where(without, "baseline", "network"),
        color=np.where(without, style.BASELINE_COLOR, _COLOR),
    )
    rows = [SCORES[name] for name in scores]
    for line, score in zip(axes, rows, strict=True):
        for ax, task in zip(line, tasks, strict=True):
            means, own = (
                table[(table["task"] == task) & (table["score"] == score.name)]
                for table in (looks, seeds)
            )
            forest(ax, means, own, name="label", names=methods, reference=score.nothing)
        line[0].set_xlabel(score.axis, loc="left")
    for ax, task in zip(axes[0], tasks, strict=True):
        ax.set_title(title_of(task))
    handles = [style.interval_handle(), style.seed_handle()]
    handles.append(
        style.line_handle("slanted: needs no network", style.BASELINE_COLOR, "none", "D")
    )
    if any(score.nothing is not None for score in rows):
        handles.append(style.reference_handle("a map that says nothing"))
    style.legend_above(fig, handles)
    return fig


@style.styled
def relevance_by_intensity(
    table: pd.DataFrame,
    bands: Sequence[Band],
    truths: Collection[str] = (),
    figure: style.Into = None,
) -> Figure:
    """Relevance in the object against its intensity, a panel a name over the true classes.

    Args:
        table: columns name, intensity, value (1 on average), low, high.
        bands: classes of the task.
        truths: names of curves that are no method's, such as the true effect of recoloring.
    """
    names = style.parts(table, "name")
    fig, axes = style.new_panels(len(names), 1, 0.85, 0.9, figure, sharex=True)
    for ax, (name, rows) in zip(axes, names.items(), strict=True):
        color = style.BASELINE_COLOR if name in truths else _COLOR
        style.class_bands(ax, bands)
        ax.axhline(1, color="#777777", linestyle=":", linewidth=0.8)
        ax.fill_between(rows["intensity"], rows["low"], rows["high"], color=color, alpha=0.3, lw=0)
        ax.plot(rows["intensity"], rows["value"], color=color)
        ax.set_ylim(0, None)
        ax.set_title(name)
        style.intensity_axis(ax, label=ax is axes[-1])
    fig.supylabel("relative to the mean over all intensities")
    curve = style.line_handle("mean over seeds, shade: all seeds", "#333333")
    style.legend_above(fig, [curve, *style.class_handles(bands)])
    return fig


@style.styled
def check_matrix(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Agreement of maps that should, or should not, be alike: a method a row, a check a column.

    Args:
        table: columns label, check, value (-1..1), side ("should differ", "should agree").
    """
    methods, checks = (list(table[name].unique()) for name in ("label", "check"))
    wide = table.pivot(index="label", columns="check", values="value")
    values = wide.reindex(index=methods, columns=checks).to_numpy(float)
    ax = style.new_axes(style.PAGE, 0.2 * len(methods) + 1.5, ax)
    fig = style.figure_of(ax)
    shown = style.signed_picture(ax, values, 1)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        color = "white" if abs(value) > _PALE else "black"
        text = "-" if np.isnan(value) else f"{value:.2f}"
        ax.text(x, y, text, ha="center", va="center", fontsize=7, color=color)
    ax.set_yticks(range(len(methods)), methods)
    ax.set_xticks(range(len(checks)), checks)
    ax.tick_params(length=0)
    _group_headings(ax, table)
    fig.colorbar(shown, ax=ax, label="correlation of maps", aspect=30, pad=0.01)
    return fig


def _group_headings(ax: Axes, table: pd.DataFrame) -> None:
    """What a good method does in the columns, above them, and lines between."""
    groups = list(table.drop_duplicates("check")["side"])
    above = ax.secondary_xaxis("top")
    middles = {name: np.mean([x for x, own in enumerate(groups) if own == name]) for name in groups}
    above.set_xticks(list(middles.values()), list(middles))
    above.tick_params(length=0)
    above.spines["top"].set_visible(False)
    for x in range(1, len(groups)):
        if groups[x] != groups[x - 1]:
            ax.axvline(x - 0.5, color="black", linewidth=1.5)


@style.styled
def weight_similarity(table: pd.DataFrame, figure: style.Into = None) -> Figure:
    """How alike maps stay while kernels are shuffled: a panel for each order, a line a method.

    Args:
        table: columns label, order, step (from the logits down, along x), layer, seed, value.
    """
    orders = style.parts(table, "order")
    fig, axes = style.new_panels(len(orders), len(orders), 3.1, 0, figure, sharey=True)
    methods = list(table["label"].unique())
    looks = {
        name: (_CURVES[number % len(_CURVES)][0], *_CURVES[(number // 4 + number) % 4][1:])
        for number, name in enumerate(methods)
    }
    for ax, (order, rows) in zip(axes, orders.items(), strict=True):
        for name, own in style.parts(rows, "label").items():
            mean = own.groupby("step")["value"].mean()
            color, dash, marker = looks[name]
            ax.plot(mean.index, mean, color=color, linestyle=dash, marker=marker, markersize=3)
        layers = rows.drop_duplicates("step")
        ax.set_xticks(layers["step"], layers["layer"], rotation=30, ha="right")
        ax.axhline(0, color="#777777", linewidth=0.8)
        ax.set(title=order, ylim=(-0.3, 1.02))
        ax.set_xlabel("kernels shuffled down to" if order == "cascading" else "kernel shuffled")
    axes[0].set_ylabel("rank correlation with the maps\nof the trained network")
    style.legend_above(fig, [style.line_handle(name, *looks[name]) for name in methods])
    return fig
