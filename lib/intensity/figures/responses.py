"""Figures of what a network does with intensity: response profiles, logits, kernels, weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from intensity.data.tasks import Band
from intensity.figures.style import (
    COLUMN,
    PAGE,
    SEEDS_INTERVAL,
    class_bands,
    class_color,
    class_handles,
    dots,
    estimate,
    intensity_axis,
    interval_handle,
    legend_above,
    line_handle,
    looks,
    new_figure,
    new_panels,
    parts,
    picture,
    records,
    seed_handle,
    styled,
)

_SILENT = "#BBBBBB"
"""Color of units that hardly respond."""

_INK = "#222222"
"""Color of curves that stand for themselves."""


def profile_table(
    layer: np.ndarray, unit: np.ndarray, levels: np.ndarray, responses: np.ndarray
) -> pd.DataFrame:
    """Profiles or scatters of units as a table with one row a unit and level.

    Args:
        layer: (u,) names.
        unit: (u,) numbers within the layer.
        levels: (k,) grey levels of the object.
        responses: (u, k).

    Returns:
        Columns layer, unit, intensity (grey level), response; u k rows, unit by unit.
    """
    count = len(levels)
    columns = {"layer": np.repeat(layer, count), "unit": np.repeat(unit, count)}
    levels = np.tile(levels, len(unit))
    return pd.DataFrame({**columns, "intensity": levels, "response": responses.ravel()})


@styled
def response_profiles(profiles: pd.DataFrame, units: pd.DataFrame, bands: Sequence[Band]) -> Figure:
    """How every unit of every layer responds to the object's intensity, one panel a layer.

    A unit's line starts from its smallest response and is divided by the largest range in its
    layer: the unit with the largest range spans 0..1, silent ones lie flat on 0.

    Args:
        profiles: one network's columns layer, unit, intensity (grey level), response.
        units: one row a unit: columns layer, unit, monotonicity (0..1, 1 for a monotone unit; the
            color of its line), silent (bool; its line is grey and it is left out of the mean).
        bands: the task's bands.

    Returns:
        A figure with four panels a row, in the table's order of layers.
    """
    import seaborn as sns

    layers = parts(profiles, "layer")
    fig, axes = _small_multiples(len(layers), columns=4, height=1.35)
    gradual = sns.color_palette("crest", as_cmap=True)
    for ax, (layer, rows) in zip(axes, layers.items(), strict=True):
        class_bands(ax, bands)
        chosen = units[(units["layer"] == layer) & ~units["silent"]]
        known = chosen.set_index("unit")["monotonicity"]
        curves = rows.pivot(index="unit", columns="intensity", values="response")
        _unit_lines(ax, curves, known, gradual)
        ax.set_title(f"{layer}: mean M = {known.mean():.2f}" if len(known) else f"{layer}: silent")
    fig.supylabel("response / largest range in the layer")
    fig.supxlabel("object intensity (grey level)")
    scale = ScalarMappable(Normalize(0, 1), gradual)
    fig.colorbar(scale, ax=axes, label="monotonicity M (1: monotone)", aspect=30)
    legend_above(fig, [*class_handles(bands), line_handle("silent unit", _SILENT)])
    return fig


def _small_multiples(count: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of equal panels over intensity, with the axes that are used."""
    fig, axes = new_panels(count, columns, height, 0.75)
    for ax in axes:
        intensity_axis(ax, label=False, step=120)
    return fig, axes


def _unit_lines(ax: Axes, curves: pd.DataFrame, monotonicity: pd.Series, gradual: Colormap) -> None:
    """All units of a layer as thin lines, colored by monotonicity where it is known."""
    values = curves.to_numpy()
    rises = values - values.min(axis=1, keepdims=True)
    heights = rises / max(rises.max(), np.finfo(float).tiny)
    level = curves.columns.to_numpy()
    lines = [np.column_stack((level, row)) for row in heights]
    known = monotonicity.reindex(curves.index)
    color = [_SILENT if np.isnan(one) else gradual(one) for one in known]
    ax.add_collection(LineCollection(lines, colors=color, linewidths=0.8))
    ax.set_ylim(-0.05, 1.05)


@styled
def unit_profiles(
    points: pd.DataFrame, curves: pd.DataFrame, bands: Sequence[Band], columns: int = 3
) -> Figure:
    """Response profiles of chosen units: every image a point, their mean a curve.

    Args:
        points: one row an image and unit: columns layer, unit, intensity (grey level), response
            (spatial mean of the unit's activation).
        curves: columns layer, unit, intensity, response (mean over the images of a level).
        bands: the task's bands.
        columns: panels a row.

    Returns:
        A figure with one panel a unit, in the order of `curves`.
    """
    units = list(dict.fromkeys(zip(curves["layer"], curves["unit"], strict=True)))
    fig, axes = _small_multiples(len(units), columns, height=1.45)
    for ax, (layer, unit) in zip(axes, units, strict=True):
        class_bands(ax, bands)
        at = points[(points["layer"] == layer) & (points["unit"] == unit)]
        ax.plot(at["intensity"], at["response"], ".", color="#777777", markersize=1.5, alpha=0.5)
        line = curves[(curves["layer"] == layer) & (curves["unit"] == unit)]
        ax.plot(line["intensity"], line["response"], color=_INK)
        ax.set_title(f"{layer}, unit {unit}")
    fig.supylabel("spatial mean of the activation")
    fig.supxlabel("object intensity (grey level)")
    image = line_handle("one image", "#777777", "none", ".")
    legend_above(fig, [image, line_handle("mean in five levels", _INK), *class_handles(bands)], 5)
    return fig


@styled
def class_response_curves(
    table: pd.DataFrame, bands: Sequence[Band], interval: str = SEEDS_INTERVAL
) -> Figure:
    """Every class's logit while one scene's object takes every intensity, in front of the classes.

    A network reads a level right where the curve of the band's color is on top.

    Args:
        table: columns network, intensity (grey level), class, logit (mean), low, high.
        bands: the task's bands.
        interval: what low and high are; drawn as a shaded area.

    Returns:
        A figure with one panel a network, one below the other.
    """
    networks = parts(table, "network")
    fig = new_figure(PAGE, 1.6 * len(networks) + 0.8)
    axes = fig.subplots(len(networks), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        class_bands(ax, bands)
        _logits(ax, rows)
        for label, part in parts(rows, "class").items():
            area: dict[str, Any] = {"color": class_color(label), "alpha": 0.3, "linewidth": 0}
            ax.fill_between(part["intensity"], part["low"], part["high"], **area)
        ax.set_title(network)
    intensity_axis(axes[-1], step=30)
    curve = line_handle("logit, shaded: " + interval, "#333333")
    legend_above(fig, [curve, *class_handles(bands)])
    return fig


def _logits(ax: Axes, table: pd.DataFrame) -> None:
    """One curve a class, in the color of the class."""
    for label, part in parts(table, "class").items():
        ax.plot(part["intensity"], part["logit"], color=class_color(label))
    ax.set_ylabel("logit")


@styled
def monotonicity_by_depth(
    runs: pd.DataFrame, summary: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """How monotone the units of each layer are, from the input to the output.

    Args:
        runs: one row a seed and layer: columns condition (of `_MARKERS`), layer, depth (0 next to
            the input), seed, monotonicity (mean over units that are not silent, 0..1).
        summary: columns condition, layer, depth, monotonicity (mean over seeds), low, high.
        interval: what low and high are.

    Returns:
        A figure with one axes; conditions of a layer lie side by side.
    """
    fig = new_figure(PAGE, 2.8)
    ax = fig.subplots()
    by_depth(ax, runs, summary, "monotonicity", 0.19)
    ax.set(xlabel="layer, from input to output", ylabel="monotonicity M (1: monotone)")
    ax.set_ylim(0, 1.05)
    conditions = condition_handles(summary)
    legend_above(fig, [*conditions, seed_handle(), interval_handle(interval, "|")], 4)
    return fig


def condition_handles(summary: pd.DataFrame) -> list[Line2D]:
    """Legend entries of the conditions of a table."""
    return [line_handle(name, **look) for name, look in looks(summary["condition"]).items()]


def by_depth(
    ax: Axes, runs: pd.DataFrame, summary: pd.DataFrame, column: str, apart: float
) -> None:
    """A column by layer: conditions side by side, each a line of means, with intervals and seeds.

    Args:
        ax: where it is drawn; its x are the layers, from the input to the output.
        runs: one row a seed and layer: columns condition, depth, the column.
        summary: columns condition, layer, depth, the column (mean), low, high.
        column: what is drawn.
        apart: from one condition to the next, in layers; more where panels are narrow.
    """
    marks = looks(summary["condition"])
    for place, (condition, look) in enumerate(marks.items()):
        shift = apart * (place - (len(marks) - 1) / 2)
        means = summary[summary["condition"] == condition].sort_values("depth")
        ax.plot(means["depth"] + shift, means[column], color=look["color"], lw=0.8, alpha=0.7)
        for row in records(means):
            ends = (row["low"], row["high"])
            estimate(ax, row["depth"] + shift, row[column], ends, **look, upright=True)
        seeds = runs[runs["condition"] == condition]
        dots(ax, seeds["depth"] + shift + 0.3 * apart, seeds[column], look["color"])
    layers = summary.drop_duplicates("depth").sort_values("depth")
    ax.set_xticks(layers["depth"], layers["layer"])


_KERNELS = 8
"""Output units, and input channels, that one figure of kernels shows at most."""


@styled
def kernels_with_profiles(
    kernels: np.ndarray, profiles: pd.DataFrame, bands: Sequence[Band]
) -> Figure:
    """The kernels of a convolution, one column a unit, above the unit's response profile.

    Shown are the eight units with the largest range of response and the eight inputs with the
    largest weights (root of the sum of squares), each in the layer's order.

    Args:
        kernels: (kh, kw, inputs, units) weights; one input for the first layer.
        profiles: columns unit, intensity (grey level), response.
        bands: the task's bands.

    Returns:
        A figure: one row of kernels an input, all on one scale; profiles below.
    """
    ranges = profiles.groupby("unit")["response"].agg(np.ptp)
    units = sorted(ranges.sort_values(ascending=False).index[:_KERNELS])
    inputs = _largest(np.sqrt((kernels**2).sum(axis=(0, 1, 3))))
    fig = new_figure(PAGE if len(units) > 3 else COLUMN, 0.72 * len(inputs) + 1.7)
    ratios = [*[1.0] * len(inputs), 1.3]
    axes = fig.subplots(len(ratios), len(units), squeeze=False, height_ratios=ratios)
    shown = _kernel_grid(axes[:-1], kernels[:, :, inputs][..., units])
    for ax, unit in zip(axes[0], units, strict=True):
        ax.set_title(f"unit {unit}", loc="center")
    for ax, source in zip(axes[:-1, 0], inputs, strict=True):
        ax.set_ylabel(f"input {source}" if kernels.shape[2] > 1 else "kernel")
    _profile_row(list(axes[-1]), profiles, units, bands)
    fig.supxlabel("object intensity (grey level)")
    fig.colorbar(shown, ax=axes[:-1], label="weight", aspect=10 * len(inputs))
    legend_above(fig, class_handles(bands))
    return fig


def _largest(sizes: np.ndarray) -> list[int]:
    """Where the eight largest sizes are, in order of place."""
    return sorted(np.argsort(-sizes, kind="stable")[:_KERNELS].tolist())


def _kernel_grid(axes: np.ndarray, kernels: np.ndarray) -> AxesImage:
    """Kernels (kh, kw, rows, columns) on one scale that is symmetric about 0."""
    for (row, column), ax in np.ndenumerate(axes):
        shown = _signed_picture(ax, kernels[:, :, row, column], np.abs(kernels).max())
    return shown


def _signed_picture(ax: Axes, values: np.ndarray, largest: float) -> AxesImage:
    """Values from -largest (blue) over 0 (white) to largest (red), without ticks."""
    return picture(ax, values, "RdBu_r", -largest, largest)


def _profile_row(
    axes: list[Axes], profiles: pd.DataFrame, units: Sequence[int], bands: Sequence[Band]
) -> None:
    """One profile a unit, all on the same scale of responses."""
    shown = profiles[profiles["unit"].isin(units)]["response"]
    margin = 0.05 * max(np.ptp(shown), np.finfo(float).tiny)
    for ax, unit in zip(axes, units, strict=True):
        class_bands(ax, bands)
        line = profiles[profiles["unit"] == unit]
        ax.plot(line["intensity"], line["response"], color=_INK)
        intensity_axis(ax, label=False, step=120)
        ax.set_ylim(shown.min() - margin, shown.max() + margin)
        if ax is not axes[0]:
            ax.set_yticklabels([])
    axes[0].set_ylabel("response")


@styled
def final_layer_weights(weights: np.ndarray, logits: pd.DataFrame, bands: Sequence[Band]) -> Figure:
    """What the last layer adds up for each class, above the logits that come of it.

    Args:
        weights: (h, w, channels, classes) of a flatten head, drawn as one map a channel and class
            for the eight channels with the largest weights (root of the sum of squares); or
            (channels, classes) of a pooling head, drawn as one row a class.
        logits: columns class, intensity (grey level), logit.
        bands: the task's bands.

    Returns:
        A figure: weights on top, all on one scale; logits below.
    """
    rows = weights.shape[-1]
    height = (0.72 if weights.ndim == 4 else 0.22) * rows + 0.75
    fig = new_figure(PAGE, height + 2.2)
    top, bottom = fig.subfigures(2, 1, squeeze=False, height_ratios=(height, 2.2))[:, 0]
    (_weight_maps if weights.ndim == 4 else _weight_rows)(top, weights)
    ax = bottom.subplots()
    class_bands(ax, bands)
    _logits(ax, logits)
    intensity_axis(ax, step=30)
    legend_above(bottom, class_handles(bands))
    return fig


def _weight_maps(fig: FigureBase, weights: np.ndarray) -> None:
    """Maps of a flatten head: rows are classes, columns channels."""
    channels = _largest(np.sqrt((weights**2).sum(axis=(0, 1, 3))))
    axes = fig.subplots(weights.shape[-1], len(channels), squeeze=False)
    shown = _kernel_grid(axes, weights[:, :, channels].swapaxes(2, 3))
    for ax, channel in zip(axes[0], channels, strict=True):
        ax.set_title(f"channel {channel}", loc="center", fontsize=7)
    for label, ax in enumerate(axes[:, 0]):
        ax.set_ylabel(f"class {label}")
    fig.colorbar(shown, ax=axes, label="weight")


def _weight_rows(fig: FigureBase, weights: np.ndarray) -> None:
    """Weights of a pooling head: rows are classes, columns channels."""
    ax = fig.subplots()
    shown = _signed_picture(ax, weights.T, np.abs(weights).max())
    ax.set_aspect("auto")
    ax.set_yticks(range(weights.shape[1]), [f"class {i}" for i in range(weights.shape[1])])
    ax.set_xticks(range(0, len(weights), max(1, len(weights) // 16)))
    ax.set_xlabel("channel")
    fig.colorbar(shown, ax=ax, label="weight", aspect=8)
