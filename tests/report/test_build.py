"""The page: self-contained, complete, readable, and honest about what is missing."""

import base64
import io
import json
import re
from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image

from intensity.claims.definitions import load_claims
from intensity.claims.expected import expected_path, expected_record
from intensity.claims.results import merge, save_part
from intensity.report.build import FIELDS, LIVE, build_report, page_of
from intensity.report.page import TEMPLATES, Places
from intensity.statistics.measurements import Results
from intensity.storage.files import write_value
from intensity.storage.manifest import new_manifest, save_manifest
from intensity.values import ROOT, InvalidInput


def encoded(picture: Image.Image) -> str:
    """A picture as PNG, in base64."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


DRAWN = Image.effect_noise((40, 20), 60).convert("RGB")
"""A picture."""
FIGURE = (
    f'<figure id="fig-a"><img src="data:image/png;base64,{encoded(DRAWN)}" alt="a rising line">'
    "<figcaption><b>Figure 1.1.</b> It rises.</figcaption></figure>"
)
NETWORK_REQUESTS = (
    r"<(?:script|img|iframe|source|video)\b[^>]*?\bsrc=[\"'](?:https?:)?//",
    r"<link\b[^>]*?href=[\"'](?:https?:)?//",
    r"@import",
    r"\bimport\(",
    r"fetch\(",
    r"url\([\"']?https?:",
)


def executed(cell: dict[str, Any], *outputs: dict[str, Any]) -> dict[str, Any]:
    """A cell as papermill leaves it."""
    cell["metadata"]["papermill"] = {"start_time": "2026-01-01T00:00:00"}
    if cell["cell_type"] == "code":
        cell["outputs"] = list(outputs)
    return cell


def markdown(source: str) -> dict[str, Any]:
    """A markdown cell that papermill has passed."""
    return executed({"cell_type": "markdown", "source": source, "metadata": {}})


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    """A code cell that papermill has run, with these outputs."""
    cell: dict[str, Any] = {"cell_type": "code", "source": source, "metadata": {}}
    return executed({**cell, "execution_count": 1}, *outputs)


def stream(name: str, text: str) -> dict[str, Any]:
    """What a cell has printed."""
    return {"output_type": "stream", "name": name, "text": text}


def html(text: str) -> dict[str, Any]:
    """HTML that a cell has displayed."""
    return {"output_type": "display_data", "data": {"text/html": text}, "metadata": {}}


DATA = [
    markdown("# Data\n\nThe *scenes* <b>here</b>, $x_i^2 < 3$.\n\n$$\\frac{a}{b}$$"),
    markdown("## Samples & `grids`"),
    code("figures.show(fig)  # <tag>", html(FIGURE)),
    markdown("## Samples & `grids`\n\n### Finer"),
    code("print(1)", stream("stdout", "printed <i>\n"), stream("stderr", "a warning")),
]
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "<b>", "traceback": ["line <7>"]}
TRAINING = [
    executed({"cell_type": "markdown", "source": "# Training", "metadata": {}}),
    code("train()", ERROR),
    {
        "cell_type": "markdown",
        "source": "After the failure",
        "metadata": {"papermill": {"start_time": None}},
    },
    {"cell_type": "markdown", "source": "papermill's own mark", "metadata": {}},
]


@pytest.fixture
def manifest(checkout: Any) -> dict[str, Any]:
    """The manifest of a run in which the first notebook passed and the second failed."""
    for name in ("01_data", "02_training", "03_end"):
        checkout.notebook(name)
    made = new_manifest(
        checkout.root, "smoke", {"01_data": {"seeds": [7, 8]}, "02_training": {}, "03_end": {}}
    )
    made["machine"]["processor"] = "<processor>"
    made["networks"] = 1
    record = {"started": "2026-01-01", "seconds": 1.5, "commit": "abc"}
    made["notebooks"] = {
        "01_data": {**record, "status": "passed", "error": None},
        "02_training": {**record, "status": "failed", "error": "cell [1]: ValueError: <b>"},
    }
    return made


@pytest.fixture
def page(checkout: Any, manifest: dict[str, Any]) -> BeautifulSoup:
    """The page of that run, with two measurements, one of them in the abstract."""
    folder = checkout.layout.run("smoke")
    checkout.write(folder / "notebooks" / "01_data.ipynb", DATA)
    checkout.write(folder / "notebooks" / "02_training.ipynb", TRAINING)
    results = Results("01_data", folder)
    results.over_seeds("accuracy/hard/bn_compact", [0.951, 0.959, 0.955], scenes=20000)
    results.over_seeds("accuracy/hard/bn_large", [0.961, 0.969, 0.965], scenes=20000)
    differing = [0.83, 0.84, 0.82, 0.85, 0.81]
    results.over_seeds("answers_by_background/hard/bn_compact", differing, scenes=1000)
    results.over_seeds("rectangle_wins/hard/bn_compact/twice", differing, scenes=1000)
    results.counts("accuracy/hard/mean_intensity", 6500, 20000)
    save_part(results)
    merge(folder, list(checkout.layout.notebooks))
    return build(checkout, manifest)


def build(checkout: Any, manifest: dict[str, Any]) -> BeautifulSoup:
    """Save the manifest and build the page."""
    save_manifest(checkout.layout.run("smoke"), manifest)
    text = build_report(checkout.layout, "smoke").read_text("utf8")
    return BeautifulSoup(text, "html.parser")


def section(page: BeautifulSoup, name: str) -> Tag:
    """The section of a notebook, or another one by its id."""
    found = page.find("section", id=name)
    assert isinstance(found, Tag)
    return found


def test_it_stands_alone(page: BeautifulSoup) -> None:
    for request in NETWORK_REQUESTS:
        assert not re.search(request, str(page))
    assert page.find("style")
    assert not page.find("link", rel="stylesheet")
    assert not page.find("script", src=True)


def test_the_contents_list_leads_to_every_section(page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    links = page.select("nav a")
    assert all(str(link["href"]).removeprefix("#") in ids for link in links)
    assert [link.text for link in links] == [
        "What was found",
        "Abstract",
        "Results: the paper and this run",
        "1 Data",
        "Samples & grids",
        "Samples & grids",
        "2 Training",
        "3 Title of 03_end",
        "Methods appendix",
        "Related work",
        "References",
        "How to cite",
    ]


def test_headings_form_one_outline(page: BeautifulSoup) -> None:
    levels = [int(tag.name[1]) for tag in page.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.html is not None
    assert page.html["lang"] == "en"


def test_figures_keep_caption_and_alternative_text(page: BeautifulSoup) -> None:
    figure = page.find("figure", id="fig-a")
    assert isinstance(figure, Tag)
    source = str(figure.find("img", alt="a rising line")["src"])  # type: ignore[index]
    kind, data = source.split(";base64,")
    assert kind == "data:image/webp"  # smaller, and without loss
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert picture.tobytes() == DRAWN.tobytes()
    assert "Figure 1.1." in figure.text
    assert all(image.get("alt") for image in page.find_all("img"))


def test_a_caption_leads_to_the_cell_the_notebook_and_the_data(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    figures = checkout.layout.run("smoke") / "figures"
    figures.mkdir()
    (figures / "01-a.csv").write_text("x,y\n1,2\n")
    links = build(checkout, manifest).select("#fig-a figcaption a")
    cell, notebook, data = (str(link["href"]) for link in links)
    code = page.find(id=cell.removeprefix("#"))
    assert isinstance(code, Tag)
    assert "figures.show(fig)" in code.text
    assert notebook == "../notebooks/01_data.ipynb"
    assert links[2]["download"] == "01-a.csv"
    assert base64.b64decode(data.partition("base64,")[2]) == b"x,y\n1,2\n"
    assert len(page.select("#fig-a figcaption a")) == 2  # before there were data


def test_every_reference_is_cited_and_every_citation_is_listed(page: BeautifulSoup) -> None:
    listed = {item["id"] for item in page.select(".references li")}
    cited = {str(link["href"])[1:] for link in page.select("a[href^='#ref-']")}
    assert listed == cited
    assert len(listed) > 20


def test_it_says_how_to_cite_paper_and_reproduction(page: BeautifulSoup) -> None:
    software, paper = (entry.text for entry in section(page, "citing").find_all("pre"))
    assert software.startswith("@software{")
    assert "author = {Kaunismaa, Jackson and Guerzhoy, Michael}" in paper


def test_the_paper_stands_beside_what_was_measured_and_gaps_are_counted(
    page: BeautifulSoup,
) -> None:
    rows = [
        [cell.text for cell in row.find_all(["th", "td"])] for row in page.select("#verdicts tr")
    ]
    assert rows[0] == ["question", "where the paper has it", "here", "verdict"]
    assert rows[2] == ["question", "here", "verdict"]  # ours stand in no paper
    assert rows[1][0].startswith("P1. ")
    assert rows[1][1] == "paper, sections 1 and 2"
    assert "bn_compact (ours) 95.50 % [94.51, 96.49] (claimed: >= 95 %)" in rows[1][2]
    verdicts = [(row[0][:3], row[-1]) for row in (rows[1], *rows[3:])]
    assert verdicts == [("P1.", "undecided"), ("O8.", "holds"), ("O9.", "holds")]
    assert (
        f"{FINDINGS - 3} of {FINDINGS} questions are unanswered" in section(page, "verdicts").text
    )


FINDINGS = sum(claim.headline is not None for claim in load_claims().claims)
RESULTS = {"profile": "smoke", "complete": False, "measurements": [], "claims": []}
CLAIM = {
    **{"id": "P1", "statement": "s", "source": "paper", "starred": False, "rule": "r"},
    **{"measurement": [], "parts": [], "verdict": "reproduced"},
}
OLD = {
    "another verdict": RESULTS | {"claims": [CLAIM | {"verdict": "refuted"}]},
    "a claim on nothing": RESULTS | {"claims": [CLAIM | {"measurement": ["a/b/c"]}]},
    "no claims": {key: value for key, value in RESULTS.items() if key != "claims"},
    "other measurements": RESULTS | {"measurements": [{"id": "a", "mean": 1}]},
    "other claims": RESULTS | {"claims": [{"id": "P1", "verdict": "reproduced"}]},
    "not an object": [],
}


@pytest.mark.parametrize("written", OLD.values(), ids=OLD)
def test_results_of_another_version_are_told_in_their_place(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any], written: Any
) -> None:
    path = checkout.layout.run("smoke") / "results.json"
    path.write_text(json.dumps(written))
    again = build(checkout, manifest)
    assert (
        "Numbers are missing here and in the tables of results: " in section(again, "abstract").text
    )
    assert f"{FINDINGS} of {FINDINGS} questions are unanswered" in section(again, "verdicts").text
    assert "Unknown: no claim has been tested." in section(again, "abstract").text
    assert str(checkout.root.parent) not in again.text.replace(str(path), "")
    assert "Traceback" not in section(again, "abstract").text
    assert section(again, "01_data").find("figure")


def test_a_claim_without_the_number_that_a_finding_shows_has_no_row(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    path = checkout.layout.run("smoke") / "results.json"
    path.write_text(json.dumps(RESULTS | {"claims": [CLAIM]}))
    again = build(checkout, manifest)
    assert f"{FINDINGS} of {FINDINGS} questions are unanswered" in section(again, "verdicts").text


def test_results_that_are_gone_are_told(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    (checkout.layout.run("smoke") / "results.json").unlink()
    again = section(build(checkout, manifest), "abstract").text
    assert "results.json is not there: run the notebooks first" in again
    assert "No claim that was tested" not in again
    assert "Not measured yet: accuracy/hard/bn_compact, answers_by_background/" in again


def test_results_that_are_cut_off_are_told_too(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    path = checkout.layout.run("smoke") / "results.json"
    path.write_text(path.read_text()[:100])
    assert "Numbers are missing" in section(build(checkout, manifest), "abstract").text


def test_an_executed_notebook_that_cannot_be_read_is_told_in_its_place(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    copy = checkout.layout.run("smoke") / "notebooks" / "01_data.ipynb"
    whole = copy.read_text()
    for damaged in (whole[:200], "[]", whole.replace('"outputs"', '"other"')):
        copy.write_text(damaged)
        again = build(checkout, manifest)
        assert "01_data.ipynb of this run cannot be read" in section(again, "01_data").text
        assert "This notebook failed" in section(again, "02_training").text
    copy.unlink()
    again = build(checkout, manifest)
    assert "01_data.ipynb of this run is not there" in section(again, "01_data").text


@pytest.mark.parametrize("field", FIELDS)
def test_a_manifest_that_lacks_something_is_refused_in_a_line(
    checkout: Any, page: BeautifulSoup, field: str
) -> None:
    path = checkout.layout.run("smoke") / "manifest.json"
    kept = json.loads(path.read_text())
    del kept[field]
    path.write_text(json.dumps(kept))
    with pytest.raises(InvalidInput, match=f"manifest: .* has no '{field}'; run the notebooks"):
        build_report(checkout.layout, "smoke")


def test_code_is_folded_behind_one_switch(page: BeautifulSoup) -> None:
    assert page.find("button", id="code-switch")
    folded = page.select("details.code")
    assert "figures.show(fig)  # <tag>" in folded[0].text
    assert not any(cell.has_attr("open") for cell in folded)
    assert all(cell.find_parent("details") for cell in page.select(".highlight"))


def test_what_cells_print_is_shown_and_their_noise_is_not(page: BeautifulSoup) -> None:
    assert "printed <i>" in section(page, "01_data").text
    assert "a warning" not in page.text


def test_prose_is_markdown_with_formulas_as_mathml(page: BeautifulSoup) -> None:
    prose = section(page, "01_data").select_one(".prose")
    assert prose is not None
    assert prose.find("em")
    assert prose.find("b")
    assert [formula["display"] for formula in prose.find_all("math")] == ["inline", "block"]
    assert "$" not in prose.text


def test_a_failed_notebook_shows_what_ran_and_one_box(page: BeautifulSoup) -> None:
    failed = section(page, "02_training")
    assert [box.text for box in failed.select(".failure")] == [
        "This notebook failed in cell [1]: ValueError: <b> (the full error is in its executed copy)"
    ]
    assert failed.select_one(".failure a")["href"] == "../notebooks/02_training.ipynb"  # type: ignore[index]
    assert "line <7>" not in page.text  # no stack trace on a page
    assert "After the failure" not in failed.text
    assert "papermill's own mark" not in failed.text


def test_a_notebook_that_was_not_run_is_said_to_be_missing(page: BeautifulSoup) -> None:
    assert "Not run yet." in section(page, "03_end").text
    assert "Not run yet: 03_end." in section(page, "abstract").text


def test_the_abstract_quotes_results_and_counts_verdicts(page: BeautifulSoup) -> None:
    abstract = " ".join(section(page, "abstract").text.split())
    assert "bn_compact (3 seeds) is right in 95.50 % [94.51, 96.49] of scenes" in abstract
    assert "class, not the object's, in 83.0 % [81.0, 85.0]." in abstract
    assert "The paper's claims: of 2, 0 reproduced, 0 not reproduced, 1 undecided" in abstract
    assert ", 2 hold, 0 do not hold, 0 undecided" in abstract
    results = " ".join(section(page, "verdicts").text.split())
    assert "what would decide those that are undecided (P1)." in results
    assert "No claim that was tested so far fails." in abstract


def test_it_opens_with_the_finding(page: BeautifulSoup) -> None:
    first = page.select("main > section")[0]
    assert first["id"] == "finding"
    text = " ".join(first.text.split())
    assert text.startswith("What was found An object's grey level, 0 to 255, lies in one of nine ")
    assert "On another background, does a network trained on black read the object " in text
    assert "over 5 trainings of each network" in text
    assert "level in 83.0 % [81.0, 85.0] of scenes" in text


SLIDER = FIGURE.replace("fig-a", LIVE).replace(
    "<b>Figure 1.1.</b>", f'<b data-number="{LIVE}"></b>'
)


def test_the_figure_with_a_slider_stands_under_it_and_not_in_its_chapter(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    cells = [*DATA, markdown(f"See [Figure](#{LIVE})."), code("show()", html(SLIDER))]
    copy = checkout.layout.run("smoke") / "notebooks" / "01_data.ipynb"
    checkout.write(copy, cells)
    again = build(checkout, manifest)
    assert [one.find_parent("section")["id"] for one in again.find_all(id=LIVE)] == ["finding"]
    assert again.select_one(f"#{LIVE} figcaption").text.startswith("Figure A.")  # type: ignore[union-attr]
    assert section(again, "01_data").find("a", href=f"#{LIVE}").text == "Figure A"  # type: ignore[union-attr]
    link = section(again, "finding").select_one("figcaption a[href^='#cell-01_data']")
    assert link is not None
    assert again.find(id=str(link["href"])[1:])


def picture(width: int, height: int) -> bytes:
    """A PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def drawn(checkout: Any, page: BeautifulSoup) -> None:
    """The figure of the first notebook as a file, which repeats one of the paper."""
    figures = checkout.layout.run("smoke") / "figures"
    figures.mkdir()
    (figures / "01-a.png").write_bytes(picture(1000, 500))
    (figures / "01-a.csv").write_text("x,y\n1,2\n")
    words = "figures:\n  a: {caption: It rises., alt: a line, paper: Sample images}\n"
    checkout.layout.captions("01_data").write_text(words)


@pytest.mark.usefixtures("drawn")
def test_the_papers_figures_stand_beside_each_other_and_lead_to_theirs(
    checkout: Any, manifest: dict[str, Any]
) -> None:
    (item,) = section(build(checkout, manifest), "verdicts").select(".gallery li")
    assert item.text.split(":")[0].strip() == "Sample images"
    assert {link["href"] for link in item.find_all("a")} == {"#fig-a"}
    data = str(item.img["src"]).removeprefix("data:image/png;base64,")  # type: ignore[index]
    with Image.open(io.BytesIO(base64.b64decode(data))) as small:
        assert small.size == (400, 200)


@pytest.mark.usefixtures("drawn")
def test_a_published_page_holds_no_picture_and_leads_to_them(
    checkout: Any, manifest: dict[str, Any]
) -> None:
    figures = checkout.layout.run("smoke") / "figures"
    places = Places(figures, "../figures", "notebooks", "../expected/smoke.json", "")
    save_manifest(checkout.layout.run("smoke"), manifest)
    text = page_of(checkout.layout, "smoke", places)
    again = BeautifulSoup(text, "html.parser")
    assert "data:image" not in text
    assert "base64" not in text
    image, data = again.select_one("#fig-a img"), again.select_one("#fig-a a[download]")
    assert image is not None
    assert data is not None
    assert [image[key] for key in ("src", "width", "height")] == [
        "../figures/01-a.png",
        "1000",
        "500",
    ]
    assert image["alt"] == "a rising line"
    assert data["href"] == "../figures/01-a.csv"
    assert again.select_one(".gallery img")["src"] == "../figures/01-a.png"  # type: ignore[index]
    assert again.find("a", href="notebooks/01_data.ipynb")
    assert again.find("a", href="../expected/smoke.json")
    assert not again.find("a", href=re.compile("manifest.json|^../notebooks"))


def test_the_abstract_has_some_150_words_at_most(published: BeautifulSoup) -> None:
    (text,) = (part.text for part in section(published, "abstract").find_all("p", class_=None))
    assert 100 < len(text.split()) <= 160


@pytest.fixture(scope="module")
def published() -> BeautifulSoup:
    """The page that is in git."""
    return BeautifulSoup((ROOT / "published" / "index.html").read_text("utf8"), "html.parser")


def test_the_published_page_finds_everything_that_it_leads_to(published: BeautifulSoup) -> None:
    here = ROOT / "published"
    sources = {str(image["src"]) for image in published.select("img")}
    links = {str(link["href"]) for link in published.select("a[href]")}
    files = {name for name in sources | links if not re.match(r"#|https://", name)}
    assert len(files) > 100
    assert [name for name in sorted(files) if not (here / name).is_file()] == []
    assert (here / "index.html").stat().st_size <= 4e6


def test_the_closing_tables_say_how_it_was_made(page: BeautifulSoup) -> None:
    closing = section(page, "methods").text
    for text in ("<processor>", "tensorflow 2", "seeds [7, 8]", "1.5", "still running"):
        assert text in closing


def test_claims_stand_in_the_closing_only_until_the_last_notebook_has_run(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    assert "Claims so far" in section(page, "methods").text
    manifest["notebooks"]["03_end"] = manifest["notebooks"]["01_data"]
    assert "Claims so far" not in section(build(checkout, manifest), "methods").text


def test_it_can_be_built_before_there_are_results(checkout: Any, manifest: dict[str, Any]) -> None:
    manifest["notebooks"] = {}
    page = build(checkout, manifest)
    assert "Not run yet: 01_data, 02_training, 03_end." in section(page, "abstract").text


def luminance(color: str) -> float:
    """Relative luminance of a color #rrggbb, as WCAG 2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_has_a_contrast_that_can_be_read(scheme: int) -> None:
    style = (TEMPLATES / "page" / "style.css").read_text()
    palette = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style.split(":root {")[scheme + 1]))
    grounds = [luminance(palette.pop("page")), luminance(palette.pop("box"))]
    palette.pop("line")
    assert len(palette) >= 6
    for color in palette.values():
        for ground in grounds:
            dark, light = sorted((luminance(color), ground))
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_what_is_published_of_the_papers_scale_is_shown_as_not_computed_here(
    checkout: Any, page: BeautifulSoup, manifest: dict[str, Any]
) -> None:
    assert not page.find(id="at-scale")
    results = Results("08_paper_scale", checkout.layout.run("paper"))
    results.counts("accuracy/hard/bn_medium_full", 98, 100, seeds=1)
    save_part(results)
    merge(checkout.layout.run("paper"), ["08_paper_scale"])
    there = {"started": "2026-02-03T04:05", "finished": "2026-02-04T04:05"}
    made = manifest | there | {"training_core_hours": 12.3}
    record = expected_record(checkout.layout.run("paper"), made)
    write_value(expected_path(checkout.layout, "paper"), record)
    shown = section(build(checkout, manifest), "at-scale")
    assert "published, not recomputed here" in shown.h2.text
    assert "12.3 core hours of training, 2026-02-03 to 2026-02-04" in " ".join(shown.text.split())
    cells = [cell.text for cell in shown.find_all("td")]
    assert cells[0] == "bn_medium"
    assert cells[1].startswith("98.0 % [")
