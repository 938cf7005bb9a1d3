"""What a run says about itself: its manifest, results and report, renewed after every notebook.

runs/<profile>/  notebooks/NN_*.ipynb  results/NN_*.json  figures/  report/index.html
results.json  manifest.json
"""

import re
from collections import Counter
from collections.abc import Container, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from intensity.claims.results import merge
from intensity.environment import Layout
from intensity.report.build import build_report
from intensity.runner.sections import Section
from intensity.storage.files import is_half_written, write_aside
from intensity.storage.locks import Lock
from intensity.storage.manifest import load_manifest, new_manifest, now, save_manifest
from intensity.storage.store import Store
from intensity.training.configuration import Configuration
from intensity.training.runs import Run, find_run, run_name

_FIGURE = re.compile(r"\d\d-[a-z0-9-]+\.(png|pdf|csv)")
"""The files of figures, as `figures.display.save` writes them."""


class Record:
    """The folder of a run that goes on; what earlier runs have left there is taken over.

    Args:
        layout: the checkout.
        profile: the run's profile.
        sections: the parameters of every notebook of the profile.
    """

    def __init__(self, layout: Layout, profile: str, sections: Mapping[str, Section]) -> None:
        self.layout, self.profile, self.folder = layout, profile, layout.run(profile)
        self.sections = sections
        parameters = {name: section.model_dump(mode="json") for name, section in sections.items()}
        self.manifest = new_manifest(layout.root, profile, parameters)
        earlier = load_manifest(self.folder).get("notebooks", {})
        self.manifest["notebooks"] = {name: earlier[name] for name in sections if name in earlier}
        self.networks = sorted(wanted(sections))
        self.runs: dict[str, Run] = {}  # those of them that are finished, each read once
        self.manifest["networks"] = len(self.networks)
        self.reporter = ThreadPoolExecutor(max_workers=1)
        self.page: Future[Path]
        self._clear()

    def aside(self, name: str) -> Path:
        """Where a notebook's executed copy grows until it has ended."""
        return self.folder / "notebooks" / f".{name}.ipynb"

    def copy(self, name: str) -> Path:
        """Where a notebook's executed copy goes."""
        return self.folder / "notebooks" / f"{name}.ipynb"

    def begin(self, name: str) -> None:
        """Forget what a notebook left the last time, but for the executed copy."""
        self.manifest["notebooks"].pop(name, None)
        self._part(name).unlink(missing_ok=True)
        for old in (self.folder / "figures").glob(f"{name[:2]}-*"):
            if _FIGURE.fullmatch(old.name):
                old.unlink()
        self._save()  # a run that is killed now must not count what was forgotten
        self.aside(name).parent.mkdir(parents=True, exist_ok=True)

    def end(self, name: str, entry: dict[str, Any]) -> None:
        """Keep the executed copy of a notebook, and its measurements unless it has failed."""
        if self.aside(name).exists():  # else an interrupt came when it was kept already
            self.aside(name).replace(self.copy(name))
        if entry["error"]:
            self._part(name).unlink(missing_ok=True)
        self.manifest["notebooks"][name] = entry

    def drop(self, name: str) -> None:
        """Keep nothing of a notebook that was stopped."""
        self.aside(name).unlink(missing_ok=True)
        self._part(name).unlink(missing_ok=True)

    def renew(self) -> None:
        """Bring results and manifest up to date, and have the report built."""
        store = Store()
        missing = [name for name in self.networks if name not in self.runs]
        self.runs |= {name: run for name in missing if (run := find_run(name, store))}
        seconds = sum(run.metrics["seconds"] for run in self.runs.values())
        self.manifest["training_core_hours"] = round(seconds / 3600, 2)
        sets = Counter(tuple(sorted(run.trained_with.items())) for run in self.runs.values())
        self.manifest["trained_with"] = [
            {"versions": dict(versions), "networks": n} for versions, n in sets.items()
        ]
        self._save()
        self.page = self.reporter.submit(build_report, self.layout, self.profile)

    def finish(self, keep_figures: Container[str]) -> None:
        """Close the manifest; of a complete run, renew the figures of some notebooks in git."""
        self.manifest["finished"] = now()
        self.renew()
        self.page.result()
        if keep_figures and self.manifest["complete"]:
            with Lock(self.layout.root / ".cache" / "figures.lock"):
                copy_figures(self.folder / "figures", self.layout.figures, keep_figures)

    def _part(self, name: str) -> Path:
        return self.folder / "results" / f"{name}.json"

    def _save(self) -> None:
        merge(self.folder, list(self.sections))
        save_manifest(self.folder, self.manifest)

    def _clear(self) -> None:
        """Remove what was half-written when an earlier run was killed."""
        for name in self.sections:
            self.aside(name).unlink(missing_ok=True)
        for part in ("", "notebooks", "results", "figures", "report"):
            for path in filter(is_half_written, (self.folder / part).glob(".*")):
                path.unlink()


def wanted(sections: Mapping[str, Section]) -> dict[str, Configuration]:
    """All trainings of notebooks, by the names of their runs."""
    trained = [runs for section in sections.values() for runs in section.configurations.values()]
    return {run_name(c): c for runs in trained for c in runs}


def copy_figures(source: Path, target: Path, numbers: Container[str]) -> None:
    """Renew figures in a folder where other files may lie: only what is half-written is removed.

    Args:
        source: the figures of a run.
        target: the folder, made where it is missing.
        numbers: of the notebooks whose figures are renewed.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in filter(is_half_written, target.iterdir()):
        path.unlink()
    for path in sorted(source.iterdir()):
        if _FIGURE.fullmatch(path.name) and path.name[:2] in numbers:
            write_aside(target / path.name, path.read_bytes())
