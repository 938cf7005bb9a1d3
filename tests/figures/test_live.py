"""The figure that answers back: what stands in the page is what was computed, and all of it."""

import base64
import json
import zlib
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag

from intensity.figures.live import live_sweep
from intensity.figures.style import class_color
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
    return BeautifulSoup(live_sweep("04-1-a", scenes, SEEDS, MAPS, BANDS), "html.parser")


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
    root = page.find(id="04-1-a-live")
    assert isinstance(root, Tag)
    assert root.has_attr("hidden")
    assert page.select("label > select")
    assert page.find("label", attrs={"for": "04-1-a-slider"})
    assert page.find("input", id="04-1-a-slider")
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
