"""What a result was computed by: a digest of code, and the versions and machine that ran it.

The digest of a module covers every module of this package that it imports, directly or not. It
reads the syntax tree, so comments, docstrings and layout do not count, and neither does the version
of Python that reads it.
"""

import ast
import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
TRAINING = ("keras", "numba", "numpy")
"""Packages that train, beside the backend: their versions may not differ within a training."""

BACKENDS = ("tensorflow", "jax", "torch")
"""What Keras can train with."""

PACKAGES = (
    *("dask", "distributed", "matplotlib", "nbconvert", "pandas", "papermill", "pydantic"),
    *("scipy", "seaborn", *BACKENDS, *TRAINING),
)
"""Packages whose versions can change a number or a picture, where they are installed."""


@cache
def code_digest(module: str) -> str:
    """Sixteen hexadecimal digits that change with the code that a module runs.

    Args:
        module: full name, for example "intensity.training.loop".
    """
    digest = hashlib.sha256()
    for name in sorted(_closure(module)):
        digest.update(f"{name}:{''.join(_tokens(_tree(name)))}\n".encode())
    return digest.hexdigest()[:16]


def _path(module: str) -> Path:
    base = PACKAGE.joinpath(*module.split(".")[1:])
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


def _closure(module: str) -> set[str]:
    """A module of this package and all of the package that it imports, directly or not."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(_tree(name)))
    return found


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("intensity"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("intensity"):
            yield str(node.module)
            parts = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (part for part in parts if _path(part).is_file())


def _tokens(node: ast.AST) -> Iterator[str]:
    """A syntax tree as text: node types and values that are set, docstrings left out.

    A field that is not set says nothing, since later versions of Python have more fields; within a
    list None says something: `{**a, "b": c}` and `{"b": a, **c}` differ by its place alone.
    """
    yield type(node).__name__
    for field in sorted(node._fields):
        value = getattr(node, field, None)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield from () if _is_text(item) else (f"({field}", *_tokens(item), ")")
            elif item is not None or isinstance(value, list):
                yield f"({field}={item!r})"


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def provenance() -> dict[str, object]:
    """Versions, backend (where Keras is loaded), processor and system, to keep beside a result."""
    keras = sys.modules.get("keras")
    return {
        "backend": keras.backend.backend() if keras else None,
        "python": platform.python_version(),
        "versions": versions(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
    }


@cache
def versions() -> dict[str, str]:
    """The versions of the packages that can change a number."""
    found = {}
    for package in sorted(PACKAGES):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def training_versions(backend: str | None, of: Mapping[str, str] | None = None) -> dict[str, str]:
    """Those that train, packages and backend, of some versions by name; of those installed here."""
    known = versions() if of is None else of
    names = sorted({*TRAINING, backend or "tensorflow"})
    return {name: known[name] for name in names if known.get(name)}


@cache
def processor() -> str:
    """The processor's name, as the system reports it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
