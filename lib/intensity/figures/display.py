"""Figures and tables as files and as parts of a notebook's page.

The files are a function of the figure alone: no date, no version, no name of a program is in them,
so that equal figures have equal bytes.
"""

import base64
import html
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from intensity.figures.style import DPI, styled
from intensity.storage.files import write_aside
from intensity.values import ROOT, InvalidInput

_FILE = re.compile(r"\d{2}-[a-z0-9-]+")
"""File names of figures: the notebook, words."""

_REFERENCE = re.compile(r"\[([^\]]*)\]\((#[^)]*)\)")
"""A figure or table that a caption names, as Markdown has it."""

_BETWEEN_WORDS = re.compile(r"(?<=\w)([_/])(?=\w)")
"""Where a name in a table may go on in the next line."""


@styled
def save(fig: Figure, name: str, data: pd.DataFrame, output: str | Path) -> bytes:
    """Write a figure as PNG and PDF and what it shows as CSV, into `<output>/figures/`.

    Args:
        fig: the figure.
        name: file name without ending, for example "02-learning-curves".
        data: the numbers behind the figure, one row a mark.
        output: folder of the run, absolute or from the checkout.

    Returns:
        The bytes of the PNG.

    Raises:
        InvalidInput: the name is not of the form NN-words.
    """
    if not _FILE.fullmatch(name):
        raise InvalidInput(f"name: {name!r} is not allowed: use NN-words")
    folder = ROOT / output / "figures"
    png = _bytes(fig, "png", {"Software": None})
    write_aside(folder / f"{name}.png", png)
    fig.set_layout_engine("none")  # the PNG's layout is kept; making it is most of the work
    pdf = _bytes(fig, "pdf", {"CreationDate": None, "Creator": None, "Producer": None})
    write_aside(folder / f"{name}.pdf", pdf)
    text = data.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_aside(folder / f"{name}.csv", text)
    return png


def show_picture(png: bytes, *, name: str, caption: str, alt: str, live: str = "") -> None:
    """Put a figure on a notebook's page; its number is made where the whole page is.

    Args:
        png: the picture.
        name: its anchor on the page is `#fig-<name>`.
        caption: what to see in it; plain text, with `[Figure](#fig-...)` for others.
        alt: what is on it; plain text.
        live: HTML that stands for the picture wherever its script runs.
    """
    source = base64.b64encode(png).decode()
    picture = f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt)}">'
    still = f'<div class="still wide">{picture}</div>'
    page = f'<figure id="fig-{name}">{live}{still}{_unnumbered("fig", name, caption)}</figure>'
    _display(page, caption)


def show_rows(
    table: pd.DataFrame, *, name: str, caption: str, formats: Mapping[str, str] | None = None
) -> None:
    """Put a table on a notebook's page; its number is made where the whole page is.

    Args:
        table: one column a column, without the index; an empty cell where a value is missing.
        name: its anchor on the page is `#table-<name>`.
        caption: what to see in it; plain text, with `[Figure](#fig-...)` for others.
        formats: how to write a column's values, for example {"accuracy": "{:.3f}"}.
    """
    words = _unnumbered("table", name, caption)
    page = f'<figure class="table" id="table-{name}">{words}{_rows(table, formats)}</figure>'
    _display(page, f"{caption}\n{table.to_string(index=False)}")


def _rows(table: pd.DataFrame, formats: Mapping[str, str] | None) -> str:
    """A table as HTML, which may be wider than the page."""
    formatters = {column: _formatter(text) for column, text in (formats or {}).items()}
    with pd.option_context("display.max_colwidth", None):
        plain = table.astype(dict.fromkeys(table.select_dtypes("Float64"), float))  # <NA> is NaN
        unnamed = plain.rename_axis(columns=None)  # whose name would be an empty column
        body = unnamed.to_html(index=False, border=0, na_rep="", formatters=formatters)
    body = _BETWEEN_WORDS.sub(r"\1<wbr>", body)
    return f'<div class="wide">{body}</div>'


def _unnumbered(kind: str, name: str, caption: str) -> str:
    words = _REFERENCE.sub(r'<a href="\2">\1</a>', html.escape(caption))
    return f'<figcaption><b data-number="{kind}-{name}"></b>{words}</figcaption>'


def _bytes(fig: Figure, kind: str, metadata: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    fig.savefig(buffer, format=kind, dpi=DPI, metadata=dict(metadata))
    return buffer.getvalue()


def _formatter(text: str) -> Callable[[Any], str]:
    return lambda value: "" if pd.isna(value) else text.format(value)


@dataclass(frozen=True)
class _Page:
    """A part of a notebook's page, and what stands for it where only text is shown."""

    html: str
    plain: str

    def __repr__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.plain}


def _display(html: str, plain: str) -> None:
    from IPython.display import display  # heavy, and only notebooks need it

    display(_Page(html, plain))  # type: ignore[no-untyped-call]
