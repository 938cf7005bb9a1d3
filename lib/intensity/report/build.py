"""The report: the executed notebooks of a run as one article in one HTML file.

The page is made from files alone (executed notebooks, results.json, manifest.json), so it can be
built at any time during a run; what is not there yet is said to be missing. nbconvert fills the
template. The page loads nothing from the network: style and script are part of it, formulas are
MathML, and pictures are data, but for a published page, whose pictures lie beside it.
"""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from intensity.claims.definitions import SOURCES, load_claims
from intensity.claims.expected import expected_path, load_expected
from intensity.claims.judge import NO, claims_table
from intensity.claims.results import RunResults, load_results
from intensity.environment import Layout
from intensity.report.captions import load_captions
from intensity.report.citation import citations
from intensity.report.numbers import numbered
from intensity.report.page import PageExporter, Places, small_picture
from intensity.storage.files import write_aside
from intensity.storage.manifest import load_manifest
from intensity.tables.training import scale_by_network
from intensity.training.presets import TASKS
from intensity.values import InvalidInput, shown

HEADLINES = {
    "accuracy": "accuracy/hard/bn_compact", "background": "answers_by_background/hard/bn_compact",
}  # fmt: skip
"""The measurements that the abstract quotes, of one network, by their names in the templates."""

PAPER = "paper"
"""The profile whose published results the page of another one shows too."""

SCALE_CLAIMS = ("P1", "P11", "P12")
"""The claims that it measures at the paper's own scale."""

LIVE = "fig-sweep"
"""The figure with a slider: the page opens with it."""

PROBLEMS = "<!-- problems -->"
"""Where the page says what is wrong with its references."""

FIELDS = (
    *("profile", "started", "finished", "commit", "dirty", "versions", "machine", "seeds"),
    *("parameters", "notebooks", "networks"),
)
"""What the page reads of a manifest."""


def build_report(layout: Layout, profile: str) -> Path:
    """Build the page of a run from what its folder holds.

    Args:
        layout: the checkout.
        profile: the run's profile.

    Returns:
        The page, runs/<profile>/report/index.html.

    Raises:
        InvalidInput: the run's manifest lacks something.
    """
    page = layout.run(profile) / "report" / "index.html"
    write_aside(page, page_of(layout, profile, Places(layout.run(profile) / "figures")))
    return page


def page_of(layout: Layout, profile: str, places: Places) -> str:
    """The page of a run as HTML.

    Args:
        layout: the checkout.
        profile: the run's profile.
        places: where the page finds pictures, data and notebooks.

    Raises:
        InvalidInput: the run's manifest lacks something.
    """
    folder = layout.run(profile)
    manifest = load_manifest(folder)
    absent = [name for name in FIELDS if name not in manifest]
    if absent:
        place = shown(folder / "manifest.json")
        raise InvalidInput(f"manifest: {place} has no {absent[0]!r}; run the notebooks again")
    merged = _merge(layout, folder, manifest)
    anchors = _anchors(merged)
    front = _front_matter(layout, profile, manifest) | {
        "places": places,
        "anchors": anchors,
        "gallery": _gallery(layout, manifest["parameters"], anchors, places),
        "live": _taken_out(merged, LIVE),
    }
    html, _ = PageExporter().from_notebook_node(merged, {"page": front, "contents": []})
    html, problems = numbered(_without_links(html, layout, front))
    lines = [] if front["missing"] or front["failed"] else problems  # else they may come yet
    return html.replace(PROBLEMS, "".join(f'<p class="note">{escape(one)}</p>' for one in lines))


def _front_matter(layout: Layout, profile: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the page says around the notebooks."""
    folder = layout.run(profile)
    results, problem = _results(folder, bool(manifest["notebooks"]))
    records, names = manifest["notebooks"], list(manifest["parameters"])
    known, claims = results.known, results.all_claims
    return {
        "manifest": manifest,
        "problem": problem,
        "notebooks": names,
        "missing": [name for name in names if name not in records],
        "failed": {
            name: record["error"] for name, record in records.items() if record.get("error")
        },
        "headlines": {word: known[name] for word, name in HEADLINES.items() if name in known},
        "unmeasured": [name for name in HEADLINES.values() if name not in known],
        "order": " ".join(map(str, TASKS["hard"].labels)),
        "tallies": [results.tally(source) for source in SOURCES if any(c.parts for c in claims)],
        "claims": {
            words: claims_table(claims, source).to_dict("records")
            for source, words in SOURCES.items()
        },
        "undecided": [claim for claim in claims if claim.verdict == "undecided"],
        "failed_claims": [claim for claim in claims if claim.verdict in NO],
        "in_words": results.in_words,
        "behind_words": results.behind_words,
        "findings": {words: results.findings(source) for source, words in SOURCES.items()},
        "all_findings": sum(claim.headline is not None for claim in load_claims().claims),
        "networks": manifest["networks"],
        "at_scale": _at_scale(layout, profile),
        "citations": citations(),
    }


def _at_scale(layout: Layout, profile: str) -> dict[str, Any]:
    """What is published of the paper's own scale; nothing where there is nothing yet."""
    if profile == PAPER or not expected_path(layout, PAPER).exists():
        return {}
    record = load_expected(layout, PAPER)
    rows = scale_by_network(record.measurements).to_dict("records")
    claims = [claim for claim in record.claims if claim.id in SCALE_CLAIMS]
    return {"rows": rows, "made": record.made, "claims": claims}


def _results(folder: Path, expected: bool) -> tuple[RunResults, str]:
    """What a run has measured, and in a line why it cannot be read, if it should and cannot."""
    try:
        return load_results(folder), ""
    except InvalidInput as error:
        nothing = RunResults(profile=folder.name, complete=False, measurements=(), claims=())
        return nothing, str(error) if expected else ""


def _without_links(html: str, layout: Layout, front: dict[str, Any]) -> str:
    """The page with words for links to figures and tables of notebooks that the profile lacks."""
    for notebook in layout.notebooks.keys() - front["notebooks"]:
        captions = load_captions(layout.captions(notebook))
        named = [*(f"fig-{n}" for n in captions.figures), *(f"table-{n}" for n in captions.tables)]
        for name in [name for name in named if name not in front["anchors"]]:
            words = rf"\1 <code>{name.partition('-')[2]}</code> of notebook {notebook[:2]}"
            html = re.sub(rf'<a href="#{name}">(\w+)</a>', words, html)
    return html


def _anchors(merged: NotebookNode) -> set[str]:
    outputs = [output for cell in merged.cells for output in cell.get("outputs", [])]
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    return {name for page in pages for name in re.findall(r'<figure[^>]* id="(.*?)"', page)}


def _gallery(
    layout: Layout, notebooks: Iterable[str], anchors: set[str], places: Places
) -> list[dict[str, str]]:
    """The figures of the page that repeat one of the paper: name, what it is there, picture."""
    return [
        {"name": name, "paper": words.paper, "picture": small_picture(file, places)}
        for notebook in notebooks
        for name, words in load_captions(layout.captions(notebook)).figures.items()
        if words.paper and f"fig-{name}" in anchors
        if (places.figures / f"{(file := f'{notebook[:2]}-{name}')}.png").exists()
    ]


def _taken_out(merged: NotebookNode, anchor: str) -> dict[str, Any]:
    """A figure, which no longer stands in its chapter; nothing where it is not there yet."""
    for cell in merged.cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            if f'id="{anchor}"' in html:
                cell.outputs.remove(output)
                return {"html": html, "cell": cell.metadata.anchor, "part": cell.metadata.part}
    return {}


def _merge(layout: Layout, folder: Path, manifest: dict[str, Any]) -> NotebookNode:
    """All notebooks as one; every cell's metadata say in `part` where it comes from."""
    python = {"language_info": {"name": "python"}}
    # Format 4.4 has no ids of cells: they are unique within a notebook only.
    merged = _node({"nbformat": 4, "nbformat_minor": 4, "metadata": python, "cells": []})
    for name in manifest["parameters"]:
        source = layout.notebooks[name]
        executed = folder / "notebooks" / source.name
        was_run = name in manifest["notebooks"]
        cells = _executed_cells(executed, source) if was_run else _placeholder(source)
        for number, cell in enumerate(cells):
            cell.metadata.part = name
            cell.metadata.anchor = f"cell-{name}-{number}"
            merged.cells.append(cell)
    return merged


def _executed_cells(path: Path, source: Path) -> list[NotebookNode]:
    """The cells of an executed notebook that were reached, without papermill's own marks."""
    try:
        cells = _cells(path)
    except FileNotFoundError:
        return _placeholder(source, f"{path.name} of this run is not there; run it again.")
    except (ValueError, AttributeError, nbformat.ValidationError):  # somebody has edited or cut it
        return _placeholder(source, f"{path.name} of this run cannot be read; run it again.")
    return [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]


def _placeholder(source: Path, words: str = "Not run yet.") -> list[NotebookNode]:
    """The title of a notebook that has nothing to show, and a line that says why."""
    lines = [line for cell in _cells(source) for line in cell.source.splitlines()]
    title = next((line for line in lines if line.startswith("# ")), f"# {source.stem}")
    text = f"{title}\n\n*{words}*"
    return [_node({"cell_type": "markdown", "source": text, "metadata": {}})]


def _cells(path: Path) -> list[NotebookNode]:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    return list(notebook.cells)


def _node(fields: dict[str, Any]) -> NotebookNode:
    return nbformat.from_dict(fields)  # type: ignore[no-untyped-call]
