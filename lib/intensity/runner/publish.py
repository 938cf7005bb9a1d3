"""What a complete run leaves in git: results, figures, its report, and small networks.

All are written from a complete run and never by hand.
"""

import shutil
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from filelock import Timeout

from intensity.claims.definitions import SOURCES
from intensity.claims.expected import expected_path, expected_record, load_expected
from intensity.claims.judge import claims_table
from intensity.claims.results import RunResults, load_results
from intensity.cli import PUBLISHED, STANDARD
from intensity.environment import Layout
from intensity.report.build import page_of
from intensity.report.page import Places
from intensity.report.published import small_notebook
from intensity.runner.ownership import lock_of
from intensity.runner.profiles import load_profile
from intensity.runner.record import copy_figures, wanted
from intensity.statistics.intervals import OVER_SCENES
from intensity.statistics.measurements import Measurement
from intensity.storage import entries
from intensity.storage.files import write_aside, write_value
from intensity.storage.locks import Lock
from intensity.storage.manifest import load_manifest
from intensity.storage.store import Store
from intensity.tables.training import scale_by_network
from intensity.training.runs import Run, find_run
from intensity.values import InvalidInput, shown

LARGEST = {0: 2 * 10**6, 900: 10**7}
"""Bytes below which a network ships that took at least so many seconds to train."""

MOST = 50 * 10**6
"""Bytes that the shipped networks of one profile may have together."""

FILES = {
    *("config.json", "history.csv", "metrics.json", "model.keras", "predictions.csv"),
    entries.DIGESTS,
}
"""What a network that ships has in its folder."""

README, PAGE = "README.md", "docs/results.md"
"""The files that show results: the main ones, and all."""

FINDINGS, RESULTS, SCALE = "findings", "results", "paper scale"
"""What the comments say that stand around a part of them that is written here."""

ACCURACIES = (
    *("task", "test accuracy of networks [t over seeds]"),
    f"of baselines, without a network [{OVER_SCENES} if nothing else is said]",
)


def publish(layout: Layout, profile: str = STANDARD) -> None:
    """Renew README.md and docs/results.md between markers, and all that is kept of a run.

    That is expected/<profile>.json, figures/, published/ (of `paper`, published/paper/) and
    pretrained/.

    Args:
        layout: the checkout.
        profile: one of `PUBLISHED`.

    Raises:
        InvalidInput: there is no complete run of the profile by one commit, it goes on, a file has
            no markers, or the networks are too large together.
    """
    folder = layout.run(profile)
    try:
        with Lock(lock_of(folder)).acquire(blocking=False):  # as a second publish would
            _publish(layout, profile, folder)
    except Timeout:
        raise InvalidInput(f"{shown(folder)}: it is being run or published; wait for it") from None


def _publish(layout: Layout, profile: str, folder: Path) -> None:
    """Check and make everything, then write it, from a run's folder that is ours."""
    manifest, results = load_manifest(folder), load_results(folder)
    if not (results.complete and manifest.get("complete")):
        raise InvalidInput(f"{shown(folder)}: the run is not complete; ./run_all.sh first")
    _check_origin(shown(folder), manifest)
    parts, texts = _marked_parts(results, manifest), dict[Path, str]()
    for (name, marker), part in parts.items():
        path = layout.root / name
        old = texts.get(path) or (path.read_text("utf8") if path.exists() else "")
        texts[path] = _renewed(name, old, marker, part)
    runs, shipped = _small_runs(layout, profile), _wanted(layout, PUBLISHED)
    figures, report = _report(layout, profile, manifest["parameters"])
    _remove_old_figures(layout, profile, figures, folder / "figures")
    copy_figures(folder / "figures", figures, {name[:2] for name in manifest["parameters"]})
    for path, text in (texts | report).items():
        write_aside(path, text)
    write_value(expected_path(layout, profile), expected_record(folder, manifest))
    _ship(runs, layout.pretrained, set(runs) | (set(shipped) - set(_wanted(layout, [profile]))))


def _remove_old_figures(layout: Layout, profile: str, kept: Path, new: Path) -> None:
    """Take out the figures that the last published run had and this one has not."""
    if expected_path(layout, profile).exists():
        for name in load_expected(layout, profile).figures:
            if not (new / name).exists():
                for ending in (".csv", ".png", ".pdf"):
                    (kept / name).with_suffix(ending).unlink(missing_ok=True)


def _report(layout: Layout, profile: str, notebooks: Iterable[str]) -> tuple[Path, dict[Path, str]]:
    """Where a run's figures are kept; its page, which links to them, and its executed notebooks."""
    folder = layout.run(profile)
    if profile == STANDARD:
        target, figures, linked, up = layout.published, layout.figures, "../figures", ".."
    else:  # notebooks of the standard run have other figures here
        target = layout.published / profile
        figures, linked, up = target / "figures", "figures", "../.."
    places = Places(folder / "figures", linked, "notebooks", f"{up}/expected/{profile}.json", "")
    copies = {name: folder / "notebooks" / f"{name}.ipynb" for name in notebooks}
    texts = {target / "notebooks" / path.name: small_notebook(path) for path in copies.values()}
    return figures, {target / "index.html": page_of(layout, profile, places), **texts}


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


def _small_runs(layout: Layout, profile: str) -> dict[str, dict[str, bytes]]:
    """The files of all runs of a profile whose networks are small enough to ship, by name."""
    store, found = Store(), dict[str, dict[str, bytes]]()
    for name in _wanted(layout, [profile]):
        run = find_run(name, store)
        if run and (run.path / "model.keras").stat().st_size < _largest(run):
            names = entries.names(run.path)
            found[name] = {file: entries.read(run.path, file) for file in names}
    total = sum(len(content) for files in found.values() for content in files.values())
    if total > MOST:
        raise InvalidInput(f"pretrained: {total / 1e6:.1f} MB is not allowed: {MOST / 1e6:.0f} MB")
    return found


def _largest(run: Run) -> int:
    """The bytes that a network may have to ship."""
    return max(size for least, size in LARGEST.items() if run.metrics["seconds"] >= least)


def _wanted(layout: Layout, profiles: Iterable[str]) -> dict[str, None]:
    """The names of the runs of some profiles, in order."""
    there = [profile for profile in profiles if profile in layout.profiles]
    loaded = [load_profile(layout, profile) for profile in there]
    return {name: None for sections in loaded for name in wanted(sections)}


def _ship(runs: dict[str, dict[str, bytes]], folder: Path, keep: Container[str]) -> None:
    """Put runs into a folder, and take out those that no profile has; what is no run stays."""
    for digests in folder.glob(f"*/{entries.DIGESTS}"):
        names = {path.name for path in digests.parent.iterdir()}
        if digests.parent.name not in keep and names <= FILES:  # else it is somebody else's too
            shutil.rmtree(digests.parent)
    for name, files in runs.items():
        entries.keep(folder / name, files)


def _renewed(name: str, text: str, marker: str, part: str) -> str:
    """A file's text with another marked part."""
    first, last = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise InvalidInput(f"{name}: the markers {first} and {last} are missing; add them")
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"


def _marked_parts(results: RunResults, manifest: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What stands between markers, by file and marker."""
    machine, profile = manifest["machine"], manifest["profile"]
    origin = (
        f"From a `{profile}` run of commit `{manifest['commit'][:10]}` on "
        f"{machine['cores']} cores ({machine['processor']}, {machine['memory_gb']} GB). "
        "Cached results with identical code and configuration were reused."
    )
    all_claims = (_accuracies(results), *_claims(results))
    if profile == STANDARD:
        parts: dict[tuple[str, str], Iterable[str]] = {
            (README, FINDINGS): (
                "\n".join(f"- {text}" for text in results.in_words),
                results.behind_words,
            ),
            (README, RESULTS): (*_findings(results), f"[All claims, ours too]({PAGE}). {origin}"),
            (PAGE, RESULTS): (origin, *all_claims),
        }
    else:
        hours = f"{manifest['training_core_hours']:.1f} core hours of training"
        dates = f"{manifest['started'][:10]} to {manifest['finished'][:10]}"
        table = scale_by_network(results.measurements)
        scale = _table(table.columns, table.to_numpy()), f"{origin} {hours}, {dates}."
        parts = {(README, SCALE): scale, (PAGE, SCALE): (*scale, *all_claims)}
    return {place: "\n\n".join(part) for place, part in parts.items()}


def _findings(results: RunResults) -> Iterator[str]:
    """The paper's claims as a table, and how ours stand."""
    header = "claim", "where the paper has it", "here [95 % interval] (threshold)", "verdict"
    found = results.findings("paper")
    rows = [(f"{one.claim}. {one.question}", one.place, one.here, one.verdict) for one in found]
    yield _table(header, rows)
    yield " ".join(results.tally(source) for source in SOURCES)


def _claims(results: RunResults) -> Iterator[str]:
    """All claims of each source, a row a part."""
    for source, title in SOURCES.items():
        table = claims_table(results.all_claims, source)
        yield f"## {title}"
        yield results.tally(source)
        yield _table(table.columns, table.to_numpy())


def _accuracies(results: RunResults) -> str:
    """Every plain test accuracy, a row a task."""
    tasks: dict[str, list[Measurement]] = {}
    for measured in results.measurements:
        quantity, task, _, *detail = measured.about
        if quantity == "accuracy" and not detail:
            tasks.setdefault(task, []).append(measured)
    rows = [
        (
            f"`{task}`",
            _cell([m for m in found if m.n.seeds]),
            _cell([m for m in found if not m.n.seeds]),
        )
        for task, found in tasks.items()
    ]
    return _table(ACCURACIES, rows)


def _cell(measurements: Sequence[Measurement]) -> str:
    """Accuracies in one cell of a table, a line each; what they rest on in the last line."""
    if not measurements:
        return "none"
    alone = {True: " (one seed, Wilson)", False: ""}
    lines = [f"`{m.about[2]}` {m.text}{alone[m.n.seeds == 1]}" for m in measurements]
    seeds = {m.n.seeds for m in measurements} - {0, 1}
    counts = [f"{_either(seeds)} seeds"] * bool(seeds)
    counts.append(f"{_either({m.n.scenes for m in measurements})} scenes")
    counts += sorted({m.method for m in measurements if not m.n.seeds} - {OVER_SCENES})
    return "<br>".join([*lines, f"({', '.join(counts)})"])


def _either(numbers: set[int]) -> str:
    return " or ".join(f"{number:,}" for number in sorted(numbers))


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = list(header)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
