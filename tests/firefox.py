"""A headless Firefox that tests drive by WebDriver BiDi, which it speaks itself.

Playwright drives a Firefox of its own making; this one is whatever is installed. Reference: W3C,
WebDriver BiDi, https://w3c.github.io/webdriver-bidi/.
"""

import json
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

EVENTS = ["log.entryAdded", "network.beforeRequestSent"]
PATIENCE = 120
"""Seconds that it may take to come up, or to answer."""


class Firefox:
    """One window.

    requests: addresses that were asked for, but for data that stand in the page.
    errors: what went to the console as an error, and exceptions that nobody caught.
    """

    def __init__(self, address: str) -> None:
        self._thread = ThreadPoolExecutor(1)  # since Playwright has a loop in the one that tests
        self._loop = IOLoop(make_current=False)
        self._socket: WebSocketClientConnection = self._await(
            lambda: websocket_connect(f"{address}/session", max_message_size=100 * 2**20)
        )
        self._number = 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=EVENTS)
        self._window = self.command("browsingContext.create", type="tab")["context"]

    def command(self, method: str, **params: Any) -> Any:
        """What the browser answers to a command; events that come before are noted."""
        return self._await(lambda: self._command(method, params))

    def _await(self, start: Callable[[], Awaitable[Any]]) -> Any:
        return self._thread.submit(self._loop.run_sync, start, PATIENCE).result()

    async def _command(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        await self._socket.write_message(json.dumps(message))
        while True:
            answer = json.loads(await self._socket.read_message() or "{}")
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return answer["result"]
            self._note(answer.get("method"), answer.get("params", {}))

    def _note(self, event: str, params: dict[str, Any]) -> None:
        """Note a request or an error."""
        if event == "network.beforeRequestSent":
            address = params["request"]["url"]
            if not address.startswith("data:"):
                self.requests.append(address)
        elif event == "log.entryAdded" and params["level"] == "error":
            self.errors.append(params["text"])

    def visit(self, address: str, width: int, height: int) -> None:
        """Open an address in a window of that size."""
        self.resize(width, height)
        self.command("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        size = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self._window, viewport=size)

    def run(self, script: str) -> Any:
        """The value of an expression in the page, or of what it promises; made of plain values."""
        value = self.load(f"(async () => JSON.stringify(await ({script})))()").get("value")
        return None if value is None else json.loads(value)

    def load(self, script: str) -> Any:
        """What the browser says to a script that is run in the page."""
        target = {"context": self._window}
        found = self.command("script.evaluate", expression=script, target=target, awaitPromise=True)
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return found["result"]

    def close(self) -> None:
        """End the session."""
        self.command("session.end")
        self._socket.close()
        self._thread.shutdown()
        self._loop.close()


@contextmanager
def firefox(command: str, profile: Path) -> Iterator[Firefox]:
    """A Firefox with a profile of its own that reaches no network."""
    settings = {"network.proxy.type": 1, "network.proxy.http": "127.0.0.1"}
    settings |= {"network.proxy.http_port": 9, "network.proxy.ssl": "127.0.0.1"}
    settings |= {"network.proxy.ssl_port": 9, "network.proxy.no_proxies_on": ""}
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in settings.items()]
    (profile / "user.js").write_text("\n".join(lines))
    start = [command, "--headless", "--no-remote", "--profile", profile]
    process = subprocess.Popen(
        [*start, "--remote-debugging-port", "0"],
        stderr=subprocess.DEVNULL,
        env={"HOME": str(profile), "PATH": "/usr/bin:/bin"},
    )
    try:
        window = Firefox(_address(profile / "WebDriverBiDiServer.json"))
        yield window
        window.close()
    finally:
        process.terminate()
        process.wait()


def _address(path: Path) -> str:
    """Where it listens, as it writes into its profile once it does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(FileNotFoundError, ValueError):
            place = json.loads(path.read_text())
            return f"ws://{place['ws_host']}:{place['ws_port']}"
        time.sleep(0.1)
    raise AssertionError(f"{path.name}: no browser has come up")
