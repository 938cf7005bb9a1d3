"""The report in a browser: it needs no network, works by keyboard, and its figure answers."""

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from intensity.values import ROOT
from visits import Visit

LARGEST = 12e6
"""Bytes that the page may have."""

LIVE = "#fig-sweep"

BROKEN = r"""[...document.querySelectorAll("th, td")].map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  const lines = new Set([...range.getClientRects()].map((part) => Math.round(part.bottom / 4)));
  return [lines.size, cell.textContent];
}).filter(([lines, text]) => lines > text.split(/[\s_/-]+/).length)"""
"""Cells with more lines than words: some word is cut."""

Visiting = Callable[..., Visit]


@pytest.fixture(scope="module")
def address(smoke_run: Path) -> str:
    """The report of a smoke run, from the file system."""
    return (smoke_run / "report" / "index.html").as_uri()


@pytest.fixture(scope="module")
def window(long_visit: Visiting, address: str) -> Visit:
    """The report with the network off, in one window for all tests, since it takes seconds."""
    return long_visit(address, offline=True)


@pytest.fixture
def report(window: Visit) -> Iterator[Visit]:
    """The report in a wide window; nothing on it may ask for anything or complain."""
    window.page.set_viewport_size({"width": 1280, "height": 900})
    window.page.emulate_media(media="screen", color_scheme="light")
    yield window
    assert window.requests == []
    assert window.errors == []


def live(page: Page) -> Page:
    """The page, once its figure with the slider is there."""
    page.locator(f"{LIVE} .sweep").wait_for(state="visible")
    return page


def test_it_is_small_enough_to_be_sent_around(smoke_run: Path) -> None:
    page = (smoke_run / "report" / "index.html").stat().st_size
    assert page <= LARGEST
    ours, published = (
        sum(path.stat().st_size for path in folder.glob("*.[pc][ns][gv]"))
        for folder in (smoke_run / "figures", ROOT / "figures")
    )
    assert page + (published - ours) * 4 / 3 <= LARGEST  # the page of the standard run, about


def test_contents_lead_to_sections_and_follow_the_scroll(report: Visit) -> None:
    page = live(report.page)
    current = page.locator("nav [aria-current]")
    page.locator("nav a", has_text="Where the networks look").click()
    expect(page.locator("h2", has_text="Where the networks look")).to_be_in_viewport()
    expect(current).to_contain_text("Where the networks look")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(current).to_have_text("How to cite")
    expect(current).to_be_in_viewport()


def test_one_switch_opens_and_closes_all_code(report: Visit) -> None:
    page = report.page
    cells = page.locator("details.code").count()
    assert cells > 50
    assert page.locator("details.code[open]").count() == 0
    page.get_by_role("button", name="Show all code").press("Enter")
    assert page.locator("details.code[open]").count() == cells
    page.get_by_role("button", name="Hide all code").click()
    assert page.locator("details.code[open]").count() == 0


def test_a_figure_leads_to_its_cell_and_gives_its_data(report: Visit, smoke_run: Path) -> None:
    caption = report.page.locator("#fig-scores figcaption")
    caption.get_by_role("link", name="code").click()
    cell = report.page.locator("details.code[open]")
    assert 'book.show("scores"' in cell.inner_text()
    with report.page.expect_download() as saved:
        caption.get_by_role("link", name="data").click()
    kept = smoke_run / "figures" / "04-scores.csv"
    assert saved.value.suggested_filename == kept.name
    assert Path(saved.value.path()).read_bytes() == kept.read_bytes()
    cell.locator("summary").click()
    caption.get_by_role("link", name="code").click()  # its address is that of before
    expect(cell).to_be_visible()


def picture(page: Page, name: str) -> str:
    """What a panel shows, as bytes."""
    return page.locator(f"[id='sweep-{name}']").screenshot().hex()


def wait_for_another(page: Page, name: str, before: str) -> None:
    """Wait until a panel shows something else: it is drawn in one of the next frames."""
    end = time.monotonic() + 10
    while picture(page, name) == before:
        assert time.monotonic() < end, f"{name} has not changed"


def shares(page: Page) -> list[float]:
    """The class probabilities that the figure names, in percent."""
    texts = page.locator(f"{LIVE} .sweep-class b").all_inner_texts()
    return [float(text.removesuffix(" %")) for text in texts]


def test_the_slider_changes_image_maps_and_probabilities(report: Visit, smoke_run: Path) -> None:
    page = live(report.page)
    slider = page.get_by_role("slider", name="Intensity")
    with (smoke_run / "figures" / "04-sweep.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["scene"] == row["seed"] == "0"]
    known = [[100 * float(row[f"class {c}"]) for c in range(3)] for row in rows]
    slider.press("Home")
    panels = ("image", "curves", "occlusion", "saliency")
    dark = {name: picture(page, name) for name in panels}
    told = {
        name: page.locator(f"[id='sweep-{name}']").get_attribute("aria-label") for name in panels
    }
    assert shares(page) == pytest.approx(known[0], abs=0.051)
    slider.press("End")
    slider.press("ArrowLeft")
    assert page.locator(f"{LIVE} output").inner_text() == "254"
    assert shares(page) == pytest.approx(known[254], abs=0.051)
    assert (slider.get_attribute("aria-valuetext") or "").startswith("254, True class: 2.")
    for name, before in dark.items():
        wait_for_another(page, name, before)
        assert page.locator(f"[id='sweep-{name}']").get_attribute("aria-label") != told[name]


def test_another_scene_is_chosen_and_shown_as_it_was_drawn(report: Visit) -> None:
    page = live(report.page)
    level, as_drawn = page.locator(f"{LIVE} output"), page.get_by_role("button", name="Reset")
    as_drawn.click()
    drawn, before = level.inner_text(), picture(page, "image")
    page.get_by_label("Test scene").select_option("class 2, no. 1")
    wait_for_another(page, "image", before)
    page.get_by_label("Test scene").select_option("class 0, no. 1")
    page.get_by_role("slider", name="Intensity").press("Home")
    as_drawn.click()
    assert level.inner_text() == drawn


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_serious(report: Visit, width: int, scheme: Any) -> None:
    page = live(report.page)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    found = report.violations()
    page.evaluate("document.querySelectorAll('.code').forEach(part => { part.open = false; })")
    assert found == []


def test_nothing_is_wider_than_the_window(report: Visit) -> None:
    page = live(report.page)
    for width in (320, 390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_stand_pictures_and_prose_alone(report: Visit) -> None:
    page = live(report.page)
    page.emulate_media(media="print")
    for hidden in ("nav", f"{LIVE} .sweep", "details.code >> nth=0", ".links >> nth=0"):
        assert not page.locator(hidden).is_visible()
    assert page.locator(f"{LIVE} .still").is_visible()


def test_on_paper_no_word_of_a_table_is_cut_to_letters(report: Visit) -> None:
    page = live(report.page)
    page.set_viewport_size({"width": 650, "height": 900})  # A4 less its margins
    page.emulate_media(media="print")
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 650


def test_where_the_plots_cannot_be_drawn_the_still_picture_stands(
    visit: Visiting, address: str
) -> None:
    seen = visit("about:blank")
    seen.page.add_init_script("Object.defineProperty(window, 'DecompressionStream', {value: null})")
    seen.page.goto(address)
    expect(seen.page.locator(f"{LIVE} .still img")).to_be_visible()
    assert not seen.page.locator(f"{LIVE} .sweep").is_visible()


def test_without_scripts_the_still_picture_stands_for_the_figure(
    visit: Visiting, address: str
) -> None:
    page = visit(address, java_script_enabled=False).page
    assert page.locator(f"{LIVE} .still img").is_visible()
    assert not page.locator(f"{LIVE} .sweep").is_visible()
    assert page.locator("nav a").first.is_visible()
