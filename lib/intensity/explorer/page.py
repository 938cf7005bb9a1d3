"""The explorer as a page of widgets: what happens when a control moves.

What is shown is worked out by `Desk` and drawn by `Pictures`; here they are only tied to widgets.
Nothing that goes wrong ends in a stack trace: a line at the top says what it was.
"""

import asyncio
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Protocol

import ipywidgets as widgets

from intensity.attribution.registry import IMAGE_MAPS, METHODS
from intensity.explorer.controls import Controls, Quiet
from intensity.explorer.desk import PARTS, Desk, Question
from intensity.explorer.networks import SECONDS, find_networks, open_network, train_small
from intensity.explorer.pictures import SCALES, Picture, Pictures
from intensity.explorer.view import Answer, Curve, Subject
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import InvalidInput

PAUSE = 0.3
"""Seconds without a move after which slow parts are renewed."""

STYLE = Path(__file__).with_name("page.css")
"""How the page looks, in JupyterLab and by itself."""

HEADINGS = {
    "image": "Image",
    "answer": "Answer",
    "map": "Where it looks",
    "curve": "Answer at every intensity",
    "features": "What a layer holds",
}
"""The pictures in the order of the page."""


class Timer(Protocol):
    """What can be called off."""

    def cancel(self) -> None:
        """Call it off."""


def after_pause(action: Callable[[], object]) -> Timer | None:
    """Do something after a while, unless it is called off; at once where no event loop runs."""
    try:
        return asyncio.get_running_loop().call_later(PAUSE, action)
    except RuntimeError:
        action()
        return None


class Panel:
    """A part of the page: a heading, maybe a choice of what is shown, and a picture.

    Args:
        name: of its place in the page's style.
        choices: controls above the picture.
    """

    def __init__(self, name: str, *choices: widgets.Widget) -> None:
        """Nothing is shown yet."""
        self.content = widgets.HTML()
        heading = widgets.HTML(f"<h2>{HEADINGS[name]}</h2>")
        self.box = widgets.VBox([heading, *choices, self.content])
        self.box.add_class("explorer-panel").add_class(f"explorer-{name}")

    def show(self, picture: Picture) -> None:
        """Show a picture."""
        self.content.value = picture.html

    def say(self, text: str) -> None:
        """Show words where there is no picture."""
        self.content.value = f"<p>{escape(text)}</p>"

    def wait(self, is_waiting: bool) -> None:
        """Let it be seen whether the picture is of another scene, until the reader pauses."""
        change = self.box.add_class if is_waiting else self.box.remove_class
        change("explorer-waits")


class Page:
    """All of the explorer.

    Args:
        store: where networks are found, and kept when they are trained.
        later: does something when the reader has paused.
    """

    def __init__(
        self, store: Store, later: Callable[[Callable[[], object]], Timer | None] = after_pause
    ) -> None:
        """Lay out the page and show the first network."""
        self.store, self._later = store, later
        self._quiet = Quiet()
        self._timer: Timer | None = None
        self._desk: Desk | None = None
        self._answer: Answer | None = None
        self._curve: Curve | None = None
        self.controls = Controls(self._quiet, self._on_move, self._on_scene)
        self._make_choices()
        choices = {"map": [self.method], "curve": [self.scale], "features": [self.layer]}
        self.panels = {name: Panel(name, *choices.get(name, [])) for name in HEADINGS}
        self.box = self._lay_out()
        self.list_networks()

    def _make_choices(self) -> None:
        """What one chooses beside the scene, and the line at the top."""
        names = [(row.label, name) for name, row in {**METHODS, **IMAGE_MAPS}.items()]
        self.network = widgets.Dropdown(description="Network")
        self.method = widgets.Dropdown(description="Method", options=names)
        self.layer = widgets.Dropdown(description="Layer")
        self.scale = widgets.Dropdown(description="Scale", options=SCALES)
        self.notice = widgets.HTML()
        self.train = widgets.Button(description="Train a small network")
        self._quiet.listen(self.network, self._on_network)
        self._quiet.listen(self.method, self._on_move)
        self._quiet.listen(self.layer, self._on_move)
        self._quiet.listen(self.scale, self._on_scale)
        self.train.on_click(lambda _: self.train_network())

    def _lay_out(self) -> widgets.VBox:
        """The page."""
        first = widgets.VBox([self.network, self.controls.first]).add_class("explorer-first")
        more = self.controls.more.add_class("explorer-more")
        parts = [first, *(panel.box for panel in self.panels.values()), more]
        style = widgets.HTML(f"<style>{STYLE.read_text('utf8')}</style>")
        top = widgets.HBox([self.notice, self.train]).add_class("explorer-notice")
        below = widgets.Box(parts).add_class("explorer-parts")
        return widgets.VBox([style, top, below]).add_class("explorer")

    def list_networks(self, wanted: Run | None = None) -> None:
        """Offer what can be explored, and show the first or the wanted one."""
        found = find_networks(self.store)
        self.runs, self._refused = found.runs, found.refused
        titles = [title for title, run in found.runs.items() if wanted and run.name == wanted.name]
        with self._quiet:
            self.network.options = [*found.runs]
            self.network.value = next(iter(titles or found.runs), None)
        self._on_network()

    def _say(self, text: str, offer: bool) -> None:
        """Put a line at the top, with or without the offer to train a network."""
        words = f"{text} A small one can be trained here in {SECONDS}." if offer else text
        self.notice.value = f'<p role="status">{escape(words)}</p>'
        self.train.layout.display = None if offer else "none"
        self.network.layout.display = None if self.runs else "none"

    def _show_parts(self, is_there: bool) -> None:
        """Show or hide what means nothing without a network."""
        for box in (
            self.controls.first,
            self.controls.more,
            *(panel.box for panel in self.panels.values()),
        ):
            box.layout.display = None if is_there else "none"

    @property
    def is_empty(self) -> bool:
        """Whether the store has no network at all, not even one that does not fit."""
        return not (self.runs or self._refused)

    def _on_network(self) -> None:
        """Open the network that is chosen."""
        self._desk = self._answer = self._curve = None
        self._show_parts(False)
        if self.network.value is None:
            self._say(self._refused or "There is no trained network yet.", offer=True)
            return
        try:
            subject = open_network(self.runs[self.network.value])
        except InvalidInput as error:
            self._say(f"This network does not fit: {error}.", offer=True)
            return
        self._say(self._refused, offer=False)
        self._take(subject)

    def _take(self, subject: Subject) -> None:
        """Ask another network about the same test scene, as it was drawn."""
        layer = self.layer.value if self.layer.value in subject.layers else subject.deepest
        with self._quiet:
            self.layer.options = subject.layers
            self.layer.value = layer
        self.controls.fit(subject)
        self._desk, self._pictures = Desk(subject), Pictures(subject)
        self._show_parts(True)
        self._on_scene()

    def _on_scene(self) -> None:
        """Go to a test scene as it was drawn."""
        if self._desk is not None:
            self.controls.set(self._desk.subject.start(self.controls.scene))
            self._on_move()

    def _on_move(self) -> None:
        """Renew what is quick, and the rest when nothing has moved for a while."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._renew(with_slow=False):
            self._timer = self._later(lambda: self._renew(with_slow=True))

    def _on_scale(self) -> None:
        """Draw the same curves on another scale."""
        if self._curve is not None:
            self._pictures.sweep(self._curve, self.scale.value)
            self._mark()

    def _renew(self, with_slow: bool) -> bool:
        """Renew the parts that are of another question; whether some are left."""
        if self._desk is None:
            return False
        question = Question(self.controls.view, self.method.value, self.layer.value)
        stale = self._desk.stale(question)
        left = [] if with_slow else [p for p in stale if self._desk.can_wait(p, question)]
        for part in stale:
            if part not in left:
                self._work(self._desk, part, question)
        for part in PARTS:  # also those that fit again, since the reader went back
            self.panels[part].wait(part in left)
        self._mark()
        return bool(left)

    def _work(self, desk: Desk, part: str, question: Question) -> None:
        """Renew a part."""
        try:
            found = desk.work(part, question)
        except Exception as error:  # no memory, say: the page has no other place for it
            self._refuse(part, " ".join(str(error).split())[:200])
            return
        match part:
            case "answer":
                self._answer = found
                self.panels["image"].show(self._pictures.image(found, question.view))
                self.panels["answer"].show(self._pictures.probabilities(found))
            case "features":
                self.panels[part].show(self._pictures.features(found, question.layer))
            case "map":
                explained = self._answer.predicted if self._answer else 0
                self.panels[part].show(self._pictures.map(found, question.method, explained))
            case "curve":
                self._curve = found
                self._pictures.sweep(found, self.scale.value)

    def _refuse(self, part: str, reason: str) -> None:
        """Say why a part cannot be shown, in place of what was true of another scene."""
        self.panels[part].say(reason)
        if part == "answer":
            self._answer = None
            self.panels["image"].say("There is no image of such a scene.")
            self.panels["curve"].say(reason)
        if part == "curve":
            self._curve = None

    def _mark(self) -> None:
        """Mark where the scene is on the curves."""
        if self._answer is not None and self._curve is not None:
            self.panels["curve"].show(self._pictures.curve(self._answer, self.controls.view))

    def _tell(self, how_far: str) -> None:
        """Say how far the training is."""
        self._say(f"A small network is being trained, which takes {SECONDS}. {how_far}", False)

    def train_network(self) -> None:
        """Train a small network and show it."""
        self.train.disabled = True
        self._tell("")
        try:
            run = train_small(self.store, self._tell)
        except Exception as error:  # a page has no other place for what a worker ended with
            reason = " ".join(str(error).split())[:200]
            self._say(f"The training failed: {reason}.", offer=True)
        else:
            self.list_networks(run)
        finally:
            self.train.disabled = False
