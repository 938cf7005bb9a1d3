"""The sweep on a page and on paper: what is shown is what was computed, all of it."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from intensity.figures.slider import intensity_slider, intensity_sweep
from intensity.figures.style import class_color, tint
from intensity.training.presets import TASKS

BANDS = TASKS["three_bands"].bands
DRAWS = np.random.default_rng(0)
MAPS = {
    "images": DRAWS.integers(0, 256, (2, 256, 6, 6), np.uint8),
    "saliency": DRAWS.integers(0, 256, (2, 256, 6, 6), np.uint8),
    "steepest": DRAWS.uniform(0, 1, (2, 256)),
    "occlusion": DRAWS.uniform(-0.5, 0.5, (2, 256, 2, 2)),
}
SEEDS = [DRAWS.dirichlet(np.ones(3), (2, 256)) for _ in range(2)]


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    """The markup for two scenes."""
    scenes = {"first <scene>": 17, "second": 200}
    return BeautifulSoup(intensity_slider("sweep", scenes, SEEDS, MAPS, BANDS), "html.parser")


@pytest.fixture(scope="module")
def data(page: BeautifulSoup) -> Any:
    """The data in the page."""
    return json.loads(page.select_one("script[type='application/json']").string)  # type: ignore[union-attr, arg-type]


def shown(data: Any, scene: int, name: str, rows: int) -> np.ndarray:
    """What the page's script makes of a packed stack, (256, rows, rows), the right way up."""
    low, high, steps = data["scales"][name]
    packed = zlib.decompress(base64.b64decode(data["scenes"][scene]["maps"][name]))
    values = np.frombuffer(packed, np.uint8).reshape(rows, rows, 256).transpose(2, 0, 1)[:, ::-1]
    return low + (high - low) * (values / steps)


def test_controls_are_labeled_and_hidden_until_the_script_runs(page: BeautifulSoup) -> None:
    root = page.find(id="sweep-live")
    assert isinstance(root, Tag)
    assert root.has_attr("hidden")
    assert page.select("label > select")
    assert page.find("label", attrs={"for": "sweep-slider"})
    assert page.find("input", id="sweep-slider")
    assert [option.text for option in page.select("option")] == ["first <scene>", "second"]
    slider = page.select_one("input[type=range]")
    assert slider is not None
    assert (slider["min"], slider["max"], slider["step"]) == ("0", "255", "1")


def test_every_level_of_every_scene_stands_in_the_page(data: Any) -> None:
    for i, scene in enumerate(data["scenes"]):
        np.testing.assert_allclose(shown(data, i, "image", 6), MAPS["images"][i])
        slopes, lost = shown(data, i, "saliency", 6), shown(data, i, "occlusion", 2)
        np.testing.assert_allclose(slopes, MAPS["saliency"][i] / 255, atol=0.5 / 63 + 1e-9)
        np.testing.assert_allclose(lost, MAPS["occlusion"][i], atol=0.5 / 255 + 1e-9)
        np.testing.assert_allclose(
            scene["probabilities"], [seed[i].T for seed in SEEDS], atol=5.1e-5
        )
        np.testing.assert_allclose(scene["steepest"], MAPS["steepest"][i], rtol=0.006)
    assert [scene["intensity"] for scene in data["scenes"]] == [17, 200]


def test_true_classes_are_those_of_the_task(data: Any) -> None:
    assert [data["labels"][level] for level in (0, 30, 31, 119, 120, 240, 241)] == [
        *(0, 0, None, None, 1, 2, None)
    ]


def test_panels_stand_in_places_of_the_page_with_words_for_them(
    page: BeautifulSoup, data: Any
) -> None:
    assert set(data["plots"]) == {"curves", "image", "saliency", "occlusion"}
    for item in data["plots"].values():
        place = page.find(id=item["target_id"])
        assert place is not None
        assert place["role"] == "img"
        assert place["aria-label"]


def models(item: Any, kind: str) -> list[Any]:
    """All models of a kind in Bokeh's description of a plot."""
    found = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("name") == kind and part.get("type") == "object":
                found.append(part["attributes"])
            part = list(part.values())
        if isinstance(part, list):
            for one in part:
                look(one)

    look(item["doc"])
    return found


def test_curves_have_class_colors_over_true_bands_and_axes_with_units(data: Any) -> None:
    curves = data["plots"]["curves"]
    boxes = models(curves, "BoxAnnotation")
    assert [(box["left"], box["right"]) for box in boxes] == [
        (low - 0.5, high + 0.5) for low, high, label in BANDS if label is not None
    ]
    axes = [axis["axis_label"] for axis in models(curves, "LinearAxis")]
    assert sorted(axes) == ["class probability", "object intensity (grey level)"]
    colors = [line["line_color"] for line in models(curves, "Line")]
    assert {class_color(label) for label in range(3)} <= {
        color["value"] if isinstance(color, dict) else color for color in colors
    }


MIDDLES = [15, 135, 225]
LEVEL_MAPS = {
    "images": np.arange(256, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 6), np.uint8),
    "saliency": np.arange(256, dtype=np.uint8)[::-1, None, None] * np.ones((1, 4, 6), np.uint8),
    "occlusion": np.linspace(-0.5, 0.25, 256)[:, None, None] * np.ones((1, 2, 3)),
}


@pytest.fixture
def fig() -> Figure:
    """Two seeds of a network with three classes."""
    first = np.stack([np.linspace(0, 1, 256), np.linspace(1, 0, 256), np.zeros(256)], axis=1)
    return intensity_sweep([first, first / 2], LEVEL_MAPS, BANDS)


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
        LEVEL_MAPS["occlusion"][m, 0, 0] for m in MIDDLES
    ]
    assert fig.axes[3].images[0].get_clim() == (-0.5, 0.5)
    assert fig.axes[1].images[0].get_clim() == (0, 255)
