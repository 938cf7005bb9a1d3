"""What tests share: their environment, and small checkouts with notebooks of a line or two."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from intensity.environment import ONE_THREAD, Layout
from intensity.storage.locks import Lock
from intensity.values import ROOT

CACHE = Path(__file__).parents[1] / ".cache"

Node = dict[str, Any]


def pytest_configure(config: pytest.Config) -> None:
    """Draw on no screen, keep caches in the checkout, and leave its store alone."""
    store = tempfile.TemporaryDirectory(prefix="intensity-store-")
    config.add_cleanup(store.cleanup)
    os.environ |= {
        "INTENSITY_STORE": store.name,
        "IPYTHONDIR": str(CACHE / "ipython"),
        "KERAS_HOME": str(CACHE / "keras"),
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(CACHE / "matplotlib"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    settings.register_profile("loaded", deadline=None)  # other work may take the cores
    settings.load_profile("loaded")
    if hasattr(config, "workerinput"):  # one of several processes that test side by side
        os.environ |= ONE_THREAD


def code(source: str, *tags: str) -> Node:
    """A code cell."""
    metadata = {"tags": list(tags)}
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def prose(source: str) -> Node:
    """A markdown cell."""
    return {"cell_type": "markdown", "source": source, "metadata": {}}


@dataclass(frozen=True)
class Checkout:
    """A folder with notebooks/ and params/ that tests fill."""

    root: Path

    @property
    def layout(self) -> Layout:
        """The folder as the engine takes it."""
        return Layout(self.root)

    def notebook(self, name: str, *cells: str) -> None:
        """Write a notebook: a title, the parameter, a code cell for each text."""
        tagged = code('profile = "lab"', "parameters")
        nodes = [prose(f"# Title of {name}"), tagged, *map(code, cells)]
        self.write(self.root / "notebooks" / f"{name}.ipynb", nodes)

    def write(self, path: Path, cells: list[Node]) -> None:
        """Write a notebook file with these cells."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook))

    def profile(self, name: str, text: str) -> None:
        """Write a profile."""
        path = self.root / "params" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty checkout."""
    return Checkout(tmp_path)


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run of the smoke profile, made once with a store of its own."""
    store = tmp_path_factory.mktemp("store")
    environment = {**os.environ, "INTENSITY_STORE": str(store)}
    command = ["./run_all.sh", "--profile", "smoke"]
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    made = CACHE / "smoke-run"
    with Lock(CACHE / "smoke-run.lock"):  # of several processes that test, the first makes it
        if not made.exists() or made.read_text() != session:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr[-2000:]
            made.write_text(session)
    return ROOT / "runs" / "smoke"
