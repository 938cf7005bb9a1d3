"""How long trainings will take on this machine, measured on a few steps of the costliest."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from intensity.models.architectures import Block, Layer
from intensity.training.configuration import Configuration

NOMINAL = 1e10
"""Multiplications of forward passes a second of training that a core does, roughly."""

SHARE = 0.05
"""Networks with less of the whole work than this are not measured, but taken as the others are."""

Kind = tuple[str, int]
"""A network's name and the size of its images: what differs in speed."""


def nominal_seconds(wanted: Sequence[Configuration]) -> float:
    """Core seconds of some trainings on an ordinary machine."""
    return sum(c.cost for c in wanted) / NOMINAL


def costliest(wanted: Sequence[Configuration]) -> dict[Kind, Configuration]:
    """One training of each kind of network that makes up much of the work."""
    work = dict[Kind, float]()
    for c in wanted:
        work[_kind(c)] = work.get(_kind(c), 0.0) + c.cost
    total = sum(work.values())
    return {_kind(c): c for c in wanted if work[_kind(c)] >= SHARE * total}


def core_seconds(wanted: Sequence[Configuration], measured: Mapping[Kind, float]) -> float:
    """Core seconds of some trainings.

    Args:
        wanted: the trainings.
        measured: seconds an image of one kind or more.
    """
    known = [c for c in wanted if _kind(c) in measured]
    seconds = sum(c.recipe.images * measured[_kind(c)] for c in known)
    return seconds * sum(c.cost for c in wanted) / sum(c.cost for c in known)


def seconds_an_image(table: dict[str, Any]) -> float:
    """Seconds that a training takes for an image here, from its first report to its second.

    Args:
        table: the fields of a configuration.
    """
    from intensity.training.loop import train  # who asks does not load Keras

    c = Configuration(**table)
    plain = [_plain(layer) for layer in c.network.layers]  # to spread thresholds takes a while
    network = c.network.model_copy(update={"layers": tuple(plain)})
    reports: list[tuple[float, int]] = []

    def report(images: int) -> None:
        """Note the time, and stop where it suffices."""
        reports.append((time.monotonic(), images))
        if len(reports) > 1:
            raise _Enough

    with suppress(_Enough):
        train(c.model_copy(update={"network": network}), report)
    (start, before), (end, after) = reports[0], reports[-1]
    return (end - start) / (after - before) if after > before else 0.0


class _Enough(Exception):
    """Two reports have come."""


def _plain(layer: Layer) -> Layer:
    return layer.model_copy(update={"spread": False}) if isinstance(layer, Block) else layer


def _kind(c: Configuration) -> Kind:
    return c.network.name, c.scenes.size
