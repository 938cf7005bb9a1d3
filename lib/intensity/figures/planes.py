"""Sweeps: where networks change their answer, and planes of intensity and background."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator
from scipy import ndimage

from intensity.analysis.planes import plane_labels
from intensity.data.tasks import LEVELS, Task
from intensity.figures import style
from intensity.tables.names import title_of

_BORDER = "#000000"
"""Color of borders between true classes."""
_NUMBER: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": 7,
    "bbox": {"boxstyle": "circle,pad=0.25", "facecolor": "white", "linewidth": 0.6},
}
"""How the number of a true class looks, in the middle of its area."""
_SQUARE_NUMBER = {**_NUMBER, "bbox": {**_NUMBER["bbox"], "boxstyle": "square,pad=0.25"}}
"""How the number of a class looks beside a plane."""
_ON_BLACK = 12
"""Where numbers stand that hold on a black background, grey levels of the background."""
_NOT_DRAWN = "#AAAAAA"
"""Color of pairs of levels of which no image is drawn."""
_STRENGTH = 0.8
"""How strong a class color is where all scenes agree; borders stay visible on it."""


@style.styled
def class_planes(
    table: pd.DataFrame, tasks: Mapping[str, Task], figure: style.Into = None
) -> Figure:
    """The class that networks predict for every intensity and background, with true borders.

    Stripes along an axis say that only this level counts, stripes along the diagonal that the
    difference does. Where a network was trained on one background, the classes that other ones
    would have are written on the right, between dashed lines: horizontal stripes may follow them.

    Args:
        table: one row a network and pair: columns network, task (its name), intensity, background
            (grey levels on a regular grid), class (most often predicted), share (of scenes that are
            given this class, 0..1; the lower, the paler the color).
        tasks: by name; they say where the borders are and which pairs are drawn.
    """
    networks = style.parts(table, "network")
    columns = min(3, len(networks))
    side = min(3.0, style.PAGE / columns - 0.35)
    shared = {"sharex": True, "sharey": True}
    fig, axes = style.new_panels(len(networks), columns, side + 0.2, 1.0, figure, **shared)
    handles = _plane_handles(sorted(set(table["class"])))
    for ax, (network, rows) in zip(axes, networks.items(), strict=True):
        _plane(ax, rows)
        draw_true_classes(ax, task := tasks[rows["task"].iloc[0]])
        if not task.draws_backgrounds:
            _background_classes(ax, task)
            handles.append(
                style.line_handle("dashed, square: classes of backgrounds", _BORDER, "--")
            )
        ax.set_title(title_of(network))
    for ax in axes[::columns]:
        ax.set_ylabel("background (grey level)")
    style.legend_above(fig, handles, 4)
    return fig


@style.styled
def answers_off_black(
    plane: pd.DataFrame, curve: pd.DataFrame, task: Task, figure: style.Into = None
) -> Figure:
    """What a network that was trained on black answers elsewhere, beside what it learned there.

    Args:
        plane: one network's rows of the table of `class_planes`.
        curve: columns intensity (grey level), class, logit: of one scene on black.
        task: that the network was trained on.
    """
    fig = style.new_figure(style.PAGE, 3.2, figure)
    left, right = fig.subplots(1, 2, width_ratios=[1.35, 1])
    style.class_bands(left, task.bands)
    for label, part in style.parts(curve, "class").items():
        color, dash = style.class_color(label), style.class_dash(label)
        left.plot(part["intensity"], part["logit"], color=color, linestyle=dash)
    left.set(ylabel="logit", title="on black, as in training")
    style.intensity_axis(left)
    left.set_xlabel("level of the object")
    _plane(right, plane)
    _background_numbers(right, task)
    right.set(ylabel="level of the background", title="on backgrounds never seen in training")
    right.set_xlabel("level of the object")
    style.legend_above(fig, [*_curve_handles(curve), *_answer_handles(plane)], 4)
    return fig


def _curve_handles(curve: pd.DataFrame) -> list[Artist]:
    """What the lines are, and the bands behind them."""
    lines = [
        style.line_handle(f"logit of class {n}", style.class_color(n), style.class_dash(n))
        for n in sorted(set(curve["class"]))
    ]
    return [*lines, style.line_handle("shading: true class", "none")]


def _answer_handles(plane: pd.DataFrame) -> list[Artist]:
    """What colors of a plane are, and the numbers beside it."""
    labels = sorted(set(plane["class"]))
    colors = map(answer_color, labels)
    return [
        *(Patch(color=c, label=f"answer: class {n}") for c, n in zip(colors, labels, strict=True)),
        style.line_handle("boxed: class of an object of that level", "none"),
    ]


def _plane(ax: Axes, table: pd.DataFrame) -> None:
    """The predicted class of every pair of a table, the paler the fewer scenes are given it."""
    columns = ("class", "share")
    answers, shares = (
        table.pivot(index="background", columns="intensity", values=column) for column in columns
    )
    intensity, background = (axis.to_numpy(float) for axis in (answers.columns, answers.index))
    draw_answers(ax, intensity, background, answers.to_numpy(), shares.to_numpy())


def draw_answers(
    ax: Axes, intensity: np.ndarray, background: np.ndarray, answers: np.ndarray, shares: np.ndarray
) -> AxesImage:
    """Draw classes as colors, each pair at its own levels.

    Args:
        ax: to draw into.
        intensity: (k,) grey levels at equal distances.
        background: (m,) grey levels at equal distances.
        answers: (m, k) classes.
        shares: (m, k) 0..1; the smaller, the paler.

    Returns:
        The picture; `answer_colors` gives it others.
    """
    edges = _edges(intensity), _edges(background)
    drawn = cast(AxesImage, ax.pcolorfast(*edges, answer_colors(answers, shares)))
    ax.set_aspect("equal")
    style.intensity_axis(ax)
    ax.set_ylim(ax.get_xlim())
    ax.yaxis.set_major_locator(MultipleLocator(60))
    return drawn


def answer_color(label: int, share: float = 1.0) -> tuple[float, float, float]:
    """The color of a class on a plane, the paler the smaller its share."""
    return style.tint(style.class_color(label), _STRENGTH * share)


def answer_colors(answers: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(m, k, 3) colors of (m, k) classes and their (m, k) shares."""
    colors = map(answer_color, answers.flat, shares.flat)
    return np.reshape(list(colors), (*answers.shape, 3))


def _edges(levels: np.ndarray) -> np.ndarray:
    half = (levels[1] - levels[0]) / 2
    return np.append(levels - half, levels[-1] + half)


def draw_true_classes(ax: Axes, task: Task) -> None:
    """True classes as lines and numbers; pairs that are not drawn are covered.

    Where a network has seen black backgrounds alone, the numbers stand on black.

    Raises:
        InvalidInput: the class depends on the shape.
    """
    levels = np.arange(LEVELS)
    labels = task.classify(levels, levels[:, None], np.array(0))
    for label in range(task.classes):
        ax.contour(levels, levels, labels == label, levels=[0.5], colors=_BORDER, linewidths=0.9)
        areas, count = ndimage.label(labels == label)
        for y, x in ndimage.center_of_mass(areas, areas, range(1, count + 1)):
            ax.text(x, y if task.draws_backgrounds else _ON_BLACK, str(label), **_NUMBER)
    absent = np.ma.masked_equal(plane_labels(task, levels, levels) < 0, value=False)
    extent = (-0.5, LEVELS - 0.5, -0.5, LEVELS - 0.5)
    ax.contourf(absent, levels=[0.5, 1.5], colors=_NOT_DRAWN, extent=extent)


def draw_bands(ax: Axes, task: Task) -> None:
    """Bands of a task's table on both axes: their borders, and their classes above and right."""
    _background_classes(ax, task)
    for edge in task.edges:
        ax.axvline(edge, color=_BORDER, linewidth=0.7, linestyle="--")
    for low, high, label in task.bands:
        if label is not None:
            ax.text((low + high) / 2, LEVELS + 8, str(label), **_SQUARE_NUMBER)


def _background_classes(ax: Axes, task: Task) -> None:
    """Borders and numbers of the classes that the task's table gives to levels of backgrounds."""
    for edge in task.edges:
        ax.axhline(edge, color=_BORDER, linewidth=0.7, linestyle="--")
    _background_numbers(ax, task)


def _background_numbers(ax: Axes, task: Task) -> None:
    """The classes that the task's table gives to levels of backgrounds, on the right."""
    for low, high, label in task.bands:
        if label is not None:
            ax.text(LEVELS + 8, (low + high) / 2, str(label), **_SQUARE_NUMBER)


def _plane_handles(labels: list[int]) -> list[Artist]:
    """Legend entries of classes, borders and what is not drawn."""
    classes = [Patch(color=answer_color(label), label=f"class {label}") for label in labels]
    border = style.line_handle("border, number: true classes", _BORDER)
    return [*classes, border, Patch(color=_NOT_DRAWN, label="not drawn")]


_COLUMNS = {
    "shift": "place minus boundary (grey levels)",
    "width": "width (grey levels)",
    "missing": "missing (share of scenes)",
}
"""What is drawn of class boundaries, each with its label."""


@style.styled
def transition_places(
    seeds: pd.DataFrame, summary: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """Where networks change their answer, beside the true class boundaries.

    A row a network, on its own scales; a column a number: place minus boundary, width, share
    missing.

    Args:
        seeds: one row a network, seed and boundary: columns network, seed, boundary (grey levels),
            shown (the level that images have there), place (median over scenes, grey levels), width
            (grey levels, from the 10 % to the 90 % quantile), missing (share of scenes without it);
            place and width are missing where no scene has a place.
        summary: columns network, boundary, shown, place (mean over seeds), low, high, width,
            missing.
    """
    looks = style.looks(summary["network"])
    fig = style.new_figure(style.PAGE, 1.05 * len(looks) + 0.9, figure)
    axes = fig.subplots(len(looks), len(_COLUMNS), sharex=True, squeeze=False)
    for row, (network, look) in zip(axes, looks.items(), strict=True):
        means, own = (_shifted(part[part["network"] == network]) for part in (summary, seeds))
        _boundary_row(row, means, own, look)
        row[0].set_ylabel(title_of(network))
    for top, bottom, label in zip(axes[0], axes[-1], _COLUMNS.values(), strict=True):
        top.set_title(label)
        bottom.set_xlabel("boundary (grey level, as shown)")
    style.legend_above(fig, [style.seed_handle(), style.interval_handle(marker="|")])
    return fig


def _shifted(table: pd.DataFrame) -> pd.DataFrame:
    """One network's table with places from their boundaries; NaN is not drawn."""
    numbers = table.drop(columns="network").astype(float).sort_values("shown")
    shifts = {"place": "shift", "low": "low", "high": "high"}
    boundary = numbers["boundary"]
    return numbers.assign(
        **{new: numbers[old] - boundary for old, new in shifts.items() if old in numbers}
    )


def _boundary_row(
    axes: np.ndarray, means: pd.DataFrame, own: pd.DataFrame, look: Mapping[str, Any]
) -> None:
    """One network's boundaries: seeds as dots, means as marks, places with their intervals."""
    for row in style.records(means):
        ends = (row["low"], row["high"])
        style.estimate(axes[0], row["shown"], row["shift"], ends, **look, upright=True)
    for ax, column in zip(axes[1:], ("width", "missing"), strict=True):
        ax.plot(means["shown"], means[column], linewidth=0.8, **look)
    for ax, column in zip(axes, _COLUMNS, strict=True):
        style.dots(ax, own["shown"] + _BESIDE, own[column], look["color"])
        style.intensity_axis(ax, label=False)
    axes[0].axhline(0, color="#777777", linestyle=":", linewidth=1.0)
    axes[1].set_ylim(bottom=0)
    axes[2].set_ylim(-0.08, 1.08)


@style.styled
def boundary_widths(
    seeds: pd.DataFrame, summary: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """How wide transitions are against the level that images have there, a panel a network.

    Weber's law, a width in proportion to the level, is a line through the origin.

    Args:
        seeds: columns network, seed, shown, width (grey levels).
        summary: columns network, shown, width (mean over seeds), low, high, proportional.
    """
    looks = style.looks(summary["network"])
    fig, axes = style.new_panels(len(looks), 2, 2.3, 0.3, figure)
    for ax, (network, look) in zip(axes, looks.items(), strict=True):
        means, own = (
            part[part["network"] == network].sort_values("shown") for part in (summary, seeds)
        )
        ax.plot([0, *means["shown"]], [0, *means["proportional"]], **_WEBER)
        for row in style.records(means):
            ends = (row["low"], row["high"])
            style.estimate(ax, row["shown"], row["width"], ends, **look, upright=True)
        style.dots(ax, own["shown"] + _BESIDE, own["width"], look["color"])
        style.intensity_axis(ax, label=False)
        ax.set_ylim(bottom=0)
        ax.set_title(title_of(network))
    fig.supxlabel("level of the boundary, as shown (grey level)")
    fig.supylabel("width of the transition (grey levels)")
    law = Line2D([], [], **_WEBER, label="in proportion to the level (Weber's law), fitted")
    style.legend_above(fig, [style.interval_handle(), style.seed_handle(), law])
    return fig


_WEBER: dict[str, Any] = {"color": "#777777", "linestyle": "--", "linewidth": 1.0}
"""How a width in proportion to the level looks, in axes and in legends."""

_BESIDE = 4
"""How far to the right of its boundary a seed is drawn, grey levels."""
