"""Figures of single units: where they switch and turn, what can be read from them, closed forms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from intensity.data.tasks import LEVELS, Band
from intensity.figures.responses import by_depth, condition_handles
from intensity.figures.style import (
    PAGE,
    SEEDS_INTERVAL,
    class_bands,
    class_handles,
    intensity_axis,
    interval_handle,
    legend_above,
    line_handle,
    looks,
    new_figure,
    new_panels,
    records,
    seed_handle,
    styled,
)

_INK = "#222222"
"""Color of measured curves and of counts."""

_PREDICTED = "#CC3311"
"""Color of predicted curves."""

_FAINT = "#777777"
"""Color of what results are compared with."""

_BINS = np.arange(-2, LEVELS + 5, 5)
"""Edges of bins of five grey levels; boundaries such as 30.5 and 100.5 lie in the middle of one."""


@styled
def threshold_places(
    places: pd.DataFrame, alignment: pd.DataFrame, bands: Sequence[Band]
) -> Figure:
    """Where the thresholds of a layer's units lie, in front of the classes; one panel a seed.

    Args:
        places: one row a threshold: columns seed, level (grey levels).
        alignment: one row a seed: columns seed, thresholds (their number), distance (mean to the
            nearest boundary, grey levels), shifted (the same for shifted thresholds), p.
        bands: the task's bands; boundaries are where their colors change.

    Returns:
        A figure: in each panel the number of thresholds in every five grey levels, and above it
        every threshold as a tick.
    """
    fig = new_figure(PAGE, 1.05 * len(alignment) + 0.8)
    axes = fig.subplots(len(alignment), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, row in zip(axes, records(alignment), strict=True):
        _threshold_counts(ax, places.loc[places["seed"] == row["seed"], "level"], bands)
        ax.set_title(
            f"seed {row['seed']}: {row['thresholds']} thresholds, {row['distance']:.1f} grey levels"
            f" from a boundary on average (shifted: {row['shifted']:.1f}), p = {row['p']:.3f}"
        )
    intensity_axis(axes[-1], step=30)
    fig.supylabel("thresholds per 5 grey levels")
    tick = line_handle("one threshold", _INK, "none", "|")
    legend_above(fig, [tick, *class_handles(bands)])
    return fig


def _threshold_counts(ax: Axes, levels: pd.Series, bands: Sequence[Band]) -> None:
    """A histogram of thresholds, and all of them as ticks above it."""
    class_bands(ax, bands)
    counts, _ = np.histogram(levels, _BINS)
    ax.stairs(counts, _BINS, color=_INK, fill=True, alpha=0.75)
    above = np.full(len(levels), 0.92)
    ax.plot(levels, above, "|", color=_INK, transform=ax.get_xaxis_transform())
    ax.margins(y=0.2)


@styled
def turning_points(
    table: pd.DataFrame, summary: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """How many units of each layer turn at least twice, from the input to the output.

    Args:
        table: one row a seed and layer: columns condition, layer, depth (0 next to the input),
            seed, share (of units with two or more turning points, weighted by range, 0..1).
        summary: columns condition, layer, depth, share (mean over seeds), low, high.
        interval: what low and high are.

    Returns:
        A figure with one axes; conditions of a layer lie side by side.
    """
    fig = new_figure(PAGE, 2.8)
    ax = fig.subplots()
    by_depth(ax, table, summary, "share", 0.19)
    ax.set_xlabel("layer, from input to output")
    ax.set_ylabel("share of units that turn\ntwice or more (by range)")
    ax.set_ylim(-0.03, 1.05)
    conditions = condition_handles(summary)
    legend_above(fig, [*conditions, seed_handle(), interval_handle(interval, "|")], 4)
    return fig


_PROBES = {
    "r2": "object's intensity:\n$R^2$ of linear readout",
    "accuracy": "object's class:\naccuracy of linear readout",
    "selectivity": "class selectivity $\\eta^2$,\nmean over single units",
}
"""What is drawn of probes, each with its label."""
_OVER = {"object": "mean over the visible object", "space": "mean over space"}
"""What units are averaged over, each with its title."""


@styled
def probes_by_depth(
    table: pd.DataFrame, summary: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """What can be read from each layer: intensity and class, from two kinds of means.

    Args:
        table: one row a seed, layer and kind of mean: columns condition, seed, layer, depth, over
            ("space" or "object"), r2, accuracy, selectivity, chance.
        summary: columns condition, layer, depth, over, measure ("r2", "accuracy", "selectivity",
            and the same with "shuffled_" before it), value (mean over seeds), low, high.
        interval: what low and high are.

    Returns:
        A figure with three rows, intensity and class from all units, class from single ones, and a
        column for each kind of mean.
    """
    fig = new_figure(PAGE, 6.2)
    axes = fig.subplots(len(_PROBES), len(_OVER), sharex=True, sharey="row")
    for row, measure in zip(axes, _PROBES, strict=True):
        for ax, over in zip(row, _OVER, strict=True):
            seeds, means = table[table["over"] == over], summary[summary["over"] == over]
            _probe_panel(ax, seeds, means, measure)
        row[0].set_ylabel(_PROBES[measure])
        row[0].set_ylim(None, 1.05)  # shared by the row, so not before all of it is drawn
    for ax, title in zip(axes[0], _OVER.values(), strict=True):
        ax.set_title(title)
    fig.supxlabel("layer, from input to output")
    shuffled = line_handle("shuffled targets (control)", _INK, "--")
    chance = line_handle("always the same answer", _FAINT, ":")
    conditions = condition_handles(summary)
    marks = [*conditions, shuffled, chance, seed_handle(), interval_handle(interval, "|")]
    legend_above(fig, marks, 3)
    return fig


def _probe_panel(ax: Axes, seeds: pd.DataFrame, summary: pd.DataFrame, measure: str) -> None:
    """One measure by depth, its control, and what a reader has that looks at nothing."""
    means = summary[summary["measure"] == measure].rename(columns={"value": measure})
    by_depth(ax, seeds, means, measure, 0.28)
    control = summary[summary["measure"] == f"shuffled_{measure}"]
    for condition, look in looks(summary["condition"]).items():
        rows = control[control["condition"] == condition]
        ax.plot(rows["depth"], rows["value"], linestyle="--", lw=1.0, markersize=2.5, **look)
    nothing = seeds["chance"].mean() if measure == "accuracy" else 0.0
    ax.axhline(nothing, color=_FAINT, linestyle=":", linewidth=1.0)


_CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    "measured": ("measured", {"color": _INK, "linestyle": "-", "linewidth": 1.6}),
    "predicted": ("predicted", {"color": _PREDICTED, "linestyle": "--", "linewidth": 1.2}),
    "interior": (
        "predicted without borders",
        {"color": _FAINT, "linestyle": ":", "linewidth": 1.2},
    ),
}
"""Columns of responses, each with its name and look; the first lies at the back."""
_THRESHOLD: dict[str, Any] = {"color": "#0077BB", "linestyle": "-.", "linewidth": 0.8}
"""How an interior threshold looks, in axes and in legends."""


@styled
def closed_form_responses(table: pd.DataFrame, fit: pd.DataFrame, bands: Sequence[Band]) -> Figure:
    """Responses of every unit of a first block, measured and as its kernels predict them.

    Args:
        table: columns layer, unit, level (grey level), measured, predicted, interior (the crude
            prediction, of two uniform planes).
        fit: one row a unit: columns layer, unit, r2, r2_interior, threshold (grey level, missing
            where there is none; drawn where it is one of the levels).
        bands: the task's bands.

    Returns:
        A figure with two panels a row, one a unit, in the order of `fit`.
    """
    fig, axes = new_panels(len(fit), 2, 1.5, 0.8, sharex=True)
    for ax, row in zip(axes, records(fit), strict=True):
        chosen = (table["layer"] == row["layer"]) & (table["unit"] == row["unit"])
        class_bands(ax, bands)
        _closed_form_panel(ax, table[chosen], row)
    fig.supylabel("mean activation over space")
    fig.supxlabel("object intensity (grey level)")
    curves = [Line2D([], [], **look, label=name) for name, look in _CURVES.values()]
    threshold = Line2D([], [], **_THRESHOLD, label="interior threshold")
    legend_above(fig, [*curves, threshold, *class_handles(bands)])
    return fig


def _closed_form_panel(ax: Axes, curves: pd.DataFrame, fit: dict[str, Any]) -> None:
    """One unit's curves, with their fits as title."""
    for column, (_, look) in _CURVES.items():
        ax.plot(curves["level"], curves[column], **look)
    if not pd.isna(fit["threshold"]) and 0 <= fit["threshold"] < LEVELS:
        ax.axvline(fit["threshold"], **_THRESHOLD)
    intensity_axis(ax, label=False)
    ax.set_title(
        f"{fit['layer']}, unit {fit['unit']}: $R^2$ = {fit['r2']:.4f} "
        f"(without borders {fit['r2_interior']:.2f})"
    )
