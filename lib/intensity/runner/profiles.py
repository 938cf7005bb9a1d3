"""What a run computes: the files in params/, with a section for each notebook that is run.

    seeds: [0, 1, 2]           # holds for every section that has the parameter
    trainings:                 # every training once; `like` names one to start from
      baseline: {task: hard, scenes: discs, network: bn_compact, epochs: 4, epoch_images: 10000}
      monotone: {like: baseline, task: monotone}
    06_units:
      trainings: [baseline, monotone, bn_tiny: bn_tiny_screen]   # the last by another name
      profile_scenes: 8

A section is the notebook's parameters, and its model in `sections` says which there are.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from intensity.environment import Layout
from intensity.runner.sections import SECTIONS, Section, training
from intensity.storage.files import read_yaml
from intensity.values import InvalidInput, describe, shown

CONFIRMING = "standard", "paper"
"""The profiles that decide claims."""

FIRST_SEED = 100
"""Their first seed: those below were used for exploration, in pilots, searches and the published
run of the first edition, and cannot confirm what was found with them."""

LIKE = "like"
"""The key of a training that names another one to start from."""


def load_profile(layout: Layout, name: str) -> dict[str, Any]:
    """Read and check a profile.

    Args:
        layout: the checkout.
        name: the profile's name.

    Returns:
        For every notebook that the profile runs, in order, its parameters: an instance of its model
        in `SECTIONS`.

    Raises:
        InvalidInput: the profile is unknown or no YAML, a section is unknown or none is there, a
            parameter is unknown, missing or has a value that is not allowed.
    """
    if name not in layout.profiles:
        raise InvalidInput(f"profile: {name!r} is not allowed: {', '.join(layout.profiles)}")
    path = layout.profiles[name]
    place, data, notebooks = shown(path), read_yaml(path), layout.notebooks
    trainings = _tables(f"{place}: trainings", data.pop("trainings", None) or {})
    shared_names = {field for model in SECTIONS.values() for field in model.model_fields}
    shared = {key: data.pop(key) for key in shared_names & data.keys()}
    if unknown := sorted(set(data) - set(notebooks)):
        allowed = f"trainings, a parameter, or a notebook, one of {', '.join(notebooks)}"
        raise InvalidInput(f"{place}: {unknown[0]!r} is not allowed: {allowed}")
    sections = {
        notebook: _section(place, notebook, data[notebook], shared, trainings)
        for notebook in notebooks
        if notebook in data
    }
    if not sections:
        allowed = f"a section for one notebook or more, of {', '.join(notebooks)}"
        raise InvalidInput(f"{place}: no section is not allowed: {allowed}")
    _check_trainings(f"{place}: trainings", trainings)
    if name in CONFIRMING:
        _check_seeds(place, sections)
    return sections


def _check_seeds(place: str, sections: Mapping[str, Section]) -> None:
    """Refuse to confirm with seeds that exploration has used."""
    for notebook, section in sections.items():
        rows = section.configurations.values()
        used = {configuration.seed for row in rows for configuration in row}
        if used and min(used) < FIRST_SEED:
            raise InvalidInput(
                f"{place}: {notebook}: seeds: {min(used)} is not allowed: from {FIRST_SEED} on, "
                "lower ones were used for exploration"
            )


def _check_trainings(place: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a training that cannot be, though no section may name it."""
    for name, table in tables.items():
        try:
            training(name, table).configuration(seed=0, test_images=1, validation_images=1)
        except InvalidInput as error:
            raise InvalidInput(f"{place}.{error}") from None


def _tables(place: str, rows: Any) -> dict[str, dict[str, Any]]:
    """Trainings by name, each in full."""
    tables: dict[str, dict[str, Any]] = {}
    for name, row in _mapping(place, rows).items():
        own = dict(_mapping(f"{place}.{name}", row))
        start = own.pop(LIKE, None)
        if start is not None and (not isinstance(start, str) or start not in tables):
            allowed = f"one of those above it, {', '.join(tables)}"
            raise InvalidInput(f"{place}.{name}.{LIKE}: {start!r} is not allowed: {allowed}")
        tables[str(name)] = (tables[start] if start else {}) | own
    return tables


def _section(
    place: str,
    notebook: str,
    own: Any,
    shared: Mapping[str, Any],
    trainings: Mapping[str, Mapping[str, Any]],
) -> Section:
    """A notebook's parameters: its own, and those above the sections that it has as well."""
    model = SECTIONS.get(notebook, Section)
    own = _mapping(f"{place}: {notebook}", own or {})
    fields = {key: value for key, value in shared.items() if key in model.model_fields}
    try:
        return model.model_validate({**fields, **own}, context={"trainings": trainings})
    except ValidationError as error:
        unknown = [e["loc"][0] for e in error.errors() if e["type"] == "extra_forbidden"]
        if unknown:
            allowed = ", ".join(model.model_fields) or "it has no parameters"
            raise InvalidInput(
                f"{place}: {notebook}: {unknown[0]!r} is not allowed: {allowed}"
            ) from None
        raise InvalidInput(describe(error, f"{place}: {notebook}")) from None


def _mapping(place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{place}: {value!r} is not allowed: a mapping")
    return value
