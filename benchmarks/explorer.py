"""How long the explorer takes to follow: every control, method and layer, on two cores.

    python benchmarks/explorer.py

A line a control, method and layer: the median over rounds from a widget's change to the last
picture that is renewed at once, with a method or layer that was used before, as when a slider is
dragged. Maps that take longer follow after a pause: they are counted separately. The
network is the first that the explorer would show, or the one whose name is given. The slowest
control, method and layer are kept in results.json, beside the goal.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator
from statistics import median
from typing import Any

THREADS = 2
os.environ |= {
    "KERAS_BACKEND": "tensorflow",
    "OMP_NUM_THREADS": str(THREADS),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_NUM_INTRAOP_THREADS": str(THREADS),
}

from record import Row, keep  # noqa: E402

from intensity.attribution.registry import IMAGE_MAPS, METHODS  # noqa: E402
from intensity.explorer.networks import usual_store  # noqa: E402
from intensity.explorer.widgets import Page  # noqa: E402

ROUNDS = 9
GOAL = 200
"""Milliseconds that a move may take."""

MOVES: dict[str, tuple[object, ...]] = {
    "intensity": (60, 61, 62),
    "area": (79, 113, 154),
    "row": (20, 21, 22),
    "column": (20, 21, 22),
    "shape": ("square", "triangle", "disc"),
    "hollow": (True, False, True),
    "background": (20, 21, 22),
    "noise": (50, 55, 60),
    "noise_scene": (5, 6, 7),
    "scene": (5, 6, 7),
}
"""Controls, and values that take turns."""


class Visitor:
    """Moves a widget, and pauses."""

    def __init__(self, wanted: str | None) -> None:
        """Open the page with the first network, or the wanted one."""
        self.waiting: list[Callable[[], object]] = []
        self.page = Page(usual_store(), self.waiting.append)  # type: ignore[arg-type,func-returns-value]
        if wanted:
            titles = {run.name: title for title, run in self.page.runs.items()}
            self.page.network.value = titles[wanted]
        self.pause()

    def pause(self) -> float:
        """Let what is slow be renewed; how many milliseconds it took, 0 if nothing had waited."""
        begin = time.perf_counter()
        while self.waiting:
            self.waiting.pop()()
        return 1e3 * (time.perf_counter() - begin)

    def move(self, name: str, value: object) -> tuple[float, float]:
        """Move a control: milliseconds until pictures have followed, and after a pause."""
        begin = time.perf_counter()
        self.page.controls[name].value = value
        return 1e3 * (time.perf_counter() - begin), self.pause()

    def dragged(self, name: str) -> tuple[float, float]:
        """The medians of many moves of one control."""
        values = MOVES[name]
        times = [self.move(name, values[i % len(values)]) for i in range(ROUNDS + len(values))]
        at_once, later = zip(*times[len(values) :], strict=True)
        return median(at_once), median(later)


def controls(visitor: Visitor) -> Iterator[tuple[str, float, float]]:
    """Each control that is moved, milliseconds at once, and milliseconds after a pause."""
    for name in MOVES:
        yield name, *visitor.dragged(name)


def choices(
    visitor: Visitor, widget: Any, names: Iterable[str]
) -> Iterator[tuple[str, float, float]]:
    """The same for the intensity, with each method or layer that can be chosen."""
    usual = widget.value
    for name in names:
        widget.value = name
        visitor.pause()
        yield name, *visitor.dragged("intensity")
    widget.value = usual
    visitor.pause()


def slowest(what: str, timed: Iterable[tuple[str, float, float]]) -> Row:
    """Print all lines of a kind; the row of the slowest."""
    worst = 0.0  # of what keeps up
    for name, at_once, later in timed:
        after = f", then {later:5.0f} ms after a pause" if later else ""
        print(f"{what:10} {name:30} {at_once:5.0f} ms{after}", flush=True)
        worst = max(worst, at_once)
    return {
        "name": f"explorer, slowest {what}, maps that wait left out",
        "ours": round(worst, 1),
        "unit": "ms",
        "peer": GOAL,
        "peer_name": "the",
        "peer_version": "goal",
        "ratio": round(GOAL / worst, 2),
        "max_difference": None,
    }


def main() -> None:
    """Measure, print, and keep the slowest."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--network", metavar="NAME", help="folder of a run (the first shown)")
    visitor = Visitor(parser.parse_args().network)
    page = visitor.page
    print(page.network.value)
    keep(
        [
            slowest("control", controls(visitor)),
            slowest("method", choices(visitor, page.method, (*METHODS, *IMAGE_MAPS))),
            slowest("layer", choices(visitor, page.layer, page.layer.options)),
        ]
    )


if __name__ == "__main__":
    main()
