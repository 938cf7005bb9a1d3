"""What is worked out anew: only what hangs on what has changed, and slow parts later."""

from itertools import count
from typing import Any

import numpy as np
import pytest

from intensity.explorer.desk import PARTS, QUICK, Desk, Question
from intensity.explorer.view import Subject, View
from intensity.values import InvalidInput


def asked(
    subject: Subject, method: str = "sobel", layer: str = "relu1", **changed: Any
) -> Question:
    """A question about test scene 0, with some fields of the view changed."""
    return Question(View(**(dict(subject.start(0)) | changed)), method, layer)


@pytest.fixture
def desk(subject: Subject) -> Desk:
    """A desk that has worked out everything, on a clock that stands still."""
    desk = Desk(subject, clock=lambda: 0.0)
    for part in PARTS:
        desk.work(part, asked(subject))
    return desk


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ({}, []),
        ({"intensity": 99}, ["answer", "features", "map"]),
        ({"row": 9}, ["answer", "features", "map", "curve"]),
        ({"noise": 0}, ["answer", "features", "map", "curve"]),
        ({"method": "laplace"}, ["map"]),
        ({"layer": "logits"}, ["features"]),
    ],
)
def test_only_what_hangs_on_a_change_is_stale(
    desk: Desk, changed: dict[str, Any], stale: list[str]
) -> None:
    assert desk.stale(asked(desk.subject, **changed)) == stale


def test_what_was_worked_out_is_not_stale_any_more(desk: Desk) -> None:
    question = asked(desk.subject, intensity=99)
    desk.work("map", question)
    assert desk.stale(question) == ["answer", "features"]


def test_parts_are_what_the_subject_says(desk: Desk) -> None:
    question = asked(desk.subject, "gradient", "logits", intensity=99)
    np.testing.assert_array_equal(
        desk.work("map", question), desk.subject.map(question.view, "gradient")
    )
    np.testing.assert_array_equal(
        desk.work("features", question), desk.subject.answer(question.view).logits
    )


def test_what_took_long_the_last_time_can_wait(subject: Subject) -> None:
    ticks = count(step=2 * QUICK)
    slow = Desk(subject, clock=lambda: next(ticks))
    question = asked(subject)
    assert not slow.can_wait("map", question)
    slow.work("map", question)
    assert slow.seconds("map", question) == pytest.approx(2 * QUICK)
    assert slow.can_wait("map", asked(subject, intensity=99))
    assert not slow.can_wait("map", asked(subject, "laplace"))
    for part in ("answer", "features"):
        slow.work(part, question)
        assert not slow.can_wait(part, question)


def test_what_cannot_be_worked_out_is_not_tried_twice(desk: Desk) -> None:
    question = asked(desk.subject, "tea_leaves")
    with pytest.raises(InvalidInput, match="method: 'tea_leaves' is not allowed: gradient"):
        desk.work("map", question)
    assert desk.stale(question) == []


def test_a_part_that_there_is_not_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="part: 'mood' is not allowed: answer, features"):
        desk.work("mood", asked(desk.subject))
