"""Properties of any table of bands, pairs of levels by hand, cues, and what is refused."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.data.shapes import SHAPES
from intensity.data.tasks import MINIMUM_CONTRAST, Task
from intensity.training.presets import TASKS
from intensity.values import InvalidInput

LEVELS = np.arange(256)


def medium(level: int) -> int:
    if level <= 100:
        return 0
    if level <= 150:
        return 1
    return 2 if level <= 200 else 1


BOTH = ["absolute", "contrast"]
"""Tasks that draw intensity and background together."""


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


def test_objects_are_drawn_where_their_level_has_a_class() -> None:
    assert TASKS["hard"].levels.tolist() == list(range(5, 255))
    bands = [*range(0, 31), *range(120, 151), *range(210, 241)]
    assert TASKS["three_bands"].levels.tolist() == bands


@pytest.mark.parametrize("name", TASKS)
def test_priors_are_the_shares_of_the_classes_of_all_weighted_levels(name: str) -> None:
    task = TASKS[name]
    assert task.weights.sum() == pytest.approx(1)
    if name in BOTH:
        assert task.priors == pytest.approx(np.full(task.classes, 1 / task.classes))
        return
    shapes = [SHAPES.index(shape) for shape in task.shapes] or [0]
    labels = task.classify(task.levels[:, None], np.array(0), np.array(shapes))
    shares = np.repeat(task.weights[task.levels], len(shapes)) / len(shapes)
    assert task.priors == pytest.approx(np.bincount(labels.ravel(), shares))


def test_priors_of_hard_are_the_papers() -> None:
    assert TASKS["hard"].priors.round(3).tolist() == [0.344, 0.36, 0.296]


def test_edges_lie_half_way_between_levels_of_different_classes() -> None:
    assert TASKS["easy"].edges.tolist() == [149.5]
    assert TASKS["three_bands"].edges.tolist() == [75.0, 180.0]


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


# Intensity and background drawn together


@cache
def pairs_by_hand() -> dict[tuple[int, int], list[tuple[int, int]]]:
    """All (intensity, background) that are drawn, by classes of intensity and contrast."""
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for intensity in range(5, 255):
        for background in range(256):
            contrast = abs(intensity - background)
            if contrast >= 5:
                key = medium(intensity), medium(contrast)
                groups.setdefault(key, []).append((intensity, background))
    return dict(sorted(groups.items()))


def best_share(task: Task, *columns: int) -> float:
    """Accuracy of the best guess from some of (intensity, background), as they are drawn.

    An exact number: of all pairs that agree in these columns, the most frequent class is right.
    """
    groups = pairs_by_hand().values()
    pairs = np.concatenate([np.array(group) for group in groups])
    weights = np.concatenate(
        [np.full(len(group), 1 / len(group) / len(groups)) for group in groups]
    )
    seen = sum((pairs[:, column] * 256**column for column in columns), np.zeros(len(pairs), int))
    shares = np.zeros((seen.max() + 1, 3))
    np.add.at(shares, (seen, task.classify(*pairs.T, np.array(0))), weights)
    return float(shares.max(axis=1).sum())


@pytest.mark.parametrize("name", BOTH)
def test_all_pairs_of_classes_are_equally_likely_and_all_pairs_of_levels_within(name: str) -> None:
    groups = pairs_by_hand()
    assert list(groups) == [(a, b) for a in range(3) for b in range(3)]
    for number, members in enumerate(groups.values()):
        for part in (1e-9, 0.5, 1 - 1e-9):
            within = (np.arange(len(members)) + part) / len(members)
            drawn = TASKS[name].draw_pairs((number + within) / 9)
            assert np.array_equal(drawn, members)


@pytest.mark.parametrize("name", BOTH)
def test_weights_of_pairs_are_those_of_their_intensities(name: str) -> None:
    expected = np.zeros(256)
    for members in pairs_by_hand().values():
        for intensity, _ in members:
            expected[intensity] += 1 / (9 * len(members))
    assert TASKS[name].weights == pytest.approx(expected)


def test_intensities_and_backgrounds_differ_by_the_minimum() -> None:
    drawn = TASKS["absolute"].draw_pairs(np.linspace(0, 1, 200_000, endpoint=False)).astype(int)
    assert np.abs(drawn[:, 0] - drawn[:, 1]).min() == MINIMUM_CONTRAST == 5


@pytest.mark.parametrize("name", TASKS)
def test_draw_gives_the_intensities_of_pairs(name: str) -> None:
    uniform = np.random.default_rng(0).random((30, 4))
    uniform[0] = 0, 1e-12, 0.5, np.nextafter(1, 0)
    drawn, pairs = TASKS[name].draw(uniform), TASKS[name].draw_pairs(uniform)
    assert drawn.dtype == pairs.dtype == np.uint8
    assert pairs.shape == (30, 4, 2 if name in BOTH else 1)
    assert np.array_equal(drawn, pairs[..., 0])


def test_the_class_of_one_says_nothing_about_the_other_and_levels_alone_say_little() -> None:
    absolute, contrast = TASKS["absolute"], TASKS["contrast"]
    for task in (absolute, contrast):
        assert best_share(task) == pytest.approx(1 / 3)
        assert best_share(task, 0, 1) == pytest.approx(1)
    assert best_share(absolute, 0) == pytest.approx(1)
    # Not all contrasts are possible at every level, so a single level is worth something.
    assert best_share(absolute, 1) == pytest.approx(0.531, abs=5e-4)
    assert best_share(contrast, 0) == pytest.approx(0.461, abs=5e-4)
    assert best_share(contrast, 1) == pytest.approx(0.490, abs=5e-4)
    groups = pairs_by_hand().items()
    differing = sum(
        1 / 9 for (of_intensity, of_contrast), _ in groups if of_intensity != of_contrast
    )
    assert differing == pytest.approx(2 / 3)


def test_bands_without_a_class_hold_neither_intensities_nor_contrasts() -> None:
    labels = (0, None, 1)
    task = Task(name="gap", boundaries=(60, 120), labels=labels, balanced="both", cue="contrast")
    intensity, background = task.draw_pairs(np.linspace(0, 1, 200_000, endpoint=False)).T
    contrast = np.abs(intensity.astype(int) - background)
    assert set(intensity.tolist()) == {*range(5, 61), *range(121, 255)}
    assert set(contrast.tolist()) == {*range(5, 61), *range(121, 255)}
    drawn = 2 * task.label(intensity) + task.label(contrast)
    assert np.bincount(drawn).tolist() == [50_000] * 4


# Cues


def test_contrast_is_unsigned_and_absolute_leaves_the_background_aside() -> None:
    levels = np.arange(256, dtype=np.uint8)
    pairs = levels[:, None], levels
    contrast = TASKS["contrast"].classify(*pairs, np.array(0))
    assert contrast.tolist() == [[medium(abs(i - b)) for b in range(256)] for i in range(256)]
    absolute = TASKS["absolute"].classify(*pairs, np.array(0))
    assert absolute.tolist() == [[medium(i)] * 256 for i in range(256)]


def test_the_class_of_shape_is_the_shape_whatever_its_intensity() -> None:
    task = Task(**(TASKS["shape"].model_dump() | {"shapes": ("square", "disc")}))
    shape = np.arange(3)
    for background in (0, 200):
        label = task.classify(LEVELS[:, None], np.array(background), shape)
        numbers = {"disc": 1, "square": 0, "triangle": -1}
        assert label.tolist() == [[numbers[name] for name in SHAPES]] * 256
    label = TASKS["shape"].classify(LEVELS[:, None], np.array(0), shape)
    assert label.tolist() == [[0, 1, 2]] * 256


def test_a_conjunction_needs_both() -> None:
    task = TASKS["conjunction"]
    label = task.classify(task.levels[:, None], np.array(0), np.array([0, 1]))
    assert label.tolist() == [[int(i >= 150), 2 + int(i >= 150)] for i in range(5, 255)]
    counts = np.zeros((250, 2, 4), int)
    np.add.at(counts, (np.arange(250)[:, None], [0, 1], label), 1)
    assert counts.sum(axis=(0, 1)).tolist() == [145, 105, 145, 105]
    assert counts.sum(axis=1).max(axis=1).sum() == 250  # of 500: intensity alone gives a half
    assert counts.sum(axis=0).max(axis=1).sum() == 290  # shape alone gives the more frequent half
    assert counts.max(axis=2).sum() == 500


def test_what_has_no_class_is_labeled_minus_one() -> None:
    task = Task(
        name="some", boundaries=(50, 99), labels=(0, None, 1), balanced=True, cue="conjunction",
        shapes=("square", "triangle"),
    )  # fmt: skip
    label = task.classify(np.array([[20], [70], [200]]), np.array(0), np.arange(3))
    assert label.tolist() == [[-1, 0, 2], [-1, -1, -1], [-1, 1, 3]]


@pytest.mark.parametrize("name", TASKS)
def test_classes_have_the_common_shape_of_intensity_background_and_shape(name: str) -> None:
    few = np.arange(2)
    for arrays in (
        (few, 9, 0),
        (9, few, 0),
        (9, 9, few),
        (few[:, None], few, 1),
        (9, few[:, None], few),
    ):
        label = TASKS[name].classify(*map(np.asarray, arrays))
        assert label.shape == np.broadcast_shapes(*map(np.shape, arrays))
        assert label.dtype == np.int64


# Wrong input


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
        ({"balanced": "all"}, ("balanced", "'all'")),
        ({"cue": "texture"}, ("cue", "'texture'", "'contrast'")),
        ({"cue": "contrast"}, ("balanced", "False", "cue contrast", "'both'")),
        ({"cue": "contrast", "balanced": True}, ("balanced", "True", "cue contrast", "'both'")),
        ({"shapes": ("disc", "square")}, ("shapes", "('disc', 'square')", "cue intensity")),
        ({"cue": "contrast", "balanced": "both", "shapes": ("disc",)}, ("shapes", "cue contrast")),
        ({"cue": "shape"}, ("shapes", "()", "cue shape", "two or more")),
        ({"cue": "conjunction"}, ("shapes", "()", "cue conjunction", "two or more")),
        ({"cue": "conjunction", "shapes": ("disc",)}, ("shapes", "('disc',)", "two or more")),
        ({"cue": "conjunction", "shapes": ("disc", "disc")}, ("shapes", "('disc', 'disc')")),
        ({"cue": "conjunction", "shapes": ("disc", "oval")}, ("shapes", "'oval'", "triangle")),
        ({"cue": "shape", "shapes": ("disc", "square")}, ("labels", "(0, 1, 2)", "give (0,)")),
        (
            {
                "boundaries": (252,),
                "labels": (0, 1),
                "balanced": "both",
            },  # dark and of contrast 253
            ("boundaries", "(252,)", "contrast"),
        ),
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
