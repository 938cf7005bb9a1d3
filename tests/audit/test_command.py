"""The command: files in, a report out; what cannot be leaves nothing behind."""

import json
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import audited
from audited import SIZE, arrays
from intensity.__main__ import main
from intensity.audit import command
from intensity.audit.answer import IMAGES, Answer, audit
from intensity.audit.outputs import Output
from intensity.audit.reading import read_cases
from intensity.audit.report import FILES
from intensity.cli import OUTPUTS, parser


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with images, masks, a table and a network in a module; one is in it."""
    given, rows = arrays(60), []
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    for i in range(60):
        name = f"{i:02}.png"
        Image.fromarray(given["images"][i].astype(np.uint8)).save(tmp_path / "images" / name)
        Image.fromarray(given["masks"][i]).save(tmp_path / "masks" / name)
        rows.append((f"images/{name}", f"masks/{name}", given["label"][i], f"p{i // 5}"))
    table = pd.DataFrame(rows, columns=["image", "mask", "label", "group"])
    table.to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "reader.py").write_text(
        "def predict(x):\n"
        f"    level = x[:, {SIZE // 2}, {SIZE // 2}]\n"
        "    return level * [0, 1, 2] - [0, 90, 220]\n"
    )
    (tmp_path / "wrong.py").write_text("x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "audit", without_known)
    monkeypatch.setattr(command, "set_variables", lambda _: None)  # they would stay for others
    return tmp_path


def without_known(*arguments: object, **options: object) -> Answer:
    """An audit without the project's own networks, which have tests of their own."""
    return audit(*arguments, **{**options, "known": False})  # type: ignore[arg-type]


def test_a_table_and_a_function_give_a_report(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "reader:predict", "cases.csv", "--images", "40"]) == 0
    assert sorted(p.name for p in (place / "audit").iterdir()) == sorted(FILES)
    results = json.loads((place / "audit" / "results.json").read_text())
    slope = {m["id"]: m for m in results["measurements"]}["slope/cases/predict"]
    assert slope["value"] == 0
    err = capsys.readouterr().err
    assert "40 cases, " in err
    assert " images to predict, about " in err
    assert "Answers rest on the absolute level inside the mask." in err
    assert str(place / "audit" / "index.html") in err
    assert "40 of 60 images" in (place / "audit" / "index.html").read_text()


def test_without_words_the_example_is_audited(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = read_cases(place / "cases.csv")
    monkeypatch.setattr(command, "example", lambda: (audited.pixel, cases))
    assert main(["audit", "--quick"]) == 0
    assert command.EXAMPLE in capsys.readouterr().err
    assert command.EXAMPLE in (place / "audit" / "index.html").read_text()


def test_a_model_needs_cases(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "reader:predict"]) == 2
    assert "CASES: nothing after reader:predict is not allowed" in capsys.readouterr().err
    assert not (place / "audit").exists()


def test_files_of_one_network_are_seeds(place: Path) -> None:
    images = keras.Input((SIZE, SIZE, 1))
    dense = keras.layers.Dense(3, activation="softmax")
    model = keras.Model(images, dense(images[:, SIZE // 2, SIZE // 2]))
    for seed in range(2):
        dense.set_weights([np.arange(3)[None] / 50, -np.array([0, 90, 220 + seed]) / 50])
        model.save(place / f"mine_{seed}.keras")
    words = ["audit", "mine_0.keras", "mine_1.keras", "cases.csv", "--quick", "--report", "there"]
    assert main(words) == 0
    results = json.loads((place / "there" / "results.json").read_text())
    assert {m["n"]["seeds"] for m in results["measurements"] if "/mine_0" in m["id"]} == {2}


def test_options_are_numbers_and_ranges() -> None:
    assert get_args(Output) == OUTPUTS
    assert parser().parse_args(["audit", "a.keras", "c.csv"]).images == IMAGES
    words = ["audit", "a.keras", "b.keras", "c.csv", "--values", "-1024..3071.5", "--padding", "-3"]
    found = vars(parser().parse_args(words))
    assert found["given"] == ["a.keras", "b.keras", "c.csv"]
    assert (found["values"], found["padding"]) == ((-1024, 3071.5), -3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none:predict", "cases.csv"], "model: 'none:predict' cannot be imported"),
        (["wrong:predict", "cases.csv"], "'wrong:predict' cannot be imported: NameError: name 'x'"),
        (["reader:predict", "cases.csv", "--values", "0..90"], "0..90 grey levels were declared"),
        (["reader:predict", "cases.csv", "--preprocess", "white"], "preprocess: 'white'"),
        (["reader:predict", "cases.csv", "--mask-label", "3"], "masks: that of images/"),
        (["reader:predict", "cases.csv", "--report", "images"], "report: "),
        (["reader:predict", "cases.csv", "--preprocess", "minmax"], "not above chance"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    words: list[str], said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(place.rglob("*"))
    assert main(["audit", *words]) == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if one.strip()]
    assert line.startswith("intensity: ")
    assert said in line
    after = [path for path in sorted(place.rglob("*")) if "__pycache__" not in path.parts]
    assert after == before
