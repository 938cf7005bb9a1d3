"""The whole command on the smoke profile, as somebody who has cloned the project runs it."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from intensity.runner.profiles import Layout, default_parameters
from intensity.values import ROOT

pytestmark = pytest.mark.processes

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
    claims = {claim["id"] for claim in results["claims"]}
    assert claims == {f"C{number}" for number in range(1, 25)}


def test_every_screen_of_the_standard_profile_is_measured(results: Any) -> None:
    ids = {measurement["id"].rpartition("/")[2] for measurement in results["measurements"]}
    standard = yaml.safe_load((ROOT / "params" / "standard.yaml").read_text())
    names = [*standard["02_training"]["trainings"], *standard["03_ablations"]["trainings"]]
    assert {f"accuracy/{task}/bn_compact" for task in standard["03_ablations"]["tasks"]} <= {
        measurement["id"] for measurement in results["measurements"]
    }
    assert {name.replace(" ", "_").replace(",", "") for name in names} <= ids


def test_smoke_measures_claims_and_draws_what_standard_does(results: Any) -> None:
    expected = json.loads((ROOT / "expected" / "standard.json").read_text())
    for part in ("measurements", "claims"):
        assert [one["id"] for one in results[part]] == [one["id"] for one in expected[part]]
    made, kept = (
        {path.name for path in folder.glob("*.png")}
        for folder in (RUN / "figures", ROOT / "figures")
    )
    assert made == kept


def test_every_figure_of_the_notebooks_is_made_and_listed(results: Any) -> None:
    made = {path.stem for path in (RUN / "figures").glob("*.png")}
    assert len(made) == 52
    for kind in ("csv", "pdf"):
        assert {path.stem for path in (RUN / "figures").glob(f"*.{kind}")} == made
    listed = (ROOT / "figures" / "README.md").read_text()
    assert not [name for name in made if name[:4] not in listed]


@pytest.mark.parametrize("other", ["standard", "full"])
def test_profiles_differ_in_numbers_and_full_has_the_large_networks(other: str) -> None:
    smoke, profile = (
        yaml.safe_load((ROOT / "params" / f"{name}.yaml").read_text()) for name in ("smoke", other)
    )
    sizes = {"bn_medium", "bn_large", "bn_large_flat", "bn_huge"} if other == "full" else set()
    cues = {"conjunction", "size varied", "edge only"} if other == "full" else set()
    more = {
        ("03_ablations", "trainings"): sizes and sizes | {"bn_medium, fixed permutations"},
        ("03_ablations", "tasks"): cues,
        ("07_interventions", "trainings"): cues,
    }
    for notebook in Layout().notebooks:
        assert smoke[notebook].keys() == profile[notebook].keys()
        for key in ("trainings", "tasks", "groups", "summary_groups"):
            added = set(profile[notebook].get(key, {})) - set(smoke[notebook].get(key, {}))
            assert added == more.get((notebook, key), set())
            assert set(smoke[notebook].get(key, {})) <= set(profile[notebook].get(key, {}))
    architecture = (
        set(part["03_ablations"]["groups"]["architecture"]) for part in (profile, smoke)
    )
    assert next(architecture) - next(architecture) == sizes


@pytest.mark.parametrize("path", Layout().notebooks.values(), ids=lambda path: path.stem)
def test_notebooks_tell_and_hold_no_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].source.startswith("# ")
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert not any(line.startswith("def ") for cell in code for line in cell.source.splitlines())
    assert default_parameters(path)["output"] == "runs/lab"
