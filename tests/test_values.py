"""Values refuse wrong input in one line and have one text; files appear whole or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from intensity.values import ROOT, InvalidInput, Value, canonical_json


class Inner(Value):
    """A value inside another."""

    count: int = Field(default=1, ge=0)


class Outer(Value):
    """A value that holds another."""

    name: str
    inner: Inner = Inner()


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "a", "inner": {"count": -3}}, ("Outer.inner: Inner.count", "-3", "greater than")),
        ({"name": "a", "extra": 7}, ("Outer.extra", "7", "not permitted")),
        ({}, ("Outer.name", "required")),
        ({"name": ["a\nb"]}, ("Outer.name", "string")),
        ({"name": 10**3000}, ("Outer.name", "...")),
    ],
)
def test_wrong_fields_are_refused_in_one_short_line(
    fields: dict[str, object], words: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        Outer(**fields)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    assert all(word in message for word in words)


def test_values_cannot_be_changed() -> None:
    value = Outer(name="a")
    with pytest.raises(ValueError, match="frozen"):
        value.name = "b"  # type: ignore[misc]


def test_equal_values_are_equal_keys_with_equal_texts() -> None:
    one, other = Outer(name="a", inner=Inner(count=2)), Outer(inner={"count": 2}, name="a")
    assert {one: "found"}[other] == "found"
    assert one.canonical() == other.canonical() == '{"inner":{"count":2},"name":"a"}'
    assert Outer(name="b").canonical() != one.canonical()


@given(json_data)
def test_canonical_json_is_json_and_does_not_depend_on_order(data: object) -> None:
    text = canonical_json({"b": data, "a": 1})
    assert json.loads(text) == {"a": 1, "b": data}
    assert text == canonical_json({"a": 1, "b": data})
    assert "\n" not in text


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_root_is_the_checkout() -> None:
    assert (ROOT / "lib" / "intensity" / "values.py").is_file()
    assert (ROOT / "pyproject.toml").is_file()
