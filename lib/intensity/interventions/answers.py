"""Predictions for scenes before and after an intervention, image by image.

A measurement is named by the intervention's own module alone, so a new intervention, or a change to
another one, leaves it as it is. Effects follow from answers without a network: `effects`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from intensity.baselines.base import Baseline, Decision, decision
from intensity.data.scenes import Scenes
from intensity.interventions.base import PERIOD, Changed, Intervention, check_any, rendered
from intensity.models.inference import logits
from intensity.models.inputs import check_scenes

if TYPE_CHECKING:
    import keras


def answers(
    model: keras.Model, scenes: Scenes, change: Intervention | None = None
) -> dict[str, np.ndarray]:
    """A network's answers to scenes with one thing changed.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        change: a row of `INTERVENTIONS`; the scenes as they are where None.

    Returns:
        For each of m images, none where the intervention applies to no scene: `scene` (m,) its
        number; `label` (m,) the class that follows from what was changed, -1 for none; `predicted`
        (m,) the class that is predicted.

    Raises:
        InvalidInput: scenes do not fit the model.
    """
    check_scenes(model, scenes)
    return _answers(lambda images: logits(model, images).argmax(axis=1), scenes, change)


def baseline_answers(
    baseline: Baseline,
    scenes: Scenes,
    training_scenes: int,
    change: Intervention | None = None,
) -> dict[str, np.ndarray]:
    """The answers of a baseline classifier, which needs no network.

    Args:
        baseline: a row of `BASELINES`.
        scenes: n scenes; their task and options say what the baseline learns from.
        training_scenes: number of scenes of the split "train" that the baseline learns from.
        change: as for `answers`.

    Returns:
        As `answers`.

    Raises:
        InvalidInput: there is no scene, or the baseline does not apply.
    """
    check_any(scenes)
    decide = _trained(baseline, scenes.task, scenes.options, training_scenes)
    return _answers(decide, scenes, change)


_trained = lru_cache(maxsize=8)(decision)


def _answers(
    decide: Decision, scenes: Scenes, change: Intervention | None
) -> dict[str, np.ndarray]:
    none = np.zeros(0, np.int64)
    parts = [(none, none, none)] + [
        (part.rows, part.label, decide(part.images)) for part in _parts(scenes, change)
    ]
    scene, label, predicted = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {"scene": scene, "label": label, "predicted": predicted}


@lru_cache(maxsize=1)
def _parts(scenes: Scenes, change: Intervention | None) -> list[Changed]:
    """Images in parts, made once for all that are shown them one after the other."""
    parts = []
    for start in range(0, len(scenes), PERIOD):
        part = scenes[start : start + PERIOD]
        changed = change.apply(part) if change else rendered(np.arange(len(part)), part)
        if len(changed.rows):
            parts.append(changed._replace(rows=start + changed.rows))
    return parts
