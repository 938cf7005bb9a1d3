"""A manifest says what a run was made with, and when it is whole."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from intensity.storage.manifest import cores, load_manifest, new_manifest, save_manifest


def git(root: Path, *words: str) -> str:
    """What git prints."""
    identity = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    command = ["git", "-C", str(root), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_it_names_the_commit_and_whether_there_are_changes(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-qm", "first")
    manifest = new_manifest(tmp_path, "smoke", {})
    assert (manifest["commit"], manifest["dirty"]) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "file").write_text("two")
    assert new_manifest(tmp_path, "smoke", {})["dirty"]


def test_it_can_be_made_where_there_is_no_repository(tmp_path: Path) -> None:
    manifest = new_manifest(tmp_path, "smoke", {})
    assert (manifest["commit"], manifest["dirty"]) == ("unknown", False)


def test_the_commit_is_that_of_its_own_repository_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "theirs"], check=True)
    inside = tmp_path / "unpacked"
    inside.mkdir()
    theirs = new_manifest(inside, "smoke", {})
    assert (theirs["commit"], theirs["dirty"]) == ("unknown", False)
    own = new_manifest(tmp_path, "smoke", {})
    assert re.fullmatch("[0-9a-f]{40}", own["commit"])


def test_it_gathers_parameters_that_are_about_seeds(tmp_path: Path) -> None:
    parameters = {
        "01_data": {"seeds": [0, 1], "images": 5},
        "02_training": {"ablation_seeds": 3},
        "06_discussion": {"images": 5},
    }
    manifest = new_manifest(tmp_path, "smoke", parameters)
    assert manifest["seeds"] == {
        "01_data": {"seeds": [0, 1]},
        "02_training": {"ablation_seeds": 3},
    }
    assert manifest["parameters"] == parameters


def test_it_names_versions_and_machine(tmp_path: Path) -> None:
    manifest = new_manifest(tmp_path, "smoke", {})
    assert {"python", "tensorflow", "keras", "numpy"} <= set(manifest["versions"])
    assert all(manifest["versions"].values())
    assert manifest["machine"]["processor"]
    assert manifest["machine"]["cores"] == cores() >= 1


def test_it_is_complete_when_every_notebook_has_passed(tmp_path: Path) -> None:
    manifest = new_manifest(tmp_path, "smoke", {"01_data": {}, "02_training": {}})
    for status, complete in (("failed", False), ("passed", True)):
        manifest["notebooks"] = {"01_data": {"status": "passed"}, "02_training": {"status": status}}
        save_manifest(tmp_path, manifest)
        assert load_manifest(tmp_path)["complete"] is complete
    del manifest["notebooks"]["01_data"]
    save_manifest(tmp_path, manifest)
    assert load_manifest(tmp_path)["complete"] is False


def test_it_holds_the_sha256_of_the_figures_that_are_there(tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "01-1-a.png").write_bytes(b"a picture")
    (figures / "01-1-a.csv").write_bytes(b"numbers")
    save_manifest(tmp_path, new_manifest(tmp_path, "smoke", {}))
    saved = json.loads((tmp_path / "manifest.json").read_text())
    assert saved["figures"] == {"01-1-a.png": hashlib.sha256(b"a picture").hexdigest()}


def test_without_a_run_there_is_none(tmp_path: Path) -> None:
    assert load_manifest(tmp_path) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_damaged_one_is_none_and_is_told(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert load_manifest(tmp_path) == {}
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("manifest.json is damaged; the run begins anew")
