"""Captions: what stands in their places, and what is refused."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from intensity.report.captions import Found, Words, load_captions
from intensity.values import InvalidInput

DATA = pd.DataFrame(
    {"task": ["a", "a", "b", "b"], "seed": [0, 1, 0, 1], "class": [1, 2, 3, 4]}
).assign(value=[0.25, 0.75, 0.5, float("nan")])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"names": ["task"]}, "a: 0.50; b: 0.50"),
        ({"names": ["task", "seed"], "rows": "value > 0.3"}, "a, 1: 0.75; b, 0: 0.50"),
        ({"names": ["task"], "how": "last"}, "a: 0.75; b: 0.50"),
        ({"names": ["task"], "how": "max", "form": "{:.0%}"}, "a: 75%; b: 50%"),
        ({"how": "range"}, "0.25 to 0.75"),
        ({"names": ["task"], "how": "count", "form": "{:.0f}"}, "a: 2; b: 1"),
        ({"how": "max", "rows": "task == @which"}, "0.50"),
        ({"names": ["task"], "rows": "value > 1"}, "none"),
        ({"rows": "value > 1"}, "none"),
    ],
)
def test_lists_are_found_in_the_data(found: dict[str, Any], said: str) -> None:
    assert Found(value="value", **found).words(DATA, {"which": "b"}) == said


def test_a_value_may_be_an_expression_of_columns() -> None:
    assert Found(value="`class` == seed + 1", names=("task",)).words(DATA, {}) == "a: 1.00; b: 0.00"


def test_lists_are_found_in_another_table() -> None:
    found = Found(value="value", table="other", how="min")
    assert found.words(DATA.tail(1), {"other": DATA}) == "0.25"
    with pytest.raises(InvalidInput, match=r"^table: 'other' is not allowed: a table that"):
        found.words(DATA, {"other": 3})


def test_places_hold_values_lists_and_what_the_notebook_knows() -> None:
    words = Words(
        caption="{scenes:,} scenes, {accuracy/hard/x}",
        alt="{list} {{braces}}",
        found={"list": Found(value="value", how="max")},
    )
    known = {"accuracy/hard/x": "95 %"}
    filled = words.filled(known.__getitem__, DATA, {"scenes": 2000})
    assert filled == ("2,000 scenes, 95 %", "0.75 {braces}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("figures: {line: {caption: c}}", "figures.line: FigureWords.alt: "),
        ("figures: {line: {caption: c, alt: a, title: t}}", "title"),
        ("figures: {line: [c]}", "line"),
        ("pictures: {}", "pictures"),
        ("tables: {all: {caption: '{open'}}", "all: Words.caption: expected '}'"),
        ("figures: {l: {caption: c, alt: a, found: {f: {value: v, how: most}}}}", "how: 'most'"),
        ("tables: {}\ntables: {}", "stands twice"),
    ],
)
def test_other_captions_are_refused_in_a_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "01_data.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput) as refusal:
        load_captions(path)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)


def test_a_notebook_without_captions_has_none(tmp_path: Path) -> None:
    assert not load_captions(tmp_path / "none.yaml").figures
