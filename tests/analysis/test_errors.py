"""Errors by intensity, on tables written by hand."""

import numpy as np
import pandas as pd
import pytest

from intensity.analysis.errors import (
    accuracy_by_intensity,
    boundary_error_share,
    confusion,
    least_recall,
)
from intensity.data.tasks import Task
from intensity.values import InvalidInput

TASK = Task(name="two", boundaries=(99,), labels=(0, 1))


def table(*rows: tuple[int, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["intensity", "label", "predicted", "count"])


HAND = table((20, 0, 0, 3), (20, 0, 1, 1), (10, 0, 0, 2), (200, 1, 1, 4), (200, 1, 2, 4))


def test_accuracy_by_intensity() -> None:
    assert accuracy_by_intensity(HAND).to_dict("list") == {
        "intensity": [10, 20, 200],
        "scenes": [2, 4, 8],
        "correct": [2, 3, 4],
        "accuracy": [1, 0.75, 0.5],
    }


def test_confusion_holds_every_pair() -> None:
    counts = confusion(HAND)
    assert list(counts.columns) == ["label", "predicted", "count", "share"]
    assert counts.pivot(index="label", columns="predicted", values="count").to_numpy().tolist() == [
        [5, 1, 0],
        [0, 4, 4],
    ]
    np.testing.assert_allclose(counts.groupby("label")["share"].sum(), 1)


def test_the_share_of_errors_near_a_boundary() -> None:
    # the boundary lies at 99.5: 97..102 are near
    rows = [(level, 0, 1, 2) for level in range(80, 120)] + [(100, 1, 1, 99)]
    assert boundary_error_share(table(*rows), TASK) == pytest.approx(6 / 40)
    assert boundary_error_share(table((97, 0, 1, 3), (103, 1, 0, 1)), TASK) == 0.75


def test_rows_that_count_nothing_change_nothing() -> None:
    more = pd.concat([HAND, table((77, 1, 0, 0))])
    pd.testing.assert_frame_equal(accuracy_by_intensity(more), accuracy_by_intensity(HAND))


def test_wrong_tables_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^predictions: has no column predicted"):
        confusion(HAND.drop(columns="predicted"))
    with pytest.raises(InvalidInput, match=r"^predictions: counts no scene"):
        accuracy_by_intensity(HAND.assign(count=0))
    with pytest.raises(InvalidInput, match=r"^predictions: no scene is an error"):
        boundary_error_share(table((20, 0, 0, 3)), TASK)


def test_the_least_recall_is_that_of_the_class_that_is_missed_most() -> None:
    label, predicted = np.array([0, 0, 0, 2, 2]), np.array([0, 0, 1, 2, 0])
    assert least_recall(label, predicted) == 0.5
    assert least_recall(label, label) == 1
