"""Scenes of several kinds, and what interventions do to them: shared by their tests."""

from typing import Any

import numpy as np

from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes
from intensity.interventions.base import Changed
from intensity.interventions.registry import INTERVENTIONS
from intensity.training.presets import TASKS, find_setting

_VARIED = {"setting": "discs", "areas": (113, 150, 197, 317)}
_HOLLOW = {"setting": "discs", "hollow": True}
_PERMUTED = {"setting": "discs", "permutation": "fresh"}
_TWO_SHAPES = {"setting": "shapes", "shapes": ("disc", "square")}
KINDS: dict[str, tuple[str, Any]] = {
    "discs": ("hard", "discs"),
    "squares": ("three_bands", "squares"),
    "absolute": ("absolute", "backgrounds"),
    "contrast": ("contrast", "backgrounds"),
    "pairs": ("distractor", "pairs"),
    "shapes": ("shape", "shapes"),
    "conjunction": ("conjunction", _TWO_SHAPES),
    "varied": ("hard", _VARIED),
    "hollow": ("hard", _HOLLOW),
    "permuted": ("hard", _PERMUTED),
}
COVERS = ("cover_core", "cover_edge", "cover_outside")


def scenes_of(kind: str, count: int = 60) -> Scenes:
    """The first test scenes of a kind."""
    task, setting = KINDS[kind]
    return draw_scenes(TASKS[task], find_setting(setting), "test", 0, count)


DISCS, PAIRED = scenes_of("discs"), scenes_of("pairs")


def applied(name: str, scenes: Scenes) -> tuple[Changed, Scenes, np.ndarray]:
    """An intervention, with the scenes it was applied to, row by row, and their images."""
    changed = INTERVENTIONS[name](scenes)
    some = scenes[changed.rows]
    return changed, some, render(some)


def count(masks_: np.ndarray) -> np.ndarray:
    """Pixels of masks."""
    return masks_.sum(axis=(1, 2))


def levels_of(images: np.ndarray, masks_: np.ndarray) -> np.ndarray:
    """The one level that each image has in its mask."""
    found = [np.unique(image[mask]) for image, mask in zip(images, masks_, strict=True)]
    assert {len(levels) for levels in found} == {1}
    return np.concatenate(found)
