"""What a standard run leaves in git: tables of results, the expected results and small networks.

All are written from a complete run and never by hand.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from intensity.claims.judge import claims_table
from intensity.claims.results import RunResults, load_results
from intensity.environment import Layout
from intensity.runner.ownership import LOCK
from intensity.runner.profiles import load_profile
from intensity.runner.verify import expected_record
from intensity.statistics.measurements import Measurement
from intensity.storage import entries
from intensity.storage.files import write_aside
from intensity.storage.locks import if_free
from intensity.storage.manifest import load_manifest
from intensity.storage.store import Store
from intensity.training.runs import find_run, run_name
from intensity.values import InvalidInput, shown

PROFILE = "standard"

LARGEST = 10**6
"""Bytes of the largest network that ships with the project."""

MOST = 15 * 10**6
"""Bytes that all shipped networks may have together."""

RUN_FILES = {
    *("config.json", "history.csv", "metrics.json", "predictions.csv", "model.keras", "sha256.json")
}
"""What a shipped run consists of; a folder that holds anything else is not touched."""

README, PAGE = "README.md", "docs/results.md"
"""The files that show results: the main ones, and all."""

BEGIN, END = "<!-- results -->", "<!-- /results -->"
"""What stands around the part of each that is written here."""

CURVES = """\
![Three logit curves that rise and fall over nine colored bands of intensity]\
(figures/05-class-response-curves.png)

The logits of `bn_compact` while the object's intensity is swept, over the true classes: a network
that has learned the non-monotonic function draws waves that cross where the class changes."""
"""The figure that README.md shows, with what to see in it."""

PICTURES = """\
![Percentages of changed answers, networks and readers in rows, interventions in columns]\
(../figures/07-1-effects.png)

What each answer hangs on: the share of answers that change when scenes are rendered again with one
thing changed. Readers (slanted) follow one cue each: rows that are alike change with the same
things, which need not mean that they read the same. Hatched: scenes unlike those of training.

![Attribution methods in rows, tasks in columns: shares of relevance and rank correlations]\
(../figures/04-7-scores.png)

What attribution methods are worth where the truth is known. Above: how much relevance lies on the
object that defines the class; below: how well it ranks what repainting a cell does to this network.
The lines of maps that need no network are the least that a method has to pass."""
"""The figures that docs/results.md shows, with what to see in them."""


def publish(layout: Layout) -> None:
    """Renew README.md and docs/results.md between markers, expected/standard.json and pretrained/.

    Args:
        layout: the checkout.

    Raises:
        InvalidInput: there is no complete standard run of one commit, it goes on, a file has no
            markers, or the networks are too large together.
    """
    folder = layout.run(PROFILE)
    with if_free(folder / LOCK) as free:  # which a second publish would hold as well
        if not free:
            raise InvalidInput(f"{shown(folder)}: it is being run or published; wait for it")
        _publish(layout, folder)


def _publish(layout: Layout, folder: Path) -> None:
    """Publish a folder that nobody is writing to."""
    manifest, results = load_manifest(folder), load_results(folder)
    if not (results.complete and manifest.get("complete")):
        raise InvalidInput(f"{shown(folder)}: the run is not complete; ./run_all.sh first")
    _check_origin(shown(folder), manifest)
    texts = [
        _renewed(layout.root, name, part) for name, part in marked_parts(results, manifest).items()
    ]
    runs = _small_runs(layout)
    for path, text in texts:
        write_aside(path, text)
    record = expected_record(folder, manifest)
    expected = (
        json.dumps(record.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
        + "\n"
    )
    write_aside(layout.root / "expected" / f"{PROFILE}.json", expected)
    _ship(runs, layout.pretrained)


def _small_runs(layout: Layout) -> dict[str, dict[str, bytes]]:
    """The files of all runs of the profile whose networks are small enough to ship, by name."""
    store, found = Store(), dict[str, dict[str, bytes]]()
    for section in load_profile(layout, PROFILE).values():
        for row in section.rows.values():  # of a search any trial may have been chosen
            for configuration in section.configured(row, section.seeds):
                run = find_run(run_name(configuration), store)
                if run and (run.path / "model.keras").stat().st_size < LARGEST:
                    names = entries.names(run.path)
                    found[run.name] = {name: entries.read(run.path, name) for name in names}
    total = sum(len(content) for files in found.values() for content in files.values())
    if total > MOST:
        raise InvalidInput(f"pretrained: {total / 1e6:.1f} MB is not allowed: {MOST / 1e6:.0f} MB")
    return found


def _ship(runs: dict[str, dict[str, bytes]], folder: Path) -> None:
    """Make a folder hold exactly these runs; its README stays."""
    for old in folder.glob("*-*"):
        if old.name not in runs and {path.name for path in old.iterdir()} <= RUN_FILES:
            shutil.rmtree(old)  # a run of other code
    for name, files in runs.items():
        entries.keep(folder / name, files)


def _check_origin(place: str, manifest: dict[str, Any]) -> None:
    """Refuse a run whose notebooks are not all of one commit, or of none that is in git."""
    records = manifest["notebooks"].values()
    commits = {record["commit"] for record in records}
    if len(commits) > 1:
        raise InvalidInput(f"{place}: notebooks ran on {len(commits)} commits; ./run_all.sh first")
    if any(record.get("pretrained") for record in records):
        raise InvalidInput(f"{place}: it ran with --pretrained; ./run_all.sh without, first")
    if any(record.get("dirty", manifest["dirty"]) for record in records):
        raise InvalidInput(f"{place}: it ran with uncommitted changes; commit, then ./run_all.sh")
    backends = {record.get("backend", "tensorflow") for record in records} - {"tensorflow"}
    if backends:
        raise InvalidInput(f"{place}: it trained with {min(backends)}; ./run_all.sh on tensorflow")


def marked_parts(results: RunResults, manifest: dict[str, Any]) -> dict[str, str]:
    """What stands between the markers, by file.

    Args:
        results: of a complete run.
        manifest: of the same run.
    """
    origin, verdicts = _origin(manifest), _verdicts(results)
    header = ("question", "paper", "here [95 % interval]", "verdict (claim)")
    findings = _table(header, results.findings)
    parts = {
        README: (CURVES, findings, f"{verdicts} [All of them]({PAGE}). {origin}"),
        PAGE: (PICTURES, origin, _accuracies(results), verdicts, _claims(results)),
    }
    return {name: "\n\n".join((BEGIN, *part, END)) for name, part in parts.items()}


def _renewed(root: Path, name: str, part: str) -> tuple[Path, str]:
    """A file and its text with another marked part."""
    path = root / name
    before, begin, rest = (path.read_text("utf8") if path.exists() else "").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InvalidInput(f"{name}: the markers {BEGIN} and {END} are missing; add them")
    return path, before + part + after


def _origin(manifest: dict[str, Any]) -> str:
    """Where the numbers come from, in a sentence."""
    machine = manifest["machine"]
    return (
        f"From a `{manifest['profile']}` run of commit `{manifest['commit'][:10]}` on "
        f"{machine['cores']} cores ({machine['processor']}, {machine['memory_gb']} GB). "
        "Cached results with identical code and configuration were reused."
    )


def _accuracies(results: RunResults) -> str:
    """Every plain test accuracy, a row a task."""
    tasks: dict[str, list[Measurement]] = {}
    for key, measured in results.known.items():
        quantity, task, _, *detail = key.split("/")
        if quantity == "accuracy" and not detail:
            tasks.setdefault(task, []).append(measured)
    header = (
        "task",
        "test accuracy of networks [t over seeds]",
        "of readers, no network [Wilson over scenes]",
    )
    rows = []
    for task, found in tasks.items():
        networks = [m for m in found if m.n.seeds]
        readers = [m for m in found if not m.n.seeds]
        rows.append((f"`{task}`", _cell(networks), _cell(readers)))
    return _table(header, rows)


def _cell(measurements: Sequence[Measurement]) -> str:
    """Accuracies in one cell of a table, a line each; what they rest on in the last line."""
    lines = [f"`{m.id.split('/')[2]}` {m.text}" for m in measurements]
    scenes = sorted({m.n.scenes for m in measurements})
    seeds = sorted({m.n.seeds for m in measurements} - {0})
    counts = [f"{_either(seeds)} seeds"] * bool(seeds) + [f"{_either(scenes)} scenes"]
    return "<br>".join([*lines, f"({', '.join(counts)})"]) if lines else "none"


def _either(numbers: Sequence[int]) -> str:
    """Numbers in words: "3", "2 or 3"."""
    return " or ".join(f"{number:,}" for number in numbers)


def _verdicts(results: RunResults) -> str:
    """How many claims got which verdict, in a sentence."""
    summary = ", ".join(f"{count} {verdict}" for verdict, count in results.counts.items())
    return f"Of {len(results.claims)} claims: {summary}."


def _claims(results: RunResults) -> str:
    """Each claim with what was measured."""
    columns = ["id", "statement", "source", "measured", "rule", "verdict"]
    rows = claims_table(results.claims)[columns].itertuples(index=False)
    return _table(columns, list(rows))


def _table(header: Any, rows: list[Any]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
