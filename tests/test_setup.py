"""The lock, the files for conda and citation, and the bootstrap (with fakes, without network)."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
SCRIPTS = ("run_all.sh", "run_tests.sh", ".ci/run", "postBuild")
PYTHONS = ("python3", "python3.13", "python3.12", "python3.11")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# Stands for the packages: what an installation does is noted in a file, and takes no time.
FAKE_INSTALL = """
install_with_pip() { echo made >>log; "$python" -m venv --without-pip .venv; }
install_with_uv() { install_with_pip; }
compile_bytecode() { :; }
"""


def locked() -> dict[str, list[str]]:
    """The blocks of requirements.lock: the pinned requirement, then its hashes, by package."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    blocks = [block.split(" \\\n    ") for block in re.split(r"\n(?=\S)", text.strip())]
    return {block[0].partition("==")[0]: block for block in blocks}


def wanted() -> list[Requirement]:
    """What pyproject.toml asks for, the developers' tools included."""
    lines = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    return [Requirement(line) for line in lines]


def test_lock_pins_every_package_with_hashes() -> None:
    for name, (pin, *hashes) in locked().items():
        assert re.match(re.escape(name) + r"==[\w.]+( ; |$)", pin)
        assert hashes
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes)


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_lock_satisfies_pyproject(requirement: Requirement) -> None:
    pin = Requirement(locked()[requirement.name.lower()][0])
    assert pin.marker is None
    assert next(iter(pin.specifier)).version in requirement.specifier


def imported(source: str) -> set[str]:
    """The top-level modules that a Python source imports."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_what_is_imported_is_asked_for() -> None:
    sources = [path for folder in ("lib", "tests") for path in (ROOT / folder).rglob("*.py")]
    modules = set().union(*(imported(path.read_text("utf-8")) for path in sources))
    asked = {canonicalize_name(requirement.name) for requirement in wanted()}
    packages = packages_distributions()
    provided = {
        name for name in packages if asked & {canonicalize_name(each) for each in packages[name]}
    }
    own = {path.stem for folder in ("tests", "benchmarks") for path in (ROOT / folder).glob("*.py")}
    assert modules - sys.stdlib_module_names - own - {"intensity"} <= provided


def test_lock_holds_third_party_packages_only() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert PROJECT["project"]["name"] not in locked()
    assert "setuptools" in locked(), "the project is built without fetching its build system"
    assert not re.search(r"://|--index|--find-links|^-e| @ ", text, flags=re.MULTILINE)


def test_conda_and_binder_install_the_lock_then_the_project() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    assert [minor for minor in range(8, 20) if f"3.{minor}" in supported] == [11, 12, 13]
    name, _, pin = python.partition("=")  # Binder's builder reads a plain pin only
    assert (name, re.fullmatch(r"3\.\d+", pin) is not None, pin in supported) == (
        "python",
        True,
        True,
    )
    assert (pip, packages) == ("pip", {"pip": ["-r requirements.lock"]})
    assert "pip install --no-deps" in (ROOT / "postBuild").read_text()


def test_citation_names_the_contributors_and_the_paper() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title"} <= set(citation)
    assert citation["authors"] == [{"name": "the contributors"}]
    assert Version(citation["version"]) == Version(PROJECT["project"]["version"])
    (paper,) = citation["references"]
    assert [author["family-names"] for author in paper["authors"]] == ["Kaunismaa", "Guerzhoy"]
    assert (paper["year"], "2306.00360" in paper["url"]) == (2023, True)


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_executable_and_parse(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)


class Place:
    """A checkout without packages, in a folder whose name has a space, and a PATH of fakes."""

    def __init__(self, folder: Path) -> None:
        """Copy what the bootstrap reads."""
        self.root, self.bin = folder / "a checkout", folder / "bin"
        self.root.mkdir()
        self.bin.mkdir()
        for name in ("bootstrap.sh", "bootstrap.py", "pyproject.toml", "run_all.sh"):
            shutil.copy(ROOT / name, self.root)
        (self.root / "requirements.lock").write_text("a==1\n")
        for name in PYTHONS:
            self.fake(name, "exit 127")

    def fake(self, name: str, body: str, folder: Path | None = None) -> Path:
        """A program of this name that runs a line of shell."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def real(self, name: str = "python3", folder: Path | None = None) -> Path:
        """A program of this name that is the Python of these tests."""
        return self.fake(name, f'exec "{sys.executable}" "$@"', folder)

    def start(self, *command: str | Path, **variables: str | Path) -> "subprocess.Popen[str]":
        """Start a command in the checkout; no environment is active but for the given variables."""
        path = f"{self.bin}:/usr/bin:/bin"
        environment = {"PATH": path} | {name: str(value) for name, value in variables.items()}
        return subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=PIPE, stderr=PIPE, text=True
        )

    def bootstrap(self, words: str, **variables: str | Path) -> tuple[int, str, str]:
        """Source the bootstrap, fake installations, run words; exit code, output and errors."""
        process = self.start("bash", "-euo", "pipefail", "-c", self.script(words), **variables)
        out, err = process.communicate()
        return process.returncode, out.strip(), err.strip()

    def script(self, words: str) -> str:
        """The shell program of `bootstrap`."""
        return f"source ./bootstrap.sh\n{FAKE_INSTALL}\n{words}"

    @property
    def installations(self) -> int:
        """How often packages were installed."""
        log = self.root / "log"
        return len(log.read_text().split()) if log.exists() else 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout without an environment."""
    return Place(tmp_path)


FIND = 'find_environment; echo "$python ${PYTHONPATH:-}"'


@pytest.mark.parametrize(
    "about", ["3.10 Linux x86_64", "3.14 Linux x86_64", "3.12 Darwin x86_64", "3.12 Windows AMD64"]
)
def test_other_pythons_and_platforms_are_refused_in_one_line(place: Place, about: str) -> None:
    place.fake("python3", f"echo {about}")
    code, out, err = place.bootstrap(FIND)
    assert (code, out, place.installations) == (2, "", 0)
    assert re.fullmatch(r"error: Python 3\.11, 3\.12 or 3\.13 on .*", err)
    assert err.endswith(about)


def test_another_python_on_the_path_is_taken_where_python3_is_too_old(place: Place) -> None:
    place.fake("python3", "echo 3.9 Linux x86_64")
    place.real("python3.12")
    code, _, err = place.bootstrap(FIND)
    assert (code, place.installations) == (0, 1), err


def test_a_path_that_python_cannot_have_is_refused_in_one_line(place: Place) -> None:
    place.real()
    place.root = place.root.rename(place.root.with_name("a:b"))
    place.real("python", place.root.parent / "active" / "bin")
    code, _, err = place.bootstrap(FIND, VIRTUAL_ENV=place.root.parent / "active")
    assert (code, place.installations, err.count("\n")) == (2, 0, 0)
    assert err.startswith(f"error: {place.root}: a folder with ':'")


def test_the_environment_is_made_once(place: Place) -> None:
    place.real()
    for _ in range(2):
        code, out, _ = place.bootstrap(FIND)
        assert (code, out) == (0, f"{place.root}/.venv/bin/python")
    assert place.installations == 1


def test_the_project_is_found_in_a_folder_of_any_name(place: Place) -> None:
    place.real()
    odd = "a{b}c %20 caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    place.root = place.root.rename(place.root.with_name(odd))
    (place.root / "lib" / "intensity").mkdir(parents=True)
    (place.root / "lib" / "intensity" / "here.py").write_text("print('found')")
    code, out, err = place.bootstrap('find_environment; "$python" -m intensity.here', LC_ALL="C")
    assert (code, out) == (0, "found"), err


def test_the_environment_can_be_activated(place: Place) -> None:
    place.real()
    words = f"{FIND} >/dev/null; source .venv/bin/activate; command -v python"
    code, out, _ = place.bootstrap(words)
    assert (code, out) == (0, f"{place.root}/.venv/bin/python")


def test_another_lock_makes_it_anew_and_removes_the_old_files(place: Place) -> None:
    place.real()
    place.bootstrap(FIND)
    old = place.root / ".venv" / "old"
    old.touch()
    (place.root / "requirements.lock").write_text("a==2\n")
    place.bootstrap(FIND)
    assert place.installations == 2
    assert not old.exists()


def test_another_place_makes_it_anew(place: Place) -> None:
    place.real()
    place.bootstrap(FIND)
    place.root = place.root.rename(place.root.with_name("moved"))
    code, out, _ = place.bootstrap(FIND)
    assert (code, out, place.installations) == (0, f"{place.root}/.venv/bin/python", 2)


@pytest.mark.parametrize("end", ["return 1", "sh -c 'kill -KILL $PPID'"])
def test_what_was_not_finished_is_begun_anew(place: Place, end: str) -> None:
    place.real()
    code, _, err = place.bootstrap(f"compile_bytecode() {{ {end}; }}\n{FIND}")
    assert (code, err.splitlines()[-1][:25]) == (1, "error: .venv was not made")
    assert place.bootstrap(FIND)[0] == 0
    assert place.installations == 2


def test_two_set_ups_at_once_make_one_environment(place: Place) -> None:
    place.real()
    words = place.script(f"compile_bytecode() {{ sleep 0.5; }}\n{FIND}")
    both = [place.start("bash", "-euo", "pipefail", "-c", words) for _ in range(2)]
    found = {process.communicate()[0].strip() for process in both}
    assert found == {f"{place.root}/.venv/bin/python"}
    assert place.installations == 1


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_an_active_environment_that_satisfies_is_used_as_it_is(place: Place, variable: str) -> None:
    folder = place.root.with_name("active")
    python = place.real("python", folder / "bin")
    code, out, err = place.bootstrap(FIND, **{variable: folder})
    assert (code, out, err) == (0, f"{python} {place.root}/lib", "")
    assert sorted(folder.rglob("*")) == [folder / "bin", python]
    assert not (place.root / ".venv").exists()


def test_an_active_environment_that_does_not_satisfy_is_left_with_a_line(place: Place) -> None:
    place.real()
    folder = place.root.with_name("active")
    place.real("python", folder / "bin")
    text = (ROOT / "pyproject.toml").read_text()
    (place.root / "pyproject.toml").write_text(re.sub(r"numpy>=[\d.]+,<3", "numpy>=98,<99", text))
    code, out, err = place.bootstrap(FIND, VIRTUAL_ENV=folder)
    assert (code, out) == (0, f"{place.root}/.venv/bin/python")
    assert re.match(rf"{folder} is not used: numpy<99,>=98 is not satisfied by [\d.]+\n", err)


def test_an_active_environment_of_another_python_is_left_with_a_line(place: Place) -> None:
    place.real()
    folder = place.root.with_name("active")
    place.fake("python", "echo 3.9 Linux x86_64", folder / "bin")
    code, _, err = place.bootstrap(FIND, CONDA_PREFIX=folder)
    assert code == 0
    assert err.startswith(f"{folder} is not used: its Python is: 3.9 Linux x86_64\n")


def test_an_unfinished_environment_is_made_anew_though_it_is_active(place: Place) -> None:
    place.real()
    place.bootstrap(f"compile_bytecode() {{ return 1; }}\n{FIND}")
    code, _, err = place.bootstrap(FIND, VIRTUAL_ENV=place.root / ".venv")
    assert (code, place.installations) == (0, 2), err


def test_an_environment_that_somebody_else_made_is_never_removed(place: Place) -> None:
    place.real()
    python = place.fake("python", "exit 1", place.root / ".venv" / "bin")
    code, _, err = place.bootstrap(FIND)
    assert (code, place.installations) == (2, 0)
    assert err.splitlines()[-1].startswith("error: .venv is not one that run_all.sh made")
    assert python.exists()


def test_run_all_hands_on_arguments_and_exit_code_from_anywhere(place: Place) -> None:
    folder = place.root.with_name("active")
    shown = 'printf "%s|" "$PWD" "$@"; exit 7'
    place.fake(
        "python",
        f'if [ "$1" = -m ]; then {shown}; fi; exec "{sys.executable}" "$@"',
        folder / "bin",
    )
    script = place.root / "run_all.sh"
    process = place.start(
        "bash", "-c", 'cd / && "$0" "$@"', script, "--only", "a b", VIRTUAL_ENV=folder
    )
    out, _ = process.communicate()
    assert process.returncode == 7
    assert out == f"{place.root}|-m|intensity|run|--only|a b|"


def test_run_all_is_found_through_a_symbolic_link(place: Place, tmp_path: Path) -> None:
    folder = place.root.with_name("active")
    place.fake(
        "python",
        f'if [ "$1" = -m ]; then echo "$PWD"; exit 7; fi; exec "{sys.executable}" "$@"',
        folder / "bin",
    )
    link = tmp_path / "bin" / "reproduce"
    link.symlink_to(place.root / "run_all.sh")
    process = place.start(link, VIRTUAL_ENV=folder, CDPATH=tmp_path)
    out, err = process.communicate()
    assert (process.returncode, out) == (7, f"{place.root}\n"), err


def test_what_the_caller_says_to_python_and_its_tools_is_not_taken(place: Place) -> None:
    place.real()
    foreign = dict.fromkeys(("PYTHONX", "GIT_DIR", "SOURCE_DATE_EPOCH", "anything", "CDPATH"), "1")
    asked = {"PYTHONHOME": "/none", "PIP_USER": "1", "PIP_NO_INDEX": "1", "UV_PYTHON": "2.7"}
    kept = {"KERAS_BACKEND": "jax", "PIP_INDEX_URL": "https://mirror", "HTTPS_PROXY": "http://b:1"}
    words = 'find_environment; "$python" -c "import os; print(*os.environ)"'
    code, out, err = place.bootstrap(words, **foreign, **asked, **kept)
    found = set(out.split())
    assert (code, kept.keys() - found) == (0, set()), err
    assert not found & {*foreign, *asked}


def test_functions_options_and_closed_streams_of_the_callers_shell_do_no_harm(place: Place) -> None:
    place.real()
    shell = {
        "BASH_FUNC_python3%%": "() { exit 5; }", "BASH_FUNC_mkdir%%": "() { exit 6; }",
        "SHELLOPTS": "noclobber:noglob", "BASHOPTS": "failglob", "GLOBIGNORE": "*",
        "POSIXLY_CORRECT": "1", "UID": "7", "TMOUT": "1",
    }  # fmt: skip
    words = f"{place.script('find_environment')}; expected_stamp | cmp - $stamp"
    script = place.root / "script"
    script.write_text(words)
    code = place.start("bash", "-c", "exec bash -eu script <&- >&- 2>&-", **shell).wait()
    assert (code, place.installations) == (0, 1)
    assert (place.root / ".venv" / "bin" / "python").exists()


@pytest.mark.parametrize("make", ["echo mine >.venv", "ln -s /none .venv"])
def test_what_somebody_else_has_in_place_of_the_environment_stays(place: Place, make: str) -> None:
    place.real()
    code, _, err = place.bootstrap(f"{make}; {FIND}")
    assert (code, place.installations) == (2, 0)
    assert err.splitlines()[-1].startswith("error: .venv is not one that run_all.sh made")


def test_pip_is_tried_where_what_uv_made_cannot_be_used(place: Place) -> None:
    place.real()
    place.fake("uv", "exit 0")  # as with files of uv that have packages installed elsewhere
    code, _, err = place.bootstrap(f"install_with_uv() {{ uv; }}\n{FIND}")
    assert (code, place.installations) == (0, 1), err


@pytest.mark.skipif(find_spec("pip") is None, reason="uv has made an environment without pip")
def test_pip_takes_from_its_files_only_where_packages_are(place: Place, tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror/simple\nno-index = true\nproxy = http://file:1\n"
        "[install]\nuser = true\nfind-links =\n    /a\n    /b\n"
    )
    words = f"""
    mkdir -p .venv/bin; printf '#!/bin/sh\\nexec "{sys.executable}" "$@"\\n' >.venv/bin/python
    chmod +x .venv/bin/python; seal_pip; .venv/bin/python -m pip config list"""
    code, out, err = place.bootstrap(words, PIP_CONFIG_FILE=config, PIP_PROXY="http://mine:1")
    assert code == 0, err
    found = dict(re.findall(r":env:\.([a-z-]+)='(.*)'", out))
    assert "user" not in out
    assert "no-index" not in out
    assert found.pop("config-file", "/dev/null") == "/dev/null"
    assert {"index-url": "https://mirror/simple", "proxy": "http://mine:1"}.items() <= found.items()
    assert found["find-links"].split() == ["/a", "/b"]


@pytest.mark.parametrize("home", ["", "/", "/none", "/etc/passwd"])
def test_a_user_without_a_home_gets_one(place: Place, home: str) -> None:
    place.fake("id", "exit 1")
    code, out, _ = place.bootstrap('echo "$HOME $USER"', **({"HOME": home} if home else {}))
    given = f"{place.root}/.cache/home nobody"
    assert (code, out) == (0, "/ nobody" if home == "/" and os.access("/", os.W_OK) else given)


def test_git_changes_no_line_end() -> None:
    attributes = (ROOT / ".gitattributes").read_text().splitlines()
    assert [line for line in attributes if not line.startswith("#")] == ["* -text"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["--nonsense"], 2),
        (["--only", "1", "--from", "2"], 2),
        (["--profile", "nonsense"], 2),
    ],
)
def test_help_and_refusals_come_before_any_set_up(
    place: Place, words: list[str], code: int
) -> None:
    place.real()
    for name in ("lib/intensity/cli.py", "params/smoke.yaml"):
        (place.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place.root / name)
    process = place.start("bash", place.root / "run_all.sh", *words)
    out, err = process.communicate()
    assert process.returncode == code
    assert "--profile" in out if code == 0 else err.count("\n") == 1
    assert not (place.root / ".venv").exists()
