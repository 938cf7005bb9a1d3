"""How long the explorer takes to follow: every control, method and layer, on two cores.

    python benchmarks/explorer.py

A line a control, method and layer, with medians over rounds: from a widget's change until image,
answer and layer have followed and the next change can be taken; until the curve is there; until
all is there, maps and the plane too. Then the same for controls that move on while a slow map is
computed. The network is the first that the explorer would show, or the one whose name is given. The
slowest control, method and layer are kept in results.json, beside the goal.
"""

import argparse
import os
import queue
import time
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any, NamedTuple

THREADS = 2
os.environ |= {
    "KERAS_BACKEND": "tensorflow",
    "OMP_NUM_THREADS": str(THREADS),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_NUM_INTRAOP_THREADS": str(THREADS),
}

from record import Row, keep  # noqa: E402

from intensity.attribution.registry import IMAGE_MAPS, METHODS  # noqa: E402
from intensity.explorer.widgets import ASIDE, Page  # noqa: E402
from intensity.training.runs import usual_store  # noqa: E402

ROUNDS = 9
GOAL = 200
"""Milliseconds that a move may take."""

SLOW = "finite_differences"
"""The map that takes longest."""

MOVES: dict[str, tuple[object, ...]] = {
    "intensity": (60, 61, 62),
    "background": (20, 21, 22),
    "area": (79, 113, 154),
    "row": (20, 21, 22),
    "column": (20, 21, 22),
    "shape": ("square", "triangle", "disc"),
    "hollow": (True, False, True),
    "noise": (50, 55, 60),
    "noise_scene": (5, 6, 7),
    "scene": (5, 6, 7),
}
"""Controls, and values that take turns."""


class Times(NamedTuple):
    """Milliseconds from a move until pictures have followed.

    at_once: image, answer and layer; then the next move can be taken.
    curve: these and the curve.
    all: every picture; none where the next move came before.
    """

    at_once: float
    curve: float
    all: float | None


class Visitor:
    """Moves a widget, and waits for pictures."""

    def __init__(self, wanted: str | None) -> None:
        """Open the page with the first network, or the wanted one."""
        self._found: queue.Queue[Any] = queue.Queue()
        self.page = Page(usual_store(), lambda: self._found.put)
        if wanted:
            titles = {run.name: title for title, run in self.page.runs.items()}
            self.page.network.value = titles[wanted]
        self.settle(*ASIDE)

    def settle(self, *parts: str) -> None:
        """Wait until these parts have followed."""
        while set(parts) & set(self.page.awaited):
            self._found.get()()

    def move(self, name: str, value: object, is_patient: bool) -> Times:
        """Move a control; who is not patient moves on as soon as the curve is there."""
        begin = time.perf_counter()
        self.page.controls[name].value = value
        ends = [time.perf_counter()]
        for parts in (("curve",), ASIDE)[: 1 + is_patient]:
            self.settle(*parts)
            ends.append(time.perf_counter())
        at_once, curve, *rest = (1e3 * (end - begin) for end in ends)
        return Times(at_once, curve, rest[0] if rest else None)

    def dragged(self, name: str, is_patient: bool = True) -> Times:
        """The medians of many moves of one control."""
        values, count = MOVES[name], ROUNDS + len(MOVES[name])
        times = [self.move(name, values[i % len(values)], is_patient) for i in range(count)]
        at_once, curve, rest = zip(*times[len(values) :], strict=True)
        return Times(median(at_once), median(curve), median(rest) if is_patient else None)

    def choose(self, widget: Any, value: str) -> None:
        """Choose a method or layer, and wait for it."""
        widget.value = value
        self.settle(*ASIDE)


def controls(visitor: Visitor, is_patient: bool = True) -> Iterator[tuple[str, Times]]:
    """Each control that is moved."""
    for name in MOVES:
        yield name, visitor.dragged(name, is_patient)


def controls_beside(visitor: Visitor, method: str) -> Iterator[tuple[str, Times]]:
    """Each control that is moved while a map is computed."""
    usual = visitor.page.method.value
    visitor.choose(visitor.page.method, method)
    yield from controls(visitor, is_patient=False)
    visitor.choose(visitor.page.method, usual)


def choices(visitor: Visitor, widget: Any, names: Iterable[str]) -> Iterator[tuple[str, Times]]:
    """The intensity, with each method or layer that can be chosen."""
    usual = widget.value
    for name in names:
        visitor.choose(widget, name)
        yield name, visitor.dragged("intensity")
    visitor.choose(widget, usual)


def slowest(what: str, timed: Iterable[tuple[str, Times]]) -> Row:
    """Print all lines of a kind; the row of the slowest."""
    worst = 0.0
    for name, (at_once, curve, rest) in timed:
        end = "" if rest is None else f", all {rest:5.0f} ms"
        print(f"{what}: {name:28} {at_once:5.0f} ms, curve {curve:5.0f} ms{end}", flush=True)
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
    parser.add_argument("--print-only", action="store_true", help="leave results.json as it is")
    arguments = parser.parse_args()
    visitor = Visitor(arguments.network)
    page = visitor.page
    print(page.network.value)
    rows = [
        slowest("control", controls(visitor)),
        slowest("control beside a slow map", controls_beside(visitor, SLOW)),
        slowest("method", choices(visitor, page.method, (*METHODS, *IMAGE_MAPS))),
        slowest("layer", choices(visitor, page.layer, page.layer.options)),
    ]
    if not arguments.print_only:
        keep(rows)


if __name__ == "__main__":
    main()
