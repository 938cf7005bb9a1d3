"""One configuration -> one trained network with its history and test metrics.

Training uses the split "train"; the split "validation" is evaluated after every epoch; "test" once,
at the end.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
import pandas as pd

from intensity.data.batches import evaluation_scenes, training_batches
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.models.architectures import spread_norms
from intensity.models.batchnorm import (
    freeze_batchnorm,
    recalibrate_batchnorm,
    spread_thresholds,
)
from intensity.models.build import build, keras_defaults, learning_copy
from intensity.models.inference import logits
from intensity.training.configuration import RECALIBRATION, Configuration, Recipe

CHUNK = 1024
"""Scenes rendered at a time for evaluation."""
FEW = 4
"""Steps up to which compiling a network's step would take longer than taking it."""


@dataclass(frozen=True)
class Trained:
    """What a training leaves.

    Args:
        model: from (n, height, width, 1) grey levels to logits.
        history: epoch, images, loss, accuracy (on the batches as they were trained),
            validation_loss, validation_accuracy.
        metrics: accuracy, loss, recall of each class and number of images, on test; trainable
            parameters; seconds.
        predictions: intensity, label, predicted, count: the test scenes, counted.
    """

    model: keras.Model
    history: pd.DataFrame
    metrics: dict[str, float]
    predictions: pd.DataFrame


class Checkpoint(Protocol):
    """Keeps what a training needs to go on after an epoch; see `checkpoints`."""

    def save(self, learner: keras.Model, history: list[dict[str, float]]) -> None:
        """Keep a learner's state and its history."""

    def restore(self, learner: keras.Model) -> list[dict[str, float]]:
        """Bring a learner to the state kept last; its history, empty where none is kept."""


@keras_defaults()
def train(
    configuration: Configuration,
    progress: Callable[[int], None] = lambda images: None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train and test one network.

    Args:
        configuration: what to train, on what, how.
        progress: called now and then with the number of images shown so far.
        checkpoint: where the state after each epoch is kept, and where an earlier training that did
            not come to its end has left it.

    Returns:
        The trained network; bit-identical for equal configurations on one machine with one thread,
        however often it was interrupted.
    """
    c, clock = configuration, time.monotonic()
    model = build(c.network, c.scenes.size, c.task.classes, c.seed, c.recipe.weight_decay)
    learner = learning_copy(model)
    _compile(learner, c.recipe)
    history = checkpoint.restore(learner) if checkpoint else []
    if not history:
        spread_thresholds(learner, spread_norms(c.network), lambda: _images(c, 0), c.seed)
    last_moving = min(c.recipe.freeze_after or c.recipe.epochs, c.recipe.epochs)
    if len(history) >= last_moving:
        freeze_batchnorm(learner)
    validation = evaluation_scenes(c.task, c.scenes, "validation", c.validation_images)
    for epoch in range(len(history), c.recipe.epochs):
        row = _show(learner, c, epoch, progress)
        if epoch < last_moving:
            recalibrate_batchnorm(learner, _images(c, epoch))
        if epoch + 1 == last_moving:
            freeze_batchnorm(learner)
        metrics, _ = evaluate(learner, validation)
        row |= {f"validation_{name}": metrics[name] for name in ("loss", "accuracy")}
        history.append(row | {"seconds": time.monotonic() - clock})
        clock = time.monotonic()
        if checkpoint:
            checkpoint.save(learner, history)
        progress(int(row["images"]))
    metrics, predictions = evaluate(
        learner, evaluation_scenes(c.task, c.scenes, "test", c.test_images)
    )
    model.set_weights(learner.get_weights())
    metrics["parameters"] = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    metrics["seconds"] = sum(row["seconds"] for row in history) + time.monotonic() - clock
    return Trained(model, pd.DataFrame(history).drop(columns="seconds"), metrics, predictions)


def _compile(learner: keras.Model, recipe: Recipe) -> None:
    """Tell a network how to learn."""
    steps = math.ceil(recipe.epoch_images / recipe.batch)
    learner.compile(
        keras.optimizers.Adam(
            _learning_rate(recipe, steps), beta_2=recipe.beta_2, global_clipnorm=recipe.clip_norm
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        run_eagerly=steps * recipe.epochs <= FEW,
    )
    # A variable that is made in the first step, by the optimizer or by a metric that is only named,
    # has it compiled twice.
    learner.optimizer.build(learner.trainable_variables)


def _show(
    learner: keras.Model, c: Configuration, epoch: int, progress: Callable[[int], None]
) -> dict[str, float]:
    """Show a network the scenes of an epoch; loss and accuracy on the batches as they came.

    `fit` would do the same, but its data threads cost a tenth of the time and now and then wait
    for seconds between epochs.
    """
    before, shown, total = epoch * c.recipe.epoch_images, 0, {"loss": 0.0, "accuracy": 0.0}
    batches = _batches(c, epoch, c.recipe.epoch_images, c.recipe.batch)
    for step, (images, labels) in enumerate(batches, start=1):
        metrics = learner.train_on_batch(images, labels, return_dict=True)
        shown += len(labels)
        total = {name: value + len(labels) * float(metrics[name]) for name, value in total.items()}
        if step % 10 == 0:
            progress(before + shown)
    means = {name: value / shown for name, value in total.items()}
    return {"epoch": epoch + 1, "images": before + shown, **means}


def _images(c: Configuration, epoch: int) -> Iterator[np.ndarray]:
    """Images of an epoch over which batch norm's averages are taken."""
    count = min(c.recipe.epoch_images, RECALIBRATION**2)
    return (images for images, _ in _batches(c, epoch, count, RECALIBRATION))


def _batches(
    c: Configuration, epoch: int, count: int, batch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training images and labels of an epoch of so many images."""
    return training_batches(
        c.task, c.scenes, seed=c.seed, epoch=epoch, epoch_images=count, repeat=c.recipe.repeat,
        batch=batch, jitter=c.recipe.jitter,
    )  # fmt: skip


def _learning_rate(
    recipe: Recipe, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate, constant or as a schedule over all steps."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warmup = max(1, steps * recipe.epochs // 20)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(1, steps * recipe.epochs - warmup),
    )


def evaluate(model: keras.Model, scenes: Scenes) -> tuple[dict[str, float], pd.DataFrame]:
    """Accuracy, loss and all predictions of a network on some scenes.

    Args:
        model: returns logits.
        scenes: n scenes with labels.

    Returns:
        Metrics: accuracy, loss (cross-entropy, nats), recall_0, recall_1, ..., images. And a table
        with columns intensity, label, predicted, count.
    """
    values = scene_logits(model, scenes)
    label, predicted = scenes.label, values.argmax(axis=1)
    log_shares = values - np.logaddexp.reduce(values.astype(float), axis=1, keepdims=True)
    metrics = {
        "accuracy": float((predicted == label).mean()),
        "loss": float(-log_shares[np.arange(len(label)), label].mean()),
        "images": len(label),
    }
    for c in np.unique(label):
        metrics[f"recall_{c}"] = float((predicted == label)[label == c].mean())
    columns = {"intensity": scenes.intensity, "label": label, "predicted": predicted}
    counts = pd.DataFrame(columns).value_counts(sort=False).rename("count")
    return metrics, counts.reset_index()


def scene_logits(model: keras.Model, scenes: Scenes) -> np.ndarray:
    """(n, classes) float32 logits of n scenes, rendered a chunk at a time."""
    chunks = (scenes[i : i + CHUNK] for i in range(0, len(scenes), CHUNK))
    return np.concatenate([logits(model, render(chunk)) for chunk in chunks])
