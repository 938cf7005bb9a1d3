"""The explorer's controls, whose values are a `View`, and its panels of pictures or words."""

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np

from intensity.data.shapes import SHAPES
from intensity.data.tasks import LEVELS
from intensity.explorer.pictures import Picture
from intensity.explorer.view import SCENES, Subject

FIRST = ("scene", "intensity", "background")
"""The controls at the top; the others stand below."""

OPTIONAL = {
    "noise": ("noise", "noise_scene"),
    "distractor": ("distractor", "distractor_intensity"),
}
"""Options of scenes, and the controls that are hidden where a setting has none."""

HEADINGS = {
    "image": "Image",
    "plane": "On every background",
    "answer": "Answer",
    "curve": "Answer at every intensity",
    "map": "Where it looks",
    "features": "What a layer holds",
}
"""The panels in the order of the page."""

COMPUTED = "Being computed …"
"""What a panel says while its picture is computed aside."""


def make_controls() -> dict[str, Any]:
    """A widget for each field of a `View`, in the order of the page."""
    level: dict[str, Any] = {"min": 0, "max": LEVELS - 1}
    number: dict[str, Any] = {"min": 0, "max": SCENES - 1}
    return {
        "scene": widgets.BoundedIntText(description="Test scene", **number),
        "intensity": widgets.IntSlider(description="Intensity", **level),
        "background": widgets.IntSlider(description="Background", **level),
        "area": widgets.SelectionSlider(description="Size", options=[("", 1)]),
        "row": widgets.IntSlider(description="Row"),
        "column": widgets.IntSlider(description="Column"),
        "shape": widgets.Dropdown(description="Shape", options=SHAPES),
        "hollow": widgets.Checkbox(description="Hollow: only the rim", indent=False),
        "noise": widgets.IntSlider(description="Noise (%)", min=0, max=100, step=5),
        "noise_scene": widgets.BoundedIntText(description="Noise of scene", **number),
        "distractor": widgets.Checkbox(description="Second object", indent=False),
        "distractor_intensity": widgets.IntSlider(description="Its intensity", **level),
    }


def fit_controls(controls: Mapping[str, Any], subject: Subject) -> None:
    """Offer what the scenes of a network can have, and hide the rest."""
    for name in ("row", "column"):
        controls[name].max = subject.options.size - 1
    controls["area"].options = [(_size_words(area), area) for area in subject.areas]
    for option, names in OPTIONAL.items():
        for name in names:
            display(controls[name], getattr(subject.options, option) is not None)


def _size_words(area: int) -> str:
    return f"radius {np.sqrt(area / np.pi):.1f} px ({area:,} px)"


def display(widget: widgets.Widget, is_shown: bool) -> None:
    """Show or hide a widget."""
    widget.layout.display = None if is_shown else "none"


class Panel:
    """A part of the page: a heading, perhaps a choice of what is shown, and a picture."""

    def __init__(self, name: str, *choices: widgets.Widget) -> None:
        self.content = widgets.HTML()
        heading = widgets.HTML(f"<h2>{HEADINGS[name]}</h2>")
        state = widgets.HTML(f"<p>{COMPUTED}</p>").add_class("explorer-state")
        self.box = widgets.VBox([heading, *choices, self.content, state])
        self.box.add_class("explorer-panel").add_class(f"explorer-{name}")

    def show(self, picture: Picture) -> None:
        """Show a picture."""
        self.content.value = picture.html

    def say(self, text: str) -> None:
        """Show words in place of a picture."""
        self.content.value = f"<p>{escape(text)}</p>"

    def wait(self, is_waiting: bool) -> None:
        """Say that the picture is being computed; an earlier one stays, but paler."""
        change = self.box.add_class if is_waiting else self.box.remove_class
        change("explorer-waits")
