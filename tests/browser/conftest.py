"""What browser tests share: a headless Chromium, and pages that note their requests and errors.

The tests use a Chromium that is installed, and never fetch one. Where there is none they are
skipped with a word; with CI=true, where nothing may be skipped, they fail instead.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Request, sync_playwright

from visits import Visit

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""Commands that start a browser of this kind."""

PATIENCE = 120_000
"""Milliseconds that a page may take, which includes what its server has to load."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        word = "no Chromium is installed (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(word)
        pytest.skip(word)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that opens an address in a fresh window; `offline` takes the network away."""
    with _visits(browser) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def long_visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """The same, for windows that all tests of a module share."""
    with _visits(browser) as open_page:
        yield open_page


@contextmanager
def _visits(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that opens windows, which are closed in the end."""
    contexts = []

    def open_page(address: str, *, offline: bool = False, **options: object) -> Visit:
        context = browser.new_context(offline=offline, **options)
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("request", lambda request: _note(request, address, seen.requests))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on(
            "console",
            lambda message: seen.errors.append(message.text) if message.type == "error" else None,
        )
        seen.page.goto(address, timeout=PATIENCE)
        return seen

    yield open_page
    for context in contexts:
        context.close()


def _note(request: Request, address: str, requests: list[str]) -> None:
    """Note a request that is not for the page itself or for data that stand in it."""
    if request.url != address and not request.url.startswith(("data:", "blob:")):
        requests.append(request.url)
