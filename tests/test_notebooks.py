"""Notebooks: prose refers to every figure and table by its number, and every link leads to one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest

from intensity.claims.definitions import load_claims
from intensity.environment import Layout
from intensity.values import ROOT

NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4) for path in Layout().notebooks.values()}

DRAWN = [path.stem for path in (ROOT / "figures").glob("*.png")]
"""Figures of the last published run: what names that a loop puts together may be."""

LINK = re.compile(r"\[([^\]]*)\]\(#([^)]*)\)")


class Shown(NamedTuple):
    """A figure or table: its anchor, its title, and the place of its cell in its notebook."""

    anchor: str
    title: str
    cell: int


def _shown(notebook: Any) -> list[Shown]:
    """All figures and tables that a notebook shows.

    A name with places to fill stands for every published figure that fits and has no other cell.
    """
    names = {
        word.value: place
        for place, cell in enumerate(notebook.cells)
        for call in (ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ())
        if isinstance(call, ast.Call) and _is_show(call.func)
        for word in call.keywords
        if word.arg == "name"
    }
    whole = {str(n.value): place for n, place in names.items() if isinstance(n, ast.Constant)}
    filled = {
        drawn: place
        for name, place in names.items()
        if isinstance(name, ast.JoinedStr)
        for drawn in DRAWN
        if drawn not in whole and re.fullmatch(_pattern(name), drawn)
    }
    return [Shown(*_anchor_and_title(n), place) for n, place in (whole | filled).items()]


def _is_show(function: ast.expr) -> bool:
    """Whether this is `figures.show` or `figures.show_table`."""
    return isinstance(function, ast.Attribute) and function.attr in ("show", "show_table")


def _pattern(name: ast.JoinedStr) -> str:
    """What fits a name with places to fill."""
    return "".join(re.escape(p.value) if isinstance(p, ast.Constant) else ".+" for p in name.values)


def _anchor_and_title(name: str) -> tuple[str, str]:
    """For example `fig-04-7-scores` and "Figure 4.7", or `table-04-3` and "Table 4.3"."""
    notebook, number = name.removeprefix("table-").split("-")[:2]
    kind, anchor = ("Table", name) if name.startswith("table-") else ("Figure", f"fig-{name}")
    return anchor, f"{kind} {int(notebook)}.{number}"


SHOWN = {stem: _shown(notebook) for stem, notebook in NOTEBOOKS.items()}

TITLES = {one.anchor: one.title for shown in SHOWN.values() for one in shown}


def _prose(notebook: Any) -> Iterator[tuple[int, str]]:
    """The texts of a notebook, each with the place of its cell."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            yield place, cell.source


def test_every_published_figure_is_found_in_one_notebook() -> None:
    anchors = [one.anchor for shown in SHOWN.values() for one in shown]
    assert len(anchors) == len(set(anchors))
    assert {f"fig-{name}" for name in DRAWN} <= set(anchors)
    assert [stem for stem, shown in SHOWN.items() for one in shown
            if not one.title.split()[1].startswith(f"{int(stem[:2])}.")] == []  # fmt: skip


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_prose_refers_to_every_figure_and_table_before_it_or_right_after(stem: str) -> None:
    first: dict[str, int] = {}
    for place, text in _prose(NOTEBOOKS[stem]):
        for _, anchor in LINK.findall(text):
            first.setdefault(anchor, place)
    late = [one.title for one in SHOWN[stem] if first.get(one.anchor, 1000) > one.cell + 1]
    assert not late


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_every_link_names_its_figure_or_table_with_its_number(stem: str) -> None:
    links = [link for _, text in _prose(NOTEBOOKS[stem]) for link in LINK.findall(text)]
    assert [(title, anchor) for title, anchor in links if TITLES.get(anchor) != title] == []


def test_texts_of_the_discussion_name_figures_and_tables_that_there_are() -> None:
    links = [
        link
        for claim in load_claims().claims
        for text in claim.meaning.model_dump().values()
        for link in LINK.findall(text)
    ]
    assert links
    assert [(title, anchor) for title, anchor in links if TITLES.get(anchor) != title] == []


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_captions_and_alternative_texts_name_numbers_that_there_are(stem: str) -> None:
    code = "".join(cell.source for cell in NOTEBOOKS[stem].cells if cell.cell_type == "code")
    assert set(re.findall(r"(?:Figure|Table) \d+\.\d+", code)) <= set(TITLES.values())


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_no_figure_or_table_goes_by_its_place_on_the_page(stem: str) -> None:
    text = " ".join(" ".join(text.split()) for _, text in _prose(NOTEBOOKS[stem]))
    vague = r"(?:figures?|tables?|captions?) (?:above|below|that follows?|of notebook|of effects)"
    assert re.findall(vague, text) == []


@pytest.mark.parametrize("path", Layout().notebooks.values(), ids=lambda path: path.stem)
def test_a_notebook_is_written_as_jupyter_would_not_change_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert nbformat.writes(nbformat.read(path, as_version=4)) + "\n" == text
