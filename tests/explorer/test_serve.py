"""The explorer's server: on this machine only, on a free port, with a template of its own."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlparse
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from intensity.environment import Layout
from intensity.explorer.serve import TEMPLATE, serve
from intensity.values import ROOT

PLACE = ROOT / "lib" / "intensity" / "explorer" / "voila" / "templates" / TEMPLATE


Served = tuple[str, int, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The address that the explorer prints, the port asked for, which is taken, what is opened."""
    folder = tmp_path_factory.mktemp("served")
    log, browser = folder / "log", folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{shlex.quote(str(folder / "opened"))}\n')
    browser.chmod(0o755)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "intensity", "explore", f"--port={port}"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "BROWSER": str(browser)}
        with log.open("w") as file:
            server = subprocess.Popen(command, env=environment, stderr=file)
        end = time.monotonic() + 90
        while not (found := re.search(r"the explorer is at (\S+)\n", log.read_text())):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        assert log.read_text().startswith(f"intensity: port {port} is taken; the explorer is at")
        while not (folder / "opened").exists() or not (folder / "opened").read_text():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield found[1], port, (folder / "opened").read_text().strip()
        server.terminate()
        server.wait(30)


def _status(request: Request | str) -> int:
    """The answer's status, after any redirection."""
    try:
        with urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_port_that_is_taken_leads_to_the_next_free_one(served: Served) -> None:
    address, port, _ = served
    found = urlparse(address)
    assert found.hostname == "127.0.0.1"
    assert found.port != port
    assert len(found.query.removeprefix("token=")) >= 32


@pytest.mark.parametrize("path", ["/", "/api/kernels", "/login", "/voila/files/README.md"])
@pytest.mark.parametrize("query", ["", "?token=", "?token=0123456789abcdef"])
def test_without_its_token_nobody_is_served(served: Served, path: str, query: str) -> None:
    root = served[0].partition("/?")[0]
    assert _status(f"{root}{path}{query}") == 403
    assert _status(Request(f"{root}{path}{query}", data=b"{}", method="POST")) in (403, 405)


def test_what_the_browser_opens_works_once_and_holds_no_token(served: Served) -> None:
    token = urlparse(served[0]).query.removeprefix("token=")
    assert token not in served[2]
    first, second = (build_opener(HTTPCookieProcessor()) for _ in range(2))
    with first.open(served[2], timeout=60) as answer:
        assert answer.status == 200
    with pytest.raises(HTTPError) as refusal:
        second.open(served[2], timeout=30)
    assert refusal.value.code == 403


def test_a_browser_is_given_the_address_and_not_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[str] = []
    opened = threading.Event()

    def launch(cls: Any, argv: list[str]) -> None:
        given.extend(argv)
        page = SimpleNamespace(port=1, display_url="http://127.0.0.1:1/?token=a")
        cls.launch_browser(page)

    def open_page(address: str) -> None:
        given.append(address)
        opened.set()

    monkeypatch.setattr("intensity.explorer.serve.set_environment", lambda *_: None)
    monkeypatch.setattr("voila.app.Voila.launch_instance", classmethod(launch))
    monkeypatch.setattr("webbrowser.open", open_page)
    serve(Layout(tmp_path), 1, browser=True)
    assert opened.wait(10)
    assert "--Voila.ip=127.0.0.1" in given
    assert re.fullmatch(r"http://127\.0\.0\.1:1/login\?ticket=[\w-]{32,}", given[-1])


def test_the_template_names_nothing_from_elsewhere() -> None:
    assert json.loads((PLACE / "conf.json").read_text()) == {"base_template": "base"}
    for path in (*PLACE.iterdir(), *PLACE.parents[2].glob("page.*")):
        assert "//" not in path.read_text("utf8").replace("// ", ""), path.name
