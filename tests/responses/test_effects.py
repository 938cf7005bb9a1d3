"""Effects: every intervention on networks made by hand, whose answers are known exactly.

On a clean disc on black the networks agree; what is changed tells them apart. Expected values are
numbers, or follow from levels and areas by a formula given here.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import handmade
import numpy as np
import pytest

from intensity.rendering import render
from intensity.responses.effects import applicable, network_effects, reader_effects
from intensity.responses.interventions import INTERVENTIONS, PERIOD, PIECES, PIXELS, REGIONS
from intensity.responses.predictions import predicted_classes
from intensity.scenes import SceneOptions, Scenes, draw_scenes, find_setting
from intensity.shapes import inner_area
from intensity.tasks import TASKS, Task
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

HARD, MEDIUM = TASKS["hard"], TASKS["medium"]
AREA, CENTER, BESIDE, RIM = handmade.AREA, 20, 44, 12
"""Pixels of the disc; row and column of its center, of a second object's, a row on the rim."""
COUNT = 48

Levels = np.ndarray
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
    plain = discs(HARD, count=600 if kind == "dim" else COUNT)
    if kind == "dim":
        return plain[plain.intensity <= 235][:COUNT]
    if kind == "middle":
        middles = np.array([band.low + (band.high - band.low) // 2 for band in HARD.bands])
        return plain.replace(intensity=middles[np.arange(COUNT) % len(middles)])
    return plain.replace(center=CENTER) if kind == "fixed" else plain


@cache
def network(name: str) -> "keras.Model":
    """A network made by hand."""
    edges = {"any edge": 0.5, "disc edge": 68.5, "area edge": 70.5}
    if name in edges:
        return handmade.counts_edges([edges[name]], [0, 1])
    pixels = {"center": CENTER, "rim": RIM}
    if name in pixels:
        return handmade.reads_one_pixel(HARD, pixels[name], CENTER)
    made: dict[str, Callable[[], keras.Model]] = {
        "mean": lambda: handmade.reads_the_mean(HARD),
        "flat": lambda: handmade.reads_a_flat_patch(HARD),
        "amplitude": lambda: handmade.reads_edge_amplitude(HARD),
        "object": lambda: handmade.reads_one_pixel(MEDIUM, CENTER, CENTER),
        "second": lambda: handmade.reads_one_pixel(MEDIUM, BESIDE, BESIDE),
        # Square 58, disc 68, triangle more pairs of neighbors that differ.
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


def shifted(scenes: Scenes) -> float:
    """Share of levels whose class changes with an offset of 20."""
    return float(np.mean(HARD.label(scenes.intensity + 20) != scenes.label))


def dimmed(scenes: Scenes) -> float:
    """Share of levels whose class changes with a gain of 0.8."""
    return float(np.mean(HARD.label(np.rint(0.8 * level(scenes)).astype(int)) != scenes.label))


def hidden(scenes: Scenes) -> float:
    """Share of classes that change where 20 of 197 pixels are black."""
    return float(np.mean(named(level(scenes) * (AREA - 20) / AREA) != scenes.label))


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
CORE_READ: dict[str, Expected] = {"core_recolored": 1, "ring_recolored": 0, "core_share": 1}
WHOLE: dict[str, Expected] = {f"{name}_{side}": 0 for name in ("pieces", "drop") for side in PIECES}
IN_PIECES: dict[str, Expected] = {
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
        **{f"pixels_{k}_{region}": more_pixels(k, region) for k in PIXELS for region in REGIONS},
    },
    ("flat", "plain"): {
        **FOLLOWED,
        **CORE_READ,
        **IN_PIECES,
        **equal("pieces_8", 0, "drop_8", "shape_swapped", "moved", "blurred"),
        **equal("object_removed", not_black, "edge_only"),
        "random_background": changes("random_background", brighter),
        **{f"pixels_{k}_{region}": 0 for k in PIXELS for region in ("edge", "outside")},
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
        **{"core_recolored": 0, "ring_recolored": 1, "core_share": 0},
        **equal("random_background", 0, "edge_only"),
    },
    ("any edge", "plain"): {
        "object_removed": 1,
        **equal("recolor", 0, "edge_only", "moved", "blurred", "random_background"),
    },
    ("disc edge", "plain"): {
        **{f"pixels_{k}_{region}": 1 for k in PIXELS for region in REGIONS},
        **equal("pieces_8", 1, "pieces_4", "pieces_2", "pieces_1", "blurred", "edge_only"),
        **equal("recolor", 0, "moved", "object_removed", "shape_swapped"),
    },
    ("area edge", "two areas"): {"resized": 1, "recolor": 0},
    ("flat", "two areas"): {"resized": 0},
    ("amplitude", "two areas"): {"resized": 0},
    ("shape", "shapes"): {"shape_swapped": 1, "shape_swap_followed": 1, "recolor": 0, "moved": 0},
    ("object", "pair"): {"distractor_recolored": 0, "recolor_followed": 1, "recolor_third": 0}
    | {"recolor_other_class": 1, "shape_swapped": 1, "shape_swap_followed": 1},
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
        **equal("cover_outside", 0, "loss_outside", "noise_removed"),
    },
    ("flat", "black squares"): equal("cover_edge", 0, "cover_outside", "loss_edge", "loss_outside"),
    ("mean", "covered"): {"noise_removed": hidden},
}
