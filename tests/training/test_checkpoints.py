"""Checkpoints: a training that was interrupted ends bit for bit as one that was not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.models.build import build
from intensity.models.inference import logits
from intensity.storage import code_digest
from intensity.training import loop as training
from intensity.training.checkpoints import Checkpoint
from intensity.training.configuration import Configuration
from intensity.training.loop import Trained, train
from intensity.training.presets import NETWORKS, configure

TINY = {
    "name": "tiny",
    "layers": [
        {"kind": "block", "channels": 4},
        {"kind": "dropout", "rate": 0.5},
        {"kind": "average"},
    ],
}


def configuration(network: Any = TINY, epochs: int = 3) -> Configuration:
    """A training of a second, with batch norm and dropout."""
    return configure(
        task="easy",
        scenes={"size": 16, "areas": (21,)},
        network=network,
        recipe={"epochs": epochs, "epoch_images": 64, "batch": 16},
        validation_images=20,
        test_images=30,
    )


class Killed(BaseException):
    """Stands for the end of the process."""


class Killing(Checkpoint):
    """Keeps what it is given, and ends the training after a number of epochs."""

    last = 0

    def save(self, learner: keras.Model, history: list[dict[str, float]]) -> None:
        """Keep it, and perhaps end."""
        super().save(learner, history)
        if len(history) == self.last:
            raise Killed


def interrupted(path: Path, c: Configuration, epochs: int) -> list[int]:
    """Train until so many epochs are done; how many images were reported."""
    checkpoint, shown = Killing(path), list[int]()
    checkpoint.last = epochs
    with pytest.raises(Killed):
        train(c, shown.append, checkpoint)
    return shown


def assert_equal(one: Trained, other: Trained) -> None:
    """Everything but the seconds is the same."""
    for a, b in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.history.equals(other.history)
    assert one.predictions.equals(other.predictions)
    assert {**one.metrics, "seconds": 0} == {**other.metrics, "seconds": 0}


@pytest.mark.parametrize(("network", "freeze_after"), [(TINY, None), (TINY, 1), ("pixels", 2)])
def test_it_goes_on_from_its_last_epoch_and_ends_the_same(
    tmp_path: Path, network: Any, freeze_after: int | None
) -> None:
    c, path = configuration(network), tmp_path / "checkpoint"
    recipe = c.recipe.model_copy(update={"freeze_after": freeze_after})
    c = c.model_copy(update={"recipe": recipe})
    whole = train(c)
    interrupted(path, c, 1)
    assert interrupted(path, c, 3) == [128]  # and the last epoch, but not the test
    shown: list[int] = []
    again = train(c, shown.append, Checkpoint(path))
    assert_equal(whole, again)
    assert shown == []
    assert again.metrics["seconds"] > 0


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "flipped": lambda path: path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9),
    "too old": lambda path: os.utime(path, (1000, 1000)),
}


@pytest.fixture(scope="module")
def learner() -> keras.Model:
    """A network that could go on: compiled, its optimizer's variables made."""
    c = configuration()
    made = build(c.network, c.scenes.size, c.task.classes, 0)
    training._compile(made, c.recipe)
    return made


ROWS = [{"epoch": 1, "loss": 0.5}]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_used_is_not(tmp_path: Path, learner: keras.Model, damage: str) -> None:
    kept = Checkpoint(tmp_path / "checkpoint", since=2000)
    kept.save(learner, ROWS)
    assert kept.restore(learner) == ROWS
    DAMAGES[damage](kept.path)
    assert kept.restore(learner) == []


def test_another_network_does_not_go_on(tmp_path: Path, learner: keras.Model) -> None:
    kept = Checkpoint(tmp_path / "checkpoint")
    kept.save(learner, ROWS)
    other = build(NETWORKS["bn_tiny"], 64, 2, 0)
    training._compile(other, configuration().recipe)
    assert kept.restore(other) == []


@pytest.mark.parametrize("changed", ["tensorflow", "keras", "numba", "numpy"])
def test_other_versions_do_not_go_on(
    tmp_path: Path, learner: keras.Model, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    kept = Checkpoint(tmp_path / "checkpoint")
    kept.save(learner, ROWS)
    others = {**code_digest.versions(), changed: "another"}
    monkeypatch.setattr(code_digest, "versions", lambda: others)
    assert kept.restore(learner) == []


ELSEWHERE = """
import sys
from pathlib import Path
import keras, numpy as np
import test_checkpoints as t
assert keras.backend.backend() == sys.argv[2]
folder = Path(sys.argv[1])
trained = t.train(t.configuration())
t.interrupted(folder / "checkpoint", t.configuration(), 2)
t.assert_equal(trained, t.train(t.configuration(), checkpoint=t.Checkpoint(folder / "checkpoint")))
trained.model.save(folder / "model.keras")
np.save(folder / "logits.npy", t.logits(trained.model, t.images()))
"""


def images() -> np.ndarray:
    """Images of a few test scenes."""
    c = configuration()
    return render(draw_scenes(c.task, c.scenes, "test", 0, 30))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_trains_resumes_and_is_read_by_tensorflow(
    tmp_path: Path, backend: str
) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    environment = {**os.environ, "KERAS_BACKEND": backend}
    environment["PYTHONPATH"] = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path), backend]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    model = keras.models.load_model(tmp_path / "model.keras", compile=False)
    theirs = np.load(tmp_path / "logits.npy")
    np.testing.assert_allclose(logits(model, images()), theirs, atol=1e-4)
    assert json.loads(json.dumps(model.get_config()))  # plain Keras
