"""Citations: the file's works as BibTeX, and the file itself as others read it."""

from pathlib import Path

from intensity.report.citation import citations

CFF = """\
title: A tool
type: software
version: 1.2.3
date-released: 2026-01-02
authors: [{name: the contributors}]
references:
  - type: article
    title: A paper
    year: 1999
    doi: 10.1/2
    authors: [{family-names: Doe, given-names: J.}, {name: A group}]
"""


def test_software_and_papers_become_entries(tmp_path: Path) -> None:
    path = tmp_path / "CITATION.cff"
    path.write_text(CFF)
    assert citations(path) == [
        "@software{contributors2026,\n"
        "  title = {{A tool}},\n"
        "  author = {{the contributors}},\n"
        "  year = {2026},\n"
        "  version = {1.2.3},\n"
        "}",
        "@article{doe1999,\n"
        "  title = {{A paper}},\n"
        "  author = {Doe, J. and {A group}},\n"
        "  year = {1999},\n"
        "  doi = {10.1/2},\n"
        "}",
    ]


def test_the_project_names_itself_and_the_paper() -> None:
    software, paper = citations()
    assert software.startswith("@software{")
    assert "Kaunismaa" in paper
    assert "2306.00360" in paper
