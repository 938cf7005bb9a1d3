"""Display: files with equal bytes for equal figures, and pages with escaped text."""

import base64
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from intensity.figures.display import save, show_picture, show_rows
from intensity.values import InvalidInput

TABLE = pd.DataFrame({"x": [1, 2], "y": [1 / 3, 2.0]})


def figure() -> Figure:
    """A line."""
    fig = Figure(figsize=(2, 1))
    fig.subplots().plot(TABLE["x"], TABLE["y"])
    return fig


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What is shown, as a notebook would get it."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda page: shown.append(page._repr_mimebundle_())
    )
    return shown


def test_equal_figures_have_equal_bytes_in_every_file(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save(figure(), "02-1-line", TABLE, tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "a" / "figures").iterdir())
    assert names == ["02-1-line.csv", "02-1-line.pdf", "02-1-line.png"]
    for name in names:
        one, other = (tmp_path / folder / "figures" / name for folder in ("a", "b"))
        assert one.read_bytes() == other.read_bytes(), name


def test_a_png_has_150_pixels_an_inch_and_names_no_program(tmp_path: Path) -> None:
    image = Image.open(io.BytesIO(save(figure(), "02-1-line", TABLE, tmp_path)))
    assert image.size == (300, 150)
    assert set(image.info) <= {"dpi"}
    pdf = (tmp_path / "figures" / "02-1-line.pdf").read_bytes()
    assert b"CreationDate" not in pdf
    assert b"atplotlib" not in pdf


def test_the_csv_holds_the_numbers_behind_the_figure(tmp_path: Path) -> None:
    save(figure(), "02-1-line", TABLE, tmp_path)
    text = (tmp_path / "figures" / "02-1-line.csv").read_text()
    assert text == "x,y\n1,0.333333\n2,2\n"


def test_a_picture_has_a_place_for_its_number_a_caption_and_alternative_text(
    pages: list[dict[str, str]],
) -> None:
    caption, alt = "a < b, as [Figure](#fig-other)", 'x > "y"'
    show_picture(b"png", name="line", caption=caption, alt=alt, live="<p>live</p>")
    (page,) = pages
    assert '<figure id="fig-line"><p>live</p><div class="still wide"><img' in page["text/html"]
    words = '<b data-number="fig-line"></b>a &lt; b, as <a href="#fig-other">Figure</a>'
    assert f"<figcaption>{words}</figcaption>" in page["text/html"]
    assert 'alt="x &gt; &quot;y&quot;"' in page["text/html"]
    source = re.search(r"base64,([^\"]+)", page["text/html"])
    assert source is not None
    assert base64.b64decode(source[1]) == b"png"


def test_outside_a_notebook_a_figure_is_its_caption(capsys: pytest.CaptureFixture[str]) -> None:
    show_picture(b"png", name="line", caption="A line.", alt="a")
    assert capsys.readouterr().out == "A line.\n"


def test_a_table_formats_values_and_leaves_missing_ones_empty(
    pages: list[dict[str, str]],
) -> None:
    long = "word " * 40
    table = pd.DataFrame({"name": ["<i>", long], "accuracy": [0.12345, None]})
    table["threshold"] = pd.array([2.5, pd.NA], "Float64")
    show_rows(table, name="all", caption="c", formats={"accuracy": "{:.3f}"})
    page = pages[0]["text/html"]
    assert page.startswith('<figure class="table" id="table-all">')
    assert '<b data-number="table-all"></b>c' in page
    assert "<td>0.123</td>" in page
    assert page.count("<td></td>") == 2
    assert "<td>&lt;i&gt;</td>" in page
    assert long.strip() in page


def test_a_long_name_in_a_table_may_go_on_in_the_next_line(pages: list[dict[str, str]]) -> None:
    show_rows(pd.DataFrame({"id": ["a_b/c"], "x": ["1 / 2"]}), name="all", caption="c")
    assert "<td>a_<wbr>b/<wbr>c</td>" in pages[0]["text/html"]
    assert "<td>1 / 2</td>" in pages[0]["text/html"]


def test_a_table_has_no_column_without_a_heading(pages: list[dict[str, str]]) -> None:
    table = pd.DataFrame({"layer": ["a"], "share": [1.0]}).rename_axis(columns="condition")
    show_rows(table, name="all", caption="c")
    assert re.findall(r"<t[hd]>(.*?)</t[hd]>", pages[0]["text/html"]) == [
        *("layer", "share", "a", "1.0")
    ]


@pytest.mark.parametrize("name", ["line", "2-line", "02-Line", "../02-1-line", "02-1-a/b"])
def test_another_name_is_refused_before_anything_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"name: .* use NN-words"):
        save(figure(), name, TABLE, tmp_path)
    assert not list(tmp_path.iterdir())
