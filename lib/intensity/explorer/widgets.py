"""The explorer as widgets: controls whose values are a `View`, and the pictures that follow them.

Every part of the page depends on some of the controls only and is renewed when these change. A part
that took long the last time waits for a pause, so that the others keep up with a slider. Errors
are a line on the page, never a stack trace.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from intensity.attribution.registry import IMAGE_MAPS, METHODS
from intensity.data.shapes import SHAPES
from intensity.data.tasks import LEVELS
from intensity.explorer.networks import SECONDS, find_networks, open_network, train_small
from intensity.explorer.pictures import SCALES, Picture, Pictures
from intensity.explorer.view import SCENES, Subject, View
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import InvalidInput

PAUSE = 0.3
"""Seconds without a move after which slow parts are renewed."""

QUICK = 0.05
"""Seconds up to which a map or a curve is renewed at once: a move then takes less than 0.2."""

FIRST = ("scene", "intensity")
"""The controls at the top; the others stand below."""

OPTIONAL = {
    "noise": ("noise", "noise_scene"),
    "distractor": ("distractor", "distractor_intensity"),
}
"""Options of scenes, and the controls that are hidden where a setting has none."""

HEADINGS = {
    "image": "Image",
    "answer": "Answer",
    "map": "Where it looks",
    "curve": "Answer at every intensity",
    "features": "What a layer holds",
}
"""The panels in the order of the page."""


def after_pause(action: Callable[[], object]) -> asyncio.TimerHandle | None:
    """Act after `PAUSE`, unless cancelled; at once where no event loop runs."""
    try:
        return asyncio.get_running_loop().call_later(PAUSE, action)
    except RuntimeError:
        action()
        return None


def make_controls() -> dict[str, Any]:
    """A widget for each field of a `View`, in the order of the page."""
    level: dict[str, Any] = {"min": 0, "max": LEVELS - 1}
    number: dict[str, Any] = {"min": 0, "max": SCENES - 1}
    return {
        "scene": widgets.BoundedIntText(description="Test scene", **number),
        "intensity": widgets.IntSlider(description="Intensity", **level),
        "area": widgets.SelectionSlider(description="Size", options=[("", 1)]),
        "row": widgets.IntSlider(description="Row"),
        "column": widgets.IntSlider(description="Column"),
        "shape": widgets.Dropdown(description="Shape", options=SHAPES),
        "hollow": widgets.Checkbox(description="Hollow: only the rim", indent=False),
        "background": widgets.IntSlider(description="Background", **level),
        "noise": widgets.IntSlider(description="Noise (%)", min=0, max=100, step=5),
        "noise_scene": widgets.BoundedIntText(description="Noise of scene", **number),
        "distractor": widgets.Checkbox(description="Second object", indent=False),
        "distractor_intensity": widgets.IntSlider(description="Its intensity", **level),
    }


class Panel:
    """A part of the page: a heading, perhaps a choice of what is shown, and a picture."""

    def __init__(self, name: str, *choices: widgets.Widget) -> None:
        self.content = widgets.HTML()
        heading = widgets.HTML(f"<h2>{HEADINGS[name]}</h2>")
        self.box = widgets.VBox([heading, *choices, self.content])
        self.box.add_class("explorer-panel").add_class(f"explorer-{name}")

    def say(self, text: str) -> None:
        """Show words in place of a picture."""
        self.content.value = f"<p>{escape(text)}</p>"

    def wait(self, is_waiting: bool) -> None:
        """Mark the picture while it shows an earlier scene."""
        change = self.box.add_class if is_waiting else self.box.remove_class
        change("explorer-waits")


class Page:
    """The whole explorer.

    Args:
        store: where networks are found, and kept when they are trained.
        later: `after_pause`, or another that returns something with `cancel`, or None.
        clock: seconds, to time the parts.
    """

    def __init__(
        self,
        store: Store,
        later: Callable[[Callable[[], object]], Any] = after_pause,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.store, self._later, self._clock = store, later, clock
        self._timer: Any = None
        self._is_quiet = False
        self.pictures: Pictures | None = None
        self.controls = make_controls()
        self._make_choices()
        choices = {"map": [self.method], "curve": [self.scale], "features": [self.layer]}
        self.panels = {name: Panel(name, *choices.get(name, [])) for name in HEADINGS}
        self.box = self._lay_out()
        self.list_networks()

    def _make_choices(self) -> None:
        """The widgets beside those of the scene, and what each of all widgets does."""
        methods = [(row.label, name) for name, row in {**METHODS, **IMAGE_MAPS}.items()]
        self.network = widgets.Dropdown(description="Network")
        self.method = widgets.Dropdown(description="Method", options=methods)
        self.layer = widgets.Dropdown(description="Layer")
        self.scale = widgets.Dropdown(description="Scale", options=SCALES)
        self.notice = widgets.HTML()
        self.train = widgets.Button(description="Train a small network")
        self.reset = widgets.Button(description="As it was drawn")
        self.train.on_click(lambda _: self.train_network())
        self.reset.on_click(lambda _: self._on_scene())
        actions = {self.network: self._on_network, self.scale: self._on_scale}
        actions[self.controls["scene"]] = self._on_scene
        for widget in (*self.controls.values(), self.network, self.method, self.layer, self.scale):
            action = actions.get(widget, self._on_move)
            widget.observe(lambda _, act=action: None if self._is_quiet else act(), "value")

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Change widgets without any action."""
        self._is_quiet = True
        try:
            yield
        finally:
            self._is_quiet = False

    def _lay_out(self) -> widgets.VBox:
        """Arrange all widgets."""
        first = [self.controls[name] for name in FIRST]
        more = [widget for name, widget in self.controls.items() if name not in FIRST]
        self._parts = [
            widgets.VBox(first),
            *(panel.box for panel in self.panels.values()),
            widgets.VBox([*more, self.reset]).add_class("explorer-more"),
        ]
        top = widgets.VBox([self.network, self._parts[0]]).add_class("explorer-first")
        css = Path(__file__).with_name("page.css").read_text("utf8")
        notice = widgets.HBox([self.notice, self.train]).add_class("explorer-notice")
        below = widgets.Box([top, *self._parts[1:]]).add_class("explorer-parts")
        style = widgets.HTML(f"<style>{css}</style>")
        return widgets.VBox([style, notice, below]).add_class("explorer")

    def list_networks(self, wanted: Run | None = None) -> None:
        """Offer all networks that can be explored, and show the first or the wanted one."""
        found = find_networks(self.store)
        self.runs, self._refused = found.runs, found.refused
        titles = [title for title, run in found.runs.items() if wanted and run.name == wanted.name]
        with self._quiet():
            self.network.options = [*found.runs]
            self.network.value = next(iter(titles or found.runs), None)
        self._on_network()

    def _say(self, text: str, offer: bool) -> None:
        """Put a line at the top, with or without the offer to train a network."""
        words = f"{text} A small one can be trained here in {SECONDS}." if offer else text
        self.notice.value = f'<p role="status">{escape(words)}</p>'
        _display(self.train, offer)
        _display(self.network, bool(self.runs))

    @property
    def is_empty(self) -> bool:
        """Whether the store has no network at all, not even one that does not fit."""
        return not (self.runs or self._refused)

    def _on_network(self) -> None:
        """Open the chosen network and show the same test scene, as it was drawn."""
        subject = self._open()
        self.pictures = Pictures(subject) if subject else None
        self._shown: dict[str, tuple[str, View]] = {}
        self._seconds: dict[tuple[str, str], float] = {}
        for part in self._parts:
            _display(part, subject is not None)
        if subject:
            self._fit(subject)
            self._on_scene()

    def _open(self) -> Subject | None:
        """The chosen network, if it fits; else a line says why not."""
        if self.network.value is None:
            self._say(self._refused or "There is no trained network yet.", offer=True)
            return None
        try:
            subject = open_network(self.runs[self.network.value])
        except InvalidInput as error:
            self._say(f"This network does not fit: {error}.", offer=True)
            return None
        self._say(self._refused, offer=False)
        return subject

    def _fit(self, subject: Subject) -> None:
        """Offer the layers of a network and what its scenes can have."""
        layer = self.layer.value if self.layer.value in subject.layers else subject.deepest
        with self._quiet():
            self.layer.options = subject.layers
            self.layer.value = layer
            for name in ("row", "column"):
                self.controls[name].max = subject.options.size - 1
            self.controls["area"].options = [(_size_words(area), area) for area in subject.areas]
        for option, names in OPTIONAL.items():
            for name in names:
                _display(self.controls[name], getattr(subject.options, option) is not None)

    @property
    def view(self) -> View:
        """The values of the controls."""
        return View(**{name: widget.value for name, widget in self.controls.items()})

    def set_view(self, view: View) -> None:
        """Give the controls these values, without any action."""
        with self._quiet():
            for name, value in view:
                self.controls[name].value = value

    def _on_scene(self) -> None:
        if self.pictures is not None:
            self.set_view(self.pictures.subject.start(int(self.controls["scene"].value)))
            self._on_move()

    def _on_move(self) -> None:
        """Renew what is quick, and the rest when nothing has moved for a while."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._renew(with_slow=False):
            self._timer = self._later(lambda: self._renew(with_slow=True))

    def _on_scale(self) -> None:
        if self.pictures is not None:
            self._show(self.pictures.mark(self.view, self.scale.value))

    def _sources(self, view: View) -> dict[str, tuple[str, View]]:
        """What each part depends on: a choice beside the scene, and the view."""
        return {
            "answer": ("", view),
            "features": (self.layer.value, view),
            "map": (self.method.value, view),
            "curve": ("", view.model_copy(update={"intensity": 0})),
        }

    def can_wait(self, part: str, choice: str) -> bool:
        """Whether a part is too slow for a slider; a single pass never waits."""
        return part in ("map", "curve") and self._seconds.get((part, choice), 0.0) > QUICK

    def _renew(self, with_slow: bool) -> bool:
        """Renew the parts whose sources have changed; whether some are left for later."""
        if self.pictures is None:
            return False
        view, left = self.view, []
        for part, source in self._sources(view).items():
            is_stale = self._shown.get(part) != source
            if is_stale and not with_slow and self.can_wait(part, source[0]):
                left.append(part)
            elif is_stale:
                self._draw(self.pictures, part, source, view)
            self.panels[part].wait(part in left)
        self._show(self.pictures.mark(view, self.scale.value))
        return bool(left)

    def _draw(self, pictures: Pictures, part: str, source: tuple[str, View], view: View) -> None:
        """Draw a part, or say why it cannot be shown."""
        begin = self._clock()
        try:
            self._show(pictures.draw(part, view, source[0]))
        except Exception as error:  # no memory, say: the page has no other place for it
            reason = " ".join(str(error).split())[:200]
            for name in ("image", "answer", "curve") if part == "answer" else (part,):
                self.panels[name].say(reason)
            if not isinstance(error, InvalidInput):
                return  # it may succeed the next time
        else:
            self._seconds[part, source[0]] = self._clock() - begin
        self._shown[part] = source

    def _show(self, pictures: Mapping[str, Picture]) -> None:
        for name, picture in pictures.items():
            self.panels[name].content.value = picture.html

    def train_network(self) -> None:
        """Train a small network and show it."""

        def say(progress: str) -> None:
            """Show how far the training is."""
            self._say(f"A small network is being trained, which takes {SECONDS}. {progress}", False)

        self.train.disabled = True
        say("")
        try:
            run = train_small(self.store, say)
        except Exception as error:  # a page has no other place for what a worker ended with
            reason = " ".join(str(error).split())[:200]
            self._say(f"The training failed: {reason}.", offer=True)
        else:
            self.list_networks(run)
        finally:
            self.train.disabled = False


def _display(widget: widgets.Widget, is_shown: bool) -> None:
    widget.layout.display = None if is_shown else "none"


def _size_words(area: int) -> str:
    return f"radius {np.sqrt(area / np.pi):.1f} px ({area:,} px)"
