"""What a run was made with: commit, versions, machine, parameters, seeds, times and figures.

The manifest is a plain dictionary that grows while a run goes on and is written to
runs/<profile>/manifest.json after every step. A notebook that has no record there was not run.
"""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intensity.environment import cores, settings, tell
from intensity.storage.code_digest import processor, versions
from intensity.storage.files import write_aside


def new_manifest(
    root: Path, profile: str, parameters: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest of a run that starts now, without any notebook yet.

    Args:
        root: the checkout.
        profile: the profile's name.
        parameters: all parameters of every notebook of the profile, defaults included.

    Returns:
        `profile`, `started` and `finished` (null), `complete` (false), `commit`, `dirty` (are
        there changes that the commit does not have?), `backend` (that networks are trained with),
        `versions`, `machine`, `seeds` and `parameters` by notebook, `notebooks` and `figures` (both
        empty).
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    own = bool(top) and Path(top) == root.resolve()  # not a repository around an unpacked archive
    return {
        "profile": profile,
        "started": now(),
        "finished": None,
        "complete": False,
        "commit": (own and _git(root, "rev-parse", "HEAD")) or "unknown",
        "dirty": own and bool(_git(root, "status", "--porcelain")),
        "backend": settings().backend,
        "versions": {"python": platform.python_version(), **versions()},
        "machine": _machine(),
        "seeds": {name: _seeds(values) for name, values in parameters.items() if _seeds(values)},
        "parameters": parameters,
        "notebooks": {},
        "figures": {},
    }


def load_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run's folder; empty where there was no run, or its manifest is damaged."""
    path = folder / "manifest.json"
    with suppress(FileNotFoundError, ValueError):
        manifest = json.loads(path.read_text("utf8"))
        if isinstance(manifest, dict):
            return manifest
    if path.exists():
        tell(f"{path.parent.name}/{path.name} is damaged; the run begins anew")
    return {}


def save_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a manifest with what its folder holds now.

    Args:
        folder: the run's folder.
        manifest: its `complete` and `figures` are brought up to date; the notebooks of a whole run
            are those that it has parameters of.
    """
    passed = {n for n, entry in manifest["notebooks"].items() if entry.get("status") == "passed"}
    manifest["complete"] = passed >= set(manifest["parameters"])
    manifest["figures"] = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "figures").glob("*.png"))
    }
    write_aside(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def now() -> str:
    """The time, with its zone, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seeds(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if "seed" in name}


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor(),
        "cores": cores(),
        "memory_gb": round(memory / 1e9),
        "platform": platform.platform(),
    }


def _git(root: Path, *words: str) -> str:
    """What git says about the checkout; nothing where there is no git or no repository."""
    with suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-c", f"safe.directory={root.resolve()}", "-C", str(root), *words]
        return os.fsdecode(subprocess.check_output(command, stderr=subprocess.DEVNULL)).strip()
    return ""
