"""Effects: every edit made of every case, a batch at a time, and what networks answer to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from intensity.audit.base import Edit, Edited, Shown
from intensity.audit.cases import Cases
from intensity.audit.intervals import ratio_interval
from intensity.audit.prediction import Prediction
from intensity.models.inputs import batches
from intensity.statistics.intervals import Interval, t_interval

ODD = 0.1
"""An edit is unusual where more than so many of its images are unlike the data."""
FEWEST = 2
"""Cases that an effect needs."""
Tick = Callable[[int], object]
"""Told how many images have been predicted."""


@dataclass(frozen=True, eq=False)
class Effect:
    """What an edit did to the answers of s networks in the m cases that it applies to.

    Args:
        edit: which.
        rows: (m,) numbers of cases.
        score: (s, m) 1 where the answer changed and 0 where not; of scores their change.
        followed: (s, m) 1 where the answer became the class that the change goes with; NaN in cases
            that have none, or that the network had wrong before.
        unusual, clipped, dose: (m,) as in `Edited`.
        group: (m,) of the cases.
        scores: whether networks give scores and no classes.
    """

    edit: Edit
    rows: np.ndarray
    score: np.ndarray
    followed: np.ndarray
    unusual: np.ndarray
    clipped: np.ndarray
    dose: np.ndarray
    group: np.ndarray
    scores: bool

    @property
    def is_unusual(self) -> bool:
        """Whether more than a few of its images are unlike the data."""
        return bool(self.unusual.mean() > ODD)

    @cached_property
    def changed(self) -> Interval:
        """Share of changed answers, the mean over networks; of scores the mean size of changes."""
        size = np.abs(self.score).mean(axis=0)
        return ratio_interval(size, np.ones_like(size), self.group, not self.scores)

    @property
    def over_seeds(self) -> Interval | None:
        """The same with an interval over several networks of one kind."""
        return t_interval(np.abs(self.score).mean(axis=1)) if len(self.score) > 1 else None

    @cached_property
    def follows(self) -> Interval:
        """Share of answers that become the class that goes with the change."""
        counted = np.isfinite(self.followed).sum(axis=0).astype(float)
        return ratio_interval(np.nansum(self.followed, axis=0), counted, self.group)


def answers(values: np.ndarray) -> np.ndarray:
    """(..., classes) logits -> (...) numbers of classes."""
    return values.argmax(axis=-1)


def run_edits(
    networks: Sequence[Prediction],
    cases: Cases,
    before: np.ndarray,
    edits: Iterable[Edit],
    donors: np.ndarray,
    tick: Tick = lambda _: None,
) -> list[Effect]:
    """The effects of edits on networks.

    Args:
        networks: s of one kind.
        cases: n cases.
        before: (s, n, classes) logits of the images as they are, or (s, n, 1) scores.
        edits: rows of a registry.
        donors: (n, 2) of the cases.
        tick: told after each batch how many images were predicted.

    Returns:
        Those that apply to two cases or more.
    """
    edits = list(edits)
    parts: dict[str, list[tuple[np.ndarray, ...]]] = {edit.name: [] for edit in edits}
    for batch in batches(len(cases), cases.batch):
        shown = Shown(cases, np.arange(batch.start, batch.stop), donors)
        for edit in edits:
            edited = edit(shown)
            parts[edit.name].append(_asked(networks, shown, edited, before[:, batch]))
            tick(len(networks) * len(shown.rows))
    found = [_effect(edit, parts[edit.name], cases, networks[0].scores) for edit in edits]
    return [effect for effect in found if len(effect.rows) >= FEWEST]


def _asked(
    networks: Sequence[Prediction], shown: Shown, edited: Edited, before: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The columns of an effect, of the cases of one batch that the edit applies to."""
    kept = np.flatnonzero(edited.applies)
    size = (len(networks), len(kept))
    score, followed = np.zeros(size), np.full(size, np.nan)
    own, label = shown.cases.label[shown.rows[kept]], edited.label[kept]
    for s, network in enumerate(networks):
        if not len(kept):
            break
        after, was = network(edited.pixels[kept]), before[s, kept]
        if network.scores:
            score[s] = (after - was)[:, 0]
            continue
        score[s] = answers(after) != answers(was)
        told = (label >= 0) & (label != own) & (answers(was) == own)
        followed[s] = np.where(told, answers(after) == label, np.nan)
    told_of = (edited.unusual, edited.clipped, edited.dose)
    return (shown.rows[kept], score, followed, *(column[kept] for column in told_of))


def _effect(edit: Edit, parts: list[tuple[np.ndarray, ...]], cases: Cases, scores: bool) -> Effect:
    columns = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    rows, score, followed, unusual, clipped, dose = columns
    group = cases.group[rows]
    return Effect(edit, rows, score, followed, unusual, clipped, dose, group, scores)
