"""The command line: what it offers, and that wrong use is one line and exit code 2."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from intensity.__main__ import COMMANDS, main
from intensity.values import ROOT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "run | explore | audit | publish | store"),
        (["walk"], "'walk'"),
        (["run", "--nonsense"], "--nonsense"),
        (["run", "--prof", "smoke"], "--prof"),
        (["run", "--profile"], "--profile"),
        (["run", "--profile", "nonsense"], "profile: 'nonsense' is not allowed"),
        (["run", "--profile", "../params/smoke"], "profile: '../params/smoke' is not allowed"),
        (["run", "--workers", "many"], "'many'"),
        (["run", "--workers", "0"], "--workers: '0' is not allowed"),
        (["run", "--scheduler", "localhost"], "--scheduler: 'localhost' is not allowed"),
        (["run", "--only", "1", "--from", "2"], "--from"),
        (["run", "--fresh", "--pretrained"], "--pretrained"),
        (["run", "--profile", "smoke", "--verify"], "--verify: 'smoke' is not allowed"),
        (["explore", "--port", "80"], "--port: '80' is not allowed: a port, 1024..65535"),
        (["explore", "--port", "my"], "--port: 'my' is not allowed: a port, 1024..65535"),
        (["explore", "--public"], "--public"),
        (["audit", "mine.keras"], "CASES"),
        (["audit", "m.keras", "c.csv", "--values", "0-255"], "--values: '0-255' is not allowed"),
        (["audit", "m.keras", "c.csv", "--output", "classes"], "--output: invalid choice"),
        (["audit", "m.keras", "c.csv", "--images", "1"], "--images: '1' is not allowed: a whole"),
        (["audit", "m.keras", "none.csv"], "cases: none.csv is not there"),
        (["publish", "--profile", "smoke"], "--profile"),
        (["store", "--all"], "--all"),
    ],
)
def test_wrong_use_is_refused_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code  # type: ignore[assignment]
    assert code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("intensity: ")
    assert said in line


def test_help_lists_what_there_is() -> None:
    command = [sys.executable, "-m", "intensity", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in COMMANDS:
        assert re.search(rf"^ +{name} +\w+ \w+", text, re.MULTILINE), name
    for place in ("./run_all.sh", "./run_tests.sh", "notebooks", "benchmarks/README.md", "docs/"):
        assert re.search(rf"^  .*{re.escape(place)} +\w+", text, re.MULTILINE), place
        assert (ROOT / place).exists()


def test_who_reads_one_line_of_a_list_sees_no_error() -> None:
    # The pipe is closed before anything is written to it.
    program = "import sys; from intensity.__main__ import main; sys.stdin.read(); sys.exit(main())"
    listing = subprocess.Popen(
        [sys.executable, "-c", program, "store"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert listing.stdin is not None
    assert listing.stdout is not None
    assert listing.stderr is not None
    listing.stdout.close()
    listing.stdin.close()
    assert listing.stderr.read() == ""
    listing.wait()


@pytest.mark.parametrize("ignored", [True, False])
def test_a_signal_that_is_ignored_stays_ignored(
    ignored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}

    def reproduce(*_: object) -> int:
        found["handler"] = signal.getsignal(signal.SIGHUP)
        return 0

    monkeypatch.setattr("intensity.runner.run.reproduce", reproduce)
    numbers = (signal.SIGHUP, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        assert main(["run"]) == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert found["handler"] == (signal.SIG_IGN if ignored else signal.default_int_handler)


def test_a_terminal_that_knows_no_accents_gets_escapes() -> None:
    program = (
        "import sys; from intensity.__main__ import main, COMMANDS\n"
        "COMMANDS['store'] = lambda _: print('caf\\u00e9') or 0\nsys.exit(main(['store']))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "caf\\xe9\n", "")


def test_a_closed_stream_is_nobodys_file(tmp_path: Path) -> None:
    command = f'exec "{sys.executable}" -m intensity store <&- >&- 2>&-'
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "INTENSITY_STORE": str(tmp_path)}
    assert subprocess.run(["sh", "-c", command], env=environment).returncode == 0


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_store_or_no_entry_is_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "store"
    monkeypatch.setenv("INTENSITY_STORE", str(root))
    if kind == "file":
        root.write_text("mine")
    else:
        (root / "runs").mkdir(parents=True)
        (root / "runs" / "a-0123456789abcdef").symlink_to(tmp_path / "none")
    assert main(["store"]) == (2 if kind == "file" else 0)
    out, err = capsys.readouterr()
    assert (
        err.endswith("store is not allowed: a folder\n") if kind == "file" else "damaged: " in out
    )
