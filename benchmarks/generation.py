"""How many images a second: compiled blocks on all cores beside a plain NumPy port of the recipe.

Run with the project installed, on a machine that does nothing else:

    python benchmarks/generation.py

It prints medians over rounds that alternate between the three, and keeps them in results.json.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from statistics import median

import numpy as np
from record import keep

from intensity.data.rendering import render
from intensity.data.sampling import BLOCK, draw_scenes
from intensity.training.presets import SETTINGS, TASKS

ROUNDS = 5
GOALS = {"discs": 50_000, "squares": 10_000}
"""Images a second that are wanted on two cores."""


def on_all_cores(task: str, setting: str, blocks: int) -> int:
    """Draw and render blocks of scenes, as training does; return how many images that were."""

    def one(block: int) -> int:
        """Draw and render one block."""
        scenes = draw_scenes(TASKS[task], SETTINGS[setting], "train", block * BLOCK, BLOCK)
        return len(render(scenes))

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return sum(threads.map(one, range(blocks)))


def plain(count: int) -> int:
    """Squares one by one, as one would write it in NumPy from the published summary."""
    random = np.random.default_rng(0)
    for _ in range(count):
        low, high = [(0, 30), (120, 150), (210, 240)][random.integers(3)]
        row, column = random.integers(0, 64, 2)
        half = random.integers(10, 32)
        image = np.zeros((64, 64))
        rows = slice(max(row - half, 0), row + half)
        columns = slice(max(column - half, 0), column + half)
        image[rows, columns] = random.integers(low, high + 1)
        for sigma in (0.1, 0.2, 0.4):
            image += random.normal(0, sigma * 255, image.shape)
        np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return count


CASES: dict[str, Callable[[], int]] = {
    "discs": lambda: on_all_cores("hard", "discs", 32),
    "squares": lambda: on_all_cores("three_bands", "squares", 16),
    "plain_squares": lambda: plain(1000),
}


def rate(case: Callable[[], int]) -> float:
    """Images a second of one case, once."""
    begin = time.perf_counter()
    images = case()
    return images / (time.perf_counter() - begin)


def main() -> None:
    """Warm up, measure in turns, print and write."""
    for case in CASES.values():
        case()
    rounds = [{name: rate(case) for name, case in CASES.items()} for _ in range(ROUNDS)]
    rates = {name: round(median(turn[name] for turn in rounds)) for name in CASES}
    ratio = round(median(turn["squares"] / turn["plain_squares"] for turn in rounds), 1)
    for name, value in rates.items():
        goal = f" (goal on 2 cores: {GOALS[name]:,})" if name in GOALS else ""
        print(f"{name:14} {value:9,} images/s{goal}")
    print(f"squares are made {ratio} times as fast as by the plain port")
    port = {"peer_name": "plain NumPy", "peer_version": version("numpy")}
    nothing = {"peer": None, "ratio": None, "peer_name": "none", "peer_version": ""}
    common = {"unit": "images/s", "max_difference": None}
    squares = {"ours": rates["squares"], "peer": rates["plain_squares"], "ratio": ratio}
    keep(
        [
            {"name": "generating squares", **squares, **port, **common, "rounds": rounds},
            {"name": "generating discs", "ours": rates["discs"], **nothing, **common},
        ]
    )


if __name__ == "__main__":
    main()
