"""Effects: every intervention on networks made by hand, whose answers are known exactly.

On a clean disc on black the networks agree; what is changed tells them apart. Expected values are
numbers, or follow from levels and areas by a formula given here.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import handmade
from intensity.baselines.registry import BASELINES
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes
from intensity.data.shapes import inner_area
from intensity.data.tasks import Task
from intensity.interventions.answers import answers, baseline_answers
from intensity.interventions.base import PERIOD, SCENE_REGIONS
from intensity.interventions.effects import EFFECTS, UNCHANGED, effects
from intensity.interventions.registry import INTERVENTIONS, PIECE_SIDES, PIXEL_COUNTS
from intensity.models.inference import predicted_classes
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

HARD, MEDIUM = TASKS["hard"], TASKS["medium"]
AREA, CENTER, BESIDE, RIM = handmade.AREA, 20, 44, 12
"""Pixels of the disc; row and column of its center, of a second object's, a row on the rim."""
COUNT = 24

Expected = float | Callable[[Scenes], float]


def discs(task: Task, count: int = COUNT, **options: Any) -> Scenes:
    """Clean discs of 197 pixels on black."""
    return draw_scenes(task, SceneOptions(**options), "test", 0, count)


def squares_of(places: list[tuple[int, int, int, int]]) -> np.ndarray:
    """(1, k, 4) noise squares."""
    return np.array([places], np.int16)


@cache
def scenes_of(kind: str) -> Scenes:
    """Scenes in which one thing is arranged."""
    if kind == "two areas":
        return discs(HARD, areas=(113, 317))
    if kind == "pair":
        pair = discs(TASKS["distractor"], areas=(AREA,), distractor="square")
        return pair.replace(center=CENTER, distractor_center=BESIDE)
    if kind == "shapes":
        shapes = TASKS["shape"].shapes
        return discs(TASKS["shape"], areas=(AREA,), shapes=shapes)
    if kind in ("covered", "black squares"):
        # Five squares of 2 x 2, together the 20 pixels that move, in a corner or around the center.
        noisy = draw_scenes(
            HARD, find_setting({"noise": {"kind": "squares", "count": (5, 5)}}), "test", 0, COUNT
        ).replace(center=32)
        columns, top = ((30, 32, 34), 30) if kind == "covered" else ((0, 2, 4, 6, 8), 0)
        places = [(top, c, 2, 0) for c in columns] + [(32, 30, 2, 0), (32, 32, 2, 0)]
        return noisy.replace(noise_squares=squares_of(places[:5]))
    plain = discs(HARD, count=600 if "dim" in kind else COUNT)
    if "dim" in kind:
        plain = plain[plain.intensity <= 235][:COUNT]
    if kind == "middle":
        middles = np.array([band.low + (band.high - band.low) // 2 for band in HARD.bands])
        return plain.replace(intensity=middles[np.arange(COUNT) % len(middles)])
    return plain.replace(center=CENTER) if "fixed" in kind else plain


@cache
def network(name: str) -> "keras.Model":
    """A network made by hand."""
    edges = {"any edge": 0.5, "disc edge": 68.5, "area edge": 70.5}
    if name in edges:
        return handmade.counts_edges([edges[name]], [0, 1])
    pixels = {"center": CENTER, "rim": RIM}
    if name == "middle":
        return handmade.reads_one_pixel(HARD, 32, 32)
    if name in pixels:
        return handmade.reads_one_pixel(HARD, pixels[name], CENTER)
    made: dict[str, Callable[[], keras.Model]] = {
        "mean": lambda: handmade.reads_the_mean(HARD),
        "flat": lambda: handmade.reads_a_flat_patch(HARD),
        "amplitude": lambda: handmade.reads_edge_amplitude(HARD),
        "object": lambda: handmade.reads_one_pixel(MEDIUM, CENTER, CENTER),
        "second": lambda: handmade.reads_one_pixel(MEDIUM, BESIDE, BESIDE),
        # At the rim of a square 60 pairs of neighbors differ, of a disc 67 or 68, of a triangle 75.
        "shape": lambda: handmade.counts_edges([63.0, 68.5], [1, 0, 2]),
    }
    return made[name]()


def named(number: np.ndarray, task: Task = HARD) -> np.ndarray:
    """The class of the band that numbers lie in."""
    labels = np.array([band.label for band in task.bands])
    return labels[np.searchsorted(np.array(task.boundaries) + 0.5, number)]


def by_scene(name: str, scenes: Scenes, score: Callable[[Any, Scenes], np.ndarray]) -> float:
    """Mean over scenes of the mean over a scene's images of a score."""
    changed = INTERVENTIONS[name](scenes)
    scores = score(changed, scenes[changed.rows]).astype(float)
    return float(np.mean([scores[changed.rows == row].mean() for row in np.unique(changed.rows)]))


def changes(name: str, number: Callable[[np.ndarray, Scenes], np.ndarray]) -> Expected:
    """Share of predictions that change where a network reads the level and then a number."""
    return lambda scenes: by_scene(
        name, scenes, lambda changed, some: named(number(changed.images, some)) != some.label
    )


def not_black(scenes: Scenes) -> float:
    """Share of the scenes whose class is not that of black."""
    return float(np.mean(scenes.label != HARD.label(np.array(0))))


def level(scenes: Scenes) -> np.ndarray:
    """(n,) float."""
    return scenes.intensity.astype(float)


def rim_mean(_: np.ndarray, scenes: Scenes) -> np.ndarray:
    """What the rim alone adds to the mean."""
    return level(scenes) * (AREA - inner_area("disc", AREA)) / AREA


def mean_of_halves(part: str) -> Callable[[np.ndarray, Scenes], np.ndarray]:
    """98 pixels of core and 99 of ring, one of them recolored."""
    inside = {"core": 98, "ring": 99}[part] / AREA

    def number(images: np.ndarray, scenes: Scenes) -> np.ndarray:
        """Mean of both levels, weighted by their pixels."""
        row, column = scenes.center.astype(int).T
        place = row if part == "core" else row - 8
        new = images[np.arange(len(images)), place, column]
        return inside * new + (1 - inside) * level(scenes)

    return number


def largest_step(images: np.ndarray, _: Scenes) -> np.ndarray:
    """Ring on black, or core on ring; on a background the contrast of the disc."""
    wide = images.astype(int)
    down, right = np.abs(np.diff(wide, axis=1)), np.abs(np.diff(wide, axis=2))
    return np.maximum(down.max(axis=(1, 2)), right.max(axis=(1, 2)))


def corner_contrast(images: np.ndarray, scenes: Scenes) -> np.ndarray:
    """Of the disc to a background, which the corner of the image shows."""
    return np.abs(level(scenes) - images[:, 0, 0])


def brighter(images: np.ndarray, scenes: Scenes) -> np.ndarray:
    """Disc or background, whichever is brighter."""
    return np.maximum(level(scenes), images[:, 0, 0])


def brightest(images: np.ndarray, _: Scenes) -> np.ndarray:
    """Disc or rectangle, whichever is brighter, on black without noise."""
    return images.max(axis=(1, 2)).astype(int)


def shifted(scenes: Scenes) -> float:
    """Share of levels whose class changes with an offset of 20."""
    return float(np.mean(HARD.label(scenes.intensity + 20) != scenes.label))


def dimmed(scenes: Scenes) -> float:
    """Share of levels whose class changes with a gain of 0.8."""
    return float(np.mean(HARD.label(np.rint(0.8 * level(scenes)).astype(int)) != scenes.label))


def hidden(scenes: Scenes) -> float:
    """Share of classes that change where 20 of 197 pixels are black."""
    return float(np.mean(named(level(scenes) * (AREA - 20) / AREA) != scenes.label))


def center_hidden(scenes: Scenes) -> float:
    """Share of discs of another class than black whose middle is black once the core is covered."""
    changed = INTERVENTIONS["cover_core"](scenes)
    middle = changed.images[:, 32, 32]
    return float(np.mean(HARD.label(middle) != scenes.label[changed.rows]))


def second_changes(scenes: Scenes) -> float:
    """Share of the second objects whose class changes."""
    changed = INTERVENTIONS["distractor_recolored"](scenes)
    new = MEDIUM.label(changed.images[:, BESIDE, BESIDE])
    return float(np.mean(new != MEDIUM.label(scenes.distractor_intensity[changed.rows])))


def random_changes(scenes: Scenes) -> float:
    """Share of the levels at random that have another class."""
    return by_scene("recolor", scenes, lambda changed, some: changed.label != some.label)


def more_pixels(count: int, region: str) -> Expected:
    """Changes where so many pixels have the level whose class is told, on the disc or beside it."""
    sum_is_new = {"core": 1, "edge": 1, "outside": 0}[region]

    def number(images: np.ndarray, scenes: Scenes) -> np.ndarray:
        """The mean, from the new level, which the image shows beside black and the disc's."""
        own = scenes.intensity[:, None, None]
        new = np.where((images != 0) & (images != own), images, 0).max(axis=(1, 2)).astype(float)
        return level(scenes) + count * (new - sum_is_new * level(scenes)) / AREA

    return changes(f"pixels_{count}_{region}", number)


def equal(name: str, value: Expected, *others: str) -> dict[str, Expected]:
    """The same value for several effects."""
    return dict.fromkeys((name, *others), value)


FOLLOWED: dict[str, Expected] = {
    "recolor_other_class": 1,
    "recolor_followed": 1,
    "recolor_kept": 0,
    "recolor_third": 0,
    "recolor_same_class": 0,
    "recolor": random_changes,
}
CORE_READ: dict[str, Expected] = {
    **{"core_recolored": 1, "ring_recolored": 0},
    **{"core_share": 1, "core_share_least": 1, "core_third": 0},
}
WHOLE: dict[str, Expected] = {
    f"{name}_{side}": 0 for name in ("pieces", "drop") for side in PIECE_SIDES
}
IN_SIDES: dict[str, Expected] = {
    f"{name}_{side}": not_black for name in ("pieces", "drop") for side in (4, 2, 1)
}
EXACT: dict[tuple[str, str], dict[str, Expected]] = {
    ("mean", "plain"): {
        **FOLLOWED,
        **WHOLE,
        "core_recolored": changes("core_recolored", mean_of_halves("core")),
        "ring_recolored": changes("ring_recolored", mean_of_halves("ring")),
        "shape_swapped": 0,
        "moved": 0,
        "object_removed": not_black,
        "edge_only": changes("edge_only", rim_mean),
        **{
            f"pixels_{k}_{region}": more_pixels(k, region)
            for k in PIXEL_COUNTS
            for region in SCENE_REGIONS
        },
    },
    ("flat", "plain"): {
        **FOLLOWED,
        **CORE_READ,
        **IN_SIDES,
        **equal("pieces_8", 0, "drop_8", "shape_swapped", "moved", "blurred"),
        **equal("object_removed", not_black, "edge_only"),
        "random_background": changes("random_background", brighter),
        "rectangle_added": changes("rectangle_added", brightest),
        **{f"pixels_{k}_{region}": 0 for k in PIXEL_COUNTS for region in ("edge", "outside")},
    },
    ("amplitude", "plain"): {
        **FOLLOWED,
        "core_recolored": changes("core_recolored", largest_step),
        "ring_recolored": changes("ring_recolored", largest_step),
        **equal("shape_swapped", 0, "moved", "edge_only"),
        **equal("pieces_8", 0, "pieces_1", "drop_8", "drop_1"),
        "random_background": changes("random_background", corner_contrast),
        "object_removed": not_black,
    },
    ("center", "fixed"): {**FOLLOWED, **CORE_READ, **equal("random_background", 0, "edge_only")}
    | {"edge_only": not_black, "object_removed": not_black},
    ("rim", "fixed"): {
        **FOLLOWED,
        **{"core_recolored": 0, "ring_recolored": 1, "core_share": 0, "core_third": 0},
        **equal("random_background", 0, "edge_only"),
    },
    ("any edge", "plain"): {
        "object_removed": 1,
        **equal("recolor", 0, "edge_only", "moved", "blurred", "random_background"),
    },
    ("disc edge", "fixed"): {
        **{f"pixels_{k}_{region}": 1 for k in PIXEL_COUNTS for region in SCENE_REGIONS},
        **equal("pieces_8", 1, "pieces_4", "pieces_2", "pieces_1", "blurred", "edge_only"),
        **equal("recolor", 0, "moved", "object_removed", "shape_swapped"),
    },
    ("area edge", "two areas"): {"resized": 1, "recolor": 0},
    ("flat", "two areas"): {"resized": 0},
    ("amplitude", "two areas"): {"resized": 0},
    ("shape", "shapes"): {"shape_swapped": 1, "shape_swap_followed": 1, "recolor": 0, "moved": 0},
    ("object", "pair"): {"distractor_recolored": 0, "recolor_followed": 1, "recolor_third": 0}
    # The objects exchange shapes where they are, so a level that is read in one place stays.
    | {"recolor_other_class": 1, "shape_swapped": 0, "shape_swap_followed": 0},
    ("second", "pair"): {
        "distractor_recolored": second_changes,
        **equal("recolor_other_class", 0, "recolor_followed", "recolor_third"),
        "recolor_kept": 1,
    },
    ("center", "dim fixed"): {
        **{"offset": shifted, "offset_followed": 1, "gain": dimmed, "gain_followed": 1},
    },
    ("amplitude", "dim"): {
        **{"offset": 0, "offset_followed": 0, "gain": dimmed, "gain_followed": 1},
    },
    ("mean", "middle"): {"blurred": 0},
    ("mean", "black squares"): {
        **equal("cover_core", hidden, "cover_edge", "loss_core", "loss_edge"),
        **equal("cover_outside", 0, "loss_outside", "loss_core_edge", "noise_removed"),
    },
    ("flat", "black squares"): equal("cover_edge", 0, "cover_outside", "loss_edge", "loss_outside"),
    # The pixel in the middle of the core may be hidden, then it is black; no other one matters.
    ("middle", "black squares"): {"loss_edge": 0, "loss_core_edge": center_hidden},
    ("mean", "covered"): {"noise_removed": hidden},
}


def network_effects(model: "keras.Model", scenes: Scenes, names: Sequence[str]) -> pd.DataFrame:
    """Effects of interventions on a network, those that exist."""
    given = {name: answers(model, scenes, INTERVENTIONS[name]) for name in names}
    return effects(scenes, {UNCHANGED: answers(model, scenes), **given}).dropna()


def baseline_effects(
    name: str, scenes: Scenes, names: Sequence[str], training_scenes: int
) -> pd.DataFrame:
    """Effects of interventions on a baseline, those that exist."""
    given = {
        one: baseline_answers(BASELINES[name], scenes, training_scenes, INTERVENTIONS[one])
        for one in names
    }
    before = baseline_answers(BASELINES[name], scenes, training_scenes)
    return effects(scenes, {UNCHANGED: before, **given}).dropna()


def values_of(found: pd.DataFrame) -> dict[str, float]:
    """Effects by name."""
    return dict(zip(found["effect"], found["value"], strict=True))


@pytest.mark.parametrize(("name", "kind"), EXACT)
def test_effects_on_hand_made_networks_are_exact(name: str, kind: str) -> None:
    scenes = scenes_of(kind)
    needed = [one for effect in EXACT[name, kind] for one in EFFECTS[effect].needs]
    names = [one for one in INTERVENTIONS if one in needed]
    found = values_of(network_effects(network(name), scenes, names))
    for effect, value in EXACT[name, kind].items():
        assert found[effect] == pytest.approx(value(scenes) if callable(value) else value), effect


def test_every_intervention_has_a_hand_made_network_with_a_known_answer() -> None:
    known = {effect for expected in EXACT.values() for effect in expected}
    assert set(INTERVENTIONS) <= known


def test_a_baseline_that_does_the_same_has_the_same_effects() -> None:
    scenes = scenes_of("plain")
    names = ("recolor_other_class", "ring_recolored", "moved", "edge_only", "object_removed")
    read = baseline_effects("most_frequent_level", scenes, names, 100)
    mean = network_effects(network("mean"), scenes, names)
    # Both take the disc's level, and both take the new level of a recolored disc.
    assert values_of(read)["recolor_followed"] == values_of(mean)["recolor_followed"] == 1
    assert set(names) <= set(read["effect"])
    assert values_of(read)["moved"] == values_of(mean)["moved"] == 0
    assert values_of(read)["edge_only"] == 0


def test_scores_are_averaged_over_a_scenes_images_then_over_scenes() -> None:
    scenes = scenes_of("plain")
    found = network_effects(network("mean"), scenes, ("recolor",))
    changed = INTERVENTIONS["recolor"](scenes)
    score = changed.label != scenes.label[changed.rows]
    means = [score[changed.rows == row].mean() for row in np.unique(changed.rows)]
    assert found["scenes"].tolist() == [len(means), len(scenes)]
    assert found["value"].iloc[0] == pytest.approx(np.mean(means))
    assert found["deviation"].iloc[0] == pytest.approx(np.std(means, ddof=1))


def test_effects_of_many_scenes_are_those_of_their_parts() -> None:
    scenes = discs(HARD, PERIOD + 40)
    whole = network_effects(network("mean"), scenes, ("shape_swapped", "edge_only"))
    parts = [
        network_effects(network("mean"), part, ("shape_swapped", "edge_only"))
        for part in (scenes[:PERIOD], scenes[PERIOD:])
    ]
    weights = [part["scenes"] for part in parts]
    assert whole["scenes"].tolist() == sum(weights).tolist()
    mean = sum(part["value"] * n for part, n in zip(parts, weights, strict=True)) / sum(weights)
    assert whole["value"].tolist() == pytest.approx(mean.tolist())


def test_predictions_are_compared_with_those_on_the_scene_as_it_is() -> None:
    scenes = scenes_of("fixed")
    constant = network("second")
    assert len(np.unique(predicted_classes(constant, scenes)["predicted"])) == 1
    found = values_of(network_effects(constant, scenes, ("recolor_other_class", "moved")))
    assert found["recolor_other_class"] == found["recolor_followed"] == 0
    assert found["recolor_kept"] == 1


def test_what_applies_to_no_scene_or_one_has_no_effect_but_a_count() -> None:
    scenes = scenes_of("plain")
    for some, name, count in ((scenes, "resized", 0), (scenes[:1], "moved", 1)):
        given = {
            UNCHANGED: answers(network("mean"), some),
            name: answers(network("mean"), some, INTERVENTIONS[name]),
        }
        found = effects(some, given).set_index("effect")
        assert found.loc[name, "scenes"] == count
        assert np.isnan(found.loc[name, "value"])


def test_what_applies_to_less_than_two_of_the_first_64_scenes_does_not_count() -> None:
    scenes = discs(HARD, 70)
    odd = scenes.replace(area=np.where(np.arange(70) < 63, 0, AREA))
    assert set(network_effects(network("mean"), odd, ["moved"])["effect"]) == {"accuracy"}


def test_scores_of_counted_scenes_are_known_to_be_binary() -> None:
    found = network_effects(network("mean"), scenes_of("plain"), ["recolor", "moved", "pieces_4"])
    binary = dict(zip(found["effect"], found["binary"], strict=True))
    # Two recolorings a scene, of which one may change the prediction.
    assert binary == {
        "recolor": False, "moved": True, "pieces_4": True, "drop_4": True, "accuracy": True
    }  # fmt: skip


# Networks and baselines that compute the same


@pytest.mark.parametrize(
    ("baseline", "which", "names"),
    [
        (
            "edge_amplitude",
            "amplitude",
            ["recolor_other_class", "recolor", "moved", "object_removed", "edge_only", "gain"],
        ),
        (
            "flat_patch",
            "flat",
            ["recolor_same_class", "core_recolored", "ring_recolored", "pieces_8", "shape_swapped"],
        ),
    ],
)
def test_a_network_and_a_baseline_that_compute_the_same_have_equal_effects(
    baseline: str, which: str, names: list[str]
) -> None:
    one = network_effects(network(which), scenes_of("plain"), names)
    other = baseline_effects(baseline, scenes_of("plain"), names, training_scenes=2)
    assert len(one) > len(names)
    for column in one:
        assert one[column].dtype == other[column].dtype
        np.testing.assert_array_equal(one[column], other[column])


# Scores


def test_a_network_that_never_changes_keeps_its_answer_whatever_the_class() -> None:
    # A pixel of the background: class 0, which some recolorings make the right one.
    scenes = scenes_of("fixed")
    names = ["recolor_other_class", "core_recolored", "ring_recolored", "moved", "gain"]
    found = network_effects(handmade.reads_one_pixel(HARD, 63, 0), scenes, names)
    values = values_of(found)
    assert (INTERVENTIONS["recolor_other_class"](scenes).label == 0).any()
    kept, share = values.pop("recolor_kept"), values.pop("core_share")
    third, least = values.pop("core_third"), values.pop("core_share_least")
    assert values.pop("accuracy") == np.mean(scenes.label == 0)
    # Class 0 is the core's in one of the two pictures of a scene and the ring's in the other, and
    # pictures in which it is neither do not count.
    assert (kept, share) == (1, 0.5)
    core = INTERVENTIONS["core_recolored"](scenes)
    counted = (core.label == 0) | (scenes.label[core.rows] == 0)
    assert found.set_index("effect").loc["core_share", "scenes"] == counted.sum()
    assert 0 < counted.sum() < len(counted)
    # Of both pictures of a scene or of none it is a third class here.
    assert third == pytest.approx(np.mean(~counted))
    assert least == pytest.approx(share * np.mean(counted))
    assert set(values.values()) == {0.0}


def test_recolored_answers_are_followed_kept_or_a_third() -> None:
    # Half the area, so the number is half the level: known, and mostly wrong.
    scenes = scenes_of("fixed").replace(area=98)
    found = network_effects(network("mean"), scenes, ["recolor_other_class"])
    changed = INTERVENTIONS["recolor_other_class"](scenes)
    before = named(level(scenes) * 98 / AREA)[changed.rows]
    after = named(changed.images[:, CENTER, CENTER] * (98 / AREA))
    scores = {
        "recolor_other_class": after != before,
        "recolor_followed": (after != before) & (after == changed.label),
        "recolor_kept": after == before,
        "recolor_third": (after != before) & (after != changed.label),
    }
    assert found["effect"].tolist() == [*scores, "accuracy"]
    assert found["value"].iloc[-1] == pytest.approx(
        np.mean(named(level(scenes) * 98 / AREA) == scenes.label)
    )
    for place, score in enumerate(scores.values()):
        means = [score[changed.rows == row].mean() for row in np.unique(changed.rows)]
        assert 0 < np.mean(means) < 1
        assert found["value"].iloc[place] == pytest.approx(np.mean(means))
        assert found["deviation"].iloc[place] == pytest.approx(np.std(means, ddof=1))
        assert found["scenes"].iloc[place] == len(means)
    assert found["value"].iloc[1:4].sum() == pytest.approx(1)


def test_a_loss_is_accuracy_before_minus_after_and_may_be_a_gain() -> None:
    # A pixel beside the object, which pieces reach sometimes: a wrong answer may become right.
    scenes = scenes_of("fixed").replace(area=800)
    found = values_of(network_effects(handmade.reads_one_pixel(HARD, 60, 4), scenes, ["pieces_4"]))
    images = INTERVENTIONS["pieces_4"](scenes).images[:, 60, 4]
    before, after = scenes.label == 0, HARD.label(images) == scenes.label
    assert (after & ~before).any()
    assert found["drop_4"] == pytest.approx(np.mean(before.astype(int) - after))
    assert found["drop_4"] < 0


def test_further_effects_are_listed_only_where_they_exist() -> None:
    names = ["shape_swapped", "core_recolored", "gain", "pieces_2"]
    found = network_effects(network("mean"), scenes_of("plain"), names)["effect"].tolist()
    # Discs keep their class as squares, and there is no ring to compare the core with.
    assert set(found) == {*names, "drop_2", "gain_followed", "accuracy"}


def test_conflicts_that_nobody_answers_leave_only_the_share_undefined() -> None:
    # Class 0 whatever is shown, in scenes where neither core nor ring has it.
    scenes = scenes_of("plain")
    core = INTERVENTIONS["core_recolored"](scenes)
    kept = np.isin(np.arange(COUNT), core.rows[(core.label > 0) & (scenes.label[core.rows] > 0)])
    some = scenes.replace(area=np.where(kept, scenes.area, 0))
    names = ["core_recolored", "ring_recolored"]
    found = values_of(network_effects(handmade.reads_one_pixel(HARD, 63, 0), some, names))
    assert set(found) == {*names, "core_third", "core_share_least", "accuracy"}
    assert (found["core_third"], found["core_share_least"]) == (1, 0)


# Which scenes


def test_parts_that_it_does_not_apply_to_are_passed_over() -> None:
    scenes = discs(HARD, PERIOD + 40)
    last = scenes.replace(area=np.where(np.arange(len(scenes)) < PERIOD, 0, AREA))
    change = INTERVENTIONS["object_removed"]
    found = baseline_answers(BASELINES["most_frequent_level"], last, 2, change)
    assert found["scene"].tolist() == list(range(PERIOD, PERIOD + 40))
    assert set(found["predicted"].tolist()) == {0}


def test_images_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInput, match="32"):
        network_effects(network("mean"), discs(HARD, 4, size=32), ["recolor"])
