"""What benchmarks leave behind: rows that replace their like, and the table made from them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from intensity.values import ROOT


def load() -> ModuleType:
    """The module that keeps rows."""
    spec = importlib.util.spec_from_file_location("record", ROOT / "benchmarks" / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The same with files of its own."""
    module = load()
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{module.BEGIN}\nold\n{module.END}\nafter\n")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(module, "README", readme)
    return module


def row(name: str, whom: str = "captum", **changes: object) -> dict[str, object]:
    """A row of results."""
    usual = {"ours": 300.0, "peer": 100.0, "peer_version": "1.2", "unit": "images/s", "ratio": 3.0}
    return {"name": name, "peer_name": whom, "max_difference": None, **usual, **changes}


def test_rows_replace_those_of_the_same_name_and_peer(record: ModuleType) -> None:
    record.keep([row("gradient"), row("gradient", "pair"), row("occlusion")])
    record.keep([row("gradient", ratio=4.0)])
    kept = json.loads(record.RESULTS.read_text())["results"]
    found = {(one["name"], one["peer_name"]): one["ratio"] for one in kept}
    assert found == {("gradient", "pair"): 3, ("occlusion", "captum"): 3, ("gradient", "captum"): 4}


def test_the_table_is_made_from_the_rows_between_the_markers(record: ModuleType) -> None:
    agreement = {"max_difference": 0.5, "median_difference": 2e-6, "within_1e-4": 0.99}
    nothing = {"peer": None, "ratio": None}
    record.keep([row("gradient", **agreement), row("run_all", "none", unit="s", **nothing)])
    text = record.README.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| gradient | 300 images/s | 100 images/s (captum 1.2) | 3.00 | 2e-06 (99 %) |" in text
    assert "| run_all | 300 s | - | - | - |" in text


def test_a_row_says_where_and_when_it_was_measured(
    record: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "processor", lambda: "first")
    record.keep([row("gradient"), row("occlusion")])
    monkeypatch.setattr(record, "processor", lambda: "second")
    record.keep([row("occlusion")])
    lines = record.README.read_text().splitlines()
    machines = [line.split("|")[-2].split(",")[0].strip() for line in lines if "images/s" in line]
    assert machines == ["first", "second"]


def test_the_published_table_is_that_of_the_published_results() -> None:
    record = load()
    table = record.table(json.loads(record.RESULTS.read_text("utf8")))
    assert f"{record.BEGIN}\n\n{table}\n\n{record.END}" in record.README.read_text("utf8")
