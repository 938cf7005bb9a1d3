"""Does this environment satisfy pyproject.toml? bootstrap.sh asks this of one that is active.

    python bootstrap.py [GROUP ...]

checks the project's dependencies and those of the named dependency groups. It prints the first that
is not satisfied and exits with 1, or exits with 0.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement


def requirements(groups: Iterable[str]) -> list[Requirement]:
    """What pyproject.toml asks for: the dependencies of the project and of the named groups."""
    settings = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text("utf-8"))
    lines = list(settings["project"]["dependencies"])
    for group in groups:
        lines += settings["dependency-groups"][group]
    return [Requirement(line) for line in lines]


def unsatisfied(wanted: Iterable[Requirement]) -> Iterator[str]:
    """One line for every requirement that the installed packages do not meet."""
    for requirement in wanted:
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement} is not installed"
        else:
            if installed not in requirement.specifier:
                yield f"{requirement} is not satisfied by {installed}"


if __name__ == "__main__":
    sys.exit(next(unsatisfied(requirements(sys.argv[1:])), 0))
