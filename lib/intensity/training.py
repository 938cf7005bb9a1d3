"""One configuration -> one trained network with its history and test metrics.

Training uses the split "train"; the split "validation" is looked at after every epoch; "test" once,
at the end.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from intensity.configurations import Configuration, Recipe
from intensity.datasets import TrainingBatches, evaluation_scenes, inputs
from intensity.fused import fused
from intensity.networks import OnHistograms, build, predict_logits
from intensity.scenes import Scenes

CHUNK = 1024
"""Scenes rendered at a time for evaluation."""


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


def train(
    configuration: Configuration, progress: Callable[[int], None] = lambda images: None
) -> Trained:
    """Train and test one network.

    Args:
        configuration: what to train, on what, how.
        progress: called now and then with the number of images shown so far.

    Returns:
        The trained network; bit-identical for equal configurations on one machine with one thread.
    """
    started = time.monotonic()
    c, recipe = configuration, configuration.recipe
    model = build(c.network, c.scenes.size, c.task.classes, c.seed, recipe.weight_decay)
    learner = OnHistograms(model) if c.network.sees_no_shape else fused(model)
    batches = TrainingBatches(
        c.task, c.scenes, seed=c.seed, epoch_images=recipe.epoch_images, repeat=recipe.repeat,
        batch=recipe.batch, as_histograms=c.network.sees_no_shape,
    )  # fmt: skip
    learner.compile(
        keras.optimizers.Adam(_learning_rate(recipe, len(batches))),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    # A variable that is made in the first step, by the optimizer or by a metric that is only named,
    # has it compiled twice.
    learner.optimizer.build(learner.trainable_variables)
    watch = _Watch(configuration, progress)
    learner.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0, callbacks=[watch])
    test = evaluation_scenes(c.task, c.scenes, "test", c.test_images)
    metrics, predictions = evaluate(learner, test, c.network.sees_no_shape)
    if not c.network.sees_no_shape:  # a reader of histograms shares the model's weights
        model.set_weights(learner.get_weights())
    metrics["parameters"] = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    metrics["seconds"] = time.monotonic() - started
    return Trained(model, pd.DataFrame(watch.rows), metrics, predictions)


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


class _Watch(keras.callbacks.Callback):
    """Writes the history, with validation after every epoch, and reports progress."""

    def __init__(self, configuration: Configuration, progress: Callable[[int], None]) -> None:
        """Draw the validation scenes."""
        super().__init__()
        c = configuration
        self.recipe, self.progress = c.recipe, progress
        self.as_histograms = c.network.sees_no_shape
        self.scenes = evaluation_scenes(c.task, c.scenes, "validation", c.validation_images)
        self.rows: list[dict[str, float]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Report every tenth step."""
        if batch % 10 == 9:
            self.progress(
                len(self.rows) * self.recipe.epoch_images + (batch + 1) * self.recipe.batch
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at validation and add a row to the history."""
        metrics, _ = evaluate(self.model, self.scenes, self.as_histograms)
        row = {"epoch": epoch + 1, "images": (epoch + 1) * self.recipe.epoch_images, **(logs or {})}
        self.rows.append(
            row | {f"validation_{name}": metrics[name] for name in ("loss", "accuracy")}
        )
        self.progress(int(row["images"]))


def evaluate(
    model: keras.Model, scenes: Scenes, as_histograms: bool = False
) -> tuple[dict[str, float], pd.DataFrame]:
    """Accuracy, loss and all predictions of a network on some scenes.

    Args:
        model: returns logits.
        scenes: n scenes with labels.
        as_histograms: whether the model reads histograms.

    Returns:
        Metrics: accuracy, loss (cross-entropy, nats), recall_0, recall_1, ..., images. And a table
        with columns intensity, label, predicted, count.
    """
    logits = scene_logits(model, scenes, as_histograms)
    label, predicted = scenes.label, logits.argmax(axis=1)
    log_shares = logits - np.logaddexp.reduce(logits.astype(float), axis=1, keepdims=True)
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


def scene_logits(model: keras.Model, scenes: Scenes, as_histograms: bool = False) -> np.ndarray:
    """(n, classes) float32 logits of n scenes, rendered a chunk at a time."""
    chunks = (scenes[i : i + CHUNK] for i in range(0, len(scenes), CHUNK))
    return np.concatenate([predict_logits(model, inputs(c, as_histograms)) for c in chunks])
