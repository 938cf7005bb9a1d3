"""What the user's own data tell of the class without any network: one cue at a time.

A cue is a few numbers of an image. The classes of the nearest other images vote, none of them of
the same fold; a group lies in one fold whole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from intensity.audit.cases import Cases
from intensity.audit.intervals import ratio_interval
from intensity.models.inputs import batches
from intensity.statistics.intervals import Interval
from intensity.values import Registered

FOLDS = 5
NEIGHBORS = 5
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""By which a surround is known."""


def _spread(*names: str) -> Callable[[Cases], np.ndarray]:
    return lambda cases: np.stack([getattr(cases.spread, name) for name in names], axis=1)


def _background(cases: Cases) -> np.ndarray:
    """(n, k) mean, deviation and quantiles of all but object and padding."""
    found = []
    for rows in batches(len(cases), cases.batch):
        around = cases.valid(rows) & ~cases.masks[rows]
        for image, outside in zip(cases.grey(rows), around, strict=True):
            seen = image[outside] if outside.any() else np.zeros(1)
            found.append([seen.mean(), seen.std(), *np.quantile(seen, QUANTILES)])
    return np.array(found)


CUES = {row.name: row for row in (
    Registered("level_alone", "the object's level", _spread("level")),
    Registered("contrast_alone", "its contrast to the surround", _spread("contrast")),
    Registered("area_alone", "the mask's area", _spread("area")),
    Registered("background_alone", "the background", _background),
)}  # fmt: skip
"""All cues by name; their functions take cases and return (n, k) numbers."""


def cue_accuracies(cases: Cases) -> dict[str, Interval]:
    """How often each cue alone tells the class, by name, with its interval over groups.

    Args:
        cases: of two groups or more.
    """
    fold = _folds(cases.group)
    found = {}
    for name, cue in CUES.items():
        right = _voted(np.nan_to_num(cue(cases)), cases.label, fold) == cases.label
        found[name] = ratio_interval(right.astype(float), np.ones(len(right)), cases.group)
    return found


def _folds(group: np.ndarray) -> np.ndarray:
    """(n,) numbers of folds, each group's in one."""
    _, number = np.unique(group, return_inverse=True)
    order = np.random.Generator(np.random.Philox(key=len(group))).permutation(number.max() + 1)
    folds: np.ndarray = order[number] % min(FOLDS, number.max() + 1)
    return folds


def _voted(numbers: np.ndarray, label: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(n,) classes that the nearest images of other folds have most often."""
    spread = numbers.std(axis=0)
    scaled = numbers / np.where(spread, spread, 1)
    voted = np.empty(len(label), np.int64)
    for i, own in enumerate(scaled):
        others = np.flatnonzero(fold != fold[i])
        far = ((scaled[others] - own) ** 2).sum(axis=1)
        near = others[np.argsort(far, kind="stable")[:NEIGHBORS]]
        voted[i] = np.bincount(label[near]).argmax()
    return voted
