"""What of a page has to be computed anew, and what can wait until the reader pauses.

A page has four parts. Each hangs on something else: the answer on the view, feature maps on view
and layer, a map on view and method, the curve on all of the view but the object's intensity. What
took long the last time waits for a pause, so that the rest keeps up with a slider.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from intensity.explorer.view import Subject, View
from intensity.values import InvalidInput

PARTS = ("answer", "features", "map", "curve")
"""In the order in which they are renewed."""

AT_ONCE = ("answer", "features")
"""What always keeps up: one pass each, though the first one has to be prepared and takes longer."""

QUICK = 0.05
"""Seconds up to which a part is renewed at once: with all that is drawn, a move stays under 0.2."""


class Question(NamedTuple):
    """All that a page is asked for: how a scene looks, and by which means it is looked at."""

    view: View
    method: str
    layer: str


class Desk:
    """Works on questions about one network, part by part.

    Args:
        subject: the network.
        clock: seconds from any moment on.
    """

    def __init__(self, subject: Subject, clock: Callable[[], float] = time.perf_counter) -> None:
        """Nothing has been asked yet."""
        self.subject, self.clock = subject, clock
        self._done: dict[str, object] = {}
        self._seconds: dict[object, float] = {}

    def stale(self, question: Question) -> list[str]:
        """The parts that were last worked out for something else."""
        return [part for part in PARTS if self._done.get(part) != _hangs_on(part, question)]

    def seconds(self, part: str, question: Question) -> float:
        """How long a part took the last time; 0 if it was never asked for."""
        return self._seconds.get(_means(part, question), 0.0)

    def can_wait(self, part: str, question: Question) -> bool:
        """Whether a part is too slow to keep up with a slider; what is seen first never waits."""
        return part not in AT_ONCE and self.seconds(part, question) > QUICK

    def work(self, part: str, question: Question) -> Any:
        """Work a part out.

        Returns:
            An `Answer`, activations, a map or a `Curve`.

        Raises:
            InvalidInput: there is none for this question.
        """
        begin = self.clock()
        try:
            found = self._work(part, question)
        except InvalidInput:
            self._done[part] = _hangs_on(part, question)  # it would be refused again
            raise
        self._done[part] = _hangs_on(part, question)
        self._seconds[_means(part, question)] = self.clock() - begin
        return found

    def _work(self, part: str, question: Question) -> Any:
        """What the library says."""
        view, subject = question.view, self.subject
        match part:
            case "answer":
                return subject.answer(view)
            case "features":
                return subject.features(view, question.layer)
            case "map":
                return subject.map(view, question.method)
            case "curve":
                return subject.curve(view)
        raise InvalidInput(f"part: {part!r} is not allowed: {', '.join(PARTS)}")


def _means(part: str, question: Question) -> object:
    """What the time for a part hangs on: which part it is, and by which means."""
    return part, {"features": question.layer, "map": question.method}.get(part)


def _hangs_on(part: str, question: Question) -> object:
    """What a part is worked out from."""
    seen = question.view
    if part == "curve":
        seen = seen.model_copy(update={"intensity": 0})
    return _means(part, question), seen.canonical()
