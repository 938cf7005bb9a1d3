"""The checkout and the processes that compute: how many, with which variables, how they talk.

This is the only module that reads or sets variables of the environment.
"""

import getpass
import os
import site
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from intensity.values import ROOT, InvalidInput

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

CACHES = {
    "DASK_CONFIG": "dask",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "KERAS_HOME": "keras",
    "MPLCONFIGDIR": "matplotlib",
    "NUMBA_CACHE_DIR": "numba",
}
"""Variables that say where libraries may write, and folders of .cache/ for them."""

QUIET = {
    "JUPYTER_ALLOW_INSECURE_WRITES": "true",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
"""Variables that make kernels use this environment, start on disks without modes too, as those of
Windows in WSL, and keep their start-up notes to themselves."""

TAKEN = (
    *("PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "SHELL", "PWD", "CI", "VIRTUAL_ENV"),
    *("LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM", "COLUMNS", "LINES"),
    *("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "REQUESTS_CA_BUNDLE"),
    *("CURL_CA_BUNDLE", "CONDA_PREFIX", "KERAS_BACKEND", "TF_FORCE_GPU_ALLOW_GROWTH"),
)
"""The variables that are taken from the caller. bootstrap.sh has the same names, and those of pip
and uv; docs/running.md lists them."""

TAKEN_STARTS = (
    *("LC_", "INTENSITY_", "SSL_CERT_", "LD_", "DYLD_", "CUDA_", "HIP_", "ROCR_", "SLURM_"),
    *("XDG_", "DBUS_", "KRB5", "WSL", "PYTEST_", "PLAYWRIGHT_", "DASK_DISTRIBUTED__COMM__"),
)
"""How the names of others begin that are taken; proxies are taken too. All else is dropped: any
library may read a variable that changes a number, or that ends it."""

RUN = "INTENSITY_RUN"
"""Variable that names the engine of a run to all processes that it starts, directly or not."""


@dataclass(frozen=True)
class Settings:
    """What the variables INTENSITY_... say to this process; empty ones say nothing.

    Args:
        backend: Keras backend that networks are trained with; without it KERAS_BACKEND, since what
            looks into networks needs TensorFlow, so that notebooks have KERAS_BACKEND=tensorflow
            whatever the user has set.
        checkout: whose notebooks are run; by default that of this code.
        checkpoints: where a worker of this machine keeps how far its trainings are.
        fresh: Unix time; what the store has from before counts as absent.
        pretrained: a folder of runs that come before those of the store.
        scheduler: address of the Dask scheduler that trainings are sent to.
        store: the store's folder; by default store/ beside this code.
        terminal: a file whose text another process shows on the terminal.
    """

    backend: str
    checkout: Path
    checkpoints: Path | None
    fresh: float
    pretrained: Path | None
    scheduler: str | None
    store: Path
    terminal: Path | None


def settings() -> Settings:
    """The settings of this process, as they are now."""
    return Settings(
        backend=_variable("BACKEND") or os.environ.get("KERAS_BACKEND") or "tensorflow",
        checkout=_folder("CHECKOUT") or ROOT,
        checkpoints=_folder("CHECKPOINTS"),
        fresh=_number("FRESH"),
        pretrained=_folder("PRETRAINED"),
        scheduler=_variable("SCHEDULER"),
        store=_folder("STORE") or ROOT / "store",
        terminal=_folder("TERMINAL"),
    )


def _variable(name: str) -> str | None:
    return os.environ.get(f"INTENSITY_{name}") or None


def _number(name: str) -> float:
    text = _variable(name) or "0"
    try:
        return float(text)
    except ValueError:
        raise InvalidInput(f"INTENSITY_{name}: {text!r} is not allowed: a number") from None


def _folder(name: str) -> Path | None:
    value = _variable(name)
    return Path(value) if value else None


def set_variables(variables: Mapping[str, str | None]) -> None:
    """Set variables of this process and of all that it starts; None removes one."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def set_environment(root: Path, own: Mapping[str, str | None]) -> None:
    """Set what every notebook started from now on finds in its environment.

    Args:
        root: the checkout.
        own: this project's variables; None for one that must not be set.
    """
    drop_foreign()
    caches = {name: str(root / ".cache" / folder) for name, folder in CACHES.items()}
    python = {
        "PYTHONNOUSERSITE": "1" if sys.flags.no_user_site else None,
        "PYTHONPATH": str(ROOT / "lib"),
        "PYTHONSAFEPATH": "1",  # no module comes from the folder that somebody is in
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONUTF8": "1",
    }
    set_variables({**caches, **python, **QUIET, **FAST, **own})


def drop_foreign() -> None:
    """Forget all variables but those that are taken from the caller."""
    set_variables({name: None for name in os.environ if not _is_taken(name)})


def _is_taken(name: str) -> bool:
    proxy = name.lower().endswith("_proxy")
    return name in TAKEN or name.startswith(TAKEN_STARTS) or proxy


def hide_home(root: Path, cluster: bool) -> dict[str, str | None]:
    """Variables with which libraries find no settings of the user, in files or for a cluster.

    Args:
        root: the checkout.
        cluster: whether trainings go to a cluster, which the user may have certificates for.
    """
    home = root / ".cache" / "home"
    home.mkdir(parents=True, exist_ok=True)
    names = [name for name in os.environ if name.startswith("DASK_") and not cluster]
    names += [f"XDG_{kind}_HOME" for kind in ("CACHE", "CONFIG", "DATA", "STATE")]
    return {**dict.fromkeys(names), "HOME": str(home)}


def give_home(root: Path) -> None:
    """Give a user without a home, as containers have, one in the checkout's cache."""
    if not os.access(os.environ.get("HOME") or os.devnull, os.W_OK | os.X_OK):
        home = root / ".cache" / "home"
        with suppress(OSError):
            home.mkdir(parents=True, exist_ok=True)
        set_variables({"HOME": str(home)})
    try:
        getpass.getuser()
    except (KeyError, OSError):  # no name, and none in the system's list
        set_variables({"USER": "nobody"})


@dataclass(frozen=True)
class Layout:
    """Where a checkout keeps things."""

    root: Path = field(default_factory=lambda: settings().checkout)

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
    def published(self) -> Path:
        """What can be read of published runs without a run."""
        return self.root / "published"

    @property
    def pretrained(self) -> Path:
        """The networks that ship with the project."""
        return self.root / "pretrained"

    def run(self, profile: str) -> Path:
        """The folder of a profile's run."""
        return self.root / "runs" / profile


@contextmanager
def stderr_to(path: Path | str, own: bool = False) -> Iterator[None]:
    """Point the file of standard error to another one while the block runs.

    TensorFlow's start-up notes and the last words of kernels go around every setting that would
    silence them, but not around this.

    Args:
        path: the file, which is added to.
        own: whether what Python itself says here goes to the terminal all the same.
    """
    terminal, python = os.dup(2), sys.stderr
    with open(path, "ab") as file:
        os.dup2(file.fileno(), 2)
    if own and python is sys.__stderr__:
        sys.stderr = os.fdopen(terminal, "w", buffering=1, closefd=False)
    try:
        yield
    finally:
        sys.stderr = python
        os.dup2(terminal, 2)
        os.close(terminal)


def cores() -> int:
    """How many cores this process may use: affinity and the quota of a container count."""
    from dask.system import cpu_count

    return max(1, cpu_count())


def tell(text: str) -> None:
    """A line for people, from whatever process: on the terminal of the run that it belongs to."""
    line, path = f"intensity: {text}", settings().terminal
    if path is None:
        print(line, file=sys.stderr, flush=True)
        return
    with suppress(OSError), path.open("a", encoding="utf-8") as file:
        file.write(f"\r{line:<100}\n")  # over a progress line
