"""The explorer as a page of its own, in a browser: it answers, by keyboard too, and asks nobody."""

import base64
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from intensity.storage.store import Store
from untrained import keep
from visits import Visit

STARTING = 90
"""Seconds that the server may take to start."""

ANSWERING = 20_000
"""Milliseconds that a change may take on a busy machine; usually it is a tenth of a second."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the explorer is served, about a network that fits and one that is damaged."""
    folder = tmp_path_factory.mktemp("explorer")
    store = Store(folder / "store")
    keep(store, accuracy=0.75)
    damaged = keep(store, seed=1)
    (damaged.path / "model.keras").write_bytes(b"nothing")
    own = {"INTENSITY_STORE": str(store.root), "INTENSITY_PRETRAINED": str(folder / "none")}
    command = [sys.executable, "-m", "intensity", "explore", "--no-browser"]
    log = folder / "log"
    with log.open("w") as file:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=file, stderr=file)
    found = _wait_for(server, log)
    assert _listens(server.pid) == {"127.0.0.1"}
    yield found
    server.terminate()
    server.wait(30)


def _listens(process: int) -> set[str]:
    """The addresses of this machine on which a server listens."""
    found = psutil.Process(process).net_connections("inet")
    return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}


def _wait_for(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address that a server prints once it answers."""
    end = time.monotonic() + STARTING
    while time.monotonic() < end and server.poll() is None:
        if found := re.search(r"the explorer is at (\S+)\n", log.read_text()):
            return found[1]
        time.sleep(0.2)
    pytest.fail(f"the explorer is not served:\n{log.read_text()}")


@pytest.fixture(scope="module")
def seen(address: str, long_visit: Callable[..., Visit]) -> Visit:
    """The page, opened once for all tests, with the first network shown."""
    seen = long_visit(address, viewport={"width": 1280, "height": 900})
    expect(seen.page.locator(".explorer-features img")).to_be_visible(timeout=ANSWERING)
    return seen


def _png(size: int) -> bytes:
    """A grey image file."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((size, size), 90, np.uint8)).save(buffer, "png")
    return buffer.getvalue()


def _choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file with the button, by keyboard."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="An image of your own", exact=True).press("Enter")
    file: Any = {"name": name, "mimeType": "image/png", "buffer": content}
    chooser.value.set_files(file)


DROP = """([bytes, name]) => {
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
  const at = document.querySelector(".explorer-image");
  const event = (kind) => new DragEvent(kind, {
    dataTransfer: files, bubbles: true, cancelable: true,
  });
  const taken = !at.dispatchEvent(event("dragover"));
  at.dispatchEvent(event("drop"));
  return taken;
}"""
"""Drops a file on the image; whether the page lets one be dropped there."""


def _picture(page: Page, name: str) -> Any:
    """The picture of a panel."""
    return page.locator(f".explorer-{name} img")


def _level(page: Page, name: str) -> int:
    """The value of a slider."""
    slider = page.get_by_role("slider", name=name, exact=True)
    return int(float(slider.get_attribute("aria-valuenow") or "nan"))


def _move(page: Page, key: str) -> int:
    """Press a key on the slider of the intensity and wait until the image has followed."""
    page.get_by_role("slider", name="Intensity", exact=True).press(key)
    level = _level(page, "Intensity")
    followed = page.get_by_alt_text(f"Test scene 0 with a disc of grey level {level} at row")
    expect(followed).to_be_visible(timeout=ANSWERING)
    return level


def test_nothing_is_asked_of_any_other_host(seen: Visit) -> None:
    assert {urlparse(request).hostname for request in seen.requests} == {"127.0.0.1"}


def test_the_slider_changes_the_pictures_by_keyboard(seen: Visit) -> None:
    page, shown = seen.page, set()
    start = _move(page, "ArrowLeft")
    for key, level in (("ArrowLeft", start - 1), ("ArrowRight", start), ("Home", 0)):
        assert _move(page, key) == level
        marked = page.get_by_alt_text(f"Marked: intensity {level},")
        expect(marked).to_be_visible(timeout=ANSWERING)
        shown.add(_picture(page, "image").get_attribute("src"))
        expect(page.get_by_alt_text("True: class ")).to_be_visible(timeout=ANSWERING)
    assert len(shown) == 3


def test_a_slow_map_follows_when_it_is_computed(seen: Visit) -> None:
    page = seen.page
    page.get_by_label("Method").select_option(label="finite differences")
    said = page.get_by_alt_text("Map of finite differences")
    expect(said).to_be_visible(timeout=ANSWERING)
    before = said.get_attribute("src")  # two maps may have one scale, and so one text
    assert before
    _move(page, "End")
    expect(said).not_to_have_attribute("src", before, timeout=ANSWERING)
    expect(page.locator(".explorer-waits")).to_have_count(0, timeout=ANSWERING)
    page.get_by_label("Method").select_option(label="gradient")
    expect(page.get_by_alt_text("Map of gradient,")).to_be_visible(timeout=ANSWERING)


def test_the_page_says_what_it_is_and_shows_no_code(seen: Visit) -> None:
    page = seen.page
    assert "network" in page.title()
    assert page.locator("html").get_attribute("lang") == "en"
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => h.tagName)")
    assert levels == ["H1", *["H2"] * 6]
    assert "import explorer" not in page.content()
    expect(page.locator("#loading")).to_have_count(0)


def test_a_click_on_the_plane_gives_both_levels(seen: Visit) -> None:
    page, plane = seen.page, _picture(seen.page, "plane")
    _move(page, "Home")
    expect(page.get_by_alt_text("Marked: object 0, background 0,")).to_be_visible(timeout=ANSWERING)
    left, top, width, height = map(float, (plane.get_attribute("data-place") or "").split(","))
    box = plane.bounding_box()
    for across, down in ((0.5, 0.5), (0.25, 0.875)):
        before = plane.get_attribute("alt")
        spot = (box["width"] * (left + across * width), box["height"] * (top + down * height))
        plane.click(position={"x": spot[0], "y": spot[1]})
        expect(plane).not_to_have_attribute("alt", before, timeout=ANSWERING)
        marked = re.search(r"object (\d+), background (\d+),", plane.get_attribute("alt"))
        assert marked is not None
        levels = [int(level) for level in marked.groups()]
        assert levels == [
            pytest.approx(256 * across, abs=2),
            pytest.approx(256 - 256 * down, abs=2),
        ]
        assert levels == [_level(page, "Intensity"), _level(page, "Background")]
    page.get_by_role("button", name="As it was drawn").press("Enter")
    expect(page.get_by_alt_text("background 0, class")).to_be_visible(timeout=ANSWERING)


def test_a_file_that_is_chosen_or_dropped_is_answered_and_a_wrong_one_is_a_line(
    seen: Visit,
) -> None:
    page = seen.page
    _choose(page, "mine.png", _png(32))
    expect(page.get_by_alt_text("The image file mine.png, 32 x 32")).to_be_visible(
        timeout=ANSWERING
    )
    expect(page.locator(".explorer-curve")).to_contain_text("which of its pixels are the object")
    expect(page.get_by_role("slider", name="Intensity", exact=True)).to_be_hidden()
    _choose(page, "notes.txt", b"Dear Sir or Madam,")
    refusal = page.locator(".explorer-own").get_by_role("status")
    expect(refusal).to_contain_text("notes.txt: is no image", timeout=ANSWERING)
    _choose(page, "large.png", bytes(20_000_000))  # too much for one message
    expect(refusal).to_contain_text("large.png: more than 8 MB", timeout=ANSWERING)
    assert page.evaluate(DROP, [base64.b64encode(_png(64)).decode(), "other.png"])
    expect(page.get_by_alt_text("resized to 32 x 32 by means")).to_be_visible(timeout=ANSWERING)
    expect(refusal).to_have_count(0)
    assert seen.violations() == []
    page.get_by_role("button", name="Back to the test scenes").press("Enter")
    expect(page.get_by_alt_text("Test scene 0")).to_be_visible(timeout=ANSWERING)
    expect(page.locator(".explorer-curve img")).to_be_visible(timeout=ANSWERING)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(seen: Visit, scheme: Any) -> None:
    seen.page.emulate_media(color_scheme=scheme)
    assert seen.violations() == []
    dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, dark[4:-1].split(","))) < 200) == (scheme == "dark")
    seen.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (390, [["image", "answer"], ["plane"], ["curve"], ["map"], ["features"]]),
        (1280, [["image", "plane", "answer"], ["curve", "map"], ["features"]]),
        (1920, [["image", "plane", "answer"], ["curve", "map"], ["features"]]),
    ],
)
def test_pictures_stand_side_by_side_as_the_width_allows(
    seen: Visit, width: int, rows: list[list[str]]
) -> None:
    page = seen.page
    page.set_viewport_size({"width": width, "height": 900})
    places = {name: _picture(page, name).bounding_box() for row in rows for name in row}
    below = 0.0
    for row in rows:
        tops = [places[name]["y"] for name in row]
        lefts = [places[name]["x"] for name in row]
        assert max(tops) - min(tops) < 2, row
        assert lefts == sorted(lefts)
        assert min(tops) > below
        below = max(places[name]["y"] + places[name]["height"] for name in row)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_network_that_does_not_fit_is_a_line_and_an_offer(seen: Visit) -> None:
    page = seen.page
    choice = page.get_by_label("Network")
    titles = choice.locator("option").all_text_contents()
    assert len(titles) == 2
    choice.select_option(index=1)
    said = page.get_by_role("status")
    expect(said).to_contain_text("model.keras is not what was written", timeout=ANSWERING)
    expect(page.get_by_role("button", name="Train a small network")).to_be_visible()
    assert "Traceback" not in page.content()
    expect(_picture(page, "image")).to_be_hidden(timeout=ANSWERING)
    choice.select_option(index=0)
    expect(_picture(page, "image")).to_be_visible(timeout=ANSWERING)
    expect(page.get_by_role("button", name="Train a small network")).to_be_hidden()


def test_no_error_was_on_the_console(seen: Visit) -> None:
    assert seen.errors == []
