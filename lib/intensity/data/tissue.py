"""Real images: patches of a brain template, whose class is the tissue in their middle.

The MNI152 template is the T1-weighted average of 152 heads, with maps of the share of grey and of
white matter in every voxel; what is left of the brain counts as fluid. `tissue.txt` has its origin,
notice and references. A patch is cut from an axial slice; its *object* is all of it that has the
tissue of the middle. Slices are split into slabs with gaps between them, since neighbors are alike.

A patch is nearly a mixture, I = sum_k p_k m_k + r, of three means m_k by the shares p_k of tissues.
It can be rendered again with another mean of one tissue: soft edges and the texture r stay. So the
tasks of the scenes are asked on real shapes: the object gets a level, and the class is that of the
level.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple, Self

import numpy as np

from intensity.data.tasks import LEVELS, Task
from intensity.values import InvalidInput

FILE = Path(__file__).with_name("tissue.npz")
TISSUES = ("fluid", "grey matter", "white matter")
"""The classes, in order."""
SIDE = 32
"""Height and width of a patch, pixels of 1 mm."""
HALF = 0.5
"""Share of a voxel from which on it counts as one tissue."""
PURE = 0.95
"""Share from which on a voxel shows the level of its tissue: the rest moves it by a few levels."""

Split = Literal["train", "validation", "test"]
SLABS: dict[Split, tuple[tuple[int, int], ...]] = {
    "train": ((0, 16), (40, 56), (80, 96), (120, 136)),
    "validation": ((104, 112),),
    "test": ((24, 32), (64, 72), (144, 152)),
}
"""First slice of every slab, and the one behind its last. Those of two splits lie 9 mm or more
apart, where the correlation of two slices is about 0.3."""
STRIDE = 2
"""Rows and columns from one patch to the next, where patches are measured on."""
BLOCK = 32
"""Side of the squares of a slab within which patches count as one group, pixels."""
PRIOR = 1.0
"""Pixels that the template's own means weigh as much as, where the means of a patch are fitted."""


class Template(NamedTuple):
    """The volume in axial slices, the lowest first; the front of the head is the first row.

    levels: (slices, rows, columns) uint8 grey levels, 0 outside of the brain.
    shares: (3, slices, rows, columns) float32, of the tissues; all 0 outside, else their sum is 1.
    """

    levels: np.ndarray
    shares: np.ndarray


@cache
def template() -> Template:
    """The volume that ships."""
    with np.load(FILE, allow_pickle=False) as arrays:
        levels, grey, white = (arrays[name] for name in ("t1", "grey", "white"))
    fluid = (levels > 0) * np.uint8(LEVELS - 1) - grey - white
    shares = np.stack([fluid, grey, white]) / np.float32(LEVELS - 1)
    return Template(levels, shares)


@cache
def template_means() -> np.ndarray:
    """(3,) grey levels: means of the tissues that fit the whole template best."""
    levels, shares = template()
    inside = levels > 0
    mixture, pixels = shares[:, inside].astype(float), levels[inside].astype(float)
    return np.linalg.solve(mixture @ mixture.T, mixture @ pixels)


@dataclass(frozen=True, eq=False)
class Patches:
    """n patches.

    Args:
        place: (n, 3) slice, row and column of the middle, which is pixel (SIDE / 2, SIDE / 2).
        images: (n, SIDE, SIDE) float32 grey levels.
        shares: (n, 3, SIDE, SIDE) float32 of tissues; all 0 outside of the brain.
        label: (n,) int64, the tissue of the middle.
    """

    place: np.ndarray
    images: np.ndarray
    shares: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        """Number of patches."""
        return len(self.label)

    def __getitem__(self, rows: slice | np.ndarray) -> Self:
        """Some of the patches, in the order of the rows."""
        return type(self)(self.place[rows], self.images[rows], self.shares[rows], self.label[rows])

    @property
    def soft(self) -> np.ndarray:
        """(n, SIDE, SIDE) float32: the share of the object in every pixel."""
        return self.shares[np.arange(len(self)), self.label]

    @property
    def object(self) -> np.ndarray:
        """(n, SIDE, SIDE) bool: the pixels that are mostly object."""
        return self.soft > HALF

    @property
    def inside(self) -> np.ndarray:
        """(n, SIDE, SIDE) bool: the brain; all else is black."""
        return self.shares.sum(axis=1) > 0

    @property
    def group(self) -> np.ndarray:
        """(n,) int64: the block of a slab, from 0 on."""
        starts = np.sort([first for slabs in SLABS.values() for first, _ in slabs])
        slab = np.searchsorted(starts, self.place[:, 0], side="right")
        blocks = np.column_stack([slab, self.place[:, 1:] // BLOCK])
        return np.unique(blocks, axis=0, return_inverse=True)[1].ravel()

    @cached_property
    def means(self) -> np.ndarray:
        """(n, 3) grey levels: the means of the tissues that fit each patch best.

        Ridge regression towards the template's means: those are the means of tissues that a patch
        lacks.
        """
        mixture = self.shares.reshape(len(self), 3, -1).astype(float)
        pixels = self.images.reshape(len(self), -1, 1).astype(float)
        squares = mixture @ mixture.transpose(0, 2, 1) + PRIOR * np.eye(3)
        products = mixture @ pixels + PRIOR * template_means()[:, None]
        return np.linalg.solve(squares, products)[..., 0]

    @property
    def level(self) -> np.ndarray:
        """(n,) grey levels: the mean of the object."""
        return self.means[np.arange(len(self)), self.label]


def with_means(patches: Patches, means: np.ndarray) -> np.ndarray:
    """Patches rendered again with other means of their tissues.

    Args:
        patches: n of them.
        means: (n, 3) grey levels.

    Returns:
        (n, SIDE, SIDE) float32 grey levels, cut at 0 and 255.
    """
    step = (means - patches.means).astype(np.float32)
    changed = patches.images + np.einsum("nkij,nk->nij", patches.shares, step)
    return np.clip(changed, 0, LEVELS - 1)


def residuals(patches: Patches) -> np.ndarray:
    """(n, SIDE, SIDE) float32: texture, what the mixture of the means leaves of patches."""
    mixture = np.einsum("nkij,nk->nij", patches.shares, patches.means.astype(np.float32))
    return patches.images - mixture


def with_levels(
    patches: Patches, level: np.ndarray | None = None, around: np.ndarray | None = None
) -> np.ndarray:
    """Patches rendered again with another mean of the object, of all other tissues, or of both.

    Args:
        patches: n of them.
        level: (n,) mean of the object; as it is where None.
        around: (n,) mean of each of the two other tissues; as they are where None.
    """
    own = np.arange(3) == patches.label[:, None]
    means = patches.means if around is None else np.where(own, patches.means, around[:, None])
    return with_means(patches, means if level is None else np.where(own, level[:, None], means))


class Labeled(NamedTuple):
    """n images with their classes.

    images: (n, SIDE, SIDE) float32 grey levels.
    label: (n,) int64.
    level: (n,) grey levels of the object.
    around: (n,) grey levels of all other tissues; NaN where each has its own.
    """

    images: np.ndarray
    label: np.ndarray
    level: np.ndarray
    around: np.ndarray


def labeled(patches: Patches, task: Task | None, rng: np.random.Generator) -> Labeled:
    """Patches as they are with the tissues of their middles; or rendered again for a task.

    Args:
        patches: n of them.
        task: the object gets a level that it draws, and where it draws backgrounds all other
            tissues get one, too; the class is the task's.
        rng: of the levels.
    """
    nothing = np.full(len(patches), np.nan)
    if task is None:
        return Labeled(patches.images, patches.label, patches.level, nothing)
    level, *others = task.draw_pairs(rng.random(len(patches))).T.astype(int)
    around = others[0] if others else None
    nowhere = np.zeros_like(level)
    label = task.classify(level, nowhere if around is None else around, nowhere)
    images = with_levels(patches, level, around)
    return Labeled(images, label, level, nothing if around is None else around)


def evaluation_patches(split: Split, count: int, pure: bool = False) -> Patches:
    """The same patches for every network and seed, no place twice.

    Args:
        split: its slabs.
        count: how many, a third of each tissue; those of `pure` as often as they occur.
        pure: whether the middle is nearly all one tissue, so that the patch shows its level.

    Raises:
        InvalidInput: the split is unknown, or has fewer such patches.
    """
    if split not in SLABS:
        raise InvalidInput(f"split: {split!r} is not allowed: {', '.join(SLABS)}")
    parts = _places(split, STRIDE, pure)
    sizes = [count // len(parts)] * len(parts)
    if count < 1 or count % len(parts) or sizes[0] > min(map(len, parts)):
        most = len(parts) * min(map(len, parts))
        raise InvalidInput(
            f"count: {count} is not allowed: 1..{most}" + ", a multiple of 3" * (not pure)
        )
    rng = np.random.Generator(np.random.Philox(key=list(SLABS).index(split)))
    chosen = [
        np.sort(rng.permutation(len(part))[:size]) for part, size in zip(parts, sizes, strict=True)
    ]
    return _cut(np.concatenate([part[rows] for part, rows in zip(parts, chosen, strict=True)]))


def task_patches(task: Task, count: int) -> tuple[Patches, Labeled]:
    """Test patches whose middles show their level, and what a task makes of them.

    Args:
        task: that they are rendered again for.
        count: how many; levels are the same for every network and seed.
    """
    patches = evaluation_patches("test", count, pure=True)
    return patches, labeled(patches, task, np.random.Generator(np.random.Philox(key=1)))


def training_patches(seed: int, part: int, count: int, pure: bool = False) -> Patches:
    """Patches of the training slabs at random.

    Args:
        seed: of the training.
        part: patches of two parts are drawn anew.
        count: how many; each is of any tissue, those of `pure` as often as they occur.
        pure: as for `evaluation_patches`.
    """
    key = np.array([(len(SLABS) << 32) + seed, part], np.uint64)
    rng = np.random.Generator(np.random.Philox(key=key))
    parts = _places("train", 1, pure)
    which, where = rng.integers(0, len(parts), count), rng.random(count)
    sizes = np.array([len(part) for part in parts])
    firsts = np.cumsum(sizes) - sizes
    return _cut(np.concatenate(parts)[firsts[which] + (where * sizes[which]).astype(int)])


@cache
def _places(split: Split, stride: int, pure: bool) -> list[np.ndarray]:
    """(m, 3) places where a patch can be cut, those of each tissue; of all tissues where pure."""
    shares, reach = template().shares, SIDE // 2
    slices = np.concatenate([np.arange(*slab) for slab in SLABS[split]])
    rows, columns = (np.arange(reach, n - reach + 1, stride) for n in shares.shape[2:])
    grid = np.meshgrid(slices, rows, columns, indexing="ij")
    place = np.column_stack([axis.ravel() for axis in grid])
    found = shares[:, *place.T]
    if pure:
        return [place[found.max(axis=0) > PURE]]
    return [place[share > HALF] for share in found]


def _cut(place: np.ndarray) -> Patches:
    """The patches around (n, 3) places."""
    levels, shares = template()
    z = place[:, 0, None, None]
    y, x = (place[:, axis, None] + np.arange(SIDE) - SIDE // 2 for axis in (1, 2))
    window = z, y[:, :, None], x[:, None, :]
    parts = np.stack([share[window] for share in shares], axis=1)
    label = shares[:, *place.T].argmax(axis=0)
    return Patches(place, levels[window].astype(np.float32), parts, label)
