"""Figures that change in place: what they show follows what they are given, at true places."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from PIL import Image

from intensity.figures.explorer import (
    PROBABILITY,
    LiveCurves,
    LiveFeatureMaps,
    LiveFigure,
    LiveImage,
    LiveMap,
    LivePlane,
    LiveProbabilities,
    LiveUnits,
    tiles,
)
from intensity.figures.planes import answer_color
from intensity.figures.style import class_color, class_dash, tint
from intensity.training.presets import TASKS

Spans = Callable[[Axes], list[tuple[float, float, str]]]
LEVELS = np.arange(0, 256, 5)


def pixels(png: bytes) -> np.ndarray:
    """The pixels of a PNG."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


def test_a_figure_is_laid_out_once_and_shows_what_it_is_given() -> None:
    figure = LiveImage(4)
    dark, light = (pixels(figure.show(np.full((4, 4), level))) for level in (0, 255))
    place = figure.axes.get_position()
    assert dark.shape == light.shape
    assert dark.mean() < 60
    assert light.mean() > 240
    again = pixels(figure.show(np.zeros((4, 4))))
    np.testing.assert_array_equal(again, dark)
    assert figure.axes.get_position().bounds == place.bounds


def test_grey_levels_have_a_fixed_scale_and_maps_their_own() -> None:
    image, signed = LiveImage(2), LiveMap(2)
    image.show(np.array([[0, 10], [20, 30]]))
    assert image.axes.images[0].get_clim() == (0, 255)
    signed.show(np.array([[0.0, 1.0], [-4.0, 2.0]]))
    assert signed.axes.images[0].get_clim() == (-4, 4)
    signed.show(np.zeros((2, 2)))
    assert signed.axes.images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize("label", [1, -1])
def test_a_bar_a_class_in_its_color_and_the_true_one_marked(label: int) -> None:
    figure = LiveProbabilities(3)
    figure.show(np.array([0.125, 0.75, 0.125]), label)
    bars, ax = figure.axes.patches, figure.axes
    assert [bar.get_width() for bar in bars] == [0.125, 0.75, 0.125]
    assert [to_hex(bar.get_facecolor()) for bar in bars] == [
        class_color(c).lower() for c in range(3)
    ]
    framed = [bar.get_edgecolor()[3] > 0 for bar in bars]
    assert framed == [c == label for c in range(3)]
    words = [text.get_text() for text in ax.texts]
    assert words == [
        *("class 0", "class 1 (true)" if label == 1 else "class 1", "class 2"),
        *("12.5%", "75.0%", "12.5%"),
    ]
    assert ax.get_xlabel() == PROBABILITY
    assert ax.get_xlim() == (0, 1)


def test_curves_lie_before_the_true_classes_and_a_mark_moves_on_them(spans: Spans) -> None:
    task = TASKS["hard"]
    figure = LiveCurves(LEVELS, task.bands, 3, PROBABILITY)
    values = np.random.default_rng(0).dirichlet([1, 1, 1], len(LEVELS))
    figure.draw(values)
    figure.mark(100, values[20])
    ax = figure.axes
    assert spans(ax) == [
        (b.low - 0.5, b.high + 0.5, to_hex(tint(class_color(b.label)))) for b in task.bands
    ]
    *curves, mark = ax.lines
    for c, curve in enumerate(curves):
        np.testing.assert_array_equal(curve.get_xdata(), LEVELS)
        np.testing.assert_array_equal(curve.get_ydata(), values[:, c])
        assert to_hex(curve.get_color()) == class_color(c).lower()
    assert [curve.get_linestyle() for curve in curves] == ["-", "--", "-."]
    assert [class_dash(c) for c in range(3)] == ["solid", "dashed", "dashdot"]
    assert list(mark.get_xdata()) == [100, 100]
    figure.mark(30, values[6])
    assert list(mark.get_xdata()) == [30, 30]
    dots = ax.collections[0].get_offsets()
    np.testing.assert_allclose(dots, [(30, value) for value in values[6]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("object intensity (grey level)", PROBABILITY)


def test_probabilities_keep_their_scale_and_logits_have_their_own() -> None:
    for label, limits in ((PROBABILITY, (-0.05, 1.05)), ("logit", (-11, 11))):
        figure = LiveCurves(LEVELS, [], 2, label)
        values = np.zeros((len(LEVELS), 2))
        values[3] = (10, -10)
        figure.draw(values)
        assert figure.axes.get_ylim() == pytest.approx(limits)


def test_a_mark_moves_without_the_rest_and_leaves_no_trace() -> None:
    figure, values = LiveCurves(LEVELS, TASKS["hard"].bands, 3, PROBABILITY), np.eye(3)[LEVELS % 3]
    figure.draw(values)
    first, moved = (pixels(figure.mark(level, values[0])) for level in (20, 200))
    assert (first != moved).any()
    np.testing.assert_array_equal(pixels(figure.mark(20, values[0])), first)
    np.testing.assert_array_equal(pixels(figure.png()), first)
    figure.draw(values[::-1])
    assert (pixels(figure.mark(20, values[0])) != first).any()


def test_answers_lie_at_their_levels_under_a_mark_of_the_answer_there() -> None:
    grid = np.arange(0, 256, 51)
    figure = LivePlane(grid, TASKS["hard"])
    answers = np.add.outer(np.arange(6), 2 * np.arange(6)) % 3
    figure.draw(answers)
    figure.mark(100, 40, 2)
    (shown,), ax = figure.axes.images, figure.axes
    colors = shown.get_array()
    for background, object_level in np.ndindex(answers.shape):
        wanted = answer_color(answers[background, object_level])
        np.testing.assert_allclose(colors[background, object_level], wanted)
    assert shown.origin == "lower"
    assert tuple(shown.get_extent()) == (-25.5, 280.5, -25.5, 280.5)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 255.5), (-0.5, 255.5))
    (mark,) = figure.axes.collections
    np.testing.assert_array_equal(mark.get_offsets(), [(100, 40)])
    assert to_hex(mark.get_facecolor()[0]) == class_color(2).lower()


@pytest.mark.parametrize(
    ("task", "numbers"),
    [("hard", [*TASKS["hard"].labels] * 2), ("absolute", [0, 1, 1, 2]), ("shape", [])],
)
def test_the_true_classes_are_written_where_levels_say_them(task: str, numbers: list[int]) -> None:
    figure = LivePlane(np.arange(0, 256, 51), TASKS[task])
    written = [int(text.get_text()) for text in figure.axes.texts]
    assert sorted(written) == sorted(numbers)
    inside = [max(text.get_position()) < 256 for text in figure.axes.texts]
    assert set(inside) <= {task == "absolute"}


def test_the_place_of_the_levels_is_where_they_are_drawn() -> None:
    figure = LivePlane(np.arange(0, 256, 51), TASKS["shape"])
    figure.draw(np.zeros((6, 6), int))
    png = pixels(figure.mark(300, 300, 0))
    left, top, width, height = figure.place
    colored = np.abs(png - 255 * np.array(answer_color(0))).max(axis=-1) < 2
    rows, columns = (np.flatnonzero(colored.any(axis)) for axis in (1, 0))
    size = png.shape[0]
    for found, start, length in ((rows, top, height), (columns, left, width)):
        assert found[0] == pytest.approx(start * size, abs=1.5)
        assert found[-1] + 1 == pytest.approx((start + length) * size, abs=1.5)


def test_feature_maps_stand_side_by_side_on_one_scale() -> None:
    figure = LiveFeatureMaps(4, 4, 8)
    maps = np.arange(4 * 4 * 8, dtype=float).reshape(4, 4, 8)
    figure.show(maps)
    (shown,) = figure.axes.images
    assert shown.get_clim() == (0, 127)
    assert np.isfinite(shown.get_array().filled(np.nan)).sum() == maps.size
    figure.show(np.ones((4, 4, 8)))
    assert shown.get_clim() == (1, 2)


@pytest.mark.parametrize("shape", [(2, 3, 5), (32, 32, 3), (1, 1, 1)])
def test_tiles_hold_every_channel_in_order(shape: tuple[int, int, int]) -> None:
    height, width, channels = shape
    maps = np.random.default_rng(0).random(shape)
    gap, columns = max(1, width // 16), min(2, channels)
    picture = tiles(maps, columns)
    for channel in range(channels):
        top = channel // columns * (height + gap)
        left = channel % columns * (width + gap)
        part = picture[top : top + height, left : left + width]
        np.testing.assert_array_equal(part, maps[..., channel])
    assert np.isfinite(picture).sum() == maps.size


def test_units_have_a_bar_each_from_zero() -> None:
    figure = LiveUnits(4)
    figure.show(np.array([1.0, -2.0, 0.0, 0.5]))
    (bars,) = figure.axes.patches
    assert list(bars.get_data().values) == [1, -2, 0, 0.5]
    assert list(bars.get_data().edges) == [-0.5, 0.5, 1.5, 2.5, 3.5]
    low, high = figure.axes.get_ylim()
    assert low < -2
    assert high > 1
    assert (figure.axes.get_xlabel(), figure.axes.get_ylabel()) == ("unit (number)", "activation")
    figure.show(np.array([1.0, 2.0, 0.0, 0.5]))
    assert figure.axes.get_ylim()[0] == 0


@pytest.mark.parametrize(
    "figure",
    [
        LiveImage(8),
        LiveMap(8),
        LivePlane(LEVELS, TASKS["hard"]),
        LivePlane(LEVELS, TASKS["contrast"]),
        LiveProbabilities(3),
        LiveUnits(128),
        LiveFeatureMaps(8, 8, 16),
    ],
)
def test_nothing_sticks_out(figure: LiveFigure) -> None:
    figure.png()
    box = figure.figure.get_tightbbox()
    width, height = figure.figure.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= width
    assert box.y1 <= height
