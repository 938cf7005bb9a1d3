"""Figures that change in place, for the explorer.

Each is laid out once; then only its data change, which takes a tenth of the time of a new figure.
Captions are text of the page and follow its font size.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from PIL import Image

from intensity.data.tasks import Band, Task
from intensity.figures import style
from intensity.figures.planes import answer_colors, draw_answers, draw_bands, draw_true_classes

SQUARE = 2.2
"""Side of a figure with one picture, in inches."""

WIDE = 4.4
"""Width of a figure with many pictures or a long axis, in inches."""

PROBABILITY = "probability"
"""Label of an axis of shares, whose scale is fixed."""


class LiveFigure:
    """A figure with one axes that is drawn many times; marks that move do not draw the rest."""

    def __init__(self, width: float, height: float) -> None:
        self.figure: Figure = style.new_figure(width, height)
        self.axes: Axes = self.figure.subplots()
        self._canvas = FigureCanvasAgg(self.figure)
        self._is_laid_out = False
        self._marks: tuple[Artist, ...] = ()
        self._rest: Any = None

    def set_marks(self, *marks: Artist) -> None:
        """Name the artists that move; they are drawn on top."""
        self._marks = marks
        for mark in marks:
            mark.set_animated(True)

    def _draw_rest(self) -> None:
        """Draw all but the marks."""
        if not self._is_laid_out:
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
            self._is_laid_out = True
        self._canvas.draw()  # type: ignore[no-untyped-call]
        self._rest = self._canvas.copy_from_bbox(self.figure.bbox)  # type: ignore[no-untyped-call]

    def png(self, only_marks: bool = False) -> bytes:
        """The picture as it is now, or as it was last drawn with its marks as they are now."""
        if self._rest is None or not only_marks:
            self._draw_rest()
        self._canvas.restore_region(self._rest)  # type: ignore[no-untyped-call]
        for mark in self._marks:
            self.axes.draw_artist(mark)
        buffer = io.BytesIO()
        pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        Image.fromarray(pixels[..., :3]).save(buffer, "png", compress_level=1)
        return buffer.getvalue()


class LiveImage(LiveFigure):
    """An image of grey levels, black to white for 0..255."""

    @style.styled
    def __init__(self, size: int) -> None:
        super().__init__(SQUARE, SQUARE)
        self._shown = style.grey_picture(self.axes, np.zeros((size, size)))

    def show(self, image: np.ndarray) -> bytes:
        """Show (size, size) grey levels; the PNG."""
        self._shown.set_data(image)
        return self.png()


class LiveMap(LiveFigure):
    """A signed map from blue over white to red, up to its own largest magnitude."""

    @style.styled
    def __init__(self, size: int) -> None:
        super().__init__(SQUARE, SQUARE)
        self._shown = style.signed_picture(self.axes, np.zeros((size, size)))

    def show(self, values: np.ndarray) -> bytes:
        """Show (size, size) numbers; the PNG."""
        most = style.largest(values)
        self._shown.set(data=values, clim=(-most, most))
        return self.png()


class LiveProbabilities(LiveFigure):
    """A bar for the probability of each class, in its color; the true class has a frame."""

    @style.styled
    def __init__(self, classes: int) -> None:
        super().__init__(SQUARE, SQUARE)
        ax, places = self.axes, range(classes)
        colors = [style.class_color(place) for place in places]
        self._bars = ax.barh(places, [0.0] * classes, color=colors, height=0.4, linewidth=1.5)
        self._names = [ax.text(0, place - 0.25, "") for place in places]
        self._numbers = [ax.text(1, place - 0.25, "", ha="right") for place in places]
        ax.set(xlim=(0, 1), ylim=(classes - 0.6, -0.7), yticks=[], xlabel="probability")
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])

    def show(self, probabilities: np.ndarray, label: int) -> bytes:
        """Show (classes,) probabilities, and which class is true (-1: none); the PNG."""
        for place, value in enumerate(probabilities):
            is_true = place == label
            self._bars[place].set(width=value, edgecolor=style.INK if is_true else "none")
            self._names[place].set_text(f"class {place}{' (true)' if is_true else ''}")
            self._names[place].set_fontweight("bold" if is_true else "normal")
            self._numbers[place].set_text(f"{value:.1%}")
        return self.png()


class LiveCurves(LiveFigure):
    """A curve for each class over the object's intensity, before the true classes of the levels."""

    @style.styled
    def __init__(self, levels: np.ndarray, bands: Sequence[Band], classes: int, label: str) -> None:
        """Lay out the curves.

        Args:
            levels: (k,) grey levels of the sweep.
            bands: which class is true at which levels.
            classes: number of curves.
            label: of the y axis; `PROBABILITY` has the scale 0..1.
        """
        super().__init__(WIDE, SQUARE)
        ax, colors = self.axes, [style.class_color(c) for c in range(classes)]
        style.class_bands(ax, bands)
        flat = np.zeros(len(levels))
        self._curves = [
            ax.plot(levels, flat, color=color, linestyle=style.class_dash(c))[0]
            for c, color in enumerate(colors)
        ]
        self._mark = ax.axvline(0, color=style.INK)
        x, y = np.zeros((2, classes))
        self._dots = ax.scatter(
            x, y, s=22, c=colors, edgecolors=style.INK, linewidths=0.8, zorder=5
        )
        self.set_marks(self._mark, self._dots)
        self._is_share = label == PROBABILITY
        ax.set(ylabel=label, ylim=(-0.05, 1.05))
        style.intensity_axis(ax)

    def draw(self, values: np.ndarray) -> None:
        """Draw (k, classes) values, which `mark` then shows."""
        self._rest = None
        for curve, heights in zip(self._curves, values.T, strict=True):
            curve.set_ydata(heights)
        if not self._is_share:
            margin = 0.05 * (float(np.ptp(values)) or 1.0)
            self.axes.set_ylim(values.min() - margin, values.max() + margin)

    def mark(self, intensity: int, values: np.ndarray) -> bytes:
        """Mark an intensity, and the (classes,) values there; the PNG."""
        self._mark.set_xdata([intensity, intensity])
        self._dots.set_offsets([(intensity, value) for value in values])
        return self.png(only_marks=True)


class LivePlane(LiveFigure):
    """What a network answers at every level of object and background, with a mark at one pair."""

    @style.styled
    def __init__(self, levels: np.ndarray, task: Task) -> None:
        """Lay out the plane.

        Args:
            levels: (k,) grey levels of both axes, at equal distances.
            task: that the network was trained on; its classes are drawn where levels say them: as
                areas, or, where it has one background, as the bands of both axes.
        """
        super().__init__(SQUARE, SQUARE)
        ax, nothing = self.axes, np.zeros((len(levels), len(levels)), int)
        self._shown = draw_answers(ax, levels, levels, nothing, nothing)
        if task.draws_backgrounds:
            draw_true_classes(ax, task)
        elif not task.shapes:
            draw_bands(ax, task)
        self._mark = ax.scatter([0], [0], s=40, edgecolors=style.INK, linewidths=1.0)
        self._mark.set_path_effects([withStroke(linewidth=3.5, foreground="white")])
        self.set_marks(self._mark)
        ax.set(xlabel="object (grey level)", ylabel="background (grey level)")

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Where levels -0.5..255.5 lie in the picture: left, top, width and height as shares."""
        left, bottom, width, height = self.axes.get_position().bounds
        return left, 1 - bottom - height, width, height

    def draw(self, answers: np.ndarray) -> None:
        """Draw (k, k) classes by background and object, which `mark` then shows."""
        self._rest = None
        self._shown.set_data(answer_colors(answers, np.ones(answers.shape)))

    def mark(self, intensity: int, background: int, answer: int) -> bytes:
        """Mark a pair of levels with the class that is answered there; the PNG."""
        self._mark.set_offsets([(intensity, background)])
        self._mark.set_facecolor(style.class_color(answer))
        return self.png(only_marks=True)


class LiveFeatureMaps(LiveFigure):
    """All channels of a layer side by side, on one scale from its smallest to its largest value."""

    @style.styled
    def __init__(self, height: int, width: int, channels: int) -> None:
        super().__init__(WIDE, SQUARE)
        self._columns = max(
            range(1, channels + 1), key=lambda columns: _scale(height, width, channels, columns)
        )
        empty = tiles(np.zeros((height, width, channels)), self._columns)
        self._shown = style.picture(self.axes, empty, "gray", 0, 1)
        self.axes.spines[:].set_visible(False)

    def show(self, maps: np.ndarray) -> bytes:
        """Show (height, width, channels) activations; the PNG."""
        low, high = float(maps.min()), float(maps.max())
        limits = (low, high if high > low else low + 1)
        self._shown.set(data=tiles(maps, self._columns), clim=limits)
        return self.png()


def _scale(height: int, width: int, channels: int, columns: int) -> float:
    rows = -(-channels // columns)
    return min(WIDE / (columns * (width + _gap(width))), SQUARE / (rows * (height + _gap(width))))


def _gap(width: int) -> int:
    return max(1, width // 16)


def tiles(maps: np.ndarray, columns: int) -> np.ndarray:
    """Channels as one picture, row by row, with missing values between them.

    Args:
        maps: (h, w, c) activations of one layer for one image.
        columns: maps in a row.

    Returns:
        (rows * (h + g) - g, columns * (w + g) - g), where the gap g is a sixteenth of w, but 1
        or more.
    """
    height, width, channels = maps.shape
    rows, gap = -(-channels // columns), _gap(width)
    grid = np.full((rows * columns, height + gap, width + gap), np.nan)
    grid[:channels, :height, :width] = np.moveaxis(maps, -1, 0)
    grid = grid.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    return grid.reshape(rows * (height + gap), -1)[:-gap, :-gap]


class LiveUnits(LiveFigure):
    """The activations of a layer without spatial extent, as bars; one patch for thousands."""

    @style.styled
    def __init__(self, units: int) -> None:
        super().__init__(WIDE, SQUARE)
        edges = np.arange(units + 1) - 0.5
        self._bars = self.axes.stairs(np.zeros(units), edges, fill=True, color=style.INK)
        self.axes.set(xlabel="unit (number)", ylabel="activation", xlim=(edges[0], edges[-1]))
        self.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        self.axes.axhline(0, color=style.INK, linewidth=0.6)

    def show(self, activations: np.ndarray) -> bytes:
        """Show (units,) activations; the PNG."""
        self._bars.set_data(activations)
        low, high = min(0.0, float(activations.min())), max(0.0, float(activations.max()))
        margin = 0.05 * (high - low or 1.0)
        self.axes.set_ylim(low - margin if low else 0.0, high + margin)
        return self.png()
