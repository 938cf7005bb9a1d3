"""How every figure looks: widths of a two-column paper, fonts, colors, class bands, intervals.

Classes have three colors that survive grayscale printing and color blindness; networks have nine
others, the same in every figure; baselines are dark; any other name takes the next free color.
Figures are made without pyplot, so that nothing stays open and no notebook draws one twice.
"""

import itertools
from collections.abc import Iterable, Sequence
from contextlib import ContextDecorator
from typing import Any, Literal, cast

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator
from matplotlib.typing import LineStyleType

from intensity.data.tasks import LEVELS, Band
from intensity.training.presets import NETWORKS

COLUMN = 3.35
"""Width of one column of a paper, in inches."""

PAGE = 7.0
"""Width of both columns of a paper, in inches."""

DPI = 150
"""Pixels per inch of every PNG."""

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.labelsize": 8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 8,
    "figure.labelsize": 8,
    "figure.titlesize": 8,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "hatch.linewidth": 0.6,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "pdf.fonttype": 42,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}

styled = cast(ContextDecorator, matplotlib.style.context(["default", _STYLE]))
"""Decorator: make a figure in the style of all figures, whatever the caller's settings are."""

CLASS_COLORS = ("#004488", "#DDAA33", "#BB5566", "#44AA77", "#7744AA", "#777777")
"""One color a class; the paper's tasks use the first three."""

NETWORK_COLORS = {network.name: network.color for network in NETWORKS.values() if network.color}
"""One color a network, the same in every figure."""

OTHER_COLORS = ("#0077BB", "#222255", "#994455", "#EE7733", "#225522", "#66CCEE")
"""For all other names, in order of appearance."""

BASELINE_COLOR = "#555555"
"""All baselines have this color; their names distinguish them."""

INK = "#222222"
"""Color of what stands for itself."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "p")
"""One shape per name in order of appearance, where color alone must not distinguish."""

LINES: tuple[tuple[str, LineStyleType, str], ...] = (
    ("#0077BB", "-", "o"),
    ("#EE7733", (0, (4, 2)), "s"),
    ("#009988", (0, (1, 1.5)), "^"),
    ("#AA4499", (0, (6, 2, 1, 2)), "D"),
    ("#777777", (0, (3, 1, 1, 1, 1, 1)), "v"),
    ("#CC3311", (0, (8, 2)), "P"),
)
"""Color, line and marker of curves that are no network's and no class's."""

SCENES_INTERVAL = "95 % interval over scenes (Wilson)"
"""What is drawn around a share of counted scenes."""

SEEDS_INTERVAL = "95 % interval over seeds (Student t)"
"""What is drawn around a mean over trainings."""


Canvas = Figure | SubFigure
"""What a figure can be drawn into."""

Into = Canvas | None
"""The type of `figure` in figure functions: drawn into, or a new figure is made."""


def new_figure(width: float, height: float, figure: Into = None) -> Figure:
    """`figure`, or an empty one of this size in inches that leaves room for all labels."""
    if figure is not None:
        return cast(Figure, figure)  # a part of a figure draws as a figure does
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def new_axes(width: float, height: float, ax: Axes | None = None) -> Axes:
    """`ax`, or the only axes of a new figure of this size in inches."""
    return new_figure(width, height).subplots() if ax is None else ax


def new_panels(
    count: int, columns: int, height: float, margin: float, figure: Into = None, **options: Any
) -> tuple[Figure, list[Axes]]:
    """A figure as wide as a page with equal panels, row by row.

    Args:
        count: of panels.
        columns: most panels in a row.
        height: of a row, in inches.
        margin: what the figure is higher than its rows, in inches.
        figure: to draw into; else a new one.
        options: of `Figure.subplots`.

    Returns:
        The figure, and the axes that are used.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    fig = new_figure(PAGE, height * rows + margin, figure)
    axes = list(fig.subplots(rows, columns, squeeze=False, **options).flat)
    for ax in axes[count:]:
        ax.remove()
    for ax in axes[count - columns : count]:
        ax.tick_params(labelbottom=True)  # also above a place that stays empty
    return fig, axes[:count]


def figure_of(ax: Axes) -> Figure:
    """The figure that these axes are in: what a figure function of one panel returns."""
    return cast(Figure, ax.get_figure())


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each as column -> value."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False)]


def parts(table: pd.DataFrame, column: str) -> dict[Any, pd.DataFrame]:
    """The rows of each value of a column, in the order in which the values appear."""
    return dict(iter(table.groupby(column, sort=False)))


def colors(names: Iterable[str]) -> dict[Any, str]:
    """A color for every name: that of a network by this name, else the next free one."""
    own = {name: NETWORK_COLORS.get(name) for name in names}
    spare = itertools.cycle(OTHER_COLORS)
    return {name: color or next(spare) for name, color in own.items()}


def looks(names: Iterable[str]) -> dict[Any, dict[str, Any]]:
    """Color and marker of every name."""
    marked = zip(colors(names).items(), itertools.cycle(MARKERS), strict=False)
    return {name: {"color": color, "marker": marker} for (name, color), marker in marked}


def lines(names: Iterable[str]) -> dict[Any, tuple[str, LineStyleType, str]]:
    """Color, line and marker of every name, in order of appearance."""
    return dict(zip(dict.fromkeys(names), itertools.cycle(LINES), strict=False))


def class_color(label: int) -> str:
    """The color of a class."""
    colors = CLASS_COLORS + OTHER_COLORS  # the second ones for audits of networks of many classes
    return colors[label % len(colors)]


def class_dash(label: int) -> Literal["solid", "dashed", "dashdot"]:
    """Dashes of a class's curve, since color alone must not distinguish; here and in Bokeh."""
    dashes: tuple[Literal["solid", "dashed", "dashdot"], ...] = ("solid", "dashed", "dashdot")
    return dashes[label % len(dashes)]


def class_bands(ax: Axes, bands: Sequence[Band]) -> None:
    """Draw the class of every grey level behind curves, at true grey levels.

    A band of levels low..high covers low - 0.5 to high + 0.5; a band without class stays white.

    Args:
        ax: axes whose x is the object's intensity in grey levels.
        bands: for example `task.bands`.
    """
    for low, high, label in bands:
        if label is not None:
            ax.axvspan(low - 0.5, high + 0.5, color=tint(class_color(label)), linewidth=0, zorder=0)


def mark_boundaries(ax: Axes, bands: Sequence[Band]) -> None:
    """Dotted lines where a class begins or ends; x as for `class_bands`."""
    ends = {end for low, high, label in bands if label is not None for end in (low, high + 1)}
    for end in sorted(ends - {0, LEVELS}):
        ax.axvline(end - 0.5, color="#333333", linestyle=":", linewidth=0.8, zorder=1)


def tint(color: str, strength: float = 0.2) -> tuple[float, float, float]:
    """A color mixed with white, opaque so that nothing behind it shows through."""
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(color))
    return red, green, blue


def intensity_axis(ax: Axes, label: bool = True, step: int = 60) -> None:
    """Let x be the object's intensity: 0..255 grey levels, a tick every `step`."""
    ax.set_xlim(-0.5, LEVELS - 0.5)
    ax.xaxis.set_major_locator(MultipleLocator(step))
    ax.xaxis.set_minor_locator(MultipleLocator(step / 2))
    if label:
        ax.set_xlabel("object intensity (grey level)")


def picture(
    ax: Axes,
    values: np.ndarray,
    color_map: str | Colormap,
    low: float,
    high: float,
    place: tuple[float, float, float, float] | None = None,
) -> AxesImage:
    """Show an array as an image on the scale low..high, without ticks, in a thin frame.

    Args:
        ax: to draw into.
        values: (h, w) numbers.
        color_map: the colors, or matplotlib's name of them, from low to high.
        low, high: values of the first and the last color.
        place: left, right, bottom and top in units of the axes, where they hold several images.
    """
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#CCCCCC", linewidth=0.5)
    return ax.imshow(values, cmap=color_map, vmin=low, vmax=high, extent=place)


def signed_picture(ax: Axes, values: np.ndarray, most: float | None = None) -> AxesImage:
    """Show numbers from blue over white (0) to red, up to `most` or to their largest magnitude."""
    most = largest(values) if most is None else most
    return picture(ax, values, "RdBu_r", -most, most)


def largest(values: np.ndarray) -> float:
    """The largest magnitude; 1 where all is 0, so that it can be the end of a scale."""
    return float(np.abs(values).max()) or 1.0


def grey_picture(ax: Axes, image: np.ndarray) -> AxesImage:
    """Show an image of grey levels on the fixed scale 0..255."""
    return picture(ax, image, "gray", 0, LEVELS - 1)


def estimate(
    ax: Axes,
    x: float,
    y: float,
    interval: tuple[float, float],
    color: str,
    marker: str = "o",
    upright: bool = False,
) -> None:
    """Draw a value at (x, y) with its interval along x, or along y where it is upright."""
    ends = ((x, x), interval) if upright else (interval, (y, y))
    ax.plot(*ends, color=color, linewidth=1.6, solid_capstyle="butt", zorder=4)
    ax.plot(x, y, marker=marker, color=color, zorder=5)


def dots(ax: Axes, x: Iterable[float], y: Iterable[float], color: str) -> None:
    """Draw every seed as an open dot."""
    ax.plot(list(x), list(y), **_DOT, markeredgecolor=color, zorder=6)


_DOT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3,
    "markerfacecolor": "white",
    "markeredgewidth": 0.8,
}
"""How a seed looks, in axes and in legends."""


def class_handles(bands: Iterable[Band]) -> list[Artist]:
    """Legend entries of the classes that are in these bands."""
    labels = sorted({band.label for band in bands if band.label is not None})
    return [Patch(color=tint(class_color(label), 0.5), label=f"class {label}") for label in labels]


def line_handle(label: str, color: str, style: LineStyleType = "-", marker: str = "") -> Line2D:
    """Legend entry of a line."""
    return Line2D([], [], color=color, linestyle=style, marker=marker, label=label)


def seed_handle() -> Line2D:
    """Legend entry of the dots: every seed is one."""
    return Line2D([], [], **_DOT, markeredgecolor="#333333", label="one seed")


def interval_handle(
    interval: str = SEEDS_INTERVAL, marker: str = "o", what: str = "mean"
) -> Line2D:
    """Legend entry of a value with its interval, which it names."""
    return line_handle(f"{what}, {interval}", "#333333", marker=marker)


def reference_line(ax: Axes, x: float) -> None:
    """Mark a value on the x axis that others are compared with, for example chance."""
    ax.axvline(x, **_REFERENCE)


def reference_handle(label: str = "chance (most frequent class)") -> Line2D:
    """Legend entry of `reference_line`."""
    return Line2D([], [], **_REFERENCE, label=label)


_REFERENCE: dict[str, Any] = {"color": "#777777", "linestyle": ":", "linewidth": 1.0}
"""How a reference looks, in axes and in legends."""


def baseline_handle() -> Line2D:
    """Legend entry of baselines in forest plots."""
    label = "baseline, 95 % interval over scenes (Wilson)"
    return line_handle(label, BASELINE_COLOR, marker="D")


def legend_above(place: Canvas | Axes, handles: Sequence[Artist], columns: int = 4) -> None:
    """One legend above a figure, or above axes that share their figure with others."""
    if isinstance(place, Axes):
        figure = figure_of(place)
        if len(figure.axes) > 1:
            look: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.02)}
            place.legend(handles=list(handles), ncols=columns, borderaxespad=0, **look)
            return
        place = figure
    place.legend(handles=list(handles), loc="outside upper center", ncols=columns)
