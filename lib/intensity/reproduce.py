"""The engine of ./run_all.sh: a profile's notebooks in order, and what a run says about itself.

Everything is checked before the first notebook starts. After every notebook the run's results.json,
manifest.json and report are renewed, so that whoever waits can already read.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from intensity.kernels import children_write_to, relayed_to_terminal, run_notebook, set_environment
from intensity.manifest import load_manifest, new_manifest, now, save_manifest
from intensity.processes import cores
from intensity.report import build_report
from intensity.results import merge
from intensity.settings import OUTPUT, Layout, default_parameters, load_profile, shown
from intensity.store import Store
from intensity.values import InvalidInput, Value, write_aside

RENEWING = ("standard", "full")
"""Profiles whose figures are kept in git."""

DONE, FAILED, INTERRUPTED = 0, 1, 130
"""Exit codes."""


class Request(Value):
    """What the command line asks for.

    Args:
        profile: name of a file in params/.
        only: number of the one notebook to run; the others stay as they are.
        start: number of the first notebook to run; those before stay as they are.
        workers: trainings side by side; by default one for each core.
        scheduler: address of a Dask cluster to train on instead.
        fresh: train and measure anew although the store has it.
    """

    profile: str = "standard"
    only: str | None = None
    start: str | None = None
    workers: Annotated[int, Field(ge=1)] = cores()
    scheduler: Annotated[str, Field(pattern=r"^(tcp|tls|ws|wss)://.+:\d+$")] | None = None
    fresh: bool = False


class Reproduction:
    """One run of a profile.

    Raises:
        InvalidInput: anything about the request, the profile or the output folder is wrong.
    """

    def __init__(self, request: Request, layout: Layout) -> None:
        """Check everything; no notebook has been started and no result touched after this."""
        self.request = request
        self.layout = layout
        self.folder = layout.run(request.profile)
        self.sections = load_profile(layout, request.profile)
        self.chosen = _choose(list(self.sections), request)
        kept = [layout.figures] if request.profile in RENEWING else []
        _check_writable(self.folder, layout.root / ".cache", Store().root, *kept)
        self.manifest = self._open_manifest()
        self.reporter = ThreadPoolExecutor(max_workers=1)

    def execute(self) -> int:
        """Run the chosen notebooks.

        Returns:
            The exit code.
        """
        progress = self.folder / ".progress"
        set_environment(self.layout.root, _variables(self.request, progress))
        log = self.folder / "kernels.log"
        with (
            children_write_to(log),
            relayed_to_terminal(progress),
            _scheduler(self.request) as scheduler,
        ):
            os.environ["INTENSITY_SCHEDULER"] = scheduler
            for name in self.chosen:
                try:
                    error = self._run(name)
                except KeyboardInterrupt:
                    self._renew().result()
                    _say(f"interrupted in {name}; what is finished is kept. {self._go_on(name)}")
                    return INTERRUPTED
                if error:
                    copy = shown(self._copy(name))
                    _say(f"{name} failed in {error} (executed copy: {copy})")
                    return FAILED
            self._finish()
        return DONE

    def _open_manifest(self) -> dict[str, Any]:
        """A new manifest that takes over what earlier runs left in this folder."""
        parameters = {
            name: {**default_parameters(path), **self._parameters(name)}
            for name, path in self.layout.notebooks.items()
        }
        manifest = new_manifest(self.layout.root, self.request.profile, parameters)
        earlier = load_manifest(self.folder).get("notebooks", {})
        manifest["notebooks"] = {name: earlier[name] for name in parameters if name in earlier}
        return manifest

    def _parameters(self, name: str) -> dict[str, Any]:
        """What papermill passes to a notebook: its section, and where to leave its output."""
        return {**self.sections[name], OUTPUT: shown(self.folder)}

    def _run(self, name: str) -> str | None:
        """Run one notebook and renew what the run says about itself; its error, if any."""
        print(f"{name} ...", flush=True)
        self._forget(name)
        source, started, began = self.layout.notebooks[name], now(), time.monotonic()
        error = run_notebook(source, self._copy(name), self._parameters(name), self.layout.root)
        seconds = round(time.monotonic() - began, 1)
        if error:
            self._part(name).unlink(missing_ok=True)
        self.manifest["notebooks"][name] = {
            "status": "failed" if error else "passed",
            "error": error,
            "started": started,
            "seconds": seconds,
            "commit": self.manifest["commit"],
        }
        page = self._renew()
        first = name == self.chosen[0]
        where = f"; report so far: {page.result()}" if first or error else ""
        print(f"{name}: {seconds} s{where}", flush=True)
        return error

    def _forget(self, name: str) -> None:
        """Remove what a notebook left the last time, but for the executed copy."""
        self.manifest["notebooks"].pop(name, None)
        self._part(name).unlink(missing_ok=True)
        for old in (self.folder / "figures").glob(f"{name[:2]}-*"):
            old.unlink()

    def _renew(self) -> Future[Path]:
        """Bring results and manifest up to date, and the report while the next notebook runs.

        Returns:
            The report's page, once it is written.
        """
        merge(self.folder, list(self.layout.notebooks))
        save_manifest(self.folder, self.manifest, self.layout.notebooks)
        return self.reporter.submit(build_report, self.layout, self.request.profile)

    def _finish(self) -> None:
        """Close the manifest; renew the kept figures if every notebook has passed."""
        self.manifest["finished"] = now()
        page = self._renew().result()
        if self.request.profile in RENEWING and self.manifest["complete"]:
            _mirror(self.folder / "figures", self.layout.figures)
        print(f"done; report: {page}", flush=True)

    def _go_on(self, name: str) -> str:
        """How to take up an interrupted run."""
        words = f"--only {name[:2]}" if self.request.only else f"--from {name[:2]}"
        return f"To go on: ./run_all.sh --profile {self.request.profile} {words}"

    def _copy(self, name: str) -> Path:
        """Where a notebook's executed copy goes."""
        return self.folder / "notebooks" / f"{name}.ipynb"

    def _part(self, name: str) -> Path:
        """Where a notebook leaves its measurements."""
        return self.folder / "results" / f"{name}.json"


def _choose(names: list[str], request: Request) -> list[str]:
    """The notebooks that the request names, in order."""
    if request.only is not None:
        return [names[_position("--only", request.only, names)]]
    if request.start is not None:
        return names[_position("--from", request.start, names) :]
    return names


def _position(option: str, number: str, names: list[str]) -> int:
    """Which notebook has this number."""
    numbers = [name[:2] for name in names]
    if number.zfill(2) not in numbers:
        raise InvalidInput(f"{option}: {number!r} is not allowed: {', '.join(numbers)}")
    return numbers.index(number.zfill(2))


def _check_writable(*folders: Path) -> None:
    """Refuse to start where the output could not be written."""
    for place in folders:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            where = shown(place)
            raise InvalidInput(
                f"output: {where} is not allowed: a folder that can be written ({error.strerror})"
            ) from None


def _variables(request: Request, progress: Path) -> dict[str, str | None]:
    """What notebooks find in their environment about this run."""
    return {
        "INTENSITY_FRESH": str(time.time()) if request.fresh else None,
        "INTENSITY_TERMINAL": str(progress),
    }


@contextmanager
def _scheduler(request: Request) -> Iterator[str]:
    """Where notebooks send trainings: the cluster asked for, or workers that all of them share."""
    if request.scheduler:
        yield request.scheduler
        return
    from intensity import sweeps  # by now Dask's folder is inside the checkout

    with sweeps.local_cluster(request.workers) as address:
        if Store().is_empty:  # so everything has to be trained: workers get ready beside 01
            sweeps.load_keras(address)
        yield address


def _mirror(source: Path, target: Path) -> None:
    """Make a folder hold exactly the figures of another one; its README stays."""
    kept = {path.name for path in source.iterdir()}
    target.mkdir(exist_ok=True)
    for path in target.iterdir():
        if path.suffix in (".png", ".pdf", ".csv") and path.name not in kept:
            path.unlink()
    for name in sorted(kept):
        write_aside(target / name, (source / name).read_bytes())


def _say(text: str) -> None:
    """A line for people about what went wrong."""
    print(f"intensity: {text}", file=sys.stderr, flush=True)
