"""Checks before a commit fetch nothing, and what does not fit is not committed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from conftest import Checkout
from intensity.values import ROOT

HOOKS = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
]


class Repository:
    """A git repository with a module and a notebook, and with the project's hooks."""

    def __init__(self, checkout: Checkout, cache: Path) -> None:
        """Make it, and install the hooks; types are left out, since there is no package."""
        self.root = checkout.root
        self.module = self.root / "lib" / "module.py"
        self.notebook = self.root / "notebooks" / "01_data.ipynb"
        path = f"{sys.prefix}/bin:{os.environ['PATH']}"
        who = {
            f"GIT_{role}_{what}": "a@b"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        away = {"PRE_COMMIT_HOME": str(cache), "GIT_CONFIG_GLOBAL": os.devnull, "SKIP": "types"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment = kept | who | away | {"PATH": path}
        for name in (".pre-commit-config.yaml", "pyproject.toml"):
            shutil.copy(ROOT / name, self.root)
        self.module.parent.mkdir()
        self.module.write_text('"""A module."""\n')
        checkout.notebook("01_data")
        self("ruff", "format", "--quiet", ".")
        self("git", "init", "--quiet")
        self("git", "add", "--all")
        assert self("pre-commit", "install").returncode == 0

    def __call__(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in it."""
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True
        )

    def commit(self) -> "subprocess.CompletedProcess[str]":
        """Commit all files."""
        self("git", "add", "--all")
        return self("git", "commit", "--message", "A change")


@pytest.fixture
def repository(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository in which all fits and nothing is committed."""
    return Repository(checkout, tmp_path_factory.mktemp("pre-commit"))


def test_nothing_is_fetched() -> None:
    assert {hook["language"] for hook in HOOKS} == {"system"}


def test_commits_are_checked_as_ci_does() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    for tool in ("ruff check", "ruff format", "mypy"):
        assert f"-m {tool}" in script
        assert any(hook["entry"].startswith(tool) for hook in HOOKS)


def test_only_what_fits_is_committed(
    repository: Repository,
) -> None:
    clean = nbformat.read(repository.notebook, as_version=4)
    notebook = nbformat.read(repository.notebook, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="1\n")], 7
    nbformat.write(notebook, repository.notebook)
    repository.module.write_text('"""A module."""\nTWO = [1,2]\n')
    assert repository.commit().returncode == 1
    assert nbformat.read(repository.notebook, as_version=4) == clean
    assert "TWO = [1, 2]" in repository.module.read_text()
    done = repository.commit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("Passed") == 3


def test_all_files_are_checked(repository: Repository) -> None:
    repository.module.write_text("import os\n")
    done = repository("pre-commit", "run", "--all-files")
    assert done.returncode == 1
    assert "F401" in done.stdout
