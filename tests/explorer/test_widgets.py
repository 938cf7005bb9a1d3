"""The page: controls give views, pictures follow them, and no error ends in a stack trace."""

import datetime
import io
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import untrained
from intensity.explorer import widgets
from intensity.explorer.aside import Action, Hand
from intensity.explorer.controls import COMPUTED, HEADINGS
from intensity.explorer.networks import open_network
from intensity.explorer.view import Shown, Subject, View
from intensity.explorer.widgets import ASIDE, Page
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import InvalidInput

Keep = Callable[..., Run]
PATIENCE = 60
"""Seconds after which a test gives up waiting."""


class Hands:
    """Stands in for an event loop: what was computed aside arrives when the test lets it."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Action] = queue.Queue()

    def __call__(self) -> Hand:
        """What the page is given."""
        return self._queue.put

    def settle(self, page: Page, *parts: str) -> None:
        """Let results arrive until none of these parts, or no part at all, is awaited."""
        while set(parts or ASIDE) & set(page.awaited):
            self._queue.get(timeout=PATIENCE)()


class Slow:
    """A map that takes until it is let, and notes the scenes that it was asked for."""

    def __init__(self, subject: Subject) -> None:
        self.begun, self.free = threading.Event(), threading.Event()
        self.seen: list[int] = []
        self._map = subject.map

    def __call__(self, shown: Shown, method: str) -> np.ndarray:
        """The true map, late."""
        assert isinstance(shown, View)
        self.seen.append(shown.intensity)
        self.begun.set()
        assert self.free.wait(PATIENCE)
        return self._map(shown, method)


@pytest.fixture
def hands() -> Hands:
    """Somebody who lets results arrive."""
    return Hands()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Subject]:
    """A store with an untrained network, and the network, which compiles its passes once."""
    place = tmp_path_factory.mktemp("kept")
    store = Store(place / "store", published=place / "published")
    return store, open_network(untrained.keep(store))


@pytest.fixture
def page(kept: tuple[Store, Subject], hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page about an untrained network, with all its pictures."""
    store, subject = kept
    monkeypatch.setattr(widgets, "open_network", lambda _: subject)
    page = Page(store, hands)
    hands.settle(page)
    return page


@pytest.fixture
def subject(page: Page) -> Subject:
    """The network of the page."""
    assert page.pictures is not None
    return page.pictures.subject


def shown(page: Page) -> dict[str, str]:
    """The HTML of every picture."""
    return {name: panel.content.value for name, panel in page.panels.items()}


def waits(page: Page) -> set[str]:
    """The panels that say that their pictures are being computed."""
    return {name for name, p in page.panels.items() if "explorer-waits" in p.box._dom_classes}


def choose(page: Page, pixels: np.ndarray, name: str = "mine.png") -> None:
    """Choose an image file of these pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    give(page, name, buffer.getvalue())


def give(page: Page, name: str, content: bytes) -> None:
    """Choose a file."""
    when = datetime.datetime.now(datetime.UTC)
    about = {"type": "image/png", "size": len(content), "last_modified": when}
    page.upload.value = ({"name": name, "content": memoryview(content), **about},)


def changes(page: Page, hands: Hands, widget: Any, value: Any) -> set[str]:
    """Which pictures change when a widget is moved, once all have followed."""
    before = shown(page)
    widget.value = value
    hands.settle(page)
    after = shown(page)
    return {name for name in after if after[name] != before[name]}


def noting(order: list[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which notes that it was called."""

    def call(*arguments: object) -> Any:
        """Note it, and call it."""
        order.append(name)
        return function(*arguments)

    return call


def raising(error: Exception) -> Callable[..., None]:
    """A function that ends with an error, whatever its arguments."""

    def fail(*_: object) -> None:
        """End with it."""
        raise error

    return fail


def test_every_picture_is_there_with_words_for_those_who_cannot_see_it(page: Page) -> None:
    assert [*shown(page)] == [*HEADINGS]
    for name, html in shown(page).items():
        assert '<img src="data:image/png;base64,' in html, name
        assert 'alt=""' not in html, name
    assert page.notice.value == '<p role="status"></p>'
    assert page.train.layout.display == "none"


def test_every_control_has_a_name(page: Page) -> None:
    choices = (page.network, page.method, page.layer, page.scale, page.upload, page.back)
    for widget in (*page.controls.values(), *choices, page.reset):
        assert widget.description


def test_controls_begin_with_the_test_scene_as_it_was_drawn(page: Page) -> None:
    assert page.pictures is not None
    start = page.pictures.subject.start(0)
    assert page.view == start
    assert f"A {start.shape} of grey level {start.intensity}" in shown(page)["image"]


def test_the_intensity_changes_pictures_and_the_curve_moves_its_mark(
    page: Page, hands: Hands
) -> None:
    assert changes(page, hands, page.controls["intensity"], 77) == {*HEADINGS}
    assert "disc of grey level 77: class 2" in shown(page)["image"]
    assert "Marked: intensity 77" in shown(page)["curve"]
    assert "Marked: object 77, background 0, class" in shown(page)["plane"]


def test_a_choice_of_means_changes_its_picture_only(page: Page, hands: Hands) -> None:
    assert changes(page, hands, page.method, "sobel") == {"map"}
    assert changes(page, hands, page.layer, "logits") == {"features"}
    assert changes(page, hands, page.scale, "logit") == {"curve"}
    assert "Needs no network" in shown(page)["map"]
    assert "3 units" in shown(page)["features"]
    assert "The logit of each class" in shown(page)["curve"]


def test_another_scene_starts_as_it_was_drawn(page: Page) -> None:
    fields = page.controls
    fields["noise"].value = 0
    fields["scene"].value = 12
    assert page.pictures is not None
    assert page.view == page.pictures.subject.start(12)
    fields["row"].value = 3
    page.reset.click()
    assert page.view == page.pictures.subject.start(12)


def test_every_view_can_be_said_and_read_again(page: Page) -> None:
    assert page.pictures is not None
    fields = dict(page.pictures.subject.start(3))
    fields |= {"intensity": 1, "area": 81, "shape": "square", "hollow": True, "noise": 35}
    view = View(**fields)
    page.set_view(view)
    assert page.view == view


@pytest.mark.parametrize(
    ("name", "value", "drawn"),
    [
        ("intensity", 99, ["answer", "features", "map"]),
        ("background", 90, ["answer", "features", "map", "curve"]),
        ("row", 9, ["answer", "features", "map", "curve", "plane"]),
        ("noise", 0, ["answer", "features", "map", "curve", "plane"]),
        ("method", "laplace", ["map"]),
        ("layer", "logits", ["features"]),
        ("scale", "logit", []),
    ],
)
def test_only_what_depends_on_a_change_is_computed(
    page: Page,
    hands: Hands,
    subject: Subject,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: Any,
    drawn: Any,
) -> None:
    parts: list[str] = []
    for part in ("answer", "features", *ASIDE):
        monkeypatch.setattr(subject, part, noting(parts, part, getattr(subject, part)))
    (page.controls.get(name) or getattr(page, name)).value = value
    hands.settle(page)
    assert sorted(parts) == sorted(drawn)


def test_no_control_waits_for_a_slow_map_and_the_last_request_wins(
    page: Page, hands: Hands, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(subject)
    monkeypatch.setattr(subject, "map", slow)
    before = shown(page)["map"]
    page.controls["intensity"].value = 100
    assert slow.begun.wait(PATIENCE)
    for level in (101, 102, 103):
        page.controls["intensity"].value = level
        hands.settle(page, "curve", "plane")
        assert f"grey level {level}" in shown(page)["image"]
        assert f"Marked: intensity {level}" in shown(page)["curve"]
        assert f"Marked: object {level}" in shown(page)["plane"]
    assert waits(page) == {"map"}
    assert COMPUTED in page.panels["map"].box.children[-1].value
    assert shown(page)["map"] == before
    slow.free.set()
    hands.settle(page)
    assert slow.seen == [100, 103]
    assert waits(page) == set()
    assert shown(page)["map"] != before


def test_the_curve_is_computed_before_what_takes_longer(
    page: Page, hands: Hands, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for part in ASIDE:
        monkeypatch.setattr(subject, part, noting(order, part, getattr(subject, part)))
    page.controls["row"].value = 3
    assert waits(page) == set(ASIDE)
    hands.settle(page)
    assert order[0] == "curve"
    assert sorted(order) == sorted(ASIDE)


def test_where_no_picture_was_yet_words_stand_in_its_place(
    kept: tuple[Store, Subject], hands: Hands, page: Page
) -> None:
    fresh = Page(kept[0], hands)
    assert waits(fresh) == set(ASIDE)
    assert {name for name, html in shown(fresh).items() if not html} == set(ASIDE)
    hands.settle(fresh)
    assert waits(fresh) == set()


def test_a_move_back_leaves_the_picture_that_fits(
    page: Page, hands: Hands, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, slider, before = Slow(subject), page.controls["intensity"], shown(page)
    usual = slider.value
    monkeypatch.setattr(subject, "map", slow)
    slider.value = 100
    assert slow.begun.wait(PATIENCE)
    slider.value = usual
    assert waits(page) == set()
    slow.free.set()
    monkeypatch.undo()
    page.method.value = "sobel"  # another map, after which the first one has surely been dropped
    hands.settle(page)
    page.method.value = "gradient"
    hands.settle(page)
    assert shown(page) == before


def test_a_map_of_another_network_is_never_shown(
    store: Store, keep: Keep, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (0, 1):
        keep(seed=seed)
    page = Page(store, hands)
    assert page.pictures is not None
    slow = Slow(page.pictures.subject)
    monkeypatch.setattr(page.pictures.subject, "map", slow)
    page.controls["intensity"].value = 100
    hands.settle(page, "curve")
    assert slow.begun.wait(PATIENCE)
    page.network.value = [*page.runs][1]
    slow.free.set()
    hands.settle(page)
    changed = shown(page)["map"]
    again = Page(store, hands)
    again.network.value = [*page.runs][1]
    hands.settle(again)
    assert changed == shown(again)["map"]


def test_a_point_of_the_plane_gives_both_levels_in_one_go(page: Page, hands: Hands) -> None:
    before = page.view
    page.point.value = "100 30"
    hands.settle(page)
    assert page.view == View(**(dict(before) | {"intensity": 100, "background": 30}))
    assert "Marked: object 100, background 30" in shown(page)["plane"]
    for wrong in ("", "1", "256 0", "-1 5", "1.5 2", "a b", "1 2 3"):
        page.point.value = wrong
        assert (page.view.intensity, page.view.background) == (100, 30)


def test_a_file_is_answered_and_explained_and_what_needs_its_object_is_said(
    page: Page, hands: Hands
) -> None:
    pixels = np.arange(0, 256, dtype=np.uint8).repeat(4).reshape(32, 32)
    choose(page, pixels)
    hands.settle(page)
    assert "mine.png, 32 x 32 pixels." in shown(page)["image"]
    assert "what is true nobody has said" in shown(page)["answer"]
    assert "True: not known." in shown(page)["answer"]
    assert "Map of gradient" in shown(page)["map"]
    for name in ("curve", "plane"):
        assert "which of its pixels are the object is unknown</p>" in shown(page)[name]
    page.method.value = "deeplift"
    hands.settle(page)
    assert "<p>An image file has no map of DeepLIFT, no object †: " in shown(page)["map"]
    assert page.upload.value == ()  # so that the same file can be chosen again


def test_a_file_stands_in_place_of_the_scenes_until_one_goes_back(page: Page, hands: Hands) -> None:
    before = shown(page)
    boxes = page._of_scenes
    choose(page, np.zeros((40, 20), np.uint8))
    hands.settle(page)
    assert "resized to 32 x 32 by means, which changes" in shown(page)["image"]
    assert [box.layout.display for box in (*boxes, page.back)] == ["none", "none", None]
    choose(page, np.zeros((32, 32), np.uint8), "other.png")
    hands.settle(page)
    assert "other.png" in shown(page)["image"]
    page.back.click()
    hands.settle(page)
    assert shown(page) == before
    assert [box.layout.display for box in (*boxes, page.back)] == [None, None, "none"]


def test_a_file_that_cannot_be_shown_is_a_line_and_the_page_goes_on(
    page: Page, hands: Hands
) -> None:
    before = shown(page)
    give(page, "<notes>.txt", b"Dear Sir or Madam,")
    assert page.refusal.value.startswith('<p role="status">&lt;notes&gt;.txt: is no image of')
    assert shown(page) == before
    assert changes(page, hands, page.controls["intensity"], 9) >= {"image", "answer"}
    choose(page, np.zeros((32, 32), np.uint8))
    assert page.refusal.value == ""
    give(page, "notes.txt", b"")
    assert "mine.png" in shown(page)["image"]
    assert "notes.txt" in page.refusal.value


def test_another_network_is_shown_the_same_file_at_its_own_size(
    store: Store, keep: Keep, hands: Hands
) -> None:
    keep()
    keep(scenes="discs")
    page = Page(store, hands)
    choose(page, np.zeros((64, 64), np.uint8))
    said = {}
    for title, run in page.runs.items():
        page.network.value = title
        hands.settle(page)
        said[run.configuration.scenes.size] = shown(page)["image"]
        assert page.back.layout.display is None
    assert "64 x 64 pixels.</figcaption>" in said[64]
    assert "64 x 64 pixels, resized to 32 x 32 by means." in said[32]


def test_nothing_of_another_scene_stays_where_a_scene_is_refused(
    page: Page, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    for part in ("answer", "curve", "features", "map", "plane"):
        monkeypatch.setattr(page.pictures.subject, part, raising(InvalidInput("area: too large")))
    page.controls["row"].value = 3
    hands.settle(page)
    assert not any("<img" in html for html in shown(page).values())
    assert shown(page)["answer"] == "<p>area: too large</p>"


def test_what_nobody_expected_is_a_line_too_and_is_tried_again(
    page: Page, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    with monkeypatch.context() as broken:
        broken.setattr(page.pictures.subject, "map", raising(MemoryError("no room\nfor maps")))
        page.controls["row"].value = 3
        hands.settle(page)
    assert shown(page)["map"] == "<p>no room for maps</p>"
    page.controls["row"].value = 4
    hands.settle(page)
    assert "<img" in shown(page)["map"]


def test_what_a_method_refuses_is_a_line_in_its_place(
    page: Page, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    refusal = InvalidInput("scenes: an object can have no other level")
    monkeypatch.setattr(page.pictures.subject, "map", raising(refusal))
    page.controls["row"].value = 3
    hands.settle(page)
    assert shown(page)["map"] == "<p>scenes: an object can have no other level</p>"
    assert "<img" in shown(page)["image"]


def test_controls_that_mean_nothing_are_hidden(store: Store, keep: Keep, hands: Hands) -> None:
    keep(task="distractor", scenes="pairs")
    keep(scenes={"setting": "discs", "noise": None})
    page = Page(store, hands)
    for title in page.runs:
        page.network.value = title
        options = page.runs[title].configuration.scenes
        hidden = {n for n, w in page.controls.items() if w.layout.display == "none"}
        assert hidden == ({"noise", "noise_scene"} if options.noise is None else set()) | (
            {"distractor", "distractor_intensity"} if options.distractor is None else set()
        )


def test_a_network_that_does_not_fit_is_said_in_a_line_with_an_offer(
    store: Store, keep: Keep, hands: Hands
) -> None:
    damaged, whole = keep(network="bn_compact"), keep()
    (damaged.path / "model.keras").write_bytes(b"nothing")
    page = Page(store, hands)
    assert "This network does not fit" in page.notice.value
    assert "model.keras is not what was written" in page.notice.value
    assert "can be trained here" in page.notice.value
    assert page.train.layout.display is None
    page.controls["row"].value = 5  # no network, no picture
    boxes = [*(panel.box for panel in page.panels.values()), *page._of_scenes]
    assert {box.layout.display for box in boxes} == {"none"}
    page.network.value = next(t for t, run in page.runs.items() if run.name == whole.name)
    assert page.train.layout.display == "none"
    assert {box.layout.display for box in boxes} == {None}
    assert "<img" in shown(page)["image"]


def test_networks_that_do_not_fit_are_a_line_where_others_do(
    store: Store, keep: Keep, hands: Hands
) -> None:
    keep(seed=1)
    (keep(seed=0).path / "config.json").write_text("{}")
    page = Page(store, hands)
    assert "Networks that do not fit: 1 damaged." in page.notice.value
    assert page.train.layout.display == "none"
    assert "<img" in shown(page)["image"]


def test_without_any_network_one_is_offered_and_shown_when_it_is_trained(
    store: Store, keep: Keep, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(store, hands)
    assert page.is_empty
    assert "There is no trained network yet. A small one can be trained here" in page.notice.value
    said: list[str] = []

    def train_small(_: Store, report: Callable[[str], None]) -> Run:
        """A training that is done at once."""
        report("40 %")
        said.append(page.notice.value)
        return keep(seed=5)

    keep(network="bn_compact")  # which would come first
    monkeypatch.setattr(widgets, "train_small", train_small)
    page.train.click()
    assert "is being trained" in said[0]
    assert "40 %" in said[0]
    assert "seed 5" in page.network.value
    assert "<img" in shown(page)["image"]
    assert not page.is_empty


def test_a_training_that_fails_is_a_line(
    store: Store, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        """A full disk."""
        raise OSError("no space\nleft on <device>")

    page = Page(store, hands)
    monkeypatch.setattr(widgets, "train_small", fail)
    page.train.click()
    assert "The training failed: no space left on &lt;device&gt;." in page.notice.value
    assert page.train.layout.display is None
    assert not page.train.disabled
