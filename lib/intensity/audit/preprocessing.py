"""What comes between images and a network, by name: part of what is audited."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from intensity.values import InvalidInput

Function = Callable[[np.ndarray], Any]
ALLOWED = "none, unit, zscore, minmax, percentile:LOW,HIGH, window:CENTER,WIDTH or module:function"
AXES = (1, 2, 3)


def find_preprocessing(given: str | Function, values: tuple[float, float]) -> Function:
    """A function of (n, h, w, c) float32 images in the user's unit.

    "none" leaves them; "unit" brings the declared range to 0..1; "zscore" subtracts each image's
    mean and divides by its standard deviation; "minmax" brings each image's range to 0..1,
    "percentile:1,99" that between two of its percentiles, and cuts; "window:40,400" brings
    40 - 200 .. 40 + 200 to 0..1, and cuts.

    Args:
        given: a name, "module:function", or a function.
        values: the declared range of the images.

    Raises:
        InvalidInput: there is none of that name, or its numbers make no sense.
    """
    if callable(given):
        return given
    name, _, rest = given.partition(":")
    if name in _PLAIN and not rest:
        return _PLAIN[name]
    if name == "unit" and not rest:
        return lambda x: (x - values[0]) / (values[1] - values[0])
    if name in ("percentile", "window"):
        first, second = _numbers(given, rest)
        if name == "window" and second > 0:
            return lambda x: np.clip((x - first) / second + 0.5, 0, 1)
        if name == "percentile" and 0 <= first < second <= 100:
            return lambda x: _between(x, *np.percentile(x, (first, second), AXES, keepdims=True))
    elif rest:
        return find_function("preprocess", given)
    raise InvalidInput(f"preprocess: {given!r} is not allowed: {ALLOWED}")


def find_function(field: str, text: str) -> Function:
    """The function of a "module:function" that can be imported, from the current folder too."""
    module, _, name = text.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Function = getattr(importlib.import_module(module), name)
    except Exception as error:  # a user's module may raise anything
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise InvalidInput(f"{field}: {text!r} cannot be imported: {reason}") from error
    if not callable(found):
        raise InvalidInput(f"{field}: {text!r} is not allowed: a function")
    return found


def one_line(error: Exception) -> str:
    """What an error says, for the end of a line."""
    return " ".join(str(error).split())[:200]


def _numbers(given: str, rest: str) -> tuple[float, float]:
    try:
        first, second = map(float, rest.split(","))
    except ValueError:
        raise InvalidInput(f"preprocess: {given!r} is not allowed: {ALLOWED}") from None
    return first, second


def _zscore(x: np.ndarray) -> np.ndarray:
    spread = x.std(axis=AXES, keepdims=True)
    return (x - x.mean(axis=AXES, keepdims=True)) / np.where(spread, spread, 1)


def _minmax(x: np.ndarray) -> np.ndarray:
    return _between(x, x.min(axis=AXES, keepdims=True), x.max(axis=AXES, keepdims=True))


def _between(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.clip((x - low) / np.where(high > low, high - low, 1), 0, 1)


_PLAIN: dict[str, Function] = {"none": lambda x: x, "zscore": _zscore, "minmax": _minmax}
