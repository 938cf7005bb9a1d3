"""Figures of sweeps: where networks change their answer, and planes of intensity and background."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator
from scipy import ndimage

from intensity.analysis.planes import plane_labels
from intensity.data.tasks import LEVELS, Task
from intensity.figures.style import (
    PAGE,
    SEEDS_INTERVAL,
    class_color,
    colors,
    dots,
    estimate,
    intensity_axis,
    interval_handle,
    legend_above,
    line_handle,
    new_figure,
    new_panels,
    parts,
    records,
    seed_handle,
    styled,
    tint,
)

_BORDER = "#000000"
"""Color of borders between true classes."""
_NUMBER: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": 7,
    "bbox": {"boxstyle": "circle,pad=0.25", "facecolor": "white", "linewidth": 0.6},
}
"""How the number of a true class looks, in the middle of its area."""
_NOT_DRAWN = "#AAAAAA"
"""Color of pairs of levels of which no image is drawn."""
_STRENGTH = 0.8
"""How strong a class color is where all scenes agree; borders stay visible on it."""


@styled
def class_planes(table: pd.DataFrame, tasks: Mapping[str, Task]) -> Figure:
    """The class that networks name for every intensity and background, with true borders.

    Stripes along an axis say that only this level counts, stripes along the diagonal that the
    difference does.

    Args:
        table: one row a network and pair: columns network, task (its name), intensity, background
            (grey levels on a regular grid), class (most often named), share (of scenes that are
            given this class, 0..1; the lower, the paler the color).
        tasks: by name; they say where the borders are and which pairs are drawn.

    Returns:
        A figure with at most three panels a row, one a network.
    """
    networks = parts(table, "network")
    columns = min(3, len(networks))
    side = min(3.0, PAGE / columns - 0.35)
    fig, axes = new_panels(len(networks), columns, side + 0.2, 0.8, sharex=True, sharey=True)
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        _plane(ax, rows)
        _true_classes(ax, tasks[rows["task"].iloc[0]])
        ax.set_title(network)
    for ax in axes[::columns]:
        ax.set_ylabel("background (grey level)")
    legend_above(fig, _plane_handles(sorted(set(table["class"]))), 6)
    return fig


def _plane(ax: Axes, table: pd.DataFrame) -> None:
    """The named class of every pair as a color, each at its own levels."""
    named = table.pivot(index="background", columns="intensity", values="class")
    shares = table.pivot(index="background", columns="intensity", values="share").to_numpy()
    shown = [
        [tint(class_color(label), _STRENGTH * share) for label, share in zip(*row, strict=True)]
        for row in zip(named.to_numpy(), shares, strict=True)
    ]
    x, y = (_edges(axis.to_numpy(float)) for axis in (named.columns, named.index))
    ax.pcolorfast(x, y, np.array(shown))
    ax.set_aspect("equal")
    intensity_axis(ax)
    ax.set_ylim(ax.get_xlim())
    ax.yaxis.set_major_locator(MultipleLocator(60))


def _edges(levels: np.ndarray) -> np.ndarray:
    """Where cells end whose middles are evenly spaced levels."""
    half = (levels[1] - levels[0]) / 2
    return np.append(levels - half, levels[-1] + half)


def _true_classes(ax: Axes, task: Task) -> None:
    """True classes as lines and numbers; pairs that are not drawn are covered."""
    levels = np.arange(LEVELS)
    labels = task.classify(levels, levels[:, None], np.array(0))
    for label in range(task.classes):
        ax.contour(levels, levels, labels == label, levels=[0.5], colors=_BORDER, linewidths=0.9)
        areas, count = ndimage.label(labels == label)
        for y, x in ndimage.center_of_mass(areas, areas, range(1, count + 1)):
            ax.text(x, y, str(label), **_NUMBER)
    absent = np.ma.masked_equal(plane_labels(task, levels, levels) < 0, value=False)
    extent = (-0.5, LEVELS - 0.5, -0.5, LEVELS - 0.5)
    ax.contourf(absent, levels=[0.5, 1.5], colors=_NOT_DRAWN, extent=extent)


def _plane_handles(labels: list[int]) -> list[Artist]:
    """Legend entries of classes, borders and what is not drawn."""
    classes = [
        Patch(color=tint(class_color(label), _STRENGTH), label=f"class {label}") for label in labels
    ]
    border = line_handle("border, number: true classes", _BORDER)
    return [*classes, border, Patch(color=_NOT_DRAWN, label="not drawn")]


_ROWS = {
    "shift": "place minus boundary\n(grey levels)",
    "width": "width\n(grey levels)",
    "missing": "missing\n(share of scenes)",
}
"""What is drawn of class boundaries, each with its label."""

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "p")
"""One shape a network, in order of appearance, so that not color alone tells them apart."""


@styled
def transitions(
    table: pd.DataFrame, summary: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """Where networks change their answer, beside the true class boundaries.

    Args:
        table: one row a network, seed and boundary: columns network, seed, boundary (grey levels),
            before, after (true classes), place (median over scenes, grey levels), width (grey
            levels, from the 10 % to the 90 % quantile), missing (share of scenes without it);
            place and width are missing where no scene has a place.
        summary: columns network, boundary, place (mean over seeds), low, high, width, missing.
        interval: what low and high are; only places have one.

    Returns:
        A figure of three rows: place minus boundary, width, share missing; networks side by side.
    """
    fig = new_figure(PAGE, 4.4)
    axes = fig.subplots(len(_ROWS), 1, sharex=True, height_ratios=(1.6, 1, 1))
    palette, boundaries = colors(summary["network"]), sorted(set(table["boundary"]))
    markers = dict(zip(palette, _MARKERS, strict=False))
    slot = 0.8 / len(palette)
    for number, (network, color) in enumerate(palette.items()):
        left = slot * (number + 0.35) - 0.4
        means, seeds = (
            _placed(part[part["network"] == network], boundaries) for part in (summary, table)
        )
        _boundary_means(axes, means.assign(x=means["x"] + left), color, markers[network])
        for ax, column in zip(axes, _ROWS, strict=True):
            dots(ax, seeds["x"] + left + 0.3 * slot, seeds[column], color)
    for ax, label in zip(axes, _ROWS.values(), strict=True):
        ax.set_ylabel(label)
    _boundary_axis(axes, table, boundaries)
    networks = [line_handle(name, color, "none", markers[name]) for name, color in palette.items()]
    legend_above(fig, [*networks, seed_handle(), interval_handle(interval, "|")], 5)
    return fig


def _placed(table: pd.DataFrame, boundaries: list[float]) -> pd.DataFrame:
    """A table with x, the number of the boundary, and places from there; NaN is not drawn."""
    numbers = table.drop(columns="network").astype(float)
    boundary = numbers["boundary"]
    shifts = {"place": "shift", "low": "low", "high": "high"}
    shifted = {new: numbers[old] - boundary for old, new in shifts.items() if old in numbers}
    return numbers.assign(x=boundary.map(boundaries.index), **shifted)


def _boundary_means(axes: np.ndarray, means: pd.DataFrame, color: str, marker: str) -> None:
    """One network's means over seeds in all rows, places with their intervals."""
    for row in records(means):
        estimate(
            axes[0], row["x"], row["shift"], (row["low"], row["high"]), color, marker, upright=True
        )
    for ax, column in zip(axes[1:], ("width", "missing"), strict=True):
        ax.plot(means["x"], means[column], marker, color=color)


def _boundary_axis(axes: np.ndarray, table: pd.DataFrame, boundaries: list[float]) -> None:
    """Let x be the class boundaries, each with the classes on both sides of it."""
    first = table.drop_duplicates("boundary").set_index("boundary").loc[boundaries]
    changes = [f"{b:g}\n{row['before']} to {row['after']}" for b, row in first.iterrows()]
    axes[-1].set_xticks(range(len(boundaries)), changes)
    axes[-1].set_xlabel("class boundary (grey level) and the classes before and after it")
    axes[-1].set_xlim(-0.5, len(boundaries) - 0.5)
    axes[0].axhline(0, color="#777777", linestyle=":", linewidth=1.0)
    axes[2].set_ylim(-0.08, 1.08)
    for ax in axes:
        ax.tick_params(axis="x", length=0)
        for between in range(len(boundaries) - 1):
            ax.axvline(between + 0.5, color="#EEEEEE", linewidth=0.8, zorder=0)
