"""Notebooks: prose refers to every figure and table, and every reference leads to one."""

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from intensity.environment import Layout
from intensity.report.captions import load_captions
from intensity.values import ROOT

LAYOUT = Layout(ROOT)
NOTEBOOKS = {
    name: nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for name, path in LAYOUT.notebooks.items()
}
CAPTIONS = {name: load_captions(LAYOUT.captions(name)) for name in NOTEBOOKS}
ANCHORS = [
    f"{kind}-{name}"
    for captions in CAPTIONS.values()
    for kind, shown in (("fig", captions.figures), ("table", captions.tables))
    for name in shown
]
LINK = re.compile(r"\[([^\]\n]*)\]\(#((?:fig|table)-[^)]*)\)")
SOURCES = [
    *(ROOT / "notebooks").glob("[0-9]*"),
    *(ROOT / "lib" / "intensity" / "claims").glob("*"),
    *(ROOT / "lib" / "intensity" / "report" / "templates").rglob("*.j2"),
]


def shown(name: str) -> dict[str, int]:
    """The anchors of what a notebook shows, each with the place of its cell."""
    kinds = {"show": "fig", "show_table": "table"}
    return {
        f"{kinds[call.func.attr]}-{call.args[0].value}": place
        for place, cell in enumerate(NOTEBOOKS[name].cells)
        for call in (ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ())
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in kinds
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def prose(name: str) -> list[tuple[int, str]]:
    """The texts of a notebook, each with the place of its cell."""
    cells = enumerate(NOTEBOOKS[name].cells)
    return [(place, cell.source) for place, cell in cells if cell.cell_type == "markdown"]


def test_no_two_figures_or_tables_have_one_name() -> None:
    assert len(ANCHORS) == len(set(ANCHORS))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_shown_has_a_caption_and_every_caption_is_shown(name: str) -> None:
    captions = CAPTIONS[name]
    named = {f"fig-{n}" for n in captions.figures} | {f"table-{n}" for n in captions.tables}
    assert set(shown(name)) == named


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_prose_refers_to_every_figure_and_table_before_it_or_right_after(name: str) -> None:
    first: dict[str, int] = {}
    for place, text in prose(name):
        for _, anchor in LINK.findall(text):
            first.setdefault(anchor, place)
    assert [a for a, cell in shown(name).items() if first.get(a, 1000) > cell + 1] == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.is_file()], ids=lambda path: path.name)
def test_every_reference_leads_somewhere_and_has_no_number(path: Path) -> None:
    links = LINK.findall(path.read_text("utf8"))
    assert [link for link in links if link[1] not in ANCHORS] == []
    assert {words for words, _ in links} <= {"Figure", "Table"}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_figure_or_table_goes_by_its_place_on_the_page(name: str) -> None:
    text = " ".join(" ".join(text.split()) for _, text in prose(name))
    vague = r"(?:figures?|tables?|captions?) (?:above|below|that follows?|of notebook|of effects)"
    assert re.findall(vague, text) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_takes_the_profile_alone(name: str) -> None:
    tagged = [c for c in NOTEBOOKS[name].cells if "parameters" in c.metadata.get("tags", [])]
    assert [cell.source for cell in tagged] == ['profile = "lab"']


@pytest.mark.parametrize("path", LAYOUT.notebooks.values(), ids=lambda path: path.stem)
def test_a_notebook_is_written_as_jupyter_would_not_change_it(path: Path) -> None:
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    assert nbformat.writes(notebook) + "\n" == path.read_text("utf8")  # type: ignore[no-untyped-call]
