"""The whole command on the smoke profile, as somebody who has cloned the project runs it."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from intensity.claims.definitions import load_claims
from intensity.environment import Layout
from intensity.values import ROOT

RUN = ROOT / "runs" / "smoke"


@pytest.fixture(scope="module")
def results(smoke_run: Path) -> Any:
    """What a whole run has measured."""
    return json.loads((smoke_run / "results.json").read_text())


def test_every_notebook_adds_to_complete_results(results: Any) -> None:
    assert results["complete"]
    ids = {measurement["id"] for measurement in results["measurements"]}
    assert len(ids) == len(results["measurements"])
    assert {f"accuracy/three_bands/{name}" for name in ("large", "small")} <= ids
    assert {f"accuracy/hard/{name}" for name in ("bn_compact", "bn_tiny", "pixels")} <= ids
    judged = [claim["id"] for claim in [*results["claims"], *results["left"]]]
    assert judged == [claim.id for claim in load_claims().claims]


def test_whatever_the_discussion_names_is_measured(results: Any) -> None:
    stated = load_claims()
    named = [*stated.cues, *stated.scanner, *(m for c in stated.conclusions for m in c.measured)]
    ids = {row.measurement for row in named}
    ids |= {name for row in stated.without for name in row.baselines.values()}
    assert ids <= {measurement["id"] for measurement in results["measurements"]}


def test_smoke_measures_claims_and_draws_what_is_published(results: Any) -> None:
    standard, own = json.loads((ROOT / "expected" / "standard.json").read_text()), "08_paper_scale"
    only = json.loads((RUN / "results" / f"{own}.json").read_text())["measurements"]
    shared = {one["id"] for one in standard["measurements"]}
    paper = [one["id"] for one in only if one["id"] not in shared]
    measured = [one["id"] for one in results["measurements"] if one["id"] not in paper]
    assert measured == [one["id"] for one in standard["measurements"]]
    published = {one["id"] for one in [*standard["claims"], *standard["left"]]}
    assert {one["id"] for one in results["claims"]} == published  # smoke measures what paper does
    made, kept = (
        {path.name for path in folder.glob("*.png") if path.name[:2] != own[:2]}
        for folder in (RUN / "figures", ROOT / "figures")
    )
    assert made == kept


def test_every_figure_of_the_notebooks_is_made_and_listed(results: Any) -> None:
    made = {path.stem for path in (RUN / "figures").glob("*.png")}
    for kind in ("csv", "pdf"):
        assert {path.stem for path in (RUN / "figures").glob(f"*.{kind}")} == made
    listed = (ROOT / "figures" / "README.md").read_text()
    assert not [name for name in made if name not in listed and name[:4] not in listed]


@pytest.mark.parametrize("path", Layout().notebooks.values(), ids=lambda path: path.stem)
def test_notebooks_tell_and_hold_no_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith("# ")
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert not any(line.startswith("def ") for cell in code for line in cell.source.splitlines())


@pytest.mark.parametrize("name", Layout().notebooks)
def test_a_page_shows_no_bare_value(smoke_run: Path, name: str) -> None:
    notebook = nbformat.read(smoke_run / "notebooks" / f"{name}.ipynb", as_version=4)
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    values = [output["data"] for output in shown if output["output_type"] == "execute_result"]
    assert not [data for data in values if set(data) == {"text/plain"}]
