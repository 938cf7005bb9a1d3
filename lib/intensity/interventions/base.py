"""What all interventions share: their rows, what they return, chance, levels and regions.

An intervention takes scenes and returns images to be compared with those of the scenes as they are.
Noise, occluders and all else stay, unless they are what is changed. Where two interventions are to
be compared (core and edge covered, say), both have the same scenes. Random choices depend on a
scene's place in the set alone, and repeat after `PERIOD` scenes, so that parts of a set can be
changed separately. In scenes whose pixels are permuted, everything is done before that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from intensity.data.levels import drawable
from intensity.data.rendering import masks, permuted, render
from intensity.data.scenes import SceneOptions, Scenes
from intensity.data.tasks import LEVELS
from intensity.values import InvalidInput, Registered

PERIOD = 512
"""Scenes after which random choices repeat."""
RIM = 2
"""Width of the rim that counts as edge, pixels."""
SCENE_REGIONS = ("core", "edge", "outside")
"""The object without its rim, its rim, and background."""


class Changed(NamedTuple):
    """Images of scenes with one thing changed.

    rows: (m,) int64, numbers of the scenes; some may be missing, some may come several times.
    images: (m, height, width) uint8, grey levels.
    label: (m,) int64, class that follows from what was changed; -1 for none.
    """

    rows: np.ndarray
    images: np.ndarray
    label: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Intervention(Registered):
    """A row of `INTERVENTIONS`; its function takes scenes and its options, and returns `Changed`.

    Args:
        group: interventions that change the same kind of thing.
        needs: what a scene needs for it beside an object, in words.
        in_distribution: whether networks trained on scenes with these options have seen the like.
    """

    PRESENTATION = ("label", "group", "needs", "in_distribution")

    group: str
    needs: str
    in_distribution: Callable[[SceneOptions], bool]

    def __hash__(self) -> int:
        """By name: options are a dict."""
        return hash(self.name)

    def apply(self, scenes: Scenes) -> Changed:
        """The scenes that it applies to, changed; none where it applies to none."""
        check_any(scenes)
        changed: Changed = self.function(scenes.replace(permutation_seed=0), **self.options)
        kept = np.flatnonzero(scenes.area[changed.rows] > 0)
        rows = changed.rows[kept]
        images = permuted(changed.images[kept], scenes.permutation_seed[rows])
        return Changed(rows, images, changed.label[kept])

    def __call__(self, scenes: Scenes) -> Changed:
        """As `apply`.

        Raises:
            InvalidInput: it applies to none of the scenes, or there is none.
        """
        changed = self.apply(scenes)
        if not len(changed.rows):
            raise InvalidInput(
                f"{self.name}: cannot be applied to any of {len(scenes)} scenes; it needs an "
                f"object and {self.needs}"
            )
        return changed


def check_any(scenes: Scenes) -> None:
    """Refuse no scenes.

    Raises:
        InvalidInput: there is none.
    """
    if not len(scenes):
        raise InvalidInput("scenes: 0 scenes are not allowed: at least one")


def rendered(rows: np.ndarray, scenes: Scenes) -> Changed:
    """Images and classes of the scenes that stand for these rows."""
    return Changed(rows, render(scenes), scenes.label)


def uniform(count: int, width: int, key: int) -> np.ndarray:
    """(count, width) random numbers in [0, 1), a row for each place in the set of scenes."""
    # The second word of the key is no number of a block, so no scene was drawn with these.
    stream = np.random.Generator(np.random.Philox(key=np.array([key, 2**64 - 1], np.uint64)))
    return stream.random((min(count, PERIOD), width))[np.arange(count) % PERIOD]


def choose(allowed: np.ndarray, count: int, key: int) -> np.ndarray:
    """(n, count) different columns of (n, k) allowed ones, at random and in random order.

    The first few of many are the same as when few are chosen. Where a row allows fewer, what comes
    after them means nothing.
    """
    keys = np.where(allowed, uniform(len(allowed), allowed.shape[1], key), 2.0)
    chosen = np.argpartition(keys, count - 1, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(keys, chosen, axis=1), axis=1)
    return np.take_along_axis(chosen, order, axis=1)


def level_classes(scenes: Scenes) -> np.ndarray:
    """(n, 256) class that each scene's object would have at each level."""
    return scenes.label_at(np.tile(np.arange(LEVELS), (len(scenes), 1)))


def other_class(scenes: Scenes) -> np.ndarray:
    """(n, 256) bool, levels that can be drawn and give the object another class."""
    other = level_classes(scenes) != scenes.label[:, None]
    return other & drawable(scenes, np.arange(LEVELS))


def visible_regions(scenes: Scenes) -> dict[str, np.ndarray]:
    """By name of `SCENE_REGIONS` (n, height, width) bool, visible pixels."""
    seen = masks(scenes, RIM)
    outside = ~(seen.object | seen.noise | seen.distractor)
    return {"core": seen.object & ~seen.edge, "edge": seen.edge, "outside": outside}


def hollow_again(scenes: Scenes) -> Scenes:
    """Scenes whose objects are hollow, where options say so."""
    return scenes.only_edge() if scenes.options.hollow else scenes
