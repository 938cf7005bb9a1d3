"""The notebooks of a run, two side by side: one alone leaves a core idle while it loads and draws.

The last one reads what all others have measured and waits for them. Threads execute notebooks; all
else happens in the main thread.
"""

import errno
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from intensity.runner.notebooks import Terminal, run_notebook, stop, uninterrupted
from intensity.runner.record import Record
from intensity.storage.manifest import now
from intensity.values import shown

SIDE_BY_SIDE = 2
"""Notebooks that run at the same time. A third would need memory and find no core to run on."""

Entry = dict[str, Any]
"""What the manifest says about a notebook."""


class Queue:
    """Notebooks that wait, run and have ended.

    Args:
        chosen: their names, in order.
        record: of the run.
        terminal: where people read how far it is.
        about: what the manifest says about each notebook of this run.
    """

    def __init__(
        self, chosen: Sequence[str], record: Record, terminal: Terminal, about: Mapping[str, Any]
    ) -> None:
        self.record, self.terminal, self.about = record, terminal, about
        self.threads = ThreadPoolExecutor(SIDE_BY_SIDE)
        self.waiting = list(chosen)
        self.running: dict[Future[Entry], str] = {}
        self.ended: dict[str, Entry] = {}

    @property
    def failed(self) -> bool:
        """Whether a notebook has ended with an error."""
        return any(entry["error"] for entry in self.ended.values())

    def run(self) -> None:
        """Run all of them, but no further one once one has failed."""
        while True:
            while self._may_start():
                self._start(self.waiting.pop(0))
            if not self.running:
                return
            done, _ = wait(self.running, return_when=FIRST_COMPLETED)
            names = self._end(done)
            self.record.renew()
            for name in names:
                self._say_ended(name)

    def stop(self) -> list[str]:
        """Stop what runs and keep nothing of it but what has just ended; what was stopped."""
        with uninterrupted():
            ended = [f for f in self.running if f.done() and not f.exception()]
            stop(self.running)
            self._end(ended)
            for name in self.running.values():
                self.record.drop(name)
        return list(self.running.values())

    def _may_start(self) -> bool:
        if not self.waiting or self.failed:
            return False
        return len(self.running) < (1 if len(self.waiting) == 1 else SIDE_BY_SIDE)

    def _start(self, name: str) -> None:
        self.terminal.say(f"{name} ...")
        self.record.begin(name)
        self.running[self.threads.submit(self._execute, name)] = name

    def _execute(self, name: str) -> Entry:
        """Execute a notebook; what the manifest says about it."""
        started, began = now(), time.monotonic()
        layout, given = self.record.layout, {"profile": self.record.profile}
        error = run_notebook(layout.notebooks[name], self.record.aside(name), given, layout.root)
        if error and os.strerror(errno.ENOSPC) in error:  # no notebook can go on
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} ({name}, {error})")
        return {
            "status": "failed" if error else "passed",
            "error": error,
            "started": started,
            "seconds": round(time.monotonic() - began, 1),
            **self.about,
        }

    def _end(self, done: Iterable[Future[Entry]]) -> list[str]:
        """Keep what has ended; its names. `stop` does it again where it was interrupted."""
        ended = sorted((self.running[future], future) for future in done)
        for name, future in ended:
            self.ended[name] = future.result()
            self.record.end(name, self.ended[name])
            del self.running[future]
        return [name for name, _ in ended]

    def _say_ended(self, name: str) -> None:
        """Say where the report is, if it is the first that has ended, and its error."""
        entry = self.ended[name]
        report = name == next(iter(self.ended)) or entry["error"]
        where = f"; report so far: {self.record.page.result()}" if report else ""
        self.terminal.say(f"{name}: {entry['seconds']} s{where}")
        if entry["error"]:
            copy = shown(self.record.copy(name))
            text = f"{name} failed in {entry['error']} (executed copy: {copy})"
            self.terminal.say(f"intensity: {text}", sys.stderr)
