"""The documents are true: commands and examples run, links lead somewhere, all options are named.

A command of a document is executed here (`HERE`), or by another test (`ELSEWHERE`), or its block,
as one of Python that cannot be run, is marked above: <!-- not run here: why -->. Commands stand in
fenced bash blocks, or in a line as code.
"""

import json
import os
import re
import runpy
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from intensity.cli import parser
from intensity.runner.publish import README
from intensity.training.presets import configurations
from intensity.values import ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("", "*/")
    for path in ROOT.glob(f"{folder}*.md")
)

HERE = {
    "./run_all.sh --help": r"--profile PROFILE",
    "./run_tests.sh tests/test_cli.py": r"\d+ passed",
    "python -m intensity --help": r"store +list finished runs",
    "python -m intensity store": r"0 runs",
}
"""Commands that are executed here, and what they say."""

ELSEWHERE = {
    **dict.fromkeys(
        (".ci/run", "mypy", "ruff check .", "ruff format --check ."),
        "test_documents.py::test_what_has_to_pass_is_what_contributing_lists",
    ),
    "./run_all.sh": "test_smoke.py::test_every_notebook_adds_to_complete_results",
    "./run_all.sh --profile smoke": "test_smoke.py::test_every_notebook_adds_to_complete_results",
    "./run_all.sh --pretrained": "runner/test_run.py::"
    "test_networks_that_ship_are_used_where_asked_and_named",
    "./run_all.sh --scheduler ADDRESS": "training/test_workers.py::"
    "test_networks_are_trained_over_tls",
    "./run_all.sh --verify": "runner/test_run.py::"
    "test_verification_passes_for_the_same_numbers_and_fails_for_others",
    "./run_tests.sh": "test_documents.py::test_a_command_runs_and_says_what_it_should",
    "jupyter lab notebooks": "test_documents.py::test_jupyter_lab_serves_the_notebooks",
    "pre-commit install": "test_commits.py::test_only_what_fits_is_committed",
    "pre-commit run --all-files": "test_commits.py::test_all_files_are_checked",
    "python -m intensity explore": "browser/test_explore.py::"
    "test_the_slider_changes_the_pictures_by_keyboard",
    "python -m intensity audit": "audit/test_command.py::test_without_words_the_example_is_audited",
    "python -m intensity publish": "runner/test_publish.py::test_the_readme_gets_the_main_findings",
    "source .venv/bin/activate": "test_setup.py::test_the_environment_can_be_activated",
}
"""Commands that other tests execute, and which."""

FENCED = re.compile(
    r"(?P<mark>^<!-- not run here: \S.* -->\n)?^```(?P<language>\w*)\n(?P<body>(?:.*\n)*?)```$",
    re.MULTILINE,
)
PROGRAMS = r"\./\S+\.sh|\.ci/run|python -m|python \S+\.py|[A-Z_]+=\S+ \S+|\w+=\S+ \./\S+"
TOOLS = "conda|dask|jupyter|kubectl|mypy|pip|pre-commit|ruff|srun|uv"
INLINE = re.compile(rf"`((?:{PROGRAMS}|{TOOLS})(?: [^`]+)?)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block.

    language: behind the fence.
    body: the lines between the fences.
    line: of its first line in the document, from 0 on.
    marked: whether it says above why it is not run here.
    """

    language: str
    body: str
    line: int
    marked: bool


def read(document: str) -> str:
    """A document's text."""
    return (ROOT / document).read_text("utf8")


def blocks(document: str) -> Iterator[Block]:
    """The fenced blocks of a document, in order."""
    text = read(document)
    for found in FENCED.finditer(text):
        line = text.count("\n", 0, found.start("body"))
        yield Block(found["language"], found["body"], line, bool(found["mark"]))


def commands(document: str, marked: bool) -> set[str]:
    """The commands in those bash blocks of a document that are marked, or in those that are not."""
    lines = (
        line.partition(" #")[0].strip()
        for block in blocks(document)
        if block.language == "bash" and block.marked == marked
        for line in block.body.splitlines()
    )
    return {line for line in lines if line and not line.startswith("#")}


def inline(document: str) -> set[str]:
    """The commands that stand in a line of a document, as code."""
    return set(INLINE.findall(FENCED.sub("", read(document))))


def of_all(marked: bool) -> set[str]:
    """The commands in the marked, or the other, bash blocks of all documents."""
    return set().union(*(commands(document, marked) for document in DOCUMENTS))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The variables of a shell in which this environment is active, with an empty store."""
    mine = {"VIRTUAL_ENV": sys.prefix, "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
    mine |= {"PYTHONPATH": str(ROOT / "lib"), "INTENSITY_STORE": str(tmp_path / "store")}
    folders = {name: str(tmp_path / "jupyter") for name in JUPYTER}
    return {**os.environ, **mine, **folders}


JUPYTER = (
    *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
    *("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"),
)
"""Where Jupyter keeps things that are not the project's."""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_executed_by_a_test_or_marked(document: str) -> None:
    known = {*HERE, *ELSEWHERE}
    unknown = commands(document, marked=False) - known
    unknown |= inline(document) - known - of_all(marked=True)
    assert not unknown, (
        f"{document}: {', '.join(sorted(unknown))}: nothing executes this; add it to HERE or to "
        "ELSEWHERE in tests/test_documents.py, or mark its block with <!-- not run here: why -->"
    )


def test_what_is_executed_stands_in_a_document() -> None:
    said = of_all(marked=False).union(*map(inline, DOCUMENTS))
    options = {"./run_all.sh --help"}  # README's table of options
    assert {*HERE, *ELSEWHERE} - options <= said


@pytest.mark.parametrize("command", HERE)
def test_a_command_runs_and_says_what_it_should(command: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(HERE[command], done.stdout), done.stdout + done.stderr


@pytest.mark.parametrize("test", sorted({*ELSEWHERE.values()}))
def test_tests_that_execute_commands_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text("utf8")


def test_jupyter_lab_serves_the_notebooks(environment: dict[str, str]) -> None:
    folder = Path(environment["JUPYTER_CONFIG_DIR"])
    folder.mkdir()
    quiet = {"open_browser": False, "port": 0, "allow_root": True}
    for name, part in (("jupyter_server_config", "ServerApp"), ("jupyter_lab_config", "LabApp")):
        (folder / f"{name}.json").write_text(json.dumps({part: quiet}))
    log = folder / "log"
    with log.open("w") as errors:
        server = subprocess.Popen(
            ["jupyter", "lab", "notebooks"], cwd=ROOT, env=environment, stderr=errors
        )
    try:
        while "is running at" not in log.read_text() and server.poll() is None:
            time.sleep(0.1)
        said = log.read_text()
        assert f"local directory: {ROOT / 'notebooks'}" in said
        assert "http://127.0.0.1:" in said
    finally:
        server.kill()  # asked to stop while it starts, Jupyter may go on for ever
        server.wait()


def test_what_has_to_pass_is_what_contributing_lists() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    checks = re.findall(r'^"\$python" -m (.+)$', script, re.MULTILINE)
    checks += re.findall(r"^exec (\./.+)$", script, re.MULTILINE)
    assert len(checks) == 4
    assert {*checks, ".ci/run"} <= commands("CONTRIBUTING.md", marked=False)


def with_python() -> list[str]:
    """The documents that have Python."""
    return [d for d in DOCUMENTS if any(block.language == "python" for block in blocks(d))]


@pytest.mark.parametrize("document", with_python())
def test_examples_hold(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [""] * read(document).count("\n")  # so that a traceback names the document's lines
    for block in blocks(document):
        if block.language == "python" and not block.marked:
            body = block.body.splitlines()
            lines[block.line : block.line + len(body)] = body
    program = tmp_path / f"{Path(document).stem}.py"
    program.write_text("\n".join(lines))
    monkeypatch.setenv("INTENSITY_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(program))


@pytest.mark.parametrize("document", with_python())
def test_every_document_with_examples_checks_what_comes_of_them(document: str) -> None:
    assert any("assert " in block.body for block in blocks(document))


def test_tables_of_trainings_can_be_trained() -> None:
    tables = [b.body for d in DOCUMENTS for b in blocks(d) if b.language == "yaml"]
    assert tables
    for table in tables:
        assert configurations(yaml.safe_load(table), seeds=[0, 1])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_all_code_stands_in_fences_that_name_its_language(document: str) -> None:
    assert {block.language for block in blocks(document)} <= {"bash", "python", "yaml"}
    rest = FENCED.sub("", read(document))
    assert "```" not in rest
    assert not re.search(r"^\n {4}", rest, re.MULTILINE), "an indented block: nothing executes it"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_pictures_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    targets = [link for link in LINK.findall(read(document)) if "://" not in link]
    assert not [link for link in targets if not (folder / link.partition("#")[0]).exists()]


def test_links_are_seen() -> None:
    assert {"docs/extending.md", "figures/05-background-answers.png"} <= {
        *LINK.findall(read(README))
    }


def test_the_table_of_options_is_that_of_the_help(environment: dict[str, str]) -> None:
    help_text = subprocess.run(
        ["./run_all.sh", "--help"], cwd=ROOT, env=environment, capture_output=True, text=True
    ).stdout
    rows = re.findall(r"^\| (`--.*?) \|", read(README), re.MULTILINE)
    named = set(re.findall(r"--[a-z]+", " ".join(rows)))
    assert named == set(re.findall(r"--[a-z]+", help_text.partition("options:")[2]))
    assert set(vars(parser().parse_args(["run"]))) - {"command"} == {
        {"from": "start"}.get(name, name) for name in (option[2:] for option in named)
    } - {"help"}


def test_one_version_everywhere() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    citation = yaml.safe_load(read("CITATION.cff"))
    released = re.findall(r"^## (\d\S*) - (\S+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == (version, str(citation["date-released"]))
    assert citation["version"] == version
    assert f"Version {version}." in read(README)
    assert read("CHANGELOG.md").index("## Unreleased") < read("CHANGELOG.md").index("## 0.1.0")


def test_the_readme_cites_what_the_citation_file_does() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    (paper,) = citation["references"]
    said = " ".join(read(README).partition("## How to cite")[2].replace(">", " ").split())
    names = [f"{a['family-names']}, {a['given-names'][0]}." for a in paper["authors"]]
    assert f"{', '.join(names)} ({paper['year']}). {paper['title']} " in said
    assert f"https://doi.org/{paper['doi']}" in said
    assert f"({citation['date-released'].year}). {citation['title']}. " in said
