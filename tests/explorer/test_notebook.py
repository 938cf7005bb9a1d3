"""notebooks/explore.ipynb runs by itself, unchanged, in a store of its own."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill
import pytest

from intensity.environment import Layout
from intensity.storage.store import Store
from intensity.training.runs import Run
from intensity.values import ROOT

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"


def test_the_notebook_has_the_usual_kernel_and_no_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith("# ")
    assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code"] == [[]]


def test_it_is_no_part_of_a_run() -> None:
    assert NOTEBOOK.stem not in Layout().notebooks


def test_it_runs_by_itself(
    store: Store, keep: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()
    monkeypatch.setenv("INTENSITY_STORE", str(store.root))
    monkeypatch.setenv("INTENSITY_PRETRAINED", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "lib"))
    papermill.execute_notebook(NOTEBOOK, tmp_path / "copy.ipynb", progress_bar=False)
    executed = nbformat.read(tmp_path / "copy.ipynb", as_version=4)
    (cell,) = (cell for cell in executed.cells if cell.cell_type == "code")
    shown, script = cell.outputs  # the page and its script, and no notes of a library beside them
    assert "application/vnd.jupyter.widget-view+json" in shown.data
    assert "application/javascript" in script.data
    states = executed.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    pages = [one["state"].get("value") for one in states.values()]
    at_once = sum('<img src="data:image/png' in str(page) for page in pages)
    assert at_once >= 3  # image, answer and a layer; whether others follow in time is no matter
