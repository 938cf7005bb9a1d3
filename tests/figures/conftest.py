"""What tests of figures share: how to find marks in axes."""

from collections.abc import Callable, Iterator

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text


@pytest.fixture(autouse=True)
def _legible(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever figure a test draws, no text in it is smaller than 7 points."""
    drawn: list[Figure] = []
    make = Figure.__init__

    def remembered(fig: Figure, *args: object, **options: object) -> None:
        make(fig, *args, **options)
        drawn.append(fig)

    monkeypatch.setattr(Figure, "__init__", remembered)
    yield
    texts = [text for fig in drawn for text in fig.findobj(Text) if text.get_text()]
    assert not [text.get_text() for text in texts if text.get_fontsize() < 7]


@pytest.fixture
def seed_dots() -> Callable[[Axes], list[tuple[float, float]]]:
    """A function that gives the places of all open dots, each of which stands for a seed."""
    return lambda ax: [
        (float(x), float(y))
        for line in ax.lines
        if line.get_markerfacecolor() == "white"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


@pytest.fixture
def spans() -> Callable[[Axes], list[tuple[float, float, str]]]:
    """A function that gives left end, right end and color of all shaded spans of x."""
    return lambda ax: [
        (patch.get_x(), patch.get_x() + patch.get_width(), to_hex(patch.get_facecolor()))
        for patch in ax.patches
        if isinstance(patch, Rectangle)
    ]


@pytest.fixture
def intervals() -> Callable[[Axes], list[tuple[float, float]]]:
    """A function that gives the ends of all intervals along x."""
    return lambda ax: [
        tuple(map(float, line.get_xdata()))
        for line in ax.lines
        if len(line.get_xdata()) == 2
        and line.get_ydata()[0] == line.get_ydata()[1]
        and line.get_solid_capstyle() == "butt"
    ]
