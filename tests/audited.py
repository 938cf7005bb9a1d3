"""Images with masks whose numbers are known, and networks of a line each that read them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from intensity.audit.cases import Cases, make_cases

SIZE = 24
BANDS = (90.0, 130.0)
"""Levels between three classes: dark, middle, bright."""


def arrays(count: int = 60, seed: int = 0) -> dict[str, np.ndarray]:
    """Textured discs in the middle of textured surrounds, all far from 0 and 255.

    Level and surround are independent; the class is that of the level; five images a group.
    """
    rng = np.random.default_rng(seed)
    y, x = np.indices((SIZE, SIZE)) - SIZE / 2 + 0.5
    radius = rng.uniform(4, 7, count)
    masks = (x**2 + y**2)[None] <= radius[:, None, None] ** 2
    level = np.linspace(60, 160, count)[rng.permutation(count)]
    around = rng.uniform(70, 150, count)
    texture = rng.normal(0, 2, (count, SIZE, SIZE))
    images = np.where(masks, level[:, None, None], around[:, None, None]) + texture
    return {
        "images": images.astype(np.float32), "masks": masks,
        "label": np.digitize(level, BANDS), "group": np.arange(count) // 5,
    }  # fmt: skip


def discs(count: int = 60, **changed: Any) -> Cases:
    """The same as cases, some arguments of which may be others."""
    return make_cases(**{**arrays(count), **changed})


def named(number: np.ndarray, edges: Sequence[float] = BANDS) -> np.ndarray:
    """(n,) numbers -> (n, bands) logits, the largest that of the number's band."""
    band = np.arange(len(edges) + 1)
    return band * number[:, None] - np.concatenate([[0], np.cumsum(edges)])


def pixel(images: np.ndarray) -> np.ndarray:
    """Reads the middle pixel of the first channel: a level, and nothing else."""
    return named(images[:, SIZE // 2, SIZE // 2, 0].astype(float))


def contrast(images: np.ndarray) -> np.ndarray:
    """Reads the middle pixel less the corner: a contrast, and no level."""
    x = images.astype(float)
    return named(x[:, SIZE // 2, SIZE // 2, 0] - x[:, 0, 0, 0], (-20.0, 20.0))


def standardised(images: np.ndarray) -> np.ndarray:
    """Reads the middle pixel of an image whose mean is 0 and whose deviation is 1."""
    x = images.astype(float)
    x = (x - x.mean(axis=(1, 2, 3), keepdims=True)) / x.std(axis=(1, 2, 3), keepdims=True)
    return named(x[:, SIZE // 2, SIZE // 2, 0], (-0.7, 0.7))


def mean_of_surround(images: np.ndarray) -> np.ndarray:
    """Reads the corner alone."""
    return named(images[:, 0, 0, 0].astype(float))
