"""How one notebook is executed: in a kernel of its own, whose environment is set here.

papermill does the work. What is added here: Ctrl-C stops the kernel and all that it started,
libraries keep their caches inside the checkout, and the terminal shows what trainings say.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import papermill
import psutil  # type: ignore[import-untyped]
from papermill.exceptions import PapermillExecutionError

from intensity.processes import FAST

START_TIMEOUT = 300
"""Seconds that a kernel may take to start, on a machine that is busy."""

CACHES = {
    "DASK_CONFIG": "dask",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "KERAS_HOME": "keras",
    "MPLCONFIGDIR": "matplotlib",
}
"""Variables that say where libraries may write, and folders of .cache/ for them."""

QUIET = {
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
"""Variables that make kernels use this environment and keep their start-up notes to themselves."""


def set_environment(root: Path, own: Mapping[str, str | None]) -> None:
    """Set what every kernel started from now on finds in its environment.

    Args:
        root: the checkout.
        own: this project's variables; None for one that must not be set.
    """
    caches = {name: str(root / ".cache" / folder) for name, folder in CACHES.items()}
    for name, value in {**caches, **QUIET, **FAST, **own}.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def run_notebook(source: Path, copy: Path, parameters: Mapping[str, Any], root: Path) -> str | None:
    """Execute a notebook and put the executed copy in its place at the end, failed or not.

    Args:
        source: the notebook.
        copy: where the executed copy goes.
        parameters: what its parameters are set to.
        root: the kernel's working directory.

    Returns:
        Nothing if it came to its end, otherwise one line: the cell and the error.

    Raises:
        KeyboardInterrupt: it was interrupted; its kernel is stopped, `copy` is as it was.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    aside = copy.with_name(f".{copy.name}")
    # In the main thread nbclient would take Ctrl-C for itself and report a dead kernel.
    with ThreadPoolExecutor(max_workers=1) as thread:
        running = thread.submit(_execute, source, aside, parameters, root)
        try:
            error = running.result()
        except KeyboardInterrupt:
            while not running.done():
                _kill_children()
                time.sleep(0.1)
            aside.unlink(missing_ok=True)
            raise
    aside.replace(copy)
    return error


def _execute(source: Path, copy: Path, parameters: Mapping[str, Any], root: Path) -> str | None:
    """Have papermill execute a notebook; the error in one line, if there is one."""
    try:
        papermill.execute_notebook(
            source,
            copy,
            parameters=dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            cwd=root,
            extra_arguments=["--log-level=ERROR"],
        )
    except PapermillExecutionError as error:
        return _one_line(f"cell [{error.exec_count}]: {error.ename}: {error.evalue}")
    except RuntimeError as error:  # the kernel died or did not start
        return _one_line(f"cell [{_cells_started(copy)}]: {type(error).__name__}: {error}")
    return None


def _cells_started(copy: Path) -> int:
    """How many code cells of a notebook have been started."""
    cells = json.loads(copy.read_text("utf8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return sum(bool(cell["metadata"]["papermill"]["start_time"]) for cell in code)


def _one_line(text: str) -> str:
    """A text without line breaks."""
    return " ".join(text.split())


def _kill_children() -> None:
    """Stop every process that this one has started, and what they have started."""
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue


@contextmanager
def children_write_to(path: Path) -> Iterator[None]:
    """Point the standard error of processes started in the block to a file; keep one's own.

    TensorFlow's start-up notes and the last words of kernels go around every setting that would
    silence them, but not around this.

    Args:
        path: the file; it is emptied first.
    """
    terminal, own = os.dup(2), sys.stderr
    with path.open("wb") as log:
        os.dup2(log.fileno(), 2)
    if own is sys.__stderr__:
        sys.stderr = os.fdopen(terminal, "w", buffering=1, closefd=False)
    try:
        yield
    finally:
        sys.stderr = own
        os.dup2(terminal, 2)
        os.close(terminal)


@contextmanager
def relayed_to_terminal(path: Path) -> Iterator[None]:
    """Copy to stderr what other processes append to a file, while the block runs.

    Args:
        path: the file; it is emptied first.
    """
    path.write_bytes(b"")
    ended = threading.Event()
    thread = threading.Thread(target=_relay, args=(path, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _relay(path: Path, ended: threading.Event) -> None:
    """Copy what is new in the file until the end, and what is left then."""
    with path.open(encoding="utf8", errors="replace", newline="") as file:
        while True:
            last = ended.wait(0.2)
            sys.stderr.write(file.read())
            sys.stderr.flush()
            if last:
                return
