"""What a run is asked to do: the notebooks of a checkout and the profiles that set them.

A profile is a YAML file in params/. Its sections are named after notebooks and set parameters that
the notebook has a default for, each with a value of the default's type. Top-level keys that begin
with "x-" are no sections: they hold values that several sections share through YAML anchors.
"""

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from intensity.architectures import feature_sizes, find_network
from intensity.scenes import find_setting
from intensity.tasks import find_task
from intensity.values import ROOT, InvalidInput

SHARED = "x-"
"""How the top-level keys of a profile begin that are not sections."""

OUTPUT = "output"
"""The parameter that every notebook has and no profile sets: the run's folder."""

FINDERS: dict[str, Callable[[Any], object]] = {
    "network": find_network,
    "task": find_task,
    "setting": find_setting,
}
"""Parameters of these names, or lists named by the plural, hold names or tables of something."""


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


def _read_sections(path: Path, place: str) -> dict[str, dict[str, Any]]:
    """The sections of a profile file, each a mapping."""
    try:
        data = yaml.safe_load(path.read_text("utf8")) or {}
    except yaml.YAMLError as error:
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
    _check_sizes(place, {**defaults, **section})


def _check_value(place: str, name: str, value: Any, default: Any) -> None:
    """Refuse a value that cannot be looked up, or that has another type than the default."""
    several = isinstance(default, list)
    find = FINDERS.get(name.removesuffix("s") if several else name)
    if isinstance(value, list) != several if find else not _fits(value, default):
        raise InvalidInput(_refusal(place, value, f"a value like the default {default!r}"))
    if find:
        for one in value if several else [value]:
            _look_up(place, find, one)


def _check_sizes(place: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a network that cannot take the images of its notebook's settings."""
    sizes = {find_setting(setting).size for setting in _values(parameters, "setting")}
    networks = [find_network(network) for network in _values(parameters, "network")]
    for network, size in product(networks, sorted(sizes)):
        try:
            feature_sizes(network, size)
        except InvalidInput as error:
            raise InvalidInput(f"{place}: {error}") from None


def _values(parameters: Mapping[str, Any], name: str) -> list[Any]:
    """What a parameter and the list named by its plural hold."""
    one = [parameters[name]] if name in parameters else []
    several = parameters.get(f"{name}s")
    return one + several if isinstance(several, list) else one


def _look_up(place: str, find: Callable[[Any], object], value: Any) -> None:
    """Refuse what is neither a known name nor a right table."""
    if not isinstance(value, str | dict):
        raise InvalidInput(_refusal(place, value, "a name or a table"))
    try:
        find(value)
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error}") from None


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
