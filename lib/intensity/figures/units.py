"""Single units: what they respond to, where they switch, linear readouts, closed forms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from intensity.data.tasks import LEVELS, Band
from intensity.figures import style
from intensity.figures.responses import depth_handles, depth_lines

_FAINT = "#777777"
"""Color of what results are compared with."""

_BINS = np.arange(-2, LEVELS + 5, 5)
"""Edges of bins of five grey levels; boundaries such as 30.5 and 100.5 lie in the middle of one."""


@style.styled
def unit_maps(
    profiles: pd.DataFrame, units: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None
) -> Figure:
    """How every unit of layers with many units responds: a row a unit, by the level of its peak.

    Each row goes from the unit's least response (white) to its largest (black); silent units are
    left out. The strip above the rows has the true classes.

    Args:
        profiles, units: as for `layer_profiles`; one panel a layer.
    """
    layers = style.parts(profiles, "layer")
    fig, axes = style.new_panels(len(layers), 2, 2.5, 0.55, figure)
    for ax, (layer, rows) in zip(axes, layers.items(), strict=True):
        known = units[units["layer"] == layer]
        curves = rows.pivot(index="unit", columns="intensity", values="response")
        curves = curves.loc[known.loc[~known["silent"], "unit"]]
        style.class_bands(ax, bands)
        style.mark_boundaries(ax, bands)
        shown = _unit_rows(ax, curves)
        silent = len(known) - len(curves)
        ax.set_title(
            f"{layer}: {len(curves)} units" + (f", {silent} more silent" if silent else "")
        )
    axes[0].set_ylabel("units, by the level of their peak")
    fig.supxlabel("object intensity (grey level)")
    label = "response, each unit from\nits least to its largest"
    fig.colorbar(shown, ax=axes, label=label, ticks=(0, 1), aspect=25)
    boundary = style.line_handle("class boundary", "#333333", ":")
    style.legend_above(fig, [*style.class_handles(bands), boundary])
    return fig


def _unit_rows(ax: Axes, curves: pd.DataFrame) -> QuadMesh:
    """Units as rows of greys, sorted by their peaks, below a strip that stays free."""
    values = curves.to_numpy(float)
    rises = values - values.min(axis=1, keepdims=True)
    shares = rises / np.maximum(np.ptp(values, axis=1, keepdims=True), np.finfo(float).tiny)
    sorted_rows = shares[np.argsort(shares.argmax(axis=1), kind="stable")]
    rows, level = np.arange(len(values)), curves.columns.to_numpy(float)
    look: dict[str, Any] = {"cmap": "Greys", "vmin": 0, "vmax": 1, "zorder": 0.5}
    shown = ax.pcolormesh(level, rows, sorted_rows, shading="nearest", **look)
    style.intensity_axis(ax, label=False)
    ax.set(xlim=(level[0], level[-1]), yticks=[])
    ax.set_ylim(len(values) - 0.5, -0.5 - 0.07 * len(values))
    return shown


@style.styled
def threshold_places(
    places: pd.DataFrame,
    alignment: pd.DataFrame,
    advantage: tuple[float, float, float],
    bands: Sequence[Band],
    figure: style.Into = None,
) -> Figure:
    """Where the thresholds of a layer's units lie, in front of the classes; one panel a seed.

    A panel has the number of thresholds in every five grey levels, and every threshold as a tick.
    Below is how much nearer to a boundary they lie than the same thresholds shifted.

    Args:
        places: one row a threshold: columns seed, level (grey levels).
        alignment: one row a seed: columns seed, distance (mean to the nearest boundary, grey
            levels), shifted (the same for shifted thresholds), advantage (the second less the
            first).
        advantage: its mean over seeds, and the ends of its interval.
    """
    seeds = len(alignment)
    height = 0.95 * max(2, -(-seeds // 2)) + 0.4  # no less than the label on the left needs
    fig = style.new_figure(style.PAGE, height + 1.1, figure)
    top, bottom = fig.subfigures(2, 1, squeeze=False, height_ratios=(height, 1.1))[:, 0]
    shared = {"sharex": True, "sharey": True}
    _, axes = style.new_panels(seeds, 2, 0, 0, top, **shared)
    for ax, row in zip(axes, style.records(alignment), strict=True):
        _threshold_counts(ax, places.loc[places["seed"] == row["seed"], "level"], bands)
        ends = f"{row['distance']:.1f} from a boundary, shifted {row['shifted']:.1f}"
        ax.set_title(f"seed {row['seed']}: {ends}")
    top.supylabel("thresholds per 5 grey levels")
    top.supxlabel("object intensity (grey level)")
    _advantages(bottom.subplots(), alignment["advantage"], advantage)
    tick = style.line_handle("one threshold", style.INK, "none", "|")
    boundary = style.line_handle("class boundary", "#333333", ":")
    style.legend_above(top, [tick, boundary, *style.class_handles(bands)], 5)
    return fig


def _advantages(ax: Axes, seeds: pd.Series, mean: tuple[float, float, float]) -> None:
    """All seeds and their mean in one row, beside no advantage."""
    style.estimate(ax, mean[0], 0, mean[1:], style.INK)
    style.dots(ax, seeds, [0.4] * len(seeds), style.INK)
    style.reference_line(ax, 0)
    ax.set(ylim=(0.9, -0.6), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("advantage: grey levels nearer to a boundary than the same thresholds shifted")
    handles = [style.interval_handle(), style.seed_handle(), style.reference_handle("no advantage")]
    style.legend_above(ax, handles)


def _threshold_counts(ax: Axes, levels: pd.Series, bands: Sequence[Band]) -> None:
    """A histogram of thresholds, and all of them as ticks above it."""
    style.class_bands(ax, bands)
    style.mark_boundaries(ax, bands)
    style.intensity_axis(ax, label=False)
    counts, _ = np.histogram(levels, _BINS)
    ax.stairs(counts, _BINS, color=style.INK, fill=True, alpha=0.75)
    above = np.full(len(levels), 0.92)
    ax.plot(levels, above, "|", color=style.INK, transform=ax.get_xaxis_transform())
    ax.margins(y=0.2)


_PROBES = {
    "r2": "object's intensity:\n$R^2$ of linear readout",
    "accuracy": "object's class:\naccuracy of linear readout",
    "selectivity": "class selectivity $\\eta^2$,\nmean over single units",
}
"""What is drawn of probes, a row each, with its label."""

_OVER = {"object": "mean over the visible object", "space": "mean over space"}
"""What units are averaged over, a column each, with its title."""


@style.styled
def probes_by_depth(
    seeds: pd.DataFrame, summary: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """What can be read from each layer: intensity and class, from two kinds of means.

    Args:
        seeds: one row a seed, layer and kind of mean: columns condition, layer, depth, over
            ("space" or "object"), r2, accuracy, selectivity, chance.
        summary: columns condition, layer, depth, over, measure ("r2", "accuracy", "selectivity",
            and the same with "shuffled_" before it), value (mean over seeds), low, high.
    """
    fig = style.new_figure(style.PAGE, 6.2, figure)
    axes = fig.subplots(len(_PROBES), len(_OVER), sharex=True, sharey="row")
    for row, measure in zip(axes, _PROBES, strict=True):
        for ax, over in zip(row, _OVER, strict=True):
            own, means = seeds[seeds["over"] == over], summary[summary["over"] == over]
            _probe_panel(ax, own, means, measure)
        row[0].set_ylabel(_PROBES[measure])
        row[0].set_ylim(None, 1.05)  # shared by the row, so not before all of it is drawn
    for ax, title in zip(axes[0], _OVER.values(), strict=True):
        ax.set_title(title)
    fig.supxlabel("layer, from input to output")
    shuffled = style.line_handle("shuffled targets (control)", style.INK, "--")
    chance = style.line_handle("constant prediction", _FAINT, ":")
    style.legend_above(fig, [*depth_handles(summary), shuffled, chance], 3)
    return fig


def _probe_panel(ax: Axes, seeds: pd.DataFrame, summary: pd.DataFrame, measure: str) -> None:
    """One measure by depth, its control, and what a constant answer has."""
    means = summary[summary["measure"] == measure].rename(columns={"value": measure})
    depth_lines(ax, seeds, means, measure, 0.28)
    control = summary[summary["measure"] == f"shuffled_{measure}"]
    for condition, look in style.looks(summary["condition"]).items():
        rows = control[control["condition"] == condition]
        ax.plot(rows["depth"], rows["value"], linestyle="--", lw=1.0, markersize=2.5, **look)
    constant = seeds["chance"].mean() if measure == "accuracy" else 0.0
    ax.axhline(constant, color=_FAINT, linestyle=":", linewidth=1.0)


_CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    "measured": ("measured", {"color": style.INK, "linestyle": "-", "linewidth": 1.6}),
    "predicted": ("predicted", {"color": "#CC3311", "linestyle": "--", "linewidth": 1.2}),
    "interior": (
        "predicted without borders",
        {"color": _FAINT, "linestyle": ":", "linewidth": 1.2},
    ),
}
"""Columns of responses, each with its name and look; the first lies at the back."""

_THRESHOLD: dict[str, Any] = {"color": "#0077BB", "linestyle": "-.", "linewidth": 0.8}
"""How an interior threshold looks, in axes and in legends."""


@style.styled
def closed_form_responses(
    table: pd.DataFrame, fit: pd.DataFrame, bands: Sequence[Band], figure: style.Into = None
) -> Figure:
    """Responses of every unit of a first block, measured and as its kernels predict them.

    Args:
        table: columns layer, unit, level (grey level), measured, predicted, interior (the crude
            prediction, of two uniform planes).
        fit: one row a unit, one panel each: columns layer, unit, r2, r2_interior, threshold (grey
            level, missing where there is none; drawn where it is one of the levels).
    """
    fig, axes = style.new_panels(len(fit), 2, 1.65, 0.8, figure, sharex=True)
    for ax, row in zip(axes, style.records(fit), strict=True):
        chosen = (table["layer"] == row["layer"]) & (table["unit"] == row["unit"])
        style.class_bands(ax, bands)
        _closed_form_panel(ax, table[chosen], row)
    fig.supylabel("mean activation over space")
    fig.supxlabel("object intensity (grey level)")
    curves = [Line2D([], [], **look, label=name) for name, look in _CURVES.values()]
    threshold = Line2D([], [], **_THRESHOLD, label="interior threshold")
    style.legend_above(fig, [*curves, threshold, *style.class_handles(bands)])
    return fig


def _closed_form_panel(ax: Axes, curves: pd.DataFrame, fit: dict[str, Any]) -> None:
    """One unit's curves, with their fits as title."""
    for column, (_, look) in _CURVES.items():
        ax.plot(curves["level"], curves[column], **look)
    if not pd.isna(fit["threshold"]) and 0 <= fit["threshold"] < LEVELS:
        ax.axvline(fit["threshold"], **_THRESHOLD)
    style.intensity_axis(ax, label=False)
    crude = fit["r2_interior"]
    words = ", worse than a constant" if crude < 0 else ""
    ax.set_title(
        f"{fit['layer']}, unit {fit['unit']}: predicted, $R^2$ = {fit['r2']:.4f};\n"
        f"without borders, $R^2$ = {crude:.2f}{words}"
    )
