"""notebooks/audit.ipynb runs by itself, on the example and on files of one's own."""

from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest

from audited import arrays
from intensity.environment import Layout
from intensity.values import ROOT

NOTEBOOK = ROOT / "notebooks" / "audit.ipynb"


def executed(place: Path, **parameters: object) -> list[str]:
    """The texts of what its cells show."""
    copy = place / "copy.ipynb"
    papermill.execute_notebook(
        NOTEBOOK, copy, parameters=parameters, progress_bar=False, cwd=str(place)
    )
    cells = nbformat.read(copy, as_version=4).cells  # type: ignore[no-untyped-call]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [str(output.get("data", output.get("text"))) for output in outputs]


def test_it_has_the_usual_kernel_no_outputs_and_is_no_part_of_a_run() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith("# ")
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")
    assert NOTEBOOK.stem not in Layout().notebooks


def test_it_runs_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "lib"))
    shown = executed(tmp_path, images=60, quick=True)
    assert any("Answers rest on the absolute level inside the mask" in text for text in shown)
    assert sum("image/png" in text for text in shown) == 1
    assert any("difference" in text and "exact" in text for text in shown)


def test_it_audits_what_one_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'lib'}:{ROOT / 'tests'}")
    np.savez(tmp_path / "cases.npz", **arrays(60))
    executed(tmp_path, model="audited:pixel", cases="cases.npz", quick=True, report="mine")
    assert (tmp_path / "mine" / "index.html").exists()
