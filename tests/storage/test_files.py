"""Files and folders appear whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from intensity.storage.files import write_aside, write_folder
from intensity.storage.locks import Lock


@pytest.mark.parametrize("content", ["grey ä\n", b"\x00\xff"])
def test_files_are_written_with_their_folders(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_aside(path, content)
    expected = content.encode() if isinstance(content, str) else content
    assert path.read_bytes() == expected
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    write_aside(path, "again")
    assert path.read_text() == "again"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_aside(path, "old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_aside(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_replaces_all_of_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder"
    write_folder(path, {"old": b"1", "both": b"1"})
    write_folder(path, {"new": b"2", "both": b"2"})
    assert {file.name: file.read_bytes() for file in path.iterdir()} == {"new": b"2", "both": b"2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert [entry.name for entry in path.parent.iterdir()] == ["folder"]


def test_a_folder_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    write_folder(tmp_path / "folder", {"a": b"1"})
    with pytest.raises(TypeError):
        write_folder(tmp_path / "folder", {"a": b"2", "b": None})
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder" / "a").read_bytes() == b"1"


def test_content_is_on_the_disk_before_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []
    replace, sync = Path.replace, os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: order.append("sync") or sync(handle))
    monkeypatch.setattr(
        Path, "replace", lambda path, target: order.append("rename") or replace(path, target)
    )
    write_aside(tmp_path / "file", "a")
    write_folder(tmp_path / "folder", {"a": b"", "b": b""})
    write_folder(tmp_path / "checked when read", {"a": b""}, durable=False)
    assert order == ["sync", "rename", "sync", "sync", "rename", "rename"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_the_umask_says_who_may_read_and_write(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_aside(tmp_path / "file", "a")
        write_folder(tmp_path / "folder", {"a": b""})
        Lock(tmp_path / "lock").take()
    finally:
        os.umask(before)
    for name in ("file", "folder/a", "lock"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode, name
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o777 & ~umask
