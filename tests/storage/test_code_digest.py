"""The digest of code: what it overlooks, what it notices, and that every Python reads the same."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intensity.storage import code_digest as digests

PROBE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("digests", sys.argv[1])
digests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(digests)
print(*map(digests.code_digest, sys.argv[2:]))
"""

CODE = '''
"""A module."""

from intensity.other import helper

LIMIT = 3
"""How much is too much."""


class Thing:
    """A thing."""

    def value(self, *, a, b=1):
        """Its value."""
        # a comment
        if a > LIMIT:
            return {**helper(a), "b": b}
        return f"{a:.2f} {b!r}"
'''


@pytest.fixture
def digest_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Digest of intensity.some in a package that holds the given modules."""
    monkeypatch.setattr(digests, "PACKAGE", tmp_path)

    def digest(some: str = CODE, **others: str) -> str:
        """Write the modules and read them."""
        modules = {"__init__": "", "other": "helper = dict", "some": some} | others
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        digests.code_digest.cache_clear()
        return digests.code_digest("intensity.some")

    yield digest
    digests.code_digest.cache_clear()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A module."""', '"""Another text, of\nmore lines."""'),
        ('"""A module."""', ""),
        ('"""How much is too much."""', ""),
        ('    """A thing."""\n', ""),
        ('"""Its value."""', '"""It is worth this."""'),
        ("# a comment", "# a longer comment"),
        ("LIMIT = 3", "LIMIT = (\n    3\n)"),
        ('f"{a:.2f} {b!r}"', "f'{a:.2f} {b!r}'"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(
    digest_of: Callable[..., str], old: str, new: str
) -> None:
    assert old in CODE
    assert digest_of(CODE.replace(old, new)) == digest_of(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("LIMIT = 3", "LIMIT = '3'"),
        ("a > LIMIT", "a >= LIMIT"),
        ("a > LIMIT", "LIMIT > a"),
        (":.2f", ":.3f"),
        ("!r", "!s"),
        ("a, b=1", "a=1, b"),
        ('**helper(a), "b": b', '"b": helper(a), **b'),
        ("        return f", "    return f"),
        ("class Thing", "class Thin"),
        ("return {", "yield {"),
    ],
)
def test_code_counts(digest_of: Callable[..., str], old: str, new: str) -> None:
    assert old in CODE
    changed = CODE.replace(old, new)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(CODE))
    assert digest_of(changed) != digest_of(CODE)


@pytest.mark.parametrize(
    "line",
    [
        "import intensity.far",
        "from intensity.far import something",
        "from intensity import far",
        "def later():\n    from intensity.far import something",
    ],
)
def test_every_imported_module_counts(digest_of: Callable[..., str], line: str) -> None:
    def with_far(text: str) -> str:
        """Digest of a module that imports one that imports the text, two steps away."""
        return digest_of(other=line, far="from intensity.farther import x", farther=text)

    assert with_far("x = 1") == with_far("x = 1  # one")
    assert with_far("x = 1") != with_far("x = 2")


def test_modules_that_are_not_imported_do_not_count(digest_of: Callable[..., str]) -> None:
    assert digest_of(far="x = 1") == digest_of(far="x = 2")


def test_modules_may_import_each_other(digest_of: Callable[..., str]) -> None:
    circle = "import intensity.some\nx = {}"
    assert digest_of(other=circle.format(1)) != digest_of(other=circle.format(2))


def test_training_is_what_it_is_made_of_and_not_who_calls_it() -> None:
    names = digests._closure("intensity.training.loop")
    parts = {"data.scenes", "data.rendering", "models.build", "training.configuration"}
    assert {f"intensity.{part}" for part in parts} < names
    others = {"storage.store", "training.sweep", "training.presets", "storage.code_digest"}
    assert not {f"intensity.{other}" for other in others} & names


def other_pythons() -> list[str]:
    """Interpreters of the supported versions on the PATH, this one's version left out."""
    versions = {11, 12, 13} - {sys.version_info.minor}
    found = [shutil.which(f"python3.{minor}") for minor in sorted(versions)]
    return [python for python in found if python and runs(python)]


def runs(python: str) -> bool:
    """Whether an interpreter starts: a version manager may leave its name where it is not."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_every_python_reads_the_same() -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python of the supported versions is on the PATH")
    modules = [f"intensity.{name}" for name in ("training.loop", "training.sweep", "runner.run")]
    own = [digests.code_digest(module) for module in modules]
    for python in pythons:
        command = [python, "-I", "-c", PROBE, digests.__file__, *modules]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout.split() == own, (python, done.stderr)


def test_provenance_names_versions_and_machine() -> None:
    record = digests.provenance()
    assert {*digests.PACKAGES} - {"jax", "torch"} <= set(record["versions"])
    assert record["python"] == sys.version.split()[0]
    assert record["processor"]
    assert record["cores"] >= 1
