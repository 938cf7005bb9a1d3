"""Kernels are stopped with the engine, and the environment is what it is said to be."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import psutil
import pytest

from conftest import Checkout
from intensity.environment import cores, set_environment
from intensity.runner.notebooks import Terminal, run_notebook
from intensity.runner.run import Request, reproduce
from intensity.training import workers
from intensity.values import ROOT, InvalidInput

ENGINE = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
from pathlib import Path
from intensity.runner.run import Request, reproduce
from intensity.environment import Layout
assert not {"tensorflow", "keras"} & set(sys.modules), "the engine computes nothing"
sys.exit(reproduce(Request(profile="smoke", workers=1), Layout(Path(sys.argv[1]))))
"""
WAIT = """\
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "120"], start_new_session=True)
folder = pathlib.Path(os.environ["INTENSITY_CHECKOUT"], "runs", profile)
(folder / (name + ".part")).write_text(f"{os.getpid()} {child.pid}")
(folder / (name + ".part")).rename(folder / name)
time.sleep(120)"""
SAVE = """\
from intensity.claims.results import save_part
from intensity.environment import Layout
from intensity.statistics.measurements import Results
save_part(Results(name, Layout().run(profile)))"""
NAMES = ("01_first", "02_second", "03_third", "04_end")


def test_an_interrupt_stops_both_kernels_workers_and_what_they_started(checkout: Any) -> None:
    for name in NAMES:
        checkout.notebook(name, "" if name == "01_first" else f"name = {name!r}\n{WAIT}")
    checkout.notebook("03_third", "name = '03_third'", SAVE, WAIT)
    checkout.profile("smoke", "".join(f"{name}: {{}}\n" for name in NAMES))
    folder = checkout.layout.run("smoke")
    old = folder / "notebooks" / "03_third.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("of an earlier run")
    command = [sys.executable, "-c", ENGINE, str(checkout.root)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as engine:
        pids = [pid for name in NAMES[1:3] for pid in wait_for(folder / name, engine)]
        pids += [child.pid for child in psutil.Process(engine.pid).children(recursive=True)]
        engine.send_signal(signal.SIGINT)
        time.sleep(0.3)
        engine.send_signal(signal.SIGINT)  # by someone impatient
        _, said = engine.communicate(timeout=60)
    assert engine.returncode == 130
    last = said.splitlines()[-1]
    assert "resource_tracker" not in said
    assert last.startswith("intensity: interrupted in 02_second and 03_third; ")
    workers = "" if cores() == 1 else " --workers 1"
    assert last.endswith(f"To go on: ./run_all.sh --profile smoke --from 02{workers}")
    assert not any(is_running(pid) for pid in pids)
    assert sorted(path.name for path in old.parent.iterdir()) == ["01_first.ipynb", old.name]
    assert old.read_text() == "of an earlier run"
    assert not (folder / "results" / "03_third.json").exists()
    assert (folder / "report" / "index.html").read_text().count("<em>Not run yet") == 3


def test_an_error_of_the_engine_leaves_no_kernel_behind(
    checkout: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkout.layout.run("smoke")
    broken = f"""
import pathlib, time
while not pathlib.Path({str(folder / "02_second")!r}).exists():
    time.sleep(0.05)
part = pathlib.Path({str(folder)!r}, "results", "01_first.json")
part.parent.mkdir(exist_ok=True)
part.write_text("no JSON")"""
    checkout.notebook("01_first", broken)
    checkout.notebook("02_second", f"name = '02_second'\n{WAIT}")
    checkout.notebook("03_end", "")
    checkout.profile("smoke", "01_first: {}\n02_second: {}\n03_end: {}\n")
    monkeypatch.setattr(workers, "check_workers", lambda address: None)
    nowhere = Request(profile="smoke", scheduler="tcp://127.0.0.1:9")
    with mock.patch.dict(os.environ), pytest.raises(InvalidInput, match="01_first"):
        reproduce(nowhere, checkout.layout)
    pids = (folder / "02_second").read_text().split()
    assert not any(is_running(int(pid)) for pid in pids)


def wait_for(path: Path, engine: subprocess.Popen[str]) -> list[int]:
    """The process ids that a notebook writes once it runs."""
    until = time.monotonic() + 120
    while not path.exists():
        assert engine.poll() is None, engine.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    return [int(pid) for pid in path.read_text().split()]


def is_running(pid: int) -> bool:
    """Is there such a process even after a second, other than one that is not yet collected?"""
    until = time.monotonic() + 1.0  # what ends by itself after the engine takes a moment
    try:
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > until:
                return True
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        pass
    return False


def test_notebooks_side_by_side_have_their_own_working_directory(
    checkout: Any, tmp_path: Path
) -> None:
    """And this process stays where it is."""
    checkout.notebook("01_first", "import os, time\ntime.sleep(1)\nprint(os.getcwd())")
    source, here = checkout.layout.notebooks["01_first"], Path.cwd()
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    (checkout.root / ".cache").mkdir()

    def execute(folder: Path) -> str:
        """Where the kernel says that it is."""
        copy = folder / "copy.ipynb"
        assert run_notebook(source, copy, {}, folder) is None
        outputs = json.loads(copy.read_text())["cells"][-1]["outputs"]
        return "".join(outputs[0]["text"]).strip()

    with mock.patch.dict(os.environ), ThreadPoolExecutor(2) as threads:
        set_environment(checkout.root, {})
        found = list(threads.map(execute, folders))
    assert found == [str(folder) for folder in folders]
    assert Path.cwd() == here


def append(path: Path, text: str) -> None:
    """Write as a sweep does."""
    with path.open("a", newline="") as file:
        file.write(text)


def test_all_that_is_appended_reaches_the_terminal(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "progress"
    path.write_text("of an earlier run")
    with Terminal(path):
        for text in ("10 %\r", "90 %\r", "done\n"):
            append(path, text)
    assert capsys.readouterr().err == "10 %\r90 %\rdone\n"


def test_a_line_of_the_engine_stands_below_what_trainings_said(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "progress"
    with Terminal(path) as terminal:
        for text in ("\r10 %", "\r90 %", "\r100 %\n"):
            append(path, text)
            terminal.say("a line", sys.stderr)
        terminal.say("another")
    out, err = capsys.readouterr()
    assert err == "\r10 %\na line\n\r90 %\na line\n\r100 %\na line\n"
    assert out == "another\n"


DRAW = """\
import sys
from pathlib import Path
import pandas as pd
from intensity.figures import display, style
@style.styled
def draw():
    figure = style.new_figure(2.0, 1.0)
    figure.subplots().plot([0, 1], [1, 0])
    return figure
figure = draw()
data, output = pd.DataFrame({"x": [0]}), Path("out").resolve()
Path("drawn.png").write_bytes(display.save(figure, "01-drawn", data, output))
Path("python").write_text(sys.executable)"""


def test_a_notebook_draws_the_same_whatever_its_caller_has_set(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    harm.mkdir()
    (harm / "numpy.py").write_text("raise SystemError('a foreign numpy')")
    (harm / "startup.py").write_text("import matplotlib; matplotlib.rcParams['font.size'] = 40")
    (harm / "matplotlibrc").write_text("lines.linewidth: 30\n")
    kernel = harm / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "display_name": "theirs", "language": "python"}')
    harmful = {
        "IPYTHONDIR": str(harm), "JUPYTER_PATH": str(harm), "MATPLOTLIBRC": str(harm),
        "MPLBACKEND": "nonsense", "MPLCONFIGDIR": str(harm), "OMP_NUM_THREADS": "nonsense",
        "PYTHONHOME": str(harm), "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(harm),
        "PYTHONSTARTUP": str(harm / "startup.py"), "XLA_FLAGS": "--nonsense",
        "SOURCE_DATE_EPOCH": "nonsense", "PANDAS_FUTURE_INFER_STRING": "nonsense",
    }  # fmt: skip
    drawn = {}
    for name, variables in {
        "a plain place": {},
        "a{b}c \N{LATIN SMALL LETTER E WITH ACUTE}": harmful,
    }.items():
        place = Checkout(tmp_path / name)
        place.notebook("01_draw", DRAW)
        if variables:  # what lies beside the notebooks is the caller's too
            for file in ("numpy.py", "matplotlibrc"):
                (place.root / file).write_text((harm / file).read_text())
        with mock.patch.dict(os.environ, variables):
            set_environment(ROOT, {})
            source = place.root / "notebooks" / "01_draw.ipynb"
            with ThreadPoolExecutor(1) as thread:
                copy = place.root / "copy.ipynb"
                ended = thread.submit(run_notebook, source, copy, {"profile": "lab"}, place.root)
                assert ended.result() is None
        drawn[name] = (place.root / "drawn.png").read_bytes()
        assert (place.root / "python").read_text() == sys.executable
    first, second = drawn.values()
    assert first == second
