"""What a published run leaves to be read without a run: its page, and its executed notebooks.

The page is that of the run, but its pictures and their data are files of a folder that is in git
anyway, so that another run costs little there. The notebooks hold small copies of the pictures,
since the places where code is read show what is in a notebook and nothing beside it.
"""

import base64
import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from PIL import Image

from intensity.values import InvalidInput, shown

_PICTURE = re.compile(
    r'<figure id="fig-[^"]*">.*?src="data:image/png;base64,(?P<png>[^"]*)" alt="(?P<alt>[^"]*)"'
    r".*?<figcaption>(?P<caption>.*?)</figcaption>",
    re.S,
)
"""A figure as `figures.display` writes it; of one with a slider, the picture that is printed."""

_LINK = re.compile(r'<a href="#[^"]*">(.*?)</a>|<b data-number="[^"]*"></b>')
"""What leads nowhere where the notebook stands alone."""

WIDTH = 800
"""Pixels that a picture in a notebook is wide at most."""

COLORS = 64
"""Colors that it has at most."""


def small_notebook(path: Path) -> str:
    """An executed notebook with what it showed, as small as it can be.

    Args:
        path: the copy that papermill has left.

    Returns:
        The notebook's text: prose, code, small pictures with captions, and tables; what was printed
        on standard error, and when each cell ran, are left out.

    Raises:
        InvalidInput: there is no notebook, or it cannot be read.
    """
    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, AttributeError):
        raise InvalidInput(f"{shown(path)}: no notebook can be read there; run it again") from None
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for noise in ("papermill", "execution"):
            cell.metadata.pop(noise, None)
        if cell.cell_type == "code":
            cell.outputs = [small for output in cell.outputs for small in _small(output)]
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text + "\n"


def small_png(data: bytes, width: int, colors: int) -> bytes:
    """A picture of at most so many pixels across, and of few colors.

    Args:
        data: a PNG.
        width: at most so many pixels.
        colors: at most so many, up to 256.

    Returns:
        A PNG, equal for equal pictures.
    """
    with Image.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((width, 10 * width), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.quantize(colors, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _small(output: NotebookNode) -> list[NotebookNode]:
    """An output as the published notebook has it."""
    if output.output_type == "stream":
        return [output] if output.name == "stdout" else []
    html = output.get("data", {}).get("text/html", "")
    figure = _PICTURE.search(html)
    if figure is None:
        return [_shown({"text/html": _without_links(html)})] if html else [output]
    png = small_png(base64.b64decode(figure["png"]), WIDTH, COLORS)
    picture = {"image/png": base64.b64encode(png).decode(), "text/plain": unescape(figure["alt"])}
    return [_shown(picture), _shown({"text/html": f"<p>{_without_links(figure['caption'])}</p>"})]


def _without_links(html: str) -> str:
    return _LINK.sub(r"\1", html)


def _shown(data: dict[str, Any]) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data=data)  # type: ignore[no-untyped-call]
