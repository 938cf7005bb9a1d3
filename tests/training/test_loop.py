"""Training: small networks learn, the same way every time; what is measured is what happened."""

import json
import math
import os
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from intensity.data import sampling
from intensity.data.batches import evaluation_scenes, training_batches
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.models.batchnorm import recalibrate_batchnorm
from intensity.models.build import build
from intensity.training import loop as training
from intensity.training.configuration import RECALIBRATION, Configuration, Recipe
from intensity.training.loop import FEW, Trained, evaluate, scene_logits, train
from intensity.training.presets import TASKS, configure

DISC = {"size": 16, "areas": (21,)}
SMALL = {"name": "tiny", "layers": [{"kind": "block", "channels": 6}, {"kind": "average"}]}
EPOCHS, EPOCH, BATCH = 4, 1000, 32


def configuration(**changed: Any) -> Configuration:
    """One that learns in seconds: bright discs from dark ones, 16 pixels, no noise."""
    recipe = {"epochs": EPOCHS, "epoch_images": EPOCH, "batch": BATCH, "learning_rate": 0.01}
    fields = {"task": "easy", "scenes": DISC, "network": SMALL, "recipe": recipe}
    return configure(**(fields | {"validation_images": 200, "test_images": 500} | changed))


@pytest.fixture(scope="module")
def draws() -> list[str]:
    """Splits that scenes were drawn from while `learned` was trained, in order."""
    return []


@pytest.fixture(scope="module")
def reports() -> list[int]:
    """Numbers of images that were reported while `learned` was trained, in order."""
    return []


@pytest.fixture(scope="module")
def learned(draws: list[str], reports: list[int]) -> Trained:
    """A small network after its training."""
    draw = sampling._draw_block

    def recorded(*arguments: Any) -> sampling.Scenes:
        """Every scene is drawn in a block, whoever asks for it."""
        draws.append(arguments[2])
        return draw(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "_draw_block", recorded)
        return train(configuration(), reports.append)


def test_a_small_network_learns_an_easy_task(learned: Trained) -> None:
    assert max(TASKS["easy"].priors) < 0.6
    assert learned.metrics["accuracy"] >= 0.95
    assert learned.history["validation_accuracy"].iloc[-1] >= 0.95
    assert learned.history["loss"].is_monotonic_decreasing


def test_test_scenes_are_asked_for_once_and_last(learned: Trained, draws: list[str]) -> None:
    assert set(draws) == {"train", "validation", "test"}
    assert set(draws[draws.index("test") :]) == {"test"}
    assert draws.count("validation") == 1


def test_history_has_a_row_an_epoch(learned: Trained) -> None:
    names = ["epoch", "images", "accuracy", "loss", "validation_loss", "validation_accuracy"]
    assert set(learned.history.columns) == set(names)
    assert learned.history["epoch"].tolist() == [1, 2, 3, 4]
    assert learned.history["images"].tolist() == [1000, 2000, 3000, 4000]


def test_the_last_row_of_history_is_what_the_network_does_on_validation(learned: Trained) -> None:
    c = configuration()
    metrics, _ = evaluate(learned.model, evaluation_scenes(c.task, c.scenes, "validation", 200))
    last = learned.history.iloc[-1]
    assert last["validation_accuracy"] == metrics["accuracy"]
    assert last["validation_loss"] == pytest.approx(metrics["loss"], rel=1e-6)


def test_test_metrics_and_predictions_are_those_of_the_network(learned: Trained) -> None:
    c = configuration()
    metrics, predictions = evaluate(learned.model, evaluation_scenes(c.task, c.scenes, "test", 500))
    further = {name: learned.metrics[name] for name in learned.metrics.keys() - metrics.keys()}
    assert learned.metrics == pytest.approx(metrics | further)
    assert further.pop("seconds") > 0
    norms, kernels, logits = 2 * 12, 9 * 6 + 6 + 9 * 36 + 6, 6 * 2 + 2
    assert further == {"parameters": norms + kernels + logits}
    pd.testing.assert_frame_equal(learned.predictions, predictions)


def test_reports_tell_how_many_images_were_shown(learned: Trained, reports: list[int]) -> None:
    assert reports == sorted(reports)
    assert reports[:4] == [10 * BATCH, 20 * BATCH, 30 * BATCH, EPOCH]
    assert reports[-1] == EPOCHS * EPOCH


def test_pixels_learns_from_histograms_what_it_then_does_on_images() -> None:
    recipe = {"epochs": 2, "epoch_images": 2000, "batch": 32}
    c = configuration(network="pixels", recipe=recipe)
    trained = train(c)
    assert trained.metrics["accuracy"] >= 0.95
    some = draw_scenes(c.task, c.scenes, "validation", 0, 100)
    on_images = trained.model.predict_on_batch(render(some)[..., None])
    on_histograms = scene_logits(trained.model, some)
    assert np.abs(on_images).max() > 1
    np.testing.assert_allclose(on_histograms, on_images, atol=1e-4 * np.abs(on_images).max())
    assert evaluate(trained.model, some)[0]["accuracy"] >= 0.95


REPEATED = """
import hashlib, json, random, threading, time
import numpy as np
from intensity.training.configuration import Configuration
from intensity.training.presets import configure
from intensity.training.loop import train

def fingerprint(seed):
    layers = [{"kind": "block", "channels": 3, "stride": 2}, {"kind": "flatten"},
              {"kind": "dense", "units": 8}, {"kind": "dropout", "rate": 0.5}]
    recipe = {"epochs": 2, "epoch_images": 100, "batch": 16, "weight_decay": 1e-4, "repeat": True}
    trained = train(configure(
        task="hard", scenes={"setting": "discs", "size": 32}, seed=seed, recipe=recipe,
        network={"name": "tiny", "layers": layers}, validation_images=50, test_images=50))
    weights = b"".join(w.tobytes() for w in trained.model.get_weights())
    metrics = {k: v for k, v in trained.metrics.items() if k != "seconds"}
    return [hashlib.sha256(weights).hexdigest(), metrics, trained.history.to_csv(),
            trained.predictions.to_csv()]

def draw_all_the_time():
    "Global generators are shared: a worker of Dask, for one, draws from them in other threads."
    while True:
        random.random(), np.random.random()
        time.sleep(1e-3)

threading.Thread(target=draw_all_the_time, daemon=True).start()
print(json.dumps([fingerprint(seed) for seed in (1, 1, 2)]))
"""


def test_equal_seeds_train_bit_identically_and_others_do_not() -> None:
    from intensity.environment import FAST, ONE_THREAD

    command = [sys.executable, "-c", REPEATED]
    environment = os.environ | FAST | ONE_THREAD
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, same, other = json.loads(done.stdout.splitlines()[-1])
    assert first == same
    assert all(a != b for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(("steps", "epochs"), [(100, 2), (7, 3), (1, 1)])
def test_learning_rate_warms_up_and_falls_like_a_cosine_to_zero(steps: int, epochs: int) -> None:
    recipe = Recipe(epochs=epochs, epoch_images=1, learning_rate=0.02)
    rate = training._learning_rate(recipe, steps)
    total = steps * epochs
    warmup = max(1, total // 20)
    falling = max(1, total - warmup)
    for step in range(total + 1):
        share = min(1, (step - warmup) / falling)
        rising = 0.02 * step / warmup
        expected = rising if step < warmup else 0.01 * (1 + math.cos(math.pi * share))
        assert float(rate(step)) == pytest.approx(expected, abs=1e-8)
    assert float(rate(warmup)) == pytest.approx(0.02)
    assert float(rate(warmup + falling)) == pytest.approx(0, abs=1e-9)


def test_learning_rate_may_be_constant() -> None:
    recipe = Recipe(epochs=2, epoch_images=1, learning_rate=1e-3, schedule="constant")
    assert training._learning_rate(recipe, 50) == 1e-3


@pytest.mark.parametrize(
    ("epochs", "images", "few"), [(1, 256, True), (1, 257, False), (2, 128, True), (2, 129, False)]
)
def test_only_a_few_steps_are_taken_without_compiling(epochs: int, images: int, few: bool) -> None:
    assert FEW == 4
    model = build(configuration().network, 16, 2, 0)
    training._compile(model, Recipe(epochs=epochs, epoch_images=images, batch=64))
    assert model.run_eagerly is few


# Without biases before batch norm: their gradients are rounding errors, which Adam makes large.
@pytest.mark.parametrize(
    "body",
    [
        [{"kind": "block", "channels": 4, "bias": False}],
        [{"kind": "convolution", "channels": 4}, {"kind": "pool"}],
        [{"kind": "convolution", "channels": 8, "kernel": 1, "spread": 0.5}],
    ],
)
def test_compiling_does_not_change_what_is_trained(
    body: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = {"name": "some", "layers": [*body, {"kind": "average"}]}
    recipe = {"epochs": 2, "epoch_images": 2 * BATCH, "batch": BATCH, "weight_decay": 1e-3}
    c = configuration(network=network, recipe=recipe)
    eager = train(c)
    monkeypatch.setattr(training, "FEW", 0)
    compiled = train(c)
    start = build(c.network, 16, 2, c.seed, 1e-3).get_weights()
    for one, other, before in zip(
        eager.model.get_weights(), compiled.model.get_weights(), start, strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
        assert not np.array_equal(one, before)
    pd.testing.assert_frame_equal(eager.history, compiled.history, rtol=1e-3)
    assert eager.metrics["loss"] == pytest.approx(compiled.metrics["loss"], rel=1e-3)


FAMILY: dict[str, Any] = {
    "absolute": {"setting": "backgrounds", "size": 24},
    "contrast": {"setting": "backgrounds", "size": 24},
    "distractor": "pairs",
    "shape": "shapes",
    "conjunction": {"setting": "shapes", "shapes": ("disc", "square"), "hollow": True},
}


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("network", [SMALL, "pixels"])
def test_a_network_trains_for_a_step_on_every_task(name: str, network: Any) -> None:
    recipe = {"epochs": 1, "epoch_images": 8, "batch": 8}
    few = {"validation_images": 8, "test_images": 200}
    c = configuration(task=name, scenes=FAMILY[name], network=network, recipe=recipe, **few)
    trained = train(c)
    recalls = {f"recall_{k}" for k in range(c.task.classes)}
    assert trained.model.output_shape == (None, c.task.classes)
    assert {key for key in trained.metrics if key.startswith("recall")} == recalls
    assert all(math.isfinite(value) for value in trained.metrics.values())
    assert np.isfinite(trained.history.to_numpy(float)).all()
    counted = trained.predictions.groupby("label")["count"].sum()
    drawn = evaluation_scenes(c.task, c.scenes, "test", 200)
    assert counted.to_list() == np.bincount(drawn.label).tolist()


class ByTable:
    """Stands in for a network: logits by the brightest grey level of an image."""

    layers = ()

    def __init__(self, logits: np.ndarray) -> None:
        """One row of logits for every level."""
        self.logits = logits.astype(np.float32)

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        """On black, without noise, the brightest level is the object's intensity."""
        return self.logits[images.max(axis=(1, 2, 3))]


def test_accuracy_loss_and_recall_by_hand() -> None:
    task = TASKS["hard"]
    drawn = draw_scenes(task, SceneOptions(**DISC), "validation", 0, 300)
    table = np.random.default_rng(0).normal(size=(256, 3))
    metrics, predictions = evaluate(ByTable(table), drawn)

    right, losses = [], []
    for level, label in zip(drawn.intensity.tolist(), drawn.label.tolist(), strict=True):
        logits = [float(np.float32(value)) for value in table[level]]
        right.append(logits.index(max(logits)) == label)
        losses.append(math.log(sum(map(math.exp, logits))) - logits[label])
    assert metrics["accuracy"] == sum(right) / 300
    assert metrics["loss"] == pytest.approx(sum(losses) / 300, rel=1e-6)
    for c in range(3):
        of_class = [r for r, label in zip(right, drawn.label, strict=True) if label == c]
        assert metrics[f"recall_{c}"] == sum(of_class) / len(of_class)
    assert metrics["images"] == 300

    assert predictions.columns.tolist() == ["intensity", "label", "predicted", "count"]
    assert predictions["count"].sum() == 300
    assert not predictions.duplicated(["intensity", "label", "predicted"]).any()
    assert (task.label(predictions["intensity"]) == predictions["label"]).all()
    assert (table[predictions["intensity"]].argmax(axis=1) == predictions["predicted"]).all()
    by_level = predictions.groupby("intensity")["count"].sum()
    seen = np.bincount(drawn.intensity, minlength=256)
    assert by_level.to_dict() == {i: int(n) for i, n in enumerate(seen) if n}


def test_huge_logits_have_a_finite_loss() -> None:
    drawn = draw_scenes(TASKS["easy"], SceneOptions(**DISC), "validation", 0, 50)
    always_0 = np.tile([1e4, -1e4], (256, 1))
    metrics, _ = evaluate(ByTable(always_0), drawn)
    assert metrics["loss"] == pytest.approx(2e4 * (drawn.label == 1).mean())
    assert (metrics["recall_0"], metrics["recall_1"]) == (1, 0)


def test_logits_of_many_scenes_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHUNK", 7)
    drawn = draw_scenes(TASKS["easy"], SceneOptions(**DISC), "validation", 0, 30)
    levels = np.arange(256)[:, None] * [1, -1]
    logits = scene_logits(ByTable(levels), drawn)
    assert logits[:, 0].tolist() == render(drawn).max(axis=(1, 2)).tolist()


def test_averages_are_those_of_recalibrating_on_the_last_epochs_scenes(learned: Trained) -> None:
    c = configuration()
    copy = keras.models.clone_model(learned.model)
    copy.set_weights(learned.model.get_weights())
    batches = training_batches(
        c.task, c.scenes, seed=c.seed, epoch=EPOCHS - 1, epoch_images=EPOCH, repeat=False,
        batch=RECALIBRATION,
    )  # fmt: skip
    recalibrate_batchnorm(copy, (images for images, _ in batches))
    for one, other in zip(copy.get_weights(), learned.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_frozen_batch_norm_keeps_its_averages_while_all_else_learns() -> None:
    fields = {"epoch_images": 128, "batch": 32, "schedule": "constant", "freeze_after": 1}
    one, three = (
        train(configuration(recipe=fields | {"epochs": epochs})).model for epochs in (1, 3)
    )
    for before, after in zip(one.weights, three.weights, strict=True):
        assert np.array_equal(before, after) == ("moving" in before.path)


def test_adam_forgets_as_the_recipe_says() -> None:
    model = build(configuration().network, 16, 2, 0)
    training._compile(model, Recipe(epochs=1, epoch_images=8, beta_2=0.95, clip_norm=2))
    assert (model.optimizer.beta_2, model.optimizer.global_clipnorm) == (0.95, 2)


def test_batch_norms_averages_are_those_of_many_batches_alike(learned: Trained) -> None:
    c = configuration()
    shown = EPOCHS * EPOCH - EPOCH
    last = draw_scenes(c.task, c.scenes, "train", shown, EPOCH)
    images = render(last)[..., None].astype(np.float32)
    kind = keras.layers.BatchNormalization
    norm = next(layer for layer in learned.model.layers if isinstance(layer, kind))
    values = keras.Model(learned.model.inputs, norm.input).predict_on_batch(images)
    mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
    np.testing.assert_allclose(norm.moving_mean, mean, rtol=0.02, atol=0.02)
    np.testing.assert_allclose(norm.moving_variance, variance, rtol=0.1, atol=0.02)
    assert norm.momentum == 0.9
