"""The widgets that say how a scene looks: one for each field of a `View`."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np

from intensity.data.shapes import SHAPES
from intensity.data.tasks import LEVELS
from intensity.explorer.view import SCENES, Subject, View

FIRST = ("scene", "intensity")
"""What one begins with; the rest stands apart."""

OPTIONAL = {
    "noise": ("noise", "noise_scene"),
    "distractor": ("distractor", "distractor_intensity"),
}
"""Scene options, and the fields that mean nothing where a setting does without."""


class Quiet:
    """Tells what a reader changes from what the page itself changes: `with quiet:` hides it."""

    def __init__(self) -> None:
        """Listeners hear."""
        self._depth = 0

    def __enter__(self) -> None:
        """Let nobody hear."""
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        """Let listeners hear again."""
        self._depth -= 1

    def listen(self, widget: widgets.Widget, action: Callable[[], None]) -> None:
        """Do something whenever a reader changes a widget."""
        widget.observe(lambda _: None if self._depth else action(), "value")


class Controls:
    """Widgets whose values together are a `View`.

    Args:
        quiet: held while widgets are set to what a scene or a network needs.
        on_move: called when a reader has changed what is looked at.
        on_scene: called when a reader has chosen another test scene.
    """

    def __init__(
        self, quiet: Quiet, on_move: Callable[[], None], on_scene: Callable[[], None]
    ) -> None:
        """Make the widgets; what they may say depends on the network, see `fit`."""
        self._quiet = quiet
        self.fields = _make_fields()
        for name, widget in self.fields.items():
            quiet.listen(widget, on_scene if name == "scene" else on_move)
        self.reset = widgets.Button(description="As it was drawn")
        self.reset.on_click(lambda _: on_scene())
        others = [widget for name, widget in self.fields.items() if name not in FIRST]
        self.first = widgets.VBox([self.fields[name] for name in FIRST])
        self.more = widgets.VBox([*others, self.reset])

    @property
    def scene(self) -> int:
        """Number of the test scene."""
        return int(self.fields["scene"].value)

    @property
    def view(self) -> View:
        """What the widgets say."""
        return View(**{name: widget.value for name, widget in self.fields.items()})

    def set(self, view: View) -> None:
        """Let the widgets say this."""
        with self._quiet:
            for name, value in view:
                self.fields[name].value = value

    def fit(self, subject: Subject) -> None:
        """Offer what a network's scenes can have."""
        with self._quiet:
            for name in ("row", "column"):
                self.fields[name].max = subject.options.size - 1
            self.fields["area"].options = [(_size_words(area), area) for area in subject.areas]
        for option, names in OPTIONAL.items():
            is_there = getattr(subject.options, option) is not None
            for name in names:
                self.fields[name].layout.display = None if is_there else "none"


def _make_fields() -> dict[str, Any]:
    """A widget for each field of a `View`, in the order of the page."""
    level: dict[str, Any] = {"min": 0, "max": LEVELS - 1}
    number: dict[str, Any] = {"min": 0, "max": SCENES - 1}
    check: dict[str, Any] = {"indent": False}
    return {
        "scene": widgets.BoundedIntText(description="Test scene", **number),
        "intensity": widgets.IntSlider(description="Intensity", **level),
        "area": widgets.SelectionSlider(description="Size", options=[("", 1)]),
        "row": widgets.IntSlider(description="Row"),
        "column": widgets.IntSlider(description="Column"),
        "shape": widgets.Dropdown(description="Shape", options=SHAPES),
        "hollow": widgets.Checkbox(description="Hollow: only the rim", **check),
        "background": widgets.IntSlider(description="Background", **level),
        "noise": widgets.IntSlider(description="Noise (%)", min=0, max=100, step=5),
        "noise_scene": widgets.BoundedIntText(description="Noise of scene", **number),
        "distractor": widgets.Checkbox(description="Second object", **check),
        "distractor_intensity": widgets.IntSlider(description="Its intensity", **level),
    }


def _size_words(area: int) -> str:
    """An area, and the radius of a disc that is as large."""
    return f"radius {np.sqrt(area / np.pi):.1f} px ({area:,} px)"
