"""The published record of a run, for others to compare theirs with: expected/<profile>.json."""

from pathlib import Path
from typing import Any

from intensity.claims.results import RunResults, load_results
from intensity.environment import Layout
from intensity.storage.files import read_value
from intensity.values import InvalidInput, shown


class Expected(RunResults):
    """What is published of a run, for others to compare theirs with."""

    figures: dict[str, str]
    """The columns of each figure's data, by the name of their file."""
    made: dict[str, Any]
    """Commit, machine, versions, dates, and core hours of training."""


def expected_record(folder: Path, manifest: dict[str, Any]) -> Expected:
    """What is to be published of a run, from its folder and manifest."""
    kept = ("commit", "started", "finished", "training_core_hours")
    made = {key: manifest.get(key) for key in kept} | {
        key: manifest["machine"][key] for key in ("processor", "cores", "memory_gb")
    }
    return Expected(
        **dict(load_results(folder)),
        figures=figure_columns(folder),
        made=made | {"versions": manifest["versions"]},
    )


def load_expected(layout: Layout, profile: str) -> Expected:
    """The published record of a profile.

    Raises:
        InvalidInput: there is none, it is broken, or it is another profile's.
    """
    path = expected_path(layout, profile)
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in path.parent.glob("*.json"))) or "none"
        raise InvalidInput(f"--verify: {profile!r} is not allowed: expected/ has {there}")
    record = read_value(path, Expected)
    if record.profile != profile:
        raise InvalidInput(f"{shown(path)}: profile {record.profile!r} is not allowed: {profile!r}")
    return record


def expected_path(layout: Layout, profile: str) -> Path:
    """Where the published record of a profile is kept."""
    return layout.root / "expected" / f"{profile}.json"


def figure_columns(folder: Path) -> dict[str, str]:
    """The header of each figure's data."""
    paths = sorted((folder / "figures").glob("*.csv"))
    return {path.name: path.read_text("utf8").partition("\n")[0] for path in paths}
