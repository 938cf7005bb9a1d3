"""The command line: what it offers, and that wrong use is one line and exit code 2."""

import re
import subprocess
import sys

import pytest

from intensity.__main__ import COMMANDS, main
from intensity.values import ROOT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "run | explore | publish | store"),
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
