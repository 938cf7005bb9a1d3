"""What the store holds: finished runs as a list, and what no profile needs any more removed.

A run is needed if a profile of this checkout would train it with the code as it is now; a
measurement, if its code is as it is now and all runs that it has read are needed.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from intensity.runner.profiles import Layout, default_parameters, load_profile, wanted_runs
from intensity.storage import entries
from intensity.storage.code_digest import code_digest
from intensity.storage.store import Run, Store
from intensity.values import InvalidInput

KINDS = ("runs", "measurements", "checkpoints")
"""The folders of the store."""

YOUNG = 3600
"""Seconds for which what is half-written may still be in the making."""


def needed_runs(layout: Layout) -> dict[str, list[str]]:
    """Which profiles need which runs.

    Args:
        layout: the checkout.

    Returns:
        By the run's name, the names of the profiles.

    Raises:
        InvalidInput: a profile is not what it should be.
    """
    store, needed = Store(), dict[str, list[str]]()
    for profile in layout.profiles:
        sections = load_profile(layout, profile)
        for notebook, section in sections.items():
            defaults = default_parameters(layout.notebooks[notebook])
            for configuration in wanted_runs({**defaults, **section}, every=True):
                profiles = needed.setdefault(store.path(configuration).name, [])
                if profile not in profiles:
                    profiles.append(profile)
    return needed


def list_runs(layout: Layout) -> Iterator[str]:
    """The runs of the store, oldest first.

    Args:
        layout: the checkout.

    Yields:
        A line a run: when it was finished, what was trained, its test accuracy, its size, the
        profiles that need it, its name. Then one about all of the store.
    """
    store, needed = Store(), needed_runs(layout)
    folders = sorted(_entries(store.root / "runs"), key=lambda path: path.stat().st_mtime)
    for path in folders:
        when = datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
        users = ", ".join(needed.get(path.name, [])) or "no profile"
        yield f"{when}  {_what(Run(path))}  {_size(path) / 1e6:6.2f} MB  {users}  {path.name}"
    kinds = {kind: len(_entries(store.root / kind)) for kind in ("runs", "measurements")}
    yield (
        f"{store.root}: {kinds['runs']} runs, {kinds['measurements']} measurements, "
        f"{_size(store.root) / 1e6:.1f} MB"
    )


def prune(layout: Layout) -> Iterator[str]:
    """Remove from the store what no profile needs, what is damaged, and what is half-written.

    What a process is computing just now stays.

    Args:
        layout: the checkout.

    Yields:
        A line for each thing removed, and one about them all.
    """
    store, needed = Store(), needed_runs(layout)
    runs, measurements = (_entries(store.root / kind) for kind in ("runs", "measurements"))
    doomed = [p for p in runs if p.name not in needed or not _is_whole(p)]
    doomed += [p for p in measurements if not (_is_current(p, needed) and _is_whole(p))]
    doomed += [p for kind in KINDS for p in _leftovers(store.root / kind)]
    doomed += [
        path
        for path in (store.root / "checkpoints").glob("[!.]*")
        if path.name not in needed or (store.root / "runs" / path.name).exists()
    ]
    removed = freed = 0
    for path in doomed:
        hidden = path.name.startswith(".")  # nobody computes it, so nobody has its lock
        with nullcontext(True) if hidden else store.lock(path).if_free() as free:
            if not free or not path.exists():  # it is being computed, or another has removed it
                continue
            size = _size(path)
            _remove(path)
        removed, freed = removed + 1, freed + size
        yield f"removed {path.relative_to(store.root)}"
    yield f"{store.root}: removed {removed}, {freed / 1e6:.1f} MB"


def _entries(folder: Path) -> list[Path]:
    """The whole entries of a folder of the store."""
    return [path for path in folder.glob("[!.]*") if path.is_dir()]


def _what(run: Run) -> str:
    """A run in a few words, with its test accuracy."""
    try:
        c, accuracy = run.configuration, run.metrics["accuracy"]
    except entries.Damaged as error:
        return f"damaged: {error}"
    except (InvalidInput, KeyError):
        return "of other code"
    images = f"{c.recipe.images:,} images"
    return f"{c.network.name:14} {c.task.name:12} seed {c.seed:3} {images:>14} {accuracy:6.1%}"


def _is_whole(path: Path) -> bool:
    """Whether an entry is what was written."""
    try:
        entries.check(path)
    except entries.Damaged:
        return False
    return True


def _is_current(path: Path, needed: dict[str, list[str]]) -> bool:
    """Whether a measurement would be found again by a run of some profile."""
    try:
        record = json.loads(entries.read(path, "config.json"))
    except entries.Damaged:
        return False
    module = record["module"]
    if find_spec(module) is None or code_digest(module) != record["code"]:
        return False
    return all(name in needed for name in _runs_in(record["inputs"]))


def _runs_in(inputs: Any) -> Iterator[str]:
    """The names of runs that a measurement has read."""
    if isinstance(inputs, dict):
        if inputs.keys() == {"run", "weights"}:
            yield inputs["run"]
        else:
            for value in inputs.values():
                yield from _runs_in(value)
    elif isinstance(inputs, list):
        for value in inputs:
            yield from _runs_in(value)


def _leftovers(folder: Path) -> Iterator[Path]:
    """What was set aside, and what nobody has gone on writing for a while."""
    for path in folder.glob(".*"):
        with suppress(FileNotFoundError):  # written to its end meanwhile
            old = path.stat().st_mtime < time.time() - YOUNG
            if old or path.name.startswith(entries.SET_ASIDE):
                yield path


def _remove(path: Path) -> None:
    """Remove a folder or a file, whatever its permissions."""
    if path.is_dir():
        path.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink()


def _size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total
