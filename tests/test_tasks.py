"""Intensity functions against the paper's tables, level by level, and properties of any table."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.tasks import TASKS, Task, find_task
from intensity.values import InvalidInput

LEVELS = np.arange(256)


def three_bands(level: int) -> int:
    if level <= 30:
        return 0
    if 120 <= level <= 150:
        return 1
    return 2 if 210 <= level <= 240 else -1


def hard(level: int) -> int:
    table = {30: 0, 60: 1, 90: 2, 120: 1, 150: 0, 180: 1, 210: 2, 240: 0}
    return next((label for last, label in table.items() if level <= last), 2)


def medium(level: int) -> int:
    if level <= 100:
        return 0
    if level <= 150:
        return 1
    return 2 if level <= 200 else 1


PUBLISHED: dict[str, Callable[[int], int]] = {
    "three_bands": three_bands,
    "easy": lambda level: int(level >= 150),
    "medium": medium,
    "hard": hard,
    "monotone": lambda level: 0 if level <= 87 else 1 if level <= 171 else 2,
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of any valid task: increasing boundaries, labels 0, 1, ... each on a drawn level."""
    ends = draw(st.sets(st.integers(0, 254), min_size=1, max_size=12))
    boundaries = tuple(sorted(ends))
    names = draw(st.lists(st.integers(0, 3), min_size=len(ends) + 1, max_size=len(ends) + 1))
    names[0], names[-1] = 0, 1
    order = {name: k for k, name in enumerate(dict.fromkeys(names))}
    return {
        "name": "any",
        "boundaries": boundaries,
        "labels": tuple(order[name] for name in names),
        "drawn": (0, 255),
        "balanced": draw(st.booleans()),
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_presets_are_the_published_tables_at_every_level(name: str) -> None:
    expected = [PUBLISHED[name](level) for level in range(256)]
    assert TASKS[name].label(LEVELS).tolist() == expected
    assert sorted(PUBLISHED) == sorted(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_objects_are_drawn_where_the_paper_draws_them(name: str) -> None:
    levels = TASKS[name].levels
    if name == "three_bands":
        expected = [*range(0, 31), *range(120, 151), *range(210, 241)]
    else:
        expected = list(range(5, 255))
    assert levels.tolist() == expected


@pytest.mark.parametrize(
    ("name", "priors"),
    [
        ("hard", (86 / 250, 90 / 250, 74 / 250)),
        ("three_bands", (1 / 3, 1 / 3, 1 / 3)),
        ("easy", (145 / 250, 105 / 250)),
        ("medium", (96 / 250, 104 / 250, 50 / 250)),
        ("monotone", (83 / 250, 84 / 250, 83 / 250)),
    ],
)
def test_priors(name: str, priors: tuple[float, ...]) -> None:
    assert TASKS[name].priors == pytest.approx(priors)


def test_priors_of_hard_are_the_papers() -> None:
    assert TASKS["hard"].priors.round(3).tolist() == [0.344, 0.36, 0.296]


@pytest.mark.parametrize(
    ("name", "edges"),
    [
        ("hard", [30.5, 60.5, 90.5, 120.5, 150.5, 180.5, 210.5, 240.5]),
        ("easy", [149.5]),
        ("three_bands", [75.0, 180.0]),
    ],
)
def test_edges_lie_half_way_between_levels_of_different_classes(
    name: str, edges: list[float]
) -> None:
    assert TASKS[name].edges.tolist() == edges


def test_bands_with_the_same_label_have_no_edge_between_them() -> None:
    task = Task(name="joined", boundaries=(50, 100), labels=(0, 0, 1))
    assert task.edges.tolist() == [100.5]


@given(tables())
def test_bands_partition_all_levels_and_agree_with_labels(fields: dict[str, Any]) -> None:
    task = Task(**fields)
    members = [level for band in task.bands for level in range(band.low, band.high + 1)]
    labels = [band.label for band in task.bands for _ in range(band.low, band.high + 1)]
    assert members == list(range(256))
    assert labels == task.label(LEVELS).tolist()


@given(tables(), st.integers(0, 120), st.integers(130, 255))
def test_every_level_that_can_be_drawn_has_a_class(
    fields: dict[str, Any], low: int, high: int
) -> None:
    needed = set(fields["labels"])
    labels = Task(**fields).label(np.arange(low, high + 1))
    fields["drawn"] = (low, high)
    if set(labels.tolist()) < needed:
        with pytest.raises(InvalidInput, match="holds no level of class"):
            Task(**fields)
        return
    drawn = Task(**fields).draw(np.linspace(0, 1, 4096, endpoint=False))
    assert set(drawn.tolist()) == set(range(low, high + 1))
    assert set(Task(**fields).label(drawn).tolist()) == needed


@given(tables())
def test_draw_gives_every_level_an_interval_as_long_as_its_weight(fields: dict[str, Any]) -> None:
    task = Task(**fields)
    members = task.label(LEVELS) if task.balanced else np.zeros(256, int)
    groups = 1 + members.max()
    for group in range(groups):
        levels = np.flatnonzero(members == group)
        for part in (1e-9, 0.5, 1 - 1e-9):
            within = (np.arange(len(levels)) + part) / len(levels)
            assert task.draw((group + within) / groups).tolist() == levels.tolist()
        assert task.weights[levels] == pytest.approx(1 / len(levels) / groups)


@given(tables())
def test_balanced_tasks_have_equal_priors_and_others_equal_levels(fields: dict[str, Any]) -> None:
    task = Task(**fields)
    if task.balanced:
        assert task.priors == pytest.approx(np.full(task.classes, 1 / task.classes))
    else:
        assert len(set(task.weights[task.levels])) == 1


def test_draw_takes_the_ends_of_its_range() -> None:
    drawn = TASKS["hard"].draw(np.array([0, np.nextafter(1, 0)]))
    assert drawn.tolist() == [5, 254]
    assert drawn.dtype == np.uint8


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"boundaries": (100, 100)}, ("boundaries", "(100, 100)", "increase")),
        ({"boundaries": (150, 100)}, ("boundaries", "(150, 100)", "increase")),
        ({"boundaries": (100, 256)}, ("boundaries", "256", "255")),
        ({"boundaries": (100,)}, ("labels", "3 labels for 2 bands")),
        ({"labels": (0, None, 1)}, ("labels", "level 101", "no class")),
        ({"labels": (0, 2, 2)}, ("labels", "[0, 2]")),
        ({"labels": (0, 0, 0)}, ("labels", "[0]", "at least two")),
        ({"labels": (0, -1, 1)}, ("labels", "-1")),
        ({"drawn": (5, 200)}, ("drawn", "(5, 200)", "class 2")),
        ({"drawn": (200, 5)}, ("drawn", "(200, 5)")),
        ({"drawn": (5, 300)}, ("drawn", "300", "255")),
        ({"name": "Two words"}, ("name", "'Two words'")),
        ({"colour": "grey"}, ("colour", "'grey'")),
    ],
)
def test_wrong_tables_are_refused_in_one_line(
    changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    fields = {"name": "mine", "boundaries": (100, 200), "labels": (0, 1, 2)}
    with pytest.raises(InvalidInput) as caught:
        Task(**(fields | changes))
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_tasks_are_found_by_name_table_and_themselves() -> None:
    task = TASKS["easy"]
    table = {"name": "easy", "boundaries": [149], "labels": [0, 1]}
    assert find_task("easy") == find_task(table) == find_task(task) == task


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="'harder' is unknown; allowed: three_bands, easy"):
        find_task("harder")
