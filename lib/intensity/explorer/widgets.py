"""The explorer as a page: controls, and the pictures that follow them.

Every part of the page depends on some of the controls only and is renewed when these change: image,
answer and a layer at once, in a pass each; curve, map and plane aside, each in a thread of its own,
so that no control waits for them. Errors are a line on the page, never a stack trace.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html import escape
from pathlib import Path
from threading import RLock
from typing import Any

import ipywidgets as widgets

from intensity.attribution.registry import IMAGE_MAPS, METHODS
from intensity.data.tasks import LEVELS
from intensity.explorer.aside import Aside, Hand, attempt, to_this_thread
from intensity.explorer.controls import (
    FIRST,
    HEADINGS,
    Panel,
    display,
    fit_controls,
    make_controls,
)
from intensity.explorer.files import ImageFile, read_image
from intensity.explorer.networks import SECONDS, find_networks, open_network, train_small
from intensity.explorer.pictures import SCALES, Picture, Pictures
from intensity.explorer.view import Shown, Subject, View, without_levels
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import InvalidInput

AT_ONCE = ("answer", "features")
"""Parts that are a pass through the network each."""

ASIDE = ("curve", "map", "plane")
"""Parts that may take longer."""

MARKED = ("curve", "plane")
"""Parts in which the present levels are marked."""

Source = tuple[str, Shown]
"""What a part depends on: a choice beside the scene, and what is shown."""


class Page:
    """The whole explorer.

    Args:
        store: where networks are found, and kept when they are trained.
        hands: as for `Aside`.
    """

    def __init__(self, store: Store, hands: Callable[[], Hand] = to_this_thread) -> None:
        self.store = store
        self._is_quiet, self._lock = False, RLock()
        self._asides = {part: Aside(hands) for part in ASIDE}
        self.awaited: dict[str, Source] = {}
        self._begun: dict[str, Source] = {}
        self.file: ImageFile | None = None
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
        about = {"description": "An image of your own", "accept": "image/*", "icon": ""}
        self.upload = widgets.FileUpload(**about)
        self.point = widgets.Text().add_class("explorer-point")  # for page.js
        self.notice, self.refusal = widgets.HTML(), widgets.HTML()
        self.train = widgets.Button(description="Train a small network")
        self.reset = widgets.Button(description="As it was drawn")
        self.back = widgets.Button(description="Back to the test scenes")
        self.train.on_click(lambda _: self.train_network())
        self.reset.on_click(lambda _: self._act(self._on_scene))
        self.back.on_click(lambda _: self._act(self._show_file))
        actions = {self.network: self._on_network, self.scale: self._mark}
        actions |= {self.upload: self._on_file, self.point: self._on_point}
        actions |= dict.fromkeys((self.method, self.layer, *self.controls.values()), self._renew)
        actions[self.controls["scene"]] = self._on_scene
        for widget, action in actions.items():
            widget.observe(lambda _, act=action: self._act(act), "value")

    def _act(self, action: Callable[[], object]) -> None:
        """Follow a widget, unless the page itself has changed it."""
        with self._lock:
            if not self._is_quiet:
                action()

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
        below = widgets.VBox([*more, self.reset])
        own = widgets.VBox([self.upload, self.back, self.refusal]).add_class("explorer-own")
        self._of_scenes = [widgets.VBox(first), below]
        self._parts = [own, *(panel.box for panel in self.panels.values())]
        top = widgets.VBox([self.network, self._of_scenes[0]]).add_class("explorer-first")
        last = widgets.VBox([below, own]).add_class("explorer-more")
        css = Path(__file__).with_name("page.css").read_text("utf8")
        notice = widgets.HBox([self.notice, self.train]).add_class("explorer-notice")
        parts = widgets.Box([top, *self._parts[1:], last]).add_class("explorer-parts")
        style = widgets.HTML(f"<style>{css}</style>")
        display(self.point, is_shown=False)
        return widgets.VBox([style, notice, parts, self.point]).add_class("explorer")

    def list_networks(self, wanted: Run | None = None) -> None:
        """Offer all networks that can be explored, and show the first or the wanted one."""
        found = find_networks(self.store)
        self.runs, self._refused = found.runs, found.refused
        titles = [title for title, run in found.runs.items() if wanted and run.name == wanted.name]
        with self._quiet():
            self.network.options = [*found.runs]
            self.network.value = next(iter(titles or found.runs), None)
        self._act(self._on_network)

    def _say(self, text: str, offer: bool) -> None:
        """Put a line at the top, with or without the offer to train a network."""
        words = f"{text} A small one can be trained here in {SECONDS}." if offer else text
        self.notice.value = _line(words)
        display(self.train, offer)
        display(self.network, bool(self.runs))

    @property
    def is_empty(self) -> bool:
        """Whether the store has no network at all, not even one that does not fit."""
        return not (self.runs or self._refused)

    def _on_network(self) -> None:
        """Open the chosen network and show the same test scene, as it was drawn, or file."""
        subject = self._open()
        self.pictures = Pictures(subject) if subject else None
        self._shown: dict[str, Source] = {}
        for part in ASIDE:
            self._stop(part)
        for box in (*self._parts, *self._of_scenes):
            display(box, subject is not None)
        if subject:
            self._fit(subject)
            self._show_file(self.file)

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
        """Offer the layers of a network and what its scenes can have, and go to the test scene."""
        layer = self.layer.value if self.layer.value in subject.layers else subject.deepest
        with self._quiet():
            self.layer.options = subject.layers
            self.layer.value = layer
            fit_controls(self.controls, subject)
        self.set_view(subject.start(int(self.controls["scene"].value)))

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
            self._renew()

    def _on_point(self) -> None:
        """Take over the levels of a point of the plane, for example "100 30"."""
        levels = self.point.value.split()
        if len(levels) == 2 and all(one.isdecimal() and int(one) < LEVELS for one in levels):
            with self._quiet():
                for name, level in zip(("intensity", "background"), levels, strict=True):
                    self.controls[name].value = int(level)
            self._renew()

    def _on_file(self) -> None:
        """Show a file that was chosen, or say in a line why it cannot be."""
        name, content = (self.upload.value[0][field] for field in ("name", "content"))
        with self._quiet():
            self.upload.value = ()  # so that it can be chosen again
        try:
            self._show_file(read_image(name, bytes(content)))
        except InvalidInput as error:
            self.refusal.value = _line(str(error))

    def _show_file(self, file: ImageFile | None = None) -> None:
        """Show an image file, or without one the test scene, each with its controls."""
        self.file, self.refusal.value = file, ""
        for box in self._of_scenes:
            display(box, file is None)
        display(self.back, file is not None)
        self._renew()

    def _sources(self) -> dict[str, Source]:
        """What each part depends on."""
        view, file = self.view, self.file
        return {
            "answer": ("", file or view),
            "features": (self.layer.value, file or view),
            "map": (self.method.value, file or view),
            "curve": ("", file or view.model_copy(update={"intensity": 0})),
            "plane": ("", file or without_levels(view)),
        }

    def _renew(self) -> None:
        """Renew the parts whose sources have changed."""
        if self.pictures is None:
            return
        sources = self._sources()
        for part in AT_ONCE:
            if self._shown.get(part) != sources[part]:
                self._arrive(part, sources[part], attempt(self._computing(part, sources[part])))
        for part in ASIDE:
            self._follow(part, sources[part])
        self._begin()
        self._mark()

    def _computing(self, part: str, source: Source) -> Callable[[], Any]:
        """What computes a part, for the network of now."""
        assert self.pictures is not None, "there is a network"
        return partial(self.pictures.compute, part, *source)

    def _follow(self, part: str, source: Source) -> None:
        """Await a part that is computed aside, unless it is shown."""
        if self._shown.get(part) == source:
            self._stop(part)
        elif self.awaited.get(part) != source:
            self._asides[part].drop()
            self.awaited[part] = source
            self.panels[part].wait(True)

    def _stop(self, part: str) -> None:
        """Await a part no longer."""
        self._asides[part].drop()
        self.awaited.pop(part, None)
        self.panels[part].wait(False)

    def _begin(self) -> None:
        """Have computed what is awaited: the curve first, then the others side by side."""
        for part, source in self.awaited.items():
            is_next = part == "curve" or "curve" not in self.awaited
            if is_next and self._begun.get(part) is not source:
                self._begun[part] = source
                then = partial(self._on_found, part, source)
                self._asides[part].ask(self._computing(part, source), then)

    def _on_found(self, part: str, source: Source, found: Any) -> None:
        """Show what was computed aside, if it is what is still awaited."""
        with self._lock:
            if self.awaited.get(part) is source:  # and not another network's like it
                self._stop(part)
                self._arrive(part, source, found)
                self._begin()
                self._mark()

    def _arrive(self, part: str, source: Source, found: Any) -> None:
        """Draw a part, or say why it cannot be shown."""
        assert self.pictures is not None, "there is a network"
        refused = found if isinstance(found, Exception) else None
        drawn = attempt(partial(self.pictures.draw, part, *source, None if refused else found))
        match refused or drawn:
            case Exception() as error:  # no memory, say: the page has no other place for it
                for name in ("image", "answer", *MARKED) if part == "answer" else (part,):
                    self.panels[name].say(" ".join(str(error).split())[:200])
                if not isinstance(error, InvalidInput):
                    return  # it may succeed the next time
            case dict() as pictures:
                self._show(pictures)
        self._shown[part] = source

    def _mark(self) -> None:
        """Mark the present levels where they are not awaited."""
        if self.pictures is not None:
            for part in MARKED:
                if part not in self.awaited:
                    self._show(self.pictures.mark(part, self.file or self.view, self.scale.value))

    def _show(self, pictures: Mapping[str, Picture]) -> None:
        for name, picture in pictures.items():
            self.panels[name].show(picture)

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


def _line(text: str) -> str:
    """A line that is read out when it appears."""
    return f'<p role="status">{escape(text)}</p>'
