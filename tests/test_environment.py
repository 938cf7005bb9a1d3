"""Where computing processes start: as many as there are cores, none with a say in the others."""

import getpass
import io
import os
import re
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from intensity.environment import (
    FAST,
    ONE_THREAD,
    TAKEN,
    TAKEN_STARTS,
    cores,
    give_home,
    hide_home,
    set_environment,
    settings,
)
from intensity.values import ROOT, InvalidInput


def test_all_cores_that_may_be_used_are_counted() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_the_environment_is_text_and_holds_no_variable_twice() -> None:
    for name, value in (FAST | ONE_THREAD).items():
        assert name == name.upper()
        assert isinstance(value, str)
    assert not set(FAST) & set(ONE_THREAD)


def test_caches_stay_inside_the_checkout(tmp_path: Path) -> None:
    with mock.patch.dict(os.environ, {"INTENSITY_FRESH": "1"}):
        set_environment(tmp_path, {"INTENSITY_TERMINAL": "a", "INTENSITY_FRESH": None})
        assert os.environ["INTENSITY_TERMINAL"] == "a"
        assert "INTENSITY_FRESH" not in os.environ
        for name in ("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "KERAS_HOME"):
            assert Path(os.environ[name]).is_relative_to(tmp_path / ".cache")


def test_a_run_takes_nothing_foreign_from_its_caller(tmp_path: Path) -> None:
    foreign = dict.fromkeys(("PANDAS_X", "SOURCE_DATE_EPOCH", "TF_X", "GIT_DIR", "anything"), "x")
    kept = {"KERAS_BACKEND": "jax", "HTTPS_PROXY": "http://here:1", "TMPDIR": "/tmp"}
    kept |= {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": "/ca.pem"}
    with mock.patch.dict(os.environ, {**foreign, **kept, "PYTHONPATH": "/foreign"}):
        set_environment(tmp_path, {})
        assert not foreign.keys() & os.environ.keys()
        assert kept.items() <= os.environ.items()
        assert os.environ["PYTHONPATH"] == str(ROOT / "lib")


def test_documents_and_bootstrap_name_exactly_what_is_taken() -> None:
    told = (ROOT / "docs" / "running.md").read_text("utf8")
    bootstrap = (ROOT / "bootstrap.sh").read_text("utf8")
    names = {*TAKEN, *(f"{start}*" for start in TAKEN_STARTS)}
    assert [name for name in names if f"`{name}`" not in told] == []
    arms = re.findall(r"^ {12}([^()]+)\) ;;$", bootstrap, flags=re.MULTILINE)
    kept = {name for arm in arms for name in arm.split(" | ")}
    of_set_up = {name for name in kept if name.startswith(("PIP_", "UV_"))}
    assert kept - of_set_up == names


def test_a_run_sees_no_settings_in_the_home_nor_for_a_cluster_it_does_not_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", "true")
    hidden = hide_home(tmp_path, cluster=False)
    assert hidden["HOME"] == str(tmp_path / ".cache" / "home")
    assert hidden["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] is hidden["XDG_DATA_HOME"] is None
    assert "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION" not in hide_home(tmp_path, cluster=True)


@pytest.mark.parametrize("home", ["", "/none"])
def test_who_has_no_home_and_no_name_gets_them(
    tmp_path: Path, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    monkeypatch.setenv("HOME", home)
    give_home(tmp_path)
    assert Path.home() == tmp_path / ".cache" / "home"
    assert Path.home().is_dir()
    assert getpass.getuser() == "nobody"


@pytest.mark.skipif(sys.platform != "linux", reason="containers are of Linux")
def test_the_quota_of_a_container_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "100000 100000\n"}
    opened = open

    def quota(path: str, *arguments: Any, **options: Any) -> Any:
        """A system whose container has one core."""
        if str(path).startswith("/sys/fs/cgroup/cpu") and path not in files:
            raise FileNotFoundError(path)
        return io.StringIO(files[path]) if path in files else opened(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", quota)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    assert cores() == 1
    files["/sys/fs/cgroup/cpu.max"] = "max 100000\n"
    assert cores() > 1


def test_no_other_module_reads_or_sets_variables() -> None:
    used = re.compile(r"os\.(environ|getenv|putenv)")
    package = ROOT / "lib" / "intensity"
    users = [p.name for p in package.rglob("*.py") if used.search(p.read_text("utf8"))]
    assert users == ["environment.py"]


def test_settings_are_what_the_variables_say_and_empty_ones_say_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("BACKEND", "FRESH", "STORE", "SCHEDULER", "TERMINAL", "PRETRAINED"):
        monkeypatch.setenv(f"INTENSITY_{name}", "")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found = settings()
    assert (found.backend, found.fresh, found.store) == ("jax", 0.0, ROOT / "store")
    assert found.scheduler is found.terminal is found.pretrained is None
    monkeypatch.setenv("INTENSITY_BACKEND", "torch")
    monkeypatch.setenv("INTENSITY_FRESH", "12.5")
    monkeypatch.setenv("INTENSITY_STORE", "/somewhere")
    found = settings()
    assert (found.backend, found.fresh, found.store) == ("torch", 12.5, Path("/somewhere"))


def test_a_time_that_is_no_number_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTENSITY_FRESH", "yesterday")
    with pytest.raises(InvalidInput, match=r"^INTENSITY_FRESH: 'yesterday' is not allowed: a num"):
        settings()
