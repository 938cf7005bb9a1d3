"""The explorer's server: on this machine only, on a free port, with a template of its own."""

import json
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from intensity.environment import Layout
from intensity.explorer.serve import TEMPLATE, serve
from intensity.values import ROOT, InvalidInput

PLACE = ROOT / "lib" / "intensity" / "explorer" / "voila" / "templates" / TEMPLATE


def test_a_port_that_is_taken_is_refused_in_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"--port: {port} is not allowed: a port that is"):
            serve(Layout(), port, browser=False)


def test_only_this_machine_is_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[str] = []
    monkeypatch.setattr("intensity.explorer.serve.set_environment", lambda *_: None)
    voila = SimpleNamespace(launch_instance=lambda argv: given.extend(argv))
    for name in ("voila", "voila.app"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(Voila=voila))
    serve(Layout(tmp_path), 0, browser=False)
    assert "--Voila.ip=127.0.0.1" in given


def test_the_template_names_nothing_from_elsewhere() -> None:
    assert json.loads((PLACE / "conf.json").read_text()) == {"base_template": "base"}
    for path in PLACE.iterdir():
        assert "//" not in path.read_text("utf8").replace("// ", ""), path.name
