"""How a notebook is executed: in a kernel of its own.

papermill does the work, in a thread for each notebook, so that several run side by side. What is
added here: kernels are stopped with all that they started, and the terminal shows what trainings
say between the engine's own lines.
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import papermill
import psutil  # type: ignore[import-untyped]
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError

START_TIMEOUT = 300
"""Seconds that a kernel may take to start, on a machine that is busy."""

TRACKER = "multiprocessing.resource_tracker"
"""A process that ends by itself after its parent, and without which Dask warns as it closes."""


class OwnKernel(AsyncKernelManager):
    """Kernels of the Python that runs this, whatever is installed under the name python3."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification that ipykernel has for its own Python."""
        return KernelSpec(resource_dir="", **get_kernel_dict())


def run_notebook(source: Path, copy: Path, parameters: Mapping[str, Any], root: Path) -> str | None:
    """Execute a notebook.

    Never in the main thread: there nbclient would take Ctrl-C for itself and report a dead kernel.

    Args:
        source: the notebook.
        copy: where the executed copy goes; it grows cell by cell.
        parameters: what its parameters are set to.
        root: the kernel's working directory.

    Returns:
        Nothing if it came to its end, otherwise one line: the cell and the error.
    """
    try:
        papermill.execute_notebook(
            *(str(path).replace("{", "{{").replace("}", "}}") for path in (source, copy)),
            parameters=dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            # papermill's own `cwd` would move this process, and with it what runs side by side.
            resources={"metadata": {"path": str(root)}},
            # A module beside the notebooks would be taken for a library of its name.
            extra_arguments=["--log-level=ERROR", "--InteractiveShellApp.ignore_cwd=True"],
            kernel_manager_class=OwnKernel,
        )
    except PapermillExecutionError as error:
        return _one_line(f"cell [{error.exec_count}]: {error.ename}: {error.evalue}")
    except RuntimeError as error:  # the kernel died or did not start
        return _one_line(f"cell [{_cells_started(copy)}]: {type(error).__name__}: {error}")
    return None


def stop(running: Collection[Future[Any]]) -> None:
    """Stop every process that this one has started, and what they have started.

    Threads with notebooks may start a process yet; they have ended after this.
    """
    with uninterrupted():
        while not all(future.done() for future in running):
            _kill_children()
            time.sleep(0.1)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore a second Ctrl-C, or the second signal that `timeout` sends, while the block runs."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cells_started(copy: Path) -> int:
    """How many code cells of a notebook have been started."""
    try:
        cells = json.loads(copy.read_text("utf8"))["cells"]
    except (OSError, ValueError):  # it could not be written, on a full disk
        return 0
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return sum(bool(cell["metadata"]["papermill"]["start_time"]) for cell in code)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _kill_children() -> None:
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if not any(TRACKER in word for word in child.cmdline()):
                child.kill()


class Terminal:
    """The screen: the engine's own lines, and one in which trainings say how far they are.

    While the block runs, what other processes append to a file is copied to standard error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._relay)
        self.open_line = False

    def __enter__(self) -> "Terminal":
        self.file = self.path.open("w+", encoding="utf8", errors="replace", newline="")
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
        self._copy()  # what is left
        self.file.close()

    def say(self, text: str, file: TextIO | None = None) -> None:
        """Print a line, below what trainings have said so far; by default on standard output."""
        with self.lock:
            self._copy()
            if self.open_line:
                sys.stderr.write("\n")
            self.open_line = False
            print(text, file=file, flush=True)

    def _relay(self) -> None:
        """Copy what is new until the end."""
        while not self.ended.wait(0.2):
            with self.lock:
                self._copy()

    def _copy(self) -> None:
        text = self.file.read()
        if text:
            sys.stderr.write(text)
            sys.stderr.flush()
            self.open_line = not text.endswith("\n")
