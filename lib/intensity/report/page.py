"""Executed notebooks as HTML: nbconvert with the template in templates/, prose, figures with links.

Prose is Markdown; its headings are numbered as notebooks are, go one level down and into the
contents. Every figure gets links to the cell that made it, to its notebook and to its data, which
are part of the page.
"""

import base64
import re
from html import escape, unescape
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert as mathml
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

TEMPLATES = Path(__file__).with_name("templates")

_FIGURE = re.compile(r'<figure(?: class="table")? id="(?:fig-)?([a-z0-9-]+)">.*?</figure>', re.S)
"""A figure or table as `figures.display` writes it."""


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


def with_links(html: str, cell: str, part: str, figures: Path) -> str:
    """Output of a cell whose figures and tables say in their captions where they come from.

    Args:
        html: the output.
        cell: anchor of the cell's code on the page.
        part: the notebook's name.
        figures: the run's folder of figures, with the data of each as CSV.

    Returns:
        The output with a line of links at the end of every caption.
    """

    def linked(figure: re.Match[str]) -> str:
        """The figure with links to its sources in the caption."""
        name = figure[1]
        sources = {
            "code": f'href="#{cell}"',
            "notebook": f'href="../notebooks/{part}.ipynb"',
            "data (CSV)": _data(name, figures, part),
        }
        links = " ".join(_link(source, words, name) for words, source in sources.items() if source)
        line = f'<span class="links">{links}</span></figcaption>'
        return figure[0].replace("</figcaption>", line, 1)

    return _FIGURE.sub(linked, html)


def _data(name: str, figures: Path, part: str) -> str:
    """Where a link finds the data of a figure, which it holds; nothing where there are none."""
    path = figures / f"{part[:2]}-{name}.csv"
    if not path.exists():
        return ""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'download="{path.name}" href="data:text/csv;base64,{data}"'


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
