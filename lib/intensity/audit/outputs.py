"""What networks return and what it means: rows of numbers become logits, or scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import logit

from intensity.values import InvalidInput

Output = Literal["auto", "logits", "probability", "sigmoid", "multilabel", "score"]
"""What a user may say that a network returns."""
Reader = Callable[[np.ndarray], np.ndarray]
"""What a network returns, (n, k) -> (n, classes) logits, or (n, 1) scores."""
TINY = float(np.finfo(np.float32).tiny)
"""Probabilities are at least so far from 0."""
NEARLY = 1 - 2.0**-24
"""They are at most this."""


def looks_like(rows: np.ndarray) -> Output:
    """Whether (n, k) rows look like probabilities that sum to 1, or logits.

    Raises:
        InvalidInput: there is one number a row, which may mean anything.
    """
    if rows.shape[1] == 1:
        raise InvalidInput(
            "output: 'auto' for one number an image is not allowed: sigmoid, logits or score"
        )
    inside = (rows >= 0).all() and np.allclose(rows.sum(axis=1), 1, atol=1e-3)
    return "probability" if inside else "logits"


def find_reader(kind: str, columns: int, threshold: float, of: int | None) -> Reader:
    """What turns the rows of a network into logits, or scores.

    Args:
        kind: an `Output`, or "multilogit" for logits of labels.
        columns: numbers a row.
        threshold: probability from which on the second of two classes is the answer.
        of: number of the label, of several.

    Raises:
        InvalidInput: rows cannot be what they are said to be.
    """
    _check_columns(kind, columns, of)
    cut = float(logit(threshold))
    match kind:
        case "score":
            return lambda rows: rows
        case "sigmoid":
            return lambda rows: _of_two(logit(_probabilities(rows[:, 0])) - cut)
        case "multilabel":
            return lambda rows: _of_two(logit(_probabilities(rows[:, of])) - cut)
        case "multilogit":
            return lambda rows: _of_two(rows[:, of] - cut)
        case "logits" if columns == 1:
            return lambda rows: _of_two(rows[:, 0] - cut)
    moved = np.array([0, cut]) if columns == 2 else 0
    if kind == "probability":
        return lambda rows: np.log(_probabilities(rows)) - moved
    return lambda rows: rows - moved


def _check_columns(kind: str, columns: int, of: int | None) -> None:
    if kind in ("multilabel", "multilogit") and (of is None or not 0 <= of < columns):
        raise InvalidInput(f"of: {of} is not allowed: the number of a label, 0..{columns - 1}")
    if kind in ("score", "sigmoid") and columns > 1:
        raise InvalidInput(f"predict: {columns} numbers an image are not allowed: 1 as {kind}")
    if kind == "probability" and columns < 2:
        raise InvalidInput("predict: 1 probability an image is not allowed: output 'sigmoid'")


def _of_two(z: np.ndarray) -> np.ndarray:
    """Logits of two classes from (n,) logits of the second."""
    return np.stack([-z / 2, z / 2], axis=1)


def _probabilities(rows: np.ndarray) -> np.ndarray:
    if rows.min() < -1e-6 or rows.max() > 1 + 1e-3:
        found = f"{rows.min():g}..{rows.max():g}"
        raise InvalidInput(f"predict: probabilities of {found} are not allowed: 0..1")
    return np.clip(rows, TINY, NEARLY)
