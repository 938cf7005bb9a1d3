"""The engine of ./run_all.sh: everything is checked, then a profile's notebooks run in order.

No two engines work in one folder. After every notebook the run's results.json, manifest.json and
report are renewed, so that whoever waits can already read.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from intensity.claims.definitions import load_claims
from intensity.claims.expected import load_expected
from intensity.cli import DONE, FAILED, INTERRUPTED, PUBLISHED, STANDARD
from intensity.environment import (
    Layout,
    cores,
    hide_home,
    set_environment,
    set_variables,
    settings,
    stderr_to,
)
from intensity.report.captions import load_captions
from intensity.runner.notebooks import Terminal, stop
from intensity.runner.ownership import owned
from intensity.runner.profiles import load_profile
from intensity.runner.queue import Queue
from intensity.runner.record import Record, wanted
from intensity.runner.sections import Section
from intensity.runner.verify import verify
from intensity.storage.code_digest import BACKENDS
from intensity.storage.store import Store
from intensity.training.configuration import Configuration
from intensity.training.runs import find_run
from intensity.training.speed import core_seconds, costliest, nominal_seconds
from intensity.values import InvalidInput, shown

LONG = 3600.0
"""Core seconds from which on a run says beforehand how long its trainings will take."""

DISK, MEMORY = 10**9, 4 * 10**9
"""Bytes that such a run needs at least."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for; `cli` says what each option does, and refuses others."""

    profile: str = STANDARD
    only: str | None = None
    start: str | None = None
    workers: int | None = None
    scheduler: str | None = None
    fresh: bool = False
    pretrained: bool = False
    verify: bool = False

    def keeps_figures(self, layout: Layout, notebooks: Iterable[str]) -> set[str]:
        """The numbers of notebooks of which the figures in git become those of this run.

        A notebook that several published profiles run has those of the first of them.
        """
        if self.pretrained or self.verify or self.profile not in PUBLISHED:
            return set()  # it is judged by what is in git
        before = PUBLISHED[: PUBLISHED.index(self.profile)]
        others = {name for profile in before for name in load_profile(layout, profile)}
        return {name[:2] for name in set(notebooks) - others}

    def choose(self, names: list[str]) -> list[str]:
        """The notebooks that are asked for, in order."""
        number = self.only or self.start
        if number and number not in [name[:2] for name in names]:
            word, those = "--only" if self.only else "--from", ", ".join(n[:2] for n in names)
            raise InvalidInput(
                f"{word}: {number!r} is not allowed: the profile {self.profile} runs {those}"
            )
        first = [name[:2] for name in names].index(number) if number else 0
        return names[first : first + 1] if self.only else names[first:]

    def words(self, first: str) -> str:
        """The command line that goes on from a notebook; not --fresh, which would begin again."""
        words = [f"--profile {self.profile}", f"--{'only' if self.only else 'from'} {first[:2]}"]
        if self.workers:
            words.append(f"--workers {self.workers}")
        if self.scheduler:
            words.append(f"--scheduler {self.scheduler}")
        words += [f"--{flag}" for flag in ("pretrained", "verify") if getattr(self, flag)]
        return " ".join(words)


def reproduce(request: Request, layout: Layout) -> int:
    """Run the notebooks that are asked for.

    Args:
        request: what is asked for.
        layout: the checkout.

    Returns:
        The exit code.

    Raises:
        InvalidInput: anything about the request, the profile, the claims, the captions, the output
            folder or the cluster is wrong; nothing has been touched then.
    """
    sections = load_profile(layout, request.profile)
    chosen = request.choose(list(sections))
    load_claims()
    for name in chosen:
        load_captions(layout.captions(name))
    if request.verify:
        load_expected(layout, request.profile)  # is there one to compare with?
    folder = layout.run(request.profile)
    kept = [layout.figures] if request.keeps_figures(layout, sections) else []
    _check_writable(folder, layout.root / ".cache", Store().root, *kept)
    _check_backend()
    set_environment(layout.root, _variables(request, layout))
    _check_room(folder, _missing(sections, chosen), elsewhere=bool(request.scheduler))
    if request.scheduler:
        from intensity.training import workers  # by now Dask's folder is inside the checkout

        workers.check_workers(request.scheduler)
    with owned(folder):
        code = _run(request, Record(layout, request.profile, sections), chosen)
        return _verify(layout, request.profile) if request.verify and code == DONE else code


def _run(request: Request, record: Record, chosen: list[str]) -> int:
    """Run the chosen notebooks, in a folder that is this engine's for now."""
    terminal = Terminal(record.folder / ".progress")
    set_variables({"INTENSITY_TERMINAL": str(terminal.path)})
    log = record.folder / "kernels.log"
    log.unlink(missing_ok=True)
    with stderr_to(log, own=True), terminal, _scheduler(request) as scheduler:
        set_variables({"INTENSITY_SCHEDULER": scheduler})
        if request.pretrained:
            terminal.say(_find_pretrained(record, chosen))
        if line := _how_long(_missing(record.sections, chosen), scheduler):
            terminal.say(line)
        about = {key: record.manifest[key] for key in ("commit", "dirty", "backend")}
        queue = Queue(chosen, record, terminal, {**about, "pretrained": request.pretrained})
        try:
            queue.run()
        except KeyboardInterrupt:
            stopped = queue.stop()
            record.renew()
            record.page.result()
            passed = {name for name, entry in queue.ended.items() if not entry["error"]}
            first = next((name for name in chosen if name not in passed), chosen[-1])
            terminal.say(
                f"intensity: interrupted in {' and '.join(stopped) or first}; what is finished is "
                f"kept. To go on: ./run_all.sh {request.words(first)}",
                sys.stderr,
            )
            return INTERRUPTED
        except Exception:  # what runs beside it must not outlive the engine
            stop(queue.running)
            raise
        if queue.failed:
            return FAILED
        record.finish(request.keeps_figures(record.layout, record.sections))
        terminal.say(f"done; report: {record.page.result()}")
    return DONE


def _find_pretrained(record: Record, chosen: list[str]) -> str:
    """Note which networks ship with the project; a line that says which are trained here."""
    store, runs = Store(), wanted({name: record.sections[name] for name in chosen})
    shipped = [name for name in sorted(runs) if store.find_published(name)]
    record.manifest["pretrained"] = shipped
    others = Counter(
        f"{c.network.name} on {c.task.name}" for name, c in runs.items() if name not in shipped
    )
    trained = ", ".join(f"{what} ({count})" for what, count in others.items()) or "none"
    return (
        f"{len(shipped)} of {len(runs)} networks are taken from pretrained/; "
        f"trained here or in the store: {trained}"
    )


def _missing(sections: Mapping[str, Section], chosen: Iterable[str]) -> list[Configuration]:
    """What is still to be trained for some notebooks."""
    store, runs = Store(), wanted({name: sections[name] for name in chosen})
    return [c for name, c in runs.items() if not find_run(name, store)]


def _how_long(missing: Sequence[Configuration], scheduler: str) -> str:
    """What trainings of hours will take here, measured on their first batches; else nothing."""
    if nominal_seconds(missing) < LONG:
        return ""
    from intensity.training import workers  # by now Dask's folder is inside the checkout

    count, seconds = workers.time_trainings(scheduler, costliest(missing))
    hours = core_seconds(missing, seconds) / count / 3600
    return (
        f"{len(missing)} networks are trained in about {hours:.1f} hours on {count} workers here "
        "(measured on the first batches); a run that was stopped goes on where it was"
    )


def _check_room(folder: Path, missing: Sequence[Configuration], elsewhere: bool) -> None:
    """Refuse trainings of hours where disk or memory will not suffice."""
    if nominal_seconds(missing) < LONG:
        return
    for place in (folder, Store().root):
        free = shutil.disk_usage(place).free
        if free < DISK:
            raise InvalidInput(
                f"disk: {free / 1e9:.1f} GB free is not allowed: {DISK / 1e9:.0f} GB, which "
                f"networks, figures and report need in {shown(place)}"
            )
    if elsewhere:
        return
    from distributed.system import MEMORY_LIMIT  # by now Dask's folder is inside the checkout

    if MEMORY_LIMIT < MEMORY:
        raise InvalidInput(
            f"memory: {MEMORY_LIMIT / 1e9:.1f} GB is not allowed: {MEMORY / 1e9:.0f} GB, for one "
            "worker and the notebooks"
        )


def _verify(layout: Layout, profile: str) -> int:
    """Compare the results with the published ones; the exit code."""
    *lines, bad = verify(layout, profile)
    print("\n".join(lines))
    if bad:
        print(f"intensity: {bad}", file=sys.stderr)
    return FAILED if bad else DONE


def _check_writable(*folders: Path) -> None:
    for place in folders:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as error:
            allowed = f"a folder that can be written ({error.strerror})"
            raise InvalidInput(f"output: {shown(place)} is not allowed: {allowed}") from None


def _variables(request: Request, layout: Layout) -> dict[str, str | None]:
    """What this process and all that it starts find in their environment about this run."""
    return {
        **hide_home(layout.root, cluster=bool(request.scheduler)),
        "INTENSITY_BACKEND": settings().backend,
        "INTENSITY_CHECKOUT": str(layout.root),
        "INTENSITY_FRESH": str(time.time()) if request.fresh else None,
        "INTENSITY_PRETRAINED": str(layout.pretrained) if request.pretrained else None,
        "INTENSITY_STORE": str(Store().root.absolute()),  # kernels work in another folder
        "INTENSITY_TERMINAL": None,  # until the run's folder is ours
        "KERAS_BACKEND": "tensorflow",  # which looks into networks; workers train with the other
    }


def _check_backend() -> None:
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
    from intensity.training import workers  # by now Dask's folder is inside the checkout

    store = Store()
    with workers.local_cluster(request.workers or cores(), store.checkpoints) as address:
        if store.is_empty:  # so everything has to be trained: workers get ready beside 01
            workers.load_keras(address)
        yield address
