"""Figures of what maps are worth: side by side, their scores, and the checks they have to pass."""

from collections.abc import Collection, Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.evaluation.registry import SCORES
from intensity.figures import style
from intensity.figures.forest import forest
from intensity.tables.names import title_of

_NO_NETWORK = "image"
"""The group of methods that need no network."""

_COLOR = style.colors(["bn_compact"])["bn_compact"]
"""All methods explain this network."""

_ORACLE = "#999999"
"""Color of methods whose baseline contains the answer."""

_HATCH: dict[str, Any] = {"facecolor": "none", "edgecolor": "#DDDDDD", "hatch": "////", "lw": 0}
"""How the rows of oracles look, in axes and in legends."""

_ORDERS = {"cascading": ("shuffled from the logits down to it", 0), "independent": ("it alone", 1)}
"""Which kernels are shuffled, in words, and their place in `style.LINES`."""

_COLUMNS = 9
"""Pictures side by side in the gallery."""

_WIDE = 12
"""Letters in a line above a picture of the gallery, and above a small panel."""

_ACROSS = 7
"""Small panels side by side."""

_WORTH = LinearSegmentedColormap.from_list("worth", ["#EE7733", "#FFFFFF", "#0077BB"])
"""From what a map should not do to what it should."""

_PALE = 0.85
"""Correlations in cells of a larger worth are written in white."""


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
    fig = style.new_figure(style.PAGE, (1.25 * each + 0.2) * len(images) + 0.3, figure)
    blocks = fig.subfigures(len(images), 1, squeeze=False)[:, 0]
    for block, image, own, label in zip(blocks, images, maps, labels, strict=True):
        block.suptitle(label, x=0.01, ha="left", fontsize=8)
        first, *others = block.subplots(each, _COLUMNS, squeeze=False).flat
        style.grey_picture(first, image)
        first.set_title("image", fontsize=7)
        for ax, (name, values) in zip(others, own.items(), strict=False):
            _scaled_map(ax, values)
            ax.set_title(fill(name, _WIDE), fontsize=7)
        for ax in others[len(own) :]:
            ax.remove()
    style.legend_above(fig, _signs())
    return fig


def _scaled_map(ax: Axes, values: np.ndarray) -> None:
    """A signed map up to its own largest magnitude, which is written below it."""
    most = style.largest(values)
    style.signed_picture(ax, values, most)
    ax.set_xlabel(f"± {most:.2g}", fontsize=7, labelpad=1)


def _signs() -> list[Artist]:
    """Legend entries of signed maps."""
    speaks = {"for the class": "#B2182B", "against it": "#2166AC"}
    scale = style.line_handle("± below a map: the end of its scale", "none")
    return [*(Patch(color=color, label=label) for label, color in speaks.items()), scale]


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
            _scaled_map(ax, values)
    for ax, label in zip(axes[:, 0], ["image", *names], strict=True):
        ax.set_ylabel(label)
    style.legend_above(fig, _signs())
    return fig


@style.styled
def score_panels(
    summary: pd.DataFrame,
    seeds: pd.DataFrame,
    scores: Sequence[str],
    figure: style.Into = None,
) -> Figure:
    """Scores of methods: a row of panels a score, one a task; in them a row a method.

    A line is drawn at what a map has that says nothing. Maps that need no network have no seeds
    where all of them would be the same.

    Args:
        summary: columns task, label, group, oracle (bool; hatched), score, value, low, high.
        seeds: columns task, label, group, score, value, a row for each seed.
        scores: names of `SCORES`, from the top.
    """
    tasks, methods = (list(summary[name].unique()) for name in ("task", "label"))
    fig = style.new_figure(style.PAGE, (0.155 * len(methods) + 0.55) * len(scores) + 0.6, figure)
    axes = fig.subplots(len(scores), len(tasks), squeeze=False, sharey=True, sharex="row")
    looks, oracles = _looks(summary), set(summary.loc[summary["oracle"], "label"])
    rows = [SCORES[name] for name in scores]
    for line, score in zip(axes, rows, strict=True):
        for ax, task in zip(line, tasks, strict=True):
            means, own = (
                table[(table["task"] == task) & (table["score"] == score.name)]
                for table in (looks, _own_seeds(seeds))
            )
            forest(ax, means, own, name="label", names=methods, reference=score.nothing)
            for place in (y for y, name in enumerate(methods) if name in oracles):
                ax.axhspan(place - 0.5, place + 0.5, zorder=0.5, **_HATCH)
        line[0].set_xlabel(score.axis, loc="left")
    for ax, task in zip(axes[0], tasks, strict=True):
        ax.set_title(title_of(task))
    handles: list[Artist] = [style.interval_handle(), style.seed_handle()]
    handles.append(
        style.line_handle("slanted: needs no network", style.BASELINE_COLOR, "none", "D")
    )
    if oracles:
        handles.append(Patch(**_HATCH, label="oracle (†): its baseline contains the answer"))
    if any(score.nothing is not None for score in rows):
        handles.append(style.reference_handle("a map that says nothing"))
    style.legend_above(fig, handles, 3)
    return fig


def _looks(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows with what they look like: methods, oracles, maps that need no network."""
    without = summary["group"] == _NO_NETWORK
    color = pd.Series(_COLOR, summary.index).mask(summary["oracle"], _ORACLE)
    kind = np.where(without, "baseline", "network")
    return summary.assign(kind=kind, color=color.mask(without, style.BASELINE_COLOR))


def _own_seeds(seeds: pd.DataFrame) -> pd.DataFrame:
    """Seeds, but those of maps that need no network and are the same in all."""
    groups = seeds.groupby(["task", "label", "score"])["value"]
    return seeds[(seeds["group"] != _NO_NETWORK) | (groups.transform("nunique") > 1)]


@style.styled
def relevance_by_distance(
    table: pd.DataFrame, truths: Collection[str] = (), figure: style.Into = None
) -> Figure:
    """Relevance in the object against its distance from the boundary, a panel a name.

    Args:
        table: columns name, distance (grey levels to the nearest class boundary), value (1 on
            average), low, high.
        truths: names of curves that are no method's, such as the true effect of recoloring.
    """
    names = style.parts(table, "name")
    shared = {"sharex": True, "sharey": True}
    fig, axes = style.new_panels(len(names), 4, 1.7, 0.5, figure, **shared)
    for ax, (name, rows) in zip(axes, names.items(), strict=True):
        color = style.BASELINE_COLOR if name in truths else _COLOR
        ax.axhline(1, color="#777777", linestyle=":", linewidth=0.8)
        ax.fill_between(rows["distance"], rows["low"], rows["high"], color=color, alpha=0.3, lw=0)
        ax.plot(rows["distance"], rows["value"], color=color, marker="o")
        ax.set_title(name)
    axes[0].set(xlim=(0, None), ylim=(0, None))
    axes[0].set_ylabel("relative to the mean\nover all distances")
    fig.supxlabel("distance of the intensity from the nearest class boundary (grey levels)")
    curve = style.line_handle("mean over seeds, shade: all seeds", "#333333", marker="o")
    style.legend_above(fig, [curve])
    return fig


@style.styled
def check_matrix(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Agreement of maps that should, or should not, be alike: a method a row, a check a column.

    Args:
        table: columns label, check, value (-1..1), worth (0..1, the color: 1 is as it should be),
            side ("should differ", "should agree").
    """
    methods, checks = (list(table[name].unique()) for name in ("label", "check"))
    values, worth = (
        table.pivot(index="label", columns="check", values=column)
        .reindex(index=methods, columns=checks)
        .to_numpy(float)
        for column in ("value", "worth")
    )
    ax = style.new_axes(style.PAGE, 0.2 * len(methods) + 1.5, ax)
    fig = style.figure_of(ax)
    shown = style.picture(ax, worth, _WORTH, 0, 1)
    ax.set_aspect("auto")
    for (y, x), value in np.ndenumerate(values):
        color = "white" if worth[y, x] > _PALE else "black"
        text = "-" if np.isnan(value) else f"{value:.2f}"
        ax.text(x, y, text, ha="center", va="center", fontsize=7, color=color)
    ax.set_yticks(range(len(methods)), methods)
    ax.set_xticks(range(len(checks)), checks)
    ax.tick_params(length=0)
    _group_headings(ax, table)
    bar = fig.colorbar(shown, ax=ax, label="color: what the map does", aspect=30, pad=0.01)
    bar.set_ticks([0, 0.5, 1], labels=["as it should not", "half", "as it should"])
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
    """How alike maps stay while kernels are shuffled: a panel a method, a line an order.

    Args:
        table: columns label, order, step (from the logits down, along x), layer, seed, value.
    """
    methods = style.parts(table, "label")
    shared = {"sharex": True, "sharey": True}
    fig, axes = style.new_panels(len(methods), _ACROSS, 1.35, 0.8, figure, **shared)
    layers = table.drop_duplicates("step")
    for ax, (name, rows) in zip(axes, methods.items(), strict=True):
        ax.axhline(0, color="#777777", linewidth=0.8)
        for order, own in style.parts(rows, "order").items():
            color, dash, marker = style.LINES[_ORDERS[order][1]]
            mean = own.groupby("step")["value"].mean()
            ax.plot(mean.index, mean, color=color, linestyle=dash, marker=marker, markersize=2.5)
        ax.set_title(fill(name, _WIDE))
        ax.set_xticks(layers["step"], layers["layer"], rotation=90)
    for ax in axes[: (len(axes) - 1) // _ACROSS * _ACROSS]:
        ax.tick_params(labelbottom=False)  # those of the lowest row hold for all
    axes[0].set_ylim(-0.3, 1.08)
    fig.supylabel("rank correlation with maps as trained")
    fig.supxlabel("layer whose kernels are shuffled")
    handles = [style.line_handle(words, *style.LINES[place]) for words, place in _ORDERS.values()]
    style.legend_above(fig, handles)
    return fig
