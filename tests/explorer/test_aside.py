"""What is computed aside: the last request wins, and its result comes back to who asked."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from intensity.explorer.aside import Action, Aside, to_this_thread

PATIENCE = 60
"""Seconds after which a test gives up waiting."""


class Slow:
    """A computation that ends when it is let."""

    def __init__(self) -> None:
        self.begun, self.free = threading.Event(), threading.Event()

    def __call__(self) -> str:
        """Wait, and return a word."""
        self.begun.set()
        assert self.free.wait(PATIENCE)
        return "slow"


@pytest.fixture
def handed() -> "queue.Queue[Action]":
    """What was handed to the thread of the test."""
    return queue.Queue()


@pytest.fixture
def aside(handed: "queue.Queue[Action]") -> Aside:
    """A thread that hands its results to the test."""
    return Aside(lambda: handed.put)


@pytest.fixture
def slow(aside: Aside) -> Iterator[Slow]:
    """A computation that can be waited for, and is let go in the end."""
    slow = Slow()
    yield slow
    slow.free.set()


def test_of_what_is_asked_meanwhile_only_the_last_is_computed(
    aside: Aside, handed: "queue.Queue[Action]", slow: Slow
) -> None:
    computed: list[int] = []
    shown: list[object] = []

    def asked(number: int) -> None:
        """Ask for a number, and note that it was computed."""
        aside.ask(lambda: computed.append(number) or number, shown.append)

    aside.ask(slow, shown.append)
    assert slow.begun.wait(PATIENCE)
    for number in range(5):
        asked(number)
    slow.free.set()
    for _ in range(2):
        handed.get(timeout=PATIENCE)()
    assert computed == [4]
    assert shown == [4]


def test_what_was_dropped_is_not_shown_even_when_it_had_begun(
    aside: Aside, handed: "queue.Queue[Action]", slow: Slow
) -> None:
    shown: list[object] = []
    aside.ask(slow, shown.append)
    assert slow.begun.wait(PATIENCE)
    aside.drop()
    slow.free.set()
    handed.get(timeout=PATIENCE)()
    assert shown == []


def test_an_error_is_handed_over_and_the_next_request_is_computed(
    aside: Aside, handed: "queue.Queue[Action]"
) -> None:
    shown: list[object] = []
    aside.ask(lambda: [][1], shown.append)
    handed.get(timeout=PATIENCE)()
    aside.ask(lambda: 7, shown.append)
    handed.get(timeout=PATIENCE)()
    assert isinstance(shown[0], IndexError)
    assert shown[1] == 7


def test_it_is_computed_aside_and_shown_by_the_event_loop_that_asked() -> None:
    async def play() -> tuple[int, int, int]:
        """Where it is asked, computed and shown."""
        shown = asyncio.get_running_loop().create_future()
        here = threading.get_ident
        Aside().ask(here, lambda found: shown.set_result((found, here())))
        return here(), *await asyncio.wait_for(shown, PATIENCE)

    with ThreadPoolExecutor(1) as thread:  # where no other test has left an event loop
        asked, computed, shown = thread.submit(asyncio.run, play()).result()
    assert computed != asked
    assert shown == asked


def test_where_no_event_loop_runs_it_is_done_at_once() -> None:
    done: list[int] = []

    def play() -> None:
        """Hand over, and see that it was done."""
        to_this_thread()(lambda: done.append(1))
        done.append(2)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(play).result()
    assert done == [1, 2]
