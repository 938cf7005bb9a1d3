"""The report: the executed notebooks of a run as one article in one HTML file.

The page is made from files alone (executed notebooks, results.json, manifest.json), so it can be
built at any time during a run; what is not there yet is said to be missing. nbconvert fills the
template in report/. The page asks nothing of the network: style and script stand in it, pictures
are data, formulas are MathML.
"""

import re
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert as mathml
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from traitlets.config import Config

from intensity.claims import claims_table
from intensity.files import write_aside
from intensity.manifest import load_manifest
from intensity.results import load_results, measurements_in
from intensity.settings import Layout
from intensity.values import ROOT, InvalidInput

HEADLINES = ("accuracy/three_bands/large", "accuracy/three_bands/small", "accuracy/hard/bn_compact")
"""The measurements that the abstract begins with."""

VERDICTS = ("reproduced", "not reproduced", "undecided")


class Heading(NamedTuple):
    """A line of the contents list."""

    anchor: str
    text: str
    level: int


def build_report(layout: Layout, profile: str) -> Path:
    """Build the page of a run from what its folder holds.

    Args:
        layout: the checkout.
        profile: the run's profile.

    Returns:
        The page, runs/<profile>/report/index.html.
    """
    folder = layout.run(profile)
    manifest = load_manifest(folder)
    resources = {"page": _front_matter(layout, folder, manifest), "contents": []}
    html, _ = _exporter().from_notebook_node(_merge(layout, folder, manifest), resources)
    page = folder / "report" / "index.html"
    write_aside(page, html)
    return page


def count_verdicts(results: dict[str, Any]) -> dict[str, int]:
    """How many of a run's claims got each verdict.

    Args:
        results: what `load_results` gives.
    """
    found = Counter(claim["verdict"] for claim in results["claims"])
    return {verdict: found[verdict] for verdict in VERDICTS}


def _front_matter(layout: Layout, folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the page says around the notebooks."""
    try:
        results = load_results(folder)
    except InvalidInput:
        results = {"measurements": [], "claims": []}
    records = manifest["notebooks"]
    known = measurements_in(results)
    return {
        "manifest": manifest,
        "notebooks": list(layout.notebooks),
        "missing": [name for name in layout.notebooks if name not in records],
        "failed": {name: record["error"] for name, record in records.items() if record["error"]},
        "headlines": [known[name] for name in HEADLINES if name in known],
        "unmeasured": [name for name in HEADLINES if name not in known],
        "verdicts": count_verdicts(results),
        "claims": claims_table(results["claims"]).to_dict("records"),
    }


def _merge(layout: Layout, folder: Path, manifest: dict[str, Any]) -> NotebookNode:
    """All notebooks as one; every cell's metadata say in `part` where it comes from."""
    python = {"language_info": {"name": "python"}}
    # Format 4.4 has no ids of cells: they are unique within a notebook only.
    merged = _node({"nbformat": 4, "nbformat_minor": 4, "metadata": python, "cells": []})
    for name, source in layout.notebooks.items():
        executed = folder / "notebooks" / source.name
        was_run = name in manifest["notebooks"] and executed.exists()
        for cell in _executed_cells(executed) if was_run else _placeholder(source):
            cell.metadata.part = name
            merged.cells.append(cell)
    return merged


def _executed_cells(path: Path) -> list[NotebookNode]:
    """The cells of an executed notebook that were reached, without papermill's own marks."""
    return [
        cell
        for cell in _cells(path)
        if "papermill" in cell.metadata and cell.metadata.papermill.start_time
    ]


def _placeholder(source: Path) -> list[NotebookNode]:
    """The title of a notebook that was not run, and a line that says so."""
    lines = [line for cell in _cells(source) for line in cell.source.splitlines()]
    title = next((line for line in lines if line.startswith("# ")), f"# {source.stem}")
    text = f"{title}\n\n*Not run yet.*"
    return [_node({"cell_type": "markdown", "source": text, "metadata": {}})]


def _cells(path: Path) -> list[NotebookNode]:
    """The cells of a notebook file."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return list(notebook.cells)


def _node(fields: dict[str, Any]) -> NotebookNode:
    """A part of a notebook from plain data."""
    return nbformat.from_dict(fields)  # type: ignore[no-untyped-call]


def _exporter() -> HTMLExporter:
    """The exporter with the template of this project."""
    config = Config({"CSSHTMLHeaderPreprocessor": {"enabled": False}})
    exporter = _PageExporter(  # type: ignore[no-untyped-call]
        config=config, template_name="report", extra_template_basedirs=[str(ROOT)]
    )
    exporter.environment.autoescape = True
    return exporter


class _PageExporter(HTMLExporter):
    """The HTML exporter of nbconvert with prose as `_Prose` renders it."""

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Markdown of the cell that the template is at, as HTML."""
        part = context["cell"].metadata.part
        renderer = _Prose(part, context["resources"]["contents"])
        return MarkdownWithMath(renderer=renderer).render(source)


class _Prose(IPythonRenderer):
    """Markdown to HTML: headings one level lower and listed in the contents, formulas in MathML."""

    def __init__(self, part: str, contents: list[Heading]) -> None:
        """Render prose of one part; `contents` grows by its headings."""
        super().__init__(escape=False)
        self._part = part
        self._contents = contents

    def heading(self, text: str, level: int, **_: Any) -> str:
        """A heading with an anchor that is unique on the page."""
        plain = re.sub(r"<[^>]*>", "", text)
        slug = f"{self._part}-{_slug(unescape(plain))}"
        taken = {heading.anchor for heading in self._contents}
        anchor = f"{slug}-{len(taken)}" if slug in taken else slug
        self._contents.append(Heading(anchor, plain, level + 1))
        return f'<h{level + 1} id="{anchor}">{text}</h{level + 1}>\n'

    def inline_math(self, body: str) -> str:
        """A formula in a line."""
        return str(mathml(body))

    def block_math(self, body: str) -> str:
        """A formula of its own."""
        return str(mathml(body.strip(), display="block"))


def _slug(text: str) -> str:
    """A text as an anchor: small letters and digits, joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
