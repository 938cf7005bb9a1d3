"""Labels and groups of cases as numbers, and what is refused of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from intensity.values import InvalidInput


def numbered(
    label: ArrayLike | None, count: int, classes: Sequence[str] | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers of classes, and the names of all classes.

    Args:
        label: (n,) numbers from 0 on, or names; none where nothing is classified.
        count: n.
        classes: names in the order of their numbers; that of the alphabet where None.

    Returns:
        (n,) int64, and the names.

    Raises:
        InvalidInput: a label is none of the classes, or a class has no image.
    """
    if label is None:
        return np.zeros(count, np.int64), ()
    given = np.asarray(label)
    if given.dtype.kind == "f":
        if (parts := given != np.rint(given)).any():  # NaN is none either
            raise InvalidInput(
                f"label: {given[parts][0]:g} is not allowed: whole numbers from 0 on, or names"
            )
        given = given.astype(np.int64)
    if given.dtype.kind in "ui":
        known = tuple(classes or map(str, range(int(given.max()) + 1)))
        numbers = given.astype(np.int64)
    else:
        texts = given.astype(str)
        known = tuple(classes or np.unique(texts).tolist())
        place = {name: number for number, name in enumerate(known)}
        numbers = np.array([place.get(text, -1) for text in texts], np.int64)
    wrong = (numbers < 0) | (numbers >= len(known))
    if wrong.any():
        raise InvalidInput(f"label: {given[wrong][0]} is not allowed: {', '.join(known)}")
    check_classes(numbers, known)
    return numbers, known


def check_classes(label: np.ndarray, classes: Sequence[str]) -> None:
    """Refuse a class without images, and a single class.

    Raises:
        InvalidInput: naming the class.
    """
    if len(classes) < 2:
        raise InvalidInput(f"label: {len(classes)} class is not allowed: two or more")
    counts = np.bincount(label, minlength=len(classes))
    if not counts.all():
        absent = classes[int(counts.argmin())]
        raise InvalidInput(
            f"label: class {absent} has no image; numbers start at 0, and every class has images"
        )


def group_numbers(group: Sequence[Hashable] | np.ndarray | None, count: int) -> np.ndarray:
    """(count,) int64, from 0 on: one number for equal groups, one an image where there are none."""
    if group is None:
        return np.arange(count)
    return np.unique(np.asarray(group).astype(str), return_inverse=True)[1].astype(np.int64)
