"""Display: files with equal bytes for equal figures, and pages with escaped text."""

import base64
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from intensity.figures import in_words, save, show, show_table
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


def test_show_gives_one_page_with_number_caption_and_alternative_text(
    tmp_path: Path, pages: list[dict[str, str]]
) -> None:
    caption, alt = 'a < b & "c"', 'x > "y"'
    show(figure(), name="02-13-line", caption=caption, alt=alt, data=TABLE, output=tmp_path)
    (page,) = pages
    assert '<figure id="fig-02-13-line">' in page["text/html"]
    assert "<b>Figure 2.13.</b> a &lt; b &amp; &quot;c&quot;</figcaption>" in page["text/html"]
    assert 'alt="x &gt; &quot;y&quot;"' in page["text/html"]
    source = re.search(r"base64,([^\"]+)", page["text/html"])
    assert source is not None
    png = tmp_path / "figures" / "02-13-line.png"
    assert base64.b64decode(source[1]) == png.read_bytes()


def test_outside_a_notebook_a_figure_is_its_caption(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(figure(), name="02-1-line", caption="A line.", alt="a", data=TABLE, output=tmp_path)
    assert capsys.readouterr().out == "Figure 2.1. A line.\n"


def test_show_table_formats_values_and_leaves_missing_ones_empty(
    pages: list[dict[str, str]],
) -> None:
    long = "word " * 40
    table = pd.DataFrame({"name": ["<i>", long], "accuracy": [0.12345, None]})
    table["threshold"] = pd.array([2.5, pd.NA], "Float64")
    show_table(table, name="table-02-1", caption="c", formats={"accuracy": "{:.3f}"})
    page = pages[0]["text/html"]
    assert page.startswith('<figure class="table" id="table-02-1">')
    assert "<b>Table 2.1.</b> c" in page
    assert "<td>0.123</td>" in page
    assert page.count("<td></td>") == 2
    assert "<td>&lt;i&gt;</td>" in page
    assert long.strip() in page


def test_a_long_name_in_a_table_may_go_on_in_the_next_line(pages: list[dict[str, str]]) -> None:
    show_table(pd.DataFrame({"id": ["a_b/c"], "x": ["1 / 2"]}), name="table-02-1", caption="c")
    assert "<td>a_<wbr>b/<wbr>c</td>" in pages[0]["text/html"]
    assert "<td>1 / 2</td>" in pages[0]["text/html"]


def test_a_table_has_no_column_without_a_heading(pages: list[dict[str, str]]) -> None:
    table = pd.DataFrame({"layer": ["a"], "share": [1.0]}).rename_axis(columns="condition")
    show_table(table, name="table-02-1", caption="c")
    assert re.findall(r"<t[hd]>(.*?)</t[hd]>", pages[0]["text/html"]) == [
        *("layer", "share", "a", "1.0")
    ]


def test_a_figure_that_answers_stands_before_its_still_picture(
    tmp_path: Path, pages: list[dict[str, str]]
) -> None:
    names = {"name": "02-1-line", "caption": "c", "alt": "a"}
    show(figure(), **names, data=TABLE, output=tmp_path, live='<div class="sweep">x</div>')
    assert '<div class="sweep">x</div><div class="still wide"><img' in pages[0]["text/html"]


def test_a_table_in_words_names_every_row_that_has_a_number() -> None:
    table = pd.DataFrame({"task": "hard", "name": ["a", "b", "c"], "share": [0.125, None, 1.0]})
    assert in_words(table, ["task", "name"], "share") == "hard a: 0.12; hard c: 1.00"
    assert in_words(table, ["name"], "share", form="{:.0%}") == "a: 12%; c: 100%"
    assert in_words(table, ["task"], "share", "max") == "hard: 1.00"
    assert in_words(table.iloc[1:2], ["name"], "share") == "none"
    assert in_words(table.iloc[:0], ["name"], "share", "last") == "none"
    assert in_words(table.assign(share=-0.001), ["task"], "share") == "hard: 0.00"


@pytest.mark.parametrize("name", ["line", "2-line", "02-Line", "../02-1-line", "02-1-a/b"])
def test_another_name_is_refused_before_anything_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"name: .* use NN-words"):
        save(figure(), name, TABLE, tmp_path)
    assert not list(tmp_path.iterdir())
