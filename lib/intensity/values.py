"""Configurations as values: frozen, validated, with one canonical text.

Everything that names a result on disk (a task, scene options, a network, a training) is a `Value`.
Wrong input raises `InvalidInput`, whose message is a single line for people.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: notebooks, params, store and runs are found from here."""


def shown(path: Path) -> str:
    """A path as people and notebooks read it: from the checkout of this code if it lies inside."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


class InvalidInput(ValueError):
    """Input that is refused: one line that names the field, the value and what is allowed."""


class Value(BaseModel):
    """A frozen record of checked fields.

    Raises:
        InvalidInput: a field is unknown, missing or has a value that is not allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **fields: Any) -> None:
        """Check the fields and keep them."""
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise InvalidInput(describe(error, type(self).__name__)) from None

    def __eq__(self, other: object) -> bool:
        """Whether it says the same; what a value has worked out and kept (arrays) is left aside."""
        return type(self) is type(other) and self.canonical() == other.canonical()

    def __hash__(self) -> int:
        return hash(self.canonical())

    def canonical(self) -> str:
        """The one JSON text of this value: sorted keys, no spaces."""
        return canonical_json(self.model_dump(mode="json"))


class Preset(Value):
    """A value with words for people, which are no part of it: its text and equality leave them out.

    Args:
        title: how figures and tables call it; empty where its name does.
        group: what it is grouped with there.
    """

    title: str = Field(default="", exclude=True)
    group: str = Field(default="", exclude=True)


@dataclass(frozen=True)
class Registered:
    """A row of a registry: something that computes, and all that tables and figures say of it.

    A measurement that takes a row is named by all fields of the row but those in `PRESENTATION`
    and by the code of the module that defines its function, so a change to one row leaves the
    measurements of others.

    Args:
        name: how results, parameters and files call it.
        label: how people call it, in figures and tables.
        function: what computes; a function of a module of this package.
        options: keyword arguments that the row fixes for the function, plain data.
    """

    PRESENTATION: ClassVar[tuple[str, ...]] = ("label",)
    """Fields that no number depends on."""

    name: str
    label: str
    function: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *arguments: Any, **others: Any) -> Any:
        """The function's result with the row's options."""
        return self.function(*arguments, **self.options, **others)


def canonical_json(data: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal data has equal text."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def describe(error: ValidationError, owner: str) -> str:
    """The first problem of a validation error, in one line.

    Args:
        error: what pydantic found.
        owner: the name of the record, for the start of the line.

    Returns:
        For example "SceneOptions.size: 3 is not allowed: Input should be greater than ...".
    """
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    reason = problem["msg"].removeprefix("Value error, ")
    place = f"{owner}.{field}" if field else owner
    if isinstance(problem.get("ctx", {}).get("error"), InvalidInput):
        return f"{place}: {reason}"
    return f"{place}: {_short(problem['input'])} is not allowed: {reason}"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 120 else text[:117] + "..."
