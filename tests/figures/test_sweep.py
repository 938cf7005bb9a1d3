"""The sweep on paper: true bands, a curve a class and seed, pictures at the middle of bands."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from intensity.figures.style import class_color, tint
from intensity.figures.sweep import intensity_sweep
from intensity.training.presets import TASKS

BANDS = TASKS["three_bands"].bands
MIDDLES = [15, 135, 225]
MAPS = {
    "images": np.arange(256, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 6), np.uint8),
    "saliency": np.arange(256, dtype=np.uint8)[::-1, None, None] * np.ones((1, 4, 6), np.uint8),
    "occlusion": np.linspace(-0.5, 0.25, 256)[:, None, None] * np.ones((1, 2, 3)),
}


@pytest.fixture
def fig() -> Figure:
    """Two seeds of a network with three classes."""
    first = np.stack([np.linspace(0, 1, 256), np.linspace(1, 0, 256), np.zeros(256)], axis=1)
    return intensity_sweep([first, first / 2], MAPS, BANDS)


def test_curves_stand_over_the_true_bands(
    fig: Figure, spans: Callable[[Axes], list[tuple[float, float, str]]]
) -> None:
    shaded = [(low, high, color) for low, high, color in spans(fig.axes[0])]
    assert shaded == [
        (low - 0.5, high + 0.5, to_hex(tint(class_color(label))))
        for low, high, label in BANDS
        if label is not None
    ]
    assert fig.axes[0].get_xlabel() == "object intensity (grey level)"
    assert fig.axes[0].get_ylabel() == "class probability"


def test_every_class_of_every_seed_has_a_curve_and_the_first_seed_is_strong(fig: Figure) -> None:
    curves = [line for line in fig.axes[0].lines if len(line.get_xdata()) == 256]
    assert [line.get_color() for line in curves] == [class_color(c) for c in (0, 1, 2)] * 2
    assert min(line.get_linewidth() for line in curves[:3]) > curves[3].get_linewidth()
    np.testing.assert_allclose(curves[3].get_ydata(), np.linspace(0, 0.5, 256))


def test_pictures_are_those_of_the_middle_of_each_band(fig: Figure) -> None:
    images, saliency, occlusion = (
        [picture.get_array() for picture in ax.images] for ax in fig.axes[1:4]
    )
    assert [int(array[0, 0]) for array in images] == MIDDLES
    assert [round(255 * float(array[0, 0])) for array in saliency] == [255 - m for m in MIDDLES]
    assert [float(array[0, 0]) for array in occlusion] == [
        MAPS["occlusion"][m, 0, 0] for m in MIDDLES
    ]
    assert fig.axes[3].images[0].get_clim() == (-0.5, 0.5)
    assert fig.axes[1].images[0].get_clim() == (0, 255)
