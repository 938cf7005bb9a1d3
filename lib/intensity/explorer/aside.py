"""What is slow is computed aside, in a thread of its own; the last request wins."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
Action = Callable[[], object]
Hand = Callable[[Action], object]
"""Has an action done in a certain thread, soon."""


def to_this_thread() -> Hand:
    """What hands actions to the event loop of this thread; where none runs, they are done at once.

    A notebook's kernel may act on widgets in one thread and on cells in another.
    """
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        return lambda action: action()


def attempt(compute: Callable[[], Found]) -> Found | Exception:
    """What is computed, or the error, for a page that has a place to show it."""
    try:
        return compute()
    except Exception as error:
        return error


class Aside:
    """A thread that computes one thing after another, and skips what is no longer wanted.

    Args:
        hands: returns what hands a result to the thread that asks for it.
    """

    def __init__(self, hands: Callable[[], Hand] = to_this_thread) -> None:
        self._hands = hands
        self._thread = ThreadPoolExecutor(1)
        self._last: object = None

    def ask(
        self, compute: Callable[[], Found], then: Callable[[Found | Exception], object]
    ) -> None:
        """Have something computed; what was asked before is dropped.

        Args:
            compute: runs aside, unless another request comes before it begins.
            then: is given what was found, or the error, in the thread that asks; unless another
                request has come by then.
        """
        self._last = request = object()
        self._thread.submit(self._run, request, compute, then, self._hands())

    def drop(self) -> None:
        """Drop what was asked."""
        self._last = None

    def _run(
        self,
        request: object,
        compute: Callable[[], Found],
        then: Callable[[Found | Exception], object],
        hand: Hand,
    ) -> None:
        """Compute what is still wanted, and hand over what still is when it is done."""
        if self._last is request:
            found = attempt(compute)
            hand(lambda: then(found) if self._last is request else None)
