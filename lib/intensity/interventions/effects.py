"""Effects: how predictions change when scenes are rendered again with one thing changed.

Every intervention has an effect of its name: the share of predictions that differ from the one on
the unmodified image. Further effects compare predictions with the class that the change goes with,
or combine two interventions. Each scene has one score for each effect, the mean over its images
where there are several. Effects are the same functions for networks and for baselines.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from intensity.data.scenes import Scenes
from intensity.interventions.base import SCENE_REGIONS
from intensity.interventions.registry import INTERVENTIONS, PIECE_SIDES, PIXEL_COUNTS
from intensity.units import DIFFERENCE, FRACTION

FEWEST = 2
"""Scenes that an effect needs, so that its deviation exists."""
TRIED = 64
"""An intervention counts where it applies to `FEWEST` of so many first scenes."""
UNCHANGED = "unchanged"
"""The name of the answers to scenes as they are."""


class Answers(NamedTuple):
    """What was answered to the m images of one intervention.

    rows: (m,) numbers of the scenes.
    own: (m,) class of the scene as it is.
    label: (m,) class that goes with what was changed, -1 for none.
    before: (m,) prediction on the scene as it is.
    after: (m,) prediction on the changed image.
    """

    rows: np.ndarray
    own: np.ndarray
    label: np.ndarray
    before: np.ndarray
    after: np.ndarray


Scores = tuple[np.ndarray, np.ndarray]
"""Numbers of scenes (m,) and scores (m,); those of one scene are averaged."""


@dataclass(frozen=True)
class Effect:
    """A row of `EFFECTS`.

    Args:
        name: how results and parameters call it.
        label: how people call it, in figures and tables.
        needs: the interventions whose answers it is computed from.
        score: answers to each of these -> scores.
        unit: `FRACTION`, or `DIFFERENCE` of two.
        parity: its value where neither of two cues prevails.
    """

    name: str
    label: str
    needs: tuple[str, ...]
    score: Callable[..., Scores]
    unit: str = FRACTION
    parity: float = 0.0


def effects(scenes: Scenes, answers: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """All effects that follow from the answers at hand.

    Args:
        scenes: the n scenes that were shown.
        answers: by intervention what `answers` gives, and under `UNCHANGED` those to the scenes as
            they are.

    Returns:
        Columns effect, value (mean of the scores over scenes), deviation (their standard deviation,
        divisor n - 1), scenes (how many there are), binary (whether all scores are 0 or 1). Value
        and deviation are missing where fewer than two scenes count, and for an intervention that
        applies to fewer than two of the first 64: what holds for a few odd scenes says little.
    """
    before = answers[UNCHANGED]["predicted"]
    given = {
        name: Answers(
            arrays["scene"], scenes.label[arrays["scene"]], arrays["label"],
            before[arrays["scene"]], arrays["predicted"],
        )
        for name, arrays in answers.items()
    }  # fmt: skip
    few = {
        name: tried
        for name, one in given.items()
        if (tried := len(np.unique(one.rows[one.rows < TRIED]))) < FEWEST
    }
    rows = [
        (effect.name, *_summary(effect, given, few))
        for effect in EFFECTS.values()
        if set(effect.needs) <= set(given)
    ]
    columns = ["effect", "value", "deviation", "scenes", "binary"]
    return pd.DataFrame(rows, columns=columns)


def _summary(
    effect: Effect, given: Mapping[str, Answers], few: Mapping[str, int]
) -> tuple[float, float, int, bool]:
    """Mean and standard deviation over scenes, their number, and whether scores are 0 or 1."""
    short = [few[name] for name in effect.needs if name in few]
    rows, scores = effect.score(*(given[name] for name in effect.needs))
    _, scene, images = np.unique(rows, return_inverse=True, return_counts=True)
    if short or len(images) < FEWEST:
        return np.nan, np.nan, min(short or [len(images)]), False
    means = np.bincount(scene, scores) / images
    binary = bool(np.isin(means, (0, 1)).all())
    return float(means.mean()), float(means.std(ddof=1)), len(means), binary


def _right(answers: Answers) -> Scores:
    return answers.rows, answers.before == answers.own


def _changed(answers: Answers) -> Scores:
    return answers.rows, answers.after != answers.before


def _followed(answers: Answers) -> Scores:
    """1 where the prediction changes to the new class, in images that have one.

    An error that names the new class beforehand is kept.
    """
    new = (answers.label >= 0) & (answers.label != answers.own)
    followed = (answers.after == answers.label) & (answers.after != answers.before)
    return answers.rows[new], followed[new]


def _kept(answers: Answers) -> Scores:
    return answers.rows, answers.after == answers.before


def _third(answers: Answers) -> Scores:
    return answers.rows, (answers.after != answers.before) & (answers.after != answers.label)


def _core_or_ring(core: Answers, ring: Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    at_core = np.concatenate([core.after == core.label, ring.after == ring.own])
    at_ring = np.concatenate([core.after == core.own, ring.after == ring.label])
    return np.concatenate([core.rows, ring.rows]), at_core, at_ring


def _core_share(core: Answers, ring: Answers) -> Scores:
    rows, at_core, at_ring = _core_or_ring(core, ring)
    counted = at_core | at_ring
    return rows[counted], at_core[counted]


def _core_third(core: Answers, ring: Answers) -> Scores:
    rows, at_core, at_ring = _core_or_ring(core, ring)
    return rows, ~(at_core | at_ring)


def _core_share_least(core: Answers, ring: Answers) -> Scores:
    rows, at_core, _ = _core_or_ring(core, ring)
    return rows, at_core


def _lost(answers: Answers) -> Scores:
    right = [now == answers.own for now in (answers.before, answers.after)]
    return answers.rows, right[0].astype(float) - right[1]


def _lost_more(first: Answers, second: Answers) -> Scores:
    return first.rows, _lost(first)[1] - _lost(second)[1]


_RECOLORED, _CONFLICT = ("recolor_other_class",), ("core_recolored", "ring_recolored")
_ROWS = (
    *(Effect(row.name, row.label, (row.name,), _changed) for row in INTERVENTIONS.values()),
    Effect("recolor_followed", "follows to the new class", _RECOLORED, _followed),
    Effect("recolor_kept", "keeps its answer", _RECOLORED, _kept),
    Effect("recolor_third", "a third class", _RECOLORED, _third),
    Effect("shape_swap_followed", "follows the shape", ("shape_swapped",), _followed),
    Effect("core_share", "core, of core or ring", _CONFLICT, _core_share, parity=0.5),
    Effect("core_third", "third class, of all", _CONFLICT, _core_third),
    Effect("core_share_least", "core, of all (the bound)", _CONFLICT, _core_share_least,
           parity=0.5),
    *(
        Effect(f"drop_{side}", f"accuracy lost, pieces of {side} px", (f"pieces_{side}",), _lost,
               DIFFERENCE)
        for side in PIECE_SIDES
    ),
    *(
        Effect(f"loss_{region}", f"accuracy lost, {region} covered", (f"cover_{region}",), _lost,
               DIFFERENCE)
        for region in SCENE_REGIONS
    ),
    Effect("loss_core_edge", "core minus edge, paired", ("cover_core", "cover_edge"), _lost_more,
           DIFFERENCE),
    Effect("offset_followed", "follows the offset", ("offset",), _followed),
    Effect("gain_followed", "follows the gain", ("gain",), _followed),
    Effect("accuracy", "accuracy, nothing changed", (UNCHANGED,), _right),
)  # fmt: skip

EFFECTS: dict[str, Effect] = {row.name: row for row in _ROWS}
"""All effects by name: of every intervention the changed predictions, then what they are."""

_IDS = {
    "recolor": "recolor_changes/{}",
    "recolor_same_class": "same_class_recolor_changes/{}",
    "shape_swapped": "shape_swap_changes/{}",
    "distractor_recolored": "distractor_recolor_changes/{}",
    "offset": "offset_changes/{}",
    "drop_4": "scatter_drop/{}",
    **{
        f"pixels_{count}_{region}": f"changed_predictions/{{}}/{words}_{region}"
        for count, words in zip(PIXEL_COUNTS, ("one_pixel", "10_pixels", "40_pixels"), strict=True)
        for region in SCENE_REGIONS
    },
}
"""Ids of measurements of effects that go by other names there; {} is task/network."""


def effect_id(effect: str, task: str, network: str) -> str:
    """The id of a measured effect, `<effect>/<task>/<network>` unless `_IDS` has another."""
    return _IDS.get(effect, f"{effect}/{{}}").format(f"{task}/{network}")
