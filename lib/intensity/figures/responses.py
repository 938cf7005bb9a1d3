"""What a network does with intensity: response profiles, logits, kernels, weights."""

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
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from intensity.data.tasks import Band
from intensity.figures import style

_SILENT = "#BBBBBB"
"""Color of units that hardly respond."""

_SHOWN = 8
"""Units, and channels, that one figure of kernels or weights shows at most."""


@style.styled
def layer_profiles(
    profiles: pd.DataFrame, units: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None
) -> Figure:
    """How every unit of every layer responds to the object's intensity, one panel a layer.

    A unit's line starts from its smallest response and is divided by the largest range in its
    layer: the unit with the largest range spans 0..1, silent ones lie flat on 0.

    Args:
        profiles: one network's columns layer, unit, intensity (grey level), response.
        units: one row a unit: columns layer, unit, monotonicity (0..1, 1 for a monotone unit; the
            color of its line), silent (bool; its line is grey and it is left out of the mean).
    """
    import seaborn as sns

    layers, gradual = style.parts(profiles, "layer"), sns.color_palette("crest", as_cmap=True)
    fig, axes = style.new_panels(len(layers), 3, 1.35, 0.75, figure)
    for ax, (layer, rows) in zip(axes, layers.items(), strict=True):
        chosen = units[(units["layer"] == layer) & ~units["silent"]]
        known = chosen.set_index("unit")["monotonicity"]
        curves = rows.pivot(index="unit", columns="intensity", values="response")
        _panel(ax, bands)
        _unit_lines(ax, curves, known, gradual)
        ax.set_title(f"{layer}: mean M = {known.mean():.2f}" if len(known) else f"{layer}: silent")
    fig.supylabel("response / largest range in the layer")
    fig.supxlabel("object intensity (grey level)")
    scale = ScalarMappable(Normalize(0, 1), gradual)
    fig.colorbar(scale, ax=axes, label="monotonicity M (1: monotone)", aspect=30)
    silent = style.line_handle("silent unit", _SILENT)
    style.legend_above(fig, [*style.class_handles(bands), silent])
    return fig


def _panel(ax: Axes, bands: Sequence[Band]) -> None:
    style.intensity_axis(ax, label=False, step=120)
    style.class_bands(ax, bands)


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


@style.styled
def unit_profiles(
    points: pd.DataFrame, curves: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None
) -> Figure:
    """Response profiles of chosen units, one panel each: every image a point, their mean a curve.

    Args:
        points: one row an image and unit: columns layer, unit, intensity (grey level), response
            (spatial mean of the unit's activation).
        curves: columns layer, unit, intensity, response (mean over the images of a level).
    """
    units = dict(iter(curves.groupby(["layer", "unit"], sort=False)))
    fig, axes = style.new_panels(len(units), 3, 1.45, 0.75, figure)
    for ax, ((layer, unit), line) in zip(axes, units.items(), strict=True):
        _panel(ax, bands)
        at = points[(points["layer"] == layer) & (points["unit"] == unit)]
        ax.plot(at["intensity"], at["response"], ".", color="#777777", markersize=1.5, alpha=0.5)
        ax.plot(line["intensity"], line["response"], color=style.INK)
        ax.set_title(f"{layer}, unit {unit}")
    fig.supylabel("spatial mean of the activation")
    fig.supxlabel("object intensity (grey level)")
    image = style.line_handle("one image", "#777777", "none", ".")
    mean = style.line_handle("mean in five levels", style.INK)
    style.legend_above(fig, [image, mean, *style.class_handles(bands)], 5)
    return fig


@style.styled
def logit_curves(table: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None) -> Figure:
    """Every class's logit while the object takes every intensity, one panel a network.

    A level is classified correctly where the curve of the band's color is on top.

    Args:
        table: columns network, intensity (grey level), class, logit (mean), low, high.
    """
    networks = style.parts(table, "network")
    fig, axes = style.new_panels(len(networks), 1, 1.6, 0.8, figure, sharex=True)
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        style.class_bands(ax, bands)
        _logits(ax, rows)
        ax.set_title(network)
    style.intensity_axis(axes[-1], step=30)
    interval = Patch(color="#CCCCCC", label=style.SEEDS_INTERVAL)
    style.legend_above(fig, [*_class_lines(bands), interval, *style.class_handles(bands)])
    return fig


def _class_lines(bands: Sequence[Band]) -> list[Line2D]:
    """Legend entries of the logits of the classes that are in these bands."""
    labels = sorted({band.label for band in bands if band.label is not None})
    return [
        style.line_handle(f"logit of class {label}", style.class_color(label),
                          style.class_dash(label))
        for label in labels
    ]  # fmt: skip


def _logits(ax: Axes, table: pd.DataFrame) -> None:
    """One curve a class, in color and dashes of the class, with its interval where it has one."""
    for label, part in style.parts(table, "class").items():
        color, dash = style.class_color(label), style.class_dash(label)
        ax.plot(part["intensity"], part["logit"], color=color, linestyle=dash)
        if "low" in part:
            area: dict[str, Any] = {"color": color, "alpha": 0.3, "linewidth": 0}
            ax.fill_between(part["intensity"], part["low"], part["high"], **area)
    ax.set_ylabel("logit")


@style.styled
def by_depth(
    seeds: pd.DataFrame, summary: pd.DataFrame, value: str, label: str, ax: Axes | None = None
) -> Figure:
    """A share by layer, from the input to the output; conditions of a layer lie side by side.

    Args:
        seeds: one row a seed and layer: columns condition, depth (0 next to the input), `value`.
        summary: columns condition, layer, depth, `value` (mean), low, high.
        value: the column that is drawn, for example "monotonicity".
        label: of its axis.
    """
    ax = style.new_axes(style.PAGE, 2.8, ax)
    depth_lines(ax, seeds, summary, value, 0.19)
    ax.set(xlabel="layer, from input to output", ylabel=label, ylim=(-0.03, 1.05))
    style.legend_above(ax, depth_handles(summary))
    return style.figure_of(ax)


def depth_lines(
    ax: Axes, seeds: pd.DataFrame, summary: pd.DataFrame, value: str, step: float
) -> None:
    """Draw conditions side by side over the layers: a line of means, intervals and seeds.

    Args:
        ax: its x are the layers.
        seeds, summary, value: as for `by_depth`.
        step: from one condition to the next, in layers.
    """
    looks = style.looks(summary["condition"])
    for place, (condition, look) in enumerate(looks.items()):
        shift = step * (place - (len(looks) - 1) / 2)
        means = summary[summary["condition"] == condition].sort_values("depth")
        ax.plot(means["depth"] + shift, means[value], color=look["color"], lw=0.8, alpha=0.7)
        for row in style.records(means):
            ends = (row["low"], row["high"])
            style.estimate(ax, row["depth"] + shift, row[value], ends, **look, upright=True)
        own = seeds[seeds["condition"] == condition]
        style.dots(ax, own["depth"] + shift + 0.3 * step, own[value], look["color"])
    layers = summary.drop_duplicates("depth").sort_values("depth")
    ax.set_xticks(layers["depth"], layers["layer"])


def depth_handles(summary: pd.DataFrame) -> list[Line2D]:
    """Legend entries of the conditions of a table, of seeds and of intervals."""
    looks = style.looks(summary["condition"])
    conditions = [style.line_handle(name, **look) for name, look in looks.items()]
    return [*conditions, style.seed_handle(), style.interval_handle(marker="|")]


@style.styled
def kernels_with_profiles(
    kernels: np.ndarray, profiles: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None
) -> Figure:
    """The kernels of a convolution, one column a unit, above the unit's response profile.

    Shown are the eight units with the largest range of response and the eight inputs with the
    largest weights (root of the sum of squares), each in the layer's order.

    Args:
        kernels: (kh, kw, inputs, units) weights; one input for the first layer.
        profiles: columns unit, intensity (grey level), response.
    """
    ranges = profiles.groupby("unit")["response"].agg(np.ptp)
    units = sorted(ranges.sort_values(ascending=False).index[:_SHOWN])
    inputs = _largest(kernels)
    width = style.PAGE if len(units) > 3 else style.COLUMN
    fig = style.new_figure(width, 0.72 * len(inputs) + 1.7, figure)
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
    style.legend_above(fig, style.class_handles(bands))
    return fig


def _largest(weights: np.ndarray) -> list[int]:
    sizes = np.sqrt((weights**2).sum(axis=(0, 1, 3)))
    return sorted(np.argsort(-sizes, kind="stable")[:_SHOWN].tolist())


def _kernel_grid(axes: np.ndarray, kernels: np.ndarray) -> AxesImage:
    """Kernels (kh, kw, rows, columns) on one scale that is symmetric about 0."""
    most = style.largest(kernels)
    for (row, column), ax in np.ndenumerate(axes):
        shown = style.signed_picture(ax, kernels[:, :, row, column], most)
    return shown


def _profile_row(
    axes: list[Axes], profiles: pd.DataFrame, units: Sequence[int], bands: Sequence[Band]
) -> None:
    """One profile a unit, each on its own scale of responses."""
    for ax, unit in zip(axes, units, strict=True):
        _panel(ax, bands)
        line = profiles[profiles["unit"] == unit]
        ax.plot(line["intensity"], line["response"], color=style.INK)
        ax.yaxis.set_major_locator(MaxNLocator(3))
    axes[0].set_ylabel("response")


@style.styled
def final_layer_weights(
    weights: np.ndarray,
    logits: pd.DataFrame,
    bands: Sequence[Band],
    title: str = "",
    figure: style.Into = None,
) -> Figure:
    """What the last layer adds up for each class, above the logits that come of it.

    Args:
        weights: (h, w, channels, classes) of a flatten head, drawn as one map a channel and class
            for the eight channels with the largest weights (root of the sum of squares); or
            (channels, classes) of a pooling head, drawn as one row a class.
        logits: columns class, intensity (grey level), logit.
        title: of the logits, for example how accurate this network is.
    """
    height = (0.72 if weights.ndim == 4 else 0.22) * weights.shape[-1] + 0.75
    fig = style.new_figure(style.PAGE, height + 2.2, figure)
    top, bottom = fig.subfigures(2, 1, squeeze=False, height_ratios=(height, 2.2))[:, 0]
    (_weight_maps if weights.ndim == 4 else _weight_rows)(top, weights)
    ax = bottom.subplots()
    style.class_bands(ax, bands)
    _logits(ax, logits)
    style.intensity_axis(ax, step=30)
    ax.set_title(title)
    style.legend_above(bottom, [*_class_lines(bands), *style.class_handles(bands)], 6)
    return fig


def _weight_maps(fig: FigureBase, weights: np.ndarray) -> None:
    """Maps of a flatten head: rows are classes, columns channels."""
    channels = _largest(weights)
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
    shown = style.signed_picture(ax, weights.T)
    ax.set_aspect("auto")
    ax.set_yticks(range(weights.shape[1]), [f"class {i}" for i in range(weights.shape[1])])
    ax.set_xticks(range(0, len(weights), max(1, len(weights) // 16)))
    ax.set_xlabel("channel")
    fig.colorbar(shown, ax=ax, label="weight", aspect=8)
