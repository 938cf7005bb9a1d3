"""A book holds a notebook's parameters and shows its figures with their captions."""

import logging
from typing import Any

import pandas as pd
import pytest

from intensity.baselines.base import correct_scenes
from intensity.baselines.registry import BASELINES, applicable_baselines
from intensity.figures.style import new_figure
from intensity.runner.book import Book
from intensity.training.presets import SETTINGS, TASKS
from intensity.values import InvalidInput

DATA = pd.DataFrame({"x": [1, 2], "y": [0.25, 0.5]})
CAPTIONS = """
figures:
  line:
    caption: "{scenes} scenes, {accuracy/hard/x}, {word}."
    alt: "Up to {most}."
    found: {most: {value: y, how: max}}
tables:
  all: {caption: "As [Figure](#fig-line) <shows>."}
"""


@pytest.fixture
def book(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> Book:
    """The book of a notebook in a small checkout, with one measurement."""
    monkeypatch.setenv("INTENSITY_CHECKOUT", str(checkout.root))
    checkout.notebook("01_data")
    checkout.profile("lab", "01_data: {setting: discs, scenes: 7, training_scenes: 3}\n")
    checkout.layout.captions("01_data").write_text(CAPTIONS)
    made = Book("01_data", "lab")
    made.counts("accuracy/hard/x", 5, 7)
    return made


def test_parameters_are_those_of_the_profile(book: Book) -> None:
    assert book.parameters.scenes == 7


def test_baselines_are_those_that_apply_with_what_they_classify_correctly(book: Book) -> None:
    task, options = TASKS["shape"], SETTINGS["shapes"]
    correct = book.baselines(task, options, 20, 60)
    assert list(correct) == [row.name for row in applicable_baselines(task, options)]
    right = correct_scenes(BASELINES["linear_histogram"], task, options, 20, 60)["right"]
    assert correct["linear_histogram"] == right.sum()


def test_each_id_that_rows_make_has_its_own_seeds_and_unit(book: Book) -> None:
    table = pd.DataFrame(
        {
            "method": ["a", "a", "b", "b"],
            "value": [0.2, 0.4, -0.5, 0.5],
            "unit": ["AUC"] * 2 + ["correlation"] * 2,
            "scenes": [9, 8, 7, 7],
        }
    )
    book.each_over_seeds("worth/hard/net/{method}", table)
    first, second = book.measurements("worth/")
    assert (first.id, first.seeds, first.unit) == ("worth/hard/net/a", (0.2, 0.4), "AUC")
    assert first.n.scenes == 8
    assert (second.value, second.unit) == (0, "correlation")


def test_a_figure_is_saved_and_shown_with_its_words(book: Book, capsys: Any) -> None:
    book.show("line", new_figure(2, 2), DATA, word="seen")
    assert capsys.readouterr().out.startswith("7 scenes, 71.4")
    files = sorted(path.name for path in (book.output / "figures").iterdir())
    assert files == ["01-line.csv", "01-line.pdf", "01-line.png"]


@pytest.mark.usefixtures("book")
def test_warnings_of_tensorflow_stay_off_the_page(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("tensorflow").warning("5 calls triggered retracing")
    logging.getLogger("tensorflow").error("no memory")
    assert [record.getMessage() for record in caplog.records] == ["no memory"]


def test_a_table_is_shown_with_its_words(book: Book, capsys: Any) -> None:
    book.show_table("all", DATA)
    assert "As [Figure](#fig-line) <shows>." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("line", r"01_data.yaml: line: \{word\} is not allowed: a parameter, a measurement"),
        ("other", "01_data.yaml: other: it has no caption; there are line"),
    ],
)
def test_a_place_without_value_and_a_figure_without_caption_are_refused(
    book: Book, name: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        book.show(name, new_figure(2, 2), DATA)
    assert not (book.output / "figures").exists()
