"""The page: controls give views, pictures follow them, and no error ends in a stack trace."""

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import untrained
from intensity.explorer import widgets
from intensity.explorer.networks import open_network
from intensity.explorer.pictures import Pictures
from intensity.explorer.view import Subject, View
from intensity.explorer.widgets import HEADINGS, PAUSE, QUICK, Page, after_pause
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import InvalidInput

Keep = Callable[..., Run]
Action = Callable[[], object]


class Pause:
    """Stands in for a person who pauses: nothing waits until `over` is called."""

    def __init__(self) -> None:
        self.waiting: list[Action] = []

    def __call__(self, action: Action) -> "Pause":
        """Remember what to do after the pause."""
        self.waiting.append(action)
        return self

    def cancel(self) -> None:
        """Another move."""
        self.waiting.clear()

    def over(self) -> None:
        """Nothing has moved for a while."""
        waiting, self.waiting = self.waiting, []
        for action in waiting:
            action()


@pytest.fixture
def pause() -> Pause:
    """Somebody who does not pause yet."""
    return Pause()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Subject]:
    """A store with an untrained network, and the network, which compiles its passes once."""
    place = tmp_path_factory.mktemp("kept")
    store = Store(place / "store", published=place / "published")
    return store, open_network(untrained.keep(store))


@pytest.fixture
def page(kept: tuple[Store, Subject], pause: Pause, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page about an untrained network."""
    store, subject = kept
    monkeypatch.setattr(widgets, "open_network", lambda _: subject)
    return Page(store, pause)


def shown(page: Page) -> dict[str, str]:
    """The HTML of every picture."""
    return {name: panel.content.value for name, panel in page.panels.items()}


def changes(page: Page, pause: Pause, widget: Any, value: Any) -> set[str]:
    """Which pictures change when a widget is moved, after a pause."""
    before = shown(page)
    widget.value = value
    pause.over()
    after = shown(page)
    return {name for name in after if after[name] != before[name]}


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
    for widget in (*page.controls.values(), page.network, page.method, page.layer):
        assert widget.description


def test_controls_begin_with_the_test_scene_as_it_was_drawn(page: Page) -> None:
    assert page.pictures is not None
    start = page.pictures.subject.start(0)
    assert page.view == start
    assert f"A {start.shape} of grey level {start.intensity}" in shown(page)["image"]


def test_the_intensity_changes_pictures_and_the_curve_moves_its_mark(
    page: Page, pause: Pause
) -> None:
    assert changes(page, pause, page.controls["intensity"], 77) == {*HEADINGS}
    assert "disc of grey level 77: class 2" in shown(page)["image"]
    assert "Marked: intensity 77" in shown(page)["curve"]


def test_a_choice_of_means_changes_its_picture_only(page: Page, pause: Pause) -> None:
    assert changes(page, pause, page.method, "sobel") == {"map"}
    assert changes(page, pause, page.layer, "logits") == {"features"}
    assert changes(page, pause, page.scale, "logit") == {"curve"}
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
        ("row", 9, ["answer", "features", "map", "curve"]),
        ("noise", 0, ["answer", "features", "map", "curve"]),
        ("method", "laplace", ["map"]),
        ("layer", "logits", ["features"]),
        ("scale", "logit", []),
    ],
)
def test_only_what_depends_on_a_change_is_computed(
    page: Page, pause: Pause, monkeypatch: pytest.MonkeyPatch, name: str, value: Any, drawn: Any
) -> None:
    assert page.pictures is not None
    parts: list[str] = []
    draw = Pictures.draw

    def note(self: Pictures, part: str, view: View, choice: str) -> Any:
        """Draw, and note which part."""
        parts.append(part)
        return draw(self, part, view, choice)

    monkeypatch.setattr(Pictures, "draw", note)
    (page.controls.get(name) or getattr(page, name)).value = value
    pause.over()
    assert sorted(parts) == sorted(drawn)


def test_what_took_long_waits_the_next_time_but_never_a_single_pass(
    store: Store, keep: Keep, pause: Pause
) -> None:
    keep()
    ticks = itertools.count(step=2 * QUICK)
    page = Page(store, pause, clock=lambda: next(ticks))
    usual = page.method.value
    assert page.can_wait("map", usual)
    assert page.can_wait("curve", "")
    assert not page.can_wait("map", "laplace")
    assert not page.can_wait("answer", "")
    assert not page.can_wait("features", page.layer.value)


def test_what_is_slow_waits_for_a_pause_and_says_so(
    page: Page, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    monkeypatch.setattr(page, "can_wait", lambda part, _: part == "map")
    before = shown(page)["map"]
    page.controls["intensity"].value = 100
    assert shown(page)["map"] == before
    assert "explorer-waits" in page.panels["map"].box._dom_classes
    page.controls["intensity"].value = 101
    assert len(pause.waiting) == 1
    pause.over()
    assert shown(page)["map"] != before
    assert "explorer-waits" not in page.panels["map"].box._dom_classes


def test_a_move_back_before_the_pause_leaves_a_picture_that_fits(
    page: Page, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    monkeypatch.setattr(page, "can_wait", lambda part, _: part == "map")
    slider = page.controls["intensity"]
    usual = slider.value
    slider.value = 100
    slider.value = usual
    assert "explorer-waits" not in page.panels["map"].box._dom_classes
    assert pause.waiting == []


def test_nothing_of_another_scene_stays_where_a_scene_is_refused(
    page: Page, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    for part in ("answer", "curve", "features", "map"):
        monkeypatch.setattr(page.pictures.subject, part, raising(InvalidInput("area: too large")))
    page.controls["row"].value = 3
    pause.over()
    assert not any("<img" in html for html in shown(page).values())
    assert shown(page)["answer"] == "<p>area: too large</p>"


def test_what_nobody_expected_is_a_line_too_and_is_tried_again(
    page: Page, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    with monkeypatch.context() as broken:
        broken.setattr(page.pictures.subject, "map", raising(MemoryError("no room\nfor maps")))
        page.controls["row"].value = 3
        pause.over()
    assert shown(page)["map"] == "<p>no room for maps</p>"
    page.controls["row"].value = 4
    pause.over()
    assert "<img" in shown(page)["map"]


def test_what_a_method_refuses_is_a_line_in_its_place(
    page: Page, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.pictures is not None
    refusal = InvalidInput("scenes: an object can have no other level")
    monkeypatch.setattr(page.pictures.subject, "map", raising(refusal))
    page.controls["row"].value = 3
    pause.over()
    assert shown(page)["map"] == "<p>scenes: an object can have no other level</p>"
    assert "<img" in shown(page)["image"]


def test_controls_that_mean_nothing_are_hidden(store: Store, keep: Keep, pause: Pause) -> None:
    keep(task="distractor", scenes="pairs")
    keep(scenes={"setting": "discs", "noise": None})
    page = Page(store, pause)
    for title in page.runs:
        page.network.value = title
        options = page.runs[title].configuration.scenes
        hidden = {n for n, w in page.controls.items() if w.layout.display == "none"}
        assert hidden == ({"noise", "noise_scene"} if options.noise is None else set()) | (
            {"distractor", "distractor_intensity"} if options.distractor is None else set()
        )


def test_a_network_that_does_not_fit_is_said_in_a_line_with_an_offer(
    store: Store, keep: Keep, pause: Pause
) -> None:
    damaged, whole = keep(network="bn_compact"), keep()
    (damaged.path / "model.keras").write_bytes(b"nothing")
    page = Page(store, pause)
    assert "This network does not fit" in page.notice.value
    assert "model.keras is not what was written" in page.notice.value
    assert "can be trained here" in page.notice.value
    assert page.train.layout.display is None
    page.controls["row"].value = 5  # no network, no picture
    assert {panel.box.layout.display for panel in page.panels.values()} == {"none"}
    page.network.value = next(t for t, run in page.runs.items() if run.name == whole.name)
    assert page.train.layout.display == "none"
    assert {panel.box.layout.display for panel in page.panels.values()} == {None}
    assert "<img" in shown(page)["image"]


def test_networks_that_do_not_fit_are_a_line_where_others_do(
    store: Store, keep: Keep, pause: Pause
) -> None:
    keep(seed=1)
    (keep(seed=0).path / "config.json").write_text("{}")
    page = Page(store, pause)
    assert "Networks that do not fit: 1 damaged." in page.notice.value
    assert page.train.layout.display == "none"
    assert "<img" in shown(page)["image"]


def test_without_any_network_one_is_offered_and_shown_when_it_is_trained(
    store: Store, keep: Keep, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(store, pause)
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
    store: Store, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        """A full disk."""
        raise OSError("no space\nleft on <device>")

    page = Page(store, pause)
    monkeypatch.setattr(widgets, "train_small", fail)
    page.train.click()
    assert "The training failed: no space left on &lt;device&gt;." in page.notice.value
    assert page.train.layout.display is None
    assert not page.train.disabled


def test_a_pause_is_awaited_and_can_be_called_off() -> None:
    done: list[int] = []

    async def play() -> None:
        """Move twice, then pause."""
        first = after_pause(lambda: done.append(1))
        assert first is not None
        first.cancel()
        after_pause(lambda: done.append(2))
        assert done == []
        await asyncio.sleep(2 * PAUSE)

    with ThreadPoolExecutor(1) as thread:  # where no other test has left an event loop
        thread.submit(asyncio.run, play()).result()
        assert done == [2]
        assert thread.submit(after_pause, lambda: done.append(3)).result() is None
        assert done == [2, 3]
