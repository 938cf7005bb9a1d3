"""The engine of ./run_all.sh: a profile's notebooks in order, and what a run says about itself.

Everything is checked before the first notebook starts, and no two engines work in one folder. Two
notebooks run side by side, since one alone leaves a core idle while it loads and draws; the last
one reads what all others have measured and waits for them. After every notebook the run's
results.json, manifest.json and report are renewed, so that whoever waits can already read. Threads
execute notebooks and build the report; all else happens in the main thread.
"""

import errno
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from intensity.claims.results import merge
from intensity.cli import SCHEDULER
from intensity.environment import Layout, cores, set_environment, set_variables, settings
from intensity.report.build import build_report
from intensity.report.captions import load_captions
from intensity.runner.notebooks import (
    Terminal,
    children_write_to,
    run_notebook,
    stop,
)
from intensity.runner.ownership import LOCK, OWNER, owned
from intensity.runner.profiles import load_profile
from intensity.runner.verify import load_expected, verify
from intensity.storage.files import write_aside
from intensity.storage.locks import Lock
from intensity.storage.manifest import load_manifest, new_manifest, now, save_manifest
from intensity.storage.store import Store
from intensity.training.runs import run_name
from intensity.values import InvalidInput, Value, shown

RENEWING = "standard"
"""The profile whose figures are kept in git."""

SIDE_BY_SIDE = 2
"""Notebooks that run at the same time. A third would need memory and find no core to run on."""

BACKENDS = ("tensorflow", "jax", "torch")
"""What Keras can train with."""

DONE, FAILED, INTERRUPTED = 0, 1, 130
"""Exit codes."""

Record = dict[str, Any]
"""What the manifest says about a notebook."""


class Request(Value):
    """What the command line asks for.

    Args:
        profile: name of a file in params/.
        only: number of the one notebook to run; the others stay as they are.
        start: number of the first notebook to run; those before stay as they are.
        workers: trainings side by side; by default one for each core.
        scheduler: address of a Dask cluster to train on instead.
        fresh: train and measure anew although the store has it.
        pretrained: take networks that ship with the project where code and configuration are equal.
        verify: compare the results with the published ones in the end.
    """

    profile: str = "standard"
    only: str | None = None
    start: str | None = None
    workers: Annotated[int, Field(ge=1)] = cores()
    scheduler: Annotated[str, Field(pattern=f"^{SCHEDULER}$")] | None = None
    fresh: bool = False
    pretrained: bool = False
    verify: bool = False


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
        for name in self.chosen:
            load_captions(layout.captions(name))
        if request.verify:
            load_expected(layout, request.profile)  # is there one to compare with?
        kept = [layout.figures] if self._renews else []
        _check_writable(self.folder, layout.root / ".cache", Store().root, *kept)
        self.manifest: dict[str, Any] = {}
        self.terminal = Terminal(self.folder / ".progress")
        self.threads = ThreadPoolExecutor(SIDE_BY_SIDE)
        self.reporter = ThreadPoolExecutor(max_workers=1)
        self.waiting = list(self.chosen)
        self.running: dict[Future[Record], str] = {}
        self.ended: dict[str, Record] = {}
        self.page: Future[Path]

    def execute(self) -> int:
        """Run the chosen notebooks.

        Returns:
            The exit code.

        Raises:
            InvalidInput: the cluster that was asked for cannot be used.
        """
        set_environment(self.layout.root, _variables(self.request, self.layout))
        _check_backend()
        if self.request.scheduler:
            from intensity.training import (
                workers as cluster,  # by now Dask's folder is inside the checkout
            )

            cluster.check_workers(self.request.scheduler)
        with owned(self.folder):
            set_variables({"INTENSITY_TERMINAL": str(self.terminal.path)})
            self._clear()
            self.manifest = self._open_manifest()
            return self._execute_alone()

    def _execute_alone(self) -> int:
        """Run the chosen notebooks, in a folder that is this engine's for now."""
        log = self.folder / "kernels.log"
        with children_write_to(log), self.terminal, _scheduler(self.request) as scheduler:
            set_variables({"INTENSITY_SCHEDULER": scheduler})
            if self.request.pretrained:
                self._tell_pretrained()
            try:
                self._run_chosen()
            except KeyboardInterrupt:
                self._stop()
                return INTERRUPTED
            except Exception:  # what runs beside it must not outlive the engine
                stop(self.running)
                raise
            if self._has_failed():
                return FAILED
            self._finish()
        return self._verify() if self.request.verify else DONE

    @property
    def _renews(self) -> bool:
        """Whether the figures in git become those of this run."""
        other = self.request.pretrained or self.request.verify  # it is judged by what is in git
        return self.request.profile == RENEWING and not other

    def _tell_pretrained(self) -> None:
        """Say which networks ship with the project and which are trained here."""
        wanted = {
            run_name(c): c
            for name in self.chosen
            for runs in self.sections[name].configurations.values()
            for c in runs
        }
        store = Store()
        shipped = {name for name in wanted if store.find_published(name)}
        self.manifest["pretrained"] = sorted(shipped)
        titles = {name: f"{c.network.name} on {c.task.name}" for name, c in wanted.items()}
        others = Counter(title for name, title in titles.items() if name not in shipped)
        trained = ", ".join(f"{what} ({count})" for what, count in others.items()) or "none"
        self.terminal.say(
            f"{len(shipped)} of {len(wanted)} networks are taken from pretrained/; "
            f"trained here or in the store: {trained}"
        )

    def _clear(self) -> None:
        """Remove what was half-written when an earlier run was killed."""
        for part in ("", "notebooks", "results", "figures", "report"):
            for path in (self.folder / part).glob(".*"):
                if path.is_file() and path.name not in (LOCK, OWNER):
                    path.unlink()

    def _open_manifest(self) -> dict[str, Any]:
        """A new manifest that takes over what earlier runs left in this folder."""
        parameters = {n: section.model_dump(mode="json") for n, section in self.sections.items()}
        manifest = new_manifest(self.layout.root, self.request.profile, parameters)
        earlier = load_manifest(self.folder).get("notebooks", {})
        manifest["networks"] = len(
            {
                c.canonical()
                for section in self.sections.values()
                for runs in section.configurations.values()
                for c in runs
            }
        )
        manifest["notebooks"] = {name: earlier[name] for name in parameters if name in earlier}
        return manifest

    def _parameters(self, name: str) -> dict[str, Any]:
        """What papermill passes to a notebook."""
        if "output = " not in self.layout.notebooks[name].read_text("utf8"):
            return {"profile": self.request.profile}
        section = self.sections[name].model_dump(mode="json")  # of a notebook without a Book
        if "baseline_scenes" in section:
            section["reader_scenes"] = section.pop("baseline_scenes")
        return {**section, "output": shown(self.folder)}

    def _run_chosen(self) -> None:
        """Run the chosen notebooks, but no further one once one of them has failed."""
        while True:
            while self._may_start():
                self._start(self.waiting.pop(0))
            if not self.running:
                return
            for name in self._wait():
                self._tell(name)

    def _may_start(self) -> bool:
        """Whether the next notebook may start now."""
        if not self.waiting or self._has_failed():
            return False
        places = 1 if len(self.waiting) == 1 else SIDE_BY_SIDE  # the last one runs alone
        return len(self.running) < places

    def _has_failed(self) -> bool:
        """Whether a notebook has ended with an error."""
        return any(record["error"] for record in self.ended.values())

    def _start(self, name: str) -> None:
        """Start a notebook in a thread."""
        self.terminal.say(f"{name} ...")
        self._forget(name)
        self._record()  # a run that is killed now must not count what was forgotten
        self._aside(name).parent.mkdir(parents=True, exist_ok=True)
        self.running[self.threads.submit(self._run, name)] = name

    def _run(self, name: str) -> Record:
        """Execute a notebook; what the manifest says about it."""
        source, parameters = self.layout.notebooks[name], self._parameters(name)
        started, began = now(), time.monotonic()
        error = run_notebook(source, self._aside(name), parameters, self.layout.root)
        if error and os.strerror(errno.ENOSPC) in error:  # no notebook can go on
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} ({name}, {error})")
        return {
            "status": "failed" if error else "passed",
            "error": error,
            "started": started,
            "seconds": round(time.monotonic() - began, 1),
            **{key: self.manifest[key] for key in ("commit", "dirty", "backend")},
            "pretrained": self.request.pretrained,
        }

    def _wait(self) -> list[str]:
        """Wait until a notebook ends, and renew what the run says about itself.

        Returns:
            The names of those that have ended, in order.
        """
        done, _ = wait(self.running, return_when=FIRST_COMPLETED)
        records = {self.running[future]: future.result() for future in done}
        ended = dict(sorted(records.items()))
        for name, record in ended.items():
            self._aside(name).replace(self._copy(name))
            if record["error"]:
                self._part(name).unlink(missing_ok=True)
        self.running = {f: name for f, name in self.running.items() if f not in done}
        self.ended |= ended
        self.manifest["notebooks"] |= ended
        self._renew()
        return list(ended)

    def _tell(self, name: str) -> None:
        """Say that a notebook has ended: where the report is, if it is the first, and its error."""
        record, first = self.ended[name], next(iter(self.ended))
        where = f"; report so far: {self.page.result()}" if name == first or record["error"] else ""
        self.terminal.say(f"{name}: {record['seconds']} s{where}")
        if record["error"]:
            copy = shown(self._copy(name))
            self._complain(f"{name} failed in {record['error']} (executed copy: {copy})")

    def _forget(self, name: str) -> None:
        """Remove what a notebook left the last time, but for the executed copy."""
        self.manifest["notebooks"].pop(name, None)
        self._part(name).unlink(missing_ok=True)
        for old in (self.folder / "figures").glob(f"{name[:2]}-*"):
            old.unlink()

    def _renew(self) -> None:
        """Bring results and manifest up to date, and have the report built."""
        self._record()
        self.page = self.reporter.submit(build_report, self.layout, self.request.profile)

    def _record(self) -> None:
        """Bring results and manifest up to date."""
        merge(self.folder, list(self.layout.notebooks))
        save_manifest(self.folder, self.manifest, self.layout.notebooks)

    def _finish(self) -> None:
        """Close the manifest; renew the kept figures if every notebook has passed."""
        self.manifest["finished"] = now()
        self._renew()
        page = self.page.result()
        if self._renews and self.manifest["complete"]:
            with Lock(self.layout.root / ".cache" / "figures.lock"):
                _mirror(self.folder / "figures", self.layout.figures)
        self.terminal.say(f"done; report: {page}")

    def _verify(self) -> int:
        """Compare the results with the published ones; the exit code."""
        *lines, bad = verify(self.layout, self.request.profile)
        print("\n".join(lines))
        if bad:
            print(f"intensity: {bad}", file=sys.stderr)
        return FAILED if bad else DONE

    def _stop(self) -> None:
        """Stop what runs; no copy and no number is left of it, only a line how to go on."""
        stop(self.running)
        for name in self.running.values():
            self._aside(name).unlink(missing_ok=True)
            self._part(name).unlink(missing_ok=True)
        self._renew()
        self.page.result()
        passed = {name for name, record in self.ended.items() if not record["error"]}
        first = next((name for name in self.chosen if name not in passed), self.chosen[-1])
        where = " and ".join(self.running.values()) or first
        self._complain(
            f"interrupted in {where}; what is finished is kept. "
            f"To go on: ./run_all.sh {self._words(first)}"
        )

    def _words(self, first: str) -> str:
        """The command line that goes on from a notebook."""
        asked = self.request
        words = [f"--profile {asked.profile}", f"--{'only' if asked.only else 'from'} {first[:2]}"]
        if asked.workers != cores():
            words.append(f"--workers {asked.workers}")
        if asked.scheduler:
            words.append(f"--scheduler {asked.scheduler}")
        words += [f"--{flag}" for flag in ("pretrained", "verify") if getattr(asked, flag)]
        return " ".join(words)  # not --fresh, which would begin all of it again

    def _complain(self, text: str) -> None:
        """A line for people about what went wrong."""
        self.terminal.say(f"intensity: {text}", sys.stderr)

    def _aside(self, name: str) -> Path:
        """Where a notebook's executed copy grows until it has ended."""
        return self.folder / "notebooks" / f".{name}.ipynb"

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


def _variables(request: Request, layout: Layout) -> dict[str, str | None]:
    """What this process and all that it starts find in their environment about this run."""
    return {
        "INTENSITY_BACKEND": settings().backend,
        "INTENSITY_CHECKOUT": str(layout.root),
        "INTENSITY_FRESH": str(time.time()) if request.fresh else None,
        "INTENSITY_PRETRAINED": str(layout.pretrained) if request.pretrained else None,
        "INTENSITY_TERMINAL": None,  # until the run's folder is ours
        "KERAS_BACKEND": "tensorflow",  # which looks into networks; workers train with the other
    }


def _check_backend() -> None:
    """Refuse to train with what is not installed."""
    backend = settings().backend
    installed = [name for name in BACKENDS if find_spec(name)]
    if backend not in installed:
        allowed = ", ".join(installed)
        raise InvalidInput(f"KERAS_BACKEND: {backend!r} is not allowed: installed are {allowed}")


@contextmanager
def _scheduler(request: Request) -> Iterator[str]:
    """Where notebooks send trainings: the cluster asked for, or workers that all of them share."""
    if request.scheduler:
        yield request.scheduler
        return
    from intensity.training import workers as cluster  # by now Dask's folder is inside the checkout

    store = Store()
    with cluster.local_cluster(request.workers, store.checkpoints) as address:
        if store.is_empty:  # so everything has to be trained: workers get ready beside 01
            cluster.load_keras(address)
        yield address


def _mirror(source: Path, target: Path) -> None:
    """Make a folder hold exactly the figures of another one; its README stays."""
    kept = {path.name for path in source.iterdir()}
    target.mkdir(exist_ok=True)
    for path in target.iterdir():
        half_written = path.name.startswith(".")
        if half_written or (path.suffix in (".png", ".pdf", ".csv") and path.name not in kept):
            path.unlink()
    for name in sorted(kept):
        write_aside(target / name, (source / name).read_bytes())
