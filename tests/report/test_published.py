"""Executed notebooks in git: what they showed is there, small, and nothing of when it was run."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image

from intensity.report.published import COLORS, WIDTH, small_notebook, small_png


def png(width: int, height: int) -> bytes:
    """Noise in color."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


FIGURE = (
    '<figure id="fig-a">{live}<div class="still wide"><img src="data:image/png;base64,'
    + base64.b64encode(png(1000, 100)).decode()
    + '" alt="a &lt;line&gt;"></div><figcaption><b data-number="fig-a"></b>It rises, see '
    '<a href="#fig-b">Figure</a>.</figcaption></figure>'
)
TABLE = '<figure class="table" id="table-t"><figcaption>T</figcaption><table></table></figure>'


def html(text: str) -> dict[str, Any]:
    """What a cell shows."""
    return {"output_type": "display_data", "data": {"text/html": text}, "metadata": {}}


@pytest.fixture
def notebook(tmp_path: Path) -> Any:
    """A notebook with one cell of each kind of output, made small."""
    outputs = [
        html(FIGURE.format(live="")),
        html(FIGURE.format(live="<script>slide()</script>")),
        html(TABLE),
        {"output_type": "stream", "name": "stdout", "text": "said"},
        {"output_type": "stream", "name": "stderr", "text": "warned"},
    ]
    timed = {"papermill": {"start_time": "2026"}, "execution": {"iopub": "2026"}, "tags": ["x"]}
    cell = {"cell_type": "code", "source": "1", "metadata": timed, "id": "a"}
    whole = {
        "cells": [{**cell, "execution_count": 1, "outputs": outputs}],
        **{"nbformat": 4, "nbformat_minor": 5, "metadata": {"papermill": {"start": "2026"}}},
    }
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(whole))
    return nbformat.reads(small_notebook(path), as_version=4)  # type: ignore[no-untyped-call]


def test_figures_become_small_pictures_with_their_captions(notebook: Any) -> None:
    first, caption, second, again, *_ = notebook.cells[0].outputs
    assert caption == again
    assert caption.data["text/html"] == "<p>It rises, see Figure.</p>"
    assert first == second  # of a live figure, what is printed
    assert first.data["text/plain"] == "a <line>"
    with Image.open(io.BytesIO(base64.b64decode(first.data["image/png"]))) as small:
        assert small.size == (WIDTH, WIDTH // 10)
        assert len(small.getcolors()) <= COLORS


def test_tables_and_printed_text_stay_and_noise_goes(notebook: Any) -> None:
    *_, table, said = notebook.cells[0].outputs
    assert table.data["text/html"] == TABLE
    assert said.text == "said"
    assert "2026" not in json.dumps(notebook)
    assert notebook.cells[0].metadata == {"tags": ["x"]}


def test_equal_pictures_become_equal_bytes_and_small_ones_stay() -> None:
    data = png(40, 30)
    assert small_png(data, 100, 16) == small_png(data, 100, 16)
    with Image.open(io.BytesIO(small_png(data, 100, 16))) as small:
        assert small.size == (40, 30)
        assert len(small.getcolors()) <= 16
