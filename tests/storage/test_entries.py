"""Entries: fifty ways to damage one, each noticed, none used, none fatal."""

import ctypes
import errno
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intensity.storage import entries, store
from intensity.storage.store import Store
from intensity.training.runs import add_run, find_run

FILES = {
    "config.json": b'{"configuration": {}}',
    "history.csv": b"epoch,loss\n1,0.5\n",
    "metrics.json": b'{"accuracy": 0.75}',
    "predictions.csv": b"intensity,label\n1,0\n",
    "model.keras": bytes(range(256)) * 8,
}
NAMES = [*FILES, entries.DIGESTS]

Damage = Callable[[Path, random.Random], object]


def truncate(path: Path, generator: random.Random) -> None:
    """Cut some of the end off."""
    content = path.read_bytes()
    path.write_bytes(content[: generator.randrange(len(content))])


def flip(path: Path, generator: random.Random) -> None:
    """Turn one bit over."""
    content = bytearray(path.read_bytes())
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    path.write_bytes(content)


def lengthen(path: Path, _: random.Random) -> None:
    """Add a byte that a tolerant reader would not see."""
    path.write_bytes(path.read_bytes() + b"\0")


def forbid(path: Path, _: random.Random) -> None:
    """Take the permission to read away."""
    path.chmod(0)


DAMAGES: dict[str, Damage] = {
    "truncated": truncate,
    "flipped": flip,
    "lengthened": lengthen,
    "emptied": lambda path, _: path.write_bytes(b""),
    "missing": lambda path, _: path.unlink(),
    "forbidden": forbid,
    "a folder": lambda path, _: (path.unlink(), path.mkdir()),
    "a link to nowhere": lambda path, _: (path.unlink(), path.symlink_to("nowhere")),
}
CASES = [(damage, name) for damage in DAMAGES for name in NAMES]


NAME = "bn_tiny-hard-0123456789abcdef"

CAPABILITIES = 0x20080522
"""Version 3 of Linux's capabilities: two words of 32 each of effective, permitted, inheritable."""

READ_ALL = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: by these root reads what has no permission."""


@pytest.fixture
def unprivileged() -> Any:
    """Be somebody who may not read what has no permission, as root may; still the owner of all."""
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root reads everything here")
    libc, words = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 6)()
    header = (ctypes.c_uint32 * 2)(CAPABILITIES, 0)
    assert libc.capget(header, words) == 0
    before = words[0]
    words[0] = before & ~READ_ALL
    assert libc.capset(header, words) == 0
    yield
    words[0] = before
    assert libc.capset(header, words) == 0


@pytest.mark.parametrize(("damage", "name"), CASES)
def test_a_damaged_run_is_noticed_set_aside_and_made_again(
    tmp_path: Path, unprivileged: None, capsys: pytest.CaptureFixture[str], damage: str, name: str
) -> None:
    kept = Store(tmp_path / "store", fresh_since=0)
    run = add_run(NAME, FILES, kept)
    DAMAGES[damage](run.path / name, random.Random(f"{damage} {name}"))
    assert find_run(NAME, kept) is None
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"intensity: {run.name}: ")
    assert "set aside as .damaged-" in line
    assert not run.path.exists()
    again = add_run(NAME, FILES, kept)
    assert find_run(NAME, kept) == again
    assert again.metrics == {"accuracy": 0.75}
    (aside,) = run.path.parent.glob(".damaged-*")
    assert (aside / "config.json").exists() or name == "config.json"


@pytest.mark.parametrize("mode", [0o000, 0o300])
def test_a_folder_without_permissions_is_set_aside(
    tmp_path: Path, unprivileged: None, capsys: pytest.CaptureFixture[str], mode: int
) -> None:
    kept = Store(tmp_path / "store", fresh_since=0)
    run = add_run(NAME, FILES, kept)
    run.path.chmod(mode)
    assert find_run(NAME, kept) is None
    assert "Permission denied" in capsys.readouterr().err
    assert find_run(NAME, kept) is None
    assert add_run(NAME, FILES, kept).metrics == {"accuracy": 0.75}
    for folder in run.path.parent.glob(".damaged-*"):
        folder.chmod(0o755)


def test_damage_after_a_run_was_found_is_not_read(tmp_path: Path) -> None:
    kept = Store(tmp_path, fresh_since=0)
    run = add_run(NAME, FILES, kept)
    for name in ("metrics.json", "history.csv", "predictions.csv", "config.json", "model.keras"):
        (run.path / name).write_bytes(b"{}")
    for what in ("metrics", "history", "predictions", "configuration", "model"):
        with pytest.raises(entries.Damaged, match="is not what was written"):
            getattr(run, what)


@pytest.mark.parametrize(
    "edit",
    [
        {"entry": "another"},
        {"files": {}},
        {"files": [1]},
        {"files": {"metrics.json": "0" * 64}},
    ],
)
def test_digests_of_something_else_do_not_pass(tmp_path: Path, edit: dict[str, Any]) -> None:
    path = tmp_path / "entry"
    entries.keep(path, FILES)
    record = json.loads((path / entries.DIGESTS).read_text())
    (path / entries.DIGESTS).write_text(json.dumps(record | edit))
    with pytest.raises(entries.Damaged) as error:
        entries.check(path)
    assert "\n" not in str(error.value)


def test_a_file_too_many_and_an_entry_with_another_name_do_not_pass(tmp_path: Path) -> None:
    entries.keep(tmp_path / "entry", FILES)
    entries.check(tmp_path / "entry")
    (tmp_path / "entry" / "more").write_text("")
    with pytest.raises(entries.Damaged, match="more was not written with it"):
        entries.check(tmp_path / "entry")
    (tmp_path / "entry" / "more").unlink()
    (tmp_path / "entry").rename(tmp_path / "other")
    with pytest.raises(entries.Damaged, match="it was written as 'entry'"):
        entries.check(tmp_path / "other")


def test_what_systems_and_editors_leave_is_no_damage(tmp_path: Path) -> None:
    entries.keep(tmp_path / "entry", FILES)
    (tmp_path / "entry" / ".DS_Store").write_text("")
    (tmp_path / "entry" / ".ipynb_checkpoints").mkdir()
    entries.check(tmp_path / "entry")
    assert set(entries.names(tmp_path / "entry")) == set(FILES)


def test_what_says_nothing_about_the_entry_does_not_condemn_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))

    run = add_run(NAME, FILES, Store(tmp_path))
    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        with pytest.raises(OSError, match="Too many open files"):
            find_run(NAME, Store(tmp_path))
    assert find_run(NAME, Store(tmp_path)) == run


def test_what_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "entry"
    entries.keep(path, {"a": b"old"})
    digests = entries._digests

    def late(entry: Path) -> dict[str, str]:
        """The old digests, and then another process replaces the entry."""
        monkeypatch.setattr(entries, "_digests", digests)
        old = digests(entry)
        entries.keep(path, {"a": b"new"})
        return old

    monkeypatch.setattr(entries, "_digests", late)
    assert entries.read(path, "a") == b"new"


def test_of_two_that_set_the_same_aside_one_does(tmp_path: Path) -> None:
    entries.keep(tmp_path / "entry", FILES)
    assert entries.set_aside(tmp_path / "entry") is not None
    assert entries.set_aside(tmp_path / "entry") is None
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "missing"])
@pytest.mark.parametrize("name", ["arrays.npz", "config.json", entries.DIGESTS])
def test_a_damaged_measurement_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, name: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr(store, "tell", told.append)
    calls = []

    def total() -> dict[str, np.ndarray]:
        """Something that takes long."""
        calls.append(1)
        return {"sum": np.array(len(calls))}

    total.__module__, total.__qualname__ = "intensity.statistics.intervals", "total"
    kept = Store(tmp_path, fresh_since=0)
    kept.measure(total)
    (path,) = (tmp_path / "measurements").glob("[!.]*")
    DAMAGES[damage](path / name, random.Random(0))
    read = kept.measure(total)["sum"]
    harmless = name == "config.json"  # nothing is read from it
    assert read == (1 if harmless else 2)
    assert kept.measure(total)["sum"] == read
    assert len(told) == (0 if harmless else 1)


def test_what_somebody_has_put_into_an_entry_or_in_its_place_is_kept(tmp_path: Path) -> None:
    path, other = tmp_path / "a-0", tmp_path / "b-0"
    entries.keep(path, {"file": b"1"})
    (path / "notes.txt").write_text("mine")
    other.write_text("mine")
    for place in (path, other):
        entries.keep(place, {"file": b"2"})
        assert entries.read(place, "file") == b"2"
    aside = {p.name for p in tmp_path.rglob("*") if p.is_file() and p.read_text() == "mine"}
    assert aside == {"notes.txt", "b-0"}
