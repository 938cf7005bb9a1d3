"""The checkout and the processes that compute: how many, in which environment, how they talk."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from intensity.values import ROOT

FAST = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(2**28),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
    "OPENBLAS_NUM_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
"""Twice as fast on one processor. Memory that a step has freed is kept for the next one, since
giving it back and getting it again, page by page, costs a third of a training; TensorFlow uses
oneDNN's kernels, which it does by itself on the newest processors only; and NumPy's small products
have one thread, since two that wait for each other while another process has the processor take
fifteen times as long."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""Sums, and so weights, must not depend on the number of threads."""


def checkout() -> Path:
    """The checkout whose notebooks are run: INTENSITY_CHECKOUT, else that of this code."""
    return Path(os.environ.get("INTENSITY_CHECKOUT", ROOT))


@dataclass(frozen=True)
class Layout:
    """Where a checkout keeps things."""

    root: Path = field(default_factory=checkout)

    @property
    def notebooks(self) -> dict[str, Path]:
        """The numbered notebooks in order, by their names without ending."""
        found = sorted((self.root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
        return {path.stem: path for path in found}

    def captions(self, notebook: str) -> Path:
        """The captions of a notebook's figures and tables."""
        return self.root / "notebooks" / f"{notebook}.yaml"

    @property
    def profiles(self) -> dict[str, Path]:
        """The profile files, by name."""
        return {path.stem: path for path in sorted((self.root / "params").glob("*.yaml"))}

    @property
    def figures(self) -> Path:
        """The figures that are kept in git."""
        return self.root / "figures"

    @property
    def pretrained(self) -> Path:
        """The networks that ship with the project."""
        return self.root / "pretrained"

    def run(self, profile: str) -> Path:
        """The folder of a profile's run."""
        return self.root / "runs" / profile


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def training_backend() -> str:
    """The Keras backend that networks are trained with: INTENSITY_BACKEND, else KERAS_BACKEND.

    What looks into networks needs TensorFlow, so kernels have KERAS_BACKEND=tensorflow whatever the
    user has set; the engine hands that on in the other variable, and to the workers that it starts.
    """
    return os.environ.get("INTENSITY_BACKEND") or os.environ.get("KERAS_BACKEND") or "tensorflow"


def scheduler() -> str | None:
    """The address of the Dask scheduler that trainings are sent to, if there is one."""
    return os.environ.get("INTENSITY_SCHEDULER") or None


def checkpoint_folder() -> Path | None:
    """Where a worker of this machine keeps how far its trainings are."""
    return _folder("INTENSITY_CHECKPOINTS")


def terminal() -> Path | None:
    """The file whose text another process shows on the terminal, if this is part of a run."""
    return _folder("INTENSITY_TERMINAL")


def _folder(name: str) -> Path | None:
    """The path that a variable names."""
    value = os.environ.get(name)
    return Path(value) if value else None


def tell(text: str) -> None:
    """A line for people, from whatever process: on the terminal of the run that it belongs to.

    Args:
        text: the line.
    """
    line, path = f"intensity: {text}", terminal()
    if path is None:
        print(line, file=sys.stderr, flush=True)
        return
    with suppress(OSError), path.open("a", encoding="utf-8") as file:
        file.write(f"\r{line:<100}\n")  # over a progress line
