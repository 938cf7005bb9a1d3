"""The engine, on notebooks of a line or two: in kernels where these matter, else in threads."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from intensity.claims import definitions
from intensity.claims.expected import expected_record
from intensity.runner import queue
from intensity.runner import run as engine
from intensity.runner.ownership import lock_of
from intensity.runner.profiles import load_profile
from intensity.runner.record import Record
from intensity.runner.run import Request, reproduce
from intensity.storage.files import write_value
from intensity.storage.locks import Lock
from intensity.storage.store import Store
from intensity.training import workers as cluster
from intensity.training.presets import configure
from intensity.training.runs import add_run, run_name
from intensity.values import InvalidInput

TRACE = """\
import os, pathlib
folder = pathlib.Path(os.environ["INTENSITY_CHECKOUT"], "runs", profile)
"""
WORKERS = """\
from distributed import Client
with Client(os.environ["INTENSITY_SCHEDULER"]) as client:
    (folder / "workers").write_text(str(len(client.nthreads())))
"""
WRITE_FIGURE = """\
(folder / "figures").mkdir(exist_ok=True)
for kind in ("png", "pdf", "csv"):
    (folder / "figures" / f"02-line.{kind}").write_text(f"{kind} of {profile}")"""
WRITE_RESULTS = """\
from intensity.claims.results import save_part
from intensity.statistics.measurements import Results
results = Results("01_first", folder)
results.over_seeds("accuracy/hard/bn_compact", [0.9, 0.91, 0.92], scenes=100)
save_part(results)"""


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """The engine sets variables for its kernels; tests leave none behind."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def checkout(checkout: Any) -> Any:
    """Three notebooks: one measures, one makes a figure, one says what it finds."""
    checkout.notebook("01_first", TRACE + WRITE_RESULTS)
    checkout.notebook("02_second", TRACE + WRITE_FIGURE)
    found = "' '.join(sorted(path.name for path in folder.glob('*/*')))"
    checkout.notebook("03_end", TRACE + f"(folder / 'seen').write_text({found})")
    for name in ("smoke", "standard"):
        checkout.profile(name, "01_first: {}\n02_second: {}\n03_end: {}\n")
    return checkout


NOWHERE = "tcp://127.0.0.1:9"
"""A cluster that no notebook asks for anything: saves starting workers."""


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have that cluster pass for one."""
    monkeypatch.setattr(cluster, "check_workers", lambda address: None)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have notebooks executed in threads of this process, which takes no time."""

    def execute(source: Path, copy: Path, parameters: dict[str, Any], root: Path) -> str | None:
        """What `run_notebook` does with a kernel."""
        copy.write_text(source.read_text())
        cells = [c for c in json.loads(source.read_text())["cells"] if c["cell_type"] == "code"]
        names = dict(parameters)
        for number, cell in enumerate(cells[1:], 3):
            try:
                exec(cell["source"], names)
            except Exception as error:
                return f"cell [{number}]: {type(error).__name__}: {error}"
        return None

    monkeypatch.setattr(queue, "run_notebook", execute)


def run(checkout: Any, **request: Any) -> int:
    """Run the engine; its exit code."""
    return reproduce(Request(**request), checkout.layout)


def read(folder: Path, name: str) -> Any:
    """A JSON file of a run."""
    return json.loads((folder / name).read_text())


def test_a_standard_run_from_start_to_end(checkout: Any, capfd: pytest.CaptureFixture[str]) -> None:
    checkout.notebook("01_first", TRACE + WRITE_RESULTS, WORKERS)
    own = checkout.root / "figures" / "02-my-own.png"
    own.parent.mkdir()
    for path in (own, own.with_name("README.md")):
        path.write_text("old")
    assert run(checkout, profile="standard", workers=2) == 0
    folder = checkout.layout.run("standard")
    assert (folder / "workers").read_text() == "2"
    assert_in_order_with_parameters(folder)
    assert_manifest_is_whole(folder)
    assert read(folder, "results.json")["measurements"][0]["id"] == "accuracy/hard/bn_compact"
    assert (folder / "report" / "index.html").exists()
    kept = {path.name for path in own.parent.iterdir()}
    assert kept == {"README.md", own.name, "02-line.png", "02-line.pdf", "02-line.csv"}
    out, err = capfd.readouterr()
    assert out.count(str(folder / "report" / "index.html")) == 2
    said = [line.split()[0] for line in out.splitlines()]
    assert sorted(said[2:4]) == ["01_first:", "02_second:"]
    assert [*said[:2], *said[4:]] == ["01_first", "02_second", "03_end", "03_end:", "done;"]
    assert err == ""


def assert_in_order_with_parameters(folder: Path) -> None:
    """Each notebook saw what those before it had left, and its own parameters."""
    seen = (folder / "seen").read_text().split()
    assert {"01_first.json", "02-line.png", "02_second.ipynb"} <= set(seen)
    assert (folder / "figures" / "02-line.csv").read_text() == "csv of standard"
    names = ["01_first.ipynb", "02_second.ipynb", "03_end.ipynb"]
    assert sorted(path.name for path in (folder / "notebooks").iterdir()) == names


def assert_manifest_is_whole(folder: Path) -> None:
    """The manifest knows every notebook, seed and figure."""
    manifest = read(folder, "manifest.json")
    assert manifest["complete"]
    assert manifest["finished"] >= manifest["started"]
    assert manifest["parameters"]["02_second"] == {}
    assert all(record["seconds"] > 0 for record in manifest["notebooks"].values())
    picture = (folder / "figures" / "02-line.png").read_bytes()
    assert manifest["figures"] == {"02-line.png": hashlib.sha256(picture).hexdigest()}


def gates(checkout: Any) -> str:
    """Code that waits for a file of the other notebook: `met("01", "02")`; fails after a minute."""
    return f"""
import pathlib, time
def met(own, other):
    folder = pathlib.Path({str(checkout.root)!r})
    (folder / own).touch()
    until = time.monotonic() + 60
    while not (folder / other).exists():
        assert time.monotonic() < until, "alone"
        time.sleep(0.05)
"""


def test_two_notebooks_run_at_once_in_order_and_the_last_one_alone(
    checkout: Any, threads: None, capfd: pytest.CaptureFixture[str]
) -> None:
    runs = f"{str(checkout.layout.run('smoke'))!r}"
    ended = (
        f"while not pathlib.Path({runs}, 'notebooks', '03_end.ipynb').exists(): time.sleep(0.05)"
    )
    checkout.notebook("01_first", gates(checkout), "met('01', '02')")
    checkout.notebook("02_second", gates(checkout), "met('02', '01')", "met('02', '03')", ended)
    checkout.notebook("03_end", gates(checkout), "met('03', '02')")
    end = f"folder = pathlib.Path({runs})\nfound = len(list(folder.glob('notebooks/0*')))"
    checkout.notebook("04_last", "import pathlib", end, "(folder / 'seen').write_text(str(found))")
    sections = "".join(f"{name}: {{}}\n" for name in checkout.layout.notebooks)
    checkout.profile("smoke", sections)
    assert run(checkout, profile="smoke", scheduler=NOWHERE) == 0
    lines = [line.partition("; ")[0] for line in capfd.readouterr().out.splitlines()]
    said = [line.replace(" ...", "+").split(":")[0] for line in lines]
    assert said == [
        *("01_first+", "02_second+", "01_first", "03_end+"),
        *("03_end", "02_second", "04_last+", "04_last", "done"),
    ]
    folder = checkout.layout.run("smoke")
    assert len(list((folder / "notebooks").iterdir())) == 4
    assert (folder / "seen").read_text() == "3"


@pytest.mark.parametrize("both", [False, True])
def test_what_runs_beside_a_failure_is_let_finish_and_nothing_else_starts(
    checkout: Any, threads: None, capfd: pytest.CaptureFixture[str], both: bool
) -> None:
    checkout.notebook("01_first", gates(checkout), "met('01', '02')", "raise ValueError('first')")
    copy = checkout.layout.run("smoke") / "notebooks" / "01_first.ipynb"
    after = ["raise KeyError('second')"] if both else [TRACE + WRITE_RESULTS]
    wait = f"import os\nmet('02', {str(copy)!r})"  # it has its name once it has ended
    checkout.notebook("02_second", gates(checkout), "met('02', '01')", wait, *after)
    assert run(checkout, profile="smoke", scheduler=NOWHERE) == 1
    err = capfd.readouterr().err.splitlines()
    assert "01_first failed in cell [5]: ValueError: first" in err[0]
    assert ["02_second failed in cell [6]: KeyError: 'second'" in line for line in err[1:]] == (
        [True] if both else []
    )
    records = read(checkout.layout.run("smoke"), "manifest.json")["notebooks"]
    assert {name: record["status"] for name, record in records.items()} == {
        "01_first": "failed",
        "02_second": "failed" if both else "passed",
    }


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_has_just_ended_is_kept_where_an_interrupt_comes_as_it_is_noted(
    checkout: Any, threads: None, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    end = Record.end

    def interrupted(record: Record, name: str, entry: dict[str, Any]) -> None:
        """Note it, and be interrupted before or after that."""
        monkeypatch.setattr(Record, "end", end)
        if when == "after":
            record.end(name, entry)
        raise KeyboardInterrupt

    monkeypatch.setattr(Record, "end", interrupted)
    assert run(checkout, profile="smoke", only="01", scheduler=NOWHERE) == 130
    folder = checkout.layout.run("smoke")
    assert read(folder, "manifest.json")["notebooks"]["01_first"]["status"] == "passed"
    assert len(read(folder, "results.json")["measurements"]) == 1
    assert (folder / "notebooks" / "01_first.ipynb").exists()


def test_a_failure_ends_the_run_and_is_told_in_one_line(
    checkout: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("02_second", "raise ValueError('two\\nlines')")
    assert run(checkout, profile="smoke", start="02", scheduler=NOWHERE) == 1
    folder = checkout.layout.run("smoke")
    copy = folder / "notebooks" / "02_second.ipynb"
    line = f"02_second failed in cell [3]: ValueError: two lines (executed copy: {copy})"
    assert capfd.readouterr().err == f"intensity: {line}\n"
    assert copy.exists()
    assert not (folder / "notebooks" / "03_end.ipynb").exists()
    assert "two lines" in (folder / "report" / "index.html").read_text()
    assert not read(folder, "results.json")["complete"]
    assert not read(folder, "manifest.json")["complete"]


def test_a_kernel_that_dies_is_a_failure_and_progress_is_relayed(
    checkout: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    said = "open(os.environ['INTENSITY_TERMINAL'], 'a').write('half\\rdone\\n')"
    checkout.notebook("02_second", "import os", said, "os._exit(3)")
    assert run(checkout, profile="smoke", only="02", scheduler=NOWHERE) == 1
    progress, line = capfd.readouterr().err.splitlines()[-2:]
    assert progress.endswith("done")
    assert "02_second failed in cell [5]: DeadKernelError" in line


def test_only_keeps_the_other_parts_and_forgets_its_own(checkout: Any, threads: None) -> None:
    folder = checkout.layout.run("smoke")
    old = ["figures/01-a.png", "figures/02-gone.png", "results/02_second.json"]
    for name in old:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    record = {"status": "passed", "error": None, "started": "-", "seconds": 1, "commit": "-"}
    records = {"01_first": record, "02_second": record, "99_gone": record}
    (folder / "manifest.json").write_text(json.dumps({"notebooks": records}))
    assert run(checkout, profile="smoke", only="02", scheduler=NOWHERE) == 0
    assert [name for name in old if (folder / name).exists()] == ["figures/01-a.png"]
    manifest = read(folder, "manifest.json")
    assert manifest["notebooks"]["01_first"] == record
    assert set(manifest["notebooks"]) == {"01_first", "02_second"}
    assert not manifest["complete"]
    assert not checkout.layout.figures.exists()


def test_an_unknown_profile_is_refused_and_leaves_nothing(checkout: Any) -> None:
    with pytest.raises(InvalidInput, match="'nonsense' is not allowed: smoke, standard"):
        run(checkout, profile="nonsense")
    assert not (checkout.root / "runs").exists()


def test_a_wrong_profile_is_refused_before_the_first_notebook(checkout: Any) -> None:
    checkout.profile("smoke", "01_first: {}\n02_second: {}\n03_end: {seeds: many}\n")
    with pytest.raises(InvalidInput, match="03_end: 'seeds' is not allowed: it has no parameters"):
        run(checkout, profile="smoke")
    assert not (checkout.root / "runs").exists()


def test_a_wrong_caption_is_refused_before_the_first_notebook(checkout: Any) -> None:
    checkout.layout.captions("02_second").write_text("figures: {line: {caption: A line.}}")
    with pytest.raises(InvalidInput, match=r"02_second\.yaml: .*line: FigureWords.alt: "):
        run(checkout, profile="smoke")
    assert not (checkout.root / "runs").exists()


def test_a_wrong_claim_is_refused_before_the_first_notebook(
    checkout: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = definitions.CLAIMS_FILE.read_text("utf8")
    claims = checkout.root / "claims.yaml"
    claims.write_text(text.replace("unit: grey levels", "unit: furlongs"))
    monkeypatch.setattr(definitions, "CLAIMS_FILE", claims)
    definitions.load_claims.cache_clear()
    with pytest.raises(InvalidInput, match=r"P6: .*unit: 'furlongs' is not allowed: fraction, "):
        run(checkout)
    assert not checkout.layout.run("smoke").exists()


def test_an_output_folder_that_cannot_be_written_is_refused(checkout: Any) -> None:
    (checkout.root / "runs").write_text("a file where the folder should be")
    with pytest.raises(InvalidInput, match=r"output: .*runs/smoke is not allowed"):
        run(checkout, profile="smoke")


def expect(checkout: Any) -> None:
    """Publish what the smoke profile's results are now."""
    folder = checkout.layout.run("smoke")
    record = expected_record(folder, read(folder, "manifest.json"))
    write_value(checkout.root / "expected" / "smoke.json", record)


def test_verification_passes_for_the_same_numbers_and_fails_for_others(
    checkout: Any, threads: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(checkout, profile="smoke", scheduler=NOWHERE) == 0
    expect(checkout)
    capfd.readouterr()
    assert run(checkout, profile="smoke", scheduler=NOWHERE, verify=True) == 0
    out, err = capfd.readouterr()
    assert "measurements: 1 identical, 0 within, 0 outside, 0 not judged" in out
    assert err == ""
    checkout.notebook("01_first", TRACE + WRITE_RESULTS.replace("0.9, ", "0.1, "))
    assert run(checkout, profile="smoke", only="01", scheduler=NOWHERE, verify=True) == 1
    out, err = capfd.readouterr()
    assert "accuracy/hard/bn_compact: 0.91 -> 0.643333, moved by 0.267, tolerance" in out
    assert err.splitlines()[-1].startswith("intensity: 1 outside of what ")


def test_a_run_is_verified_before_another_engine_can_have_its_folder(
    checkout: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, taken = Lock(lock_of(checkout.layout.run("smoke"))), []

    def verify(*_: Any) -> list[str]:
        """Try to take the folder."""
        taken.append(lock.take())
        return [""]

    monkeypatch.setattr(engine, "load_expected", lambda *_: None)
    monkeypatch.setattr(engine, "_run", lambda *_: 0)
    monkeypatch.setattr(engine, "verify", verify)
    assert run(checkout, profile="smoke", scheduler=NOWHERE, verify=True) == 0
    assert taken == [False]
    assert lock.take()


def test_without_an_expected_file_verification_is_refused(checkout: Any) -> None:
    with pytest.raises(InvalidInput, match="--verify: 'smoke' is not allowed"):
        run(checkout, profile="smoke", verify=True)
    assert not (checkout.root / "runs").exists()


def test_a_backend_that_is_not_installed_is_refused(
    checkout: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    with pytest.raises(InvalidInput, match="KERAS_BACKEND: 'numpy' is not allowed"):
        run(checkout, profile="smoke", scheduler=NOWHERE)


PROFILE = """
seeds: [0, 1]
test_images: 100
validation_images: 50
trainings: {tiny: {task: hard, scenes: discs, network: bn_tiny, epochs: 1, epoch_images: 64}}
01_first: {}
02_second: {}
03_end: {}
06_units:
  trainings: [tiny, bn_compact: tiny, baseline: tiny, monotone: tiny, bn_tiny_full: tiny]
  profile_scenes: 1
  step: 1
  scatter_scenes: 1
  probe_scenes: 1
"""
LOOK = """\
import json, os
from intensity.runner.book import Book
book = Book("06_units", profile)
runs = book.train({"tiny": book.parameters.trainings["tiny"]})["tiny"]
found = [str(run.path.parent.name) for run in runs]
(book.output / "found").write_text(json.dumps([found, os.environ["KERAS_BACKEND"]]))"""


def test_networks_that_ship_are_used_where_asked_and_named(
    checkout: Any,
    threads: None,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkout.notebook("06_units", LOOK)
    checkout.profile("smoke", PROFILE)
    store = Store(checkout.root / "store", 0)
    monkeypatch.setenv("INTENSITY_STORE", str(store.root))
    section = load_profile(checkout.layout, "smoke")["06_units"]
    runs = [
        add_run(
            run_name(c),
            {"config.json": b"{}", "metrics.json": b'{"seconds": 1}', "model.keras": b""},
            store,
        )
        for c in section.configurations["tiny"]
    ]
    shutil.copytree(runs[0].path, checkout.layout.pretrained / runs[0].name)
    folder = checkout.layout.run("smoke")
    assert run(checkout, profile="smoke", scheduler=NOWHERE, pretrained=True, only="06") == 0
    assert read(folder, "found") == [["pretrained", "runs"], "tensorflow"]
    assert read(folder, "manifest.json")["pretrained"] == [runs[0].name]
    line = "1 of 2 networks are taken from pretrained/; trained here or in the store: bn_tiny on"
    assert f"{line} hard (1)" in capfd.readouterr().out
    assert run(checkout, profile="smoke", scheduler=NOWHERE, only="06") == 0
    assert read(folder, "found") == [["runs", "runs"], "tensorflow"]
    assert "pretrained" not in read(folder, "manifest.json")


def test_what_a_killed_run_had_begun_anew_counts_as_not_run(checkout: Any, threads: None) -> None:
    folder = checkout.layout.run("smoke")
    assert run(checkout, profile="smoke", scheduler=NOWHERE) == 0
    look = "(folder / 'then').write_text((folder / 'manifest.json').read_text())"
    checkout.notebook("02_second", TRACE + look)
    assert run(checkout, profile="smoke", only="02", scheduler=NOWHERE) == 0
    then = read(folder, "then")
    assert (then["complete"], [*then["notebooks"]]) == (False, ["01_first", "03_end"])
    assert read(folder, "manifest.json")["complete"]


def test_what_was_half_written_when_a_run_was_killed_is_removed(
    checkout: Any, threads: None
) -> None:
    folder = checkout.layout.run("smoke")
    parts = ("", "notebooks", "results", "figures", "report")
    left = [folder / part / f".half.{'0a' * 16}" for part in parts]
    theirs = [folder / part / ".DS_Store" for part in parts]
    for path in left + theirs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    (folder / "notebooks" / ".ipynb_checkpoints").mkdir()
    assert run(checkout, profile="smoke", scheduler=NOWHERE) == 0
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in theirs)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of training are missing."""
    missing = [configure(network="bn_large", epochs=100, epoch_images=36_000)]
    monkeypatch.setattr(engine, "_missing", lambda sections, chosen: missing)


def test_hours_of_training_are_announced_as_measured_here(
    checkout: Any,
    threads: None,
    long: None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        cluster, "time_trainings", lambda at, chosen: (2, dict.fromkeys(chosen, 0.01))
    )
    assert run(checkout, profile="smoke", scheduler=NOWHERE, only="01") == 0
    first = capfd.readouterr().out.splitlines()[0]
    assert first.startswith("1 networks are trained in about 5.0 hours on 2 workers here")


@pytest.mark.parametrize("lacking", ["disk", "memory"])
def test_hours_of_training_need_room(
    checkout: Any, long: None, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    little = mock.Mock(return_value=mock.Mock(free=5 * 10**8 if lacking == "disk" else 10**12))
    monkeypatch.setattr(engine.shutil, "disk_usage", little)
    monkeypatch.setattr("distributed.system.MEMORY_LIMIT", 3 * 10**9)
    with pytest.raises(InvalidInput, match=rf"^{lacking}: \d\.\d GB"):
        run(checkout, profile="smoke")
    assert not (checkout.layout.run("smoke") / "manifest.json").exists()


def test_the_figures_of_a_second_published_profile_are_those_of_its_own_notebooks(
    checkout: Any, threads: None
) -> None:
    checkout.notebook("02_second", TRACE + WRITE_FIGURE)
    checkout.notebook("03_end", TRACE + WRITE_FIGURE.replace("02-line", "03-line"))
    checkout.profile("standard", "01_first: {}\n02_second: {}\n")
    checkout.profile("paper", "02_second: {}\n03_end: {}\n")
    for profile in ("standard", "paper"):
        assert run(checkout, profile=profile, scheduler=NOWHERE) == 0
    kept = {path.name: path.read_text() for path in checkout.layout.figures.glob("*.png")}
    assert kept == {"02-line.png": "png of standard", "03-line.png": "png of paper"}


@pytest.mark.parametrize("word", ["only", "start"])
def test_a_notebook_that_the_profile_does_not_run_is_refused(checkout: Any, word: str) -> None:
    checkout.profile("smoke", "01_first: {}\n02_second: {}\n")
    said = r"^--(only|from): '03' is not allowed: the profile smoke runs 01, 02$"
    with pytest.raises(InvalidInput, match=said):
        run(checkout, profile="smoke", scheduler=NOWHERE, **{word: "03"})
