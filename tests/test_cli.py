"""Help and refusals without an environment: Python alone, and the same parser as the command's."""

import subprocess
import sys
from pathlib import Path

import pytest

from intensity.cli import HELPED, WRONG_USE, parser
from intensity.values import ROOT

PROGRAM = ROOT / "lib" / "intensity" / "cli.py"


def checked(*words: str) -> subprocess.CompletedProcess[str]:
    """What run_all.sh gets to know, from a Python without any package."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_is_given_and_ends_there() -> None:
    done = checked("--help")
    assert done.returncode == HELPED
    for option in ("--profile", "--only", "--from", "--workers", "--scheduler", "--verify"):
        assert option in done.stdout


@pytest.mark.parametrize("command", ["run", "explore", "audit", "publish", "store"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parser().parse_args([command, "--help"])
    assert f"python -m intensity {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--profile", "smoke"],
        ["--only", "03", "--fresh"],
        ["--from", "3", "--workers", "2"],
        ["--scheduler", "tls://login.cluster.org:8786"],
    ],
)
def test_right_use_goes_on_in_silence(words: list[str]) -> None:
    done = checked(*words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--profile", "nonsense"],
            "profile: 'nonsense' is not allowed: lab, paper, smoke, standard",
        ),
        (["--nonsense"], "--nonsense"),
        (["--workers", "many"], "'many' is not allowed: a whole number from 1 on"),
        (["--workers", "0"], "'0' is not allowed: a whole number from 1 on"),
        (["--scheduler", "localhost"], "'localhost' is not allowed: as tcp://host:8786"),
        (["--only", "99"], "--only: '99' is not allowed: 01, 02, 03"),
        (["--from", "x"], "--from: 'x' is not allowed: 01, 02, 03"),
    ],
)
def test_wrong_use_is_refused_in_one_line(words: list[str], said: str) -> None:
    done = checked(*words)
    assert done.returncode == WRONG_USE
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_options_are_those_of_the_command() -> None:
    arguments = vars(parser().parse_args(["run", "--profile", "smoke", "--workers", "3"]))
    assert arguments == {
        **{"command": "run", "profile": "smoke", "only": None, "start": None},
        **{"workers": 3, "scheduler": None, "fresh": False},
        **{"pretrained": False, "verify": False},
    }


def test_nothing_but_python_is_imported() -> None:
    assert "import intensity" not in Path(PROGRAM).read_text()
