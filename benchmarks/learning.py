"""Images and core seconds until a network has learned: today's recipe beside the first one.

    python benchmarks/learning.py [--seeds 60 61 62]

Both train `bn_compact` on the same scenes, a process with one thread each, two at a time. What is
read is validation accuracy after every epoch, of a schedule that goes on to its end: shorter ones
would reach the same accuracy earlier. The numbers are medians over seeds, and `-` where half of
them never get there. They are kept in results.json.
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from statistics import median
from typing import Any

from record import Row, keep

from intensity.environment import FAST, ONE_THREAD, Layout
from intensity.runner.profiles import load_profile
from intensity.training.configuration import Configuration

GOALS = (0.90, 0.95, 0.97)
FIRST = {"hard": 18, "absolute": 16, "contrast": 8, "distractor": 4}
"""Epochs of 10,000 images that the first recipe had, by task."""
LOOKS = {"epoch_images": 2500, "validation_images": 4000}

SIDES = {"ours": "ours", "peer": "first"}
"""Which recipe stands on which side of a row."""

Reached = list[tuple[float, float, float]]
"""After every epoch: images, core seconds, validation accuracy."""


def recipes(task: str, seed: int) -> dict[str, Configuration]:
    """The two ways to learn a task."""
    section: Any = load_profile(Layout(), "standard")["07_interventions"]
    name = "bn_compact" if task == "hard" else task
    ours = section.configured(section.trainings[name], [seed])[0]
    blocks = [layer.model_copy(update={"spread": 0.0}) if hasattr(layer, "spread") else layer
              for layer in ours.network.layers]  # fmt: skip
    plain = {"layers": tuple(blocks), "scaling": "centered"}
    first = {"beta_2": 0.999, "freeze_after": None, "epochs": FIRST[task], "epoch_images": 10_000}
    theirs = changed(ours, recipe=first, network=plain)
    return {"ours": finer(ours), "first": finer(theirs)}


def changed(c: Configuration, **parts: dict[str, Any]) -> Configuration:
    """A configuration with fields of its parts changed."""
    return c.model_copy(
        update={name: getattr(c, name).model_copy(update=new) for name, new in parts.items()}
    )


def finer(c: Configuration) -> Configuration:
    """The same training, looked at more often."""
    times, size = divmod(c.recipe.epoch_images, LOOKS["epoch_images"])
    assert not size, "epochs have to be of so many looks"
    frozen = c.recipe.freeze_after and times * c.recipe.freeze_after
    looks = {"epochs": times * c.recipe.epochs, "freeze_after": frozen}
    recipe = {**looks, "epoch_images": LOOKS["epoch_images"]}
    return changed(c, recipe=recipe).model_copy(
        update={"validation_images": LOOKS["validation_images"], "test_images": 100}
    )


def learn(c: Configuration) -> Reached:
    """Train, and say how far it was after every epoch; looking itself is not counted."""
    from intensity.training import loop

    spent, evaluate = [0.0], loop.evaluate

    def aside(*arguments: Any) -> Any:
        before = time.process_time()
        found = evaluate(*arguments)
        spent[0] += time.process_time() - before
        return found

    seconds, start = list[float](), time.process_time()
    loop.evaluate = aside

    class Clock:
        """A checkpoint that keeps the time and nothing else."""

        def save(self, learner: Any, history: Any) -> None:
            seconds.append(time.process_time() - start - spent[0])

        def restore(self, learner: Any) -> list[dict[str, float]]:
            return []

    history = loop.train(c, checkpoint=Clock()).history
    columns = history["images"], seconds, history["validation_accuracy"]
    return [(float(a), b, float(v)) for a, b, v in zip(*columns, strict=True)]


def until(goal: float, runs: list[Reached]) -> tuple[float, float] | None:
    """Median images and core seconds to a goal, if more than half of the runs reach it."""
    first = [next((row[:2] for row in run if row[2] >= goal), None) for run in runs]
    there = [row for row in first if row]
    if len(there) <= len(runs) / 2:
        return None
    images, seconds = zip(*there, strict=True)
    return median(images), median(seconds)


def main() -> None:
    """Train all, print the table, keep the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[60, 61, 62])
    parser.add_argument("--tasks", nargs="+", default=list(FIRST), choices=list(FIRST))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    os.environ.update(ONE_THREAD | FAST)
    keys = list(product(options.tasks, ("first", "ours"), options.seeds))
    work = [recipes(task, seed)[which] for task, which, seed in keys]
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        found = dict(zip(keys, pool.map(learn, work), strict=True))
    rows: list[Row] = []
    for task, goal in product(options.tasks, GOALS):
        groups = {w: [found[task, w, seed] for seed in options.seeds] for w in ("first", "ours")}
        rows.append(_row(task, goal, {which: until(goal, runs) for which, runs in groups.items()}))
        print(rows[-1]["name"], rows[-1]["shown"], rows[-1]["ours"], rows[-1]["peer"], flush=True)
    keep(rows)


def _row(task: str, goal: float, reached: dict[str, tuple[float, float] | None]) -> Row:
    """One row of results.json."""
    seconds = {which: pair and round(pair[1], 1) for which, pair in reached.items()}
    both = all(seconds.values())
    return {
        "name": f"learning {task} to {goal:.0%}",
        "ours": seconds["ours"],
        "peer": seconds["first"],
        "peer_name": "the first recipe",
        "peer_version": "1",
        "unit": "core s",
        "ratio": round(seconds["first"] / seconds["ours"], 2) if both else None,
        "max_difference": None,
        "shown": {side: reached[w] and int(reached[w][0]) for side, w in SIDES.items()},
    }


if __name__ == "__main__":
    main()
