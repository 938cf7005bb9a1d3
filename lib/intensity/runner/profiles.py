"""What a run is asked to do: the notebooks of a checkout and the profiles that set them.

A profile is a YAML file in params/. Its sections are named after notebooks and set parameters that
the notebook has a default for, each with a value of the default's type. Top-level keys that begin
with "x-" are no sections: they hold values that several sections share through YAML anchors.

Some parameters mean the same in every notebook and are checked further: `seeds`, `setting`,
`trainings` (a table of trainings by name, as `configurations` takes it), `trial` (one of them,
drawn `trials` times) and tables of `groups` (names of trainings that one figure compares).
"""

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from intensity.training.configuration import Configuration
from intensity.training.presets import configurations, find_setting
from intensity.training.search import random_trials
from intensity.values import ROOT, InvalidInput

SHARED = "x-"
"""How the top-level keys of a profile begin that are not sections."""

OUTPUT = "output"
"""The parameter that every notebook has and no profile sets: the run's folder."""


@dataclass(frozen=True)
class Layout:
    """Where a checkout keeps things."""

    root: Path = ROOT

    @property
    def notebooks(self) -> dict[str, Path]:
        """The numbered notebooks in order, by their names without ending."""
        found = sorted((self.root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
        return {path.stem: path for path in found}

    @property
    def profiles(self) -> dict[str, Path]:
        """The profile files, by name."""
        return {path.stem: path for path in sorted((self.root / "params").glob("*.yaml"))}

    @property
    def figures(self) -> Path:
        """The figures that are kept in git."""
        return self.root / "figures"

    @property
    def pretrained(self) -> Path:
        """The networks that ship with the project."""
        return self.root / "pretrained"

    def run(self, profile: str) -> Path:
        """The folder of a profile's run."""
        return self.root / "runs" / profile


def shown(path: Path) -> str:
    """A path as people and notebooks read it: from the checkout of this code if it lies inside."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def load_profile(layout: Layout, name: str) -> dict[str, dict[str, Any]]:
    """Read and check a profile.

    Args:
        layout: the checkout.
        name: the profile's name.

    Returns:
        For every notebook, in order, the parameters that the profile sets.

    Raises:
        InvalidInput: the profile is unknown or no YAML, a section or a parameter is unknown, a
            notebook has no section, or a value has another type than the parameter's default.
    """
    if name not in layout.profiles:
        raise InvalidInput(f"profile: {name!r} is not allowed: {', '.join(layout.profiles)}")
    place = shown(layout.profiles[name])
    sections = _read_sections(layout.profiles[name], place)
    unknown = set(sections) - set(layout.notebooks)
    if unknown:
        raise InvalidInput(_refusal(place, min(unknown), f"a notebook, {_list(layout.notebooks)}"))
    for notebook, path in layout.notebooks.items():
        if notebook not in sections:
            raise InvalidInput(f"{place}: {notebook}: a section is missing; add it, even empty")
        _check_section(f"{place}: {notebook}", sections[notebook], default_parameters(path))
    return {notebook: sections[notebook] for notebook in layout.notebooks}


def default_parameters(notebook: Path) -> dict[str, Any]:
    """The parameters of a notebook with their defaults: what its cell tagged `parameters` assigns.

    The cell is parsed and not run, whole, so that a table may stand on several lines.

    Args:
        notebook: the file.

    Returns:
        Each parameter's default by name.

    Raises:
        InvalidInput: there is no such cell, a default is not a literal, or `output` is missing.
    """
    cells = json.loads(notebook.read_text("utf8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    defaults: dict[str, Any] = {}
    for statement in ast.parse("\n".join("".join(cell["source"]) for cell in tagged)).body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                defaults[name] = _literal(f"{notebook.name}: {name}", value)
    if OUTPUT not in defaults:
        raise InvalidInput(f"{notebook.name}: a cell tagged `parameters` has to set `{OUTPUT}`")
    return defaults


def wanted_runs(parameters: Mapping[str, Any], every: bool = False) -> list[Configuration]:
    """What a notebook trains with these parameters.

    Args:
        parameters: all of a notebook's, defaults included.
        every: whether each trial of a random search counts with every seed, since any may be
            chosen, and not with the first one alone.

    Returns:
        A configuration for each of its trainings, tasks and trials and each of their seeds.
    """
    tables = {**parameters.get("trainings", {}), **parameters.get("tasks", {})}
    search = {}
    if "trial" in parameters:
        search = random_trials(parameters["trial"], parameters["trials"])
    if not tables | search:
        return []
    seeds = parameters["seeds"]
    sizes = {name: parameters[name] for name in ("test_images", "validation_images")}
    groups = configurations(tables, seeds, **sizes)
    groups |= configurations(search, seeds if every else seeds[:1], **sizes)
    return [configuration for group in groups.values() for configuration in group]


class _Loader(yaml.SafeLoader):
    """Reads YAML, and refuses a key that stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; what comes with "<<" may be set anew."""
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if (key.tag, key.value) in seen and key.value != "<<":
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"{key.value!r} stands twice, again in line {line}")
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def _read_sections(path: Path, place: str) -> dict[str, dict[str, Any]]:
    """The sections of a profile file, each a mapping."""
    try:
        data = yaml.load(path.read_text("utf8"), _Loader) or {}
    except (yaml.YAMLError, ValueError) as error:  # the latter: no UTF-8, the 32nd of a month
        raise InvalidInput(f"{place}: this is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise InvalidInput(_refusal(place, data, "a mapping from notebooks to parameters"))
    named = {str(key): value or {} for key, value in data.items()}
    sections = {key: value for key, value in named.items() if not key.startswith(SHARED)}
    for key, section in sections.items():
        if not isinstance(section, dict):
            raise InvalidInput(_refusal(f"{place}: {key}", section, "a mapping of parameters"))
    return sections


def _check_section(place: str, section: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Refuse a parameter that the notebook does not have, or a value that it cannot take."""
    allowed = [name for name in defaults if name != OUTPUT]
    for name, value in section.items():
        if name not in allowed:
            raise InvalidInput(_refusal(place, name, f"a parameter, {_list(allowed)}"))
        _check_value(f"{place}.{name}", name, value, defaults[name])
    _check_trainings(place, {**defaults, **section}, defaults.get("trainings", {}))


def _check_value(place: str, name: str, value: Any, default: Any) -> None:
    """Refuse a value that has another type than the default, or that says nothing sensible."""
    if name == "setting":
        _naming(place, partial(find_setting, value))
    elif not _fits(value, default):
        raise InvalidInput(_refusal(place, value, f"a value like the default {default!r}"))
    elif name == "seeds" and (len(set(value)) < 2 or len(set(value)) < len(value)):
        raise InvalidInput(_refusal(place, value, "two seeds or more, all different"))
    elif _is_count(default) and value < 1:
        raise InvalidInput(_refusal(place, value, "a whole number from 1 on"))


def _check_trainings(place: str, parameters: Mapping[str, Any], needed: Mapping[str, Any]) -> None:
    """Refuse trainings that cannot be made, and groups of trainings that there are not."""
    seeds, tables = parameters.get("seeds", [0]), dict(parameters.get("trainings", {}))
    missing = [name for name in needed if name not in tables]
    if missing:
        raise InvalidInput(f"{place}.trainings: {missing[0]} is missing; the notebook needs it")
    for groups in (name for name in parameters if name.endswith("groups")):
        for title, group in parameters[groups].items():
            if not _fits(group, [""]):
                raise InvalidInput(_refusal(f"{place}.{groups}.{title}", group, "a list of names"))
            unknown = [name for name in group if name not in tables]
            if unknown:
                raise InvalidInput(_refusal(f"{place}.{groups}", unknown[0], _list(tables)))
    if "trial" in parameters:
        tables |= random_trials(parameters["trial"], 1)
    for kind, rows in {"trainings": tables, "tasks": parameters.get("tasks", {})}.items():
        for name, table in rows.items():
            if not isinstance(table, dict):
                raise InvalidInput(_refusal(f"{place}.{kind}.{name}", table, "a table"))
            _naming(f"{place}.{kind}.{name}", partial(configurations, {name: table}, seeds))


def _naming(place: str, make: Callable[[], object]) -> None:
    """Let a refusal say where in the profile it is about."""
    try:
        make()
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error}") from None
    except (TypeError, ValueError) as error:  # a list for a name, a field that is none of its own
        raise InvalidInput(f"{place}: {' '.join(str(error).split())}") from None


def _is_count(default: Any) -> bool:
    """Is a default a whole number of something?"""
    return isinstance(default, int) and not isinstance(default, bool)


def _fits(value: Any, default: Any) -> bool:
    """Has a value the type of a default? A list's items are like any of the default's items."""
    match default:
        case None:
            return True
        case bool() | str() | dict():
            return isinstance(value, type(default))
        case list() | tuple():
            return isinstance(value, list) and (
                not default or all(any(_fits(one, item) for item in default) for one in value)
            )
        case float():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, int) and not isinstance(value, bool)


def _literal(place: str, value: ast.expr) -> Any:
    """The value of a literal expression."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        text = ast.unparse(value)
        raise InvalidInput(f"{place}: {text} is not allowed: a default is a literal") from None


def _refusal(place: str, value: object, allowed: str) -> str:
    """The one line about a value that is not allowed."""
    return f"{place}: {' '.join(repr(value).split())} is not allowed: {allowed}"


def _list(names: Iterable[str]) -> str:
    """Names in a row."""
    return "one of " + ", ".join(names)
