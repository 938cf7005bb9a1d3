"""The report in Firefox: it needs no network, its figure answers, and nothing is out of reach."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest

from firefox import Firefox, firefox
from visits import BAD

NAMES = ("firefox-esr", "firefox")
"""Commands that start a browser of this kind."""

SHOWN = """new Promise((done) => { const wait = () => {
  const live = document.querySelector("#fig-sweep .sweep");
  live?.querySelector(".sweep-class b").textContent ? done(true) : setTimeout(wait, 50);
}; wait(); })"""
"""Is fulfilled once the figure with the slider has drawn its first scene."""

LEVEL = """(async () => {
  const slider = document.querySelector("#fig-sweep input[type=range]");
  slider.value = %d;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  return [...document.querySelectorAll("#fig-sweep .sweep-class b")].map((one) => one.textContent);
})()"""
"""Moves the slider to a level; gives the class probabilities that the figure names."""


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A headless Firefox."""
    command = next(filter(None, map(shutil.which, NAMES)), None)
    if command is None:
        word = "no Firefox is installed (Debian: apt-get install firefox-esr)"
        if os.environ.get("CI") == "true":
            pytest.fail(word)
        pytest.skip(word)
    with firefox(command, tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def report(window: Firefox, smoke_run: Path) -> Firefox:
    """The report of a smoke run, from the file system."""
    window.visit((smoke_run / "report" / "index.html").as_uri(), 1280, 900)
    assert window.run(SHOWN)
    return window


def test_it_asks_for_nothing_and_nothing_fails(report: Firefox, smoke_run: Path) -> None:
    assert report.run("document.title").startswith("How do ConvNets understand")
    assert {*report.requests} <= {(smoke_run / "report" / "index.html").as_uri()}
    assert report.errors == []


def test_the_slider_changes_the_answer(report: Firefox) -> None:
    dark, bright = (report.run(LEVEL % level) for level in (0, 250))
    assert dark != bright
    for shares in dark, bright:
        assert sum(float(share.split()[0]) for share in shares) == pytest.approx(100, abs=0.2)


def test_nothing_is_wider_than_the_window(report: Firefox) -> None:
    for width in (390, 1280, 1920):
        report.resize(width, 900)
        assert report.run("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing_serious(report: Firefox) -> None:
    report.resize(1280, 900)
    report.load(Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf8"))
    found = report.run("axe.run().then((results) => results.violations)")
    serious = [one for one in found if one["impact"] in BAD]
    assert serious == [], json.dumps(serious)[:1000]
