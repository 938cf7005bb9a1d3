"""Executed notebooks as HTML: nbconvert with the template in templates/, prose, figures with links.

Prose is Markdown; its headings are numbered as notebooks are, go one level down and into the
contents. Every figure gets links to the cell that made it, to its notebook and to its data.
Pictures and data are part of the page, or lie where `Places` says.
"""

import base64
import io
import re
from html import escape, unescape
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert as mathml
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image
from traitlets.config import Config

from intensity.report.published import small_png

TEMPLATES = Path(__file__).with_name("templates")

_FIGURE = re.compile(r'<figure(?: class="table")? id="(?:fig-)?([a-z0-9-]+)">.*?</figure>', re.S)
"""A figure or table as `figures.display` writes it."""


_PICTURE = re.compile(r'src="data:image/png;base64,([^"]*)"')

SMALL = 400, 32
"""Pixels across and colors that a picture in the gallery may have."""


class Places(NamedTuple):
    """Where a page finds what a run has left.

    figures: the folder of the run's figures.
    linked: its address from the page, or nothing where pictures and data are part of the page.
    notebooks, results, manifest: addresses from the page; nothing where there is none.
    """

    figures: Path
    linked: str = ""
    notebooks: str = "../notebooks"
    results: str = "../results.json"
    manifest: str = "../manifest.json"


class Heading(NamedTuple):
    """A line of the contents list."""

    anchor: str
    text: str
    level: int


class PageExporter(HTMLExporter):
    """The HTML exporter of nbconvert with the template, prose and figures of this project."""

    def __init__(self) -> None:
        config = Config({"CSSHTMLHeaderPreprocessor": {"enabled": False}})
        super().__init__(  # type: ignore[no-untyped-call]
            config=config, template_name="page", extra_template_basedirs=[str(TEMPLATES)]
        )
        self.environment.autoescape = True
        self.environment.filters |= {
            "with_links": with_links,
            "reachable": reachable,
            "coded": coded,
        }

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Markdown of the cell that the template is at, as HTML."""
        part = context["cell"].metadata.part
        renderer = _Prose(part, context["resources"]["contents"])
        return MarkdownWithMath(renderer=renderer).render(source)


class _Prose(IPythonRenderer):
    """Markdown to HTML: headings one level lower and listed in the contents, formulas in MathML."""

    def __init__(self, part: str, contents: list[Heading]) -> None:
        super().__init__(escape=False)
        self._part, self._contents = part, contents

    def heading(self, text: str, level: int, **_: Any) -> str:
        """A heading with an anchor that is unique on the page; titles have their part's number."""
        if level == 1:
            text = f"{int(self._part[:2])} {text}"
        plain = re.sub(r"<[^>]*>", "", text)
        words = re.sub(r"[^a-z0-9]+", "-", unescape(plain).lower()).strip("-")
        slug = f"{self._part}-{words}"
        taken = {heading.anchor for heading in self._contents}
        anchor = f"{slug}-{len(taken)}" if slug in taken else slug
        self._contents.append(Heading(anchor, plain, level + 1))
        return f'<h{level + 1} id="{anchor}">{text}</h{level + 1}>\n'

    def table(self, text: str) -> str:
        """A table that may be wider than the page."""
        return f'<div class="wide"><table>{text}</table></div>\n'

    def inline_math(self, body: str) -> str:
        """A formula in a line."""
        return str(mathml(body))

    def block_math(self, body: str) -> str:
        """A formula of its own."""
        return str(mathml(body.strip(), display="block"))


def with_links(html: str, cell: str, part: str, places: Places) -> str:
    """Output of a cell whose figures and tables say in their captions where they come from.

    Args:
        html: the output.
        cell: anchor of the cell's code on the page.
        part: the notebook's name.
        places: where figures, their data as CSV, and notebooks are.

    Returns:
        The output with a line of links at the end of every caption.
    """

    def linked(figure: re.Match[str]) -> str:
        """The figure with links to its sources in the caption."""
        name, file = figure[1], f"{part[:2]}-{figure[1]}"
        sources = {
            "code": f'href="#{cell}"',
            "notebook": f'href="{places.notebooks}/{part}.ipynb"',
            "data (CSV)": _data(file, places),
        }
        links = " ".join(_link(source, words, name) for words, source in sources.items() if source)
        line = f'<span class="links">{links}</span></figcaption>'
        whole = figure[0].replace("</figcaption>", line, 1)
        return _PICTURE.sub(
            lambda png: _picture(file, places) if places.linked else _packed(png[1]), whole
        )

    return _FIGURE.sub(linked, html)


def _data(file: str, places: Places) -> str:
    """Where a link finds the data of a figure; nothing where there are none."""
    path = places.figures / f"{file}.csv"
    if not path.exists():
        return ""
    if places.linked:
        return f'download href="{places.linked}/{path.name}"'
    data = base64.b64encode(path.read_bytes()).decode()
    return f'download="{path.name}" href="data:text/csv;base64,{data}"'


def _picture(file: str, places: Places) -> str:
    """What says where a linked picture is, and how large, so that nothing moves when it comes."""
    with Image.open(places.figures / f"{file}.png") as picture:
        width, height = picture.size
    return f'src="{places.linked}/{file}.png" width="{width}" height="{height}" loading="lazy"'


def _packed(png: str) -> str:
    """The same pixels as WebP without loss: two fifths of the PNG's size."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        picture.save(buffer, "WEBP", lossless=True, method=2)
    return f'src="data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"'


def small_picture(file: str, places: Places) -> str:
    """The address of a figure's picture for the gallery: a small copy, where it is in the page."""
    if places.linked:
        return f"{places.linked}/{file}.png"
    small = small_png((places.figures / f"{file}.png").read_bytes(), *SMALL)
    return f"data:image/png;base64,{base64.b64encode(small).decode()}"


def _link(source: str, words: str, name: str) -> str:
    return f'<a {source}>{words}<span class="unseen"> of {name}</span></a>'


def reachable(html: str) -> str:
    """Text as it was printed, marked as what may be wider than the page."""
    return html.replace("<pre>", '<pre class="wide">')


def coded(text: str) -> str:
    """Plain text as HTML: between backquotes is code, between stars what is stressed."""
    html = re.sub(r"`(.+?)`", r"<code>\1</code>", escape(text))
    html = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html)
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", html)
